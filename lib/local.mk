# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/about.c \
	%D%/cache.c \
	%D%/command.c \
	%D%/command.h \
	%D%/context.c \
	%D%/context.h \
	%D%/diff.c \
	%D%/emulators.c \
	%D%/expand.c \
	%D%/host.c \
	%D%/machines.c \
	%D%/models.c \
	%D%/parts.c \
	%D%/parts.h \
	%D%/prediction.c \
	%D%/prediction.h \
	%D%/past.c \
	%D%/past.h \
	%D%/probe.c \
	%D%/question.c \
	%D%/question.h \
	%D%/side.c \
	%D%/side.h \
	%D%/verify.c

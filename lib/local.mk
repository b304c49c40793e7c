# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/about.c \
	%D%/baseline.c \
	%D%/cache.c \
	%D%/candidates.c \
	%D%/candidates.h \
	%D%/cause.c \
	%D%/cause.h \
	%D%/choice.c \
	%D%/choice.h \
	%D%/command.c \
	%D%/command.h \
	%D%/compare.c \
	%D%/context.c \
	%D%/context.h \
	%D%/diff.c \
	%D%/emulators.c \
	%D%/expand.c \
	%D%/export.c \
	%D%/host.c \
	%D%/hosts-for.c \
	%D%/machines.c \
	%D%/matrix.c \
	%D%/models.c \
	%D%/parts.c \
	%D%/parts.h \
	%D%/past.c \
	%D%/past.h \
	%D%/prediction.c \
	%D%/prediction.h \
	%D%/probe.c \
	%D%/question.c \
	%D%/question.h \
	%D%/recall.c \
	%D%/recall.h \
	%D%/record.c \
	%D%/records.c \
	%D%/records.h \
	%D%/side.c \
	%D%/side.h \
	%D%/subject.c \
	%D%/subject.h \
	%D%/verify.c

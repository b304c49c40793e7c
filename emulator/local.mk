# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/guardian.c \
	%D%/guardian.h \
	%D%/identity.c \
	%D%/identity.h \
	%D%/incoming.c \
	%D%/incoming.h \
	%D%/monitor.c \
	%D%/monitor.h \
	%D%/outgoing.c \
	%D%/outgoing.h \
	%D%/paused.c \
	%D%/paused.h \
	%D%/places.c \
	%D%/places.h \
	%D%/process.c \
	%D%/process.h \
	%D%/qmp.c \
	%D%/qmp.h \
	%D%/query.c \
	%D%/query.h \
	%D%/token.c \
	%D%/token.h

# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/contracts-inside.h \
	%D%/contracts-put.c \
	%D%/contracts-schema.h \
	%D%/contracts.c \
	%D%/contracts.h \
	%D%/database.c \
	%D%/database.h \
	%D%/door.c \
	%D%/door.h \
	%D%/facts.c \
	%D%/lock-file.c \
	%D%/lock-file.h \
	%D%/lock.c \
	%D%/lock.h \
	%D%/marks.c \
	%D%/marks.h \
	%D%/opening.c \
	%D%/opening.h \
	%D%/prune.c \
	%D%/query.h \
	%D%/schema.h \
	%D%/store.c \
	%D%/store.h

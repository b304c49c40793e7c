# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/definition.c \
	%D%/definition.h \
	%D%/featureset.c \
	%D%/featureset.h \
	%D%/leaves.c \
	%D%/leaves.h \
	%D%/spelling.c \
	%D%/spelling.h \
	%D%/visible.c \
	%D%/visible.h \
	%D%/vocabulary.c \
	%D%/vocabulary.h

# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/definition.c \
	%D%/definition.h \
	%D%/featureset.c \
	%D%/featureset.h \
	%D%/spelling.c \
	%D%/spelling.h \
	%D%/vocabulary.c \
	%D%/vocabulary.h

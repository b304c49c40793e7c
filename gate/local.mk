# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/arguments-definition.c \
	%D%/arguments.c \
	%D%/arguments.h \
	%D%/configuration.c \
	%D%/configuration.h \
	%D%/contract.c \
	%D%/contract.h \
	%D%/keyval.c \
	%D%/keyval.h \
	%D%/likeness.c \
	%D%/likeness.h \
	%D%/option.c \
	%D%/option.h \
	%D%/platform.c \
	%D%/platform.h \
	%D%/topology.c \
	%D%/topology.h \
	%D%/words.c \
	%D%/words.h

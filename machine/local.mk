# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/catalogue.c \
	%D%/catalogue.h

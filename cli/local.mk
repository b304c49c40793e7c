# SPDX-License-Identifier: LGPL-2.1-or-later

bin_PROGRAMS += cpugate
cpugate_LDADD = libcg.la
cpugate_SOURCES = \
	%D%/bar.c \
	%D%/bar.h \
	%D%/cache.c \
	%D%/diff.c \
	%D%/emulators.c \
	%D%/expand.c \
	%D%/host.c \
	%D%/machines.c \
	%D%/main.c \
	%D%/models.c \
	%D%/paint.c \
	%D%/paint.h \
	%D%/probe.c \
	%D%/verb.h \
	%D%/verify.c

# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/boot.c \
	%D%/boot.h \
	%D%/cores.c \
	%D%/cores.h \
	%D%/cpuid.c \
	%D%/cpuid.h \
	%D%/early.c \
	%D%/early.h \
	%D%/fingerprint.c \
	%D%/fingerprint.h \
	%D%/hex.h \
	%D%/holder.c \
	%D%/holder.h \
	%D%/kernel.c \
	%D%/kernel.h \
	%D%/kvm.c \
	%D%/kvm.h \
	%D%/modules.c \
	%D%/modules.h \
	%D%/monitors.c \
	%D%/monitors.h \
	%D%/paths.c \
	%D%/paths.h \
	%D%/tap.c \
	%D%/tap.h \
	%D%/tree.c \
	%D%/tree.h \
	%D%/uevents.c \
	%D%/uevents.h \
	%D%/watch.c \
	%D%/watch.h

# SPDX-License-Identifier: LGPL-2.1-or-later

bin_PROGRAMS += cpugate
cpugate_LDADD = libcg.la
cpugate_SOURCES = \
	%D%/ask.c \
	%D%/ask.h \
	%D%/audit.c \
	%D%/bar.c \
	%D%/bar.h \
	%D%/baseline.c \
	%D%/cache.c \
	%D%/check-launch.c \
	%D%/check-migration.c \
	%D%/compare.c \
	%D%/contract.c \
	%D%/diff.c \
	%D%/emulators.c \
	%D%/end.c \
	%D%/end.h \
	%D%/expand.c \
	%D%/explain.c \
	%D%/export.c \
	%D%/hook.c \
	%D%/host.c \
	%D%/hosts-for.c \
	%D%/machines.c \
	%D%/main.c \
	%D%/matrix.c \
	%D%/migrate.c \
	%D%/models.c \
	%D%/output.c \
	%D%/output.h \
	%D%/paint.c \
	%D%/paint.h \
	%D%/pin.c \
	%D%/probe.c \
	%D%/record.c \
	%D%/receive.c \
	%D%/run.c \
	%D%/stay.c \
	%D%/stay.h \
	%D%/verb.h \
	%D%/verify.c

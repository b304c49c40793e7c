# SPDX-License-Identifier: LGPL-2.1-or-later

EXTRA_PROGRAMS += %D%/bench %D%/daemon %D%/fleet %D%/migrate %D%/move
CLEANFILES += %D%/bench %D%/daemon %D%/fleet %D%/migrate %D%/move
EXTRA_DIST += %D%/daemon.sh %D%/move.sh
%C%_bench_LDADD = libcg.la
%C%_bench_SOURCES = \
	%D%/bench.c \
	%D%/gate.c \
	%D%/gate.h \
	%D%/report.c \
	%D%/report.h \
	%D%/row.c \
	%D%/row.h \
	%D%/run.c \
	%D%/run.h \
	%D%/series.c \
	%D%/series.h

%C%_daemon_LDADD = libcg.la
%C%_daemon_SOURCES = \
	%D%/daemon.c \
	%D%/talk.c \
	%D%/talk.h \
	%D%/virt.c \
	%D%/virt.h

%C%_fleet_LDADD = libcg.la $(CMOCKA_LIBS)
%C%_migrate_LDADD = libcg.la
%C%_migrate_SOURCES = \
	%D%/migrate.c \
	%D%/series.c

%C%_move_LDADD = libcg.la
%C%_move_SOURCES = \
	%D%/move.c \
	%D%/run.c \
	%D%/series.c

# Measures this build; takes minutes and belongs to no other target. A newer QEMU is
# measured beside the installed one where there is one; BENCH_OTHER names one of your own.
# libvirt is asked at BENCH_LIBVIRT (qemu:///system), if there is one.
.PHONY: bench
bench: all
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) %D%/bench$(EXEEXT) %D%/fleet$(EXEEXT) \
		tests/guest/cpuid.bin tests/guest/plain.bin %D%/migrate$(EXEEXT) \
		%D%/move$(EXEEXT) %D%/daemon$(EXEEXT)
	@tool='$(top_srcdir)/../shared/tools/unpack-qemu-10'; \
	lock="$${XDG_CACHE_HOME:-$$HOME/.cache}/qemu-10.lock"; \
	if test -z "$$BENCH_OTHER" && test -x "$$tool" && \
		folder=`flock "$$lock" "$$tool" 2>/dev/null`; then \
		BENCH_OTHER="$$folder/qemu-system-`uname -m`"; \
		export BENCH_OTHER; \
	fi; \
	top_builddir='$(abs_top_builddir)' %D%/bench && \
	top_srcdir='$(abs_top_srcdir)' %D%/fleet && \
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
		$(top_srcdir)/%D%/move.sh && \
	top_builddir='$(abs_top_builddir)' $(top_srcdir)/%D%/daemon.sh

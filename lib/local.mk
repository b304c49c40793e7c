# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/about.c \
	%D%/accord.c \
	%D%/accord.h \
	%D%/archive.c \
	%D%/archive.h \
	%D%/audit.c \
	%D%/baseline.c \
	%D%/bits.c \
	%D%/bits.h \
	%D%/cache.c \
	%D%/candidates.c \
	%D%/candidates.h \
	%D%/cause.c \
	%D%/cause.h \
	%D%/check-launch.c \
	%D%/check-migration.c \
	%D%/choice.c \
	%D%/choice.h \
	%D%/command.c \
	%D%/command.h \
	%D%/compare.c \
	%D%/context.c \
	%D%/context.h \
	%D%/contract-impact.c \
	%D%/contract-verify.c \
	%D%/contract.c \
	%D%/cpu-model.c \
	%D%/cpugate.c \
	%D%/crossing.c \
	%D%/crossing.h \
	%D%/destination.c \
	%D%/destination.h \
	%D%/diff.c \
	%D%/emulators.c \
	%D%/expand.c \
	%D%/explain.c \
	%D%/export.c \
	%D%/hook-libvirt.c \
	%D%/host.c \
	%D%/held.c \
	%D%/held.h \
	%D%/hosts-for.c \
	%D%/inquiry.c \
	%D%/inspection.c \
	%D%/inspection.h \
	%D%/inquiry.h \
	%D%/launch-verdict.c \
	%D%/launch-verdict.h \
	%D%/judge.c \
	%D%/judge.h \
	%D%/launch.c \
	%D%/launch.h \
	%D%/machines.c \
	%D%/migrant.c \
	%D%/migrant.h \
	%D%/migrate-away.c \
	%D%/migrate-away.h \
	%D%/migrate-resume.c \
	%D%/migrate-resume.h \
	%D%/migrate.c \
	%D%/migration.c \
	%D%/migration.h \
	%D%/microcode.c \
	%D%/microcode.h \
	%D%/matrix.c \
	%D%/models.c \
	%D%/papers.c \
	%D%/papers.h \
	%D%/parley.c \
	%D%/parley.h \
	%D%/parties.c \
	%D%/parties.h \
	%D%/parts.c \
	%D%/parts.h \
	%D%/past.c \
	%D%/past.h \
	%D%/pin.c \
	%D%/prediction.c \
	%D%/prediction.h \
	%D%/probe.c \
	%D%/prospect.c \
	%D%/prospect.h \
	%D%/question.c \
	%D%/question.h \
	%D%/recall.c \
	%D%/recall.h \
	%D%/receive.c \
	%D%/record.c \
	%D%/remote.c \
	%D%/remote.h \
	%D%/records.c \
	%D%/records.h \
	%D%/revival.c \
	%D%/revival.h \
	%D%/run.c \
	%D%/settings.c \
	%D%/settings.h \
	%D%/shortfall.c \
	%D%/shortfall.h \
	%D%/side.c \
	%D%/side.h \
	%D%/spelled.c \
	%D%/spelled.h \
	%D%/subject-definition.c \
	%D%/subject-host.c \
	%D%/subject-inside.h \
	%D%/subject.c \
	%D%/subject.h \
	%D%/tally.c \
	%D%/tally.h \
	%D%/traveller-contract.c \
	%D%/traveller-inside.h \
	%D%/traveller.c \
	%D%/traveller.h \
	%D%/trail-host.c \
	%D%/trail.c \
	%D%/trail.h \
	%D%/trials.c \
	%D%/trials.h \
	%D%/verify-launch.c \
	%D%/verify-launch.h \
	%D%/undertaking.c \
	%D%/undertaking.h \
	%D%/verify.c \
	%D%/virsh.c \
	%D%/virsh.h

# The library: all of the above, of which only what cpugate.h declares can be seen. Its version
# is about that interface alone (libtool's current:revision:age): with nothing removed or
# changed, current and age grow by one when something is added.
lib_LTLIBRARIES += libcpugate.la
libcpugate_la_SOURCES =
libcpugate_la_LIBADD = libcg.la
# A thread that reads the host may outlive the context that it was for: it isn't unloaded.
libcpugate_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -Wl,-z,nodelete \
	-Wl,--version-script=$(srcdir)/%D%/cpugate.map
EXTRA_libcpugate_la_DEPENDENCIES = %D%/cpugate.map
EXTRA_DIST += %D%/cpugate.map
include_HEADERS += %D%/cpugate.h
pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = %D%/libcpugate.pc

# Where administrators decide. For GNU make, as the rest is.
%D%/settings.lo: AM_CPPFLAGS += -DCG_SYSCONFDIR='"$(sysconfdir)"'

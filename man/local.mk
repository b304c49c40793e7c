# SPDX-License-Identifier: LGPL-2.1-or-later
# The pages are written in scdoc and shipped as made, so a tarball needs no scdoc.
# scdoc takes the date from SOURCE_DATE_EPOCH when that is set.

man_pages = \
	%D%/cpugate.1 \
	%D%/cpugate-baseline.1 \
	%D%/cpugate-cache.5 \
	%D%/cpugate-compare.1 \
	%D%/cpugate-contract.5 \
	%D%/cpugate-diff.1 \
	%D%/cpugate-guarantees.7 \
	%D%/cpugate-hook.8 \
	%D%/cpugate-matrix.1 \
	%D%/cpugate-migrate.1 \
	%D%/cpugate-protocol.7 \
	%D%/cpugate-receive.1 \
	%D%/cpugate-record.5 \
	%D%/cpugated.8 \
	%D%/cpugate-run.1 \
	%D%/libcpugate.3
man_sources = $(man_pages:=.scd)

dist_man_MANS += $(man_pages)
EXTRA_DIST += $(man_sources)
MAINTAINERCLEANFILES += $(man_pages)

SUFFIXES += .1 .3 .5 .7 .8 .1.scd .3.scd .5.scd .7.scd .8.scd
if HAVE_SCDOC
scdoc_to_man = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SCDOC) <$< >$@.new && mv $@.new $@
else
scdoc_to_man = @echo "$@: scdoc isn't installed; use a release tarball" >&2; exit 1
endif
.1.scd.1:
	$(scdoc_to_man)
.3.scd.3:
	$(scdoc_to_man)
.5.scd.5:
	$(scdoc_to_man)
.7.scd.7:
	$(scdoc_to_man)
.8.scd.8:
	$(scdoc_to_man)

# SPDX-License-Identifier: LGPL-2.1-or-later
# For systemd, where there is one. A unit goes into systemd_units; one that has paths in it is
# made from NAME.in, which goes into systemd_sources, and may use @bindir@ and the like.

systemd_units = \
	%D%/cpugated.service
systemd_sources = \
	%D%/cpugated.service.in

dist_systemdsystemunit_DATA = %D%/cpugated.socket

systemdsystemunit_DATA = $(systemd_units)
dist_sysusers_DATA = %D%/sysusers.d/cpugate.conf
dist_tmpfiles_DATA = %D%/tmpfiles.d/cpugate.conf
EXTRA_DIST += $(systemd_sources)
CLEANFILES += $(systemd_units)

SUFFIXES += .in
.in:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@bindir[@]|$(bindir)|g' \
		-e 's|@sbindir[@]|$(sbindir)|g' -e 's|@libexecdir[@]|$(libexecdir)|g' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|g' <$< >$@.new && mv $@.new $@

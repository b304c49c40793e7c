# SPDX-License-Identifier: LGPL-2.1-or-later
# What other programs call, and what administrators decide about it.

hookdir = $(sysconfdir)/libvirt/hooks/qemu.d
hook_SCRIPTS = %D%/50-cpugate
EXTRA_DIST += %D%/50-cpugate.in %D%/cpugate.conf
CLEANFILES += %D%/50-cpugate

%D%/50-cpugate: %D%/50-cpugate.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	sed -e 's|@bindir[@]|$(bindir)|' -e 's|@localstatedir[@]|$(localstatedir)|' \
		$(top_srcdir)/%D%/50-cpugate.in >$@.new && \
	chmod +x $@.new && mv $@.new $@

# An administrator's own file is never touched.
install-data-local: install-settings
uninstall-local: uninstall-settings
.PHONY: install-settings uninstall-settings
install-settings:
	$(MKDIR_P) $(DESTDIR)$(sysconfdir)
	test -e $(DESTDIR)$(sysconfdir)/cpugate.conf || \
		$(INSTALL_DATA) $(top_srcdir)/%D%/cpugate.conf $(DESTDIR)$(sysconfdir)/cpugate.conf
uninstall-settings:
	! cmp -s $(top_srcdir)/%D%/cpugate.conf $(DESTDIR)$(sysconfdir)/cpugate.conf || \
		rm -f $(DESTDIR)$(sysconfdir)/cpugate.conf

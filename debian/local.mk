# SPDX-License-Identifier: LGPL-2.1-or-later
# Packages for Debian 12 and later.

EXTRA_DIST += \
	%D%/changelog \
	%D%/control \
	%D%/copyright \
	%D%/cpugate.docs \
	%D%/cpugate.install \
	%D%/cpugated.install \
	%D%/libcpugate-dev.install \
	%D%/libcpugate0.install \
	%D%/libcpugate0.symbols \
	%D%/not-installed \
	%D%/rules \
	%D%/source/format

# Build them from what the tarball would have, into debian-packages/, and have lintian look.
# A tool that is missing is a failure: nothing else needs this target.
deb_options = nocheck parallel=2
.PHONY: deb
deb:
	rm -rf debian-packages && $(MKDIR_P) debian-packages
	$(MAKE) $(AM_MAKEFLAGS) distdir distdir=debian-packages/$(PACKAGE)-$(VERSION)
	cd debian-packages/$(PACKAGE)-$(VERSION) && unset MAKEFLAGS MFLAGS MAKELEVEL && \
		DEB_BUILD_OPTIONS='$(deb_options)' dpkg-buildpackage -us -uc -b
	cd debian-packages && lintian --fail-on error --allow-root *.changes
clean-local: clean-debian
.PHONY: clean-debian
clean-debian:
	rm -rf debian-packages

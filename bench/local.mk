# SPDX-License-Identifier: LGPL-2.1-or-later

# Measures this build; takes minutes and belongs to no other target.
.PHONY: bench
bench: all
	@if test -x $(top_srcdir)/%D%/bench; then \
		top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
			PATH="$(abs_top_builddir):$$PATH" $(top_srcdir)/%D%/bench; \
	else \
		echo "%D%/bench isn't written yet"; \
	fi

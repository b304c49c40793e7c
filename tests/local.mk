# SPDX-License-Identifier: LGPL-2.1-or-later
# Every test speaks TAP, so every single case is in the summary.
#   unit/test-NAME.c   one cmocka group, linked with libcg.la; add it to unit_tests
#   cli/NAME.bats      the program from outside; add it to bats_tests
#   check-NAME.sh      rules for the tree itself; add it to script_tests
# Data that tests read (folders too) goes into test_data.

unit_tests = \
	%D%/unit/test-advisory \
	%D%/unit/test-arguments \
	%D%/unit/test-baseline \
	%D%/unit/test-boot \
	%D%/unit/test-buffer \
	%D%/unit/test-catalogue \
	%D%/unit/test-child \
	%D%/unit/test-clock \
	%D%/unit/test-compare \
	%D%/unit/test-contract \
	%D%/unit/test-contracts \
	%D%/unit/test-cores \
	%D%/unit/test-cpugate \
	%D%/unit/test-cpuid \
	%D%/unit/test-definition \
	%D%/unit/test-digest \
	%D%/unit/test-early \
	%D%/unit/test-door \
	%D%/unit/test-error \
	%D%/unit/test-expansion \
	%D%/unit/test-exports \
	%D%/unit/test-featureset \
	%D%/unit/test-fingerprint \
	%D%/unit/test-framing \
	%D%/unit/test-host-model \
	%D%/unit/test-identity \
	%D%/unit/test-json \
	%D%/unit/test-kernel \
	%D%/unit/test-kvm \
	%D%/unit/test-leaves \
	%D%/unit/test-libvirt-cpu \
	%D%/unit/test-libvirt-definition \
	%D%/unit/test-libvirt-document \
	%D%/unit/test-libvirt-names \
	%D%/unit/test-lock \
	%D%/unit/test-loop \
	%D%/unit/test-matrix-page \
	%D%/unit/test-modules \
	%D%/unit/test-papers \
	%D%/unit/test-parts \
	%D%/unit/test-paths \
	%D%/unit/test-passage \
	%D%/unit/test-places \
	%D%/unit/test-platform \
	%D%/unit/test-pool \
	%D%/unit/test-protocol \
	%D%/unit/test-qmp \
	%D%/unit/test-reason \
	%D%/unit/test-record \
	%D%/unit/test-scalars \
	%D%/unit/test-shelf \
	%D%/unit/test-side \
	%D%/unit/test-spelling \
	%D%/unit/test-store \
	%D%/unit/test-text \
	%D%/unit/test-topology \
	%D%/unit/test-trail \
	%D%/unit/test-tree \
	%D%/unit/test-uevents \
	%D%/unit/test-visible \
	%D%/unit/test-vocabulary \
	%D%/unit/test-watch \
	%D%/unit/test-xml \
	%D%/unit/test-xsave

bats_tests = \
	%D%/cli/audit.bats \
	%D%/cli/bad-input.bats \
	%D%/cli/baseline.bats \
	%D%/cli/check-migration.bats \
	%D%/cli/compare.bats \
	%D%/cli/completions.bats \
	%D%/cli/contract.bats \
	%D%/cli/daemon.bats \
	%D%/cli/daemon-faults.bats \
	%D%/cli/diff.bats \
	%D%/cli/examples.bats \
	%D%/cli/explain.bats \
	%D%/cli/export.bats \
	%D%/cli/guest.bats \
	%D%/cli/hook.bats \
	%D%/cli/launch.bats \
	%D%/cli/matrix.bats \
	%D%/cli/migrations.bats \
	%D%/cli/migrate.bats \
	%D%/cli/misbehaviour.bats \
	%D%/cli/record.bats \
	%D%/cli/recordings.bats \
	%D%/cli/run.bats \
	%D%/cli/run-kills.bats \
	%D%/cli/run-truth.bats \
	%D%/cli/second-host.bats \
	%D%/cli/second-host-move.bats \
	%D%/cli/second-host-pool.bats \
	%D%/cli/second-host-systemd.bats \
	%D%/cli/second-host-verify.bats \
	%D%/cli/stale.bats \
	%D%/cli/sweep.bats \
	%D%/cli/truth.bats \
	%D%/cli/verbs.bats

script_tests = \
	%D%/check-dist.sh \
	%D%/check-install.sh \
	%D%/check-layers.sh \
	%D%/check-man.sh

test_data = \
	%D%/cli/contracts.bash \
	%D%/cli/daemon.bash \
	%D%/cli/fake.bash \
	%D%/cli/faults.py \
	%D%/cli/helpers.bash \
	%D%/cli/load.py \
	%D%/cli/qmp.py \
	%D%/cli/wall-clock.c \
	%D%/lint \
	%D%/no-bats \
	%D%/tally \
	%D%/truth/run-truth.bash \
	%D%/truth/second-host.bash \
	%D%/truth/second-host.sh \
	%D%/truth/second-host-move.sh \
	%D%/truth/second-host-pool.sh \
	%D%/truth/second-host-systemd.sh \
	%D%/truth/second-host-unit.sh \
	%D%/truth/second-host-verify.sh \
	%D%/truth/starts.bash \
	%D%/truth/contract.bash \
	%D%/truth/libvirtd.sh \
	%D%/truth/migrations.bash \
	%D%/truth/migrations.list \
	%D%/truth/truth.bash

noinst_HEADERS += \
	%D%/unit/cache-home.h \
	%D%/unit/fake-root.h \
	%D%/unit/mounted-home.h \
	%D%/unit/outcome.h \
	%D%/unit/random.h \
	%D%/unit/recorded-hosts.h \
	%D%/unit/unit.h
check_PROGRAMS += $(unit_tests) %D%/cli/embedded %D%/truth/vcpu %D%/truth/vcpus
TESTS += $(unit_tests) $(bats_tests) $(script_tests)
EXTRA_DIST += $(bats_tests) $(script_tests) $(test_data)

# A test program is made from the .c file of its name, nothing else has to be said.
AM_DEFAULT_SOURCE_EXT = .c
LDADD = libcg.la $(CMOCKA_LIBS)
%C%_unit_test_framing_LDADD = libdaemon.la $(LDADD)
%C%_unit_test_protocol_LDADD = libdaemon.la $(LDADD)
%C%_unit_test_shelf_LDADD = libdaemon.la $(LDADD)
AM_CFLAGS += $(CMOCKA_CFLAGS)

# The library as its users have it. Not through libtool's script, for the test's own sake.
%C%_unit_test_cpugate_LDADD = libcpugate.la $(CMOCKA_LIBS)
%C%_unit_test_cpugate_LDFLAGS = $(AM_LDFLAGS) -no-install
%C%_cli_embedded_LDADD = libcpugate.la
%C%_cli_embedded_LDFLAGS = $(AM_LDFLAGS) -no-install

TEST_EXTENSIONS = .bats .sh
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = env CMOCKA_MESSAGE_OUTPUT=TAP AM_TAP_AWK='$(AWK)' \
	$(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
# bats fails when a test failed, which is counted already.
BATS_LOG_DRIVER = $(TAP_DRIVER)
BATS_LOG_COMPILER = $(BATS)
AM_BATS_LOG_FLAGS = --formatter tap
AM_BATS_LOG_DRIVER_FLAGS = --ignore-exit
SH_LOG_DRIVER = $(TAP_DRIVER)

if SANITIZERS
test_memory = \
	ASAN_OPTIONS='detect_stack_use_after_return=1:strict_string_checks=1'; \
	UBSAN_OPTIONS='print_stacktrace=1'; \
	export ASAN_OPTIONS UBSAN_OPTIONS;
test_has_sanitizers = yes
else
# Fresh and freed memory is filled, so that nobody gets away with reading it. The checks for
# overruns are in a library of glibc's; only our own programs get it, not QEMU or bats.
test_memory = \
	GLIBC_TUNABLES='glibc.malloc.check=1:glibc.malloc.perturb=165'; \
	export GLIBC_TUNABLES;
LOG_COMPILER = env LD_PRELOAD=libc_malloc_debug.so.0
test_has_sanitizers = no
endif

# A home of its own for each test, empty when it starts: no test sees the user's cache or
# what another test left.
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; \
	top_builddir='$(abs_top_builddir)'; \
	PATH="$(abs_top_builddir):$$PATH"; \
	cg_home='$(abs_top_builddir)/%D%/home/$(@F)'; \
	XDG_CACHE_HOME="$$cg_home/cache"; \
	XDG_STATE_HOME="$$cg_home/state"; \
	SANITIZERS='$(test_has_sanitizers)'; \
	LC_ALL=C.UTF-8; \
	SHELL='$(SHELL)'; MAKE='$(MAKE)'; CC='$(CC)'; \
	export top_srcdir top_builddir PATH XDG_CACHE_HOME XDG_STATE_HOME SANITIZERS \
		LC_ALL SHELL MAKE CC; \
	unset CPUGATE_LOG; \
	$(test_memory) \
	rm -rf "$$cg_home"; $(MKDIR_P) "$$cg_home";

# Only what tests our code, for builds with other flags; and what starts no real QEMU, alone or
# in a distcheck.
.PHONY: check-code check-quick distcheck-quick
check-code:
	$(MAKE) check TESTS='$(unit_tests) $(bats_tests)'
check-quick:
	$(MAKE) check TESTS='$(unit_tests) $(script_tests)'
distcheck-quick:
	$(MAKE) distcheck TESTS='$(unit_tests) $(script_tests)'

.PHONY: clean-test-homes
clean-test-homes:
	rm -rf %D%/home
clean-local: clean-test-homes

# SPDX-License-Identifier: LGPL-2.1-or-later
# What takes bytes from outside, fed with any bytes. fuzz-NAME has its inputs in corpus/NAME:
# make check replays them; configured with --enable-fuzzers CC=clang, make fuzz looks for more.

fuzz_targets = \
	%D%/fuzz-arguments \
	%D%/fuzz-contract \
	%D%/fuzz-definition \
	%D%/fuzz-expansion \
	%D%/fuzz-facts \
	%D%/fuzz-json \
	%D%/fuzz-libvirt-cpu \
	%D%/fuzz-parley \
	%D%/fuzz-protocol \
	%D%/fuzz-qmp \
	%D%/fuzz-record \
	%D%/fuzz-store

noinst_HEADERS += \
	%D%/folder.h \
	%D%/fuzz.h
EXTRA_DIST += %D%/corpus

%C%_fuzz_arguments_LDADD = $(fuzz_libs)
%C%_fuzz_contract_LDADD = $(fuzz_libs)
%C%_fuzz_definition_LDADD = $(fuzz_libs)
%C%_fuzz_expansion_LDADD = $(fuzz_libs)
%C%_fuzz_facts_LDADD = $(fuzz_libs)
%C%_fuzz_json_LDADD = $(fuzz_libs)
%C%_fuzz_libvirt_cpu_LDADD = $(fuzz_libs)
%C%_fuzz_parley_LDADD = $(fuzz_libs)
%C%_fuzz_protocol_LDADD = libdaemon.la $(fuzz_libs)
%C%_fuzz_qmp_LDADD = $(fuzz_libs)
%C%_fuzz_record_LDADD = $(fuzz_libs)
%C%_fuzz_store_LDADD = $(fuzz_libs)

check_LTLIBRARIES = %D%/libreplay.la
%C%_libreplay_la_SOURCES = %D%/replay.c

if FUZZERS
check_PROGRAMS += $(fuzz_targets)
fuzz_libs = libcg.la $(FUZZ_ENGINE)
else
unit_tests += $(fuzz_targets)
fuzz_libs = %D%/libreplay.la libcg.la
endif

# What is found new goes into the build folder, never into the corpus: the first folder is the
# one that libFuzzer writes to. What it ends with lies beside it, for fuzz-NAME FILE.
FUZZ_SECONDS = 30
.PHONY: fuzz clean-fuzz
if FUZZERS
fuzz: $(fuzz_targets)
	@for target in $(fuzz_targets); do \
		name=$${target##*/fuzz-}; \
		found=%D%/found/$$name; \
		$(MKDIR_P) "$$found" || exit; \
		echo "$$target: $(FUZZ_SECONDS) s"; \
		$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 \
			-verbosity=0 -print_final_stats=1 -artifact_prefix="$$found-" \
			"$$found" $(srcdir)/%D%/corpus/"$$name" || exit; \
	done
else
fuzz:
	@echo 'fuzz: wants configure --enable-fuzzers CC=clang' >&2; exit 1
endif
clean-fuzz:
	rm -rf %D%/found
clean-local: clean-fuzz

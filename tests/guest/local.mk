# SPDX-License-Identifier: LGPL-2.1-or-later
# A guest of our own that says what CPUID says, and where QEMU has each feature.

check_PROGRAMS += \
	%D%/find-leaves \
	%D%/print-leaves \
	%D%/run-guest
%C%_run_guest_SOURCES = \
	%D%/compare.c \
	%D%/compare.h \
	%D%/guest.c \
	%D%/guest.h \
	%D%/run-guest.c

# One flat image that ends at the reset vector, made by the compiler's own assembler and
# linker. Without an x86 compiler it is empty, and the tests with guests are skipped.
check_DATA = %D%/cpuid.bin %D%/loop.bin %D%/plain.bin %D%/watch.bin
CLEANFILES += %D%/cpuid.bin %D%/loop.bin %D%/plain.bin %D%/watch.bin
test_data += \
	%D%/cpuid.S \
	%D%/loop.S \
	%D%/plain.S \
	%D%/watch.S \
	%D%/guest.bash
%D%/cpuid.bin: %D%/cpuid.S
%D%/loop.bin: %D%/loop.S
%D%/plain.bin: %D%/plain.S %D%/loop.S
%D%/watch.bin: %D%/watch.S
%D%/cpuid.bin %D%/loop.bin %D%/plain.bin %D%/watch.bin:
	$(AM_V_GEN)$(MKDIR_P) %D% && case '$(host_cpu)' in \
	x86_64 | i?86) \
		$(CC) -nostdlib -static -Wl,-Ttext=0,--oformat=binary,--build-id=none \
			-o $@ $(srcdir)/$(@:.bin=.S) ;; \
	*) : >$@ ;; \
	esac

# SPDX-License-Identifier: LGPL-2.1-or-later
# The emulator that tests start, its recorder, and its own test. See README.md.

check_PROGRAMS += \
	%D%/fake-qemu \
	%D%/record-qemu
unit_tests += \
	%D%/test-fake-qemu \
	%D%/test-misbehaviour

%C%_fake_qemu_SOURCES = \
	%D%/arguments.c \
	%D%/arguments.h \
	%D%/fake-qemu.c \
	%D%/library.c \
	%D%/library.h \
	%D%/misbehave.c \
	%D%/misbehave.h \
	%D%/player.c \
	%D%/raw.c \
	%D%/raw.h \
	%D%/replies.c \
	%D%/session.c \
	%D%/session.h \
	%D%/transcript.c \
	%D%/transcript.h
%C%_record_qemu_SOURCES = \
	%D%/compose.c \
	%D%/compose.h \
	%D%/raw.c \
	%D%/raw.h \
	%D%/real-qemu.c \
	%D%/real-qemu.h \
	%D%/record-qemu.c \
	%D%/transcript.c \
	%D%/transcript.h

%C%_test_fake_qemu_SOURCES = \
	%D%/peer.c \
	%D%/peer.h \
	%D%/test-fake-qemu.c
%C%_test_misbehaviour_SOURCES = \
	%D%/peer.c \
	%D%/peer.h \
	%D%/test-misbehaviour.c

test_data += \
	%D%/.gitignore \
	%D%/README.md \
	%D%/qemu-7.2 \
	%D%/record

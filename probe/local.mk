# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/ahead.c \
	%D%/ahead.h \
	%D%/compat.c \
	%D%/compat.h \
	%D%/departure.c \
	%D%/departure.h \
	%D%/expansion.c \
	%D%/expansion.h \
	%D%/facts-emulator.c \
	%D%/facts-hosts.c \
	%D%/facts-lacks.c \
	%D%/facts-models.c \
	%D%/facts-session.c \
	%D%/facts-sheet.c \
	%D%/facts-starts.c \
	%D%/facts.h \
	%D%/guest.c \
	%D%/guest.h \
	%D%/keep.c \
	%D%/keep.h \
	%D%/memo.c \
	%D%/memo.h \
	%D%/modes.c \
	%D%/modes.h \
	%D%/plan.c \
	%D%/plan.h \
	%D%/prober.c \
	%D%/prober.h \
	%D%/reading.c \
	%D%/reading.h \
	%D%/round.c \
	%D%/round.h \
	%D%/session.c \
	%D%/session.h \
	%D%/shape.c \
	%D%/shape.h \
	%D%/shortcut.c \
	%D%/shortcut.h \
	%D%/sweep.c \
	%D%/sweep.h \
	%D%/trial.c \
	%D%/trial.h \
	%D%/twins.c \
	%D%/twins.h

# SPDX-License-Identifier: LGPL-2.1-or-later

libcg_la_SOURCES += \
	%D%/baseline.c \
	%D%/baseline.h \
	%D%/caution.c \
	%D%/caution.h \
	%D%/compare.c \
	%D%/compare.h \
	%D%/definition.c \
	%D%/definition.h \
	%D%/featureset.c \
	%D%/featureset.h \
	%D%/fleet.c \
	%D%/fleet.h \
	%D%/gates.c \
	%D%/gates.h \
	%D%/joint.c \
	%D%/joint.h \
	%D%/leaves.c \
	%D%/leaves.h \
	%D%/level.c \
	%D%/level.h \
	%D%/loss.c \
	%D%/loss.h \
	%D%/meaning.c \
	%D%/meaning.h \
	%D%/partition.c \
	%D%/partition.h \
	%D%/passage.c \
	%D%/passage.h \
	%D%/policy.c \
	%D%/policy.h \
	%D%/reason.c \
	%D%/reason.h \
	%D%/request.c \
	%D%/request.h \
	%D%/scalars.c \
	%D%/scalars.h \
	%D%/spelling.c \
	%D%/spelling.h \
	%D%/switches.c \
	%D%/switches.h \
	%D%/visible.c \
	%D%/visible.h \
	%D%/vocabulary.c \
	%D%/vocabulary.h

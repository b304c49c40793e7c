/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's answers to the questions that cpugated is asked, where libvirt is installed: it is loaded, not linked. */
#pragma once

#include "bench/talk.h"

struct bench_virt;

/*
 * Connect to $BENCH_LIBVIRT, qemu:///system without. NULL with a sentence in *err where it isn't installed or
 * doesn't answer.
 */
struct bench_virt *bench_virt_open(struct cg_error *err);
struct bench_virt *bench_virt_close(struct bench_virt *virt);

/* "libvirt 9.0.0" */
const char *bench_virt_version(const struct bench_virt *virt);

enum bench_virt_question {
	BENCH_VIRT_FLOOR,    /* a call that only asks for a number */
	BENCH_VIRT_USABLE,   /* the models of QEMU's default machine type under TCG */
	BENCH_VIRT_COMPARE,  /* one model with what the hypervisor can give */
	BENCH_VIRT_EXPAND,   /* one model's features */
	BENCH_VIRT_BASELINE, /* of a hundred CPUs */
};

/* What libvirt calls it. */
const char *bench_virt_name(enum bench_virt_question question);

/*
 * Ask as fast as it answers, over so many connections with a thread each. @models are asked about in turns,
 * and are what the hundred are.
 */
cg_must_check int bench_virt_talk(struct bench_talked *out, const struct bench_virt *virt,
				  enum bench_virt_question question,
				  const char *const *models, size_t connections,
				  int64_t duration, struct cg_error *err);

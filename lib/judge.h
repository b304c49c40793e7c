/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one judge of whether a guest can be on a host: by the gap between what it has and
 * what it would get there (cpumodels/passage.h), in reasons that name features, numbers
 * and what to do.
 */
#pragma once

#include "cpumodels/passage.h"
#include "cpumodels/vocabulary.h"
#include "lib/question.h"

/* The host, as reasons speak of it. All of it is borrowed. */
struct cg_judge {
	const char *host;                  /* what to call it; NULL for this one */
	const struct cg_vocabulary *names; /* over which both parties are */
	const struct cg_record *record; /* tells why a feature can't be had, or NULL ... */
	const struct cg_question *question; /* then that of this host does */
	const json_t *boot;  /* cg_boot_read(), of this host; may be NULL */
	const char *machine; /* for those of its reasons that are about it */
	const char *unknown; /* the model or override that isn't known there */
	const char *failure; /* how it ended when it was started, or NULL */
};

/*
 * Add what speaks against @from at @to. Numbers and a vendor that only one of them tells
 * aren't compared. Pure, but for the causes that a record is asked for.
 */
void cg_judge_tell(const struct cg_judge *judge, const struct cg_party *from,
		   const struct cg_party *to, struct cg_verdict *verdict);

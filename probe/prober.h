/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading through the cache: say what must be known, and it is known afterwards, from the cache
 * or by starting as few emulators as that takes, side by side. Several processes that miss the
 * same emulator's facts at once start one emulator between them.
 */
#pragma once

#include "probe/ahead.h"
#include "probe/facts.h"

/* How far a call of cg_prober_ensure() has come: @done of @total starts. */
struct cg_progress {
	void (*tell)(void *data, size_t done, size_t total, const char *what);
	void *data;
};

struct cg_prober {
	struct cg_store *store;
	struct cg_facts *facts;
	const struct cg_identity *identity;
	const struct cg_host *host; /* NULL if no need is about KVM */
	struct cg_qmp_limits limits;
	int64_t lock_ns; /* how long to wait for another process that measures */
	bool retry;      /* try again what is on record as failed */
	struct cg_progress
		progress; /* tell may be NULL; called on the thread that called */
	struct cg_ahead *
		ahead; /* the emulator's first start, if it is under way; borrowed, used once */
	struct cg_modes modes_tcg, modes_kvm; /* internal: see cg_prober_modes() */
};

/* How much must be known about one machine type under one accelerator. */
enum cg_depth {
	CG_DEPTH_CATALOGUE, /* the emulator: version, machine types; machine and accelerator don't matter */
	CG_DEPTH_MODELS, /* the models, and what each lacks here */
	CG_DEPTH_DEFINITION, /* one definition: what it asks for, gets and whether it starts */
	CG_DEPTH_SHEET,      /* every model, as far as that takes no vCPU */
	CG_DEPTH_ALL, /* every model, and whether it starts where that is in doubt */
};

struct cg_need {
	enum cg_depth depth;
	const char *accel; /* "tcg" or "kvm" */
	const char *
		machine; /* name or alias as given; NULL for the default; on return the canonical name */
	const struct cg_definition *definition; /* for CG_DEPTH_DEFINITION */
	bool unread;   /* for CG_DEPTH_MODELS: it isn't going to be read */
	bool measured; /* on return: something was started for it */
	bool failed;   /* on return: then @err says why */
	struct cg_error err;
	bool asked;    /* internal: a session has run */
	bool deferred; /* internal: a sweep means to have it more cheaply */
};

/* What a sweep found that U can be; empty before one. */
struct cg_modes *cg_prober_modes(struct cg_prober *prober, const char *accel);

/*
 * For sweeps: what cg_prober_ensure() does under the emulator's lock, which the caller holds.
 */
cg_must_check int cg_prober_measure(struct cg_prober *prober, struct cg_need *needs,
				    size_t count, struct cg_memo *memo,
				    struct cg_error *err);

/*
 * Blocks for as long as measuring takes, or with limits.at_once is CG_E_UNMEASURED; limits.cancel_fd ends it early with CG_E_CANCELLED, and
 * what was measured until then is kept. -1 if nothing can be said of this emulator at all; what goes wrong for one need is
 * in that need.
 */
cg_must_check int cg_prober_ensure(struct cg_prober *prober, struct cg_need *needs,
				   size_t count, struct cg_error *err);

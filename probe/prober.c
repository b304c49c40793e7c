// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Round by round: plan what is missing, measure it, look again; it is over when nothing is missing.
 */
#include "probe/prober.h"

#include <string.h>

#include "cache/lock.h"
#include "probe/plan.h"
#include "probe/sweep.h"

#define ROUNDS_MAX 8

struct cg_modes *cg_prober_modes(struct cg_prober *prober, const char *accel)
{
	return strcmp(accel, "kvm") == 0 ? &prober->modes_kvm : &prober->modes_tcg;
}

int cg_prober_measure(struct cg_prober *prober, struct cg_need *needs, size_t count,
		      struct cg_memo *memo, struct cg_error *err)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		struct cg_round round = { .prober = prober, .memo = memo };
		int ret = cg_plan(&round, needs, count, err);
		bool done = ret == 0 && round.count == 0;

		if (ret == 0 && !done)
			ret = cg_round_run(&round, needs, count, err);
		cg_round_free(&round);
		if (ret < 0 || done)
			return ret;
	}
	return cg_error_set(err, CG_E_PROTOCOL, "%s doesn't answer what it was asked",
			    cg_identity_path(prober->identity));
}

static int check_kvm(struct cg_prober *prober, struct cg_need *needs, size_t count,
		     struct cg_error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct cg_error why;

		if (strcmp(needs[i].accel, "kvm") != 0 ||
		    needs[i].depth == CG_DEPTH_CATALOGUE)
			continue;
		if (cg_facts_set_host(prober->facts, prober->host, err) < 0)
			return -1;
		if (cg_host_has_kvm(prober->host))
			continue;
		(void)cg_error_set(&why, CG_E_UNKNOWN, "no KVM here: /dev/kvm: %s",
				   cg_json_text(cg_host_parts(prober->host),
						"kvm-access"));
		cg_need_fail(&needs[i], &why);
	}
	return 0;
}

int cg_prober_ensure(struct cg_prober *prober, struct cg_need *needs, size_t count,
		     struct cg_error *err)
{
	struct cg_round round = { .prober = prober };
	cg_auto_lock struct cg_lock *lock = NULL;
	struct cg_error ignored;
	struct cg_memo *memo;
	bool complete;
	int ret;

	if (check_kvm(prober, needs, count, err) < 0)
		return -1;
	if (prober->retry && cg_store_use_memory(prober->store, err) < 0)
		return -1;
	for (size_t i = 0; i < count && prober->retry; i++)
		if (!needs[i].failed)
			(void)!cg_facts_forget_failures(prober->facts, needs[i].accel,
							needs[i].depth == CG_DEPTH_ALL,
							&ignored);
	if (cg_plan(&round, needs, count, err) < 0) {
		cg_round_free(&round);
		return -1;
	}
	complete = round.count == 0;
	cg_round_free(&round);
	if (complete)
		return 0;
	if (prober->limits.at_once)
		return cg_error_set(err, CG_E_UNMEASURED, "%s would have to be started",
				    cg_identity_path(prober->identity));
	for (size_t i = 0; i < count; i++)
		needs[i].asked = false;
	if (cg_store_use_memory(prober->store, err) <
	    0) /* for what the file can't take */
		return -1;
	lock = prober->ahead ? cg_ahead_take_lock(prober->ahead) : NULL;
	if (!lock &&
	    cg_lock_take(&lock, cg_store_path(prober->store),
			 cg_identity_stamp(prober->identity),
			 cg_clock_in(prober->lock_ns), prober->limits.cancel_fd, err) < 0)
		return -1;
	memo = cg_memo_new();
	ret = memo ? cg_sweep_cheaply(prober, needs, count, memo, err)
		   : cg_round_no_memory(err);
	if (ret == 0)
		ret = cg_prober_measure(prober, needs, count, memo, err);
	cg_memo_free(memo);
	return ret;
}

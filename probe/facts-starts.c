// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which vCPUs were started and how that went, and which measurements failed. That
 * something works is a fact about the binary. That it doesn't may be due to what is
 * around it (no firmware, say), so it holds only where the binary was then.
 */
#include "probe/keep.h"

#include <string.h>

static json_t *outcome_to_json(const struct cg_outcome *outcome)
{
	json_t *json = json_object();

	if (outcome->ended && outcome->end.signal)
		json_object_set_new(json, "signal", json_integer(outcome->end.signal));
	else if (outcome->ended)
		json_object_set_new(json, "status", json_integer(outcome->end.status));
	if (*outcome->words)
		json_object_set_new(json, "words", json_string(outcome->words));
	return json;
}

int cg_facts_started(struct cg_facts *facts, const char *accel, const char *machine,
		     const char *definition, enum cg_started *out, json_t **why,
		     struct cg_error *err)
{
	cg_auto_json json_t *fact = NULL, *failure = NULL;
	cg_auto_free char *name = malloc(CG_KEEP_NAME);

	*out = CG_STARTED_UNKNOWN;
	if (!name)
		return cg_error_errno(err, "started");
	cg_keep_about(name, machine, definition);
	if (cg_keep_get(facts, CG_KIND_STARTED, accel, name, &fact, err) < 0)
		return -1;
	if (json_is_true(json_object_get(fact, "started")))
		*out = CG_STARTED_YES;
	else if (fact)
		*out = CG_STARTED_UNDECIDED;
	else if (cg_keep_get(facts, CG_KIND_NOT_STARTED, accel, name, &failure, err) < 0)
		return -1;
	if (failure)
		*out = CG_STARTED_NO;
	if (why)
		*why = json_incref(json_object_get(failure, "end"));
	return 0;
}

int cg_facts_put_started(struct cg_facts *facts, const char *accel, const char *machine,
			 const char *definition, bool started,
			 const struct cg_outcome *outcome, struct cg_error *err)
{
	enum cg_kind kind = started ? CG_KIND_STARTED : CG_KIND_NOT_STARTED;
	cg_auto_free char *name = malloc(CG_KEEP_NAME);
	cg_auto_json json_t *fact = json_object();

	if (!name)
		return cg_error_errno(err, "started");
	if (started)
		json_object_set_new(fact, "started", json_true());
	else
		json_object_set_new(fact, "end", outcome_to_json(outcome));
	return cg_keep_put_anyhow(facts, kind, accel,
				  cg_keep_about(name, machine, definition), fact, err);
}

int cg_facts_note_undecided(struct cg_facts *facts, const char *accel,
			    const char *machine, const char *definition,
			    struct cg_error *err)
{
	cg_auto_free char *name = malloc(CG_KEEP_NAME);
	cg_auto_json json_t *fact = json_pack("{s:n}", "started");

	if (!name || !fact)
		return cg_error_errno(err, "started");
	return cg_keep_note(facts, CG_KIND_STARTED, accel,
			    cg_keep_about(name, machine, definition), fact, err);
}

int cg_facts_failure(struct cg_facts *facts, const char *accel, const char *what,
		     json_t **out, struct cg_error *err)
{
	return cg_keep_get(facts, CG_KIND_FAILURE, accel, what, out, err);
}

int cg_facts_forget_failures(struct cg_facts *facts, const char *accel, bool starts,
			     struct cg_error *err)
{
	if (cg_keep_forget(facts, CG_KIND_FAILURE, accel, NULL, err) < 0)
		return -1;
	return cg_keep_forget(facts, CG_KIND_NOT_STARTED, accel, starts ? NULL : "- max",
			      err);
}

/* Not if it was killed, nor if we lacked what it takes to start it. */
static bool is_lasting(const struct cg_outcome *outcome, const struct cg_error *why)
{
	if (why->code == CG_E_DIED)
		return cg_outcome_is_own(outcome);
	return why->code != CG_E_SYSTEM;
}

int cg_facts_put_failure(struct cg_facts *facts, const char *accel, const char *what,
			 const struct cg_outcome *outcome, const struct cg_error *why,
			 struct cg_error *err)
{
	cg_auto_json json_t *fact = outcome_to_json(outcome);

	json_object_set_new(fact, "code", json_string(cg_errc_name(why->code)));
	json_object_set_new(fact, "reason", json_string(why->msg));
	if (!is_lasting(outcome, why))
		return cg_keep_note(facts, CG_KIND_FAILURE, accel, what, fact, err);
	return cg_keep_put_anyhow(facts, CG_KIND_FAILURE, accel, what, fact, err);
}

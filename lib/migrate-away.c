// SPDX-License-Identifier: LGPL-2.1-or-later
/* The side that the guest leaves. */
#include "lib/migrate-away.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/accord.h"
#include "lib/migrant.h"
#include "lib/parley.h"

#define CONNECT_NS (20 * CG_S)
#define ANSWER_NS (60 * CG_S)

struct away {
	struct cg_migrant migrant;
	struct cg_parley parley;
};

static void deinit(struct away *a)
{
	cg_migrant_deinit(&a->migrant);
	cg_parley_deinit(&a->parley);
}

static const char *address_of(const struct away *a)
{
	return cg_json_text(a->migrant.args, "to");
}

static int connect_to(struct away *a, struct cg_parley *out, struct cg_error *err)
{
	return cg_parley_connect(out, address_of(a),
				 cg_context_limits(a->migrant.context).cancel_fd,
				 cg_clock_in(CONNECT_NS), err);
}

/* What the other one answers; CG_E_REFUSED if that is a no. */
static int hear(struct away *a, struct cg_parley *p, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *said = NULL;

	if (cg_parley_hear(p, cg_clock_in(ANSWER_NS), &said, err) < 0 ||
	    cg_accord_take_answer(said, err) < 0)
		return cg_error_prefix(err, "%s", address_of(a));
	*out = cg_take(said);
	return 0;
}

/* Does the other one take it? Then it has given us a word for the second connection. */
static int introduce(struct away *a, json_t *capabilities, json_t **token,
		     struct cg_error *err)
{
	cg_auto_json json_t *answer = NULL;
	json_t *hello = json_pack("{s:i, s:o, s:O}", "cpugate", CG_ACCORD_VERSION,
				  "guest", cg_migrant_papers(&a->migrant), "capabilities",
				  capabilities);

	if (connect_to(a, &a->parley, err) < 0 ||
	    cg_parley_say(&a->parley, hello, err) < 0 ||
	    hear(a, &a->parley, &answer, err) < 0)
		return -1;
	return cg_accord_take_ready(answer, token, err) < 0
		       ? cg_error_prefix(err, "%s", address_of(a))
		       : 0;
}

/* The connection that the emulator gets, which knows nothing of not waiting. */
static int open_stream(struct away *a, const json_t *token, struct cg_error *err)
{
	cg_auto_parley struct cg_parley stream = CG_PARLEY;
	cg_auto_json json_t *answer = NULL;

	if (connect_to(a, &stream, err) < 0 ||
	    cg_parley_say(&stream, json_pack("{s:O}", "stream", token), err) < 0 ||
	    hear(a, &stream, &answer, err) < 0)
		return -1;
	if (fcntl(stream.fd, F_SETFL, 0) < 0)
		return cg_error_errno(err, "%s", address_of(a));
	return cg_migrant_send(&a->migrant, NULL, stream.fd, err);
}

/* Nothing is to be heard while it is on its way, unless it failed there. */
static int arrived(void *data, bool *whole, struct cg_error *err)
{
	struct away *a = data;
	cg_auto_json json_t *said = NULL;

	*whole = true; /* as far as can be told from here */
	if (!cg_parley_stirs(&a->parley))
		return 0;
	return hear(a, &a->parley, &said, err) < 0
		       ? -1
		       : cg_error_set(err, CG_E_PROTOCOL, "%s speaks out of turn",
				      address_of(a));
}

/* The word to run on, after which it is theirs. */
static int hand_over(struct away *a, struct cg_error *err)
{
	struct cg_migrant *m = &a->migrant;
	cg_auto_json json_t *said = NULL;
	bool same;

	if (cg_migrant_commit(m, err) < 0 ||
	    cg_parley_say(&a->parley, json_pack("{s:b}", "run", m->source.runs), err) < 0)
		return -1;
	if (hear(a, &a->parley, &said, err) < 0) {
		m->committed = err->code != CG_E_REFUSED;
		return -1;
	}
	if (cg_accord_take_end(said, &same, err) < 0)
		return cg_error_prefix(err, "%s", address_of(a));
	m->moved = true;
	if (same)
		cg_migrant_leave(m);
	else
		cg_context_warn(m->context,
				"the guest runs, and not with the CPU that was "
				"promised: its old emulator is left");
	return 0;
}

static int move(struct away *a, struct cg_error *err)
{
	cg_auto_json json_t *capabilities = NULL, *token = NULL;

	if (cg_migrant_prepare(&a->migrant, &capabilities, err) < 0 ||
	    introduce(a, capabilities, &token, err) < 0 ||
	    cg_migrant_guard(&a->migrant, 0, err) < 0 || open_stream(a, token, err) < 0 ||
	    cg_migrant_cross(&a->migrant, arrived, a, err) < 0)
		return -1;
	return hand_over(a, err);
}

static int carry_out(struct away *a, struct cg_error *err)
{
	struct cg_migrant *m = &a->migrant;

	if (cg_migrant_open(m, &m->why) == 0 && move(a, &m->why) == 0)
		return 0;
	if (!m->committed) /* the other one ends what it has when we are gone */
		cg_parley_deinit(&a->parley);
	cg_migrant_take_back(m);
	if (!m->settled || !cg_migrant_is_ours(m))
		return 0;
	*err = m->why;
	return -1;
}

int cg_migrate_away(struct cg_context *context, const json_t *args, json_t **reply,
		    struct cg_error *err)
{
	cg_cleanup(deinit) struct away a = { .migrant = CG_MIGRANT, .parley = CG_PARLEY };
	struct cg_migrant *m = &a.migrant;
	const struct cg_verdict *verdict = &m->answer.verdict;

	m->context = context;
	m->args = args;
	if (cg_migrant_judge(m, cg_json_text(args, "to-record"), NULL, NULL, err) < 0)
		return -1;
	if (cg_verdict_answer(verdict) == CG_YES && carry_out(&a, err) < 0)
		return -1;
	*reply = json_pack("{s:s, s:O*, s:s}", "verdict",
			   cg_answer_word(cg_verdict_answer(verdict)), "reasons",
			   verdict->reasons, "to", address_of(&a));
	cg_migrant_describe(m, *reply);
	return 0;
}

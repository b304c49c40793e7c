// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate migrate: the migration gate. A guest that runs goes to another emulator, if that is
 * a yes before anything happens; and whatever happens then, it runs on one side.
 *
 * What keeps it from running on both: the destination, which has the right CPU, is held, as
 * by -S, until it has been seen to be whole, and the source to have stopped. What keeps it from
 * running on neither: the source has the guest until it is told to end, and goes on when the
 * destination is gone.
 *
 * Here both are on this host; lib/migrate-away.c is for two.
 */
#include <string.h>
#include <sys/socket.h>

#include "emulator/incoming.h"
#include "lib/archive.h"
#include "lib/command.h"
#include "lib/held.h"
#include "lib/migrant.h"
#include "lib/migrate-away.h"
#include "lib/migrate-resume.h"

#define EXEC "exec:"

static const char *const arguments[] = { "argv",        "accel",    "from",   "to",
					 "to-record",   "uri",      "name",   "contract",
					 "keep-source", "deadline", "resume", NULL };

struct migrate {
	struct cg_context *context;
	const json_t *args;
	struct cg_migrant migrant;
	struct cg_held held;
	struct cg_contract before; /* kept under its name until now, if @had */
	char *listen; /* where the destination waits, NULL for a socket pair */
	bool had, kept;
	struct cg_child_end end;
};

static void deinit(struct migrate *m)
{
	cg_migrant_deinit(
		&m->migrant); /* first: it may need the destination to be there */
	cg_held_deinit(&m->held);
	cg_contract_deinit(&m->before);
	free(m->listen);
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* What the guest has, as a promise that the destination is held to. */
static int promise(struct migrate *m, const struct cg_arguments *words,
		   struct cg_error *err)
{
	const char *given = cg_json_text(m->args, "contract");
	const struct cg_traveller *guest = &m->migrant.guest;
	struct cg_contract *c = &m->held.old;

	if (given && cg_archive_get(m->context, given, c, err) < 0)
		return -1;
	if (!given)
		*c = (struct cg_contract){
			.target = copy(guest->target),
			.machine = copy(guest->machine),
			.accel = copy(guest->accel),
			.definition = copy(m->migrant.answer.cpu),
			.features = cg_vocabulary_list(guest->words, &guest->features),
			.scalars = json_incref(guest->guest.scalars),
			.allowed = json_array(),
		};
	free(c->cpu);
	c->cpu = copy(m->migrant.answer.cpu);
	c->topology = words->topology;
	m->held.bound = true;
	return c->cpu && c->definition && c->target && c->machine && c->accel
		       ? cg_held_bind(&m->held, err)
		       : cg_error_set(err, CG_E_SYSTEM, "no memory for a contract");
}

/* The destination. */

/*
 * It waits until it is told where the guest comes from. Where the words say that, it is what
 * they say.
 */
static int defer(struct migrate *m, const struct cg_arguments *words,
		 struct cg_error *err)
{
	const char *uri = words->incoming ? words->incoming : "defer";
	json_t *word;
	size_t i;

	if (strcmp(uri, "defer") == 0) {
		uri = cg_json_text(m->args, "uri");
		if (uri && strncmp(uri, EXEC, strlen(EXEC)) == 0)
			return cg_error_set(err, CG_E_USAGE,
					    "migrate: --uri %.80s: where does the other "
					    "end of that listen? -incoming says it",
					    uri);
	}
	m->listen = copy(uri);
	json_array_foreach(m->held.words, i, word)
		if (words->incoming && json_string_value(word) == words->incoming)
			break;
	json_decref(cg_take(m->held.words));
	m->held.words = json_copy(json_object_get(m->args, "argv"));
	if (words->incoming) {
		json_array_set_new(m->held.words, i, json_string("defer"));
	} else {
		json_array_append_new(m->held.words, json_string("-incoming"));
		json_array_append_new(m->held.words, json_string("defer"));
	}
	return m->listen || !uri ? 0 : cg_error_errno(err, "%s", uri);
}

/* From the words and the guest to what is to be started; *@go if there is nothing against it. */
static int plan(struct migrate *m, bool *go, struct cg_error *err)
{
	cg_auto_json json_t *words = json_incref(m->held.words), *none = json_object();
	cg_auto_json json_t *args = json_pack("{s:O}", "argv", words);
	cg_auto_launch struct cg_launch given = { 0 };
	const json_t *smp;

	*go = false;
	if (cg_launch_read(&given, args, err) < 0)
		return -1;
	smp = json_object_get(given.arguments.machine, "smp");
	if (cg_migrant_judge(&m->migrant, "host", given.arguments.emulator,
			     smp ? smp : none, err) < 0)
		return -1;
	if (cg_verdict_answer(&m->migrant.answer.verdict) != CG_YES)
		return 0;
	if (defer(m, &given.arguments, err) < 0 ||
	    promise(m, &given.arguments, err) < 0 || cg_held_judge(&m->held, err) < 0)
		return -1;
	*go = cg_held_may_start(&m->held);
	return 0;
}

/* The way there. */

static int note_contract(struct migrate *m, struct cg_error *err)
{
	const char *name = cg_held_name(&m->held);

	return name ? cg_archive_find(m->context, name, 0, &m->before, &m->had, err) : 0;
}

/* Both ends of a pair, which nobody else can reach; or as the user says. */
static int connect_both(struct migrate *m, struct cg_error *err)
{
	struct cg_qmp *there = cg_paused_qmp(m->held.paused);
	const char *uri = cg_json_text(m->args, "uri");
	cg_auto_close int here = -1, far = -1;
	int ends[2] = { -1, -1 };

	if (!m->listen && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return cg_error_errno(err, "socketpair");
	here = ends[0];
	far = ends[1];
	if (cg_incoming_listen(there, m->listen, far, err) < 0)
		return -1;
	return cg_migrant_send(&m->migrant, m->listen ? (uri ? uri : m->listen) : NULL,
			       here, err);
}

static int arrived(void *data, bool *whole, struct cg_error *err)
{
	struct migrate *m = data;

	return cg_incoming_is_whole(cg_paused_qmp(m->held.paused), whole, err) < 0
		       ? cg_error_prefix(err, "the destination")
		       : 0;
}

static int cross(struct migrate *m, const json_t *capabilities, struct cg_error *err)
{
	struct cg_qmp *there = cg_paused_qmp(m->held.paused);

	if (cg_migrant_guard(&m->migrant, cg_qmp_peer(there), err) < 0 ||
	    cg_incoming_prepare(there, capabilities, err) < 0 || connect_both(m, err) < 0)
		return -1;
	return cg_migrant_cross(&m->migrant, arrived, m, err);
}

/*
 * The guest is there and stands still on both sides. From the word to run on, the source can't
 * have it back, unless the destination itself says that it doesn't run it.
 */
static int switch_over(struct migrate *m, struct cg_error *err)
{
	struct cg_migrant *migrant = &m->migrant;

	if (cg_migrant_commit(migrant, err) < 0)
		return -1;
	if (migrant->source.runs && !m->held.launch.arguments.paused &&
	    cg_incoming_run(cg_paused_qmp(m->held.paused), err) < 0) {
		migrant->committed = err->code != CG_E_REFUSED;
		return cg_error_prefix(err, "the destination");
	}
	migrant->moved = true;
	return 0;
}

/*
 * Only if what runs there is what was promised is there nothing left to look at here. The name
 * was the source's until now, perhaps.
 */
static void leave_source(struct migrate *m)
{
	struct cg_error why;
	bool taken = true;

	cg_guardian_deinit(
		&m->migrant.guardian); /* we stay for as long as the guest does */
	if (!cg_held_is_same(&m->held))
		return;
	cg_migrant_leave(&m->migrant);
	if (json_is_true(json_object_get(m->args, "keep-source")))
		return;
	if (cg_held_claim_again(&m->held, &taken, &why) < 0)
		cg_context_warn(m->context, why.msg);
	else if (!taken)
		cg_context_warn(m->context, "its name is in use by another guest");
}

/* Back to where it was: the destination first, so that it is never on both sides. */
static void take_back(struct migrate *m)
{
	struct cg_error why;

	cg_held_end(&m->held);
	cg_migrant_take_back(&m->migrant);
	if (m->kept && m->had && cg_archive_keep(m->context, &m->before, &why) < 0)
		cg_context_warn(m->context, why.msg);
}

static int move(struct migrate *m, struct cg_error *err)
{
	cg_auto_json json_t *capabilities = NULL;
	bool ended;

	if (note_contract(m, err) < 0 || cg_held_start(&m->held, &ended, err) < 0)
		return -1;
	if (ended)
		return cg_error_set(err, CG_E_DIED, "the destination ended by itself");
	if (!cg_held_is_open(&m->held))
		return cg_error_set(err, CG_E_REFUSED,
				    "the destination hasn't the guest's CPU");
	if (cg_held_keep(&m->held, err) < 0)
		return -1;
	m->kept = true;
	if (cg_migrant_prepare(&m->migrant, &capabilities, err) < 0)
		return -1;
	return cross(m, capabilities, err) < 0 ? -1 : switch_over(m, err);
}

static int carry_out(struct migrate *m, struct cg_error *err)
{
	int signals = cg_context_limits(m->context).cancel_fd;

	if (cg_held_claim(&m->held, true, err) < 0)
		return -1;
	if (cg_migrant_open(&m->migrant, &m->migrant.why) == 0 &&
	    move(m, &m->migrant.why) == 0) {
		leave_source(m);
		return cg_paused_let_go(m->held.paused, true, err) < 0
			       ? -1
			       : cg_paused_attend(m->held.paused, signals, &m->end, err);
	}
	take_back(m);
	if (!m->migrant.settled || !cg_migrant_is_ours(&m->migrant))
		return 0;
	*err = m->migrant.why;
	return -1;
}

/* The reply. */

static json_t *describe(const struct migrate *m)
{
	json_t *out = cg_held_json(&m->held);
	cg_auto_verdict struct cg_verdict all = { 0 };

	cg_verdict_join(&all, &m->migrant.answer.verdict);
	cg_verdict_join(&all, &m->held.verdict);
	json_object_set_new(out, "verdict",
			    json_string(cg_answer_word(cg_verdict_answer(&all))));
	if (all.reasons)
		json_object_set(out, "reasons", all.reasons);
	cg_migrant_describe(&m->migrant, out);
	if (m->migrant.moved)
		json_object_set_new(out, "end", cg_held_end_json(&m->end));
	return out;
}

static int check_arguments(const json_t *args, struct cg_error *err)
{
	int ways = (json_array_size(json_object_get(args, "argv")) > 0) +
		   (json_object_get(args, "to") != NULL) +
		   json_is_true(json_object_get(args, "resume"));

	if (ways != 1)
		return cg_error_set(err, CG_E_USAGE,
				    "migrate: either -- QEMU ARGUMENT... or --to "
				    "tcp:HOST:PORT or --resume");
	return cg_migrant_check(args, err);
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(deinit) struct migrate m = {
		.context = context,
		.args = args,
		.migrant = CG_MIGRANT,
		.held = CG_HELD,
	};
	bool go;

	if (check_arguments(args, err) < 0)
		return -1;
	if (json_object_get(args, "to"))
		return cg_migrate_away(context, args, reply, err);
	if (json_is_true(json_object_get(args, "resume")))
		return cg_migrate_resume(context, args, reply, err);
	m.migrant.context = m.held.context = context;
	m.migrant.args = args;
	m.held.who = "migrate";
	m.held.moves = true;
	m.held.words = json_incref(json_object_get(args, "argv"));
	m.held.name = cg_json_text(args, "name");
	m.held.accel = cg_json_text(args, "accel");
	if (plan(&m, &go, err) < 0 || (go && carry_out(&m, err) < 0))
		return -1;
	*reply = describe(&m);
	return 0;
}

const struct cg_command cg_command_migrate = { "migrate", arguments, run,
					       CG_COMMAND_OWN };

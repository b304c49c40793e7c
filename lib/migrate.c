// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate migrate: the migration gate. A guest that runs goes to another emulator of this host,
 * if that is a yes before anything happens; and whatever happens then, it runs on one side.
 *
 * What keeps it from running on both: the destination is held, as by -S, until it has been
 * seen to be whole, with the right CPU, and the source to have stopped. What keeps it from running on neither: the source has
 * the guest until it is told to end, and goes on when the destination is gone.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "emulator/incoming.h"
#include "lib/archive.h"
#include "lib/command.h"
#include "lib/crossing.h"
#include "lib/held.h"
#include "lib/migration.h"

#define MONITOR "qmp:"
#define MOST_SECONDS (30 * 24 * 3600)
#define SETTLE_NS (60 * CG_S)
#define END_NS (30 * CG_S)

static const char *const arguments[] = { "argv",        "accel",    "from",
					 "uri",         "name",     "contract",
					 "keep-source", "deadline", NULL };

struct migrate {
	struct cg_context *context;
	const json_t *args;
	struct cg_held held;
	struct cg_traveller guest;
	struct cg_migration_answer answer;
	struct cg_outgoing source;
	struct cg_transfer transfer;
	struct cg_contract before; /* kept under its name until now, if @had */
	char *listen; /* where the destination waits, NULL for a socket pair */
	bool had, kept;
	bool left;      /* the source was told to begin */
	bool committed; /* the destination was told to run */
	bool moved, settled;
	struct cg_error why; /* of what failed */
	struct cg_child_end end;
};

static void deinit(struct migrate *m)
{
	cg_held_deinit(&m->held);
	cg_outgoing_close(&m->source);
	cg_migration_answer_deinit(&m->answer);
	cg_traveller_deinit(&m->guest);
	cg_contract_deinit(&m->before);
	free(m->listen);
}

/* The verdict. */

static const char *socket_of(const struct migrate *m)
{
	return cg_json_text(m->args, "from") + strlen(MONITOR);
}

/* What the destination's own words say that matters before anything is asked. */
static int judge_at(struct migrate *m, const struct cg_traveller *guest,
		    const struct cg_arguments *words, struct cg_migration_answer *out,
		    struct cg_error *err)
{
	cg_auto_json json_t *args = json_pack("{s:s}", "emulator", words->emulator);
	json_t *smp = json_object_get(words->machine, "smp");
	cg_auto_json json_t *none = json_object();
	cg_auto_destination struct cg_destination to = { 0 };
	struct cg_migration migration = { .guest = guest,
					  .to = &to,
					  .smp = smp ? smp : none };

	if (!guest->words) { /* it couldn't be read at all */
		cg_verdict_join(&out->verdict, &guest->doubts);
		return 0;
	}
	return cg_destination_open(&to, m->context, args, "host", guest->machine,
				   guest->accel, err) < 0
		       ? -1
		       : cg_migration_judge(out, &migration, err);
}

/* Is the guest what its contract says? */
static void compare(struct migrate *m, const struct cg_traveller *promised)
{
	const struct cg_traveller *pair[] = { &m->guest, promised };
	char text[160];

	for (int i = 0; i < 2; i++)
		cg_featureset_each(&pair[i]->features, f) {
			const char *name = cg_vocabulary_name(pair[i]->words, f);
			size_t there = cg_vocabulary_find(pair[!i]->words, name);

			if (there < CG_FEATURES_MAX &&
			    cg_featureset_has(&pair[!i]->features, there))
				continue;
			snprintf(text, sizeof(text), "%.64s is %s its contract", name,
				 i ? "only in" : "not in");
			cg_verdict_add(&m->answer.verdict, CG_GUEST_INCONSISTENT, NULL,
				       NULL, text);
		}
	if (strcmp(m->guest.machine, promised->machine) != 0)
		cg_verdict_add(&m->answer.verdict, CG_MACHINE_DIFFERS, NULL, NULL,
			       promised->machine);
}

/* With a contract, its CPU is what counts, and the guest is held against it. */
static int judge_contract(struct migrate *m, const char *contract,
			  const struct cg_arguments *words, struct cg_error *err)
{
	cg_auto_migration_answer struct cg_migration_answer promised = { 0 };
	cg_auto_traveller struct cg_traveller guest = { 0 };

	if (cg_traveller_open(&guest, m->context, contract, err) < 0 ||
	    judge_at(m, &guest, words, &promised, err) < 0)
		return -1;
	cg_verdict_join(&m->answer.verdict, &promised.verdict);
	if (m->guest.words)
		compare(m, &guest);
	free(m->answer.cpu);
	m->answer.cpu = cg_take(promised.cpu);
	return 0;
}

static int judge(struct migrate *m, const struct cg_arguments *words,
		 struct cg_error *err)
{
	const char *contract = cg_json_text(m->args, "contract");

	if (cg_traveller_open(&m->guest, m->context, cg_json_text(m->args, "from"), err) <
		    0 ||
	    judge_at(m, &m->guest, words, &m->answer, err) < 0)
		return -1;
	return contract ? judge_contract(m, contract, words, err) : 0;
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
	struct cg_contract *c = &m->held.old;

	if (given && cg_archive_get(m->context, given, c, err) < 0)
		return -1;
	if (!given)
		*c = (struct cg_contract){
			.target = copy(m->guest.target),
			.machine = copy(m->guest.machine),
			.accel = copy(m->guest.accel),
			.definition = copy(m->answer.cpu),
			.features =
				cg_vocabulary_list(m->guest.words, &m->guest.features),
			.scalars = json_incref(m->guest.guest.scalars),
			.allowed = json_array(),
		};
	free(c->cpu);
	c->cpu = copy(m->answer.cpu);
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

	if (strcmp(uri, "defer") == 0)
		uri = cg_json_text(m->args, "uri");
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
	cg_auto_json json_t *words = json_incref(m->held.words);
	cg_auto_json json_t *args = json_pack("{s:O}", "argv", words);
	cg_auto_launch struct cg_launch given = { 0 };

	*go = false;
	if (cg_launch_read(&given, args, err) < 0 || judge(m, &given.arguments, err) < 0)
		return -1;
	if (cg_verdict_answer(&m->answer.verdict) != CG_YES)
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
	m->left = true;
	return cg_outgoing_start(&m->source, m->listen ? (uri ? uri : m->listen) : NULL,
				 here, err);
}

static int arrived(void *data, bool *whole, struct cg_error *err)
{
	struct migrate *m = data;

	return cg_incoming_is_whole(cg_paused_qmp(m->held.paused), whole, err) < 0
		       ? cg_error_prefix(err, "the destination")
		       : 0;
}

static int cross(struct migrate *m, struct cg_error *err)
{
	const json_t *seconds = json_object_get(m->args, "deadline");
	struct cg_crossing crossing = {
		.context = m->context,
		.outgoing = &m->source,
		.deadline = cg_clock_in(
			(seconds ? json_integer_value(seconds) : CG_CROSSING_SECONDS) *
			CG_S),
		.arrived = arrived,
		.data = m,
	};
	cg_auto_json json_t *capabilities = NULL;

	if (cg_outgoing_prepare(&m->source, &capabilities, err) < 0 ||
	    cg_incoming_prepare(cg_paused_qmp(m->held.paused), capabilities, err) < 0 ||
	    connect_both(m, err) < 0)
		return -1;
	return cg_crossing_watch(&crossing, &m->transfer, err);
}

/*
 * The guest is there and stands still on both sides. From the word to run on, the source can't
 * have it back, unless the destination itself says that it doesn't run it.
 */
static int switch_over(struct migrate *m, struct cg_error *err)
{
	if (cg_held_read_again(&m->held, err) < 0)
		return -1;
	if (!cg_held_is_open(&m->held))
		return cg_error_set(err, CG_E_REFUSED,
				    "the guest has another CPU at the destination");
	if (m->source.runs && !m->held.launch.arguments.paused) {
		m->committed = true;
		if (cg_incoming_run(cg_paused_qmp(m->held.paused), err) < 0) {
			m->committed = err->code != CG_E_REFUSED;
			return cg_error_prefix(err, "the destination");
		}
	}
	m->moved = true;
	return 0;
}

/* A guest of which there is another one that runs is best gone. */
static void leave_source(struct migrate *m)
{
	struct cg_error why;
	bool taken = true;

	if (json_is_true(json_object_get(m->args, "keep-source")))
		return;
	if (cg_outgoing_end(&m->source, cg_clock_in(END_NS), &why) < 0 ||
	    cg_held_claim_again(&m->held, &taken, &why) < 0)
		cg_context_warn(m->context, why.msg);
	else if (!taken)
		cg_context_warn(m->context, "its name is in use by another guest");
}

/* Back to where it was: the destination first, so that it is never on both sides. */
static void take_back(struct migrate *m)
{
	struct cg_error why;

	cg_held_end(&m->held);
	if (m->committed)
		return;
	m->settled = !m->left ||
		     cg_outgoing_settle(&m->source, cg_clock_in(SETTLE_NS), &why) == 0;
	if (!m->settled)
		cg_context_warn(m->context, why.msg);
	if (m->kept && m->had && cg_archive_keep(m->context, &m->before, &why) < 0)
		cg_context_warn(m->context, why.msg);
}

static int move(struct migrate *m, struct cg_error *err)
{
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
	return cross(m, err) < 0 ? -1 : switch_over(m, err);
}

/* What nobody but us is to blame for. */
static bool is_ours(const struct cg_error *err)
{
	return err->code != CG_E_DIED && err->code != CG_E_REFUSED &&
	       err->code != CG_E_TIMEOUT && err->code != CG_E_PROTOCOL &&
	       err->code != CG_E_UNKNOWN;
}

static int carry_out(struct migrate *m, struct cg_error *err)
{
	struct cg_qmp_limits limits = cg_context_limits(m->context);

	if (cg_held_claim(&m->held, true, err) < 0 ||
	    cg_outgoing_open(&m->source, socket_of(m), &limits, err) < 0)
		return -1;
	if (move(m, &m->why) == 0) {
		leave_source(m);
		return cg_paused_let_go(m->held.paused, true, err) < 0
			       ? -1
			       : cg_paused_attend(m->held.paused, limits.cancel_fd,
						  &m->end, err);
	}
	take_back(m);
	if (!m->settled || !is_ours(&m->why))
		return 0;
	*err = m->why;
	return -1;
}

/* The reply. */

static const char *source_word(const struct migrate *m)
{
	if (m->moved)
		return json_is_true(json_object_get(m->args, "keep-source")) ? "paused"
									     : "ended";
	if (m->why.code && !m->settled)
		return "unknown";
	return m->source.path && !m->source.runs ? "paused" : "running";
}

static json_t *describe(const struct migrate *m)
{
	json_t *out = cg_held_json(&m->held);
	cg_auto_verdict struct cg_verdict all = { 0 };

	cg_verdict_join(&all, &m->answer.verdict);
	cg_verdict_join(&all, &m->held.verdict);
	json_object_set_new(out, "verdict",
			    json_string(cg_answer_word(cg_verdict_answer(&all))));
	if (all.reasons)
		json_object_set(out, "reasons", all.reasons);
	json_object_set_new(out, "guest", json_string(cg_json_text(m->args, "from")));
	json_object_set_new(out, "moved", json_boolean(m->moved));
	json_object_set_new(out, "source", json_string(source_word(m)));
	if (m->why.code)
		json_object_set_new(out, "failure", json_string(m->why.msg));
	if (!m->moved)
		return out;
	json_object_set_new(out, "transfer",
			    json_pack("{s:I, s:I, s:I}", "bytes",
				      (json_int_t)m->transfer.transferred, "downtime-ms",
				      (json_int_t)m->transfer.downtime_ms, "total-ms",
				      (json_int_t)m->transfer.total_ms));
	json_object_set_new(out, "end", cg_held_end_json(&m->end));
	return out;
}

static int check_arguments(const json_t *args, struct cg_error *err)
{
	const char *from = cg_json_text(args, "from");
	const json_t *seconds = json_object_get(args, "deadline");

	if (!from || strncmp(from, MONITOR, strlen(MONITOR)) != 0 ||
	    !json_array_size(json_object_get(args, "argv")))
		return cg_error_set(err, CG_E_USAGE,
				    "migrate: --from qmp:SOCKET -- QEMU ARGUMENT...");
	if (seconds && (json_integer_value(seconds) < 1 ||
			json_integer_value(seconds) > MOST_SECONDS))
		return cg_error_set(err, CG_E_USAGE,
				    "migrate: --deadline is 1 to %d seconds",
				    MOST_SECONDS);
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_cleanup(deinit) struct migrate m = {
		.context = context,
		.args = args,
		.held = CG_HELD,
	};
	bool go;

	if (check_arguments(args, err) < 0)
		return -1;
	m.held.context = context;
	m.held.who = "migrate";
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

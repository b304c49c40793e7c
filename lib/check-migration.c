// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * May a guest that runs, or one that was saved, go on there? check migration and check
 * restore ask the same of different guests.
 */
#include <stdio.h>
#include <string.h>

#include "formats/saved-guest.h"
#include "gate/keyval.h"
#include "lib/archive.h"
#include "lib/command.h"
#include "lib/migration.h"

static const char *const arguments[] = { "emulator", "machine", "accel", "guest", "to",
					 "from",     "cpu",     "smp",   NULL };

static const char *const restore_arguments[] = { "emulator", "machine",  "accel", "to",
						 "cpu",      "contract", "saved", NULL };

struct question {
	struct cg_traveller guest;
	struct cg_destination to, from;
	struct cg_definition cpu;
	json_t *smp;
};

static void deinit(struct question *q)
{
	cg_traveller_deinit(&q->guest);
	cg_destination_deinit(&q->to);
	cg_destination_deinit(&q->from);
	cg_definition_deinit(&q->cpu);
	json_decref(q->smp);
}

static int read_wishes(struct question *q, const json_t *args, struct cg_error *err)
{
	const char *cpu = cg_json_text(args, "cpu"), *smp = cg_json_text(args, "smp");
	bool help = false;

	if (cpu && cg_definition_parse(&q->cpu, cpu, err) < 0)
		return -1;
	if (smp && cg_keyval_strict(&q->smp, smp, "cpus", &help, err) < 0)
		return cg_error_prefix(err, "--smp");
	if (help)
		return cg_error_set(err, CG_E_USAGE, "--smp %s is no number of CPUs",
				    smp);
	return 0;
}

/* Where it goes, and where it is if that is known: each asked for the guest's own kind. */
static int open_hosts(struct question *q, struct cg_context *context, const json_t *args,
		      struct cg_error *err)
{
	const char *to = cg_json_text(args, "to"), *from = cg_json_text(args, "from");
	const char *machine = cg_json_text(args, "machine");
	const char *accel = cg_json_text(args, "accel");

	if (cg_destination_open(&q->to, context, args, to ? to : "host",
				machine ? machine : q->guest.machine,
				accel ? accel : q->guest.accel, err) < 0)
		return -1;
	if (accel && strcmp(accel, q->to.accel) != 0)
		return cg_error_set(err, CG_E_USAGE, "%s is about %s, not about %s", to,
				    q->to.accel, accel);
	return from ? cg_destination_open(&q->from, context, args, from, q->guest.machine,
					  q->guest.accel, err)
		    : 0;
}

static json_t *describe(const struct question *q, const struct cg_migration_answer *a)
{
	const struct cg_destination *to = &q->to;
	json_t *topology = q->guest.words ? cg_topology_json(&q->guest.topology) : NULL;

	return json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:o*, s:s*, s:O*}", "verdict",
			 cg_answer_word(cg_verdict_answer(&a->verdict)), "guest",
			 q->guest.text, "to", to->name, "machine", to->machine, "accel",
			 to->accel, "cpu", a->cpu, "topology", topology, "self-check",
			 a->self, "reasons", a->verdict.reasons);
}

static int answer(struct question *q, struct cg_context *context, const json_t *args,
		  json_t **reply, struct cg_error *err)
{
	cg_auto_migration_answer struct cg_migration_answer a = { 0 };
	struct cg_migration migration = { .guest = &q->guest, .to = &q->to };

	if (!q->guest.words) { /* there is nothing to ask a host for */
		*reply = json_pack("{s:s, s:s, s:O*}", "verdict",
				   cg_answer_word(cg_verdict_answer(&q->guest.doubts)),
				   "guest", q->guest.text, "reasons",
				   q->guest.doubts.reasons);
		return 0;
	}
	if (read_wishes(q, args, err) < 0 || open_hosts(q, context, args, err) < 0)
		return -1;
	migration.from = q->from.name ? &q->from : NULL;
	migration.cpu = q->cpu.model ? &q->cpu : NULL;
	migration.smp = q->smp;
	if (cg_migration_judge(&a, &migration, err) < 0)
		return -1;
	*reply = describe(q, &a);
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	const char *guest = cg_json_text(args, "guest");
	cg_cleanup(deinit) struct question q = { 0 };

	if (!guest || !cg_json_text(args, "to"))
		return cg_error_set(err, CG_E_USAGE,
				    "check migration: --guest a contract or qmp:SOCKET, "
				    "--to a record or \"host\"");
	if (cg_traveller_open(&q.guest, context, guest, err) < 0)
		return -1;
	return answer(&q, context, args, reply, err);
}

const struct cg_command cg_command_check_migration = { "check-migration", arguments, run,
						       CG_COMMAND_READS };

/* Is what was saved the guest that the contract is of? Its head names the machine type. */
static int read_saved(struct question *q, const char *path, struct cg_error *err)
{
	char machine[CG_SAVED_MACHINE], text[160];

	if (cg_saved_guest_machine(path, machine, err) < 0)
		return -1;
	if (!*machine) {
		cg_verdict_add(&q->guest.doubts, CG_GUEST_UNREAD, NULL, NULL,
			       "the machine type that was saved");
		return 0;
	}
	if (strcmp(machine, q->guest.machine) == 0)
		return 0;
	snprintf(text, sizeof(text), "%.60s was saved, and the contract is of %.60s",
		 machine, q->guest.machine);
	cg_verdict_add(&q->guest.doubts, CG_GUEST_INCONSISTENT, NULL, NULL, text);
	return 0;
}

static int run_restore(struct cg_context *context, const json_t *args, json_t **reply,
		       struct cg_error *err)
{
	const char *path = cg_json_text(args, "contract");
	const char *saved = cg_json_text(args, "saved");
	cg_auto_contract struct cg_contract contract = { 0 };
	cg_cleanup(deinit) struct question q = { 0 };

	if (!path)
		return cg_error_set(err, CG_E_USAGE,
				    "check restore: --contract the guest's contract");
	if (cg_archive_get(context, path, &contract, err) < 0 ||
	    cg_traveller_take(&q.guest, &contract, saved ? saved : path, err) < 0)
		return -1;
	if (saved && read_saved(&q, saved, err) < 0)
		return -1;
	return answer(&q, context, args, reply, err);
}

const struct cg_command cg_command_check_restore = { "check-restore", restore_arguments,
						     run_restore,
						     CG_COMMAND_READS |
							     CG_COMMAND_QUICK };

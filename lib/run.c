// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate run: the launch gate. A command line that can't give its guest the CPU that it asks
 * for starts nothing. One that can is started with the CPU spelled out and "enforce", held
 * before the first instruction, and read back; only a guest that is as promised goes on.
 *
 * It blocks until the emulator has ended, whose end is in the reply.
 */
#include <string.h>

#include "cpumodels/spelling.h"
#include "lib/archive.h"
#include "lib/command.h"
#include "lib/held.h"

static const char *const arguments[] = { "argv",     "accel",         "name",
					 "contract", "allow-missing", NULL };

/* A name into a sorted list, once. */
static void insert(json_t *list, const char *name)
{
	size_t i = 0;
	int order = 1;

	for (; i < json_array_size(list); i++) {
		order = strcmp(json_string_value(json_array_get(list, i)), name);
		if (order >= 0)
			break;
	}
	if (order || i == json_array_size(list))
		json_array_insert_new(list, i, json_string(name));
}

/* "a,b" and "c": one list of canonical names. */
static int read_allowed(struct cg_held *h, const json_t *args, struct cg_error *err)
{
	const json_t *given = json_object_get(args, "allow-missing"), *item;
	size_t i;

	h->allowed = json_array();
	json_array_foreach(given, i, item) {
		cg_auto_free char *text =
			json_is_string(item) ? strdup(json_string_value(item)) : NULL;
		char *rest = text, *word, name[CG_NAME_MAX];

		if (!text)
			return cg_error_set(err, CG_E_USAGE,
					    "allow-missing is a list of features");
		while ((word = strsep(&rest, ",")))
			if (*word)
				insert(h->allowed, cg_spelling_canonical(word, name));
	}
	return 0;
}

static int read_contract(struct cg_held *h, const json_t *args, struct cg_error *err)
{
	const char *path = cg_json_text(args, "contract");

	if (!path)
		return 0;
	if (cg_archive_get(h->context, path, &h->old, err) < 0)
		return -1;
	h->bound = true;
	return cg_held_bind(h, err);
}

/* First it is written down, then the guest runs. */
static int open_gate(struct cg_held *h, struct cg_error *err)
{
	return cg_held_keep(h, err) < 0
		       ? -1
		       : cg_paused_let_go(h->paused, h->launch.arguments.paused, err);
}

/*
 * It ended at the gate. What it complains about it has said by itself; one that was killed
 * says nothing, and of a daemon the status that we see is that of its parent.
 */
static int tell_end(const struct cg_held *h, bool was_told,
		    const struct cg_child_end *end, struct cg_error *err)
{
	const char *when = was_told ? "when its guest was told to run"
				    : "before its guest ran";
	const char *name = h->launch.arguments.emulator;
	struct cg_error words;
	char how[64];

	if (h->launch.arguments.daemonize && !end->signal && end->status == 0)
		return cg_error_set(err, CG_E_DIED, "%s ended %s", name, when);
	if (!h->launch.arguments.daemonize && !end->signal)
		return 0;
	(void)cg_error_set(&words, CG_E_DIED, "%s ended with %s %s", name,
			   cg_child_end_words(end, how, sizeof(how)), when);
	cg_context_warn(h->context, words.msg);
	return 0;
}

static int start(struct cg_held *h, struct cg_child_end *end, struct cg_error *err)
{
	int signals = cg_context_limits(h->context).cancel_fd;
	bool ended, told = false;

	if (cg_held_claim(h, false, err) < 0 || cg_held_start(h, &ended, err) < 0)
		return -1;
	if (!ended && !cg_held_is_open(h))
		return 0;
	if (!ended && open_gate(h, err) < 0) {
		if (err->code != CG_E_DIED)
			return -1;
		ended = told = true;
	}
	/* The guest runs by now, so this costs it nothing. */
	cg_context_close_contracts(h->context);
	if (cg_paused_attend(h->paused, signals, end, err) < 0)
		return -1;
	return ended ? tell_end(h, told, end, err) : 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_held struct cg_held h = CG_HELD;
	struct cg_child_end end = { 0 };

	if (!json_array_size(json_object_get(args, "argv")))
		return cg_error_set(err, CG_E_USAGE, "run: -- QEMU ARGUMENT...");
	h.context = context;
	h.who = "run";
	h.words = json_incref(json_object_get(args, "argv"));
	h.name = cg_json_text(args, "name");
	h.accel = cg_json_text(args, "accel");
	if (read_allowed(&h, args, err) < 0 || read_contract(&h, args, err) < 0 ||
	    cg_held_judge(&h, err) < 0)
		return -1;
	if (cg_held_may_start(&h) && start(&h, &end, err) < 0)
		return -1;
	*reply = cg_held_json(&h);
	if (h.started && cg_held_is_open(&h))
		json_object_set_new(*reply, "end", cg_held_end_json(&end));
	return 0;
}

const struct cg_command cg_command_run_guest = { "run", arguments, run, CG_COMMAND_OWN };

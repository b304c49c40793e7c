// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate pin: the same guest on every QEMU that accepts it, with the machine type by its own
 * name and the CPU spelled out.
 */
#include "gate/words.h"
#include "lib/command.h"
#include "lib/spelled.h"

static const char *const arguments[] = {
	"argv", "accel", "record", "short", "both", NULL
};

static json_t *notes_of(const struct cg_launch *launch, const struct cg_spelled *spelled)
{
	const struct cg_prediction *p = &launch->prediction;
	json_t *notes = cg_launch_doubts(launch);

	if (spelled->host_bound)
		json_array_append_new(
			notes,
			json_sprintf("%s is another CPU on another host, and a newer "
				     "QEMU may add features that this one doesn't know",
				     p->text));
	if (!cg_featureset_is_empty(&p->removed))
		json_array_append_new(
			notes, json_string("what can't be had here is switched off: the "
					   "guest wouldn't get it anyway"));
	if (p->why)
		json_array_append_new(notes,
				      json_string("QEMU doesn't start with it here"));
	return notes;
}

static json_t *form_of(const struct cg_launch *launch, const char *cpu)
{
	const char *machine = cg_json_text(launch->machine, "name");
	json_t *words = cg_words_replace(launch->words, &launch->arguments, machine, cpu);
	cg_auto_free char *line = words ? cg_words_quote(words) : NULL;

	return json_pack("{s:s, s:s, s:o}", "cpu", cpu, "command", line ? line : "",
			 "argv", words);
}

static json_t *describe(const struct cg_launch *launch, const struct cg_spelled *spelled)
{
	const struct cg_question *q = &launch->question;

	return json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s}", "emulator",
			 cg_question_emulator(q), "machine", q->machine, "accel",
			 q->accel, "model", spelled->model, "removed",
			 cg_vocabulary_list(q->emulator->vocabulary,
					    &launch->prediction.removed),
			 "short", form_of(launch, spelled->brief), "long",
			 form_of(launch, spelled->full), "notes",
			 notes_of(launch, spelled), "from", cg_question_source(q));
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_spelled struct cg_spelled spelled = { 0 };
	cg_auto_launch struct cg_launch launch = { 0 };

	if (!json_array_size(json_object_get(args, "argv")))
		return cg_error_set(err, CG_E_USAGE, "pin: -- QEMU ARGUMENT...");
	if (cg_launch_read(&launch, args, err) < 0 ||
	    cg_launch_open(&launch, context, args, err) < 0 ||
	    cg_launch_predict(&launch, err) < 0 ||
	    cg_spelled_make(&spelled, &launch, err) < 0)
		return -1;
	*reply = describe(&launch, &spelled);
	return 0;
}

const struct cg_command cg_command_pin = { "pin", arguments, run,
					   CG_COMMAND_READS | CG_COMMAND_QUICK };

// SPDX-License-Identifier: LGPL-2.1-or-later
/* What an answer about models is about: the emulator, machine type, accelerator and host. */
#include <string.h>

#include "lib/command.h"
#include "lib/question.h"

static const char *const arguments[] = { "emulator", "machine", "accel", "record", NULL };

static int answer_about(const struct cg_question *q, const char *kernel, json_t **reply,
			struct cg_error *err)
{
	size_t models, complete;
	const char *honesty;
	bool contradicted;

	if (cg_facts_contradicted(q->facts, q->accel, q->machine, &contradicted, err) <
		    0 ||
	    cg_facts_tally(q->facts, q->accel, q->machine, &models, &complete, err) < 0)
		return -1;
	honesty = models ? cg_question_honesty(q, contradicted) : "none";
	*reply = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:b}", "emulator",
			   cg_question_emulator(q), "machine", q->machine, "accel",
			   q->accel, "kernel", kernel, "honesty", honesty, "from",
			   cg_question_source(q), "enforced", cg_question_is_enforced(q));
	if (q->record)
		json_object_set_new(*reply, "host",
				    json_string(cg_record_name(q->record)));
	if (strcmp(q->accel, "kvm") == 0 && q->host)
		json_object_set_new(*reply, "kvm-backend",
				    json_string(cg_host_kvm_backend(q->host)));
	return 0;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	cg_auto_question struct cg_question q = { 0 };
	const char *kernel = "";

	if (cg_question_open(&q, context, args, err) < 0 ||
	    cg_question_ensure_unread(&q, err) < 0)
		return -1;
	if (q.host)
		kernel = cg_host_kernel(q.host);
	else if (!q.record && cg_context_kernel(context, &kernel, err) < 0)
		return -1;
	return answer_about(&q, kernel, reply, err);
}

const struct cg_command cg_command_about = {
	"about", arguments, run, CG_COMMAND_READS | CG_COMMAND_QUICK | CG_COMMAND_PURE
};

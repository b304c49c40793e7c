// SPDX-License-Identifier: LGPL-2.1-or-later
/* Copies of what others know. */
#include "lib/undertaking.h"

#include <string.h>
#include <time.h>

#include "gate/platform.h"

/* QEMU says "vendor", the widths and so on; what it doesn't say isn't promised. */
static json_t *scalars_of(const struct cg_guest *guest)
{
	json_t *out = json_object(), *value;
	const char *name;
	uint64_t number;

	cg_json_each(guest->scalars, name, value)
		if (cg_json_uint(value, &number) || json_is_string(value))
			json_object_set(out, name, value);
	return out;
}

static json_t *made_of(const struct cg_question *q, struct cg_context *context,
		       struct cg_error *err)
{
	cg_auto_json json_t *emulator = cg_question_emulator(q);
	bool kvm = strcmp(q->accel, "kvm") == 0;
	const char *kernel;
	json_t *out;

	if (cg_context_kernel(context, &kernel, err) < 0)
		return NULL;
	json_object_del(emulator, "path"); /* of this host alone */
	out = json_pack("{s:I, s:O, s:s*, s:s}", "at", (json_int_t)time(NULL), "emulator",
			emulator, "host", kvm ? cg_host_digest(q->host) : NULL, "kernel",
			kernel);
	if (!out)
		(void)cg_error_set(err, CG_E_SYSTEM, "no memory for a contract");
	return out;
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* NULL if memory is out. */
static json_t *platform_of(const struct cg_undertaking *u, const json_t *features)
{
	json_t *out =
		cg_platform_of_cpu(features, &u->launch->definition, u->guest->accel);

	if (!out || !u->behind_tap || cg_platform_add_tap(out, u->tap))
		return out;
	json_decref(out);
	return NULL;
}

/* Everything but what it was made by; false if memory is out. */
static bool fill(struct cg_contract *c, const struct cg_undertaking *u)
{
	const struct cg_question *q = &u->launch->question;
	const struct cg_arguments *a = &u->launch->arguments;

	c->name = copy(u->name);
	c->uuid = copy(a->uuid);
	c->target = copy(cg_json_text(u->guest->about, "target"));
	c->machine = copy(u->guest->machine);
	c->accel = copy(u->guest->accel);
	c->definition = copy(u->definition);
	c->cpu = copy(u->cpu);
	c->features = cg_vocabulary_list(q->emulator->vocabulary, &u->features);
	c->scalars = scalars_of(u->guest);
	c->topology = a->topology;
	c->allowed = u->allowed ? json_deep_copy(u->allowed) : json_array();
	c->platform = platform_of(u, c->features);
	return (c->name || !u->name) && (c->uuid || !a->uuid) && c->target &&
	       c->machine && c->accel && c->definition && c->cpu && c->features &&
	       c->scalars && c->allowed && c->platform;
}

int cg_undertaking_write(struct cg_contract *out, const struct cg_undertaking *u,
			 struct cg_context *context, struct cg_error *err)
{
	cg_auto_contract struct cg_contract contract = { 0 };

	if (!fill(&contract, u))
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a contract");
	contract.made = made_of(&u->launch->question, context, err);
	if (!contract.made)
		return -1;
	*out = contract;
	contract = (struct cg_contract){ 0 };
	return 0;
}

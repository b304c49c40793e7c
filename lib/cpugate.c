// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The public face of the command table: text and plain structs outside, trees inside. The
 * four typed questions are commands, too, and read their answers out of the replies.
 */
#include "lib/cpugate.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/reply.h"
#include "cpumodels/compare.h"
#include "host/watch.h"
#include "lib/command.h"
#include "lib/remote.h"

#define ARGUMENTS_BYTES (16 << 20)

struct cpugate_context {
	struct cg_context *inside; /* or NULL, */
	struct cg_remote *remote;  /* and a cpugated */
	int64_t checked; /* when the host was; 0: not since it may have changed */
	struct cpugate_reply *last; /* of a typed question */
};

static const int codes[] = {
	[CG_E_NONE] = CPUGATE_OK,
	[CG_E_USAGE] = CPUGATE_USAGE,
	[CG_E_UNKNOWN] = CPUGATE_UNKNOWN,
	[CG_E_SYSTEM] = CPUGATE_SYSTEM,
	[CG_E_TIMEOUT] = CPUGATE_TIMEOUT,
	[CG_E_CANCELLED] = CPUGATE_CANCELLED,
	[CG_E_LIMIT] = CPUGATE_LIMIT,
	[CG_E_PARSE] = CPUGATE_PARSE,
	[CG_E_PROTOCOL] = CPUGATE_PROTOCOL,
	[CG_E_REFUSED] = CPUGATE_REFUSED,
	[CG_E_DIED] = CPUGATE_DIED,
	[CG_E_CORRUPT] = CPUGATE_CORRUPT,
	[CG_E_NEWER] = CPUGATE_NEWER,
	[CG_E_UNDECIDED] = CPUGATE_UNDECIDED,
	[CG_E_UNMEASURED] = CPUGATE_UNMEASURED,
};

/* Fill @out, which may be NULL; returns -1. */
static int fail(struct cpugate_error *out, const struct cg_error *err)
{
	if (!out)
		return -1;
	out->code = err->code < CG_COUNT(codes) ? codes[err->code] : CPUGATE_SYSTEM;
	out->system_errno = err->sys_errno;
	snprintf(out->message, sizeof(out->message), "%s", err->msg);
	return -1;
}

static int fail_because(struct cpugate_error *out, enum cg_errc code, const char *why)
{
	struct cg_error err;

	(void)cg_error_set(&err, code, "%s", why);
	return fail(out, &err);
}

const char *cpugate_code_name(int code)
{
	for (size_t i = 0; i < CG_COUNT(codes); i++)
		if (codes[i] == code)
			return cg_errc_name((enum cg_errc)i);
	return "unknown code";
}

const char *cpugate_version(void)
{
	return PACKAGE_VERSION;
}

int cpugate_open(struct cpugate_context **out, const struct cpugate_options *options,
		 struct cpugate_error *error)
{
	static const struct cpugate_options defaults = CPUGATE_OPTIONS;
	const struct cpugate_options *o = options ? options : &defaults;
	struct cg_context_options inside = { .progress = o->progress,
					     .progress_data = o->progress_data,
					     .cache_path = o->cache_path,
					     .state_path = o->state_path,
					     .cancel_fd = o->cancel_fd,
					     .host_root = o->host_root,
					     .at_once = o->at_once };
	struct cpugate_context *context;
	struct cg_error err;

	if (o->size != sizeof(*o))
		return fail_because(error, CG_E_USAGE,
				    "options of another version of libcpugate");
	context = calloc(1, sizeof(*context));
	if (!context)
		return fail_because(error, CG_E_SYSTEM, "out of memory");
	if ((o->socket ? cg_remote_open(&context->remote, o, &err)
		       : cg_context_new(&context->inside, &inside, &err)) < 0) {
		free(context);
		return fail(error, &err);
	}
	*out = context;
	return 0;
}

void cpugate_refresh(struct cpugate_context *context)
{
	context->checked = 0;
}

void cpugate_close(struct cpugate_context *context)
{
	if (!context)
		return;
	cg_reply_free(context->last);
	cg_context_free(context->inside);
	cg_remote_close(context->remote);
	free(context);
}

const char *cpugate_warning(struct cpugate_context *context, size_t index)
{
	const json_t *warnings = context->remote ? cg_remote_warnings(context->remote)
						 : cg_context_warnings(context->inside);

	return json_string_value(json_array_get(warnings, index));
}

const char *cpugate_reply_text(struct cpugate_reply *reply)
{
	return cg_reply_text(reply);
}

void cpugate_reply_free(struct cpugate_reply *reply)
{
	cg_reply_free(reply);
}

/* Nothing of the last question is believed that may have changed since. */
static int check(struct cpugate_context *context, struct cg_error *err)
{
	int64_t now = cg_clock_now();
	bool changed;

	if (context->remote) /* it does so itself */
		return 0;
	if (cg_context_refresh(context->inside, err) < 0)
		return -1;
	if (context->checked && now - context->checked <= CG_WATCH_TRUST)
		return 0;
	if (cg_context_check_host(context->inside, &changed, err) < 0)
		return -1;
	context->checked = now;
	return 0;
}

/* Every question comes through here. The caller frees *@out. */
static int ask(struct cpugate_context *context, const char *command, const json_t *args,
	       struct cpugate_reply **out, struct cpugate_error *error)
{
	struct cpugate_reply *reply;
	json_t *json = NULL;
	struct cg_error err;

	if (check(context, &err) < 0 ||
	    (context->remote
		     ? cg_remote_ask(context->remote, command, args, &json, &err)
		     : cg_command_run(context->inside, command, args, &json, &err)) < 0)
		return fail(error, &err);
	reply = cg_reply_new(json);
	if (!reply)
		return fail_because(error, CG_E_SYSTEM, "out of memory");
	*out = reply;
	return 0;
}

int cpugate_execute(struct cpugate_context *context, const char *command,
		    const char *arguments, struct cpugate_reply **reply,
		    struct cpugate_error *error)
{
	const char *text = arguments ? arguments : "{}";
	cg_auto_json json_t *args = NULL;
	struct cg_error err;

	if (cg_json_parse(&args, text, strlen(text), ARGUMENTS_BYTES, &err) < 0) {
		(void)cg_error_prefix(&err, "%s: arguments", command);
		return fail(error, &err);
	}
	if (!json_is_object(args))
		return fail_because(error, CG_E_USAGE, "arguments are no JSON object");
	return ask(context, command, args, reply, error);
}

const char *cpugate_last_reply(struct cpugate_context *context)
{
	return context->last ? cg_reply_text(context->last) : NULL;
}

/* The arguments of a typed question: NULL if one isn't UTF-8, or memory is out. */
static json_t *common(const struct cpugate_about *about)
{
	if (!about)
		return json_object();
	return json_pack("{s:s*, s:s*, s:s*, s:s*}", "emulator", about->emulator,
			 "machine", about->machine, "accel", about->accel, "record",
			 about->record);
}

/* Ask with @args and the question's @own, which are both consumed. */
static int ask_typed(struct cpugate_context *context, const char *command, json_t *args,
		     json_t *own, struct cpugate_error *error)
{
	cg_auto_json json_t *all = args, *more = own;

	context->last = cg_reply_free(context->last);
	if (!all || !more || json_object_update(all, more) < 0)
		return fail_because(error, CG_E_USAGE, "an argument isn't UTF-8");
	return ask(context, command, all, &context->last, error);
}

static json_t *last(const struct cpugate_context *context, const char *member)
{
	return json_object_get(context->last->json, member);
}

int cpugate_usable(struct cpugate_context *context, const struct cpugate_about *about,
		   const char *definition, enum cpugate_answer *answer,
		   struct cpugate_error *error)
{
	if (ask_typed(context, "expand", common(about),
		      json_pack("{s:s}", "definition", definition), error) < 0)
		return -1;
	if (json_is_boolean(last(context, "usable")))
		*answer = json_is_true(last(context, "usable")) ? CPUGATE_YES
								: CPUGATE_NO;
	else
		*answer = CPUGATE_CANNOT_DECIDE;
	return 0;
}

int cpugate_compare(struct cpugate_context *context, const struct cpugate_about *about,
		    const char *first, const char *second, enum cpugate_order *order,
		    struct cpugate_error *error)
{
	static const enum cpugate_order orders[] = { [CG_IDENTICAL] = CPUGATE_IDENTICAL,
						     [CG_SUPERSET] = CPUGATE_SUPERSET,
						     [CG_SUBSET] = CPUGATE_SUBSET };
	const char *result;

	if (ask_typed(context, "compare", common(about),
		      json_pack("{s:s, s:s}", "a", first, "b", second), error) < 0)
		return -1;
	result = json_string_value(last(context, "result"));
	*order = CPUGATE_INCOMPATIBLE;
	for (size_t i = 0; i < CG_COUNT(orders); i++)
		if (strcmp(result, cg_order_word((enum cg_order)i)) == 0)
			*order = orders[i];
	return 0;
}

/* {"records": [...]}; NULL if one isn't UTF-8, or memory is out. */
static json_t *list_records(const char *const *records, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, json_string(records[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return json_pack("{s:o}", "records", list);
}

int cpugate_baseline(struct cpugate_context *context, const struct cpugate_about *about,
		     const char *const *records, size_t count, char **definition,
		     struct cpugate_error *error)
{
	const char *found;
	char *copy = NULL;

	if (ask_typed(context, "baseline", common(about), list_records(records, count),
		      error) < 0)
		return -1;
	found = json_string_value(last(context, "definition"));
	if (found && !(copy = strdup(found)))
		return fail_because(error, CG_E_SYSTEM, "out of memory");
	*definition = copy;
	return 0;
}

int cpugate_verdict(struct cpugate_context *context, const struct cpugate_about *about,
		    const char *guest, const char *record, enum cpugate_answer *answer,
		    struct cpugate_error *error)
{
	const char *verdict;

	if (ask_typed(context, "hosts-for", common(about),
		      json_pack("{s:s, s:[s]}", "guest", guest, "records", record),
		      error) < 0)
		return -1;
	verdict = json_string_value(last(context, "verdict"));
	*answer = strcmp(verdict, "yes") == 0  ? CPUGATE_YES
		  : strcmp(verdict, "no") == 0 ? CPUGATE_NO
					       : CPUGATE_CANNOT_DECIDE;
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* The tables, and what QEMU's commands look like from inside. */
#include "daemon/methods.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "cpumodels/definition.h"
#include "daemon/protocol.h"

/* Arguments: "host" is what QEMU's users would call a record of another one. */

#define EXTRA "emulator", "machine", "accel", "record", "host"

static const char *const no_arguments[] = { NULL };
static const char *const about_arguments[] = { EXTRA, NULL };
static const char *const machines_arguments[] = { "emulator", "accel", "record", "host",
						  NULL };
static const char *const expansion_arguments[] = { "type", "model", EXTRA, NULL };
static const char *const pair_arguments[] = { "modela", "modelb", EXTRA, NULL };
static const char *const enable_arguments[] = { "enable", NULL };
static const char *const file_arguments[] = { "text", NULL };
static const char *const page_arguments[] = { "cursor", NULL };

static json_t *take_common(const json_t *args, struct cg_error *err)
{
	static const char *const same[] = { "emulator", "machine", "accel", "record",
					    "type" };
	const json_t *host = json_object_get(args, "host");
	json_t *out = json_object();

	for (size_t i = 0; i < CG_COUNT(same); i++)
		if (json_object_get(args, same[i]))
			json_object_set(out, same[i], json_object_get(args, same[i]));
	if (host && json_object_get(args, "record")) {
		json_decref(out);
		(void)cg_error_set(err, CG_E_USAGE, "host or record, not both");
		return NULL;
	}
	if (host)
		json_object_set(out, "record", cg_json_mutable(host));
	return out;
}

/* CpuModelInfo. */

/* A comma would begin another property. */
static bool is_name(const char *text)
{
	return text && *text && !strpbrk(text, ",= \t\r\n");
}

static int put_value(struct cg_buffer *out, const char *name, const json_t *value,
		     struct cg_error *err)
{
	const char *text = json_string_value(value);
	uint64_t number;

	if (json_is_boolean(value))
		return cg_buffer_printf(out, err, ",%s=%s", name,
					json_is_true(value) ? "on" : "off");
	if (cg_json_uint(value, &number))
		return cg_buffer_printf(out, err, ",%s=%" PRIu64, name, number);
	if (json_is_integer(value))
		return cg_buffer_printf(out, err, ",%s=%" JSON_INTEGER_FORMAT, name,
					json_integer_value(value));
	if (!text || strchr(text, ','))
		return cg_error_set(err, CG_E_USAGE,
				    "property %s: true, false, a number or a text without "
				    "commas",
				    name);
	return cg_buffer_printf(out, err, ",%s=%s", name, text);
}

/* { "name", "props" } as -cpu takes it. */
static json_t *definition_of(const json_t *model, const char *argument,
			     struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_DEFINITION_TEXT);
	const char *name = cg_json_text(model, "name"), *property;
	const json_t *props = json_object_get(model, "props");
	json_t *value;

	if (!is_name(name) || (props && !json_is_object(props))) {
		(void)cg_error_set(err, CG_E_USAGE,
				   "%s isn't a CPU model: { \"name\", \"props\" }",
				   argument);
		return NULL;
	}
	if (cg_buffer_printf(&text, err, "%s", name) < 0)
		return NULL;
	cg_json_each(props, property, value) {
		if (!is_name(property)) {
			(void)cg_error_set(err, CG_E_USAGE, "%s: no property %s",
					   argument, property);
			return NULL;
		}
		if (put_value(&text, property, value, err) < 0)
			return NULL;
	}
	return json_stringn(text.data, text.len);
}

static int put_model(json_t *out, const char *name, const json_t *args,
		     const char *argument, struct cg_error *err)
{
	json_t *text = definition_of(json_object_get(args, argument), argument, err);

	return text ? json_object_set_new(out, name, text) : -1;
}

static json_t *prepare_expansion(const json_t *args, struct cg_error *err)
{
	cg_auto_json json_t *out = take_common(args, err);

	if (!out || put_model(out, "definition", args, "model", err) < 0)
		return NULL;
	return cg_take(out);
}

static json_t *prepare_pair(const json_t *args, struct cg_error *err)
{
	cg_auto_json json_t *out = take_common(args, err);

	if (!out || put_model(out, "a", args, "modela", err) < 0 ||
	    put_model(out, "b", args, "modelb", err) < 0)
		return NULL;
	return cg_take(out);
}

/* Shapes. */

/* CpuDefinitionInfo doesn't say "usable": there it is that nothing is unavailable. */
static json_t *shape_definitions(const json_t *reply, const json_t *args)
{
	json_t *out = json_array();
	const json_t *model;
	size_t i;

	(void)args;
	json_array_foreach(reply, i, model) {
		json_t *copy = json_copy(cg_json_mutable(model));

		json_object_del(copy, "usable");
		json_array_append_new(out, copy);
	}
	return out;
}

static json_t *shape_comparison(const json_t *reply, const json_t *args)
{
	(void)args;
	return json_pack("{s:O, s:O}", "result", json_object_get(reply, "result"),
			 "responsible-properties",
			 json_object_get(reply, "responsible-properties"));
}

static json_t *shape_version(const json_t *reply, const json_t *args)
{
	const json_t *emulator = json_object_get(reply, "emulator");

	(void)args;
	return cg_message_version(cg_json_text(emulator, "version"),
				  cg_json_text(emulator, "package"));
}

static json_t *shape_target(const json_t *reply, const json_t *args)
{
	(void)args;
	return json_pack("{s:O}", "arch",
			 json_object_get(json_object_get(reply, "emulator"), "target"));
}

/* Where no accelerator is named, KVM is the answer if this emulator can have it here. */
static json_t *shape_kvm(const json_t *reply, const json_t *args)
{
	bool kvm = strcmp(cg_json_text(reply, "accel"), "kvm") == 0;

	(void)args;
	return json_pack("{s:b, s:b}", "enabled", kvm, "present", kvm);
}

/* Tables. */

static const struct cg_method methods[] = {
	{ "qmp_capabilities", CG_METHOD_CAPABILITIES, NULL, enable_arguments, "object",
	  NULL, NULL },
	{ "query-version", CG_METHOD_VERSION, &cg_command_about, about_arguments,
	  "VersionInfo", take_common, shape_version },
	{ "query-commands", CG_METHOD_COMMANDS, NULL, no_arguments, "[CommandInfo]", NULL,
	  NULL },
	{ "query-qmp-schema", CG_METHOD_SCHEMA, NULL, no_arguments, "[SchemaInfo]", NULL,
	  NULL },
	{ "query-cpu-definitions", CG_METHOD_OF_TABLE, &cg_command_models,
	  about_arguments, "[CpuDefinitionInfo]", take_common, shape_definitions },
	{ "query-cpu-model-expansion", CG_METHOD_OF_TABLE, &cg_command_model_expansion,
	  expansion_arguments, "CpuModelExpansionInfo", prepare_expansion, NULL },
	{ "query-cpu-model-comparison", CG_METHOD_OF_TABLE, &cg_command_compare,
	  pair_arguments, "CpuModelCompareInfo", prepare_pair, shape_comparison },
	{ "query-cpu-model-baseline", CG_METHOD_OF_TABLE, &cg_command_model_baseline,
	  pair_arguments, "CpuModelBaselineInfo", prepare_pair, NULL },
	{ "query-machines", CG_METHOD_OF_TABLE, &cg_command_machines, machines_arguments,
	  "[MachineInfo]", take_common, NULL },
	{ "query-target", CG_METHOD_OF_TABLE, &cg_command_about, about_arguments,
	  "TargetInfo", take_common, shape_target },
	{ "query-kvm", CG_METHOD_OF_TABLE, &cg_command_about, about_arguments, "KvmInfo",
	  take_common, shape_kvm },
	{ "add-file", CG_METHOD_ADD_FILE, NULL, file_arguments, "FileInfo", NULL, NULL },
	{ "next-page", CG_METHOD_NEXT_PAGE, NULL, page_arguments, "PageInfo", NULL,
	  NULL },
};

static void of_command(const struct cg_command *command, struct cg_method *out)
{
	*out = (struct cg_method){ .name = command->name,
				   .command = command,
				   .arguments = command->arguments };
}

bool cg_method_at(size_t i, struct cg_method *out)
{
	const struct cg_command *command;

	if (i < CG_COUNT(methods)) {
		*out = methods[i];
		return true;
	}
	/* Those that act in the place of whoever asks are no service. */
	for (size_t left = i - CG_COUNT(methods), at = 0; (command = cg_command_at(at));
	     at++)
		if (!(command->flags & CG_COMMAND_OWN) && left-- == 0) {
			of_command(command, out);
			return true;
		}
	return false;
}

bool cg_method_find(const char *name, struct cg_method *out)
{
	const struct cg_command *command;

	for (size_t i = 0; i < CG_COUNT(methods); i++)
		if (strcmp(methods[i].name, name) == 0) {
			*out = methods[i];
			return true;
		}
	command = cg_command_find(name);
	if (!command || command->flags & CG_COMMAND_OWN)
		return false;
	of_command(command, out);
	return true;
}

static bool takes(const struct cg_method *method, const char *argument)
{
	if (method->command && (strcmp(argument, CG_ARGUMENT_FILES) == 0 ||
				strcmp(argument, CG_ARGUMENT_PAGE) == 0))
		return true;
	for (const char *const *a = method->arguments; *a; a++)
		if (strcmp(*a, argument) == 0)
			return true;
	return false;
}

int cg_method_prepare(const struct cg_method *method, const json_t *args, json_t **out,
		      struct cg_error *err)
{
	cg_auto_json json_t *taken = NULL;
	const char *argument;
	json_t *value;

	cg_json_each(args, argument, value)
		if (!takes(method, argument))
			return cg_error_set(
				err, CG_E_USAGE,
				"Parameter '%s' is unexpected: %s doesn't take it",
				argument, method->name);
	taken = args ? json_copy(cg_json_mutable(args)) : json_object();
	json_object_del(taken, CG_ARGUMENT_FILES);
	json_object_del(taken, CG_ARGUMENT_PAGE);
	*out = method->prepare ? method->prepare(taken, err) : json_incref(taken);
	return *out ? 0 : -1;
}

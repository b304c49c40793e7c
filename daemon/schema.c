// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The schema is made from the tables of methods and commands, so it can't forget any. Types of QEMU's
 * replies are as QEMU has them, as far as our answers have their members; those of our own are "any": the manual
 * has them.
 */
#include "daemon/schema.h"

#include <stdio.h>
#include <string.h>

#include "daemon/methods.h"
#include "lib/remote.h"

struct member {
	const char *name, *type; /* "?": it may be missing; "[T]": a list of T */
};

#define MEMBERS 12
struct type {
	const char *name;
	struct member members[MEMBERS];
};

static const struct type types[] = {
	{ "object", { { NULL, NULL } } },
	{ "VersionTriple",
	  { { "major", "int" }, { "minor", "int" }, { "micro", "int" } } },
	{ "VersionInfo", { { "qemu", "VersionTriple" }, { "package", "str" } } },
	{ "CommandInfo", { { "name", "str" } } },
	{ "CpuModelInfo", { { "name", "str" }, { "props", "any?" } } },
	{ "CpuDefinitionInfo",
	  { { "name", "str" },
	    { "migration-safe", "bool?" },
	    { "static", "bool" },
	    { "unavailable-features", "[str]?" },
	    { "typename", "str" },
	    { "alias-of", "str?" },
	    { "deprecated", "bool" } } },
	{ "CpuModelExpansionInfo", { { "model", "CpuModelInfo" } } },
	{ "CpuModelBaselineInfo", { { "model", "CpuModelInfo" } } },
	{ "CpuModelCompareInfo",
	  { { "result", "CpuModelCompareResult" },
	    { "responsible-properties", "[str]" } } },
	{ "MachineInfo",
	  { { "name", "str" },
	    { "alias", "str?" },
	    { "is-default", "bool?" },
	    { "cpu-max", "int" },
	    { "hotpluggable-cpus", "bool" },
	    { "numa-mem-supported", "bool" },
	    { "deprecated", "bool" },
	    { "default-cpu-type", "str?" },
	    { "default-ram-id", "str?" } } },
	{ "TargetInfo", { { "arch", "str" } } },
	{ "KvmInfo", { { "enabled", "bool" }, { "present", "bool" } } },
	{ "FileInfo", { { "digest", "str" } } },
	{ "PageInfo", { { "page", "str" }, { "next", "str?" } } },
	{ "SchemaInfo", { { "name", "str" }, { "meta-type", "str" } } },
	{ "CapabilitiesChanged",
	  { { "cause", "str" },
	    { "changed", "any" },
	    { "emulator", "str?" },
	    { "machine", "str?" },
	    { "accel", "str?" },
	    { "models", "any?" },
	    { "features", "any?" } } },
	{ "ProbeProgress", { { "done", "int" }, { "total", "int" }, { "what", "str" } } },
	{ "Warning", { { "warning", "str" } } },
};

static const struct {
	const char *name, *values[5];
} enums[] = {
	{ "CpuModelCompareResult",
	  { "incompatible", "identical", "superset", "subset", NULL } },
	{ "CpuModelExpansionType", { "static", "full", NULL } },
};

static const char *const builtins[][2] = {
	{ "str", "string" },
	{ "int", "int" },
	{ "bool", "boolean" },
	{ "any", "value" },
};

static const struct {
	const char *name, *type;
} events[] = { { "CAPABILITIES_CHANGED", "CapabilitiesChanged" },
	       { CG_EVENT_PROGRESS, "ProbeProgress" },
	       { CG_EVENT_WARNING, "Warning" } };

/* "[T]" is an entry of its own, put when it is first met. */
static void need_list(json_t *out, json_t *seen, const char *type)
{
	char element[64];

	if (*type != '[' || json_object_get(seen, type))
		return;
	json_object_set_new(seen, type, json_true());
	snprintf(element, sizeof(element), "%.*s", (int)strlen(type) - 2, type + 1);
	json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "name", type, "meta-type",
					     "array", "element-type", element));
}

static void add_member(json_t *out, json_t *seen, json_t *members, const char *name,
		       const char *type, bool optional)
{
	json_t *member = json_pack("{s:s, s:s}", "name", name, "type", type);

	if (optional)
		json_object_set_new(member, "default", json_null());
	json_array_append_new(members, member);
	need_list(out, seen, type);
}

static void add_type(json_t *out, json_t *seen, const struct type *type)
{
	json_t *members = json_array();

	for (const struct member *m = type->members;
	     m < type->members + MEMBERS && m->name; m++) {
		size_t len = strcspn(m->type, "?");
		char plain[64];

		snprintf(plain, sizeof(plain), "%.*s", (int)len, m->type);
		add_member(out, seen, members, m->name, plain, m->type[len] == '?');
	}
	json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "name", type->name,
					     "meta-type", "object", "members", members));
}

/* Of QEMU's commands and the server's own, whose arguments aren't the table's. */
static const char *type_of(const char *argument, bool *needed)
{
	static const struct {
		const char *name, *type;
	} own[] = { { "model", "CpuModelInfo" },  { "modela", "CpuModelInfo" },
		    { "modelb", "CpuModelInfo" }, { "type", "CpuModelExpansionType" },
		    { "cursor", "str" },          { "text", "str" } };
	static const char *const kinds[] = { [CG_ARGUMENT_ANY] = "any",
					     [CG_ARGUMENT_TEXT] = "str",
					     [CG_ARGUMENT_LIST] = "[str]",
					     [CG_ARGUMENT_NUMBER] = "int",
					     [CG_ARGUMENT_FLAG] = "bool" };

	*needed = true;
	for (size_t i = 0; i < CG_COUNT(own); i++)
		if (strcmp(own[i].name, argument) == 0)
			return own[i].type;
	*needed = false;
	if (strcmp(argument, "host") == 0)
		return "str";
	if (strcmp(argument, "enable") == 0)
		return "[str]";
	return kinds[cg_argument_kind(argument)];
}

static void add_method(json_t *out, json_t *seen, const struct cg_method *method)
{
	json_t *members = json_array();
	char name[96];
	bool needed;

	for (const char *const *a = method->arguments; *a; a++) {
		const char *type = type_of(*a, &needed);

		add_member(out, seen, members, *a, type, !needed);
	}
	if (method->command) {
		add_member(out, seen, members, CG_ARGUMENT_FILES, "any", true);
		add_member(out, seen, members, CG_ARGUMENT_PAGE, "int", true);
	}
	snprintf(name, sizeof(name), "%s-arg", method->name);
	json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "name", name, "meta-type",
					     "object", "members", members));
	if (method->returns)
		need_list(out, seen, method->returns);
	json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name",
					     method->name, "meta-type", "command",
					     "arg-type", name, "ret-type",
					     method->returns ? method->returns : "any",
					     "allow-oob", 0));
}

static void add_enums(json_t *out)
{
	for (size_t i = 0; i < CG_COUNT(enums); i++) {
		json_t *values = json_array(), *members = json_array();

		for (const char *const *v = enums[i].values; *v; v++) {
			json_array_append_new(values, json_string(*v));
			json_array_append_new(members, json_pack("{s:s}", "name", *v));
		}
		json_array_append_new(out,
				      json_pack("{s:s, s:s, s:o, s:o}", "name",
						enums[i].name, "meta-type", "enum",
						"values", values, "members", members));
	}
}

json_t *cg_schema(void)
{
	cg_auto_json json_t *seen = json_object();
	json_t *out = json_array();
	struct cg_method method;

	for (size_t i = 0; i < CG_COUNT(builtins); i++)
		json_array_append_new(out,
				      json_pack("{s:s, s:s, s:s}", "name", builtins[i][0],
						"meta-type", "builtin", "json-type",
						builtins[i][1]));
	for (size_t i = 0; i < CG_COUNT(types); i++)
		add_type(out, seen, &types[i]);
	add_enums(out);
	for (size_t i = 0; cg_method_at(i, &method); i++)
		add_method(out, seen, &method);
	for (size_t i = 0; i < CG_COUNT(events); i++)
		json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "name",
						     events[i].name, "meta-type", "event",
						     "arg-type", events[i].type));
	return out;
}

json_t *cg_schema_commands(void)
{
	json_t *out = json_array();
	struct cg_method method;

	for (size_t i = 0; cg_method_at(i, &method); i++)
		json_array_append_new(out, json_pack("{s:s}", "name", method.name));
	return out;
}

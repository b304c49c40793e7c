// SPDX-License-Identifier: LGPL-2.1-or-later
/* Typed queries: the shape of QEMU's replies is checked here and nowhere else. */
#include "emulator/query.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

static int wrong_shape(const char *command, struct cg_error *err)
{
	return cg_error_set(err, CG_E_PROTOCOL, "%s: a reply of the wrong shape",
			    command);
}

static int query_version(struct cg_qmp *qmp, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	cg_auto_free char *clean = NULL;
	int major, minor, micro;
	const char *package;

	if (cg_qmp_call(qmp, "query-version", NULL, &reply, err) < 0)
		return -1;
	if (json_unpack(reply, "{s:{s:i, s:i, s:i}, s:s}", "qemu", "major", &major,
			"minor", &minor, "micro", &micro, "package", &package) < 0)
		return wrong_shape("query-version", err);
	clean = strdup(package);
	if (!clean)
		return cg_error_errno(err, "query-version");
	cg_text_clean(clean); /* anybody's words, for people */
	*out = json_pack("{s:o, s:s}", "version",
			 json_sprintf("%d.%d.%d", major, minor, micro), "package", clean);
	return 0;
}

int cg_query_about(struct cg_qmp *qmp, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *about = NULL, *reply = NULL;
	const char *arch;

	if (query_version(qmp, &about, err) < 0 ||
	    cg_qmp_call(qmp, "query-target", NULL, &reply, err) < 0)
		return -1;
	arch = cg_json_text(reply, "arch");
	if (!arch)
		return wrong_shape("query-target", err);
	json_object_set_new(about, "target", json_string(arch));
	*out = cg_take(about);
	return 0;
}

int cg_query_kvm(struct cg_qmp *qmp, bool *enabled, struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	int present, on;

	if (cg_qmp_call(qmp, "query-kvm", NULL, &reply, err) < 0)
		return -1;
	if (json_unpack(reply, "{s:b, s:b}", "present", &present, "enabled", &on) < 0)
		return wrong_shape("query-kvm", err);
	*enabled = present && on;
	return 0;
}

static bool is_name(const char *text)
{
	if (!text)
		return false;
	while (*text && !iscntrl((unsigned char)*text))
		text++;
	return !*text;
}

/* A list of objects that each have a "name". */
static int query_named_list(struct cg_qmp *qmp, const char *command, json_t **out,
			    struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	const json_t *item;
	size_t i;

	if (cg_qmp_call(qmp, command, NULL, &reply, err) < 0)
		return -1;
	if (!json_is_array(reply))
		return wrong_shape(command, err);
	json_array_foreach(reply, i, item)
		if (!is_name(cg_json_text(item, "name")))
			return wrong_shape(command, err);
	*out = cg_take(reply);
	return 0;
}

/* A member that is a text; *out stays NULL if there is none. */
static int query_text(struct cg_qmp *qmp, const char *command, const char *member,
		      char **out, struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	const char *text;

	if (cg_qmp_call(qmp, command, NULL, &reply, err) < 0)
		return -1;
	text = cg_json_text(reply, member);
	if (!json_is_object(reply) || (json_object_get(reply, member) && !text))
		return wrong_shape(command, err);
	*out = text && *text ? strdup(text) : NULL;
	return text && *text && !*out ? cg_error_errno(err, "%s", command) : 0;
}

int cg_query_identity(struct cg_qmp *qmp, char **name, char **uuid, struct cg_error *err)
{
	cg_auto_free char *called = NULL, *id = NULL;

	if (query_text(qmp, "query-name", "name", &called, err) < 0 ||
	    query_text(qmp, "query-uuid", "UUID", &id, err) < 0)
		return -1;
	*name = cg_take(called);
	*uuid = id && strspn(id, "0-") < strlen(id) ? cg_take(id) : NULL;
	return 0;
}

int cg_query_machines(struct cg_qmp *qmp, json_t **out, struct cg_error *err)
{
	return query_named_list(qmp, "query-machines", out, err);
}

int cg_query_definitions(struct cg_qmp *qmp, json_t **out, struct cg_error *err)
{
	int ret = query_named_list(qmp, "query-cpu-definitions", out, err);

	if (ret < 0 && err->code == CG_E_UNKNOWN) {
		*out = json_array();
		return 0;
	}
	return ret;
}

int cg_query_machine(struct cg_qmp *qmp, char **out, struct cg_error *err)
{
	static const char suffix[] = "-machine";
	cg_auto_json json_t *type = NULL;
	const char *name;
	size_t len;

	if (cg_query_property(qmp, "/machine", "type", &type, err) < 0)
		return -1;
	name = json_string_value(type);
	if (!name)
		return wrong_shape("qom-get /machine type", err);
	len = strlen(name);
	if (len > strlen(suffix) && strcmp(name + len - strlen(suffix), suffix) == 0)
		len -= strlen(suffix);
	*out = strndup(name, len);
	return *out ? 0 : cg_error_errno(err, "machine type");
}

int cg_query_send_expansion(struct cg_qmp *qmp, const char *type, const char *model,
			    json_t *props, struct cg_error *err)
{
	json_t *args = json_pack("{s:s, s:{s:s, s:o*}}", "type", type, "model", "name",
				 model, "props", props);

	if (!args)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for an expansion");
	return cg_qmp_send(qmp, "query-cpu-model-expansion", args, err);
}

int cg_query_receive_expansion(struct cg_qmp *qmp, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	json_t *model, *props;

	if (cg_qmp_receive(qmp, &reply, err) < 0)
		return cg_error_prefix(err, "query-cpu-model-expansion");
	model = json_object_get(reply, "model");
	props = json_object_get(model, "props");
	if (!json_is_object(model) || (props && !json_is_object(props)))
		return wrong_shape("query-cpu-model-expansion", err);
	*out = props ? json_incref(props) : json_object(); /* QAPI has it optional */
	return 0;
}

int cg_query_expansion(struct cg_qmp *qmp, const char *type, const char *model,
		       json_t *props, json_t **out, struct cg_error *err)
{
	if (cg_query_send_expansion(qmp, type, model, props, err) < 0)
		return -1;
	return cg_query_receive_expansion(qmp, out, err);
}

int cg_query_cpus(struct cg_qmp *qmp, json_t **out, struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL, *paths = json_array();
	const json_t *cpu;
	size_t i;

	if (cg_qmp_call(qmp, "query-cpus-fast", NULL, &reply, err) < 0)
		return -1;
	json_array_foreach(reply, i, cpu) {
		const char *path = cg_json_text(cpu, "qom-path");

		if (!path)
			return wrong_shape("query-cpus-fast", err);
		json_array_append_new(paths, json_string(path));
	}
	*out = cg_take(paths);
	return 0;
}

static json_t *property_args(const char *path, const char *property)
{
	return json_pack("{s:s, s:s}", "path", path, "property", property);
}

int cg_query_property(struct cg_qmp *qmp, const char *path, const char *property,
		      json_t **out, struct cg_error *err)
{
	return cg_qmp_call(qmp, "qom-get", property_args(path, property), out, err);
}

int cg_query_properties(struct cg_qmp *qmp, const char *path,
			const char *const *properties, size_t count, json_t **out,
			struct cg_error *err)
{
	cg_auto_json json_t *all = json_object();

	for (size_t i = 0; i < count; i++)
		if (cg_qmp_send(qmp, "qom-get", property_args(path, properties[i]), err) <
		    0)
			return -1;
	for (size_t i = 0; i < count; i++) {
		cg_auto_json json_t *value = NULL;

		if (cg_qmp_receive(qmp, &value, err) == 0)
			json_object_set(all, properties[i], value);
		else if (err->code != CG_E_REFUSED && err->code != CG_E_UNKNOWN)
			return -1;
	}
	*out = cg_take(all);
	return 0;
}

int cg_query_status(struct cg_qmp *qmp, char **status, bool *runs, struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	const char *word;
	int running;

	if (cg_qmp_call(qmp, "query-status", NULL, &reply, err) < 0)
		return -1;
	word = cg_json_text(reply, "status");
	if (!word || json_unpack(reply, "{s:b}", "running", &running) < 0)
		return wrong_shape("query-status", err);
	*status = strdup(word);
	if (!*status)
		return cg_error_errno(err, "query-status");
	*runs = running;
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A contract is believed by who starts or moves a guest, and anybody may have written the
 * file: nothing of it is used before all of it has been checked.
 */
#include "gate/contract.h"

#include <string.h>

#include "base/document.h"
#include "base/text.h"
#include "cpumodels/definition.h"
#include "cpumodels/featureset.h"
#include "cpumodels/spelling.h"

#define WORD_MAX 64   /* a target, a machine type */
#define TEXT_MAX 256  /* a version, a kernel */
#define VENDOR_MAX 12 /* what CPUID has room for */

#define bad(err, ...) cg_error_set(err, CG_E_CORRUPT, __VA_ARGS__)

static const struct cg_member top[] = {
	{ "contract", JSON_INTEGER, false },  { "name", JSON_STRING, true },
	{ "uuid", JSON_STRING, true },        { "target", JSON_STRING, false },
	{ "machine", JSON_STRING, false },    { "accel", JSON_STRING, false },
	{ "definition", JSON_STRING, false }, { "cpu", JSON_STRING, false },
	{ "features", JSON_ARRAY, false },    { "scalars", JSON_OBJECT, false },
	{ "topology", JSON_OBJECT, false },   { "allow-missing", JSON_ARRAY, false },
	{ "platform", JSON_ARRAY, false },    { "made", JSON_OBJECT, false },
	{ "digest", JSON_STRING, false },
};

static int check_members(const json_t *object, const char *what,
			 const struct cg_member *members, size_t count,
			 struct cg_error *err)
{
	return cg_document_check_members(object, what, CG_CONTRACT_VERSION, members,
					 count, err);
}

bool cg_contract_is_name(const char *text)
{
	return *text && !strchr(".-", *text) && !strchr(text, '/') &&
	       strlen(text) <= CG_CONTRACT_NAME && cg_text_is_clean(text);
}

bool cg_contract_is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != CG_CONTRACT_UUID)
		return false;
	for (size_t i = 0; i < CG_CONTRACT_UUID; i++)
		if (form[i] == '-' ? text[i] != '-'
				   : !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	return true;
}

/* A text of 1 to @limit bytes. What isn't there is none of ours to miss. */
static int check_text(const json_t *object, const char *name, size_t limit,
		      struct cg_error *err)
{
	const char *text = cg_json_text(object, name);

	if (!json_object_get(object, name))
		return 0;
	if (!text || !*text || strlen(text) > limit)
		return bad(err, "%s isn't a text of 1 to %zu bytes", name, limit);
	return 0;
}

static int check_hex(const json_t *object, const char *name, struct cg_error *err)
{
	const char *text = cg_json_text(object, name);

	if (json_object_get(object, name) &&
	    (!text || strlen(text) != CG_DIGEST_HEX - 1 ||
	     strspn(text, "0123456789abcdef") != CG_DIGEST_HEX - 1))
		return bad(err, "%s isn't a SHA-256 in hexadecimal digits", name);
	return 0;
}

static int check_version(const json_t *json, struct cg_error *err)
{
	const json_t *version = json_object_get(json, "contract");

	if (!json_is_integer(version))
		return cg_error_set(err, CG_E_PARSE, "not a contract of cpugate");
	if (json_integer_value(version) > CG_CONTRACT_VERSION)
		return cg_error_set(
			err, CG_E_NEWER,
			"a contract of version %lld, and this cpugate reads up to %d",
			(long long)json_integer_value(version), CG_CONTRACT_VERSION);
	if (json_integer_value(version) < 1)
		return bad(err, "a contract of version %lld",
			   (long long)json_integer_value(version));
	return 0;
}

static int check_digest(const json_t *json, struct cg_error *err)
{
	const char *digest = cg_json_text(json, "digest");
	char hex[CG_DIGEST_HEX];

	if (!digest)
		return bad(err, "the contract has no digest");
	if (cg_document_digest(json, hex, err) < 0)
		return -1;
	if (strcmp(hex, digest) != 0)
		return bad(err, "the contract is damaged: its digest is another one");
	return 0;
}

static int check_identity(const json_t *json, struct cg_error *err)
{
	const char *name = cg_json_text(json, "name"), *uuid = cg_json_text(json, "uuid");
	const char *accel = cg_json_text(json, "accel");

	if (json_object_get(json, "name") && (!name || !cg_contract_is_name(name)))
		return bad(err, "name isn't one that a contract can have");
	if (json_object_get(json, "uuid") && (!uuid || !cg_contract_is_uuid(uuid)))
		return bad(err, "uuid isn't a UUID");
	if (check_text(json, "target", WORD_MAX, err) < 0 ||
	    check_text(json, "machine", WORD_MAX, err) < 0)
		return -1;
	if (!accel || (strcmp(accel, "kvm") != 0 && strcmp(accel, "tcg") != 0))
		return bad(err, "accel is neither kvm nor tcg");
	return 0;
}

/* What -cpu takes; @name says which of the two. */
static int check_definition(const json_t *json, const char *name, struct cg_error *err)
{
	cg_auto_definition struct cg_definition definition = { 0 };
	const char *text = cg_json_text(json, name);
	struct cg_error why;

	if (!text)
		return bad(err, "%s isn't a text", name);
	if (cg_definition_parse(&definition, text, &why) < 0)
		return bad(err, "%s: %s", name, why.msg);
	return 0;
}

static int check_names(const json_t *json, const char *what, struct cg_error *err)
{
	const json_t *list = json_object_get(json, what), *item;
	const char *before = "";
	size_t i;

	if (json_array_size(list) > CG_FEATURES_MAX)
		return bad(err, "%s has more than %d names", what, CG_FEATURES_MAX);
	json_array_foreach(list, i, item) {
		const char *name = json_string_value(item);

		if (!name || cg_json_is_big(item) || !*name ||
		    strlen(name) >= CG_NAME_MAX || strpbrk(name, " ,=+"))
			return bad(err, "%s %zu isn't the name of a feature", what, i);
		if (strcmp(before, name) >= 0)
			return bad(err, "%s aren't sorted, each once: %s", what, name);
		before = name;
	}
	return 0;
}

static int check_scalars(const json_t *json, struct cg_error *err)
{
	static const struct cg_member members[] = {
		{ "vendor", JSON_STRING, true },
		{ "family", JSON_INTEGER, true },
		{ "model", JSON_INTEGER, true },
		{ "stepping", JSON_INTEGER, true },
		{ "level", JSON_INTEGER, true },
		{ "xlevel", JSON_INTEGER, true },
		{ "phys-bits", JSON_INTEGER, true },
		{ "tsc-frequency", JSON_INTEGER, true },
	};
	const json_t *scalars = json_object_get(json, "scalars"), *value;
	const char *name;

	if (check_members(scalars, "scalars", members, CG_COUNT(members), err) < 0 ||
	    check_text(scalars, "vendor", VENDOR_MAX, err) < 0)
		return -1;
	cg_json_each(scalars, name, value)
		if (json_is_integer(value) && json_integer_value(value) < 0)
			return bad(err, "%s of scalars is negative", name);
	return 0;
}

static int check_platform(const json_t *json, struct cg_error *err)
{
	static const struct cg_member members[] = {
		{ "device", JSON_STRING, false },
		{ "name", JSON_STRING, false },
		{ "depends-on", JSON_STRING, false },
		{ "found", JSON_TRUE, true },
	};
	const json_t *list = json_object_get(json, "platform"), *item;
	size_t i;

	if (json_array_size(list) > CG_CONTRACT_PLATFORM)
		return bad(err, "platform has more than %d entries",
			   CG_CONTRACT_PLATFORM);
	json_array_foreach(list, i, item)
		if (check_members(item, "an entry of platform", members,
				  CG_COUNT(members), err) < 0 ||
		    check_text(item, "device", WORD_MAX, err) < 0 ||
		    check_text(item, "name", WORD_MAX, err) < 0 ||
		    check_text(item, "depends-on", WORD_MAX, err) < 0)
			return cg_error_prefix(err, "platform");
	return 0;
}

/* A package may have no name: QEMU's is empty when it was built by hand. */
static int check_emulator(const json_t *made, const char *target, struct cg_error *err)
{
	static const struct cg_member members[] = {
		{ "version", JSON_STRING, false },
		{ "package", JSON_STRING, false },
		{ "target", JSON_STRING, false },
		{ "sha256", JSON_STRING, false },
	};
	const json_t *emulator = json_object_get(made, "emulator");
	const char *package, *other;

	if (check_members(emulator, "emulator", members, CG_COUNT(members), err) < 0 ||
	    check_text(emulator, "version", TEXT_MAX, err) < 0 ||
	    check_hex(emulator, "sha256", err) < 0)
		return -1;
	package = cg_json_text(emulator, "package");
	other = cg_json_text(emulator, "target");
	if (!package || strlen(package) > TEXT_MAX)
		return bad(err, "package isn't a text of up to %d bytes", TEXT_MAX);
	if (!other || strcmp(other, target) != 0)
		return bad(err, "target isn't that of the contract");
	return 0;
}

static int check_made(const json_t *json, struct cg_error *err)
{
	static const struct cg_member members[] = {
		{ "at", JSON_INTEGER, false },
		{ "emulator", JSON_OBJECT, false },
		{ "host", JSON_STRING, true },
		{ "kernel", JSON_STRING, true },
	};
	const json_t *made = json_object_get(json, "made");

	if (check_members(made, "made", members, CG_COUNT(members), err) < 0 ||
	    check_emulator(made, cg_json_text(json, "target"), err) < 0 ||
	    check_hex(made, "host", err) < 0 ||
	    check_text(made, "kernel", TEXT_MAX, err) < 0)
		return cg_error_prefix(err, "made");
	if (json_integer_value(json_object_get(made, "at")) < 0)
		return bad(err, "made: at is before 1970");
	return 0;
}

static int check(const json_t *json, struct cg_topology *topology, struct cg_error *err)
{
	if (check_version(json, err) < 0 || check_digest(json, err) < 0 ||
	    check_members(json, "the contract", top, CG_COUNT(top), err) < 0 ||
	    cg_document_check_texts(json, err) < 0 || check_identity(json, err) < 0 ||
	    check_definition(json, "definition", err) < 0 ||
	    check_definition(json, "cpu", err) < 0 ||
	    check_names(json, "features", err) < 0 ||
	    check_names(json, "allow-missing", err) < 0 || check_scalars(json, err) < 0 ||
	    check_platform(json, err) < 0 || check_made(json, err) < 0)
		return -1;
	return cg_topology_from_json(topology, json_object_get(json, "topology"), err);
}

static struct {
	const char *name;
	size_t at;
} const texts[] = {
	{ "name", offsetof(struct cg_contract, name) },
	{ "uuid", offsetof(struct cg_contract, uuid) },
	{ "target", offsetof(struct cg_contract, target) },
	{ "machine", offsetof(struct cg_contract, machine) },
	{ "accel", offsetof(struct cg_contract, accel) },
	{ "definition", offsetof(struct cg_contract, definition) },
	{ "cpu", offsetof(struct cg_contract, cpu) },
}, trees[] = {
	{ "features", offsetof(struct cg_contract, features) },
	{ "scalars", offsetof(struct cg_contract, scalars) },
	{ "allow-missing", offsetof(struct cg_contract, allowed) },
	{ "platform", offsetof(struct cg_contract, platform) },
	{ "made", offsetof(struct cg_contract, made) },
};

/* The member of @contract at an offset of the two tables. */
#define member_at(contract, type, offset)                                                \
	(*(type *)(void *)((char *)(uintptr_t)(contract) + (offset)))

int cg_contract_parse(struct cg_contract *out, const json_t *json, struct cg_error *err)
{
	cg_auto_contract struct cg_contract contract = { 0 };

	if (check(json, &contract.topology, err) < 0)
		return -1;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		const char *text = cg_json_text(json, texts[i].name);
		char *copy = text ? strdup(text) : NULL;

		if (text && !copy)
			return cg_error_errno(err, "a contract");
		member_at(&contract, char *, texts[i].at) = copy;
	}
	for (size_t i = 0; i < CG_COUNT(trees); i++)
		member_at(&contract, json_t *, trees[i].at) =
			json_incref(json_object_get(json, trees[i].name));
	*out = contract;
	contract = (struct cg_contract){ 0 };
	return 0;
}

int cg_contract_read(struct cg_contract *out, const char *path, struct cg_error *err)
{
	cg_auto_json json_t *json = NULL;

	if (cg_json_read_file(&json, path, CG_CONTRACT_BYTES, err) < 0)
		return -1;
	if (cg_contract_parse(out, json, err) < 0)
		return cg_error_prefix(err, "%s", path);
	return 0;
}

void cg_contract_deinit(struct cg_contract *contract)
{
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		free(member_at(contract, char *, texts[i].at));
	for (size_t i = 0; i < CG_COUNT(trees); i++)
		json_decref(member_at(contract, json_t *, trees[i].at));
	*contract = (struct cg_contract){ 0 };
}

json_t *cg_contract_json(const struct cg_contract *c)
{
	cg_auto_json json_t *out = json_pack(
		"{s:i, s:s*, s:s*, s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:o, s:O, s:O, s:O}",
		"contract", CG_CONTRACT_VERSION, "name", c->name, "uuid", c->uuid,
		"target", c->target, "machine", c->machine, "accel", c->accel,
		"definition", c->definition, "cpu", c->cpu, "features", c->features,
		"scalars", c->scalars, "topology", cg_topology_json(&c->topology),
		"allow-missing", c->allowed, "platform", c->platform, "made", c->made);
	char hex[CG_DIGEST_HEX];
	struct cg_error err;

	if (!out || cg_document_digest(out, hex, &err) < 0 ||
	    json_object_set_new(out, "digest", json_string(hex)) < 0)
		return NULL;
	return cg_take(out);
}

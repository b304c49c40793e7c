// SPDX-License-Identifier: LGPL-2.1-or-later
/* Is it a record, of a version that we know, undamaged, and who is it of? */
#include <string.h>

#include "base/buffer.h"
#include "formats/record-inside.h"

#define bad(err, ...) cg_error_set(err, CG_E_CORRUPT, __VA_ARGS__)

static int check_version(const json_t *json, struct cg_error *err)
{
	const json_t *version = json_object_get(json, "cpugate-record");

	if (!json_is_integer(version))
		return cg_error_set(err, CG_E_PARSE, "not a record of cpugate");
	if (json_integer_value(version) > CG_RECORD_VERSION)
		return cg_error_set(
			err, CG_E_NEWER,
			"a record of version %lld, and this cpugate reads up to %d",
			(long long)json_integer_value(version), CG_RECORD_VERSION);
	if (json_integer_value(version) < 1)
		return bad(err, "a record of version %lld",
			   (long long)json_integer_value(version));
	return 0;
}

/*
 * The digest of a text as it is, less the member that has the digest: what canonical
 * text, which is how records are written, doesn't have to be made again for. An empty one
 * if the text has no such member.
 */
static int digest_text(const char *text, size_t len, const char *digest,
		       char hex[static CG_DIGEST_HEX], struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer member = CG_BUFFER(256),
					rest = CG_BUFFER(CG_RECORD_BYTES);
	struct cg_digest sum;
	const char *at;

	hex[0] = '\0';
	while (len && strchr(" \n", text[len - 1]))
		len--;
	if (cg_buffer_printf(&member, err, "\"digest\":\"%s\",", digest) < 0)
		return -1;
	at = memmem(text, len, member.data, member.len);
	if (!at)
		return 0;
	if (cg_buffer_put(&rest, text, (size_t)(at - text), err) < 0 ||
	    cg_buffer_put(&rest, at + member.len, len - member.len - (size_t)(at - text),
			  err) < 0)
		return -1;
	cg_digest_of(&sum, rest.data, rest.len);
	cg_digest_hex(&sum, hex);
	return 0;
}

/*
 * @text may be NULL. Somebody may have printed the file anew, with line breaks: that is
 * no damage.
 */
static int check_digest(struct cg_record *r, const char *text, size_t len,
			struct cg_error *err)
{
	char hex[CG_DIGEST_HEX] = "";

	r->digest = cg_json_text(r->json, "digest");
	if (!r->digest || strlen(r->digest) != CG_DIGEST_HEX - 1)
		return bad(err, "the record has no digest");
	if (text && digest_text(text, len, r->digest, hex, err) < 0)
		return -1;
	if (strcmp(hex, r->digest) == 0)
		return 0;
	if (cg_document_digest(r->json, hex, err) < 0)
		return -1;
	if (strcmp(hex, r->digest) != 0)
		return bad(err, "the record is damaged: its digest is another one");
	return 0;
}

static const struct cg_member top[] = {
	{ "cpugate-record", JSON_INTEGER, false },
	{ "digest", JSON_STRING, false },
	{ "name", JSON_STRING, false },
	{ "accel", JSON_STRING, false },
	{ "emulator", JSON_OBJECT, false },
	{ "host", JSON_OBJECT, true },
	{ "measured", JSON_INTEGER, true },
	{ "enforced", JSON_TRUE, false },
	{ "honesty", JSON_STRING, false },
	{ "measure", JSON_STRING, false },
	{ "expansion", JSON_STRING, true },
	{ "features", JSON_ARRAY, true },
	{ "machines", JSON_ARRAY, false },
	{ "models", JSON_ARRAY, false },
	{ "defaults", JSON_ARRAY, false },
	{ "requested", JSON_ARRAY, false },
	{ "unsupported", JSON_ARRAY, false },
	{ "untold", JSON_STRING, true },
	{ "classes", JSON_ARRAY, false },
	{ "definitions", JSON_OBJECT, true },
	{ "started", JSON_OBJECT, true },
};

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static int check_words(const json_t *json, struct cg_error *err)
{
	static const struct {
		const char *name;
		const char *words[4];
		size_t count;
	} choices[] = {
		{ "accel", { "kvm", "tcg" }, 2 },
		{ "honesty", { "exact", "partial", "names-only", "none" }, 4 },
		{ "measure", { "globals", "max", "none" }, 3 },
		{ "expansion", { "full", "static" }, 2 },
	};

	for (size_t i = 0; i < CG_COUNT(choices); i++) {
		const char *text = cg_json_text(json, choices[i].name);

		if (text && !is_one_of(text, choices[i].words, choices[i].count))
			return bad(err, "%s is \"%s\"", choices[i].name, text);
	}
	return 0;
}

/*
 * Who tells of a host that isn't his own may not know which emulator it was, or of which
 * kernel.
 */
static int check_emulator(const json_t *json, struct cg_error *err)
{
	bool foreign = json_object_get(json, "untold") != NULL;
	const struct cg_member members[] = {
		{ "version", JSON_STRING, foreign }, { "package", JSON_STRING, foreign },
		{ "target", JSON_STRING, foreign },  { "path", JSON_STRING, foreign },
		{ "sha256", JSON_STRING, foreign },  { "parts", JSON_OBJECT, foreign },
	};

	return cg_document_check_members(json_object_get(json, "emulator"),
					 "the emulator", CG_RECORD_VERSION, members,
					 CG_COUNT(members), err);
}

static int check_host(const json_t *json, struct cg_error *err)
{
	static const struct cg_member members[] = { { "fingerprint", JSON_STRING, false },
						    { "parts", JSON_OBJECT, false } };
	const json_t *host = json_object_get(json, "host");
	cg_auto_free char *text = NULL;
	char hex[CG_DIGEST_HEX];
	struct cg_digest sum;

	if (!host && strcmp(cg_json_text(json, "accel"), "kvm") == 0 &&
	    !json_object_get(json, "untold"))
		return bad(err, "a record of KVM has no host");
	if (!host)
		return 0;
	if (cg_document_check_members(host, "the host", CG_RECORD_VERSION, members,
				      CG_COUNT(members), err) < 0)
		return -1;
	text = cg_json_canonical(json_object_get(host, "parts"));
	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a record");
	cg_digest_of(&sum, text, strlen(text));
	if (strcmp(cg_digest_hex(&sum, hex), cg_json_text(host, "fingerprint")) != 0)
		return bad(err, "the host's fingerprint isn't that of its parts");
	return 0;
}

int cg_record_check(struct cg_record *r, const char *text, size_t len,
		    struct cg_error *err)
{
	if (check_version(r->json, err) < 0 || check_digest(r, text, len, err) < 0 ||
	    cg_document_check_members(r->json, "the record", CG_RECORD_VERSION, top,
				      CG_COUNT(top), err) < 0 ||
	    cg_document_check_texts(r->json, err) < 0 || check_words(r->json, err) < 0 ||
	    check_emulator(r->json, err) < 0)
		return -1;
	return check_host(r->json, err);
}

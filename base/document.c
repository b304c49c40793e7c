// SPDX-License-Identifier: LGPL-2.1-or-later
/* Types of jansson's, texts bytewise, digests of canonical text. */
#include "base/document.h"

#include <string.h>

#include "base/text.h"

#define bad(err, ...) cg_error_set(err, CG_E_CORRUPT, __VA_ARGS__)

/* Nothing but @members, each with its type. True and false are two types of jansson's. */
int cg_document_check_members(const json_t *object, const char *what, int version,
			      const struct cg_member *members, size_t count,
			      struct cg_error *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return bad(err, "%s isn't an object", what);
	for (size_t i = 0; i < count; i++) {
		value = json_object_get(object, members[i].name);
		if (!value && !members[i].optional)
			return bad(err, "%s has no %s", what, members[i].name);
		if (value &&
		    (json_typeof(value) == JSON_FALSE ? JSON_TRUE : json_typeof(value)) !=
			    members[i].type)
			return bad(err, "%s of %s has another type", members[i].name,
				   what);
	}
	cg_json_each(object, name, value) {
		size_t i = 0;

		while (i < count && strcmp(members[i].name, name) != 0)
			i++;
		if (i == count)
			return bad(err,
				   "%s has the member %s, which version %d doesn't know",
				   what, name, version);
	}
	return 0;
}

int cg_document_check_texts(const json_t *json, struct cg_error *err)
{
	const char *name = json_string_value(json);
	json_t *value;
	size_t i;

	if (name && !cg_json_is_big(json) && !cg_text_is_clean(name))
		return bad(err, "a text has control characters: %s", name);
	json_array_foreach(json, i, value)
		if (cg_document_check_texts(value, err) < 0)
			return -1;
	cg_json_each(json, name, value) {
		if (!cg_text_is_clean(name))
			return bad(err, "a name has control characters: %s", name);
		if (cg_document_check_texts(value, err) < 0)
			return -1;
	}
	return 0;
}

int cg_document_digest(const json_t *object, char hex[static CG_DIGEST_HEX],
		       struct cg_error *err)
{
	cg_auto_json json_t *rest = json_copy(cg_json_mutable(object));
	cg_auto_free char *text = NULL;
	struct cg_digest sum;

	json_object_del(rest, "digest");
	text = cg_json_canonical(rest);
	if (!text)
		return cg_error_set(err, CG_E_SYSTEM, "no memory for a digest");
	cg_digest_of(&sum, text, strlen(text));
	cg_digest_hex(&sum, hex);
	return 0;
}

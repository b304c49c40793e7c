/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A document: a JSON file of ours that has passed through other hands. What is in it is
 * checked before it is believed; what isn't known is refused, for it was said for a reason.
 */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/json.h"

struct cg_member {
	const char *name;
	json_type type; /* JSON_TRUE is for false, too */
	bool optional;
};

/*
 * Nothing but @members, each with its type: else CG_E_CORRUPT. @what and @version are for
 * messages: "the host has the member news, which version 1 doesn't know".
 */
cg_must_check int cg_document_check_members(const json_t *object, const char *what,
					    int version, const struct cg_member *members,
					    size_t count, struct cg_error *err);

/* CG_E_CORRUPT if any text or name in it could command a terminal. */
cg_must_check int cg_document_check_texts(const json_t *json, struct cg_error *err);

/* SHA-256 over the canonical text of all members but "digest". */
cg_must_check int cg_document_digest(const json_t *object, char hex[static CG_DIGEST_HEX],
				     struct cg_error *err);

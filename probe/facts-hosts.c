// SPDX-License-Identifier: LGPL-2.1-or-later
/* Other hosts: what is left of a key when the emulator and the accelerator are taken out of it. */
#include "probe/keep.h"

#include <string.h>

struct host_walk {
	const json_t *emulator; /* parts; NULL for any */
	char *last; /* key that was seen last: most come several times in a row */
	json_t *by_fingerprint;
};

/* Take the emulator out of a key. Was it this one? */
static bool take_emulator(json_t *key_parts, const json_t *emulator)
{
	static const char *const names[] = { "binary", "modules", "wrapper" };
	bool same = true;

	for (size_t i = 0; i < CG_COUNT(names); i++) {
		const json_t *mine = json_object_get(emulator, names[i]);
		const json_t *its = json_object_get(key_parts, names[i]);

		same &= (!mine && !its) || json_equal(mine, its);
		json_object_del(key_parts, names[i]);
	}
	return same || !emulator;
}

static void add_host(struct host_walk *walk, json_t *parts, int64_t measured)
{
	cg_auto_free char *text = cg_json_canonical(parts);
	char hex[CG_DIGEST_HEX];
	struct cg_digest digest;

	if (!text)
		return;
	cg_digest_of(&digest, text, strlen(text));
	cg_digest_hex(&digest, hex);
	if (!json_object_get(walk->by_fingerprint, hex))
		json_object_set_new(walk->by_fingerprint, hex,
				    json_pack("{s:s, s:O, s:I}", "fingerprint", hex,
					      "parts", parts, "measured",
					      (json_int_t)measured));
}

static bool visit_host(const struct cg_store_fact *fact, void *data)
{
	cg_auto_json json_t *parts = NULL;
	struct host_walk *walk = data;
	const char *accel;
	struct cg_error err;

	if (walk->last && strcmp(walk->last, fact->parts) == 0)
		return true;
	free(walk->last);
	walk->last = strdup(fact->parts);
	if (cg_json_parse(&parts, fact->parts, strlen(fact->parts), CG_KEEP_BYTES, &err) <
	    0)
		return true; /* nobody's key */
	accel = cg_json_text(parts, "accel");
	if (!accel || strcmp(accel, "kvm") != 0 ||
	    !take_emulator(parts, walk->emulator) ||
	    json_integer_value(json_object_get(parts, "format")) != CG_KEEP_FORMAT)
		return true;
	json_object_del(parts, "accel");
	json_object_del(parts, "format");
	add_host(walk, parts, fact->measured);
	return true;
}

int cg_facts_hosts(struct cg_facts *facts, bool any_emulator, json_t **out,
		   struct cg_error *err)
{
	cg_auto_json json_t *hosts = json_object();
	struct host_walk walk = {
		.emulator = any_emulator ? NULL : cg_identity_parts(facts->identity),
		.by_fingerprint = hosts,
	};
	json_t *host;
	const char *fingerprint;
	int ret = cg_store_each_fact(facts->store, cg_keep_kind_name(CG_KIND_UNSUPPORTED),
				     false, visit_host, &walk, err);

	free(walk.last);
	if (ret < 0)
		return -1;
	*out = json_array();
	cg_json_each(hosts, fingerprint, host)
		json_array_append(*out, host);
	return 0;
}

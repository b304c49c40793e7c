/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which emulator is this, by content: the SHA-256 of the binary that really runs and of the accelerator
 * modules that it can load. No path and no time is ever part of an identity.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "emulator/places.h"
#include "emulator/qmp.h"

/*
 * Hashing a QEMU costs as much as starting one or more, so digests are remembered by whoever has a
 * place to keep them. Both may be NULL. get() says in *found whether it knew.
 */
struct cg_file_memo {
	int (*get)(void *data, const struct stat *st, bool *found, struct cg_digest *out,
		   struct cg_error *err);
	int (*put)(void *data, const struct stat *st, const struct cg_digest *digest,
		   struct cg_error *err);
	void *data;
	/*
	 * The emulator itself is about to be hashed, which nothing else needs to wait for. The path to start it, and its
	 * stamp (cg_identity_stamp()). May be NULL.
	 */
	void (*hashing)(void *data, const char *path, const char *stamp);
	/* Where to note what is looked at, also if it fails; NULL: nowhere. */
	struct cg_places *places;
};

struct cg_identity;

/*
 * Find @name (a path, or a name looked up in $PATH; NULL for this host's own qemu-system-*) and
 * see what it is. A script is started once to see which binary it becomes: it is never answered for
 * from an earlier look. Blocks for that, and for hashing what the memo doesn't know.
 * CG_E_UNKNOWN if there is no such file or it can't be executed. CG_E_UNMEASURED if limits.at_once
 * is set and it would take either.
 */
cg_must_check int cg_identity_open(struct cg_identity **out, const char *name,
				   const struct cg_file_memo *memo,
				   const struct cg_qmp_limits *limits,
				   struct cg_error *err);

/*
 * An emulator of another host, by what was kept of its identity: where it was found there and its
 * parts, NULL if that wasn't kept. Never to be started.
 */
cg_must_check int cg_identity_from_parts(struct cg_identity **out, const char *path,
					 const json_t *parts, struct cg_error *err);
struct cg_identity *cg_identity_free(struct cg_identity *identity);

const char *
cg_identity_path(const struct cg_identity *identity); /* as found; start this */
const char *cg_identity_binary(const struct cg_identity *identity); /* what really runs */
const char *
cg_identity_sha256(const struct cg_identity *identity); /* of the binary, hex */

/* A text that changes when any of the files changes, without reading them: for locks. */
const char *cg_identity_stamp(const struct cg_identity *identity);

/* { "binary": sha256, "modules": { name: sha256 }, "wrapper"?: { "script", "arguments" } }. Borrowed. */
json_t *cg_identity_parts(const struct cg_identity *identity);

static inline void cg_identity_freep(struct cg_identity **identity)
{
	cg_identity_free(*identity);
}
#define cg_auto_identity cg_cleanup(cg_identity_freep)

/* All qemu-system-* programs in $PATH and /usr/libexec: a new list of paths. */
json_t *cg_identity_installed(void);

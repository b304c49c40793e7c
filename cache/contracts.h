/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contracts of this host's guests: texts by name, in one SQLite file that is never
 * rebuilt, for nobody can measure again what was promised. What is in the texts is not
 * known here.
 *
 * What was put is on the disk when the call returns: a crash, a kill, a power cut or a
 * full disk leaves the old text or the new one. A file that is damaged, newer, another
 * program's or locked (for 5 s) is an error that names it, and stays as it is; one that
 * can only be read can still be read. No damage makes a wrong answer or hides one: each
 * row has a seal over all of it, and the seals have a sum, which is looked at whenever
 * something isn't found and before all are listed.
 *
 * One per thread. Blocking: file system, and up to 5 s for another writer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CG_CONTRACTS_MAX 10000      /* names */
#define CG_CONTRACTS_TEXT (1 << 20) /* bytes of a text */
#define CG_CONTRACTS_REPLACED 4     /* older texts that are kept of each name */

struct cg_contracts;

/* Open @path, made with its folder (0700) when missing. */
cg_must_check int cg_contracts_open(struct cg_contracts **out, const char *path,
				    struct cg_error *err);
struct cg_contracts *cg_contracts_close(struct cg_contracts *contracts); /* NULL, too */

const char *cg_contracts_path(const struct cg_contracts *contracts); /* borrowed */

/*
 * The text of a name, or of a UUID where no name is like that; its @ago-th older one, 0 for
 * the one that counts. NULL in *@text if there is none. The caller frees it.
 */
cg_must_check int cg_contracts_get(struct cg_contracts *contracts, const char *name,
				   size_t ago, char **text, struct cg_error *err);

/*
 * The name that has a UUID, as an index knows it; NULL in *@name if none has. The caller frees
 * it.
 */
cg_must_check int cg_contracts_owner(struct cg_contracts *contracts, const char *uuid,
				     char **name, struct cg_error *err);

/* CG_E_SYSTEM if the file can only be read. */
cg_must_check int cg_contracts_check_writable(const struct cg_contracts *contracts,
					      struct cg_error *err);

/*
 * Put a text, replacing an older one of the same name; @uuid may be NULL, @now is
 * wall-clock seconds. The same text again changes nothing. CG_E_USAGE if the UUID is that
 * of another name, CG_E_LIMIT for a text or a number of them beyond what is kept.
 */
cg_must_check int cg_contracts_put(struct cg_contracts *contracts, const char *name,
				   const char *uuid, const char *text, int64_t now,
				   struct cg_error *err);

/* Forget a name or UUID and its older texts. */
cg_must_check int cg_contracts_forget(struct cg_contracts *contracts, const char *name,
				      bool *found, struct cg_error *err);

/* One text: all borrowed for the length of the call. */
struct cg_contracts_entry {
	const char *name;
	const char *uuid; /* or NULL */
	int64_t written;  /* wall-clock seconds */
	int64_t replaced; /* 0 for the text that counts */
	const char *text;
};

/*
 * All of them by name, those that count or also (@replaced) the older ones, newest first.
 * @fn returns true to go on and must not write.
 */
cg_must_check int cg_contracts_each(struct cg_contracts *contracts, bool replaced,
				    bool (*fn)(const struct cg_contracts_entry *entry,
					       void *data),
				    void *data, struct cg_error *err);

static inline void cg_contracts_closep(struct cg_contracts **contracts)
{
	cg_contracts_close(*contracts);
}
#define cg_auto_contracts cg_cleanup(cg_contracts_closep)

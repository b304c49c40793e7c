/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expansions that were understood before, by the digest of the reply they came in. Of the replies of a
 * sweep five out of six are repetitions. May be used by several threads at once.
 */
#pragma once

#include "base/digest.h"
#include "probe/expansion.h"

struct cg_memo;

struct cg_memo *cg_memo_new(void); /* NULL if memory is out */
struct cg_memo *cg_memo_free(struct cg_memo *memo);

/* A copy that shares its scalars with all others of the same reply. False on a miss. */
bool cg_memo_get(struct cg_memo *memo, const struct cg_digest *reply,
		 struct cg_expansion *out);

/* Remember; the memo keeps a copy that shares the scalars. A full memo forgets nothing and takes nothing. */
void cg_memo_put(struct cg_memo *memo, const struct cg_digest *reply,
		 const struct cg_expansion *expansion);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Somebody's own guest, started by his own command line and held before its first
 * instruction: a private monitor, which nobody else can reach, is all that is added, and is
 * left once the guest may go. Streams, open files, the process group and whatever monitors
 * the command line asks for are as if he had started it himself.
 *
 * The monitor comes by -readconfig, since "-mon" would take the default monitor from him.
 */
#pragma once

#include <jansson.h>

#include "base/child.h"
#include "emulator/qmp.h"

#define CG_PAUSED_PATIENCE (10 * CG_S)

struct cg_paused;

/* What the kernel doesn't end with its parent. */
enum cg_paused_escape {
	CG_PAUSED_STAYS,
	CG_PAUSED_DAEMONIZES,   /* is let go for good when it is let go */
	CG_PAUSED_CHANGES_USER, /* the kernel forgets about us when it does */
};

/*
 * Execute @binary with the list @words, the first of which it finds as its own name. @keep is
 * an fd that it has open as long as it lives, or -1. Doesn't wait for it. Until it has been
 * let go it can't outlive us, and unless it daemonizes it can't after that.
 */
cg_must_check int cg_paused_start(struct cg_paused **out, const char *binary,
				  const json_t *words, int keep,
				  enum cg_paused_escape escape, struct cg_error *err);

/* Wait until it answers. CG_E_DIED if it ended instead, having said why by itself. */
cg_must_check int cg_paused_connect(struct cg_paused *paused,
				    const struct cg_qmp_limits *limits,
				    struct cg_error *err);

struct cg_qmp *cg_paused_qmp(struct cg_paused *paused); /* borrowed, until it is let go */

/* Let the guest run, unless @hold: then its user will. Leaves the monitor. */
cg_must_check int cg_paused_let_go(struct cg_paused *paused, bool hold,
				   struct cg_error *err);

/*
 * Wait for its end, and pass on signals that come by the signalfd @signals; those that a
 * terminal sends to all of its processes it has already. One that was let go may take as long
 * as it likes; one that has left its monitor without a word is given CG_PAUSED_PATIENCE, and then
 * it is CG_E_TIMEOUT.
 */
cg_must_check int cg_paused_attend(struct cg_paused *paused, int signals,
				   struct cg_child_end *end, struct cg_error *err);

/* Kill it, if it wasn't let go, and wait for its end, until @deadline at most. */
void cg_paused_end(struct cg_paused *paused, int64_t deadline);

/* Kill it if it wasn't let go. Takes NULL; returns NULL. */
struct cg_paused *cg_paused_free(struct cg_paused *paused);

static inline void cg_paused_freep(struct cg_paused **paused)
{
	cg_paused_free(*paused);
}
#define cg_auto_paused cg_cleanup(cg_paused_freep)

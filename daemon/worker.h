/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One question in a process of its own: where it takes time, it takes nobody else's. A line in,
 * lines out, over a socket:
 *
 *   { "execute", "arguments", "files", "guarded" }
 *   { "event", "data" } ...
 *   { "return": ... } or { "error": { "code", "desc" } }
 */
#pragma once

/* The process's main(): serve the one question on @fd. Returns the exit status. */
int cg_worker_run(int fd);

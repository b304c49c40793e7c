/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A started fake and our end of its monitor, for tests that look at the bytes. Whatever
 * fails here fails the test.
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "base/child.h"
#include "base/clock.h"
#include "tests/unit/unit.h"

#define PEER_PATIENCE                                                                    \
	(10 * CG_S) /* for what must come; only a failing test waits so long */
#define PEER_MOMENT (50 * CG_MS) /* for what must not come */
#define PEER_LINE (16 << 20)     /* longest line */

struct peer {
	struct cg_child *child;
	int fd;
	struct cg_buffer in;
	size_t given; /* bytes of @in that the last line took */
};

/* The fake, its transcripts, and a folder for the tests' own files. */
extern char *peer_program, *peer_folder, *peer_scratch;

/*
 * A test that begins without a mode, a log or other replies than those of @peer_folder.
 */
#define PEER_TEST(function) cmocka_unit_test_setup(function, peer_clear)

int peer_set_up(void **state);
int peer_clear(void **state);
int peer_tear_down(void **state); /* fails if a test left a file behind */

/* Start a program with a monitor and these arguments, the last of them NULL. */
void peer_start_at(struct peer *peer, const char *program, const char *const arguments[]);

#define peer_start(peer, ...)                                                            \
	peer_start_at(peer, peer_program, (const char *const[]){ __VA_ARGS__, NULL })
#define peer_start_none(peer) peer_start(peer, "-machine", "none,accel=tcg")

/* Take the greeting, and negotiate capabilities. */
void peer_negotiate(struct peer *peer);

/* Start with a mode, and negotiate. */
void peer_begin(struct peer *peer, const char *mode);

/* Kill it. */
void peer_stop(struct peer *peer);

/*
 * The next line, without its end, until the next call; NULL if there is none (within
 * @ns).
 */
char *peer_line(struct peer *peer);
char *peer_line_within(struct peer *peer, int64_t ns);

void peer_say(struct peer *peer, const char *text);

/* Say, and take the next line. */
char *peer_ask(struct peer *peer, const char *text);

/* Wait for its end. */
struct cg_child_end peer_end(struct peer *peer);

/* Does it live on for a moment? */
bool peer_is_alive(struct peer *peer);

/* The last line on its stderr, until the next call. */
char *peer_last_words(struct peer *peer);

/* FOLDER/NAME. The caller frees it. */
char *peer_path(const char *folder, const char *name);

/* @text is there and has @part. */
void assert_has(const char *text, const char *part);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one client, and all together, may take of us. cpugated(8) has them in a table. */
#pragma once

#include "base/clock.h"

/* Connections, of all and of one user; we need descriptors for ourselves, too. */
#define CG_PEERS_MAX 1000
#define CG_PEERS_OF_USER 600
#define CG_DESCRIPTORS_KEPT 64

/* One message; and what all clients together may have sent of messages that aren't complete. */
#define CG_MESSAGE_MAX (24 << 20)
#define CG_INPUT_MAX (128 << 20)

/* Questions of one client that are answered at once: answers come in the order of the questions. */
#define CG_QUESTIONS_MAX 1

/* Answers that a client hasn't read: it isn't read any further, and at last dropped. */
#define CG_OUTPUT_PAUSE (1 << 20)
#define CG_OUTPUT_MAX (64 << 20)

/*
 * For a message that was begun, and for reading what was answered, unless --patience says otherwise; so
 * many times that for the first command.
 */
#define CG_PATIENCE_NS (30 * CG_S)
#define CG_GREETING_FACTOR 2

/* Messages of one client in a row while others wait. */
#define CG_MESSAGES_IN_ROW 32

/* Processes that measure; those of one user; questions that wait for one. */
#define CG_WORKERS_MAX 4
#define CG_WORKERS_OF_USER 3
#define CG_JOBS_MAX 256

/* Warnings that are logged once; then they may be logged again. */
#define CG_WARNINGS_LOGGED 64

/* What is kept in memory to be answered again or asked about, in bytes. */
#define CG_MEMO_BYTES (32 << 20)
#define CG_FILES_BYTES (64 << 20)
#define CG_PAGES_BYTES (32 << 20)

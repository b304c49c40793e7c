// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate receive: where a guest of another host comes to. The emulator is there, held, with
 * the CPU of the guest's contract, before anybody may connect; what comes is compared with the
 * contract before a byte of it is taken. See lib/migrate-away.h for what is spoken.
 *
 * Blocks until the emulator has ended, whose end is in the reply.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/un.h>
#include <unistd.h>

#include "emulator/incoming.h"
#include "lib/accord.h"
#include "lib/archive.h"
#include "lib/command.h"
#include "lib/crossing.h"
#include "lib/held.h"
#include "lib/parley.h"

#define UNIX "unix:"
#define HELLO_NS (10 * CG_S)
#define REST_MS 5
#define TOKEN 33 /* hexadecimal digits, and the end */

static const char *const arguments[] = { "argv",     "accel",    "uri", "name",
					 "contract", "deadline", NULL };

struct receive {
	struct cg_context *context;
	const json_t *args;
	struct cg_held held;
	int listener;
	char *address;
	struct cg_parley parley;
	char token[TOKEN];
	json_t *capabilities; /* that the other side has */
	int64_t deadline;
	bool committed; /* it was told to run */
	bool moved;
	struct cg_error why;
	struct cg_child_end end;
};

static void deinit(struct receive *r)
{
	cg_held_deinit(&r->held);
	cg_parley_deinit(&r->parley);
	if (r->address && strncmp(r->address, UNIX, strlen(UNIX)) == 0)
		unlink(r->address + strlen(UNIX));
	cg_closep(&r->listener);
	free(r->address);
	json_decref(r->capabilities);
}

static int cancel_of(const struct receive *r)
{
	return cg_context_limits(r->context).cancel_fd;
}

/* It waits until it is told where the guest comes from. */
static int plan(struct receive *r, struct cg_error *err)
{
	cg_auto_json json_t *words = json_deep_copy(json_object_get(r->args, "argv"));
	cg_auto_json json_t *args = json_pack("{s:O}", "argv", words);
	cg_auto_launch struct cg_launch given = { 0 };

	if (cg_launch_read(&given, args, err) < 0)
		return -1;
	if (given.arguments.incoming && strcmp(given.arguments.incoming, "defer") != 0)
		return cg_error_set(
			err, CG_E_USAGE,
			"receive: -incoming: --uri says where the guest comes to");
	if (!given.arguments.incoming) {
		json_array_append_new(words, json_string("-incoming"));
		json_array_append_new(words, json_string("defer"));
	}
	r->held.words = json_incref(words);
	if (cg_archive_get(r->context, cg_json_text(r->args, "contract"), &r->held.old,
			   err) < 0)
		return -1;
	r->held.bound = true;
	return cg_held_bind(&r->held, err) < 0 ? -1 : cg_held_judge(&r->held, err);
}

/* Somebody comes. */

static int make_token(struct receive *r, struct cg_error *err)
{
	unsigned char bytes[TOKEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return cg_error_errno(err, "getrandom");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(r->token + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* Who isn't cpugate, or comes with another guest, is sent away, and the next one may come. */
static bool is_mine(struct receive *r, struct cg_parley *p, const json_t *hello)
{
	struct cg_error why, ignored;

	if (cg_accord_take_hello(hello, &r->held.contract, &r->capabilities, &why) == 0)
		return true;
	(void)!cg_parley_say(p, json_pack("{s:s}", "refused", why.msg), &ignored);
	cg_context_warn(r->context, why.msg);
	return false;
}

/* True if it was somebody, and it was the right one. -1 ends the waiting. */
static int meet(struct receive *r, bool *met, struct cg_error *err)
{
	cg_auto_parley struct cg_parley p = CG_PARLEY;
	cg_auto_json json_t *hello = NULL;
	struct cg_error why;

	*met = false;
	if (cg_parley_accept(&p, r->listener, cancel_of(r), r->deadline, err) < 0)
		return -1;
	if (cg_parley_hear(&p, cg_clock_in(HELLO_NS), &hello, &why) < 0) {
		if (why.code == CG_E_CANCELLED)
			*err = why;
		return why.code == CG_E_CANCELLED ? -1 : 0;
	}
	if (!is_mine(r, &p, hello))
		return 0;
	*met = true;
	r->parley = p;
	p = CG_PARLEY;
	return cg_parley_say(&r->parley, json_pack("{s:s}", "ready", r->token), err);
}

/* The connection that the emulator gets. */
static int take_stream(struct receive *r, struct cg_error *err)
{
	struct cg_qmp *qmp = cg_paused_qmp(r->held.paused);
	cg_auto_parley struct cg_parley p = CG_PARLEY;
	cg_auto_json json_t *said = NULL;

	if (cg_parley_accept(&p, r->listener, cancel_of(r), cg_clock_in(HELLO_NS), err) <
		    0 ||
	    cg_parley_hear(&p, cg_clock_in(HELLO_NS), &said, err) < 0 ||
	    cg_accord_take_stream(said, r->token, err) < 0)
		return -1;
	if (fcntl(p.fd, F_SETFL, 0) < 0)
		return cg_error_errno(err, "receive");
	if (cg_incoming_prepare(qmp, r->capabilities, err) < 0 ||
	    cg_incoming_listen(qmp, NULL, p.fd, err) < 0)
		return cg_error_prefix(err, "the destination");
	return cg_parley_say(&p, json_pack("{s:b}", "go", 1), err);
}

/* All of it, and the word of the other side that it is ours. */
static int wait_for_guest(struct receive *r, bool *run, struct cg_error *err)
{
	struct cg_qmp *qmp = cg_paused_qmp(r->held.paused);
	struct pollfd fds[] = { { .fd = r->parley.fd, .events = POLLIN },
				{ .fd = cancel_of(r), .events = POLLIN } };
	cg_auto_json json_t *said = NULL;
	bool whole = false;

	while (!said || !whole) {
		if (!whole && cg_incoming_is_whole(qmp, &whole, err) < 0)
			return cg_error_prefix(err, "the destination");
		if (!said && cg_parley_stirs(&r->parley) &&
		    cg_parley_hear(&r->parley, cg_clock_in(HELLO_NS), &said, err) < 0)
			return -1;
		if (cg_clock_left_ms(r->deadline) == 0)
			return cg_error_set(err, CG_E_TIMEOUT,
					    "it took longer than allowed");
		if ((!said || !whole) &&
		    poll(said ? fds + 1 : fds, said ? 1 : 2, REST_MS) > 0 &&
		    fds[1].revents)
			return cg_error_set(err, CG_E_CANCELLED, "interrupted");
	}
	if (cg_accord_take_run(said, run, err) < 0)
		return -1;
	*run = *run && !r->held.launch.arguments.paused;
	return 0;
}

/* It is ours: from here on whatever happens happens here. */
static int take_over(struct receive *r, bool run, struct cg_error *err)
{
	struct cg_error ignored;
	json_t *said;

	r->committed = true;
	if (run && cg_incoming_run(cg_paused_qmp(r->held.paused), err) < 0) {
		r->committed = err->code != CG_E_REFUSED;
		return cg_error_prefix(err, "the destination");
	}
	r->moved = true;
	said = json_pack("{s:b, s:b}", "runs", run, "same", cg_held_is_same(&r->held));
	(void)!cg_parley_say(&r->parley, said, &ignored);
	return 0;
}

static int receive(struct receive *r, struct cg_error *err)
{
	bool met = false, run;

	while (!met)
		if (meet(r, &met, err) < 0)
			return -1;
	if (take_stream(r, err) < 0 || wait_for_guest(r, &run, err) < 0)
		return -1;
	return take_over(r, run, err);
}

/* Ready for it: written down, and anybody may connect. */
static int get_ready(struct receive *r, struct cg_error *err)
{
	const char *uri = cg_json_text(r->args, "uri");
	bool ended;

	if (cg_held_claim(&r->held, false, err) < 0 ||
	    cg_parley_listen(&r->listener, uri, &r->address, err) < 0 ||
	    make_token(r, err) < 0 || cg_held_start(&r->held, &ended, err) < 0)
		return -1;
	if (ended)
		return cg_error_set(err, CG_E_DIED, "the destination ended by itself");
	if (!cg_held_is_open(&r->held))
		return 0;
	if (cg_held_keep(&r->held, err) < 0)
		return -1;
	cg_context_tell(r->context, 0, 0, r->address);
	return 0;
}

/* What the guest was refused for is told where it comes from, if it may hear it. */
static void give_up(struct receive *r)
{
	struct cg_error ignored;

	cg_held_end(&r->held);
	if (!r->committed && r->parley.fd >= 0)
		(void)!cg_parley_say(&r->parley, json_pack("{s:s}", "failed", r->why.msg),
				     &ignored);
}

static int carry_out(struct receive *r, struct cg_error *err)
{
	if (get_ready(r, err) < 0)
		return -1;
	if (!cg_held_is_open(&r->held))
		return 0;
	if (receive(r, &r->why) == 0)
		return cg_paused_let_go(r->held.paused, true, err) < 0
			       ? -1
			       : cg_paused_attend(r->held.paused, cancel_of(r), &r->end,
						  err);
	give_up(r);
	if (r->why.code != CG_E_CANCELLED)
		return 0;
	*err = r->why;
	return -1;
}

static json_t *describe(const struct receive *r)
{
	json_t *out = cg_held_json(&r->held);

	json_object_set_new(out, "moved", json_boolean(r->moved));
	if (r->address)
		json_object_set_new(out, "address", json_string(r->address));
	if (r->why.code)
		json_object_set_new(out, "failure", json_string(r->why.msg));
	if (r->moved)
		json_object_set_new(out, "end", cg_held_end_json(&r->end));
	return out;
}

static int run(struct cg_context *context, const json_t *args, json_t **reply,
	       struct cg_error *err)
{
	const json_t *seconds = json_object_get(args, "deadline");
	cg_cleanup(deinit) struct receive r = {
		.context = context,
		.args = args,
		.held = CG_HELD,
		.listener = -1,
		.parley = CG_PARLEY,
	};

	if (!json_array_size(json_object_get(args, "argv")) ||
	    !cg_json_text(args, "uri") || !cg_json_text(args, "contract"))
		return cg_error_set(err, CG_E_USAGE,
				    "receive: --uri tcp:HOST:PORT --contract FILE -- QEMU "
				    "ARGUMENT...");
	if (cg_crossing_check(seconds, err) < 0)
		return -1;
	r.deadline = cg_crossing_deadline(seconds);
	r.held.context = context;
	r.held.who = "receive";
	r.held.name = cg_json_text(args, "name");
	r.held.accel = cg_json_text(args, "accel");
	if (plan(&r, err) < 0 || (cg_held_may_start(&r.held) && carry_out(&r, err) < 0))
		return -1;
	*reply = describe(&r);
	return 0;
}

const struct cg_command cg_command_receive = { "receive", arguments, run,
					       CG_COMMAND_OWN };

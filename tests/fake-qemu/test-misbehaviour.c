// SPDX-License-Identifier: LGPL-2.1-or-later
/* The fake emulator misbehaves: each mode is what its name says. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/fake-qemu/peer.h"

static void refuses_modes_that_are_not_there(void **state)
{
	static const char *const bad[] = { "polite", "signal:NONE",
					   "half,polite@start/kvm" };
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(bad); i++) {
		setenv("FAKE_QEMU_MODE", bad[i], 1);
		peer_start_none(&peer);
		assert_int_equal(peer_end(&peer).status, 99);
		peer_stop(&peer);
	}
}

/* What the reply to query-target becomes. */
static void sends_something_else(void **state)
{
	static const struct {
		const char *mode, *reply;
	} cases[] = {
		{ "garbage@query-target", "220 this is quite another service" },
		{ "notqmp@query-target", "\"jsonrpc\"" },
		{ "utf8@query-target", "{\"id\": 5, \"return\": {\"name\": \"\xff" },
		{ "duplicate@query-target",
		  "{\"id\": 5, \"twice\": 1, \"twice\": 2, \"return\"" },
		{ "deep:3@query-target", "{\"id\": 5, \"return\": [[[]]]}" },
		{ "deep@query-target",
		  "{\"id\": 5, \"return\": [[[[[[[[[[[[[[[[[[[[[[[[[" },
		{ "wrongid@query-target",
		  "{\"id\": \"somebody else's\", \"return\": {\"arch\"" },
		{ "wrongtype@query-target", "{\"id\": 5, \"return\": \"not what" },
		{ "null@query-target", "{\"id\": 5, \"return\": null}" },
		{ "empty@query-target", "{\"id\": 5, \"return\": {}}" },
		{ "error@query-target",
		  "{\"id\": 5, \"error\": {\"class\": \"GenericError\"" },
		{ "error:X@query-target", "{\"id\": 5, \"error\": {\"class\": \"X\"" },
		{ "wrongtype@query-kvm", "{\"id\": 5, \"return\": {\"arch\"" },
		{ "wrongtype@query-target/kvm", "{\"id\": 5, \"return\": {\"arch\"" },
		{ "wrongtype@query-target/tcg/none",
		  "{\"id\": 5, \"return\": \"not what" },
		{ "wrongtype@query-target/tcg/globals",
		  "{\"id\": 5, \"return\": {\"arch\"" },
	};
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		peer_begin(&peer, cases[i].mode);
		assert_has(peer_ask(&peer, "{\"execute\": \"query-target\", \"id\": 5}"),
			   cases[i].reply);
		peer_stop(&peer);
	}
}

static void greets_wrongly(void **state)
{
	static const struct {
		const char *mode, *greeting;
	} cases[] = {
		{ "garbage", "220 this" },
		{ "notqmp", "{\"jsonrpc\"" },
		{ "utf8@greeting", "{\"return\": {\"name\": \"\xff" },
		{ "duplicate@greeting", "{\"twice\": 1, \"twice\": 2, \"QMP\"" },
	};
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		setenv("FAKE_QEMU_MODE", cases[i].mode, 1);
		peer_start_none(&peer);
		assert_has(peer_line(&peer), cases[i].greeting);
		peer_stop(&peer);
	}
}

static void ends_at_its_start(void **state)
{
	struct peer peer;

	(void)state;
	setenv("FAKE_QEMU_MODE", "exit:42", 1);
	setenv("FAKE_QEMU_STDERR", "no kitchen", 1);
	peer_start_none(&peer);
	assert_null(peer_line(&peer));
	assert_int_equal(peer_end(&peer).status, 42);
	assert_string_equal(peer_last_words(&peer), "no kitchen");
	peer_stop(&peer);
	setenv("FAKE_QEMU_MODE", "signal:ABRT@start", 1);
	peer_start_none(&peer);
	assert_int_equal(peer_end(&peer).signal, SIGABRT);
	peer_stop(&peer);
}

static void ends_at_a_command(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "signal@query-target");
	assert_null(peer_ask(&peer, "{\"execute\": \"query-target\"}"));
	assert_int_equal(peer_end(&peer).signal, SIGSEGV);
	peer_stop(&peer);
	peer_begin(&peer, "exit:1@query-target");
	assert_null(peer_ask(&peer, "{\"execute\": \"query-target\"}"));
	assert_int_equal(peer_end(&peer).status, 1);
	peer_stop(&peer);
}

static void says_nothing(void **state)
{
	struct peer peer;

	(void)state;
	setenv("FAKE_QEMU_MODE", "mute", 1);
	peer_start_none(&peer);
	assert_null(peer_line_within(&peer, PEER_MOMENT));
	assert_true(peer_is_alive(&peer));
	peer_stop(&peer);
	peer_begin(&peer, "hang@query-target");
	assert_has(peer_ask(&peer, "{\"execute\": \"query-kvm\"}"), "present");
	peer_say(&peer, "{\"execute\": \"query-target\"}");
	assert_null(peer_line_within(&peer, PEER_MOMENT));
	assert_true(peer_is_alive(&peer));
	peer_stop(&peer);
}

static void sends_half_a_message(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "half@query-target");
	assert_null(peer_ask(&peer, "{\"execute\": \"query-target\"}"));
	assert_string_equal(peer.in.data, "{\"return\": {\"arc");
	assert_int_equal(peer_end(&peer).status, 1);
	peer_stop(&peer);
	peer_begin(&peer, "stall@query-target");
	peer_say(&peer, "{\"execute\": \"query-target\"}");
	assert_null(peer_line_within(&peer, PEER_MOMENT));
	assert_true(peer.in.len > 0);
	assert_true(peer_is_alive(&peer));
	peer_stop(&peer);
}

static void closes_its_monitor_and_stays(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "close@query-target");
	assert_null(peer_ask(&peer, "{\"execute\": \"query-target\"}"));
	assert_true(peer_is_alive(&peer));
	peer_stop(&peer);
}

static void floods_with_a_line_that_does_not_end(void **state)
{
	char piece[1 << 16];
	struct peer peer;
	size_t total = 0;

	(void)state;
	peer_begin(&peer, "flood:64@query-target");
	peer_say(&peer, "{\"execute\": \"query-target\"}");
	while (total < 64 << 20) {
		ssize_t got = read(peer.fd, piece, sizeof(piece));

		assert_true(got > 0);
		assert_null(memchr(piece, '\n', (size_t)got));
		total += (size_t)got;
	}
	peer_stop(&peer);
}

static void sends_events_between_replies(void **state)
{
	struct peer peer;
	char *text;

	(void)state;
	peer_begin(&peer, "events");
	text = peer_ask(&peer, "{\"execute\": \"query-target\"}");
	for (int events = 0; events < 3; events++, text = peer_line(&peer))
		assert_has(text, "\"event\"");
	assert_has(text, "x86_64");
	peer_stop(&peer);
}

static void answers_twice(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "twice@query-target");
	assert_has(peer_ask(&peer, "{\"execute\": \"query-target\"}"), "x86_64");
	assert_has(peer_line(&peer), "x86_64");
	peer_stop(&peer);
}

static void takes_its_time(void **state)
{
	struct peer peer;
	int64_t before;

	(void)state;
	peer_begin(&peer, "slow:60@query-target");
	before = cg_clock_now();
	assert_has(peer_ask(&peer, "{\"execute\": \"query-target\"}"), "x86_64");
	assert_true(cg_clock_now() - before >= 60 * CG_MS);
	peer_stop(&peer);
}

static void does_not_mind_polite_signals(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "stubborn");
	kill(cg_child_pid(peer.child), SIGTERM);
	kill(cg_child_pid(peer.child), SIGINT);
	assert_has(peer_ask(&peer, "{\"execute\": \"query-target\"}"), "x86_64");
	kill(cg_child_pid(peer.child), SIGKILL);
	assert_int_equal(peer_end(&peer).signal, SIGKILL);
	peer_stop(&peer);
}

/* Process ids in the file. */
static size_t read_pids(const char *path, pid_t pids[static 2])
{
	FILE *in = fopen(path, "r");
	size_t count = 0;
	int pid;

	while (in && count < 2 && fscanf(in, "%d", &pid) == 1)
		pids[count++] = pid;
	if (in)
		fclose(in);
	return count;
}

/*
 * The child, if it has one, has the socket too: no end of the stream shows that the
 * parent died.
 */
static void leaves_a_child(void **state)
{
	static const char *const modes[] = { "straggler", "straggler:away" };
	char *path = peer_path(peer_scratch, "pids");

	(void)state;
	setenv("FAKE_QEMU_PIDS", path, 1);
	for (size_t i = 0; i < CG_COUNT(modes); i++) {
		pid_t pids[2];
		struct peer peer;

		peer_begin(&peer, modes[i]);
		while (read_pids(path, pids) < 2)
			usleep(1000);
		peer_say(&peer, "{\"execute\": \"quit\"}");
		assert_int_equal(peer_end(&peer).status, 0);
		while (peer_line_within(&peer, PEER_MOMENT))
			;
		/* One in the parent's group goes with it (base/child.h); one in its own stays. */
		assert_int_equal(recv(peer.fd, pids, 1, i == 0 ? 0 : MSG_DONTWAIT),
				 i == 0 ? 0 : -1);
		for (size_t p = 0; p < 2; p++)
			if (read_pids(path, pids) == 2 &&
			    pids[p] != cg_child_pid(peer.child))
				kill(pids[p], SIGKILL);
		peer_stop(&peer);
		unlink(path);
	}
	free(path);
}

static void floods_stderr_first(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "noisy:2");
	assert_has(peer_last_words(&peer),
		   "qemu-system-x86_64: warning"); /* cut where our file ends */
	peer_stop(&peer);
}

static void lies_about_one_model(void **state)
{
	struct peer peer;
	char *text;

	(void)state;
	peer_begin(&peer, "liar");
	text = peer_ask(&peer, "{\"execute\": \"query-cpu-definitions\"}");
	assert_has(text, "\"qemu64-x86_64-cpu\", \"unavailable-features\": [\"mmx\"]");
	assert_has(text, "\"qemu64-v1-x86_64-cpu\", \"unavailable-features\": [\"mmx\"]");
	assert_has(text, "\"486-x86_64-cpu\", \"unavailable-features\": []");
	peer_stop(&peer);
	peer_begin(&peer, "liar:Haswell");
	text = peer_ask(&peer, "{\"execute\": \"query-cpu-definitions\"}");
	assert_has(text,
		   "\"Haswell-v4-x86_64-cpu\", \"unavailable-features\": [\"mmx\", \"");
	peer_stop(&peer);
}

static void falls_back_from_kvm(void **state)
{
	struct peer peer;

	(void)state;
	setenv("FAKE_QEMU_MODE", "nokvm", 1);
	peer_start(&peer, "-machine", "none,accel=kvm");
	peer_negotiate(&peer);
	assert_has(peer_ask(&peer, "{\"execute\": \"query-kvm\"}"), "\"enabled\": false");
	peer_stop(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(refuses_modes_that_are_not_there),
		PEER_TEST(sends_something_else),
		PEER_TEST(greets_wrongly),
		PEER_TEST(ends_at_its_start),
		PEER_TEST(ends_at_a_command),
		PEER_TEST(says_nothing),
		PEER_TEST(sends_half_a_message),
		PEER_TEST(closes_its_monitor_and_stays),
		PEER_TEST(floods_with_a_line_that_does_not_end),
		PEER_TEST(sends_events_between_replies),
		PEER_TEST(answers_twice),
		PEER_TEST(takes_its_time),
		PEER_TEST(does_not_mind_polite_signals),
		PEER_TEST(leaves_a_child),
		PEER_TEST(floods_stderr_first),
		PEER_TEST(lies_about_one_model),
		PEER_TEST(falls_back_from_kvm),
	};

	return cmocka_run_group_tests(tests, peer_set_up, peer_tear_down);
}

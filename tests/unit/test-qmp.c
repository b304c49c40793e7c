// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The other end of the socket is a script. Most of it is said before the client starts:
 * what a peer says need not wait for what it is told; where time matters it is a thread.
 */
#include "emulator/qmp.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/outcome.h"

#define GREETING                                                                         \
	"{\"QMP\": {\"version\": {\"package\": \"\"}, \"capabilities\": [\"oob\"]}}\r\n"
#define REPLY(id) "{\"return\": {}, \"id\": " #id "}\r\n"
#define EVENT                                                                            \
	"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"STOP\"}\r\n"
#define ERROR(id, class, desc)                                                           \
	"{\"id\": " #id ", \"error\": {\"class\": \"" class "\", \"desc\": \"" desc      \
							    "\"}}\r\n"

static const struct cg_qmp_limits patient = { 10 * CG_S, 1 << 20, -1, false };
static const struct cg_qmp_limits hasty = { 30 * CG_MS, 1 << 20, -1, false };

static int ours = -1, theirs = -1; /* ends of the socket; the client closes ours */

static void say(const char *text)
{
	assert_int_equal(send(theirs, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static int connect_both(void **state)
{
	int ends[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	ours = ends[0];
	theirs = ends[1];
	return 0;
}

static int hang_up(void **state)
{
	(void)state;
	if (theirs >= 0)
		close(theirs);
	theirs = -1;
	return 0;
}

static struct cg_qmp *opened(const struct cg_qmp_limits *limits)
{
	struct cg_qmp *qmp = NULL;
	struct cg_error err;

	say(GREETING REPLY(0));
	assert_ok(cg_qmp_open(&qmp, ours, limits, &err));
	return qmp;
}

/* What was sent to the peer until now. */
static void expect_sent(const char *want)
{
	char text[4096];
	ssize_t got = recv(theirs, text, sizeof(text) - 1, MSG_DONTWAIT);

	assert_true(got >= 0);
	text[got] = '\0';
	assert_string_equal(text, want);
}

/* The client has closed its end. */
static bool has_hung_up(void)
{
	char text[4096];
	ssize_t got;

	do
		got = recv(theirs, text, sizeof(text), MSG_DONTWAIT);
	while (got > 0);
	return got == 0;
}

static void receive(struct cg_qmp *qmp, const char *want)
{
	cg_auto_json json_t *reply = NULL;
	cg_auto_free char *text = NULL;
	struct cg_error err;

	assert_ok(cg_qmp_receive(qmp, &reply, &err));
	text = cg_json_canonical(reply);
	assert_string_equal(text, want);
}

static void expect_failure(struct cg_qmp *qmp, enum cg_errc code, const char *words)
{
	json_t *reply = NULL;
	struct cg_error err;

	assert_error(cg_qmp_receive(qmp, &reply, &err), code);
	assert_null(reply);
	if (words)
		assert_contains(err.msg, words);
}

static void send_command(struct cg_qmp *qmp, const char *command)
{
	struct cg_error err;

	assert_ok(cg_qmp_send(qmp, command, NULL, &err));
}

static void a_greeting_is_answered(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&patient);

	(void)state;
	expect_sent("{\"execute\":\"qmp_capabilities\",\"id\":0}\n");
	qmp = cg_qmp_close(qmp);
	assert_null(qmp);
	assert_true(has_hung_up());
	assert_null(cg_qmp_close(NULL));
}

/* Opens against @text and checks that it fails with @code, having consumed the socket. */
static void expect_no_qmp(const char *text, bool ends, enum cg_errc code)
{
	struct cg_qmp *qmp = NULL;
	struct cg_error err;

	assert_int_equal(connect_both(NULL), 0);
	say(text);
	if (ends)
		shutdown(theirs, SHUT_WR);
	if (cg_qmp_open(&qmp, ours, &hasty, &err) == 0)
		fail_msg("taken for QMP: %s", text);
	if (err.code != code)
		fail_msg("%s: %s, %s", text, cg_errc_name(err.code), err.msg);
	assert_null(qmp);
	assert_true(has_hung_up());
	hang_up(NULL);
}

static void what_is_no_qmp_is_noticed(void **state)
{
	static const char *const texts[] = {
		"SSH-2.0-OpenSSH_9.2p1\r\n",
		"garbage\n",
		"\n",
		"\r\n" GREETING,
		"[]\n",
		"{}\n",
		"{\"QMP\": 1}\n",
		"{\"QMP\": {}, \"QMP\": {}}\n",
		REPLY(0),
		EVENT GREETING REPLY(0),
		GREETING GREETING,
		GREETING "garbage\n",
		GREETING "[]\n",
		GREETING "{\"return\": {}}\n",
		GREETING "{\"return\": {}, \"id\": 0} {}\n",
		GREETING "{\"return\": {}, \"id\": \"0\"}\n",
		GREETING "{\"return\": {}, \"id\": 0.0}\n",
		GREETING "{\"return\": {}, \"id\": -1}\n",
		GREETING "{\"return\": {}, \"id\": null}\n",
		GREETING "{\"return\": {}, \"id\": 18446744073709551615}\n",
		GREETING "{\"return\": {}, \"id\": 0, \"id\": 0}\n",
		GREETING REPLY(1),
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++)
		expect_no_qmp(texts[i], false, CG_E_PROTOCOL);
}

static void an_end_is_noticed_wherever_it_comes(void **state)
{
	static const char script[] = GREETING EVENT REPLY(0);
	char text[sizeof(script)];

	(void)state;
	for (size_t len = 0; len < sizeof(script) - 1; len += len % 7 + 1) {
		snprintf(text, sizeof(text), "%.*s", (int)len, script);
		expect_no_qmp(text, true, CG_E_DIED);
	}
	expect_no_qmp(GREETING ERROR(0, "GenericError", "no"), true, CG_E_REFUSED);
}

static void silence_ends_at_the_deadline(void **state)
{
	static const char *const texts[] = { "", "{\"QMP\": {", GREETING,
					     GREETING EVENT };

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		int64_t before = cg_clock_now(), passed;

		expect_no_qmp(texts[i], false, CG_E_TIMEOUT);
		passed = cg_clock_now() - before;
		assert_true(passed >= hasty.reply_ns && passed < 5 * CG_S);
	}
}

static void a_peer_that_is_gone_has_died(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&patient);
	struct cg_error err;

	(void)state;
	hang_up(NULL);
	assert_error(cg_qmp_send(qmp, "stop", NULL, &err), CG_E_DIED);
	assert_contains(err.msg, "stop");
	expect_failure(qmp, CG_E_DIED, NULL);
}

static void an_end_within_a_message_is_told_from_one_between(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&patient);

	(void)state;
	send_command(qmp, "stop");
	say("{\"return\": {}, \"id\": 1}");
	shutdown(theirs, SHUT_WR);
	expect_failure(qmp, CG_E_DIED, "within a message");
}

static void events_are_passed_over(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&patient);

	(void)state;
	send_command(qmp, "a");
	send_command(qmp, "b");
	say(EVENT EVENT "{\"return\": [1], \"id\": 1}\r\n" EVENT
			"{\"return\": [2], \"id\": 2}\r\n");
	receive(qmp, "[1]");
	receive(qmp, "[2]");
}

static void commands_are_sent_ahead(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&patient);

	(void)state;
	expect_sent("{\"execute\":\"qmp_capabilities\",\"id\":0}\n");
	send_command(qmp, "a");
	send_command(qmp, "b");
	send_command(qmp, "c");
	expect_sent("{\"execute\":\"a\",\"id\":1}\n{\"execute\":\"b\",\"id\":2}\n"
		    "{\"execute\":\"c\",\"id\":3}\n");
	say("{\"return\": \"A\", \"id\": 1}\r\n");
	receive(qmp, "\"A\"");
	send_command(qmp, "d");
	say("{\"return\": \"B\", \"id\": 2}\r\n" ERROR(3, "GenericError", "not C"));
	say("{\"return\": null, \"id\": 4}\r\n");
	receive(qmp, "\"B\"");
	expect_failure(qmp, CG_E_REFUSED, "not C");
	receive(qmp, "null");
}

static void replies_come_in_the_order_of_commands(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&patient);

	(void)state;
	send_command(qmp, "a");
	send_command(qmp, "b");
	say(REPLY(2) REPLY(1));
	expect_failure(qmp, CG_E_PROTOCOL, "no command of ours");
}

static void an_error_is_a_refusal_and_the_connection_goes_on(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&patient);
	cg_auto_json json_t *reply = NULL;
	struct cg_error err;

	(void)state;
	say(ERROR(1, "GenericError", "The CPU model 'x' is not found"));
	say(ERROR(2, "CommandNotFound", "The command query-kvm has not been found"));
	say("{\"id\": 3, \"error\": {}}\r\n{\"id\": 4, \"error\": 5}\r\n" REPLY(5));
	assert_error(cg_qmp_call(qmp, "a", NULL, &reply, &err), CG_E_REFUSED);
	assert_string_equal(err.msg, "a: The CPU model 'x' is not found");
	assert_error(cg_qmp_call(qmp, "query-kvm", NULL, &reply, &err), CG_E_UNKNOWN);
	assert_contains(err.msg, "query-kvm has not been found");
	assert_error(cg_qmp_call(qmp, "c", NULL, &reply, &err), CG_E_REFUSED);
	assert_error(cg_qmp_call(qmp, "d", NULL, &reply, &err), CG_E_REFUSED);
	assert_null(reply);
	assert_ok(cg_qmp_call(qmp, "e", NULL, &reply, &err));
}

static void large_integers_go_both_ways(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&patient);
	cg_auto_json json_t *reply = NULL;
	json_t *args = json_object();
	struct cg_error err;
	uint64_t number = 0;

	(void)state;
	expect_sent("{\"execute\":\"qmp_capabilities\",\"id\":0}\n");
	json_object_set_new(args, "lbr-fmt", cg_json_from_uint(UINT64_MAX - 63));
	say("{\"return\": {\"lbr-fmt\": 18446744073709551552}, \"id\": 1}\r\n");
	assert_ok(cg_qmp_call(qmp, "x", args, &reply, &err));
	expect_sent("{\"arguments\":{\"lbr-fmt\":18446744073709551552},"
		    "\"execute\":\"x\",\"id\":1}\n");
	assert_true(cg_json_uint(json_object_get(reply, "lbr-fmt"), &number));
	assert_true(number == UINT64_MAX - 63);
}

/* A thread at the other end. */
struct talker {
	const char *text; /* said again and again if @endless, until nobody listens */
	size_t len;
	size_t piece; /* bytes at a time */
	useconds_t pause;
	bool endless;
};

static void *talk(void *data)
{
	const struct talker *talker = data;
	size_t said;

	do {
		for (said = 0; said < talker->len;) {
			size_t left = talker->len - said;
			ssize_t put = send(theirs, talker->text + said,
					   left < talker->piece ? left : talker->piece,
					   MSG_NOSIGNAL);

			if (put <= 0)
				return NULL;
			said += (size_t)put;
			if (talker->pause)
				usleep(talker->pause);
		}
	} while (talker->endless);
	return NULL;
}

static pthread_t start_talking(struct talker *talker)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, talk, talker), 0);
	return thread;
}

/* Opens against a thread; ends it. */
static int open_against(struct talker *talker, const struct cg_qmp_limits *limits,
			struct cg_error *err)
{
	struct cg_qmp *qmp = NULL;
	pthread_t thread = start_talking(talker);
	int ret = cg_qmp_open(&qmp, ours, limits, err);

	cg_qmp_close(qmp);
	pthread_join(thread, NULL);
	return ret;
}

static void messages_may_come_in_pieces(void **state)
{
	static const char text[] = GREETING EVENT REPLY(0);
	struct cg_error err;

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece = piece * 2 + 1) {
		struct talker talker = { text, sizeof(text) - 1, piece, 20, false };

		assert_int_equal(connect_both(NULL), 0);
		assert_ok(open_against(&talker, &patient, &err));
		hang_up(NULL);
	}
}

static void a_flood_without_an_end_is_limited(void **state)
{
	static const char text[] =
		"{\"QMP\": \"                                          ";
	struct talker talker = { text, sizeof(text) - 1, 40, 0, true };
	struct cg_qmp_limits limits = patient;
	struct cg_error err;

	(void)state;
	limits.message_bytes = 100000;
	assert_error(open_against(&talker, &limits, &err), CG_E_LIMIT);
	assert_contains(err.msg, "100000");
}

static void a_trickle_does_not_move_the_deadline(void **state)
{
	static const char text[] =
		"{\"QMP\": \"                                          ";
	struct talker talker = { text, sizeof(text) - 1, 1, 1000, true };
	int64_t before = cg_clock_now();
	struct cg_error err;

	(void)state;
	assert_error(open_against(&talker, &hasty, &err), CG_E_TIMEOUT);
	assert_true(cg_clock_now() - before < 5 * CG_S);
}

static void events_do_not_move_the_deadline(void **state)
{
	struct talker talker = { EVENT, sizeof(EVENT) - 1, sizeof(EVENT) - 1, 1000,
				 true };
	struct cg_qmp *qmp = opened(&hasty);
	int64_t before = cg_clock_now();
	json_t *reply = NULL;
	struct cg_error err;
	pthread_t thread;

	(void)state;
	send_command(qmp, "a");
	thread = start_talking(&talker);
	assert_error(cg_qmp_receive(qmp, &reply, &err), CG_E_TIMEOUT);
	cg_qmp_close(qmp);
	pthread_join(thread, NULL);
	assert_true(cg_clock_now() - before < 5 * CG_S);
}

/* Nor when there always is something to read, so that nobody ever waits. */
static void not_even_events_that_are_there_already_do(void **state)
{
	static const struct cg_qmp_limits none = { 1, 1 << 20, -1, false };
	cg_auto_qmp struct cg_qmp *qmp = opened(&none);

	(void)state;
	send_command(qmp, "a");
	say(EVENT REPLY(1));
	expect_failure(qmp, CG_E_TIMEOUT, NULL);
}

/* A reply of @len bytes altogether. */
static char *long_reply(size_t len)
{
	static const char head[] = "{\"id\": 1, \"return\": \"", tail[] = "\"}\r\n";
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + len - (sizeof(tail) - 1), tail, sizeof(tail));
	return text;
}

static void a_message_may_be_as_long_as_the_limit(void **state)
{
	static const size_t limit = 300000; /* more than a socket takes at once */

	(void)state;
	for (size_t len = limit; len <= limit + 1; len++) {
		cg_auto_free char *text = long_reply(len);
		struct talker talker = { text, len, len, 0, false };
		struct cg_qmp_limits limits = { 10 * CG_S, limit, -1, false };
		cg_auto_json json_t *reply = NULL;
		struct cg_qmp *qmp;
		struct cg_error err;
		pthread_t thread;
		int ret;

		assert_int_equal(connect_both(NULL), 0);
		qmp = opened(&limits);
		thread = start_talking(&talker);
		ret = cg_qmp_call(qmp, "long", NULL, &reply, &err);
		cg_qmp_close(qmp);
		pthread_join(thread, NULL);
		hang_up(NULL);
		assert_int_equal(ret, len > limit ? -1 : 0);
		if (len > limit)
			assert_int_equal(err.code, CG_E_LIMIT);
		else
			assert_int_equal(json_string_length(reply), len - 25);
	}
}

static void many_messages_may_be_longer_than_the_limit(void **state)
{
	struct cg_qmp_limits limits = { 10 * CG_S, 200, -1, false };
	cg_auto_qmp struct cg_qmp *qmp = opened(&limits);
	char text[64];

	(void)state;
	for (int i = 1; i <= 100; i++) {
		send_command(qmp, "a");
		snprintf(text, sizeof(text), "{\"return\": %d, \"id\": %d}\r\n", i, i);
		say(text);
	}
	for (int i = 1; i <= 100; i++) {
		snprintf(text, sizeof(text), "%d", i);
		receive(qmp, text);
	}
}

static void a_peer_that_does_not_listen_is_given_up(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&hasty);
	cg_auto_free char *text = calloc(1, 1000001);
	json_t *args;
	struct cg_error err;

	(void)state;
	memset(text, 'x', 1000000);
	args = json_pack("{s:s}", "x", text);
	assert_error(cg_qmp_send(qmp, "long", args, &err), CG_E_TIMEOUT);
}

static void *cancel_later(void *fd)
{
	usleep(10000);
	(void)!write(*(int *)fd, "x", 1);
	return NULL;
}

static void the_wish_to_stop_ends_every_wait(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = NULL;
	struct cg_qmp_limits limits = patient;
	int64_t before = cg_clock_now();
	pthread_t thread;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	limits.cancel_fd = ends[0];
	qmp = opened(&limits);
	send_command(qmp, "a");
	assert_int_equal(pthread_create(&thread, NULL, cancel_later, &ends[1]), 0);
	expect_failure(qmp, CG_E_CANCELLED, NULL);
	pthread_join(thread, NULL);
	assert_true(cg_clock_now() - before < 5 * CG_S);
	expect_failure(qmp, CG_E_CANCELLED, NULL); /* nobody has read the wish */
	close(ends[0]);
	close(ends[1]);
}

static void who_wants_to_stop_does_not_even_read(void **state)
{
	struct cg_qmp_limits limits = patient;
	struct cg_qmp *qmp = NULL;
	struct cg_error err;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[1]); /* an end of the other side is a wish too */
	limits.cancel_fd = ends[0];
	say(GREETING REPLY(0));
	assert_error(cg_qmp_open(&qmp, ours, &limits, &err), CG_E_CANCELLED);
	close(ends[0]);
}

static void expect_peek(struct cg_qmp *qmp, bool want, struct cg_digest *digest)
{
	bool plain = !want;
	struct cg_error err;

	assert_ok(cg_qmp_peek(qmp, &plain, digest, &err));
	assert_int_equal(plain, want);
}

static void the_same_reply_has_the_same_digest(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&patient);
	struct cg_digest digests[4];

	(void)state;
	for (int i = 1; i <= 4; i++)
		send_command(qmp, "a");
	say("{\"return\": {\"a\": 1}, \"id\": 1}\r\n");
	say("{\"return\": {\"a\": 1}, \"id\": 2}\r\n");
	say("{\"return\": {\"a\": 2}, \"id\": 3}\r\n");
	say("{\"return\": {\"a\": 1}, \"id\": 4}\r\n");
	for (size_t i = 0; i < 4; i++) {
		expect_peek(qmp, true, &digests[i]);
		expect_peek(qmp, true, &digests[i]); /* looking takes nothing */
		if (i % 2)
			cg_qmp_skip(qmp);
		else
			receive(qmp, i ? "{\"a\":2}" : "{\"a\":1}");
	}
	assert_memory_equal(&digests[0], &digests[1], sizeof(digests[0]));
	assert_memory_equal(&digests[0], &digests[3], sizeof(digests[0]));
	assert_memory_not_equal(&digests[0], &digests[2], sizeof(digests[0]));
}

static void only_success_with_the_due_id_is_plain(void **state)
{
	static const char *const messages[] = {
		ERROR(1, "GenericError", "no"),
		EVENT,
		"{\"return\": {}, \"id\": 2}\r\n",
		"{\"return\": {}, \"id\": 11}\r\n",
		"{\"id\": 1, \"return\": {}}\r\n",
		"{\"return\": {}}\r\n",
		"garbage\r\n",
		"\r\n",
		", \"id\": 1}\r\n",
		"{\"return\": , \"id\": 1}\r\n",
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(messages); i++) {
		struct cg_digest digest;
		struct cg_qmp *qmp;

		assert_int_equal(connect_both(NULL), 0);
		qmp = opened(&patient);
		send_command(qmp, "a");
		say(messages[i]);
		expect_peek(qmp, false, &digest);
		cg_qmp_close(qmp);
		hang_up(NULL);
	}
}

static void peeking_waits_like_receiving(void **state)
{
	cg_auto_qmp struct cg_qmp *qmp = opened(&hasty);
	struct cg_digest digest;
	struct cg_error err;
	bool plain;

	(void)state;
	send_command(qmp, "a");
	say("{\"return\": {}, ");
	assert_error(cg_qmp_peek(qmp, &plain, &digest, &err), CG_E_TIMEOUT);
	say("\"id\": 1}\r\n");
	expect_peek(qmp, true, &digest);
	cg_qmp_skip(qmp);
	shutdown(theirs, SHUT_WR);
	assert_error(cg_qmp_peek(qmp, &plain, &digest, &err), CG_E_DIED);
}

static void the_peer_is_who_really_wrote(void **state)
{
	struct cg_qmp *qmp = NULL;
	struct cg_error err;
	char byte;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		close(ours);
		(void)!write(theirs, GREETING, sizeof(GREETING) - 1);
		(void)!read(theirs, &byte, 1);
		(void)!write(theirs, REPLY(0), sizeof(REPLY(0)) - 1);
		_exit(0);
	}
	assert_ok(cg_qmp_open(&qmp, ours, &patient, &err));
	assert_int_equal(cg_qmp_peer(qmp), pid);
	cg_qmp_close(qmp);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

#define over_a_socket(test) cmocka_unit_test_setup_teardown(test, connect_both, hang_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		over_a_socket(a_greeting_is_answered),
		cmocka_unit_test(what_is_no_qmp_is_noticed),
		cmocka_unit_test(an_end_is_noticed_wherever_it_comes),
		cmocka_unit_test(silence_ends_at_the_deadline),
		over_a_socket(a_peer_that_is_gone_has_died),
		over_a_socket(an_end_within_a_message_is_told_from_one_between),
		over_a_socket(events_are_passed_over),
		over_a_socket(commands_are_sent_ahead),
		over_a_socket(replies_come_in_the_order_of_commands),
		over_a_socket(an_error_is_a_refusal_and_the_connection_goes_on),
		over_a_socket(large_integers_go_both_ways),
		cmocka_unit_test(messages_may_come_in_pieces),
		over_a_socket(a_flood_without_an_end_is_limited),
		over_a_socket(a_trickle_does_not_move_the_deadline),
		over_a_socket(events_do_not_move_the_deadline),
		over_a_socket(not_even_events_that_are_there_already_do),
		cmocka_unit_test(a_message_may_be_as_long_as_the_limit),
		over_a_socket(many_messages_may_be_longer_than_the_limit),
		over_a_socket(a_peer_that_does_not_listen_is_given_up),
		over_a_socket(the_wish_to_stop_ends_every_wait),
		over_a_socket(who_wants_to_stop_does_not_even_read),
		over_a_socket(the_same_reply_has_the_same_digest),
		cmocka_unit_test(only_success_with_the_due_id_is_plain),
		over_a_socket(peeking_waits_like_receiving),
		over_a_socket(the_peer_is_who_really_wrote),
	};

	alarm(60); /* nobody waits for a test that hangs */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

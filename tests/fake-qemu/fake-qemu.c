// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A QEMU for tests: takes QEMU's command line, speaks QMP from recorded transcripts, and
 * misbehaves on request. Settings come by environment, because the arguments are QEMU's:
 *
 *	FAKE_QEMU_DIR      folder of transcripts, or
 *	FAKE_QEMU_REPLIES  a file of replies that libvirt recorded
 *	FAKE_QEMU_MODE     misbehaviour, see misbehave.h
 *	FAKE_QEMU_STDERR   last words of "exit" and "signal"
 *	FAKE_QEMU_LOG      gets a line for each start
 *	FAKE_QEMU_PIDS     gets the id of each process, children included
 *	FAKE_QEMU_LIFE     seconds until it ends by itself (60)
 *
 * Where the fake itself fails, and not the QEMU that it plays, it exits with 99.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/fake-qemu/library.h"
#include "tests/fake-qemu/session.h"

#define STATIC_BASE                                                                      \
	"{\"arguments\":{\"model\":{\"name\":\"base\"},\"type\":\"static\"},"            \
	"\"execute\":\"query-cpu-model-expansion\"}"

_Noreturn static void refuse(const char *why)
{
	fprintf(stderr, "qemu-system-x86_64: %s\n", why);
	fake_leave(1);
}

static void on_terminate(int number)
{
	static const char text[] = "qemu-system-x86_64: terminating on signal\n";

	(void)number;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(0);
}

/* The words of this emulator's CPUs, less lmce, which cpugate doesn't switch. */
static int read_words(struct fake_session *session, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(FAKE_MESSAGE);
	cg_auto_json json_t *reply = NULL;
	json_t *props, *value;
	const char *word;
	void *next;

	if (fake_transcript_reply(session->transcript, STATIC_BASE, &text, err) < 0)
		return -1;
	if (!text.len)
		return 0;
	if (cg_json_parse(&reply, text.data, text.len, FAKE_MESSAGE, err) < 0)
		return -1;
	if (json_unpack(reply, "{s:{s:{s:O}}}", "return", "model", "props", &props) < 0)
		return 0;
	session->words = props;
	json_object_del(props, "lmce");
	json_object_foreach_safe(props, next, word, value)
		if (!json_is_boolean(value))
			json_object_del(props, word);
	return 0;
}

/*
 * A recording with globals was made with each word switched on, so it only speaks for a
 * process that was started so. A word that QEMU doesn't have gets QEMU's warning.
 */
static int check_globals(const struct fake_session *session, struct cg_error *err)
{
	size_t count = session->arguments.global_count;
	cg_auto_json json_t *missing = count ? json_deep_copy(session->words) : NULL;

	for (size_t i = 0; i < count; i++) {
		const char *text = session->arguments.globals[i];
		const char *dot = strchr(text, '.');
		cg_auto_free char *word =
			strndup(dot ? dot + 1 : text, strcspn(dot ? dot + 1 : text, "="));

		if (missing && json_object_del(missing, word) < 0 &&
		    strcmp(word, "lmce") != 0)
			fprintf(stderr,
				"warning: can't apply global %s: Property '%.*s' not found\n",
				text, (int)strcspn(text, "="), text);
	}
	if (json_object_size(missing) == 0)
		return 0;
	return cg_error_set(err, CG_E_USAGE, "%zu globals missing, such as %s",
			    json_object_size(missing),
			    json_object_iter_key(json_object_iter(missing)));
}

static int choose(struct fake_session *session, struct cg_error *err)
{
	const char *replies = getenv("FAKE_QEMU_REPLIES");
	const char *folder = getenv("FAKE_QEMU_DIR");
	const char *refusal = "failed to initialize kvm: No such file or directory";
	int failed;

	if (fake_modes_flag(&session->modes, "nokvm")) {
		/* What QEMU falls back to answers as what it is. */
		free(session->arguments.accel);
		session->arguments.accel = strdup("tcg");
	}
	if (replies)
		failed = fake_replies_load(&session->transcript, replies,
					   session->arguments.accel, err);
	else if (folder)
		failed = fake_library_find(&session->transcript, folder,
					   &session->arguments, &refusal, err);
	else
		failed = cg_error_set(err, CG_E_USAGE, "FAKE_QEMU_DIR is not set");
	if (failed)
		return -1;
	if (!session->transcript)
		refuse(refusal);
	if (read_words(session, err) < 0)
		return -1;
	return replies ? 0 : check_globals(session, err);
}

static int prepare(struct fake_session *session, char **argv, struct cg_error *err)
{
	const char *modes = getenv("FAKE_QEMU_MODE");
	struct fake_message none = { 0 };
	struct fake_who who;

	if (fake_arguments_parse(&session->arguments, argv, err) < 0)
		return -1;
	who = (struct fake_who){ &session->arguments, fake_log_start(argv) };
	if (fake_modes_parse(&session->modes, modes ? modes : "", &who, err) < 0)
		return -1;
	if (session->arguments.in < 0)
		return cg_error_set(err, CG_E_USAGE, "no monitor: -chardev socket,fd=N");
	none.fd = session->arguments.out;
	fake_modes_before(&session->modes, "start", &none);
	return choose(session, err);
}

static void greet(struct fake_session *session)
{
	struct fake_question greeting = { .name = "greeting" };
	struct fake_message none = { .fd = session->arguments.out };

	fake_modes_before(&session->modes, "greeting", &none);
	fake_play(session, &greeting, fake_transcript_greeting(session->transcript));
}

int main(int argc, char **argv)
{
	struct fake_session session = { 0 };
	struct cg_error err;

	(void)argc;
	fake_read_settings();
	fake_limit_life();
	fake_log_pid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_terminate);
	if (prepare(&session, argv, &err) < 0)
		fake_broken(&err);
	greet(&session);
	fake_converse(&session);
	fake_linger(); /* the monitor is gone; QEMU goes on without it */
}

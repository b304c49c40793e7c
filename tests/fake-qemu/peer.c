// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Starting the fake as cpugate starts QEMU, and speaking to it without cpugate's own QMP
 * code.
 */
#include "tests/fake-qemu/peer.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

char *peer_program, *peer_folder, *peer_scratch;

char *peer_path(const char *folder, const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	return path;
}

void peer_start_at(struct peer *peer, const char *program, const char *const arguments[])
{
	const char *argv[1024] = { program, "-S", "-m", "16" };
	size_t n = 4;
	struct cg_error err;
	char chardev[64];
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	snprintf(chardev, sizeof(chardev), "socket,id=cpugate,fd=%d", ends[1]);
	while (*arguments)
		argv[n++] = *arguments++;
	argv[n++] = "-chardev";
	argv[n++] = chardev;
	argv[n++] = "-mon";
	argv[n++] = "chardev=cpugate,mode=control";
	*peer = (struct peer){ .fd = ends[0], .in = CG_BUFFER(PEER_LINE) };
	assert_int_equal(cg_child_start(&peer->child, argv, ends[1], &err), 0);
	close(ends[1]);
}

void peer_stop(struct peer *peer)
{
	peer->child = cg_child_free(peer->child);
	close(peer->fd);
	cg_buffer_deinit(&peer->in);
}

/* Read once. False at the end of the stream or when nothing comes for @ns. */
static bool read_some(struct peer *peer, int64_t ns)
{
	struct pollfd ready = { .fd = peer->fd, .events = POLLIN };
	struct cg_error err;
	ssize_t got;

	if (poll(&ready, 1, cg_clock_left_ms(cg_clock_in(ns))) <= 0)
		return false;
	assert_int_equal(cg_buffer_reserve(&peer->in, 1 << 16, &err), 0);
	got = read(peer->fd, peer->in.data + peer->in.len, 1 << 16);
	if (got <= 0)
		return false;
	peer->in.len += (size_t)got;
	peer->in.data[peer->in.len] = '\0';
	return true;
}

char *peer_line_within(struct peer *peer, int64_t ns)
{
	char *end;

	cg_buffer_drop(&peer->in, peer->given);
	peer->given = 0;
	while (!peer->in.len || !(end = strchr(peer->in.data, '\n')))
		if (!read_some(peer, ns))
			return NULL;
	peer->given = (size_t)(end + 1 - peer->in.data);
	end[end > peer->in.data && end[-1] == '\r' ? -1 : 0] = '\0';
	return peer->in.data;
}

char *peer_line(struct peer *peer)
{
	return peer_line_within(peer, PEER_PATIENCE);
}

void peer_say(struct peer *peer, const char *text)
{
	assert_int_equal(send(peer->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

char *peer_ask(struct peer *peer, const char *text)
{
	peer_say(peer, text);
	return peer_line(peer);
}

void peer_negotiate(struct peer *peer)
{
	assert_non_null(peer_line(peer));
	assert_string_equal(peer_ask(peer, "{\"execute\": \"qmp_capabilities\"}\n"),
			    "{\"return\": {}}");
}

void peer_begin(struct peer *peer, const char *mode)
{
	setenv("FAKE_QEMU_MODE", mode, 1);
	peer_start_none(peer);
	peer_negotiate(peer);
}

struct cg_child_end peer_end(struct peer *peer)
{
	struct cg_child_end end = { 0 };
	struct cg_error err;
	bool ended;

	assert_int_equal(cg_child_wait(peer->child, cg_clock_in(PEER_PATIENCE), &ended,
				       &end, &err),
			 0);
	assert_true(ended);
	return end;
}

bool peer_is_alive(struct peer *peer)
{
	struct cg_child_end end;
	struct cg_error err;
	bool ended;

	assert_int_equal(cg_child_wait(peer->child, cg_clock_in(PEER_MOMENT), &ended,
				       &end, &err),
			 0);
	return !ended;
}

void assert_has(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("no %s in %.200s", part, text ? text : "(nothing)");
}

char *peer_last_words(struct peer *peer)
{
	static char words[256];

	cg_child_last_words(peer->child, words, sizeof(words));
	return words;
}

int peer_clear(void **state)
{
	static const char *const names[] = { "FAKE_QEMU_MODE", "FAKE_QEMU_LOG",
					     "FAKE_QEMU_PIDS", "FAKE_QEMU_STDERR",
					     "FAKE_QEMU_REPLIES" };

	(void)state;
	for (size_t i = 0; i < CG_COUNT(names); i++)
		unsetenv(names[i]);
	setenv("FAKE_QEMU_DIR", peer_folder, 1);
	return 0;
}

/* Built files are where make is, data where the sources are. */
static char *found(const char *root, const char *name)
{
	const char *top = getenv(root);

	return peer_path(top ? top : ".", name);
}

int peer_set_up(void **state)
{
	static char template[] = "/tmp/fake-qemu-XXXXXX";

	(void)state;
	peer_program = found("top_builddir", "tests/fake-qemu/fake-qemu");
	peer_folder = found("top_srcdir", "tests/fake-qemu/qemu-7.2");
	peer_scratch = mkdtemp(template);
	return peer_scratch ? 0 : -1;
}

int peer_tear_down(void **state)
{
	(void)state;
	free(peer_program);
	free(peer_folder);
	return rmdir(peer_scratch);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* The debug console is one end of a socket; the guest is killed once it has said all. */
#include "tests/guest/guest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/child.h"
#include "base/clock.h"

#define PATIENCE (60 * CG_S) /* hosts that are emulated themselves are slow */
#define TEXT_BYTES (64 * 1024)

static int spawn(struct cg_child **out, const struct guest_start *start, int fd,
		 struct cg_error *err)
{
	cg_auto_free char *machine = NULL, *console = NULL;

	if (asprintf(&machine, "%s,accel=%s", start->machine, start->accel) < 0 ||
	    asprintf(&console, "socket,id=console,fd=%d", fd) < 0)
		return cg_error_errno(err, "command line");

	const char *const argv[] = {
		start->binary,
		"-nodefaults",
		"-no-user-config",
		"-no-reboot",
		"-display",
		"none",
		"-m",
		"16",
		"-machine",
		machine,
		"-cpu",
		start->cpu,
		"-smp",
		start->smp,
		"-bios",
		start->firmware,
		"-chardev",
		console,
		"-device",
		"isa-debugcon,iobase=0xe9,chardev=console",
		NULL,
	};

	return cg_child_start(out, argv, fd, err);
}

static int died(struct cg_child *child, struct cg_error *err)
{
	char words[200];
	struct cg_child_end end;
	bool ended;

	if (cg_child_wait(child, cg_clock_in(CG_S), &ended, &end, err) < 0)
		return -1;
	cg_child_last_words(child, words, sizeof(words));
	return cg_error_set(err, CG_E_DIED, "the guest ended: %s", words);
}

/* The guest's whole text. */
static int read_text(struct cg_buffer *text, int fd, struct cg_child *child,
		     struct cg_error *err)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int64_t deadline = cg_clock_in(PATIENCE);
	char bytes[4096];

	while (!text->data || !strstr(text->data, "end\n")) {
		int n = poll(&ready, 1, cg_clock_left_ms(deadline));
		ssize_t len;

		if (n < 0 && errno != EINTR)
			return cg_error_errno(err, "poll");
		if (n == 0)
			return cg_error_set(err, CG_E_TIMEOUT, "the guest is silent");
		if (n < 0)
			continue;
		len = read(fd, bytes, sizeof(bytes));
		if (len <= 0)
			return died(child, err);
		if (cg_buffer_put(text, bytes, (size_t)len, err) < 0)
			return -1;
	}
	return 0;
}

static int parse(struct guest *out, char *text, struct cg_error *err)
{
	char *rest = text, *line;

	out->count = 0;
	while ((line = strsep(&rest, "\n")) && strcmp(line, "end") != 0) {
		struct guest_line *l = &out->lines[out->count];

		if (out->count + 1 == GUEST_LINES)
			return cg_error_set(err, CG_E_LIMIT, "the guest says too much");
		if (sscanf(line, "%c %x %x %x %x %x %x", &l->pass, &l->leaf, &l->subleaf,
			   &l->reg[0], &l->reg[1], &l->reg[2], &l->reg[3]) != 7)
			return cg_error_set(err, CG_E_PARSE, "the guest says: %s", line);
		out->count++;
	}
	return 0;
}

int guest_run(struct guest *out, const struct guest_start *start, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(TEXT_BYTES);
	cg_auto_child struct cg_child *child = NULL;
	cg_auto_close int ours = -1, theirs = -1;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return cg_error_errno(err, "socketpair");
	ours = ends[0];
	theirs = ends[1];
	if (spawn(&child, start, theirs, err) < 0)
		return -1;
	cg_closep(&theirs);
	theirs = -1;
	if (read_text(&text, ours, child, err) < 0)
		return -1;
	return parse(out, text.data, err);
}

static const uint32_t *find(const struct guest *guest, char pass, uint32_t leaf,
			    uint32_t subleaf)
{
	for (size_t i = 0; i < guest->count; i++) {
		const struct guest_line *l = &guest->lines[i];

		if (l->pass == pass && l->leaf == leaf && l->subleaf == subleaf)
			return l->reg;
	}
	return NULL;
}

/*
 * The highest leaf of a range, or 0: whoever asks for a range that isn't there gets
 * another leaf.
 */
static uint32_t highest(const struct guest *guest, uint32_t range)
{
	const uint32_t *reg = find(guest, 'g', range, 0);

	return reg && (reg[CG_EAX] & 0xffff0000) == range ? reg[CG_EAX] : 0;
}

const uint32_t *guest_leaf(const struct guest *guest, char pass, uint32_t leaf,
			   uint32_t subleaf)
{
	const uint32_t *seven = find(guest, 'g', 7, 0);

	if (leaf > highest(guest, leaf & 0xf0000000))
		return NULL;
	if (leaf == 7 && (!seven || subleaf > seven[CG_EAX]))
		return NULL;
	return find(guest, pass, leaf, subleaf);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * All that an emulator says on its monitor, against the questions that a probe asks. It then ends
 * its side of the connection, or says nothing more if the last byte is '~', or closes all of it
 * before we read if that is '!'. We must neither wait nor take more than the limits say, and name
 * what went wrong.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emulator/query.h"
#include "fuzz/fuzz.h"
#include "machine/catalogue.h"

#define MESSAGE_BYTES (16 * 1024)
#define INPUT_BYTES (64 * 1024) /* goes into the socket at once */
#define AHEAD 4

/* May the conversation go on? Only after a reply, be it a refusal. */
static bool goes_on(int result, const struct cg_error *err)
{
	if (result == 0)
		return true;
	switch (err->code) {
	case CG_E_REFUSED:
	case CG_E_UNKNOWN:
		return true;
	case CG_E_PROTOCOL:
	case CG_E_DIED:
	case CG_E_TIMEOUT:
	case CG_E_LIMIT:
		return false;
	default:
		fuzz_fail(__FILE__, __LINE__, err->msg);
	}
}

static bool ask_about(struct cg_qmp *qmp)
{
	cg_auto_json json_t *about = NULL;
	struct cg_error err = { 0 };
	bool kvm;

	return goes_on(cg_query_about(qmp, &about, &err), &err) &&
	       goes_on(cg_query_kvm(qmp, &kvm, &err), &err);
}

static bool ask_lists(struct cg_qmp *qmp)
{
	cg_auto_json json_t *machines = NULL, *models = NULL, *sorted = NULL;
	struct cg_error err = { 0 };
	const json_t *model;
	size_t i;

	if (!goes_on(cg_query_machines(qmp, &machines, &err), &err))
		return false;
	sorted = cg_catalogue_sorted(machines);
	must(json_array_size(sorted) == json_array_size(machines));
	(void)cg_catalogue_default(sorted);
	if (!goes_on(cg_query_definitions(qmp, &models, &err), &err))
		return false;
	json_array_foreach(models, i, model)
		must(cg_json_text(model, "name"));
	return true;
}

static bool ask_machine(struct cg_qmp *qmp)
{
	cg_auto_json json_t *cpus = NULL;
	cg_auto_free char *type = NULL;
	struct cg_error err = { 0 };

	return goes_on(cg_query_machine(qmp, &type, &err), &err) &&
	       goes_on(cg_query_cpus(qmp, &cpus, &err), &err);
}

/* As a sweep does it: several on their way, a reply that was seen before is passed over. */
static bool take_expansion(struct cg_qmp *qmp, struct cg_digest *seen)
{
	cg_auto_json json_t *props = NULL;
	struct cg_error err = { 0 };
	struct cg_digest digest;
	bool plain;

	if (cg_qmp_peek(qmp, &plain, &digest, &err) < 0)
		return goes_on(-1, &err);
	if (plain && memcmp(&digest, seen, sizeof(digest)) == 0) {
		cg_qmp_skip(qmp);
		return true;
	}
	if (!goes_on(cg_query_receive_expansion(qmp, &props, &err), &err))
		return false;
	must(!props || json_is_object(props));
	if (props && plain)
		*seen = digest;
	return true;
}

static bool ask_expansions(struct cg_qmp *qmp)
{
	struct cg_digest seen = { 0 };
	struct cg_error err = { 0 };
	bool on = true;

	for (int i = 0; i < AHEAD && on; i++)
		on = goes_on(cg_query_send_expansion(qmp, "full", "base", NULL, &err),
			     &err);
	for (int i = 0; i < AHEAD && on; i++)
		on = take_expansion(qmp, &seen);
	return on;
}

static void converse(int fd, size_t greeting)
{
	const struct cg_qmp_limits limits = { .reply_ns = 2 * CG_MS,
					      .message_bytes = MESSAGE_BYTES,
					      .cancel_fd = -1 };
	cg_auto_qmp struct cg_qmp *qmp = NULL;
	struct cg_error err = { 0 };

	if (cg_qmp_open(&qmp, fd, &limits, &err) < 0) {
		(void)goes_on(-1, &err);
		must(!qmp && (greeting <= MESSAGE_BYTES || err.code == CG_E_LIMIT));
		return;
	}
	must(greeting <= MESSAGE_BYTES);
	(void)(ask_about(qmp) && ask_lists(qmp) && ask_machine(qmp) &&
	       ask_expansions(qmp));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *newline = memchr(data, '\n', size);
	size_t greeting = newline ? (size_t)(newline - (const char *)data) + 1 : size;
	char end = size ? (char)data[size - 1] : '\0';
	int fds[2];

	if (size > INPUT_BYTES)
		return 0;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	must(send(fds[0], data, size, MSG_DONTWAIT) == (ssize_t)size);
	if (end == '!')
		close(fds[0]);
	else if (end != '~')
		shutdown(fds[0], SHUT_WR);
	converse(fds[1], greeting);
	if (end != '!')
		close(fds[0]);
	return 0;
}

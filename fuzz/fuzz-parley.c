// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * All that another cpugate may say while a guest goes from one to the other, to the side that
 * the first byte chooses: 't' where the guest comes to, else where it comes from. The other one is
 * then gone, or says nothing more if the last byte is '~'. A guest that isn't the contract's isn't
 * taken, nor a capability that leaves no way back, and what went wrong is named.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "emulator/outgoing.h"
#include "fuzz/fuzz.h"
#include "lib/accord.h"
#include "lib/parley.h"

#define INPUT_BYTES (64 * 1024) /* goes into the socket at once */
#define WAIT_NS (2 * CG_MS)
#define TOKEN "0123456789abcdef"

static const struct cg_contract *promised(void)
{
	static char target[] = "x86_64", machine[] = "pc-q35-7.2", accel[] = "kvm",
		    cpu[] = "Haswell,avx2=on";
	static struct cg_contract c = { .target = target,
					.machine = machine,
					.accel = accel,
					.cpu = cpu,
					.topology = { 2, 2, 1, 1, 2, 1, 1 } };

	if (!c.features) {
		c.features = json_pack("[s, s, s]", "avx2", "fpu", "sse2");
		c.scalars = json_pack("{s:i, s:i, s:s}", "family", 6, "level", 13,
				      "vendor", "GenuineIntel");
	}
	return &c;
}

/* Does it go on? What goes wrong has a name that can be printed. */
static bool goes_on(int result, const struct cg_error *err)
{
	if (result == 0)
		return true;
	must(*err->msg && cg_text_is_clean(err->msg));
	switch (err->code) {
	case CG_E_DIED:
	case CG_E_LIMIT:
	case CG_E_PROTOCOL:
	case CG_E_REFUSED:
	case CG_E_TIMEOUT:
		return false;
	default:
		fuzz_fail(__FILE__, __LINE__, err->msg);
	}
}

static bool hear(struct cg_parley *p, json_t **out)
{
	struct cg_error err = { 0 };

	json_decref(*out);
	*out = NULL;
	if (!goes_on(cg_parley_hear(p, cg_clock_in(WAIT_NS), out, &err), &err))
		return false;
	must(json_is_object(*out));
	return true;
}

/* It is that of the contract, as far as two of its features say. */
static void check_hello(const json_t *hello, const json_t *capabilities)
{
	const json_t *guest = json_object_get(hello, "guest"), *name;
	const json_t *features = json_object_get(guest, "features");
	size_t i;

	must(strcmp(cg_json_text(guest, "accel"), "kvm") == 0);
	must(cg_json_lists(features, "avx2") && cg_json_lists(features, "sse2"));
	must(!cg_json_lists(features, "avx"));
	json_array_foreach(capabilities, i, name)
		must(cg_outgoing_may_have(json_string_value(name)));
}

static void arrive(struct cg_parley *p)
{
	cg_auto_json json_t *said = NULL, *capabilities = NULL;
	struct cg_error err = { 0 };
	bool run = false;

	if (!hear(p, &said) ||
	    !goes_on(cg_accord_take_hello(said, promised(), &capabilities, &err), &err))
		return;
	check_hello(said, capabilities);
	if (!hear(p, &said) || !goes_on(cg_accord_take_stream(said, TOKEN, &err), &err))
		return;
	must(strcmp(cg_json_text(said, "stream"), TOKEN) == 0);
	if (hear(p, &said) && goes_on(cg_accord_take_run(said, &run, &err), &err))
		must(run == json_is_true(json_object_get(said, "run")));
}

static bool is_answer(struct cg_parley *p, json_t **said)
{
	struct cg_error err = { 0 };

	return hear(p, said) && goes_on(cg_accord_take_answer(*said, &err), &err);
}

static void leave(struct cg_parley *p)
{
	cg_auto_json json_t *said = NULL, *token = NULL;
	struct cg_error err = { 0 };
	bool same;

	if (!is_answer(p, &said) ||
	    !goes_on(cg_accord_take_ready(said, &token, &err), &err))
		return;
	must(json_is_string(token));
	if (is_answer(p, &said) && is_answer(p, &said))
		(void)goes_on(cg_accord_take_end(said, &same, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cg_auto_parley struct cg_parley p = CG_PARLEY;
	int fds[2];

	if (!size || size > INPUT_BYTES)
		return 0;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	must(send(fds[0], data + 1, size - 1, MSG_DONTWAIT) == (ssize_t)size - 1);
	if (data[size - 1] != '~')
		shutdown(fds[0], SHUT_WR);
	p.fd = fds[1];
	if (data[0] == 't')
		arrive(&p);
	else
		leave(&p);
	close(fds[0]);
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * All that a client may send to cpugated, in pieces whose length the first byte says: where
 * messages end, what each of them is, and its id, which goes back as it came.
 */
#include "daemon/framing.h"
#include "daemon/methods.h"
#include "daemon/protocol.h"
#include "fuzz/fuzz.h"

#define LIMIT 4096
#define ANSWER_BYTES (64 * 1024)

static json_t *parsed(const char *text, size_t len)
{
	struct cg_error err;
	json_t *json = NULL;

	must(cg_json_parse(&json, text, len, ANSWER_BYTES, &err) == 0);
	return json;
}

/* One line, which is JSON, with the id that the message had. */
static void check_answer(const struct cg_buffer *out, const struct cg_request *request)
{
	cg_auto_json json_t *answer = NULL;
	const json_t *id = json_object_get(request->json, "id");

	must(out->len > 2 && memcmp(out->data + out->len - 2, "\r\n", 2) == 0);
	must(memchr(out->data, '\n', out->len) == out->data + out->len - 1);
	answer = parsed(out->data, out->len);
	must(!id == !json_object_get(answer, "id"));
	must(!id || json_equal(json_object_get(answer, "id"), id));
}

/* What is found without parsing is what a parser finds. */
static void check_id(const char *text, size_t len, const struct cg_request *request)
{
	struct cg_span id;

	if (!request->json || !cg_message_find_id(text, len, &id))
		return;
	must(request->id.text == id.text && request->id.len == id.len);
}

static void check_arguments(const struct cg_request *request)
{
	cg_auto_json json_t *args = NULL;
	struct cg_method method;
	struct cg_error err;

	if (!cg_method_find(request->execute, &method))
		return;
	if (cg_method_prepare(&method, request->arguments, &args, &err) == 0)
		must(json_is_object(args));
	else
		must(err.code && *err.msg);
}

static void take(const char *text, size_t len)
{
	cg_auto_buffer struct cg_buffer out = CG_BUFFER(ANSWER_BYTES);
	cg_auto_request struct cg_request request = { 0 };
	struct cg_error why = { 0 }, err;

	must(len >= 2 && len <= LIMIT && text[0] == '{');
	if (cg_request_parse(&request, text, len, &why) < 0) {
		must(why.code && *why.msg);
		must(cg_message_error(&out, NULL, &why, request.id, &err) == 0);
	} else {
		must(request.execute);
		check_arguments(&request);
		must(cg_message_return(&out, (struct cg_span){ "{}", 2 }, request.id,
				       &err) == 0);
	}
	check_id(text, len, &request);
	check_answer(&out, &request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size ? 1 + data[0] : 1, now;
	struct cg_framing framing;
	struct cg_error err;
	enum cg_frame frame;
	char *text;
	size_t len;

	cg_framing_init(&framing, LIMIT);
	for (size_t at = 1; at < size; at += now) {
		now = size - at < step ? size - at : step;
		must(cg_framing_put(&framing, (const char *)data + at, now, &err) == 0);
		while ((frame = cg_framing_next(&framing, &text, &len)) != CG_FRAME_NONE)
			if (frame == CG_FRAME_MESSAGE)
				take(text, len);
	}
	cg_framing_deinit(&framing);
	return 0;
}

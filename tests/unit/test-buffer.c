// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/buffer.h"

#include <string.h>

#include "tests/unit/outcome.h"
#include "tests/unit/random.h"

static void grows_up_to_its_limit_and_not_beyond(void **state)
{
	cg_auto_buffer struct cg_buffer buffer = CG_BUFFER(1000);
	struct cg_error err;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_ok(cg_buffer_put(&buffer, "x", 1, &err));
	assert_error(cg_buffer_put(&buffer, "y", 1, &err), CG_E_LIMIT);
	assert_contains(err.msg, "1000");
	assert_int_equal(buffer.len, 1000);
	assert_int_equal(strspn(buffer.data, "x"), 1000);
	assert_int_equal(buffer.data[1000], '\0');
}

static void refuses_absurd_lengths(void **state)
{
	static const size_t lengths[] = { 1001, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 };
	cg_auto_buffer struct cg_buffer buffer = CG_BUFFER(1000);
	struct cg_error err;

	(void)state;
	assert_ok(cg_buffer_put(&buffer, "abc", 3, &err));
	for (size_t i = 0; i < CG_COUNT(lengths); i++)
		assert_error(cg_buffer_reserve(&buffer, lengths[i], &err), CG_E_LIMIT);
	assert_string_equal(buffer.data, "abc");
}

static void has_the_room_that_was_reserved(void **state)
{
	cg_auto_buffer struct cg_buffer buffer = CG_BUFFER(100000);
	struct cg_error err;

	(void)state;
	for (size_t more = 1; more < 30000; more = more * 3 + 1) {
		assert_ok(cg_buffer_reserve(&buffer, more, &err));
		assert_true(buffer.size > buffer.len + more); /* and one for the NUL */
		memset(buffer.data + buffer.len, 'r', more);
		buffer.len += more;
	}
	assert_int_equal(buffer.data[buffer.len - 1], 'r');
}

static void takes_nothing_too(void **state)
{
	cg_auto_buffer struct cg_buffer buffer = CG_BUFFER(0);
	struct cg_error err;

	(void)state;
	cg_buffer_drop(&buffer, 0);
	assert_ok(cg_buffer_put(&buffer, "", 0, &err));
	assert_string_equal(buffer.data, "");
	assert_error(cg_buffer_put(&buffer, "x", 1, &err), CG_E_LIMIT);
}

static void prints_behind_what_is_there(void **state)
{
	cg_auto_buffer struct cg_buffer buffer = CG_BUFFER(10);
	struct cg_error err;

	(void)state;
	assert_ok(cg_buffer_printf(&buffer, &err, "%s=%d", "a", 1));
	assert_ok(cg_buffer_printf(&buffer, &err, "%s", ""));
	assert_ok(cg_buffer_printf(&buffer, &err, ",%s=%d", "b", 234));
	assert_string_equal(buffer.data, "a=1,b=234");
	assert_error(cg_buffer_printf(&buffer, &err, "%d", 56), CG_E_LIMIT);
	assert_string_equal(buffer.data, "a=1,b=234");
}

static void is_usable_again_after_deinit(void **state)
{
	struct cg_buffer buffer = CG_BUFFER(5);
	struct cg_error err;

	(void)state;
	assert_ok(cg_buffer_put(&buffer, "12345", 5, &err));
	cg_buffer_deinit(&buffer);
	cg_buffer_deinit(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.len, 0);
	assert_ok(cg_buffer_put(&buffer, "67890", 5, &err));
	assert_error(cg_buffer_put(&buffer, "1", 1, &err), CG_E_LIMIT);
	cg_buffer_deinit(&buffer);
}

#define QUEUE 4096

/* A queue that does the same the plain way. */
struct queue {
	char data[QUEUE];
	size_t len;
};

static void put_random(struct cg_buffer *buffer, struct queue *queue)
{
	size_t len = random_below(600);
	char block[600];
	struct cg_error err;

	for (size_t i = 0; i < len; i++)
		block[i] = (char)random_word();
	if (len > QUEUE - queue->len) {
		assert_error(cg_buffer_put(buffer, block, len, &err), CG_E_LIMIT);
		return;
	}
	assert_ok(cg_buffer_put(buffer, block, len, &err));
	memcpy(queue->data + queue->len, block, len);
	queue->len += len;
}

static void drop_random(struct cg_buffer *buffer, struct queue *queue)
{
	size_t len = random_below(queue->len + 1);

	cg_buffer_drop(buffer, len);
	queue->len -= len;
	memmove(queue->data, queue->data + len, queue->len);
}

static void any_puts_and_drops_keep_the_bytes(void **state)
{
	cg_auto_buffer struct cg_buffer buffer = CG_BUFFER(QUEUE);
	struct queue queue = { .len = 0 };

	(void)state;
	random_seed(1);
	for (int i = 0; i < 5000; i++) {
		if (random_below(4))
			put_random(&buffer, &queue);
		else
			drop_random(&buffer, &queue);
		assert_int_equal(buffer.len, queue.len);
		if (!buffer.data)
			continue;
		assert_memory_equal(buffer.data, queue.data, queue.len);
		assert_int_equal(buffer.data[buffer.len], '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_up_to_its_limit_and_not_beyond),
		cmocka_unit_test(refuses_absurd_lengths),
		cmocka_unit_test(has_the_room_that_was_reserved),
		cmocka_unit_test(takes_nothing_too),
		cmocka_unit_test(prints_behind_what_is_there),
		cmocka_unit_test(is_usable_again_after_deinit),
		cmocka_unit_test(any_puts_and_drops_keep_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The public interface, as any program has it: linked with libcpugate.so and nothing else of
 * ours. The emulator is the one of tests/fake-qemu.
 */
#include "lib/cpugate.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <time.h>

#include "tests/unit/fake-root.h"

struct scene {
	struct fake_root root;
	char cache[PATH_MAX];
	struct cpugate_context *context;
	struct cpugate_error error;
};

static char emulator[PATH_MAX];
static const struct cpugate_about fake = { emulator, NULL, "tcg", NULL };

static struct cpugate_options options_of(const struct scene *scene)
{
	struct cpugate_options options = CPUGATE_OPTIONS;

	options.cache_path = scene->cache;
	return options;
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct cpugate_options options;

	assert_non_null(scene);
	fake_root_make(&scene->root);
	snprintf(scene->cache, sizeof(scene->cache), "%s/cache.db", scene->root.path);
	options = options_of(scene);
	assert_int_equal(cpugate_open(&scene->context, &options, &scene->error), 0);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	cpugate_close(scene->context);
	fake_root_remove(&scene->root);
	free(scene);
	return 0;
}

#define works(call)                                                                      \
	do {                                                                             \
		int status_ = (call);                                                    \
		if (status_)                                                             \
			print_message("%s\n", scene->error.message);                     \
		assert_int_equal(status_, 0);                                            \
	} while (0)

static void fails(const struct scene *scene, int status, int code, const char *words)
{
	assert_int_equal(status, -1);
	assert_int_equal(scene->error.code, code);
	assert_non_null(strstr(scene->error.message, words));
}

static int execute(struct scene *scene, const char *command, const char *arguments,
		   struct cpugate_reply **reply)
{
	return cpugate_execute(scene->context, command, arguments, reply, &scene->error);
}

static void options_of_another_size_are_refused(void **state)
{
	struct scene *scene = *state;
	struct cpugate_options options = options_of(scene);
	struct cpugate_context *context = NULL;

	options.size = 4;
	fails(scene, cpugate_open(&context, &options, &scene->error), CPUGATE_USAGE,
	      "version");
	assert_null(context);
	works(cpugate_open(&context, NULL, NULL));
	cpugate_close(context);
	cpugate_close(NULL);
	cpugate_reply_free(NULL);
}

static void codes_have_names(void **state)
{
	(void)state;
	assert_string_equal(cpugate_code_name(CPUGATE_USAGE), "usage");
	assert_string_equal(cpugate_code_name(CPUGATE_UNDECIDED), "undecided");
	assert_string_equal(cpugate_code_name(CPUGATE_UNMEASURED), "unmeasured");
	assert_non_null(cpugate_code_name(4711));
	assert_string_equal(cpugate_version(), PACKAGE_VERSION);
}

static void a_command_takes_and_replies_json(void **state)
{
	struct scene *scene = *state;
	struct cpugate_reply *reply;
	char arguments[PATH_MAX + 64];

	snprintf(arguments, sizeof(arguments), "{\"emulator\":\"%s\",\"accel\":\"tcg\"}",
		 emulator);
	works(execute(scene, "models", arguments, &reply));
	assert_non_null(strstr(cpugate_reply_text(reply), "\"name\":\"Haswell\""));
	assert_ptr_equal(cpugate_reply_text(reply), cpugate_reply_text(reply));
	cpugate_close(scene->context);
	scene->context = NULL;
	assert_int_equal(*cpugate_reply_text(reply), '[');
	cpugate_reply_free(reply);
}

static void wrong_questions_are_refused_with_a_sentence(void **state)
{
	struct scene *scene = *state;
	struct cpugate_reply *reply = NULL;

	fails(scene, execute(scene, "no-such", NULL, &reply), CPUGATE_USAGE, "no-such");
	fails(scene, execute(scene, "models", "{\"a\":1}", &reply), CPUGATE_USAGE,
	      "no argument a");
	fails(scene, execute(scene, "models", "{", &reply), CPUGATE_PARSE, "models");
	fails(scene, execute(scene, "models", "[]", &reply), CPUGATE_USAGE, "object");
	fails(scene, execute(scene, "models", "{\"emulator\":\"/no/such\"}", &reply),
	      CPUGATE_UNKNOWN, "/no/such");
	assert_int_equal(cpugate_execute(scene->context, "no-such", NULL, &reply, NULL),
			 -1);
	assert_null(reply);
}

static void says_whether_a_definition_is_usable(void **state)
{
	struct scene *scene = *state;
	enum cpugate_answer answer;

	assert_null(cpugate_last_reply(scene->context));
	works(cpugate_usable(scene->context, &fake, "qemu64", &answer, &scene->error));
	assert_int_equal(answer, CPUGATE_YES);
	works(cpugate_usable(scene->context, &fake, "Haswell", &answer, &scene->error));
	assert_int_equal(answer, CPUGATE_NO);
	assert_non_null(strstr(cpugate_last_reply(scene->context), "\"removed\":["));
	fails(scene,
	      cpugate_usable(scene->context, &fake, "\377", &answer, &scene->error),
	      CPUGATE_USAGE, "UTF-8");
	assert_null(cpugate_last_reply(scene->context));
}

/* The record of the emulator's host, in a file. */
static void make_record(struct scene *scene, char path[static PATH_MAX])
{
	char arguments[PATH_MAX + 64];
	struct cpugate_reply *reply;

	snprintf(arguments, sizeof(arguments), "{\"emulator\":\"%s\",\"accel\":\"tcg\"}",
		 emulator);
	works(execute(scene, "record", arguments, &reply));
	fake_root_write(&scene->root, "./record.json", cpugate_reply_text(reply));
	cpugate_reply_free(reply);
	snprintf(path, PATH_MAX, "%s/record.json", scene->root.path);
}

static void compares(void **state)
{
	struct scene *scene = *state;
	enum cpugate_order order;
	char path[PATH_MAX];

	make_record(scene, path);
	works(cpugate_compare(scene->context, &fake, "Haswell", "Haswell", &order,
			      &scene->error));
	assert_int_equal(order, CPUGATE_IDENTICAL);
	works(cpugate_compare(scene->context, NULL, path, "qemu64", &order,
			      &scene->error));
	assert_int_equal(order, CPUGATE_SUPERSET);
	works(cpugate_compare(scene->context, NULL, "qemu64", path, &order,
			      &scene->error));
	assert_int_equal(order, CPUGATE_SUBSET);
	works(cpugate_compare(scene->context, &fake, "EPYC", "Haswell", &order,
			      &scene->error));
	assert_int_equal(order, CPUGATE_INCOMPATIBLE);
}

static void answers_from_records(void **state)
{
	struct scene *scene = *state;
	enum cpugate_answer answer;
	struct cpugate_about about = { NULL, NULL, NULL, "a record" };
	char path[PATH_MAX], *definition = NULL;
	const char *const records[] = { path, path };

	make_record(scene, path);
	works(cpugate_baseline(scene->context, NULL, records, 2, &definition,
			       &scene->error));
	assert_non_null(definition);
	works(cpugate_verdict(scene->context, NULL, definition, path, &answer,
			      &scene->error));
	assert_int_equal(answer, CPUGATE_YES);
	free(definition);
	fails(scene,
	      cpugate_verdict(scene->context, &about, "Haswell", path, &answer,
			      &scene->error),
	      CPUGATE_USAGE, "record");
	works(cpugate_verdict(scene->context, NULL, "Haswell", path, &answer,
			      &scene->error));
	assert_int_equal(answer, CPUGATE_NO);
	about.record = path;
	works(cpugate_usable(scene->context, &about, "qemu64", &answer, &scene->error));
	assert_int_equal(answer, CPUGATE_YES);
	fails(scene,
	      cpugate_baseline(scene->context, NULL, records, 0, &definition,
			       &scene->error),
	      CPUGATE_USAGE, "");
}

static void ends_when_it_is_told_to(void **state)
{
	struct scene *scene = *state;
	struct cpugate_options options = options_of(scene);
	enum cpugate_answer answer;
	int cancel = eventfd(1, EFD_CLOEXEC);

	cpugate_close(scene->context);
	scene->context = NULL;
	options.cancel_fd = cancel;
	works(cpugate_open(&scene->context, &options, &scene->error));
	fails(scene,
	      cpugate_usable(scene->context, &fake, "qemu64", &answer, &scene->error),
	      CPUGATE_CANCELLED, "");
	assert_int_equal(close(cancel), 0); /* it is still ours */
}

/* A file that was written this very moment isn't known by its times: see emulator/identity.c. */
static void let_the_emulator_settle(void)
{
	struct stat st;

	assert_int_equal(stat(emulator, &st), 0);
	while (time(NULL) - st.st_ctime < 4)
		sleep(1);
}

static void measures_nothing_if_it_is_not_to(void **state)
{
	struct scene *scene = *state;
	struct cpugate_options options = options_of(scene);
	struct cpugate_context *context;
	enum cpugate_answer answer;

	let_the_emulator_settle();
	options.at_once = 1;
	works(cpugate_open(&context, &options, &scene->error));
	fails(scene, cpugate_usable(context, &fake, "qemu64", &answer, &scene->error),
	      CPUGATE_UNMEASURED, "");
	works(cpugate_usable(scene->context, &fake, "qemu64", &answer, &scene->error));
	works(cpugate_usable(context, &fake, "qemu64", &answer, &scene->error));
	assert_int_equal(answer, CPUGATE_YES);
	cpugate_close(context);
}

static void warns_once(void **state)
{
	struct scene *scene = *state;
	struct cpugate_options options = options_of(scene);
	struct cpugate_context *context;
	enum cpugate_answer answer;
	const char *warning;

	options.cache_path = "/proc/no-such-place/cache.db";
	works(cpugate_open(&context, &options, &scene->error));
	assert_null(cpugate_warning(context, 0));
	for (int i = 0; i < 2; i++) {
		works(cpugate_usable(context, &fake, "qemu64", &answer, &scene->error));
		assert_int_equal(answer, CPUGATE_YES);
		warning = cpugate_warning(context, 0);
		assert_non_null(warning);
		cpugate_refresh(context);
		assert_ptr_equal(cpugate_warning(context, 0), warning);
		assert_null(cpugate_warning(context, 1));
	}
	cpugate_close(context);
}

/* Does this host's kernel have @release? */
static bool is_kernel(struct scene *scene, const char *release)
{
	struct cpugate_reply *reply;
	bool is;

	works(execute(scene, "host", NULL, &reply));
	is = strstr(cpugate_reply_text(reply), release) != NULL;
	cpugate_reply_free(reply);
	return is;
}

static void notices_that_the_host_changed(void **state)
{
	struct scene *scene = *state;
	struct cpugate_options options = options_of(scene);
	struct timespec second = { 1, 100000000 };

	cpugate_close(scene->context);
	scene->context = NULL;
	options.host_root = scene->root.path;
	fake_root_write(&scene->root, "proc/sys/kernel/osrelease", "6.1.0-1\n");
	works(cpugate_open(&scene->context, &options, &scene->error));
	assert_true(is_kernel(scene, "6.1.0-1"));
	fake_root_write(&scene->root, "proc/sys/kernel/osrelease", "6.1.0-2\n");
	cpugate_refresh(scene->context);
	assert_true(is_kernel(scene, "6.1.0-2"));
	fake_root_write(&scene->root, "proc/sys/kernel/osrelease", "6.1.0-3\n");
	nanosleep(&second, NULL);
	assert_true(is_kernel(scene, "6.1.0-3"));
}

static void *ask_in_a_thread(void *data)
{
	struct scene *scene = data;
	struct cpugate_options options = options_of(scene);
	struct cpugate_context *context;
	enum cpugate_answer answer;
	intptr_t wrong = 0;

	if (cpugate_open(&context, &options, NULL) < 0)
		return (void *)-1;
	for (int i = 0; i < 20; i++)
		if (cpugate_usable(context, &fake, i % 2 ? "qemu64" : "Haswell", &answer,
				   NULL) < 0 ||
		    answer != (i % 2 ? CPUGATE_YES : CPUGATE_NO))
			wrong++;
	cpugate_close(context);
	return (void *)wrong;
}

static void threads_have_contexts_of_their_own(void **state)
{
	struct scene *scene = *state;
	pthread_t threads[4];
	void *wrong;

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_in_a_thread,
						scene),
				 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		assert_ptr_equal(wrong, NULL);
	}
}

#define with_scene(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_scene(options_of_another_size_are_refused),
		cmocka_unit_test(codes_have_names),
		with_scene(a_command_takes_and_replies_json),
		with_scene(wrong_questions_are_refused_with_a_sentence),
		with_scene(says_whether_a_definition_is_usable),
		with_scene(compares),
		with_scene(answers_from_records),
		with_scene(ends_when_it_is_told_to),
		with_scene(measures_nothing_if_it_is_not_to),
		with_scene(warns_once),
		with_scene(notices_that_the_host_changed),
		with_scene(threads_have_contexts_of_their_own),
	};
	const char *build = getenv("top_builddir"), *source = getenv("top_srcdir");
	char replies[PATH_MAX];

	snprintf(emulator, sizeof(emulator), "%s/tests/fake-qemu/fake-qemu",
		 build ? build : ".");
	snprintf(replies, sizeof(replies), "%s/tests/fake-qemu/qemu-7.2",
		 source ? source : ".");
	setenv("FAKE_QEMU_DIR", replies, 1);
	unsetenv("FAKE_QEMU_MODE");
	alarm(120); /* nobody waits for a test that hangs */
	return cmocka_run_group_tests_name("cpugate", tests, NULL, NULL);
}

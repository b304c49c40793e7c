// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host/fingerprint.h"

#include <sched.h>

#include "base/digest.h"
#include "base/json.h"
#include "tests/unit/fake-root.h"

#define READINGS 1000

static struct cg_host *read_host(const char *root)
{
	struct cg_host *host = NULL;
	struct cg_error err = { 0 };

	if (cg_host_read(&host, root, &err) < 0)
		fail_msg("%s", err.msg);
	return host;
}

/* A host that is only files: a Debian with one loaded back end. */
static void furnish(const struct fake_root *root)
{
	fake_root_write(root, "proc/sys/kernel/osrelease", "6.1.0-56-amd64\n");
	fake_root_write(root, "proc/sys/kernel/version", "#1 SMP Debian 6.1.187-1\n");
	fake_root_write(root, "proc/cpuinfo",
			"processor\t: 0\nmicrocode\t: 0x1000065\n\n");
	fake_root_folder(root, "sys/module/kvm/holders/kvm_amd");
	fake_root_write(root, "sys/module/kvm/parameters/ignore_msrs", "N\n");
	fake_root_write(root, "sys/module/kvm/parameters/halt_poll_ns", "200000\n");
	fake_root_write(root, "sys/module/kvm_amd/parameters/nested", "1\n");
}

/* Rewrite one file: which part is another then, "" if none is. */
static void check_change(const struct fake_root *root, const char *path, const char *text,
			 const char *part)
{
	cg_auto_host struct cg_host *before = read_host(root->path), *after = NULL;
	const char *name;
	json_t *value;

	fake_root_write(root, path, text);
	after = read_host(root->path);
	if (strcmp(cg_host_digest(before), cg_host_digest(after)) == 0)
		assert_string_equal(part, "");
	else
		assert_string_not_equal(part, "");
	json_object_foreach(cg_host_parts(after), name, value)
		if (!json_equal(value, json_object_get(cg_host_parts(before), name)))
			assert_string_equal(part, name);
	assert_int_equal(json_object_size(cg_host_parts(before)),
			 json_object_size(cg_host_parts(after)));
}

static void same_digest_from_every_cpu_1000_times_in_a_row(void **state)
{
	cg_auto_host struct cg_host *first = read_host(NULL);
	cpu_set_t home, one;
	int cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(home), &home), 0);
	for (int i = 0; i < READINGS; i++, cpu = (cpu + 1) % CPU_SETSIZE) {
		cg_auto_host struct cg_host *host = NULL;

		while (!CPU_ISSET(cpu, &home))
			cpu = (cpu + 1) % CPU_SETSIZE;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
		host = read_host(NULL);
		if (strcmp(cg_host_digest(first), cg_host_digest(host)) != 0)
			fail_msg("reading %d, on CPU %d, differs", i, cpu);
	}
	assert_int_equal(sched_setaffinity(0, sizeof(home), &home), 0);
}

static void another_kernel_changes_the_kernel_alone(void **state)
{
	furnish(*state);
	check_change(*state, "proc/sys/kernel/osrelease", "6.1.0-57-amd64\n", "kernel");
	check_change(*state, "proc/sys/kernel/version", "#2 SMP\n", "kernel");
}

static void another_microcode_changes_the_microcode_alone(void **state)
{
	furnish(*state);
	check_change(*state, "proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0x1000066\n\n",
		     "microcode");
}

static void a_module_parameter_changes_the_parameters_alone(void **state)
{
	furnish(*state);
	check_change(*state, "sys/module/kvm_amd/parameters/nested", "0\n",
		     "kvm-parameters");
	check_change(*state, "sys/module/kvm/parameters/ignore_msrs", "Y\n",
		     "kvm-parameters");
}

static void tuning_kvm_changes_nothing(void **state)
{
	furnish(*state);
	check_change(*state, "sys/module/kvm/parameters/halt_poll_ns", "0\n", "");
	check_change(*state, "proc/uptime", "12345.67 1.00\n", "");
}

static void a_device_that_appears_changes_the_devices_alone(void **state)
{
	furnish(*state);
	check_change(*state, "dev/sgx_vepc", "", "devices");
}

static void a_dev_kvm_that_appears_changes_the_access_alone(void **state)
{
	furnish(*state);
	check_change(*state, "dev/kvm", "no KVM", "kvm-access");
}

static void missing_kvm_is_said_so(void **state)
{
	struct fake_root *root = *state;
	cg_auto_host struct cg_host *host = NULL;

	furnish(root);
	host = read_host(root->path);
	assert_false(cg_host_has_kvm(host));
	assert_string_equal(cg_json_text(cg_host_parts(host), "kvm-access"), "missing");
	assert_null(json_object_get(cg_host_parts(host), "kvm-cpuid"));
	assert_string_equal(cg_host_kvm_backend(host), "kvm_amd");
	assert_string_equal(cg_host_kernel(host), "Linux 6.1.0-56-amd64");
}

static void an_empty_root_is_a_host_too(void **state)
{
	struct fake_root *root = *state;
	cg_auto_host struct cg_host *host = read_host(root->path);
	const json_t *parts = cg_host_parts(host);

	assert_string_equal(cg_host_kvm_backend(host), "");
	assert_string_equal(cg_json_text(parts, "kvm-backend"), "unknown");
	assert_string_equal(cg_json_text(parts, "microcode"), "unknown");
	assert_int_equal(json_object_size(json_object_get(parts, "kvm-parameters")), 0);
}

static void a_root_that_is_missing_is_an_error(void **state)
{
	struct cg_host *host = NULL;
	struct cg_error err = { 0 };

	(void)state;
	assert_int_equal(cg_host_read(&host, "/no/such/root", &err), -1);
	assert_int_equal(err.code, CG_E_SYSTEM);
	assert_non_null(strstr(err.msg, "/no/such/root"));
	assert_null(host);
	assert_null(cg_host_free(NULL));
}

static int allocations_left;

static void *allocate(size_t size)
{
	return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void memory_that_runs_out_is_an_error_and_no_other_host(void **state)
{
	struct fake_root *root = *state;
	cg_auto_host struct cg_host *whole = NULL;
	struct cg_host *host = NULL;
	struct cg_error err = { 0 };
	int enough = 0;

	furnish(root);
	whole = read_host(root->path);
	json_set_alloc_funcs(allocate, free);
	while (allocations_left = enough, cg_host_read(&host, root->path, &err) < 0) {
		assert_null(host);
		assert_string_equal(err.msg, "out of memory");
		enough++;
	}
	json_set_alloc_funcs(malloc, free);
	assert_true(enough > 50);
	assert_string_equal(cg_host_digest(host), cg_host_digest(whole));
	cg_host_free(host);
}

/* Strings, integers and objects of them, so that a difference can be told by its path. */
static void check_leaves(const char *name, json_t *value)
{
	const char *key;
	json_t *member;

	if (!json_is_object(value) && !json_is_string(value) && !json_is_integer(value))
		fail_msg("%s is neither text nor number nor object", name);
	json_object_foreach(value, key, member)
		check_leaves(key, member);
}

static void parts_can_be_told_leaf_by_leaf(void **state)
{
	cg_auto_host struct cg_host *host = read_host(NULL);
	const char *name;
	json_t *part;

	(void)state;
	json_object_foreach(cg_host_parts(host), name, part) {
		assert_true(json_is_string(part) || json_is_object(part));
		check_leaves(name, part);
	}
}

static void digest_is_that_of_the_canonical_text(void **state)
{
	cg_auto_host struct cg_host *host = read_host(NULL);
	cg_auto_free char *text = cg_json_canonical(cg_host_parts(host));
	json_auto_t *again = NULL;
	cg_auto_free char *text_again = NULL;
	struct cg_digest digest;
	struct cg_error err;
	char hex[CG_DIGEST_HEX];

	(void)state;
	cg_digest_of(&digest, text, strlen(text));
	assert_string_equal(cg_host_digest(host), cg_digest_hex(&digest, hex));
	assert_int_equal(cg_json_parse(&again, text, strlen(text), 1 << 20, &err), 0);
	text_again = cg_json_canonical(again);
	assert_string_equal(text, text_again);
}

static void this_host_is_told_as_its_parts_have_it(void **state)
{
	cg_auto_host struct cg_host *host = read_host(NULL);
	const json_t *parts = cg_host_parts(host);
	const char *release = cg_json_text(json_object_get(parts, "kernel"), "release");

	(void)state;
	assert_non_null(strstr(cg_host_kernel(host), release));
	assert_int_equal(cg_host_has_kvm(host),
			 strcmp(cg_json_text(parts, "kvm-access"), "yes") == 0);
	if (cg_host_has_kvm(host))
		assert_non_null(json_object_get(parts, "kvm-capabilities"));
}

/* What the cache keeps of a host is enough to ask for it again. */
static void a_host_from_its_parts_is_that_host(void **state)
{
	const struct fake_root *root = *state;
	const char *const roots[] = { NULL, root->path };
	struct cg_error err = { 0 };

	furnish(root);
	for (size_t i = 0; i < CG_COUNT(roots); i++) {
		cg_auto_host struct cg_host *host = read_host(roots[i]), *again = NULL;

		assert_int_equal(cg_host_from_parts(&again, cg_host_parts(host), &err),
				 0);
		assert_string_equal(cg_host_digest(again), cg_host_digest(host));
		assert_string_equal(cg_host_vendor(again), cg_host_vendor(host));
		assert_string_equal(cg_host_kernel(again), cg_host_kernel(host));
		assert_string_equal(cg_host_kvm_backend(again),
				    cg_host_kvm_backend(host));
		assert_int_equal(cg_host_has_kvm(again), cg_host_has_kvm(host));
		assert_ptr_not_equal(cg_host_parts(again), cg_host_parts(host));
	}
}

/* Core types that could not be reached tell nothing, and odd letters of a vendor are '?'. */
static void the_vendor_is_that_of_any_core(void **state)
{
	cg_auto_json json_t *parts = json_pack("{s:{s:s}, s:{s:s, s:{s:s, s:s, s:s}}}",
					       "kernel", "release", "6.1", "cpuid",
					       "atom", "not allowed to run there", "core",
					       "0x0.ebx", "0x756e6547", "0x0.edx",
					       "0x49656e69", "0x0.ecx", "0x6c65746e");
	json_t *core = json_object_get(json_object_get(parts, "cpuid"), "core");
	cg_auto_host struct cg_host *host = NULL, *odd = NULL;
	struct cg_error err = { 0 };

	(void)state;
	assert_int_equal(cg_host_from_parts(&host, parts, &err), 0);
	assert_string_equal(cg_host_vendor(host), "GenuineIntel");
	json_object_set_new(core, "0x0.ecx", json_string("0x076c8041"));
	assert_int_equal(cg_host_from_parts(&odd, parts, &err), 0);
	assert_string_equal(cg_host_vendor(odd), "GenuineIA?l?");
}

static void what_is_no_host_is_refused(void **state)
{
	const char *const texts[] = {
		"{}", "[]", "{\"kernel\":{\"release\":\"6.1\"}}",
		"{\"kernel\":\"6.1\",\"cpuid\":{}}",
		"{\"kernel\":{\"release\":\"6.1\"},\"cpuid\":\"\"}"
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(texts); i++) {
		cg_auto_json json_t *parts = NULL;
		struct cg_host *host = NULL;
		struct cg_error err = { 0 };

		assert_int_equal(cg_json_parse(&parts, texts[i], strlen(texts[i]),
					       1 << 10, &err),
				 0);
		assert_int_equal(cg_host_from_parts(&host, parts, &err), -1);
		assert_int_equal(err.code, CG_E_CORRUPT);
		assert_null(host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_digest_from_every_cpu_1000_times_in_a_row),
		with_root(another_kernel_changes_the_kernel_alone),
		with_root(another_microcode_changes_the_microcode_alone),
		with_root(a_module_parameter_changes_the_parameters_alone),
		with_root(tuning_kvm_changes_nothing),
		with_root(a_device_that_appears_changes_the_devices_alone),
		with_root(a_dev_kvm_that_appears_changes_the_access_alone),
		with_root(missing_kvm_is_said_so),
		with_root(an_empty_root_is_a_host_too),
		cmocka_unit_test(a_root_that_is_missing_is_an_error),
		with_root(memory_that_runs_out_is_an_error_and_no_other_host),
		cmocka_unit_test(parts_can_be_told_leaf_by_leaf),
		cmocka_unit_test(digest_is_that_of_the_canonical_text),
		cmocka_unit_test(this_host_is_told_as_its_parts_have_it),
		with_root(a_host_from_its_parts_is_that_host),
		cmocka_unit_test(the_vendor_is_that_of_any_core),
		cmocka_unit_test(what_is_no_host_is_refused),
	};

	return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}

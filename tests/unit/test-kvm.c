// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host/kvm.h"

#include "base/json.h"
#include "tests/unit/fake-root.h"

static void says_that_kvm_is_missing(void **state)
{
	struct fake_root *root = *state;
	const char *access = NULL;

	assert_int_equal(cg_kvm_open(root->fd, &access), -1);
	assert_string_equal(access, "missing");
}

static void says_that_kvm_is_forbidden(void **state)
{
	struct fake_root *root = *state;
	const char *access = NULL;
	int kvm;

	fake_root_write(root, "dev/kvm", "");
	fchmodat(root->fd, "dev/kvm", 0, 0);
	chmod(root->path, 0755);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	kvm = cg_kvm_open(root->fd, &access);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(kvm, -1);
	assert_string_equal(access, "permission denied");
}

static void is_not_fooled_by_another_file(void **state)
{
	struct fake_root *root = *state;
	const char *access = NULL;

	fake_root_write(root, "dev/kvm", "");
	assert_int_equal(cg_kvm_open(root->fd, &access), -1);
	assert_string_equal(access, "not a KVM that QEMU can use");
}

/* What this machine's KVM says, if it has one. */
static json_t *real_parts(void)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cg_auto_close int kvm = -1;
	json_t *parts = NULL;
	const char *access;

	kvm = cg_kvm_open(root, &access);
	close(root);
	if (kvm < 0) {
		fprintf(stderr, "# no KVM here (%s): not compared\n", access);
		return NULL;
	}
	parts = json_object();
	assert_int_equal(cg_kvm_put(parts, kvm), 0);
	return parts;
}

static void online_cpus_do_not_count(void **state)
{
	json_auto_t *parts = real_parts();
	json_t *capabilities = json_object_get(parts, "kvm-capabilities");

	(void)state;
	if (!parts)
		return;
	assert_true(json_object_size(capabilities) > 0);
	assert_null(json_object_get(capabilities, "9"));
}

static void nothing_is_unreadable_here(void **state)
{
	json_auto_t *parts = real_parts();
	cg_auto_free char *text = parts ? cg_json_canonical(parts) : NULL;

	(void)state;
	if (parts)
		assert_null(strstr(text, "unreadable"));
}

#if CG_HOST_X86
static void masks_kvms_table_like_the_cpu(void **state)
{
	static const struct kvm_cpuid_entry2 entries[] = {
		{ .function = 1, .eax = 0xa10f11, .ebx = 0x7020800, .ecx = 0x88000000 },
		{ .function = 0x7,
		  .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		  .ecx = 0x104 },
		{ .function = 0x7,
		  .index = 1,
		  .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		  .eax = 0x20 },
		{ .function = 0xb, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX, .edx = 7 },
		{ .function = 0x1f, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX, .edx = 7 },
		{ .function = 0x8000001e, .eax = 7, .ebx = 3 },
		{ .function = 0x40000001, .eax = 0x1007efb },
	};
	cg_auto_json json_t *json = cg_kvm_cpuid_json(entries, CG_COUNT(entries));
	cg_auto_free char *text = cg_json_canonical(json);

	(void)state;
	assert_string_equal(text, "{\"0x1.eax\":\"0xa10f11\",\"0x1.ebx\":\"0x20800\","
				  "\"0x1.ecx\":\"0x80000000\",\"0x40000001.eax\":"
				  "\"0x1007efb\",\"0x7.0.ecx\":\"0x104\","
				  "\"0x7.1.eax\":\"0x20\"}");
}

static void leaves_out_the_microcode_msr(void **state)
{
	static const struct kvm_msr_entry values[] = {
		{ .index = 0x8b, .data = UINT64_C(0x100006500000000) },
		{ .index = 0x10a, .data = UINT64_C(0x400000000c000069) },
		{ .index = 0x345, .data = 0 },
	};
	static const uint32_t index[] = { 0xc0000081, 0x10 };
	cg_auto_json json_t *json = cg_kvm_msrs_json(values, 3, index, 2);
	cg_auto_free char *text = cg_json_canonical(json);

	(void)state;
	assert_string_equal(text, "{\"feature\":{\"0x10a\":\"0x400000000c000069\","
				  "\"0x345\":\"0x0\"},"
				  "\"index\":{\"0x10\":\"yes\",\"0xc0000081\":\"yes\"}}");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_root(says_that_kvm_is_missing),
		with_root(says_that_kvm_is_forbidden),
		with_root(is_not_fooled_by_another_file),
		cmocka_unit_test(online_cpus_do_not_count),
		cmocka_unit_test(nothing_is_unreadable_here),
#if CG_HOST_X86
		cmocka_unit_test(masks_kvms_table_like_the_cpu),
		cmocka_unit_test(leaves_out_the_microcode_msr),
#endif
	};

	return cmocka_run_group_tests_name("kvm", tests, NULL, NULL);
}

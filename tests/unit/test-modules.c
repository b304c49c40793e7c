// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host/modules.h"

#include "base/json.h"
#include "tests/unit/fake-root.h"

#define INTEL "GenuineIntel"
#define AMD "AuthenticAMD"

static struct cg_modules find_modules(const struct fake_root *root)
{
	struct cg_modules modules;

	assert_int_equal(cg_modules_find(&modules, root->fd), 0);
	return modules;
}

static void finds_the_module_that_holds_kvm(void **state)
{
	struct fake_root *root = *state;
	struct cg_modules modules;

	fake_root_folder(root, "sys/module/kvm/holders/kvmgt");
	fake_root_folder(root, "sys/module/kvm/holders/kvm_new");
	fake_root_folder(root, "sys/module/kvm_intel");
	modules = find_modules(root);
	assert_int_equal(modules.n, 1);
	assert_string_equal(cg_modules_backend(&modules, INTEL, true), "kvm_new");
}

static void knows_that_no_back_end_is_loaded(void **state)
{
	struct fake_root *root = *state;
	struct cg_modules modules;

	fake_root_folder(root, "sys/module/kvm/holders");
	modules = find_modules(root);
	assert_string_equal(cg_modules_backend(&modules, AMD, true), "");
}

static void finds_a_back_end_that_is_built_in(void **state)
{
	struct fake_root *root = *state;
	struct cg_modules modules;

	fake_root_folder(root, "sys/module/kvm/parameters");
	fake_root_folder(root, "sys/module/kvm_pvm/parameters");
	modules = find_modules(root);
	assert_string_equal(cg_modules_backend(&modules, INTEL, true), "kvm_pvm");
}

static void finds_a_built_in_back_end_of_any_name(void **state)
{
	struct fake_root *root = *state;
	struct cg_modules modules;

	fake_root_folder(root, "sys/module/kvm/parameters");
	fake_root_folder(root, "sys/module/kvm_hv/parameters");
	modules = find_modules(root);
	assert_string_equal(cg_modules_backend(&modules, "", false), "kvm_hv");
}

static void takes_the_vendors_of_several_built_in(void **state)
{
	struct fake_root *root = *state;
	struct cg_modules modules;

	fake_root_folder(root, "sys/module/kvm_intel");
	fake_root_folder(root, "sys/module/kvm_amd");
	modules = find_modules(root);
	assert_string_equal(cg_modules_backend(&modules, INTEL, true), "kvm_intel");
	assert_string_equal(cg_modules_backend(&modules, AMD, true), "kvm_amd");
	assert_string_equal(cg_modules_backend(&modules, "HygonGenuine", true),
			    "kvm_amd");
	assert_string_equal(cg_modules_backend(&modules, AMD, false), "");
	fake_root_folder(root, "sys/module/kvm_pvm");
	modules = find_modules(root);
	assert_string_equal(cg_modules_backend(&modules, AMD, true), "kvm_amd");
	assert_string_equal(cg_modules_backend(&modules, AMD, false), "kvm_pvm");
}

static void takes_all_parameters_of_the_back_end_and_some_of_kvm(void **state)
{
	struct fake_root *root = *state;
	struct cg_modules modules;
	cg_auto_json json_t *parameters = NULL;
	cg_auto_free char *text = NULL;

	fake_root_write(root, "sys/module/kvm/parameters/enable_pmu", "Y\n");
	fake_root_write(root, "sys/module/kvm/parameters/halt_poll_ns", "200000\n");
	fake_root_write(root, "sys/module/kvm_amd/parameters/nested", "1\n");
	fake_root_write(root, "sys/module/kvm_amd/parameters/anything_new", "7\n");
	modules = find_modules(root);
	parameters = cg_modules_parameters(&modules, root->fd);
	text = cg_json_canonical(parameters);
	assert_string_equal(text,
			    "{\"kvm.enable_pmu\":\"Y\",\"kvm_amd.anything_new\":\"7\","
			    "\"kvm_amd.nested\":\"1\"}");
}

static void says_which_parameter_cannot_be_read(void **state)
{
	struct fake_root *root = *state;
	struct cg_modules modules;
	json_auto_t *parameters = NULL;

	fake_root_folder(root, "sys/module/kvm_amd/parameters/odd");
	modules = find_modules(root);
	parameters = cg_modules_parameters(&modules, root->fd);
	assert_string_equal(cg_json_text(parameters, "kvm_amd.odd"),
			    "unreadable: Is a directory");
}

static void identifies_what_was_loaded(void **state)
{
	static const uint8_t note[] = { 4, 0, 0,   0,   2,   0, 0,    0,    3, 0,
					0, 0, 'G', 'N', 'U', 0, 0xc0, 0xde, 0, 0 };
	struct fake_root *root = *state;
	struct cg_modules modules;
	json_auto_t *builds = NULL;

	fake_root_folder(root, "sys/module/kvm/holders/kvm_amd");
	fake_root_put(root, "sys/module/kvm_amd/notes/.note.gnu.build-id", note,
		      sizeof(note));
	modules = find_modules(root);
	builds = cg_modules_builds(&modules, root->fd);
	assert_int_equal(json_object_size(builds), 1);
	assert_string_equal(cg_json_text(builds, "kvm_amd"), "c0de");
}

static void a_host_without_kvm_has_nothing(void **state)
{
	struct fake_root *root = *state;
	struct cg_modules modules = find_modules(root);
	json_auto_t *parameters = cg_modules_parameters(&modules, root->fd);
	json_auto_t *builds = cg_modules_builds(&modules, root->fd);

	assert_int_equal(modules.n, 0);
	assert_int_equal(json_object_size(parameters), 0);
	assert_int_equal(json_object_size(builds), 0);
	assert_string_equal(cg_modules_backend(&modules, INTEL, true), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_root(finds_the_module_that_holds_kvm),
		with_root(knows_that_no_back_end_is_loaded),
		with_root(finds_a_back_end_that_is_built_in),
		with_root(finds_a_built_in_back_end_of_any_name),
		with_root(takes_the_vendors_of_several_built_in),
		with_root(takes_all_parameters_of_the_back_end_and_some_of_kvm),
		with_root(says_which_parameter_cannot_be_read),
		with_root(identifies_what_was_loaded),
		with_root(a_host_without_kvm_has_nothing),
	};

	return cmocka_run_group_tests_name("modules", tests, NULL, NULL);
}

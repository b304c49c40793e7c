// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * KVM in /sys/module. Parameters are taken by this rule: a needless "changed" costs a
 * probe of 50 ms, a missed change costs right answers. So all of a back end's count.
 * kvm itself has some thirty that pick speed or logging, often turned while guests run
 * (halt_poll_ns, nx_huge_pages, report_ignored_msrs); of these only the listed count.
 */
#include "host/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/kernel.h"
#include "host/tree.h"

/*
 * What changes a guest's CPU, or whether it runs, and might not show in what KVM's ioctls
 * say; and enable_pmu, which shows there but as numbers nobody would understand. On s390x
 * kvm is its own back end: nested and hpage are from there.
 */
static const char *const kvm_parameters[] = {
	"enable_pmu",
	"enable_vmware_backdoor",
	"force_emulation_prefix",
	"hpage",
	"ignore_msrs",
	"mitigate_smt_rsb",
	"nested",
	"tsc_tolerance_ppm",
};

static void add(struct cg_modules *modules, const char *name)
{
	if (modules->n < CG_MODULES && strlen(name) < CG_MODULE_NAME)
		strcpy(modules->name[modules->n++], name);
}

static void add_all(struct cg_modules *modules, const struct cg_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		add(modules, names->entry[i]->d_name);
}

/*
 * A back end holds kvm, which a folder says if kvm is a module. (So do kvmgt and
 * others, but back ends are called kvm_SOMETHING.) If kvm is built in, the folder isn't
 * there, and built in back ends have a folder of their own if they have parameters; the
 * usual names are tried before all of /sys/module is read.
 */
int cg_modules_find(struct cg_modules *out, int root)
{
	static const char *const usual[] = { "kvm_intel", "kvm_amd", "kvm_pvm" };
	cg_auto_names struct cg_names names = { 0 };
	int found = cg_names_read(&names, root, "sys/module/kvm/holders", "kvm_");
	char path[96];

	*out = (struct cg_modules){ 0 };
	add_all(out, &names);
	if (found)
		return found < 0 ? -1 : 0;
	for (size_t i = 0; i < CG_COUNT(usual); i++) {
		snprintf(path, sizeof(path), "sys/module/%s", usual[i]);
		if (cg_tree_has(root, path))
			add(out, usual[i]);
	}
	if (out->n)
		return 0;
	if (cg_names_read(&names, root, "sys/module", "kvm_") < 0)
		return -1;
	add_all(out, &names);
	return 0;
}

static const char *module_of_vendor(const char *vendor)
{
	static const struct {
		const char *vendor, *module;
	} known[] = {
		{ "GenuineIntel", "kvm_intel" }, { "CentaurHauls", "kvm_intel" },
		{ "  Shanghai  ", "kvm_intel" }, { "AuthenticAMD", "kvm_amd" },
		{ "HygonGenuine", "kvm_amd" },
	};

	for (size_t i = 0; i < CG_COUNT(known); i++)
		if (strcmp(known[i].vendor, vendor) == 0)
			return known[i].module;
	return "";
}

const char *cg_modules_backend(const struct cg_modules *modules, const char *vendor,
			       bool can_virtualize)
{
	const char *native = module_of_vendor(vendor);

	if (modules->n == 1)
		return modules->name[0];
	for (size_t i = 0; can_virtualize && i < modules->n; i++)
		if (strcmp(modules->name[i], native) == 0)
			return native;
	/* Neither VMX nor SVM: what is left needs none, as kvm_pvm. */
	for (size_t i = 0; i < modules->n; i++)
		if (strcmp(modules->name[i], "kvm_intel") &&
		    strcmp(modules->name[i], "kvm_amd"))
			return modules->name[i];
	return "";
}

/* Add MODULE.PARAMETER if it exists; what we may not read says so. */
static int put_parameter(json_t *object, int folder, const char *module, const char *name)
{
	char key[CG_MODULE_NAME + 256], value[256];

	if (!cg_tree_text(folder, name, value, sizeof(value))) {
		if (errno == ENOENT)
			return 0;
		snprintf(value, sizeof(value), "unreadable: %s", cg_tree_why(errno));
	}
	snprintf(key, sizeof(key), "%s.%s", module, name);
	return json_object_set_new(object, key, json_string(value));
}

static int open_parameters(int root, const char *module)
{
	char path[CG_MODULE_NAME + 32];

	snprintf(path, sizeof(path), "sys/module/%s/parameters", module);
	return openat(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int put_all(json_t *object, int root, const char *module)
{
	cg_auto_close int folder = open_parameters(root, module);
	cg_auto_names struct cg_names names = { 0 };

	if (folder < 0)
		return 0;
	if (cg_names_read(&names, folder, ".", "") < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (put_parameter(object, folder, module, names.entry[i]->d_name) < 0)
			return -1;
	return 0;
}

json_t *cg_modules_parameters(const struct cg_modules *modules, int root)
{
	cg_auto_close int folder = open_parameters(root, "kvm");
	json_auto_t *object = json_object();

	for (size_t i = 0; object && folder >= 0 && i < CG_COUNT(kvm_parameters); i++)
		if (put_parameter(object, folder, "kvm", kvm_parameters[i]) < 0)
			return NULL;
	for (size_t i = 0; object && i < modules->n; i++)
		if (put_all(object, root, modules->name[i]) < 0)
			return NULL;
	return cg_take(object);
}

static int put_build(json_t *object, int root, const char *module)
{
	char path[CG_MODULE_NAME + 64], id[CG_BUILD_ID];

	snprintf(path, sizeof(path), "sys/module/%s/notes/.note.gnu.build-id", module);
	if (!cg_kernel_build_id(root, path, id))
		return 0;
	return json_object_set_new(object, module, json_string(id));
}

json_t *cg_modules_builds(const struct cg_modules *modules, int root)
{
	json_auto_t *object = json_object();

	if (!object || put_build(object, root, "kvm") < 0)
		return NULL;
	for (size_t i = 0; i < modules->n; i++)
		if (put_build(object, root, modules->name[i]) < 0)
			return NULL;
	return cg_take(object);
}

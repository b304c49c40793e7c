// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From kvm_arch_get_supported_cpuid(), kvm_arch_get_supported_msr_feature() in
 * target/i386/kvm/kvm.c, and kvm_default_props in target/i386/kvm/kvm-cpu.c, of QEMU 7.2 to
 * 10.0. What these give whatever the host (arat, topoext, hypervisor ...) isn't here, and
 * neither is what a model asks for and the CPU has or hasn't: that is what CPU models say.
 */
#include "gate/platform.h"

#include <string.h>

#include "base/json.h"
#include "cpumodels/leaves.h"

/* What each depends on is a word of cpugate-contract(5). */
static const struct {
	const char *name, *depends_on;
} table[] = {
	/* QEMU takes them from the CPU even if KVM doesn't know them. */
	{ "erms", "cpu" },
	{ "fsrc", "cpu" },
	{ "fsrm", "cpu" },
	{ "fsrs", "cpu" },
	{ "fzrm", "cpu" },
	{ "mcdt-no", "cpu" },
	/* It takes them away from CPUs where they don't work. */
	{ "hle", "cpu" },
	{ "rtm", "cpu" },
	/* On in every model under KVM, but not without KVM's own interrupt controllers. */
	{ "x2apic", "irqchip" },
	{ "kvm-pv-unhalt", "irqchip" },
	{ "kvm-msi-ext-dest-id", "irqchip" },
	{ "tsc-deadline", "timer" },
	/* What one hypervisor's user may do to the whole host. */
	{ "monitor", "cpu-pm" },
	{ "waitpkg", "cpu-pm" },
	/* kvm_intel's and kvm_amd's parameter of that name. */
	{ "svm", "nested" },
	{ "vmx", "nested" },
	/* A process has to be given them by the kernel. */
	{ "amx-bf16", "permission" },
	{ "amx-complex", "permission" },
	{ "amx-fp16", "permission" },
	{ "amx-int8", "permission" },
	{ "amx-tile", "permission" },
	{ "sgx", "permission" },
	{ "arch-capabilities", "msr" },
	{ "core-capability", "msr" },
	{ "pdcm", "pmu" },
	/* A frequency that the host keeps. */
	{ "invtsc", "tsc" },
};

static const char *find(const char *name)
{
	const struct cg_leaf *leaf;
	const char *gate;
	size_t count;

	for (size_t i = 0; i < CG_COUNT(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].depends_on;
	/* All others of KVM's own are what the kernel knows to do. */
	if (strncmp(name, "kvm", strlen("kvm")) == 0)
		return strcmp(name, "kvm-hint-dedicated") == 0 ? NULL : "kvm";
	/* Bits of an MSR or leaf that is there only with another feature. */
	leaf = cg_leaves_find(name, &count);
	gate = leaf ? cg_leaves_gate(leaf) : NULL;
	return gate && strcmp(gate, name) != 0 ? find(gate) : NULL;
}

static bool add(json_t *list, const char *device, const char *name,
		const char *depends_on)
{
	return json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "device",
						     device, "name", name, "depends-on",
						     depends_on, "found", 1)) == 0;
}

static bool has_pmu(const struct cg_definition *definition)
{
	const struct cg_override *o = definition ? cg_definition_find(definition, "pmu")
						 : NULL;
	bool on;

	return o && cg_definition_bool(o->value, &on) && on;
}

json_t *cg_platform_of_cpu(const json_t *features, const struct cg_definition *definition,
			   const char *accel)
{
	cg_auto_json json_t *list = json_array();
	const json_t *item;
	size_t i;

	if (strcmp(accel, "kvm") != 0)
		return cg_take(list);
	json_array_foreach(features, i, item) {
		const char *name = json_string_value(item), *depends_on = find(name);

		if (depends_on && !add(list, "cpu", name, depends_on))
			return NULL;
	}
	if (has_pmu(definition) && !add(list, "cpu", "pmu", "pmu"))
		return NULL;
	return cg_take(list);
}

bool cg_platform_add_tap(json_t *platform, const struct cg_tap *tap)
{
	const struct {
		const char *name;
		bool found;
	} all[] = {
		{ "mq", tap && tap->mq },
		{ "ufo", tap && tap->ufo },
		{ "uso", tap && tap->uso },
		{ "vnet_hdr", tap && tap->vnet_hdr },
	};

	for (size_t i = 0; i < CG_COUNT(all); i++) {
		json_t *entry = json_pack("{s:s, s:s, s:s}", "device", "virtio-net",
					  "name", all[i].name, "depends-on", "tap");

		if (entry && tap)
			json_object_set_new(entry, "found", json_boolean(all[i].found));
		if (json_array_append_new(platform, entry) < 0)
			return false;
	}
	return true;
}

bool cg_platform_has_tap(const json_t *words)
{
	const json_t *item;
	size_t i;

	json_array_foreach(words, i, item) {
		const char *word = json_string_value(item);
		const char *before = i ? json_string_value(json_array_get(words, i - 1))
				       : "";

		before += strspn(before, "-");
		if ((strcmp(before, "netdev") == 0 || strcmp(before, "nic") == 0 ||
		     strcmp(before, "net") == 0) &&
		    ((strncmp(word, "tap", 3) == 0 && strchr(",", word[3])) ||
		     strstr(word, "type=tap") || strstr(word, "\"type\":\"tap\"")))
			return true;
	}
	return false;
}

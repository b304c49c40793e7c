// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ioctls of /dev/kvm that need no guest. Whatever they say is taken as it is, but for
 * two kinds of values: those of the CPU that answered (APIC ids, microcode), and the
 * number of CPUs that are online.
 */
#include "host/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "host/hex.h"
#include "host/tree.h"

#define CAPABILITIES 320    /* Linux 6.18 has 246 */
#define CPUID_ENTRIES 256   /* KVM_MAX_CPUID_ENTRIES; a CPU of today fills 80 */
#define EMULATED_ENTRIES 64 /* 3 in practice, and clearing more takes its time */
#define MSRS 1024           /* some 400 with a full PMU */
#define FEATURE_MSRS 256    /* what one KVM_GET_MSRS takes */

#define MSR_IA32_UCODE_REV 0x8b

int cg_kvm_open(int root, const char **access)
{
	cg_auto_close int fd = openat(root, "dev/kvm", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		*access = cg_tree_why(errno);
	else if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		*access = "not a KVM that QEMU can use";
	else
		*access = "yes";
	return **access == 'y' ? cg_take_fd(&fd) : -1;
}

static int put(json_t *parts, const char *name, json_t *part)
{
	return json_object_set_new_nocheck(parts, name, part);
}

static int put_capabilities(json_t *parts, int fd, int cap[static CAPABILITIES])
{
	json_auto_t *object = json_object();
	char number[16];

	if (!object)
		return -1;
	for (int i = 0; i < CAPABILITIES; i++) {
		cap[i] = ioctl(fd, KVM_CHECK_EXTENSION, i);
		/* KVM_CAP_NR_VCPUS is the number of CPUs online: a mere advice. */
		if (cap[i] <= 0 || i == KVM_CAP_NR_VCPUS)
			continue;
		snprintf(number, sizeof(number), "%d", i);
		if (put(object, number, json_integer(cap[i])) < 0)
			return -1;
	}
	return put(parts, "kvm-capabilities", cg_take(object));
}

#if CG_HOST_X86

static json_t *unreadable(int sys_errno)
{
	return json_sprintf("unreadable: %s", cg_tree_why(sys_errno));
}

json_t *cg_kvm_cpuid_json(const struct kvm_cpuid_entry2 *entries, size_t n)
{
	json_auto_t *object = json_object();

	for (size_t i = 0; object && i < n; i++) {
		const struct kvm_cpuid_entry2 *e = &entries[i];
		struct cg_cpuid_row row = { e->function,
					    e->index,
					    e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
					    { e->eax, e->ebx, e->ecx, e->edx } };

		if (cg_cpuid_mask(&row) && cg_cpuid_put(object, &row) < 0)
			return NULL;
	}
	return cg_take(object);
}

static json_t *read_cpuid(int fd, unsigned long request, uint32_t room)
{
	/* Cleared, as KVM_GET_EMULATED_CPUID refuses padding that isn't 0. */
	cg_auto_free struct kvm_cpuid2 *table =
		calloc(1, sizeof(*table) + room * sizeof(table->entries[0]));

	if (!table)
		return NULL;
	table->nent = room;
	if (ioctl(fd, request, table) < 0)
		return unreadable(errno);
	return cg_kvm_cpuid_json(table->entries, table->nent);
}

json_t *cg_kvm_msrs_json(const struct kvm_msr_entry *feature, size_t n_feature,
			 const uint32_t *index, size_t n_index)
{
	json_auto_t *values = json_object(), *listed = json_object();
	char key[CG_HEX_SIZE], text[CG_HEX_SIZE];

	for (size_t i = 0; values && i < n_feature; i++) {
		/* KVM reads it on the CPU that it is on; we have it in "microcode". */
		if (feature[i].index == MSR_IA32_UCODE_REV)
			continue;
		cg_hex(key, feature[i].index);
		cg_hex(text, feature[i].data);
		if (put(values, key, json_string_nocheck(text)) < 0)
			return NULL;
	}
	for (size_t i = 0; listed && i < n_index; i++) {
		cg_hex(key, index[i]);
		if (put(listed, key, json_string_nocheck("yes")) < 0)
			return NULL;
	}
	return json_pack("{s:o, s:o}", "feature", cg_take(values), "index",
			 cg_take(listed));
}

/* Ask for a list of MSRs. Their number, or -1 with errno. */
static int list_msrs(int fd, unsigned long request, uint32_t room,
		     struct kvm_msr_list *list)
{
	list->nmsrs = room;
	return ioctl(fd, request, list) < 0 ? -1 : (int)list->nmsrs;
}

/* KVM stops at the first MSR that it can't read: that one is left out, others follow. */
static size_t read_msrs(int fd, const uint32_t *index, size_t n,
			struct kvm_msr_entry *out, struct kvm_msrs *io)
{
	size_t got = 0;

	for (size_t at = 0; at < n;) {
		int some;

		io->nmsrs = (uint32_t)(n - at);
		for (size_t i = at; i < n; i++)
			io->entries[i - at] = (struct kvm_msr_entry){ .index = index[i] };
		some = ioctl(fd, KVM_GET_MSRS, io);
		for (int i = 0; i < some; i++)
			out[got++] = io->entries[i];
		at += some > 0 ? (size_t)some : 0;
		at++;
	}
	return got;
}

static json_t *read_msr_part(int fd, bool has_features)
{
	cg_auto_free struct kvm_msr_list *list = NULL, *all = NULL;
	cg_auto_free struct kvm_msr_entry *values = NULL;
	cg_auto_free struct kvm_msrs *io = NULL;
	size_t got = 0;
	int n, n_all;

	/* Cleared for valgrind, which doesn't know that these ioctls fill them. */
	list = calloc(1, sizeof(*list) + FEATURE_MSRS * sizeof(list->indices[0]));
	all = calloc(1, sizeof(*all) + MSRS * sizeof(all->indices[0]));
	values = calloc(FEATURE_MSRS, sizeof(*values));
	io = calloc(1, sizeof(*io) + FEATURE_MSRS * sizeof(io->entries[0]));
	if (!list || !all || !values || !io)
		return NULL;
	n_all = list_msrs(fd, KVM_GET_MSR_INDEX_LIST, MSRS, all);
	if (n_all < 0)
		return unreadable(errno);
	if (has_features) {
		n = list_msrs(fd, KVM_GET_MSR_FEATURE_INDEX_LIST, FEATURE_MSRS, list);
		if (n < 0)
			return unreadable(errno);
		got = read_msrs(fd, list->indices, (size_t)n, values, io);
	}
	return cg_kvm_msrs_json(values, got, all->indices, (size_t)n_all);
}

/* One number that an ioctl writes to @value, which @arg leads to. */
static json_t *read_number(int fd, unsigned long request, void *arg,
			   const uint64_t *value)
{
	char text[CG_HEX_SIZE];

	if (ioctl(fd, request, arg) < 0)
		return unreadable(errno);
	cg_hex(text, *value);
	return json_string(text);
}

/* Parts of x86, each where KVM says that it has it. */
static int put_x86(json_t *parts, int fd, const int cap[static CAPABILITIES])
{
	uint64_t mce = 0, states = 0;
	/* State components that a guest may have after arch_prctl(): Intel's AMX. */
	struct kvm_device_attr xcomp = { .attr = KVM_X86_XCOMP_GUEST_SUPP,
					 .addr = (uintptr_t)&states };
	int result = 0;

	if (cap[KVM_CAP_EXT_CPUID] > 0)
		result |= put(parts, "kvm-cpuid",
			      read_cpuid(fd, KVM_GET_SUPPORTED_CPUID, CPUID_ENTRIES));
	if (cap[KVM_CAP_EXT_EMUL_CPUID] > 0)
		result |= put(parts, "kvm-emulated-cpuid",
			      read_cpuid(fd, KVM_GET_EMULATED_CPUID, EMULATED_ENTRIES));
	if (cap[KVM_CAP_SYS_HYPERV_CPUID] > 0)
		result |=
			put(parts, "kvm-hyperv-cpuid",
			    read_cpuid(fd, KVM_GET_SUPPORTED_HV_CPUID, EMULATED_ENTRIES));
	result |= put(parts, "kvm-msrs",
		      read_msr_part(fd, cap[KVM_CAP_GET_MSR_FEATURES] > 0));
	if (cap[KVM_CAP_MCE] > 0)
		result |= put(parts, "kvm-mce",
			      read_number(fd, KVM_X86_GET_MCE_CAP_SUPPORTED, &mce, &mce));
	if (cap[KVM_CAP_SYS_ATTRIBUTES] > 0)
		result |= put(parts, "kvm-xcomp",
			      read_number(fd, KVM_GET_DEVICE_ATTR, &xcomp, &states));
	return result;
}

#endif

int cg_kvm_put(json_t *parts, int fd)
{
	int cap[CAPABILITIES];

	if (put_capabilities(parts, fd, cap) < 0)
		return -1;
#if CG_HOST_X86
	if (put_x86(parts, fd, cap) < 0)
		return -1;
#endif
	return 0;
}

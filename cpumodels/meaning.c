// SPDX-License-Identifier: LGPL-2.1-or-later
/* The paragraphs. */
#include "cpumodels/meaning.h"

#include <string.h>

#include "cpumodels/spelling.h"

static const char *const meanings[CG_REASONS] = {
	[CG_MISSING_HOST] = "The CPU hasn't got it: its CPUID, or that of the hypervisor "
			    "that it runs under, doesn't show it.",
	[CG_MISSING_MICROCODE] =
		"The CPU could have it, but its microcode took it away or "
		"doesn't give it yet.",
	[CG_MISSING_KERNEL] =
		"The CPU has it, and KVM doesn't offer it: the kernel is older "
		"than the feature, has dropped it, or doesn't trust it on this "
		"CPU.",
	[CG_MISSING_PARAMETER] = "A parameter of one of KVM's modules, or a word on the "
				 "kernel's command line, switches it off.",
	[CG_MISSING_VMM] = "The host has it, but the emulator, its accelerator or its "
			   "machine type doesn't give it to guests.",
	[CG_MISSING_EMULATOR] = "The emulator doesn't know it.",
	[CG_MISSING_UNSUPPORTED] = "It can't be had, and what is known doesn't tell why.",
	[CG_MISSING_DEFINITION] =
		"The host could give it, but the CPU that the guest would be "
		"started with there doesn't have it.",
	[CG_EXTRA_VMM] = "The host would add a feature that the guest wasn't promised.",
	[CG_NAME_UNKNOWN] = "A model, a feature or a property that is unknown there.",
	[CG_MODEL_NONE] = "No CPU model runs on all hosts.",
	[CG_IDENTITY_VENDOR] = "Another vendor.",
	[CG_IDENTITY_MODEL] = "Another family, model or stepping.",
	[CG_WIDTH_LEVEL] =
		"Another level or extended level: leaves that a guest could find "
		"aren't there.",
	[CG_WIDTH_PHYS_BITS] = "Physical addresses of another width.",
	[CG_WIDTH_GUEST_PHYS_BITS] = "Guest physical addresses of another width.",
	[CG_WIDTH_XSAVE] =
		"Other parts in the XSAVE area. QEMU makes them of what a guest asked "
		"for, and not only of what it got.",
	[CG_TIME_TSC] = "Another TSC frequency.",
	[CG_TOPOLOGY_MAXCPUS] = "Too many vCPUs.",
	[CG_TOPOLOGY_CPUS] = "Another number of vCPUs than the guest has, or arranged in "
			     "another way.",
	[CG_TARGET_DIFFERS] = "The emulator runs guests of another architecture.",
	[CG_ACCEL_DIFFERS] = "Another accelerator than the guest runs under.",
	[CG_MACHINE_ABSENT] = "The emulator hasn't got the machine type.",
	[CG_MACHINE_DIFFERS] = "Another machine type than the guest has.",
	[CG_MACHINE_DEPRECATED] =
		"The machine type is going to be dropped. No obstacle yet.",
	[CG_MIGRATION_BLOCKED] =
		"The emulator that runs the guest can't send it away, or "
		"wouldn't be able to.",
	[CG_GUEST_UNREAD] =
		"Something about the guest isn't known. The answer is undecided, unless "
		"it is no for another reason.",
	[CG_GUEST_UNEVEN] = "A vCPU of the guest isn't like its first one.",
	[CG_GUEST_INCONSISTENT] =
		"What is said of the guest can't all be true. Then a no isn't believed, "
		"either.",
	[CG_START_FAILED] = "Nothing is missing, and yet it doesn't start.",
	[CG_LAUNCH_REFUSED] = "The emulator doesn't take the command line.",
	[CG_LAUNCH_UNREAD] =
		"Something on the command line that isn't looked at may matter. "
		"The answer is undecided, unless it is no for another reason.",
	[CG_LAUNCH_DIFFERS] = "A vCPU was made that isn't what it was to be, so the "
			      "emulator was ended before it ran.",
	[CG_ACCEPT_ONLY] =
		"For a guest that comes, not for one that starts. No obstacle.",
	[CG_ADVISORY] = "Something to know. No obstacle.",
	[CG_ADVISORY_EMULATOR] =
		"The guest would go to an older emulator than it comes from. QEMU keeps "
		"that possible within a machine type, but few try it. No obstacle.",
	[CG_ADVISORY_HT] =
		"Since QEMU 10.0 several threads of a package count as the feature ht of "
		"each vCPU, which before only CPUID showed. libvirt before 11.10 takes it "
		"for an extra feature and refuses the guest. No obstacle for QEMU.",
	[CG_ADVISORY_PDCM] =
		"QEMU 10.1 and later switch pdcm off without the PMU and say so; before, "
		"CPUID alone hid it. Who compares properties refuses such a guest. No "
		"obstacle for QEMU.",
	[CG_ADVISORY_MPX] =
		"Intel has given MPX up: newer CPUs don't have it, nor have QEMU's models "
		"since machine type 4.0. A guest with mpx has ever fewer hosts. No obstacle.",
	[CG_ADVISORY_PKRU] =
		"KVM of Linux before 5.18 sends the PKRU state even of a guest without "
		"pku; that of 5.18 to 6.5 doesn't take it, and the guest may hang. No "
		"obstacle where the fix of 6.6 was taken over.",
	[CG_ADVISORY_ARCH_CAPABILITIES] =
		"No AMD CPU has arch-capabilities: KVM makes it up, and since QEMU 10.1 "
		"new machine types don't give it there. No obstacle yet.",
	[CG_RECORD_STALE] =
		"The record is out of date. The answer is undecided, unless it "
		"is no for another reason.",
	[CG_RECORD_ABSENT] =
		"The record has nothing about the machine type or model. The "
		"answer is undecided, unless it is no for another reason.",
	[CG_RECORD_UNTOLD] = "The record says nothing about the feature. The answer is "
			     "undecided, unless it is no for another reason.",
	[CG_RECORD_SELF_INCONSISTENT] = "The host refuses its own guest. Then a no isn't "
					"believed, either.",
};

const char *cg_meaning(enum cg_reason reason)
{
	return meanings[reason];
}

const char *cg_meaning_nearest(const char *text)
{
	size_t best = strlen(text) / 3 + 1;
	const char *near = NULL;

	for (enum cg_reason r = 0; r < CG_REASONS; r++) {
		size_t distance = cg_spelling_distance(cg_reason_code(r), text);

		if (distance >= best)
			continue;
		best = distance;
		near = cg_reason_code(r);
	}
	return near;
}

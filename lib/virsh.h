/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A comparison as virsh cpu-compare would have it (x86Compute() of libvirt's
 * src/cpu/cpu_x86.c), B being the host. Of libvirt's <cpu> every policy counts; of
 * anything else the features, and the vendor that a definition names.
 */
#pragma once

#include "cpumodels/joint.h"
#include "lib/subject.h"

/*
 * { "result", "number" (virCPUCompareResult), "compatible", "message" (libvirt's, if it
 * isn't) }. @cpus are the sides over the joint names; @model lists what the plain model of
 * libvirt's <cpu> asks for, and isn't read for anything else. New reference.
 */
json_t *cg_virsh_compare(const struct cg_subject sides[static 2],
			 const struct cg_joint *joint, const struct cg_cpu cpus[static 2],
			 const json_t *model);

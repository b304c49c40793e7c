/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder of transcripts that stands for one emulator: MACHINE_ACCEL_KIND.qmp. */
#pragma once

#include "tests/fake-qemu/arguments.h"
#include "tests/fake-qemu/transcript.h"

/*
 * The transcript for these arguments. *@out is NULL, with the reason in *@refusal (in
 * QEMU's words), if a real QEMU would refuse them. Failure means that nobody recorded it.
 */
cg_must_check int fake_library_find(struct fake_transcript **out, const char *folder,
				    const struct fake_arguments *arguments,
				    const char **refusal, struct cg_error *err);

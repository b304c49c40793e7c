// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a command line to a question about one CPU definition. */
#include "lib/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/catalogue.h"
#include "probe/shortcut.h"

int cg_launch_read(struct cg_launch *out, const json_t *args, struct cg_error *err)
{
	const json_t *list = json_object_get(args, "argv"), *word;
	struct cg_launch launch = { .words = list };
	cg_auto_free const char **words = NULL;
	size_t i;

	words = calloc(json_array_size(list) + 1, sizeof(*words));
	if (!words)
		return cg_error_errno(err, "command line");
	json_array_foreach(list, i, word) {
		words[i] = json_string_value(word);
		if (!words[i])
			return cg_error_set(err, CG_E_USAGE, "argv is a list of strings");
	}
	if (cg_arguments_read(&launch.arguments, words, json_array_size(list),
			      CG_ARGUMENTS_CONFIGURATION, err) < 0)
		return -1;
	*out = launch;
	return 0;
}

/* Accelerators. */

static bool has_tcg_behind(const struct cg_arguments *a, size_t at)
{
	while (++at < json_array_size(a->accels))
		if (strcmp(cg_json_text(json_array_get(a->accels, at), "accel"), "tcg") ==
		    0)
			return true;
	return false;
}

/*
 * The first that works here, as QEMU tries them. *out NULL leaves it to the question: KVM if
 * it can be had with this emulator, else TCG. Those of other systems are no accelerators here,
 * and QEMU goes on to the next.
 */
static int find_accel(const struct cg_arguments *a, bool has_kvm, const char **out,
		      struct cg_error *err)
{
	const json_t *accel;
	size_t i;

	*out = "kvm";
	json_array_foreach(a->accels, i, accel) {
		const char *name = cg_json_text(accel, "accel");

		if (strcmp(name, "tcg") == 0)
			*out = "tcg";
		if (strcmp(name, "tcg") == 0)
			return 0;
		if (strcmp(name, "kvm") == 0 && has_kvm) {
			*out = has_tcg_behind(a, i) ? NULL : "kvm";
			return 0;
		}
		if (strcmp(name, "xen") == 0 || strcmp(name, "qtest") == 0)
			return cg_error_set(err, CG_E_UNDECIDED,
					    "the accelerator %s isn't looked at", name);
	}
	json_array_foreach(a->accels, i, accel)
		if (strcmp(cg_json_text(accel, "accel"), "kvm") == 0)
			return 0; /* which will be told */
	return cg_error_set(err, CG_E_REFUSED, "no accelerator that this QEMU can have");
}

/* Then the host isn't needed to know which. */
static bool only_kvm(const struct cg_arguments *a)
{
	const json_t *accel;
	size_t i;

	json_array_foreach(a->accels, i, accel)
		if (strcmp(cg_json_text(accel, "accel"), "kvm") != 0)
			return false;
	return json_array_size(a->accels) > 0;
}

static int pick_accel(const struct cg_launch *launch, struct cg_context *context,
		      const json_t *args, json_t *question, struct cg_error *err)
{
	bool has_kvm = json_object_get(args, "record") != NULL;
	const char *accel = cg_json_text(args, "accel");
	const json_t *first = json_array_get(launch->arguments.accels, 0);
	const struct cg_host *host;

	if (!accel && only_kvm(&launch->arguments))
		accel = "kvm"; /* with or without: that will be told */
	if (!accel && !has_kvm && strcmp(cg_json_text(first, "accel"), "tcg") != 0) {
		if (cg_context_host(context, &host, err) < 0)
			return -1;
		has_kvm = cg_host_has_kvm(host);
	}
	if (!accel && find_accel(&launch->arguments, has_kvm, &accel, err) < 0)
		return -1;
	if (accel)
		json_object_set_new(question, "accel", json_string(accel));
	return 0;
}

/* Machine types. */

static int find_machine(struct cg_launch *launch, struct cg_error *err)
{
	const char *given = cg_arguments_machine(&launch->arguments);
	const char *name = given ? given : launch->question.emulator->default_machine;

	if (!name)
		return cg_error_set(err, CG_E_USAGE,
				    "no machine type, and this QEMU has no default");
	if (cg_facts_machine(launch->question.facts, name, &launch->has_machines,
			     &launch->machine, err) < 0)
		return -1;
	if (!launch->machine)
		return cg_error_set(err, CG_E_UNKNOWN, "%.80s", name);
	if (strcmp(cg_json_text(launch->machine, "name"), "none") == 0)
		return cg_error_set(err, CG_E_USAGE, "the machine type none has no CPU");
	return 0;
}

/* "qemu64-x86_64-cpu" is of the model qemu64. */
static int default_model(const struct cg_launch *launch, char *out, size_t size,
			 struct cg_error *err)
{
	const char *type = cg_json_text(launch->machine, "default-cpu-type");
	const char *target = cg_json_text(launch->question.emulator->about, "target");
	char suffix[64];
	size_t len;

	snprintf(suffix, sizeof(suffix), "-%s-cpu",
		 strcmp(target, "aarch64") == 0 ? "arm" : target);
	len = type ? strlen(type) : 0;
	if (len <= strlen(suffix) || len - strlen(suffix) >= size ||
	    strcmp(type + len - strlen(suffix), suffix) != 0)
		return cg_error_set(err, CG_E_UNDECIDED,
				    "it isn't known which CPU %s has without -cpu",
				    cg_json_text(launch->machine, "name"));
	snprintf(out, size, "%.*s", (int)(len - strlen(suffix)), type);
	return 0;
}

/*
 * QEMU says what CPU a machine type has by itself, since 4.2; of x86 none but those without
 * vCPUs lack it.
 */
bool cg_launch_has_vcpus(const struct cg_launch *launch)
{
	const json_t *about = launch->question.emulator->about;
	const char *target = cg_json_text(about, "target");
	const char *version = cg_json_text(about, "version");
	int major = 0, minor = 0;

	if (strcmp(target, "x86_64") != 0 && strcmp(target, "i386") != 0)
		return true;
	if (version)
		sscanf(version, "%d.%d", &major, &minor);
	return major < 4 || (major == 4 && minor < 2) ||
	       json_object_get(launch->machine, "default-cpu-type");
}

static int find_definition(struct cg_launch *launch, struct cg_error *err)
{
	cg_auto_free char *text = NULL;
	char model[128] = "";

	if (!launch->arguments.cpu && !cg_launch_has_vcpus(launch))
		return 0;
	if (!launch->arguments.cpu &&
	    default_model(launch, model, sizeof(model), err) < 0)
		return -1;
	if (cg_arguments_definition(&launch->arguments, &text, model, err) < 0)
		return -1;
	return cg_definition_parse(&launch->definition, text ? text : "", err);
}

/* QEMU 7.2 takes options that 10.0 doesn't, and the reverse. */
static int check_options(const struct cg_launch *launch, struct cg_error *err)
{
	const char *version = cg_json_text(launch->question.emulator->about, "version");
	long major = version ? strtol(version, NULL, 10) : 0;
	const json_t *lost = major >= 10  ? launch->arguments.gone
			     : major <= 7 ? launch->arguments.fresh
					  : NULL;

	if (json_array_size(lost))
		return cg_error_set(err, CG_E_USAGE, "QEMU %s has no option -%s", version,
				    json_string_value(json_array_get(lost, 0)));
	return 0;
}

int cg_launch_open(struct cg_launch *launch, struct cg_context *context,
		   const json_t *args, struct cg_error *err)
{
	const char *machine = cg_arguments_machine(&launch->arguments);
	json_t *record = json_object_get(args, "record");
	const char *emulator = record ? NULL : launch->arguments.emulator;
	cg_auto_json json_t *question = json_pack("{s:s*, s:s*, s:O*}", "emulator",
						  emulator, "machine", machine, "record",
						  record);

	if (pick_accel(launch, context, args, question, err) < 0 ||
	    cg_question_open(&launch->question, context, question, err) < 0 ||
	    cg_question_ensure(&launch->question, CG_DEPTH_CATALOGUE, NULL, err) < 0 ||
	    check_options(launch, err) < 0 || find_machine(launch, err) < 0)
		return -1;
	return find_definition(launch, err);
}

int cg_launch_predict(struct cg_launch *launch, struct cg_error *err)
{
	struct cg_question *q = &launch->question;

	if (cg_question_ensure(q, CG_DEPTH_DEFINITION, &launch->definition, err) < 0)
		return -1;
	return cg_prediction_make(&launch->prediction, q, q->accel, q->machine,
				  &launch->definition, err);
}

void cg_launch_deinit(struct cg_launch *launch)
{
	cg_prediction_deinit(&launch->prediction);
	cg_definition_deinit(&launch->definition);
	json_decref(launch->machine);
	cg_question_deinit(&launch->question);
	cg_arguments_deinit(&launch->arguments);
	*launch = (struct cg_launch){ 0 };
}

/* What was measured is measured with the machine type's own interrupt controller mode. */
static bool is_usual_irqchip(const struct cg_launch *launch)
{
	const char *mode = cg_arguments_irqchip(&launch->arguments);
	const char *machine = cg_json_text(launch->machine, "name");

	return !mode || (strcmp(mode, "on") == 0 && cg_shortcut_covers(machine, "kvm"));
}

/* Dies are for pc and q35; what else there is depends on machine type and version. */
static bool is_usual_topology(const struct cg_launch *launch)
{
	const struct cg_topology *t = &launch->arguments.topology;
	const char *machine = cg_json_text(launch->machine, "name");

	return t->modules == 1 && t->others == 1 &&
	       (t->dies == 1 || cg_shortcut_covers(machine, "tcg"));
}

static void add_doubt(json_t *doubts, const char *text)
{
	json_array_append_new(doubts, json_string(text));
}

json_t *cg_launch_doubts(const struct cg_launch *launch)
{
	const struct cg_question *q = &launch->question;
	json_t *doubts = json_copy(launch->arguments.doubts);
	bool kvm = strcmp(q->accel, "kvm") == 0;
	const char *version = cg_json_text(q->emulator->about, "version");
	long major = version ? strtol(version, NULL, 10) : 0;

	if (kvm && launch->arguments.cpu_pm)
		add_doubt(doubts, "nothing is known with -overcommit cpu-pm=on");
	if (kvm && !is_usual_irqchip(launch))
		add_doubt(doubts, "nothing is known with another kernel-irqchip than the "
				  "machine type's own");
	if (!is_usual_topology(launch))
		add_doubt(doubts, "not every machine type has such a topology");
	if (json_object_get(cg_identity_parts(q->identity), "wrapper"))
		add_doubt(doubts, "the emulator is a script, which may add arguments");
	if (major > 7 && major < 10 &&
	    json_array_size(launch->arguments.gone) +
		    json_array_size(launch->arguments.fresh))
		add_doubt(doubts, "it has options that not every QEMU takes");
	return doubts;
}

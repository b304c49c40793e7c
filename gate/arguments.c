// SPDX-License-Identifier: LGPL-2.1-or-later
/* One pass over the words, as QEMU does it; then what was merged is taken apart. */
#include "gate/arguments.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "gate/configuration.h"
#include "gate/keyval.h"
#include "gate/option.h"

struct reader {
	struct cg_arguments arguments;
	size_t at; /* of the word that is looked at */
	const struct cg_option *option;
	const char *word, *value; /* value: "" if the option takes none */
};

static int doubt(struct reader *r, const char *about, const char *why,
		 struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(CG_ERROR_TEXT);
	json_t *sentence;

	if (cg_buffer_printf(&text, err, "%.200s: %s", about, why) < 0)
		return -1;
	sentence = json_string(text.data);
	if (!sentence)
		return cg_error_set(err, CG_E_USAGE, "a value that isn't UTF-8");
	json_array_append_new(r->arguments.doubts, sentence);
	return 0;
}

static int no_guest(const struct reader *r, struct cg_error *err)
{
	return cg_error_set(err, CG_E_USAGE, "no guest is started: %s%s%s", r->word,
			    *r->value ? " " : "", r->value);
}

/* The loose text of an option's value; CG_E_USAGE if it asks for help. */
static int read_loose(struct reader *r, const char *implied, json_t **out,
		      struct cg_error *err)
{
	bool help;

	if (cg_keyval_loose(out, r->value, implied, &help, err) < 0)
		return -1;
	if (!help)
		return 0;
	json_decref(cg_take(*out));
	return no_guest(r, err);
}

/* Options that are merged into -machine. */

static int merge_machine(struct reader *r, const json_t *members, struct cg_error *err)
{
	return cg_keyval_merge(r->arguments.machine, members, err);
}

static int read_machine(struct reader *r, struct cg_error *err)
{
	cg_auto_json json_t *members = NULL;
	bool help;

	if (cg_keyval_strict(&members, r->value, "type", &help, err) < 0)
		return -1;
	if (help)
		return no_guest(r, err);
	if (json_object_get(members, "type"))
		r->arguments.machine_at = r->at;
	return merge_machine(r, members, err);
}

static int read_smp(struct reader *r, struct cg_error *err)
{
	cg_auto_json json_t *members = NULL, *machine = json_object();
	bool help;

	if (cg_keyval_strict(&members, r->value, "cpus", &help, err) < 0)
		return -1;
	if (help)
		return no_guest(r, err);
	json_object_set(machine, "smp", members);
	return merge_machine(r, machine, err);
}

/* The others. */

static int read_accel(struct reader *r, struct cg_error *err)
{
	cg_auto_json json_t *accel = NULL;

	if (read_loose(r, "accel", &accel, err) < 0)
		return -1;
	if (!cg_json_text(accel, "accel"))
		return no_guest(r, err);
	json_array_append(r->arguments.accels, accel);
	return 0;
}

/* "TYPE.PROPERTY=VALUE" with no comma doubled, or members. */
static int read_global(struct reader *r, struct cg_error *err)
{
	const char *dot = strchr(r->value, '.');
	const char *equals = dot ? strchr(dot, '=') : NULL;
	json_t *global;

	if (equals && !memchr(r->value, '=', (size_t)(dot - r->value)) &&
	    dot != r->value) {
		global = json_pack("{s:s%, s:s%, s:s}", "driver", r->value,
				   (size_t)(dot - r->value), "property", dot + 1,
				   (size_t)(equals - dot - 1), "value", equals + 1);
		if (!global)
			return cg_error_set(err, CG_E_USAGE, "a value that isn't UTF-8");
	} else if (read_loose(r, NULL, &global, err) < 0) {
		return -1;
	}
	json_array_append_new(r->arguments.globals, global);
	return 0;
}

/* QEMU 7.2 takes what isn't said for off, each time; 10.0 for what was said before. */
static int read_overcommit(struct reader *r, struct cg_error *err)
{
	cg_auto_json json_t *members = NULL;
	const char *text;

	if (read_loose(r, NULL, &members, err) < 0)
		return -1;
	text = cg_json_text(members, "cpu-pm");
	if (text)
		r->arguments.cpu_pm = strcmp(text, "on") == 0 ||
				      strcmp(text, "yes") == 0 ||
				      strcmp(text, "true") == 0 || strcmp(text, "y") == 0;
	else if (r->arguments.cpu_pm)
		return doubt(r, "-overcommit",
			     "not every QEMU keeps the cpu-pm of an earlier one", err);
	return 0;
}

static bool is_cpu_type(const char *type)
{
	size_t len = type ? strlen(type) : 0;

	return len > 4 && strcmp(type + len - 4, "-cpu") == 0;
}

static int read_device(struct reader *r, struct cg_error *err)
{
	cg_auto_json json_t *members = NULL;
	bool is_json = r->value[0] == '{';

	if (!strstr(r->value, "-cpu"))
		return 0;
	if (!is_json && read_loose(r, "driver", &members, err) < 0)
		return -1;
	if (!is_json && !is_cpu_type(cg_json_text(members, "driver")))
		return 0;
	return doubt(r, r->value, "a vCPU of its own isn't looked at", err);
}

static int read_name(struct reader *r, struct cg_error *err)
{
	cg_auto_json json_t *members = NULL;
	const char *guest;

	if (read_loose(r, "guest", &members, err) < 0)
		return -1;
	guest = cg_json_text(members, "guest");
	free(r->arguments.name);
	r->arguments.name = guest ? strdup(guest) : NULL;
	return guest && !r->arguments.name ? cg_error_errno(err, "name") : 0;
}

static int read_run_with(struct reader *r, struct cg_error *err)
{
	cg_auto_json json_t *members = NULL;

	if (read_loose(r, NULL, &members, err) < 0)
		return -1;
	if (cg_json_text(members, "user"))
		r->arguments.other_user = true;
	return 0;
}

static int read_uuid(struct reader *r, struct cg_error *err)
{
	static const char form[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
	bool good = strlen(r->value) == sizeof(form) - 1;

	for (size_t i = 0; good && form[i]; i++)
		good = form[i] == 'h' ? isxdigit((unsigned char)r->value[i]) != 0
				      : r->value[i] == '-';
	if (!good)
		return cg_error_set(err, CG_E_USAGE, "%.80s is no UUID", r->value);
	free(r->arguments.uuid);
	r->arguments.uuid = strdup(r->value);
	if (!r->arguments.uuid)
		return cg_error_errno(err, "uuid");
	for (char *c = r->arguments.uuid; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

/* Groups of a file. */

static int put_members(json_t *out, const json_t *values, struct cg_error *err)
{
	const char *name;
	json_t *value;

	cg_json_each(values, name, value)
		if (cg_keyval_put(out, name, value, err) < 0)
			return -1;
	return 0;
}

static int take_machine_group(struct reader *r, const char *group, const json_t *values,
			      struct cg_error *err)
{
	cg_auto_json json_t *members = json_object(), *machine = json_object();

	if (put_members(members, values, err) < 0)
		return -1;
	if (strcmp(group, "machine") == 0) {
		if (json_object_get(members, "type"))
			r->arguments.machine_at = 0;
		return merge_machine(r, members, err);
	}
	json_object_set(machine, "smp", members);
	return merge_machine(r, machine, err);
}

static int take_group(struct reader *r, const json_t *item, struct cg_error *err)
{
	const char *group = cg_json_text(item, "group");
	json_t *values = json_object_get(item, "values");
	const char *guest = cg_json_text(values, "guest");

	if (strcmp(group, "machine") == 0 || strcmp(group, "smp-opts") == 0)
		return take_machine_group(r, group, values, err);
	if (strcmp(group, "accel") == 0)
		json_array_append(r->arguments.accels, values);
	else if (strcmp(group, "global") == 0)
		json_array_append(r->arguments.globals, values);
	else if (strcmp(group, "device") == 0 &&
		 is_cpu_type(cg_json_text(values, "driver")))
		return doubt(r, cg_json_text(values, "driver"),
			     "a vCPU of its own isn't looked at", err);
	else if (strcmp(group, "name") == 0 && guest) {
		free(r->arguments.name);
		r->arguments.name = strdup(guest);
	}
	return 0;
}

static int take_groups(struct reader *r, const json_t *groups, struct cg_error *err)
{
	const json_t *group;
	size_t i;

	json_array_foreach(groups, i, group)
		if (take_group(r, group, err) < 0)
			return -1;
	return 0;
}

static int read_file(struct reader *r, struct cg_error *err)
{
	cg_auto_json json_t *groups = NULL;

	if (cg_configuration_read_named(&groups, r->value, err) < 0)
		return -1;
	if (!groups)
		return cg_error_set(err, CG_E_USAGE, "no such file");
	return take_groups(r, groups, err);
}

/* "GROUP.ID.ARGUMENT=VALUE"; QEMU itself refuses -machine and -smp here. */
static int read_set(struct reader *r, struct cg_error *err)
{
	if (strncmp(r->value, "accel.", 6) != 0 && strncmp(r->value, "global.", 7) != 0 &&
	    strncmp(r->value, "device.", 7) != 0)
		return 0;
	return doubt(r, r->value, "what -set changes isn't looked at", err);
}

static int take_value(struct reader *r, struct cg_error *err)
{
	switch (r->option->kind) {
	case CG_OPTION_MACHINE:
		return read_machine(r, err);
	case CG_OPTION_ACCEL:
		return read_accel(r, err);
	case CG_OPTION_SMP:
		return read_smp(r, err);
	case CG_OPTION_OVERCOMMIT:
		return read_overcommit(r, err);
	case CG_OPTION_GLOBAL:
		return read_global(r, err);
	case CG_OPTION_READCONFIG:
		return read_file(r, err);
	case CG_OPTION_DEVICE:
		return read_device(r, err);
	case CG_OPTION_SET:
		return read_set(r, err);
	case CG_OPTION_NAME:
		return read_name(r, err);
	case CG_OPTION_UUID:
		return read_uuid(r, err);
	case CG_OPTION_RUN_WITH:
		return read_run_with(r, err);
	case CG_OPTION_TEST:
		return doubt(r, r->word, "what it does to CPUs isn't looked at", err);
	default:
		return 0;
	}
}

static int take_option(struct reader *r, struct cg_error *err)
{
	struct cg_arguments *a = &r->arguments;

	switch (r->option->kind) {
	case CG_OPTION_ASKS:
		return no_guest(r, err);
	case CG_OPTION_ENABLE_KVM:
		json_object_set_new(a->machine, "accel", json_string("kvm"));
		return 0;
	case CG_OPTION_CPU:
		a->cpu = r->value;
		a->cpu_at = r->at;
		return strcmp(a->cpu, "help") == 0 || strcmp(a->cpu, "?") == 0
			       ? no_guest(r, err)
			       : 0;
	case CG_OPTION_PAUSED:
		a->paused = true;
		return 0;
	case CG_OPTION_DAEMONIZE:
		a->daemonize = true;
		return 0;
	case CG_OPTION_RUNAS:
		a->other_user = true;
		return 0;
	case CG_OPTION_PRECONFIG:
		a->preconfig = true;
		return 0;
	case CG_OPTION_INCOMING:
		a->incoming = r->value;
		return 0;
	default:
		if (take_value(r, err) < 0)
			return cg_error_prefix(err, "%s %.80s", r->word, r->value);
		return 0;
	}
}

/* The option at @r->at and its value; moves to the last word that it takes. */
static int find_option(struct reader *r, const char *const *words, size_t count,
		       struct cg_error *err)
{
	r->word = words[r->at];
	r->value = "";
	r->option = cg_option_find(r->word);
	if (!r->option)
		return cg_error_set(
			err, CG_E_UNDECIDED,
			"no option of QEMU's is known as %.80s, so it can't be told "
			"whether the next word is its argument",
			r->word);
	if (!r->option->argument)
		return 0;
	if (r->at + 1 == count)
		return cg_error_set(err, CG_E_USAGE, "%s requires an argument", r->word);
	r->value = words[++r->at];
	return 0;
}

static void note_age(struct reader *r)
{
	json_t *list = r->option->age == CG_OPTION_GONE  ? r->arguments.gone
		       : r->option->age == CG_OPTION_NEW ? r->arguments.fresh
							 : NULL;

	if (list)
		json_array_append_new(list, json_string(r->option->name));
}

static int read_words(struct reader *r, const char *const *words, size_t count,
		      struct cg_error *err)
{
	for (r->at = 1; r->at < count; r->at++) {
		if (!cg_option_is(words[r->at]))
			continue;
		if (find_option(r, words, count, err) < 0)
			return -1;
		note_age(r);
		if (take_option(r, err) < 0)
			return -1;
	}
	return 0;
}

/* QEMU looks for -no-user-config before all else. */
static int read_configuration(struct reader *r, const char *const *words, size_t count,
			      const char *path, struct cg_error *err)
{
	cg_auto_json json_t *groups = NULL;

	for (r->at = 1; r->at < count; r->at++) {
		if (!cg_option_is(words[r->at]))
			continue;
		if (find_option(r, words, count, err) < 0)
			return -1;
		if (r->option->kind == CG_OPTION_NO_USER_CONFIG)
			return 0;
	}
	if (!path)
		return 0;
	if (cg_configuration_read(&groups, path, err) < 0)
		return -1;
	if (take_groups(r, groups, err) < 0)
		return cg_error_prefix(err, "%s", path);
	return 0;
}

/* What was merged. */

static int dashify(json_t **machine, struct cg_error *err)
{
	cg_auto_json json_t *out = json_object();
	const char *name;
	json_t *value;

	cg_json_each(*machine, name, value) {
		cg_auto_free char *dashed = strdup(name);

		if (!dashed)
			return cg_error_errno(err, "-machine");
		for (char *c = dashed; *c; c++)
			*c = *c == '_' ? '-' : *c;
		if (json_object_get(out, dashed))
			return cg_error_set(err, CG_E_USAGE,
					    "-machine: %s in two spellings", dashed);
		json_object_set(out, dashed, value);
	}
	json_decref(*machine);
	*machine = cg_take(out);
	return 0;
}

/* QEMU's default depends on what it is called (configure_accelerators()). */
static const char *default_accels(const struct cg_arguments *a)
{
	size_t len = strlen(a->emulator);

	return len >= 3 && strcmp(a->emulator + len - 3, "kvm") == 0 ? "kvm:tcg"
								     : "tcg:kvm";
}

static int settle_accels(struct cg_arguments *a, struct cg_error *err)
{
	const char *names = cg_json_text(a->machine, "accel");

	if (json_array_size(a->accels))
		return names ? cg_error_set(err, CG_E_USAGE,
					    "-accel and -machine accel= don't go together")
			     : 0;
	names = names ? names : default_accels(a);
	for (;;) {
		size_t len = strcspn(names, ":");

		json_array_append_new(a->accels,
				      json_pack("{s:s%}", "accel", names, len));
		if (!names[len])
			return 0;
		names += len + 1;
	}
}

static int settle_machine(struct reader *r, struct cg_error *err)
{
	static const char *const others[] = { "confidential-guest-support",
					      "memory-encryption", "sgx-epc" };
	struct cg_arguments *a = &r->arguments;
	const json_t *smp;

	if (dashify(&a->machine, err) < 0)
		return -1;
	for (size_t i = 0; i < CG_COUNT(others); i++)
		if (json_object_get(a->machine, others[i]) &&
		    doubt(r, others[i], "what it does to CPUs isn't looked at", err) < 0)
			return -1;
	smp = json_object_get(a->machine, "smp");
	if (smp && !json_is_object(smp))
		return cg_error_set(err, CG_E_USAGE, "-machine: smp is no value");
	return cg_topology_read(&a->topology, smp, err);
}

static int read_all(struct reader *r, const char *const *words, size_t count,
		    const char *configuration, struct cg_error *err)
{
	if (!count || !*words[0])
		return cg_error_set(err, CG_E_USAGE, "which emulator?");
	r->arguments.emulator = words[0];
	if (read_configuration(r, words, count, configuration, err) < 0 ||
	    read_words(r, words, count, err) < 0 || settle_machine(r, err) < 0)
		return -1;
	return settle_accels(&r->arguments, err);
}

int cg_arguments_read(struct cg_arguments *out, const char *const *words, size_t count,
		      const char *configuration, struct cg_error *err)
{
	struct reader r = { .arguments = { .machine = json_object(),
					   .accels = json_array(),
					   .globals = json_array(),
					   .doubts = json_array(),
					   .gone = json_array(),
					   .fresh = json_array() } };

	if (read_all(&r, words, count, configuration, err) < 0) {
		cg_arguments_deinit(&r.arguments);
		return -1;
	}
	*out = r.arguments;
	return 0;
}

void cg_arguments_deinit(struct cg_arguments *arguments)
{
	json_decref(arguments->machine);
	json_decref(arguments->accels);
	json_decref(arguments->globals);
	json_decref(arguments->doubts);
	json_decref(arguments->gone);
	json_decref(arguments->fresh);
	free(arguments->name);
	free(arguments->uuid);
	*arguments = (struct cg_arguments){ 0 };
}

const char *cg_arguments_machine(const struct cg_arguments *arguments)
{
	return cg_json_text(arguments->machine, "type");
}

const char *cg_arguments_irqchip(const struct cg_arguments *arguments)
{
	const char *mode = cg_json_text(arguments->machine, "kernel-irqchip");
	const json_t *accel;
	size_t i;

	json_array_foreach(arguments->accels, i, accel) {
		const char *own = cg_json_text(accel, "kernel-irqchip");

		if (own && strcmp(cg_json_text(accel, "accel"), "kvm") == 0)
			mode = own;
	}
	return mode;
}

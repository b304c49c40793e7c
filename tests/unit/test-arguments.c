// SPDX-License-Identifier: LGPL-2.1-or-later
/* QEMU command lines, word by word. What QEMU itself makes of them is in tests/cli/launch.bats. */
#include "gate/arguments.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "gate/option.h"
#include "gate/words.h"
#include "tests/unit/unit.h"

#define WORDS_MAX 32

/* Words separated by blanks; "q" is the emulator before them. */
static size_t split(char *text, const char *words[WORDS_MAX])
{
	size_t count = 0;
	char *rest = text, *word;

	words[count++] = "q";
	while ((word = strsep(&rest, " ")))
		if (count < WORDS_MAX)
			words[count++] = word;
	return count;
}

static int read_line(struct cg_arguments *out, char *text, struct cg_error *err)
{
	const char *words[WORDS_MAX];
	size_t count = split(text, words);

	return cg_arguments_read(out, words, count, NULL, err);
}

static json_t *list_of(const char *text)
{
	const char *words[WORDS_MAX];
	char copy[512];
	size_t count;
	json_t *list = json_array();

	snprintf(copy, sizeof(copy), "%s", text);
	count = split(copy, words);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(words[i]));
	return list;
}

static void expect_refused(const char *text, enum cg_errc code)
{
	struct cg_arguments arguments = { 0 };
	char copy[512];
	struct cg_error err;

	snprintf(copy, sizeof(copy), "%s", text);
	if (read_line(&arguments, copy, &err) == 0)
		fail_msg("taken: %s", text);
	if (err.code != code)
		fail_msg("%s: %s", text, err.msg);
	assert_null(arguments.machine);
}

struct reading {
	const char *text, *machine, *accels, *definition;
};

static void expect_read(const struct reading *want)
{
	cg_auto_arguments struct cg_arguments a = { 0 };
	cg_auto_free char *definition = NULL;
	char copy[512], accels[256] = "";
	struct cg_error err;
	const json_t *accel;
	size_t i;

	snprintf(copy, sizeof(copy), "%s", want->text);
	if (read_line(&a, copy, &err) < 0 ||
	    cg_arguments_definition(&a, &definition, "default", &err) < 0)
		fail_msg("%s: %s", want->text, err.msg);
	json_array_foreach(a.accels, i, accel) {
		strcat(accels, i ? ":" : "");
		strcat(accels, cg_json_text(accel, "accel"));
	}
	assert_string_equal(cg_arguments_machine(&a) ? cg_arguments_machine(&a) : "",
			    want->machine);
	assert_string_equal(accels, want->accels);
	assert_string_equal(definition, want->definition);
}

static void every_spelling_is_read(void **state)
{
	static const struct reading cases[] = {
		{ "disk.img", "", "tcg:kvm", "default" },
		{ "-M q35", "q35", "tcg:kvm", "default" },
		{ "--machine type=q35,accel=kvm", "q35", "kvm", "default" },
		{ "-M q35 -machine type=pc", "pc", "tcg:kvm", "default" },
		{ "-M pc,accel=kvm -M accel=tcg", "pc", "tcg", "default" },
		{ "-M accel=tcg -enable-kvm", "", "kvm", "default" },
		{ "-enable-kvm -M accel=kvm:tcg", "", "kvm:tcg", "default" },
		{ "-accel kvm,kernel-irqchip=on -accel tcg", "", "kvm:tcg", "default" },
		{ "-accel accel=tcg,thread=multi", "", "tcg", "default" },
		{ "-cpu a -cpu b,+x", "", "tcg:kvm", "b,+x" },
		{ "-cpu b,+x -global b-x86_64-cpu.y=off", "", "tcg:kvm", "b,y=off,+x" },
		{ "-global x86_64-cpu.y=off -global c-x86_64-cpu.z=on -cpu b", "",
		  "tcg:kvm", "b,y=off" },
		{ "-global max-x86_64-cpu.y=off -cpu host", "", "tcg:kvm", "host,y=off" },
		{ "-global EPYC-x86_64-cpu.y=1 -cpu EPYC-Rome", "", "tcg:kvm",
		  "EPYC-Rome" },
		{ "-global cpu.y=on", "", "tcg:kvm", "default,y=on" },
		{ "-name -cpu -cpu b", "", "tcg:kvm", "b" },
		{ "-append --machine", "", "tcg:kvm", "default" },
	};

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++)
		expect_read(&cases[i]);
}

static void what_qemu_refuses_is_refused(void **state)
{
	static const char *const usage[] = {
		"-cpu",
		"-M",
		"-M a=",
		"-M =a",
		"-M q35,",
		"-M q35,b",
		"-accel",
		"-M smp=1 -smp 2",
		"-smp 0x",
		"-smp -1",
		"-smp 2,cpus",
		"-uuid x",
		"-version",
		"-h",
		"-cpu ?",
		"-accel help",
		"-M a.b.c.d.e.f.g.h.i=1",
		"-accel tcg -M accel=tcg",
		"-M a_b=1,a-b=2",
	};
	static const char *const undecided[] = { "-",       "--",     "---cpu x",
						 "-nosuch", "-Cpu x", "-cpu=x",
						 "-smp 0" };

	(void)state;
	for (size_t i = 0; i < CG_COUNT(usage); i++)
		if (strcmp(usage[i], "-M a=") != 0 && strcmp(usage[i], "-M q35,") != 0)
			expect_refused(usage[i], CG_E_USAGE);
	for (size_t i = 0; i < CG_COUNT(undecided); i++)
		expect_refused(undecided[i], CG_E_UNDECIDED);
}

static void what_a_caller_needs_to_know_is_told(void **state)
{
	cg_auto_arguments struct cg_arguments a = { 0 };
	char line[] =
		"-S -daemonize -incoming defer -name guest=vm7,process=x -overcommit "
		"cpu-pm=on -M kernel_irqchip=split -accel kvm -preconfig -no-hpet -M q35";
	struct cg_error err;

	(void)state;
	assert_int_equal(read_line(&a, line, &err), 0);
	assert_true(a.paused && a.daemonize && a.preconfig && a.cpu_pm);
	assert_string_equal(a.incoming, "defer");
	assert_string_equal(a.name, "vm7");
	assert_string_equal(cg_arguments_irqchip(&a), "split");
	assert_int_equal(json_array_size(a.gone), 1);
	assert_int_equal(a.machine_at, 16);
	assert_int_equal(a.cpu_at, 0);
}

static void expect_replaced(const char *text, const char *want)
{
	cg_auto_json json_t *words = list_of(text), *out = NULL;
	cg_auto_arguments struct cg_arguments a = { 0 };
	cg_auto_free char *line = NULL;
	char copy[512];
	struct cg_error err;

	snprintf(copy, sizeof(copy), "%s", text);
	assert_int_equal(read_line(&a, copy, &err), 0);
	out = cg_words_replace(words, &a, "M", "C");
	line = cg_words_quote(out);
	assert_string_equal(line, want);
}

static void only_machine_and_cpu_are_replaced(void **state)
{
	(void)state;
	expect_replaced("-S", "q -S -machine M -cpu C");
	expect_replaced("-M q35 -cpu a -cpu b x", "q -M M -cpu a -cpu C x");
	expect_replaced("-M q35,a=b,,c,smm=off -cpu b", "q -M M,a=b,,c,smm=off -cpu C");
	expect_replaced("-M smm=off,,type=x,type=q35 -cpu b",
			"q -M smm=off,,type=x,type=M -cpu C");
	expect_replaced("-M q35 -M usb=off -cpu b it's",
			"q -M M -M usb=off -cpu C 'it'\\''s'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_read),
		cmocka_unit_test(what_qemu_refuses_is_refused),
		cmocka_unit_test(what_a_caller_needs_to_know_is_told),
		cmocka_unit_test(only_machine_and_cpu_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The fake emulator behaves: what it answers is what was recorded, for the right command
 * line.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/json.h"
#include "tests/fake-qemu/peer.h"

#define STATIC_BASE                                                                      \
	"{\"execute\": \"query-cpu-model-expansion\", \"arguments\": "                   \
	"{\"type\": \"static\", \"model\": {\"name\": \"base\"}}}"

static size_t count_lines(const char *path)
{
	FILE *in = fopen(path, "r");
	size_t lines = 0;
	int c;

	assert_non_null(in);
	while ((c = getc(in)) != EOF)
		lines += c == '\n';
	fclose(in);
	return lines;
}

static void write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void greets_and_answers_like_qemu(void **state)
{
	struct peer peer;

	(void)state;
	peer_start_none(&peer);
	assert_has(peer_line(&peer),
		   "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22,");
	assert_has(peer_ask(&peer, "{\"execute\": \"query-target\"}"),
		   "Expecting capabilities");
	assert_string_equal(peer_ask(&peer,
				     "{\"execute\": \"qmp_capabilities\", \"id\": 1}"),
			    "{\"id\": 1, \"return\": {}}");
	assert_string_equal(
		peer_ask(&peer, "{\"id\": {\"b\": 1}, \"execute\": \"query-target\"}"),
		"{\"id\": {\"b\":1}, \"return\": {\"arch\": \"x86_64\"}}");
	assert_has(peer_ask(&peer, "{\"execute\": \"quit\", \"id\": 2}"), "SHUTDOWN");
	assert_string_equal(peer_line(&peer), "{\"id\": 2, \"return\": {}}");
	assert_int_equal(peer_end(&peer).status, 0);
	peer_stop(&peer);
}

static void finds_arguments_in_any_order(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "");
	assert_has(
		peer_ask(&peer,
			 "{\"arguments\": {\"model\": {\"props\": {\"migratable\": false}, "
			 "\"name\": \"max\"}, \"type\": \"full\"}, "
			 "\"execute\": \"query-cpu-model-expansion\"}"),
		"\"migratable\": false");
	peer_stop(&peer);
}

static void keeps_numbers_that_jansson_cannot_hold(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "");
	assert_has(peer_ask(&peer,
			    "{\"execute\": \"query-cpu-model-expansion\", \"arguments\": "
			    "{\"type\": \"full\", \"model\": {\"name\": \"Haswell\"}}}"),
		   "\"lbr-fmt\": 18446744073709551552");
	peer_stop(&peer);
}

static void takes_commands_sent_ahead_and_in_pieces(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "");
	peer_say(
		&peer,
		"{\"execute\": \"query-target\", \"id\": 1} {\"execute\": \"query-kvm\", ");
	assert_has(peer_line(&peer), "{\"id\": 1, ");
	assert_null(peer_line_within(&peer, PEER_MOMENT));
	peer_say(&peer, "\"id\": \"a } \\\" {\"}");
	assert_has(peer_line(&peer), "{\"id\": \"a } \\\" {\", ");
	peer_stop(&peer);
}

static void refuses_what_qemu_would_refuse(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "");
	assert_has(peer_ask(&peer, "{\"execute\": \"query-everything\"}"),
		   "The command query-everything has not been found");
	assert_has(peer_ask(&peer,
			    "{\"execute\": \"query-cpu-model-expansion\", \"arguments\": "
			    "{\"type\": \"full\", \"model\": {\"name\": \"Z80\"}}}"),
		   "CPU model 'Z80' not found");
	assert_has(peer_ask(&peer, "{\"execute\": \"query-machines\", "
				   "\"arguments\": {\"compat-props\": true}}"),
		   "Parameter 'compat-props' is unexpected");
	assert_has(
		peer_ask(&peer,
			 "{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"/x\"}}"),
		"CommandNotFound");
	assert_has(peer_last_words(&peer),
		   "not recorded: {\"arguments\":{\"path\":\"/x\"}");
	assert_has(peer_ask(&peer, "hello\n"), "JSON parse error");
	assert_has(peer_ask(&peer, "{\"exec\": 1}"), "lacks member 'execute'");
	peer_stop(&peer);
}

static void refuses_machine_types_that_are_not_there(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, "-machine", "pc-q35-99.9,accel=tcg");
	assert_null(peer_line(&peer));
	assert_int_equal(peer_end(&peer).status, 1);
	peer_stop(&peer);
}

static void goes_on_when_its_monitor_is_gone(void **state)
{
	struct peer peer;

	(void)state;
	peer_begin(&peer, "");
	shutdown(peer.fd, SHUT_RDWR);
	assert_true(peer_is_alive(&peer));
	kill(cg_child_pid(peer.child), SIGTERM);
	assert_int_equal(peer_end(&peer).status, 0);
	peer_stop(&peer);
}

/* Names of all features, as cpugate finds them. */
static json_t *vocabulary(void)
{
	struct cg_error err;
	struct peer peer;
	json_t *reply, *props, *value, *names = json_object();
	const char *name, *text;

	peer_begin(&peer, "");
	text = peer_ask(&peer, STATIC_BASE);
	assert_int_equal(cg_json_parse(&reply, text, strlen(text), PEER_LINE, &err), 0);
	assert_int_equal(json_unpack(reply, "{s:{s:{s:o}}}", "return", "model", "props",
				     &props),
			 0);
	json_object_foreach(props, name, value)
		if (json_is_boolean(value) && strcmp(name, "lmce") != 0)
			json_object_set_new(names, name, json_false());
	json_decref(reply);
	peer_stop(&peer);
	return names;
}

/* With -global for all of @names but the first @less, and @cpu (NULL for none). */
static void start_with(struct peer *peer, const char *machine, const char *cpu,
		       const json_t *names, size_t less)
{
	const char *arguments[1024] = { "-machine", machine, "-cpu", cpu };
	char globals[512][64];
	size_t count = 0, n = cpu ? 4 : 2;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)names, name, value) {
		snprintf(globals[count], sizeof(globals[count]), "base-x86_64-cpu.%s=on",
			 name);
		if (count++ < less)
			continue;
		arguments[n++] = "-global";
		arguments[n++] = globals[count - 1];
	}
	arguments[n] = NULL;
	peer_start_at(peer, peer_program, arguments);
}

static void start_with_globals(struct peer *peer, const char *machine,
			       const json_t *names, size_t less)
{
	start_with(peer, machine, NULL, names, less);
}

static void serves_globals_only_if_all_are_given(void **state)
{
	json_t *names = vocabulary();
	struct peer peer;

	(void)state;
	start_with_globals(&peer, "accel=tcg", names, 1);
	assert_null(peer_line(&peer));
	assert_int_equal(peer_end(&peer).status, 99);
	assert_has(peer_last_words(&peer), "1 globals missing");
	peer_stop(&peer);
	start_with_globals(&peer, "accel=tcg", names, 0);
	peer_negotiate(&peer);
	assert_has(peer_ask(&peer, "{\"execute\": \"query-cpu-definitions\"}"),
		   "\"vmx-ept\"");
	peer_stop(&peer);
	json_decref(names);
}

static void finds_machine_types_by_alias_and_default(void **state)
{
	static const struct {
		const char *machine, *type;
	} cases[] = {
		{ "accel=tcg", "pc-i440fx-7.2-machine" },
		{ "pc,accel=kvm", "pc-i440fx-7.2-machine" },
		{ "pc-i440fx-7.2,accel=tcg", "pc-i440fx-7.2-machine" },
		{ "q35,accel=tcg", "pc-q35-7.2-machine" },
		{ "pc-i440fx-2.4,accel=kvm", "pc-i440fx-2.4-machine" },
	};
	json_t *names = vocabulary();
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < CG_COUNT(cases); i++) {
		start_with_globals(&peer, cases[i].machine, names, 0);
		peer_negotiate(&peer);
		assert_has(peer_ask(&peer,
				    "{\"execute\": \"qom-get\", \"arguments\": "
				    "{\"path\": \"/machine\", \"property\": \"type\"}}"),
			   cases[i].type);
		peer_stop(&peer);
	}
	json_decref(names);
}

/* Asks for "base" with all of @names off, in a process where globals switch all on. */
static void knows_base_with_everything_off(void **state)
{
	json_t *names = vocabulary(), *command;
	struct peer peer;
	char *text, *reply;

	(void)state;
	start_with_globals(&peer, "pc-i440fx-2.4,accel=tcg", names, 0);
	peer_negotiate(&peer);
	command = json_pack("{s:s, s:{s:s, s:{s:s, s:O}}}", "execute",
			    "query-cpu-model-expansion", "arguments", "type", "full",
			    "model", "name", "base", "props", names);
	text = cg_json_canonical(command);
	reply = peer_ask(&peer, text);
	assert_has(reply, "\"vmx-ept\": false");
	assert_has(reply, "\"cpuid-0xb\": false"); /* as pc-i440fx-2.4 has it */
	free(text);
	json_object_set_new(names, "aes", json_true());
	text = cg_json_canonical(command);
	assert_has(peer_ask(&peer, text), "CommandNotFound");
	free(text);
	json_decref(command);
	json_decref(names);
	peer_stop(&peer);
}

static void plays_dry_runs_that_start_fail_and_crash(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, "-machine", "accel=tcg", "-cpu", "max,enforce");
	peer_negotiate(&peer);
	assert_has(peer_ask(&peer, "{\"execute\": \"query-cpus-fast\"}"), "device[0]");
	peer_stop(&peer);
	peer_start(&peer, "-machine", "accel=tcg", "-cpu", "Haswell,enforce=on");
	assert_has(peer_line(&peer), "QMP");
	assert_null(peer_line(&peer));
	assert_int_equal(peer_end(&peer).status, 1);
	assert_has(peer_last_words(&peer), "TCG doesn't support requested features");
	peer_stop(&peer);
	peer_start(&peer, "-machine", "accel=kvm", "-cpu", "max,enforce=on");
	assert_has(peer_line(&peer), "QMP");
	assert_int_equal(peer_end(&peer).signal, SIGABRT);
	assert_has(peer_last_words(&peer), "kvm_buf_set_msrs: Assertion");
	peer_stop(&peer);
	peer_start(&peer, "-machine", "accel=tcg", "-cpu", "Haswell,enforce=off");
	assert_int_equal(peer_end(&peer).status, 99);
	peer_stop(&peer);
}

/* Globals answer the same beside a -cpu that starts; beside one that doesn't, QEMU ends. */
static void plays_globals_beside_a_cpu(void **state)
{
	json_t *names = vocabulary();
	struct peer peer;

	(void)state;
	start_with(&peer, "accel=tcg", "max,enforce=on", names, 0);
	peer_negotiate(&peer);
	assert_has(peer_ask(&peer, "{\"execute\": \"query-cpu-definitions\"}"),
		   "\"vmx-ept\"");
	peer_stop(&peer);
	start_with(&peer, "accel=tcg", "Haswell,enforce=on", names, 0);
	assert_has(peer_line(&peer), "QMP");
	assert_null(peer_line(&peer));
	assert_int_equal(peer_end(&peer).status, 1);
	peer_stop(&peer);
	json_decref(names);
}

static void counts_its_starts(void **state)
{
	char *log = peer_path(peer_scratch, "log"),
	     *pids = peer_path(peer_scratch, "pids");
	struct peer peers[8];

	(void)state;
	setenv("FAKE_QEMU_LOG", log, 1);
	setenv("FAKE_QEMU_PIDS", pids, 1);
	setenv("FAKE_QEMU_MODE", "exit:3/#5", 1);
	for (size_t i = 0; i < CG_COUNT(peers); i++)
		peer_start(&peers[i], "-machine", "none,accel=tcg", "-name", "it's");
	for (size_t i = 0; i < CG_COUNT(peers); i++)
		peer_line(&peers[i]);
	assert_int_equal(count_lines(log), CG_COUNT(peers));
	assert_int_equal(count_lines(pids), CG_COUNT(peers));
	for (size_t i = 0, ended = 0; i < CG_COUNT(peers); i++) {
		ended += !peers[i].in.len;
		assert_true(i + 1 < CG_COUNT(peers) || ended == 1);
		peer_stop(&peers[i]);
	}
	unlink(log);
	unlink(pids);
	free(log);
	free(pids);
}

static void quotes_its_log_for_a_shell(void **state)
{
	char *log = peer_path(peer_scratch, "log"), text[4096] = "";
	struct peer peer;
	FILE *in;

	(void)state;
	setenv("FAKE_QEMU_LOG", log, 1);
	peer_start(&peer, "-machine", "none", "-name", "it's", "-cpu", "");
	peer_line(&peer);
	peer_stop(&peer);
	in = fopen(log, "r");
	assert_non_null(in);
	assert_non_null(fgets(text, sizeof(text), in));
	fclose(in);
	assert_has(text,
		   "/fake-qemu -S -m 16 -machine none -name 'it'\\''s' -cpu '' -chardev ");
	unlink(log);
	free(log);
}

static void copy_program(const char *to)
{
	char piece[65536];
	int in = open(peer_program, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t got;

	assert_true(in >= 0 && out >= 0);
	while ((got = read(in, piece, sizeof(piece))) > 0)
		assert_int_equal(write(out, piece, (size_t)got), got);
	close(in);
	close(out);
}

static void reads_settings_beside_the_program(void **state)
{
	const char *const none[] = { "-machine", "none", NULL };
	char *copy = peer_path(peer_scratch, "qemu-a"),
	     *settings = peer_path(peer_scratch, "qemu-a.env");
	struct peer peer;

	(void)state;
	copy_program(copy);
	write_file(settings, "# for this one only\nFAKE_QEMU_MODE=exit:7\n");
	peer_start_at(&peer, copy, none);
	assert_int_equal(peer_end(&peer).status, 7);
	peer_stop(&peer);
	peer_start_none(&peer);
	assert_has(peer_line(&peer), "QMP");
	peer_stop(&peer);
	unlink(copy);
	unlink(settings);
	free(copy);
	free(settings);
}

/* Two sessions in the form of libvirt's files. */
static const char replies[] =
	"{\n  \"execute\": \"qmp_capabilities\",\n  \"id\": \"libvirt-1\"\n}\n\n"
	"{\n  \"return\": {},\n  \"id\": \"libvirt-1\"\n}\n\n"
	"{\n  \"execute\": \"query-version\",\n  \"id\": \"libvirt-2\"\n}\n\n"
	"{\n  \"return\": {\n    \"qemu\": {\n      \"micro\": 1,\n      \"minor\": 2,\n"
	"      \"major\": 9\n    },\n    \"package\": \"\"\n  },\n  \"id\": \"libvirt-2\"\n}\n\n"
	"{\n  \"execute\": \"query-kvm\",\n  \"id\": \"libvirt-3\"\n}\n\n"
	"{\n  \"return\": {\n    \"enabled\": true,\n    \"present\": true\n  },\n"
	"  \"id\": \"libvirt-3\"\n}\n\n"
	"{\n  \"execute\": \"query-machines\",\n  \"id\": \"libvirt-4\"\n}\n\n"
	"{\n  \"return\": [\n    \"with kvm\"\n  ],\n  \"id\": \"libvirt-4\"\n}\n\n"
	"{\n  \"execute\": \"qmp_capabilities\",\n  \"id\": \"libvirt-1\"\n}\n\n"
	"{\n  \"return\": {},\n  \"id\": \"libvirt-1\"\n}\n\n"
	"{\n  \"execute\": \"query-machines\",\n  \"id\": \"libvirt-2\"\n}\n\n"
	"{\n  \"error\": {\n    \"class\": \"GenericError\",\n    \"desc\": \"with tcg\"\n  },\n"
	"  \"id\": \"libvirt-2\"\n}\n";

static void serves_files_of_libvirt(void **state)
{
	char *path = peer_path(peer_scratch, "caps.replies");
	struct peer peer;

	(void)state;
	write_file(path, replies);
	setenv("FAKE_QEMU_REPLIES", path, 1);
	peer_start(&peer, "-machine", "none,accel=kvm");
	assert_has(peer_line(&peer),
		   "\"QMP\": {\"version\": { \"qemu\": { \"micro\": 1,");
	peer_ask(&peer, "{\"execute\": \"qmp_capabilities\"}");
	assert_string_equal(peer_ask(&peer,
				     "{\"execute\": \"query-machines\", \"id\": 7}"),
			    "{\"id\": 7,  \"return\": [ \"with kvm\" ] }");
	peer_stop(&peer);
	peer_start(&peer, "-machine", "none,accel=tcg");
	peer_negotiate(&peer);
	assert_has(peer_ask(&peer, "{\"execute\": \"query-machines\"}"), "with tcg");
	assert_has(peer_ask(&peer, "{\"execute\": \"query-version\"}"), "\"major\": 9");
	assert_has(peer_ask(&peer, "{\"execute\": \"query-kvm\"}"), "\"enabled\": false");
	assert_has(peer_ask(&peer, "{\"execute\": \"query-target\"}"), "CommandNotFound");
	peer_stop(&peer);
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(greets_and_answers_like_qemu),
		PEER_TEST(finds_arguments_in_any_order),
		PEER_TEST(keeps_numbers_that_jansson_cannot_hold),
		PEER_TEST(takes_commands_sent_ahead_and_in_pieces),
		PEER_TEST(refuses_what_qemu_would_refuse),
		PEER_TEST(refuses_machine_types_that_are_not_there),
		PEER_TEST(goes_on_when_its_monitor_is_gone),
		PEER_TEST(serves_globals_only_if_all_are_given),
		PEER_TEST(finds_machine_types_by_alias_and_default),
		PEER_TEST(knows_base_with_everything_off),
		PEER_TEST(plays_dry_runs_that_start_fail_and_crash),
		PEER_TEST(plays_globals_beside_a_cpu),
		PEER_TEST(counts_its_starts),
		PEER_TEST(quotes_its_log_for_a_shell),
		PEER_TEST(reads_settings_beside_the_program),
		PEER_TEST(serves_files_of_libvirt),
	};

	return cmocka_run_group_tests(tests, peer_set_up, peer_tear_down);
}

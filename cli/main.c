// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpugate: reads the command line, asks one command, prints its reply. The only place that prints errors
 * and knows exit statuses. SIGINT and SIGTERM arrive through a signalfd that every wait in the program
 * watches, so an interrupted probe cleans up behind itself.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/socket.h"
#include "cli/ask.h"
#include "cli/bar.h"
#include "cli/end.h"
#include "cli/output.h"
#include "cli/verb.h"

#define WIDTH 80
#define INPUT_BYTES (4 << 20)

static const struct cg_verb *const verbs[] = {
	&cg_verb_models,
	&cg_verb_expand,
	&cg_verb_export,
	&cg_verb_machines,
	&cg_verb_emulators,
	&cg_verb_host,
	&cg_verb_probe,
	&cg_verb_record,
	&cg_verb_verify,
	&cg_verb_cache_list,
	&cg_verb_cache_why,
	&cg_verb_cache_history,
	&cg_verb_cache_prune,
	&cg_verb_cache_path,
	&cg_verb_diff,
	&cg_verb_compare,
	&cg_verb_baseline,
	&cg_verb_hosts_for,
	&cg_verb_explain,
	&cg_verb_matrix,
	&cg_verb_check_launch,
	&cg_verb_check_migration,
	&cg_verb_check_restore,
	&cg_verb_hook_libvirt,
	&cg_verb_pin,
	&cg_verb_run,
	&cg_verb_migrate,
	&cg_verb_receive,
	&cg_verb_contract_show,
	&cg_verb_contract_list,
	&cg_verb_contract_export,
	&cg_verb_contract_import,
	&cg_verb_contract_verify,
	&cg_verb_contract_forget,
	&cg_verb_contract_impact,
	&cg_verb_audit,
};

/* What an option's value becomes: the argument of the option's own name. */
enum { OPTION_TEXT = 256, OPTION_LIST, OPTION_NUMBER, OPTION_FLAG };

static const struct option long_options[] = {
	{ "emulator", required_argument, NULL, OPTION_TEXT },
	{ "machine", required_argument, NULL, OPTION_TEXT },
	{ "accel", required_argument, NULL, OPTION_TEXT },
	{ "record", required_argument, NULL, OPTION_TEXT },
	{ "from", required_argument, NULL, OPTION_TEXT },
	{ "level", required_argument, NULL, OPTION_TEXT },
	{ "cpu", required_argument, NULL, OPTION_TEXT },
	{ "guest", required_argument, NULL, OPTION_TEXT },
	{ "to", required_argument, NULL, OPTION_TEXT },
	{ "smp", required_argument, NULL, OPTION_TEXT },
	{ "format", required_argument, NULL, OPTION_TEXT },
	{ "name", required_argument, NULL, OPTION_TEXT },
	{ "contract", required_argument, NULL, OPTION_TEXT },
	{ "without", required_argument, NULL, OPTION_LIST },
	{ "allow-missing", required_argument, NULL, OPTION_LIST },
	{ "to-record", required_argument, NULL, OPTION_TEXT },
	{ "uri", required_argument, NULL, OPTION_TEXT },
	{ "deadline", required_argument, NULL, OPTION_NUMBER },
	{ "keep-source", no_argument, NULL, OPTION_FLAG },
	{ "resume", no_argument, NULL, OPTION_FLAG },
	{ "sample", required_argument, NULL, OPTION_NUMBER },
	{ "seed", required_argument, NULL, OPTION_NUMBER },
	{ "partition", required_argument, NULL, OPTION_NUMBER },
	{ "replaced", required_argument, NULL, OPTION_NUMBER },
	{ "all", no_argument, NULL, OPTION_FLAG },
	{ "launch", no_argument, NULL, OPTION_FLAG },
	{ "named", no_argument, NULL, OPTION_FLAG },
	{ "nested", no_argument, NULL, OPTION_FLAG },
	{ "cross-vendor", no_argument, NULL, OPTION_FLAG },
	{ "like-virsh", no_argument, NULL, OPTION_FLAG },
	{ "short", no_argument, NULL, OPTION_FLAG },
	{ "both", no_argument, NULL, OPTION_FLAG },
	{ "output", required_argument, NULL, 'o' },
	{ "html", required_argument, NULL, 'w' },
	{ "json", no_argument, NULL, 'j' },
	{ "connect", no_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct command_line {
	const struct cg_verb *verb;
	json_t *args;
	const char *output, *html;
	bool json, connect;
};

static void print_help(void)
{
	puts("usage: cpugate [OPTION]... VERB [OPERAND]\n"
	     "Tells what CPUs a virtual machine can have here.\n");
	for (size_t i = 0; i < CG_COUNT(verbs); i++) {
		char operands[24];
		size_t n = 0;

		for (const char *c = verbs[i]->operand;
		     c && *c && n + 1 < sizeof(operands); c++)
			operands[n++] = (char)toupper((unsigned char)*c);
		operands[n] = '\0';
		printf("  %-16s %-11s %s\n", verbs[i]->name, operands, verbs[i]->help);
	}
	puts("\n"
	     "  --emulator PATH   the emulator: a path or a name in $PATH\n"
	     "  --machine TYPE    the machine type or alias; QEMU's default without it\n"
	     "  --accel ACCEL     kvm or tcg; KVM where this host has it without it\n"
	     "  --record FILE     answer from a record, see cpugate record\n"
	     "  --from FILE       record: of a host that others tell of in FILE;\n"
	     "                    check migration: the guest's own host\n"
	     "                    migrate: qmp:SOCKET, the guest's monitor\n"
	     "  --output FILE     record, contract export: write there\n"
	     "  --all             probe, record, verify: every machine type\n"
	     "                    contract list: those that were replaced, too\n"
	     "  --replaced N      contract show, export: the N-th last one of before\n"
	     "  --sample N        verify: so many vCPUs, picked by --seed N\n"
	     "  --launch          verify: starts, not features\n"
	     "  --named           baseline: a model without changes\n"
	     "  --level LEVEL     baseline: x86-64-v2, x86-64-v3 or x86-64-v4\n"
	     "  --nested          baseline: guests of guests, too\n"
	     "  --cross-vendor    baseline: hosts of several vendors\n"
	     "  --without HOST    baseline: leave it out\n"
	     "  --partition N     baseline: split the hosts into so many groups\n"
	     "  --like-virsh      compare: words and exit status of virsh cpu-compare\n"
	     "  --cpu DEFINITION  matrix: guests of that CPU, not of each host's best;\n"
	     "                    check migration, restore: what it is started with there\n"
	     "  --guest GUEST     check migration: a contract, or qmp:SOCKET\n"
	     "  --to HOST         check migration, restore: a record, or host;\n"
	     "                    migrate: tcp:HOST:PORT or unix:PATH of cpugate receive\n"
	     "  --smp CPUS        check migration: as -smp has it there\n"
	     "  --uri URI         migrate: the way that the guest takes, as QEMU has it;\n"
	     "                    receive: tcp:HOST:PORT or unix:PATH, to listen on\n"
	     "  --to-record FILE  migrate: what the host it goes to can give\n"
	     "  --deadline N      migrate, receive: so many seconds at most\n"
	     "  --keep-source     migrate: leave the QEMU that the guest left\n"
	     "  --resume          migrate: bring back what was left standing on its way\n"
	     "  --contract FILE   run, migrate, receive, check restore: what was promised\n"
	     "  --html FILE       matrix: write a page for browsers and paper there\n"
	     "  --short, --both   pin: with the model instead of its features, or both ways\n"
	     "  --format FORMAT   export: libvirt, nfd, nova, prometheus, proxmox or qemu\n"
	     "  --name NAME       what to call a guest, or a model in Proxmox\n"
	     "  --allow-missing F run: features, with commas, that it may do without\n"
	     "  --json            the reply as JSON\n"
	     "  --connect         ask cpugated, at $CPUGATE_SOCKET if that is set\n"
	     "  --help, --version\n\n"
	     "Exit status: 0 done or yes, 1 no, 2 wrong usage or failure, 3 cannot decide.");
}

/* The verb that the words begin with, and how many of them it took. */
static const struct cg_verb *find_verb(char *const *words, int count, int *taken)
{
	for (size_t i = 0; i < CG_COUNT(verbs); i++) {
		const char *space = strchr(verbs[i]->name, ' ');
		size_t first = space ? (size_t)(space - verbs[i]->name)
				     : strlen(verbs[i]->name);

		if (strlen(words[0]) != first ||
		    strncmp(words[0], verbs[i]->name, first) != 0)
			continue;
		*taken = space ? 2 : 1;
		if (!space || (count > 1 && strcmp(words[1], space + 1) == 0))
			return verbs[i];
	}
	return NULL;
}

static int usage(const char *problem, const char *what)
{
	struct cg_error err;

	(void)cg_error_set(&err, CG_E_USAGE, "%s%s%s", problem, *what ? " " : "", what);
	fprintf(stderr, "cpugate: %s (cpugate --help)\n", err.msg);
	return CG_EXIT_FAILURE;
}

static int take_text(struct command_line *line, const char *name, const char *text)
{
	json_t *value = json_string(text);

	if (!value)
		return usage("not UTF-8:", text);
	json_object_set_new(line->args, name, value);
	return 0;
}

static int take_item(struct command_line *line, const char *name, const char *text)
{
	json_t *value = json_string(text);

	if (!value)
		return usage("not UTF-8:", text);
	if (!json_object_get(line->args, name))
		json_object_set_new(line->args, name, json_array());
	json_array_append_new(json_object_get(line->args, name), value);
	return 0;
}

/*
 * @next is the name of the argument that the word is for; the last one may be "NAME...", which takes
 * all words that are left.
 */
static int take_operand(struct command_line *line, const char **next, const char *word)
{
	size_t len = strcspn(*next, " .");
	char name[24];

	snprintf(name, sizeof(name), "%.*s", (int)len, *next);
	if ((*next)[len] == '.')
		return take_item(line, name, word);
	*next += len + ((*next)[len] == ' ');
	return take_text(line, name, word);
}

/* What the verb takes as a word is no option of it: diff's "from" isn't record's --from. */
static int check_options(const struct command_line *line)
{
	char name[24], problem[48];
	size_t len;

	for (const char *next = line->verb->operand; next && *next;
	     next += strspn(next, " .")) {
		len = strcspn(next, " .");
		snprintf(name, sizeof(name), "%.*s", (int)len, next);
		next += len;
		if (!json_object_get(line->args, name))
			continue;
		snprintf(problem, sizeof(problem), "takes no argument %s", name);
		return usage(line->verb->name, problem);
	}
	if (line->output && !line->verb->writes)
		return usage(line->verb->name, "takes no argument output");
	if (line->html && !line->verb->draws)
		return usage(line->verb->name, "takes no argument html");
	return 0;
}

/* The first word may be half of a verb. */
static int no_verb(char *const *words, int count)
{
	static const char *const halves[][2] = {
		{ "cache", "cache list, why, history, prune or path, not cache" },
		{ "contract",
		  "contract show, list, export, import, verify, forget or impact, "
		  "not contract" },
	};

	for (size_t i = 0; i < CG_COUNT(halves); i++)
		if (strcmp(words[0], halves[i][0]) == 0)
			return usage(halves[i][1], count > 1 ? words[1] : "alone");
	return usage("no verb", words[0]);
}

static int read_operands(struct command_line *line, char *const *words, int count)
{
	int taken;

	if (!count)
		return usage("which verb?", "");
	line->verb = find_verb(words, count, &taken);
	if (!line->verb)
		return no_verb(words, count);
	words += taken;
	count -= taken;
	if (check_options(line) != 0)
		return CG_EXIT_FAILURE;
	for (const char *next = line->verb->operand; next && *next && count;
	     words++, count--)
		if (take_operand(line, &next, words[0]) != 0)
			return CG_EXIT_FAILURE;
	return count ? usage("one word too many:", words[0]) : 0;
}

/* Options whose value is a number. */
static int take_number(struct command_line *line, const char *name, const char *text)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || end == text || *end || number < 0)
		return usage("not a number:", text);
	json_object_set_new(line->args, name, json_integer(number));
	return 0;
}

static int take_option(struct command_line *line, int option, const char *name)
{
	if (option == '?')
		return CG_EXIT_FAILURE;
	if (option == 'c')
		line->connect = true;
	else if (option == 'j')
		line->json = true;
	else if (option == 'o')
		line->output = optarg;
	else if (option == 'w')
		line->html = optarg;
	else if (option == OPTION_FLAG)
		json_object_set_new(line->args, name, json_true());
	else if (option == OPTION_NUMBER)
		return take_number(line, name, optarg);
	else if (option == OPTION_LIST)
		return take_item(line, name, optarg);
	else
		return take_text(line, name, optarg);
	return 0;
}

/* 0 to go on, else *status is the exit status. */
static int read_command_line(struct command_line *line, int argc, char **argv,
			     int *status)
{
	static char program[] = "cpugate";
	int option, at = 0;

	argv[0] = program; /* of getopt's complaints */
	while ((option = getopt_long(argc, argv, "", long_options, &at)) != -1) {
		*status = CG_EXIT_YES;
		if (option == 'h')
			return print_help(), -1;
		if (option == 'V')
			return puts(PACKAGE_STRING), -1;
		*status = take_option(line, option, long_options[at].name);
		if (*status)
			return -1;
	}
	*status = read_operands(line, argv + optind, argc - optind);
	return *status ? -1 : 0;
}

/* From now on a wish to stop makes this fd readable instead of ending the process. */
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD,
	       SIG_DFL); /* who starts us may ignore it: no end of a child could be seen */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* End by the signal that interrupted us, as a shell expects it. */
static void end_by_signal(int fd)
{
	struct signalfd_siginfo info;
	sigset_t set;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	sigemptyset(&set);
	sigaddset(&set, (int)info.ssi_signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise((int)info.ssi_signo);
}

static int width_of_terminal(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	return WIDTH;
}

static void print_warnings(struct cpugate_context *context)
{
	const char *warning;

	for (size_t i = 0; (warning = cpugate_warning(context, i)); i++)
		fprintf(stderr, "cpugate: warning: %s\n", warning);
}

/* The page goes into its file and out of the reply. */
static int write_page(const char *path, json_t *reply, struct cg_error *err)
{
	if (cg_output_write(path, cg_json_text(reply, "page"), err) < 0)
		return -1;
	json_object_del(reply, "page");
	return 0;
}

static int print_reply(struct cpugate_context *context, const struct command_line *line,
		       json_t *reply, struct cg_error *err)
{
	struct cg_view view = { .context = context,
				.args = line->args,
				.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
				.width = width_of_terminal(),
				.output = line->output };
	cg_auto_free char *text = NULL;

	if (line->html && write_page(line->html, reply, err) < 0)
		return -1;
	if (((!line->json && !line->html) || line->verb->writes) &&
	    line->verb->print(&view, reply, err) < 0)
		return -1;
	if (line->json && !line->verb->writes) {
		text = cg_json_pretty(reply);
		puts(text ? text : "null");
	}
	return line->verb->status ? line->verb->status(reply) : CG_EXIT_YES;
}

/* All of standard input, for a verb that reads it. */
static int take_input(const struct command_line *line, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer text = CG_BUFFER(INPUT_BYTES);
	char part[16384];
	json_t *value;
	size_t n;

	while ((n = fread(part, 1, sizeof(part), stdin)) > 0)
		if (cg_buffer_put(&text, part, n, err) < 0)
			return cg_error_prefix(err, "standard input");
	if (ferror(stdin))
		return cg_error_errno(err, "read standard input");
	value = json_stringn(text.data ? text.data : "", text.len);
	if (!value)
		return cg_error_set(err, CG_E_PARSE, "standard input isn't UTF-8");
	json_object_set_new(line->args, line->verb->input, value);
	return 0;
}

static int ask(struct cpugate_context *context, const struct command_line *line,
	       struct cg_bar *bar, struct cg_error *err)
{
	cg_auto_json json_t *reply = NULL;
	int status;

	if (line->html)
		json_object_set_new(line->args, "html", json_true());
	if (line->verb->input && take_input(line, err) < 0)
		return -1;
	if (cg_ask_command(context, line->verb->command, line->args, &reply, err) < 0)
		return -1;
	cg_bar_end(bar);
	status = print_reply(context, line, reply, err);
	if (status >= 0 && (fflush(stdout) == EOF || ferror(stdout)))
		return cg_error_errno(err, "write the answer");
	return status;
}

/* A user's own cpugated comes before the system's. */
static char *find_socket(void)
{
	char *path = cg_socket_default();
	const char *set = getenv("CPUGATE_SOCKET");

	if (path && !(set && *set) && access(path, F_OK) < 0) {
		free(path);
		path = strdup(CG_SOCKET_OF_SYSTEM);
	}
	return path;
}

static int run(const struct command_line *line)
{
	struct cpugate_options how = CPUGATE_OPTIONS;
	struct cpugate_context *context = NULL;
	struct cpugate_error error;
	cg_auto_free char *socket = NULL;
	struct cg_bar bar = { 0 };
	struct cg_error err;
	int status;

	how.progress = cg_bar_tell;
	how.progress_data = &bar;
	how.cancel_fd = catch_signals();
	how.host_root = getenv("CPUGATE_HOST_ROOT");
	if (line->connect || (!line->verb->own && *(getenv("CPUGATE_SOCKET") ?: "")))
		socket = find_socket();
	how.socket = socket;
	if (cpugate_open(&context, &how, &error) < 0)
		status = cg_ask_failed(&err, &error);
	else
		status = ask(context, line, &bar, &err);
	cg_bar_end(&bar);
	if (context)
		print_warnings(context);
	cpugate_close(context);
	cg_end_alike();
	if (status >= 0)
		return status;
	fprintf(stderr, "cpugate: %s\n", err.msg);
	if (err.code == CG_E_CANCELLED)
		end_by_signal(how.cancel_fd);
	return err.code == CG_E_UNDECIDED ? CG_EXIT_UNDECIDED : CG_EXIT_FAILURE;
}

/*
 * A standard stream that is closed would become the next file that is opened, and the answer would go there. So
 * it becomes something that can't be written.
 */
static void hold_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct command_line line = { .args = json_object() };
	int status;

	hold_streams();

	if (read_command_line(&line, argc, argv, &status) == 0)
		status = run(&line);
	else if (fflush(stdout) == EOF || ferror(stdout))
		status = usage("write the answer:", strerror(errno));
	json_decref(line.args);
	return status;
}

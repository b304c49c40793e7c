// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The misbehaviours. Each is a row of one table: what happens before a message, or what
 * is sent instead of it. Those that are neither are flags, which the session asks for by
 * name.
 */
#include "tests/fake-qemu/misbehave.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MIB (1 << 20)
#define ANY "any" /* each reply to a command */

struct fake_mode_kind {
	const char *name;
	const char *when;     /* default */
	const char *argument; /* default */
	void (*before)(const struct fake_mode *mode, const struct fake_message *message);
	void (*instead)(const struct fake_mode *mode, const struct fake_message *message);
};

static const char *argument(const struct fake_mode *mode)
{
	return mode->argument ? mode->argument : mode->kind->argument;
}

static unsigned long number(const struct fake_mode *mode)
{
	return strtoul(argument(mode), NULL, 10);
}

bool fake_write(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t put = write(fd, p, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		len -= (size_t)put;
	}
	return true;
}

static bool put_text(int fd, const char *text)
{
	return fake_write(fd, text, strlen(text));
}

_Noreturn void fake_linger(void)
{
	for (;;)
		pause();
}

_Noreturn void fake_die_by(int number)
{
	struct rlimit none = { 0 };

	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	raise(number);
	_exit(99);
}

int fake_signal_number(const char *name)
{
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 1; i < NSIG; i++) {
		const char *known = sigabbrev_np(i);

		if (known && strcmp(known, name) == 0)
			return i;
	}
	return 0;
}

void fake_log_pid(void)
{
	const char *path = getenv("FAKE_QEMU_PIDS");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
	char line[32];

	if (fd < 0)
		return;
	snprintf(line, sizeof(line), "%ld\n", (long)getpid());
	put_text(fd, line);
	close(fd);
}

void fake_limit_life(void)
{
	const char *life = getenv("FAKE_QEMU_LIFE");

	signal(SIGALRM, SIG_DFL);
	alarm(life ? (unsigned)strtoul(life, NULL, 10) : 60);
}

/* Before a message */

static void last_words(void)
{
	const char *words = getenv("FAKE_QEMU_STDERR");

	put_text(STDERR_FILENO, words ? words : "qemu-system-x86_64: failed on request");
	put_text(STDERR_FILENO, "\n");
}

static void do_exit(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)message;
	last_words();
	_exit((int)number(mode));
}

static void do_signal(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)message;
	last_words();
	fake_die_by(fake_signal_number(argument(mode)));
}

static void do_hang(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	(void)message;
	fake_linger();
}

static void do_close(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	close(message->fd);
	fake_linger();
}

static void do_slow(const struct fake_mode *mode, const struct fake_message *message)
{
	unsigned long ms = number(mode);
	struct timespec left = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	(void)message;
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/* The last one looks like a reply to whoever doesn't look at "event" first. */
static void do_events(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	put_text(
		message->fd,
		"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RESUME\"}\r\n"
		"{\"timestamp\": {\"seconds\": -1, \"microseconds\": -1}, \"event\": \"STOP\"}\r\n"
		"{\"event\": \"FAKE_NOISE\", \"data\": {\"return\": {}, \"error\": null}, "
		"\"timestamp\": {\"seconds\": 3, \"microseconds\": 4}}\r\n");
}

static void do_stubborn(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	(void)message;
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

/* A child that holds all our descriptors; "away" takes it out of our process group. */
static void do_straggler(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)message;
	if (fork() != 0)
		return;
	if (strcmp(argument(mode), "away") == 0)
		setsid();
	fake_limit_life();
	fake_log_pid();
	fake_linger();
}

static void do_noisy(const struct fake_mode *mode, const struct fake_message *message)
{
	static const char line[] =
		"qemu-system-x86_64: warning: this is not of any interest\n";
	unsigned long left = number(mode) * MIB;

	(void)message;
	while (left >= sizeof(line) && put_text(STDERR_FILENO, line))
		left -= sizeof(line) - 1;
}

/* Instead of a message */

/* {"id": ID, @text: the first bytes of an object whose other members are @text. */
static void begin_object(const struct fake_message *message, const char *text)
{
	put_text(message->fd, "{");
	if (message->id) {
		put_text(message->fd, "\"id\": ");
		put_text(message->fd, message->id);
		put_text(message->fd, ", ");
	}
	put_text(message->fd, text);
}

/* The body's members, its closing bracket included. */
static struct raw members(const struct fake_message *message)
{
	return (struct raw){ .at = message->body.at + 1, .len = message->body.len - 1 };
}

static void send_plain(const struct fake_mode *mode, const struct fake_message *message)
{
	struct raw rest = members(message);

	(void)mode;
	begin_object(message, "");
	fake_write(message->fd, rest.at, rest.len);
	put_text(message->fd, "\r\n");
}

static void do_garbage(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	put_text(message->fd, "220 this is quite another service\r\n");
}

static void do_notqmp(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	put_text(message->fd, "{\"jsonrpc\": \"2.0\", \"method\": \"hello\"}\r\n");
}

static void send_half(const struct fake_message *message)
{
	begin_object(message, "");
	fake_write(message->fd, message->body.at + 1, message->body.len / 2);
}

static void do_half(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	send_half(message);
	_exit(1);
}

static void do_stall(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	send_half(message);
	fake_linger();
}

static void do_flood(const struct fake_mode *mode, const struct fake_message *message)
{
	static char piece[MIB];

	memset(piece, 'a', sizeof(piece));
	begin_object(message, "\"return\": \"");
	for (unsigned long left = number(mode); left > 0; left--)
		if (!fake_write(message->fd, piece, sizeof(piece)))
			break;
	fake_linger();
}

static void do_utf8(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	begin_object(message, "\"return\": {\"name\": \"\xff\xfe\xc0\xaf\"}}\r\n");
}

static void do_duplicate(const struct fake_mode *mode, const struct fake_message *message)
{
	struct raw rest = members(message);

	(void)mode;
	begin_object(message, "\"twice\": 1, \"twice\": 2, ");
	fake_write(message->fd, rest.at, rest.len);
	put_text(message->fd, "\r\n");
}

static void put_often(int fd, char c, unsigned long times)
{
	char piece[4096];

	memset(piece, c, sizeof(piece));
	for (; times > sizeof(piece); times -= sizeof(piece))
		fake_write(fd, piece, sizeof(piece));
	fake_write(fd, piece, times);
}

static void do_deep(const struct fake_mode *mode, const struct fake_message *message)
{
	unsigned long levels = number(mode);

	begin_object(message, "\"return\": ");
	put_often(message->fd, '[', levels);
	put_often(message->fd, ']', levels);
	put_text(message->fd, "}\r\n");
}

static void do_wrongid(const struct fake_mode *mode, const struct fake_message *message)
{
	struct fake_message other = *message;

	other.id = "\"somebody else's\"";
	send_plain(mode, &other);
}

static void do_wrongtype(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	begin_object(message, "\"return\": \"not what was asked for\"}\r\n");
}

static void do_null(const struct fake_mode *mode, const struct fake_message *message)
{
	(void)mode;
	begin_object(message, "\"return\": null}\r\n");
}

static void do_empty(const struct fake_mode *mode, const struct fake_message *message)
{
	bool list = raw_inside(raw_get(message->body, "return")).at &&
		    raw_get(message->body, "return").at[0] == '[';

	(void)mode;
	begin_object(message, list ? "\"return\": []}\r\n" : "\"return\": {}}\r\n");
}

static void do_error(const struct fake_mode *mode, const struct fake_message *message)
{
	begin_object(message, "\"error\": {\"class\": \"");
	put_text(message->fd, argument(mode));
	put_text(message->fd, "\", \"desc\": \"refused on request\"}}\r\n");
}

static void do_twice(const struct fake_mode *mode, const struct fake_message *message)
{
	send_plain(mode, message);
	send_plain(mode, message);
}

static const struct fake_mode_kind kinds[] = {
	{ "exit", "start", "1", do_exit, NULL },
	{ "signal", "start", "SEGV", do_signal, NULL },
	{ "mute", "start", "", do_hang, NULL },
	{ "hang", ANY, "", do_hang, NULL },
	{ "close", ANY, "", do_close, NULL },
	{ "slow", ANY, "100", do_slow, NULL },
	{ "events", ANY, "", do_events, NULL },
	{ "stubborn", "start", "", do_stubborn, NULL },
	{ "straggler", "start", "", do_straggler, NULL },
	{ "noisy", "start", "8", do_noisy, NULL },
	{ "garbage", "greeting", "", NULL, do_garbage },
	{ "notqmp", "greeting", "", NULL, do_notqmp },
	{ "half", ANY, "", NULL, do_half },
	{ "stall", ANY, "", NULL, do_stall },
	{ "flood", ANY, "1024", NULL, do_flood },
	{ "utf8", ANY, "", NULL, do_utf8 },
	{ "duplicate", ANY, "", NULL, do_duplicate },
	{ "deep", ANY, "100000", NULL, do_deep },
	{ "wrongid", ANY, "", NULL, do_wrongid },
	{ "wrongtype", ANY, "", NULL, do_wrongtype },
	{ "null", ANY, "", NULL, do_null },
	{ "empty", ANY, "", NULL, do_empty },
	{ "error", ANY, "GenericError", NULL, do_error },
	{ "twice", ANY, "", NULL, do_twice },
	{ "liar", "start", "qemu64", NULL, NULL },
	{ "nokvm", "start", "", NULL, NULL },
};

static const struct fake_mode_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < CG_COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static bool is_me(const char *word, const struct fake_who *who)
{
	if (word[0] == '#')
		return strtoul(word + 1, NULL, 10) == who->start;
	return strcmp(word, who->arguments->accel) == 0 ||
	       strcmp(word, who->arguments->machine) == 0 ||
	       fake_arguments_are(who->arguments, word);
}

/* Cut @text at @mark; what is behind it, or NULL. */
static char *cut(char *text, char mark)
{
	char *behind = strchr(text, mark);

	if (!behind)
		return NULL;
	*behind = '\0';
	return behind + 1;
}

static int add_mode(struct fake_modes *modes, char *text, const struct fake_who *who,
		    struct cg_error *err)
{
	struct fake_mode mode = { 0 };
	char *whose = cut(text, '/');
	bool mine = true;

	for (char *word; whose && (word = strsep(&whose, "/"));)
		mine = mine && is_me(word, who);
	mode.when = cut(text, '@');
	mode.argument = cut(text, ':');
	mode.kind = find_kind(text);
	if (!mode.kind)
		return cg_error_set(err, CG_E_USAGE, "no such mode: %s", text);
	if (mode.kind->before == do_signal && !fake_signal_number(argument(&mode)))
		return cg_error_set(err, CG_E_USAGE, "no such signal: %s",
				    argument(&mode));
	if (modes->count == FAKE_MODES)
		return cg_error_set(err, CG_E_LIMIT, "more than %d modes", FAKE_MODES);
	if (mine)
		modes->list[modes->count++] = mode;
	return 0;
}

int fake_modes_parse(struct fake_modes *out, const char *text, const struct fake_who *who,
		     struct cg_error *err)
{
	struct fake_modes modes = { .text = strdup(text) };
	char *rest = modes.text;

	if (!rest)
		return cg_error_errno(err, "modes");
	for (char *word; (word = strsep(&rest, ","));) {
		if (*word && add_mode(&modes, word, who, err) < 0) {
			free(modes.text);
			return -1;
		}
	}
	*out = modes;
	return 0;
}

void fake_modes_deinit(struct fake_modes *modes)
{
	free(modes->text);
	*modes = (struct fake_modes){ 0 };
}

const char *fake_modes_flag(const struct fake_modes *modes, const char *name)
{
	for (size_t i = 0; i < modes->count; i++)
		if (strcmp(modes->list[i].kind->name, name) == 0)
			return argument(&modes->list[i]);
	return NULL;
}

/* "any" spares negotiation from events, which QEMU doesn't send before it. */
static bool holds(const struct fake_mode *mode, const char *when)
{
	const char *at = mode->when ? mode->when : mode->kind->when;

	if (strcmp(at, ANY) != 0)
		return strcmp(at, when) == 0;
	if (mode->kind->before == do_events && strcmp(when, "qmp_capabilities") == 0)
		return false;
	return strcmp(when, "start") != 0 && strcmp(when, "greeting") != 0;
}

void fake_modes_before(const struct fake_modes *modes, const char *when,
		       const struct fake_message *message)
{
	for (size_t i = 0; i < modes->count; i++)
		if (modes->list[i].kind->before && holds(&modes->list[i], when))
			modes->list[i].kind->before(&modes->list[i], message);
}

void fake_modes_send(const struct fake_modes *modes, const char *when,
		     const struct fake_message *message)
{
	for (size_t i = 0; i < modes->count; i++) {
		const struct fake_mode *mode = &modes->list[i];

		if (!mode->kind->instead || !holds(mode, when))
			continue;
		mode->kind->instead(mode, message);
		return;
	}
	send_plain(NULL, message);
}

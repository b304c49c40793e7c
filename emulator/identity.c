// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Identity by content. What counts is what would run now: symbolic links are followed, scripts are started to see what they
 * become, and a file that changes while it is read is not believed.
 */
#include "emulator/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/buffer.h"
#include "emulator/process.h"

#define TEXTS_MAX (256 * 1024)
#define STAMP_MAX 160

/* A file that changed this recently may change again without its times showing it. */
#define SETTLED_NS (2 * CG_S)

struct cg_identity {
	char path[PATH_MAX];
	char binary[PATH_MAX];
	char sha256[CG_DIGEST_HEX];
	char stamp[STAMP_MAX];
	char module_dir[PATH_MAX];  /* $QEMU_MODULE_DIR as the emulator sees it */
	struct cg_digest arguments; /* of a script: what it gives the emulator */
	json_t *parts;
	struct cg_places
		*places; /* that were looked at, each noted before it was; or NULL */
	const struct cg_qmp_limits *limits; /* while it is opened */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool is_settled(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - st->st_ctim.tv_sec) * CG_S + now.tv_nsec -
		       st->st_ctim.tv_nsec >
	       SETTLED_NS;
}

static int hash_file(int fd, const char *path, const struct stat *st,
		     const struct cg_file_memo *memo, struct cg_digest *out,
		     struct cg_error *err)
{
	struct stat after;

	if (cg_digest_fd(out, fd, err) < 0)
		return cg_error_prefix(err, "%s", path);
	if (fstat(fd, &after) < 0)
		return cg_error_errno(err, "%s", path);
	if (!same_file(st, &after))
		return cg_error_set(err, CG_E_SYSTEM, "%s changes while it is read",
				    path);
	if (memo && is_settled(st))
		return memo->put(memo->data, st, out, err);
	return 0;
}

static char *print_stamp(char out[static STAMP_MAX], const struct stat *st)
{
	snprintf(out, STAMP_MAX, "%jx.%jx.%jx.%jx.%jx", (uintmax_t)st->st_dev,
		 (uintmax_t)st->st_ino, (uintmax_t)st->st_size,
		 (uintmax_t)st->st_mtim.tv_sec * CG_S + st->st_mtim.tv_nsec,
		 (uintmax_t)st->st_ctim.tv_sec * CG_S + st->st_ctim.tv_nsec);
	return out;
}

/* Digest of an open file, from the memo if it knows this very file. @start: see cg_file_memo.hashing, or NULL. */
static int identify_fd(const struct cg_identity *id, int fd, const char *path,
		       const char *start, const struct cg_file_memo *memo,
		       char hex[static CG_DIGEST_HEX], struct stat *st,
		       struct cg_error *err)
{
	struct cg_digest digest;
	bool found = false;

	if (fstat(fd, st) < 0)
		return cg_error_errno(err, "%s", path);
	if (memo && memo->get(memo->data, st, &found, &digest, err) < 0)
		return -1;
	if (!found && id->limits->at_once)
		return cg_error_set(err, CG_E_UNMEASURED, "%s hasn't been hashed", path);
	if (!found && start && memo && memo->hashing && is_settled(st)) {
		char stamp[STAMP_MAX];

		memo->hashing(memo->data, start, print_stamp(stamp, st));
	}
	if (!found && hash_file(fd, path, st, memo, &digest, err) < 0)
		return -1;
	cg_digest_hex(&digest, hex);
	return 0;
}

static bool is_elf(int fd)
{
	char magic[4];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* $PATH lookup of a bare name, as execvp() does it. */
static bool find_in_path(struct cg_places *places, const char *name,
			 char out[static PATH_MAX])
{
	const char *list = getenv("PATH"), *end;

	for (list = list ? list : "/usr/bin:/bin"; *list; list = *end ? end + 1 : end) {
		end = strchrnul(list, ':');
		snprintf(out, PATH_MAX, "%.*s%s%s", (int)(end - list), list,
			 end > list ? "/" : "", name);
		cg_places_note(places, out);
		if (is_program(out))
			return true;
	}
	return false;
}

static int find(struct cg_places *places, const char *name, char out[static PATH_MAX],
		struct cg_error *err)
{
	char own[96];
	struct utsname uts;

	if (!name) {
		uname(&uts);
		snprintf(own, sizeof(own), "qemu-system-%s", uts.machine);
		if (find_in_path(places, own, out))
			return 0;
		snprintf(out, PATH_MAX, "/usr/libexec/qemu-kvm");
		cg_places_note(places, out);
		if (is_program(out))
			return 0;
		return cg_error_set(err, CG_E_UNKNOWN, "no emulator: %s is not in $PATH",
				    own);
	}
	if (!strchr(name, '/')) {
		if (find_in_path(places, name, out))
			return 0;
		return cg_error_set(err, CG_E_UNKNOWN, "no emulator %s in $PATH", name);
	}
	if (strlen(name) >= PATH_MAX)
		return cg_error_set(err, CG_E_UNKNOWN, "the emulator's path is too long");
	strcpy(out, name);
	cg_places_note(places, out);
	if (access(out, F_OK) < 0)
		return cg_error_set(err, CG_E_UNKNOWN, "emulator %s: %s", name,
				    strerror(errno));
	if (!is_program(out))
		return cg_error_set(err, CG_E_UNKNOWN,
				    "emulator %s is not an executable file", name);
	return 0;
}

/*
 * A list of texts that the kernel tells of a process ("environ", "cmdline"), each with its NUL: their length altogether,
 * 0 if there is nothing to see. The caller frees *@out.
 */
static size_t read_texts(pid_t pid, const char *file, char **out)
{
	cg_auto_free char *text = malloc(TEXTS_MAX);
	cg_auto_close int fd = -1;
	char path[64];
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd >= 0 && text ? read(fd, text, TEXTS_MAX - 1) : -1;
	if (got <= 0)
		return 0;
	text[got] = '\0';
	*out = cg_take(text);
	return (size_t)got;
}

/* The value of $QEMU_MODULE_DIR in a process's own environment. */
static void read_module_dir(pid_t pid, char out[static PATH_MAX])
{
	static const char name[] = "QEMU_MODULE_DIR=";
	cg_auto_free char *text = NULL;
	size_t len = read_texts(pid, "environ", &text);

	out[0] = '\0';
	for (char *p = text; p < text + len; p += strlen(p) + 1)
		if (strncmp(p, name, sizeof(name) - 1) == 0)
			snprintf(out, PATH_MAX, "%s", p + sizeof(name) - 1);
}

/*
 * What a script makes of our command line belongs to what it is: "exec qemu $(cat options) ..." changes without the
 * script. Only its own path and the number of our socket say nothing.
 */
static int digest_arguments(pid_t pid, struct cg_digest *out, struct cg_error *err)
{
	cg_auto_buffer struct cg_buffer arguments = CG_BUFFER(TEXTS_MAX);
	cg_auto_free char *text = NULL;
	size_t len = read_texts(pid, "cmdline", &text);

	if (!len)
		return cg_error_set(err, CG_E_SYSTEM,
				    "the arguments of process %d can't be seen",
				    (int)pid);
	for (char *p = text + strlen(text) + 1; p < text + len; p += strlen(p) + 1)
		if (strncmp(p, CG_PROCESS_MONITOR, strlen(CG_PROCESS_MONITOR)) != 0 &&
		    cg_buffer_put(&arguments, p, strlen(p) + 1, err) < 0)
			return -1;
	cg_digest_of(out, arguments.data, arguments.len);
	return 0;
}

/* JSON has no way to say other paths. */
static bool is_utf8(const char *path)
{
	cg_auto_json json_t *text = json_string(path);

	return text != NULL;
}

/* Which binary and module folder a running emulator really has. */
static int look_at_process(struct cg_identity *id, struct cg_process *process,
			   struct cg_error *err)
{
	pid_t pid = cg_qmp_peer(cg_process_qmp(process));
	char link[64];
	ssize_t len;

	if (pid != cg_process_pid(process))
		return cg_error_set(
			err, CG_E_PROTOCOL,
			"%s starts its emulator as a child: let it end with exec",
			id->path);
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	len = readlink(link, id->binary, sizeof(id->binary) - 1);
	if (len < 0)
		return cg_error_errno(err, "%s: which binary it runs", id->path);
	id->binary[len] = '\0';
	read_module_dir(pid, id->module_dir);
	return digest_arguments(pid, &id->arguments, err);
}

static int follow_script(struct cg_identity *id, const struct cg_qmp_limits *limits,
			 struct cg_error *err)
{
	struct cg_start start = { .binary = id->path, .machine = "none" };
	cg_auto_process struct cg_process *process = NULL;
	struct cg_outcome outcome;

	cg_places_spoil(id->places); /* what it runs may be elsewhere */
	if (limits->at_once)
		return cg_error_set(err, CG_E_UNMEASURED,
				    "%s is a script, which is started to see what it runs",
				    id->path);
	if (cg_process_start(&process, &start, err) < 0)
		return -1;
	if (cg_process_connect(process, limits, err) < 0)
		return cg_process_failed(process, &outcome, err);
	return look_at_process(id, process, err);
}

/* Is the module in the list already, under @name and with this content? */
static bool is_listed(const json_t *modules, const char *name, const char *hex)
{
	const char *other = cg_json_text(modules, name);

	return other && strcmp(other, hex) == 0;
}

/* @place is "" where the binary looks first. */
static int add_module(struct cg_identity *id, const char *path, const char *place,
		      const struct cg_file_memo *memo, struct cg_error *err)
{
	cg_auto_close int fd = -1;
	json_t *modules = json_object_get(id->parts, "modules");
	const char *file = strrchr(path, '/') + 1;
	char hex[CG_DIGEST_HEX], name[NAME_MAX + 32];
	struct stat st;

	cg_places_note(id->places, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : cg_error_errno(err, "module %s", path);
	if (identify_fd(id, fd, path, NULL, memo, hex, &st, err) < 0)
		return -1;
	if (is_listed(modules, file, hex))
		return 0;
	snprintf(name, sizeof(name), "%s%s", file, place);
	for (int again = 2; json_object_get(modules, name); again++)
		snprintf(name, sizeof(name), "%s%s#%d", file, place, again);
	json_object_set_new(modules, name, json_string(hex));
	return 0;
}

/*
 * Where modules could come up: the folder, and where it is a pattern, each folder that fits
 * and what those are in.
 */
static void note_folders(struct cg_identity *id, const char *pattern)
{
	char folder[3 * PATH_MAX], *wildcard, *slash;
	glob_t found;

	if (!id->places)
		return;
	snprintf(folder, sizeof(folder), "%s", pattern);
	*strrchr(folder, '/') = '\0';
	wildcard = strstr(folder, "/*-linux-*");
	if (!wildcard && !strchr(folder, '\\')) {
		cg_places_note(id->places, folder);
		return;
	}
	for (slash = strrchr(folder, '/'); slash && slash != folder;
	     slash = strrchr(folder, '/')) {
		if (glob(folder, 0, NULL, &found) == 0) {
			for (size_t i = 0; i < found.gl_pathc; i++)
				cg_places_note(id->places, found.gl_pathv[i]);
			globfree(&found);
		}
		if (!wildcard || folder + strlen(folder) <= wildcard)
			break;
		*slash = '\0';
	}
}

static int add_modules_of(struct cg_identity *id, const char *pattern, const char *place,
			  const struct cg_file_memo *memo, struct cg_error *err)
{
	glob_t found;
	int ret = 0;

	note_folders(id, pattern);
	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && ret == 0; i++)
		ret = add_module(id, found.gl_pathv[i], place, memo, err);
	globfree(&found);
	return ret;
}

/* A path as part of a pattern: only our own wildcards are to be any. */
static void quote(const char *path, char out[static 2 * PATH_MAX])
{
	for (; *path; *out++ = *path++)
		if (strchr("*?[\\", *path))
			*out++ = '\\';
	*out = '\0';
}

/*
 * QEMU looks for modules in $QEMU_MODULE_DIR, then in its configured folder, which it moves along
 * with the binary (util/module.c, get_relocated_path()). The configured folder can't be asked
 * for, so every folder that distributions use is taken: one too many costs a measurement, one too
 * few would be a stale answer. What isn't beside the binary is named so: a binary without its modules
 * is not the one that has them.
 */
static int add_modules(struct cg_identity *id, const struct cg_file_memo *memo,
		       struct cg_error *err)
{
	static const char *const places[] = { "lib/qemu", "lib64/qemu", "lib64/qemu-kvm",
					      "lib/*-linux-*/qemu" };
	char prefix[2 * PATH_MAX], folder[2 * PATH_MAX], pattern[2 * PATH_MAX + 64];
	const char *const prefixes[] = { prefix, "/usr", "/usr/local" };
	char *slash;

	quote(id->binary, prefix);
	for (int up = 0; up < 2 && (slash = strrchr(prefix, '/')); up++)
		*slash = '\0';
	if (*id->module_dir) {
		quote(id->module_dir, folder);
		snprintf(pattern, sizeof(pattern), "%s/accel-*.so", folder);
		if (add_modules_of(id, pattern, "", memo, err) < 0)
			return -1;
	}
	for (size_t i = strcmp(prefix, "/usr") == 0; i < CG_COUNT(prefixes); i++)
		for (size_t j = 0; j < CG_COUNT(places); j++) {
			snprintf(pattern, sizeof(pattern), "%s/%s/accel-*.so",
				 prefixes[i], places[j]);
			if (add_modules_of(id, pattern,
					   strcmp(prefixes[i], prefix) == 0
						   ? ""
						   : " elsewhere",
					   memo, err) < 0)
				return -1;
		}
	return 0;
}

static int identify_script(struct cg_identity *id, int fd,
			   const struct cg_file_memo *memo,
			   const struct cg_qmp_limits *limits, struct cg_error *err)
{
	char script[CG_DIGEST_HEX], arguments[CG_DIGEST_HEX];
	struct stat st;

	if (identify_fd(id, fd, id->path, NULL, memo, script, &st, err) < 0 ||
	    follow_script(id, limits, err) < 0)
		return -1;
	cg_digest_hex(&id->arguments, arguments);
	json_object_set_new(id->parts, "wrapper",
			    json_pack("{s:s, s:s}", "script", script, "arguments",
				      arguments));
	return 0;
}

static int identify_binary(struct cg_identity *id, const struct cg_file_memo *memo,
			   struct cg_error *err)
{
	cg_auto_close int fd = -1;
	bool is_script = json_object_get(id->parts, "wrapper") != NULL;
	struct stat st;

	cg_places_note(id->places, id->binary);
	fd = open(id->binary, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cg_error_errno(err, "emulator %s", id->binary);
	if (identify_fd(id, fd, id->binary, is_script ? NULL : id->path, memo, id->sha256,
			&st, err) < 0)
		return -1;
	print_stamp(id->stamp, &st);
	json_object_set_new(id->parts, "binary", json_string(id->sha256));
	return add_modules(id, memo, err);
}

int cg_identity_open(struct cg_identity **out, const char *name,
		     const struct cg_file_memo *memo, const struct cg_qmp_limits *limits,
		     struct cg_error *err)
{
	cg_auto_identity struct cg_identity *id = calloc(1, sizeof(*id));
	cg_auto_close int fd = -1;
	const char *module_dir = getenv("QEMU_MODULE_DIR");

	if (!id)
		return cg_error_errno(err, "emulator");
	id->parts = json_pack("{s:{}}", "modules");
	id->places = memo ? cg_places_ref(memo->places) : NULL;
	id->limits = limits;
	if (find(id->places, name, id->path, err) < 0)
		return -1;
	if (!is_utf8(id->path))
		return cg_error_set(err, CG_E_UNKNOWN,
				    "the path of emulator %s isn't UTF-8", id->path);
	fd = open(id->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cg_error_errno(err, "emulator %s", id->path);
	snprintf(id->module_dir, sizeof(id->module_dir), "%s",
		 module_dir ? module_dir : "");
	if (!realpath(id->path, id->binary)) /* as QEMU does to find what belongs to it */
		return cg_error_errno(err, "emulator %s", id->path);
	if (!is_elf(fd) && identify_script(id, fd, memo, limits, err) < 0)
		return -1;
	if (identify_binary(id, memo, err) < 0)
		return -1;
	id->limits = NULL;
	*out = cg_take(id);
	return 0;
}

int cg_identity_from_parts(struct cg_identity **out, const char *path,
			   const json_t *parts, struct cg_error *err)
{
	const char *binary = cg_json_text(parts, "binary");
	struct cg_identity *id = calloc(1, sizeof(*id));

	if (!id)
		return cg_error_errno(err, "emulator");
	snprintf(id->path, sizeof(id->path), "%s", path);
	snprintf(id->binary, sizeof(id->binary), "%s", path);
	snprintf(id->sha256, sizeof(id->sha256), "%s", binary ? binary : "");
	id->parts = parts ? json_deep_copy(parts) : json_object();
	*out = id;
	return 0;
}

struct cg_identity *cg_identity_free(struct cg_identity *identity)
{
	if (identity) {
		json_decref(identity->parts);
		cg_places_free(identity->places);
	}
	free(identity);
	return NULL;
}

const char *cg_identity_path(const struct cg_identity *identity)
{
	return identity->path;
}

const char *cg_identity_binary(const struct cg_identity *identity)
{
	return identity->binary;
}

const char *cg_identity_sha256(const struct cg_identity *identity)
{
	return identity->sha256;
}

const char *cg_identity_stamp(const struct cg_identity *identity)
{
	return identity->stamp;
}

json_t *cg_identity_parts(const struct cg_identity *identity)
{
	return identity->parts;
}

/* /bin and /usr/bin may be one folder. */
static bool is_known(const json_t *list, const char *path)
{
	const json_t *known;
	struct stat a, b;
	size_t i;

	json_array_foreach(list, i, known)
		if (stat(json_string_value(known), &a) == 0 && stat(path, &b) == 0 &&
		    a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
		    strcmp(strrchr(json_string_value(known), '/'), strrchr(path, '/')) ==
			    0)
			return true;
	return false;
}

static void add_installed(json_t *list, const char *pattern)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (is_program(found.gl_pathv[i]) && !is_known(list, found.gl_pathv[i]))
			json_array_append_new(list, json_string(found.gl_pathv[i]));
	globfree(&found);
}

json_t *cg_identity_installed(void)
{
	const char *path = getenv("PATH"), *end;
	char pattern[PATH_MAX];
	json_t *list = json_array();

	for (path = path ? path : "/usr/bin"; *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		snprintf(pattern, sizeof(pattern), "%.*s/qemu-system-*",
			 (int)(end - path), path);
		add_installed(list, pattern);
	}
	add_installed(list, "/usr/libexec/qemu-kvm");
	return list;
}

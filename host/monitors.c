// SPDX-License-Identifier: LGPL-2.1-or-later
/* /proc/PID/cmdline: words with a NUL behind each. A process may say there what it likes. */
#include "host/monitors.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "host/tree.h"

#define WORDS_MAX (128 * 1024)

struct search {
	int root;
	const char *pid;
	json_t *found;
};

/* The value up to a comma that isn't doubled, as QEMU's options have it; into @out. */
static bool take_value(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (; *text && used + 1 < size; text++) {
		if (*text == ',' && *++text != ',')
			break;
		out[used++] = *text;
	}
	out[used] = '\0';
	return used > 0 && used + 1 < size;
}

/* A path may be relative to where its process is. */
static bool make_absolute(const struct search *s, const char *path, char *out,
			  size_t size)
{
	char link[64], folder[PATH_MAX];
	ssize_t len;

	if (*path == '/')
		return snprintf(out, size, "%s", path) < (int)size;
	snprintf(link, sizeof(link), "proc/%.16s/cwd", s->pid);
	len = readlinkat(s->root, link, folder, sizeof(folder) - 1);
	if (len <= 0)
		return false;
	folder[len] = '\0';
	return snprintf(out, size, "%s/%s", folder, path) < (int)size;
}

static json_t *find_path(const json_t *list, const char *path)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (strcmp(cg_json_text(item, "path"), path) == 0)
			return item;
	return NULL;
}

static void add(struct search *s, const char *value)
{
	char path[PATH_MAX], whole[PATH_MAX];
	json_int_t pid = strtoll(s->pid, NULL, 10);
	struct stat st;
	json_t *known;

	if (!take_value(value, path, sizeof(path)) ||
	    !make_absolute(s, path, whole, sizeof(whole)) || stat(whole, &st) < 0 ||
	    !S_ISSOCK(st.st_mode))
		return;
	known = find_path(s->found, whole);
	if (known)
		json_array_append_new(json_object_get(known, "pids"), json_integer(pid));
	else if (json_array_size(s->found) < CG_MONITORS_MAX) /* and UTF-8 */
		json_array_append_new(s->found, json_pack("{s:s, s:[I]}", "path", whole,
							  "pids", pid));
}

/* "socket,id=mon,path=/run/x,server=on" */
static void read_chardev(struct search *s, const char *value)
{
	const char *path = strstr(value, ",path=");

	if (strncmp(value, "socket,", strlen("socket,")) == 0 && path)
		add(s, path + strlen(",path="));
}

static void read_option(struct search *s, const char *option, const char *value)
{
	option += strspn(option, "-");
	if (strcmp(option, "qmp") == 0 || strcmp(option, "qmp-pretty") == 0) {
		if (strncmp(value, "unix:", strlen("unix:")) == 0)
			add(s, value + strlen("unix:"));
	} else if (strcmp(option, "chardev") == 0) {
		read_chardev(s, value);
	}
}

/* All of a chardev's may be no monitors; a -mon in control mode says which are. */
static bool speaks_qmp(const char *words, size_t len)
{
	static const char *const signs[] = { "-qmp", "-qmp-pretty", "-mon" };

	for (const char *word = words; word < words + len; word += strlen(word) + 1)
		for (size_t i = 0; *word == '-' && i < CG_COUNT(signs); i++)
			if (strcmp(word + strspn(word, "-"), signs[i] + 1) == 0)
				return true;
	return false;
}

static void read_words(struct search *s, const char *words, size_t len)
{
	const char *end = words + len, *before = NULL;

	if (!speaks_qmp(words, len))
		return;
	for (const char *word = words; word < end; word += strlen(word) + 1) {
		if (before && *before == '-')
			read_option(s, before, word);
		before = word;
	}
}

static int read_process(struct search *s, struct cg_error *err)
{
	cg_auto_free char *words = malloc(WORDS_MAX + 1);
	char path[64];
	size_t len = 0;
	ssize_t got;
	int fd;

	if (!words)
		return cg_error_errno(err, "look for monitors");
	snprintf(path, sizeof(path), "proc/%.16s/cmdline", s->pid);
	fd = openat(s->root, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while (len < WORDS_MAX && (got = read(fd, words + len, WORDS_MAX - len)) > 0)
		len += (size_t)got;
	close(fd);
	words[len] = '\0';
	read_words(s, words, len);
	return 0;
}

int cg_monitors_find(json_t **out, const char *root, struct cg_error *err)
{
	cg_auto_close int fd = -1;
	cg_auto_names struct cg_names names = { 0 };
	json_t *found = json_array();
	struct search s = { .found = found };
	int ret = cg_tree_open(&fd, root, err);

	s.root = fd;
	if (ret == 0 && cg_names_read(&names, fd, "proc", "") < 0)
		ret = cg_error_set(err, CG_E_SYSTEM, "no memory for processes");
	for (size_t i = 0; ret == 0 && i < names.n; i++) {
		s.pid = names.entry[i]->d_name;
		if (isdigit((unsigned char)*s.pid))
			ret = read_process(&s, err);
	}
	if (ret < 0)
		json_decref(found);
	else
		*out = found;
	return ret;
}

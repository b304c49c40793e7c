// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A made-up /dev and /sys, the real inotify, and the real announcements of the kernel where this
 * user may have the kernel make some.
 */
#include "host/watch.h"

#include <linux/kvm.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "tests/unit/fake-root.h"

#define UEVENT "/sys/class/misc/kvm/uevent"

static struct cg_watch *open_watch(const struct fake_root *root)
{
	struct cg_watch *watch;
	struct cg_error err;

	assert_int_equal(cg_watch_open(&watch, root ? root->path : NULL, &err), 0);
	return watch;
}

/* What is told, the same by poll(). Announcements of others may come in between. */
static struct cg_watch_news drain(struct cg_watch *watch)
{
	struct pollfd poll_fd = { .fd = cg_watch_fd(watch), .events = POLLIN };
	struct cg_watch_news news;
	bool told;

	poll(&poll_fd, 1, 0);
	told = cg_watch_drain(watch, &news);
	assert_int_equal(told, news.host || news.n_paths);
	assert_true(poll_fd.revents == POLLIN || !told);
	return news;
}

static void nothing_is_told_of_nothing(void **state)
{
	struct fake_root *root = *state;
	cg_auto_watch struct cg_watch *watch = NULL;

	fake_root_write(root, "dev/kvm", "");
	watch = open_watch(root);
	assert_int_equal(drain(watch).host, 0);
	assert_false(drain(watch).lost);
}

static void tells_of_a_device_and_its_rights(void **state)
{
	struct fake_root *root = *state;
	cg_auto_watch struct cg_watch *watch = open_watch(root);

	fake_root_write(root, "dev/kvm", "");
	assert_int_equal(drain(watch).host, CG_WATCH_DEVICES);
	assert_int_equal(fchmodat(root->fd, "dev/kvm", 0600, 0), 0);
	assert_int_equal(drain(watch).host, CG_WATCH_DEVICES);
	fake_root_write(root, "dev/sev", "");
	assert_int_equal(drain(watch).host, CG_WATCH_DEVICES);
	fake_root_write(root, "dev/null", "");
	assert_int_equal(drain(watch).host, 0);
}

static void tells_of_parameters_that_are_written(void **state)
{
	struct fake_root *root = *state;
	cg_auto_watch struct cg_watch *watch = NULL;

	fake_root_write(root, "sys/module/kvm/parameters/ignore_msrs", "N");
	fake_root_write(root, "sys/module/kvm_amd/parameters/nested", "1");
	watch = open_watch(root);
	fake_root_write(root, "sys/module/kvm/parameters/ignore_msrs", "Y");
	assert_int_equal(drain(watch).host, CG_WATCH_PARAMETERS);
	fake_root_write(root, "sys/module/kvm_amd/parameters/nested", "0");
	assert_int_equal(drain(watch).host, CG_WATCH_PARAMETERS);
}

static void tells_of_microcode_that_is_loaded(void **state)
{
	struct fake_root *root = *state;
	cg_auto_watch struct cg_watch *watch = NULL;

	fake_root_write(root, "sys/devices/system/cpu/microcode/reload", "");
	watch = open_watch(root);
	fake_root_write(root, "sys/devices/system/cpu/microcode/reload", "1");
	assert_int_equal(drain(watch).host, CG_WATCH_MICROCODE);
}

static void tells_which_files(void **state)
{
	struct fake_root *root = *state;
	cg_auto_watch struct cg_watch *watch = open_watch(root);
	struct cg_watch_news news;
	struct cg_error err;
	char path[128];

	fake_root_write(root, "bin/a", "1");
	fake_root_write(root, "bin/b", "1");
	drain(watch); /* that a folder came is told to all who ask by now */
	snprintf(path, sizeof(path), "%s/bin/a", root->path);
	assert_int_equal(cg_watch_add(watch, path, &err), 0);
	*strrchr(path, 'a') = 'b';
	assert_int_equal(cg_watch_add(watch, path, &err), 0);
	assert_int_equal(drain(watch).n_paths, 0);
	fake_root_write(root, "bin/b", "2");
	news = drain(watch);
	assert_int_equal(news.host, 0);
	assert_int_equal(news.n_paths, 1);
	assert_string_equal(news.paths[0], path);
	cg_watch_remove(watch, path);
	fake_root_write(root, "bin/b", "3");
	assert_int_equal(drain(watch).n_paths, 0);
}

static void names_every_part(void **state)
{
	unsigned named = 0;

	(void)state;
	for (unsigned bit = 1; bit; bit <<= 1)
		if (cg_watch_name(bit))
			named |= bit;
	assert_int_equal(named, CG_WATCH_ALL);
	assert_null(cg_watch_name(0));
}

static void refuses_a_root_that_is_not_there(void **state)
{
	struct cg_watch *watch = NULL;
	struct cg_error err;

	(void)state;
	assert_int_equal(cg_watch_open(&watch, "/nowhere", &err), -1);
	assert_null(watch);
	assert_non_null(strstr(err.msg, "/nowhere"));
}

/* Wait up to five seconds for @part to be told. */
static bool is_told(struct cg_watch *watch, unsigned part)
{
	struct pollfd poll_fd = { .fd = cg_watch_fd(watch), .events = POLLIN };
	int64_t deadline = cg_clock_in(5 * CG_S);
	struct cg_watch_news news;

	while (cg_clock_now() < deadline) {
		if (cg_watch_drain(watch, &news) && (news.host & part))
			return true;
		poll(&poll_fd, 1, cg_clock_left_ms(deadline));
	}
	return false;
}

/* Needs root and a writable sysfs; elsewhere there is nothing to try. */
static bool announce(void)
{
	int fd = open(UEVENT, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, "change", 6) == 6;

	if (fd >= 0)
		close(fd);
	return written;
}

static void hears_the_kernel(void **state)
{
	cg_auto_watch struct cg_watch *watch = open_watch(NULL);

	(void)state;
	if (!announce()) {
		print_message("can't write to " UEVENT ": not tried\n");
		return;
	}
	assert_true(is_told(watch, CG_WATCH_DEVICES));
}

static void a_guest_that_starts_is_no_change(void **state)
{
	cg_auto_watch struct cg_watch *watch = open_watch(NULL);
	struct pollfd poll_fd = { .fd = cg_watch_fd(watch), .events = POLLIN };
	cg_auto_close int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int guest = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
	struct cg_watch_news news;

	(void)state;
	if (guest < 0) {
		print_message("there is no KVM for us: not tried\n");
		return;
	}
	close(guest);
	for (int i = 0; i < 20 && poll(&poll_fd, 1, 10) >= 0; i++)
		if (cg_watch_drain(watch, &news))
			assert_int_equal(news.host & CG_WATCH_DEVICES, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_root(nothing_is_told_of_nothing),
		with_root(tells_of_a_device_and_its_rights),
		with_root(tells_of_parameters_that_are_written),
		with_root(tells_of_microcode_that_is_loaded),
		with_root(tells_which_files),
		cmocka_unit_test(names_every_part),
		cmocka_unit_test(refuses_a_root_that_is_not_there),
		cmocka_unit_test(hears_the_kernel),
		cmocka_unit_test(a_guest_that_starts_is_no_change),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}

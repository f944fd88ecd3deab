/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes lines to the program's stderr, without harm. */
#include "preload/message.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "preload/config.h"
#include "preload/sys.h"

#define STDERR 2

static struct {
	uint64_t device, inode; /* inode 0: there was none */
} own;

void message_init(void)
{
	struct stat status;

	if (sys(fstat, STDERR, &status) == 0) {
		own.device = status.st_dev;
		own.inode = status.st_ino;
	}
}

static bool is_own(void)
{
	struct stat status;

	return own.inode && sys(fstat, STDERR, &status) == 0 && status.st_dev == own.device &&
	       status.st_ino == own.inode;
}

static bool takes_more(void)
{
	struct pollfd fd = { STDERR, POLLOUT, 0 };
	const struct timespec now = { 0, 0 };

	return sys(ppoll, &fd, 1, &now, NULL, 8) == 1 && (fd.revents & POLLOUT);
}

/* The kernel's signal sets: a word, bit n - 1 for signal n. */
#define SIGPIPE_BIT (1ull << (SIGPIPE - 1))

void message_write(const char *line, size_t n)
{
	const uint64_t sigpipe = SIGPIPE_BIT;
	const struct timespec now = { 0, 0 };
	uint64_t mask, pending = 0;

	if (config.quiet || !is_own() || !takes_more())
		return;
	sys(rt_sigpending, &pending, 8);
	sys(rt_sigprocmask, SIG_BLOCK, &sigpipe, &mask, 8);
	/* A signal that this write raises is taken away before it is let through again. */
	if (sys(write, STDERR, line, n) < 0 && !(pending & SIGPIPE_BIT))
		sys(rt_sigtimedwait, &sigpipe, NULL, &now, 8);
	sys(rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that change what the process is. */
#include "preload/call.h"

/* The child notices by itself, whoever made it; but this way it knows its own id before its first event. */
HOOK pid_t fork(void)
{
	pid_t child = REAL(fork)();

	if (child == 0 && lifecycle_hooks())
		lifecycle_forked();
	return child;
}

/* A server's worker that was forked as root leaves for another user before it serves. */
HOOK int setuid(uid_t user)
{
	lifecycle_prepare();
	return REAL(setuid)(user);
}

HOOK int seteuid(uid_t user)
{
	lifecycle_prepare();
	return REAL(seteuid)(user);
}

HOOK int setreuid(uid_t real, uid_t effective)
{
	lifecycle_prepare();
	return REAL(setreuid)(real, effective);
}

HOOK int setresuid(uid_t real, uid_t effective, uid_t saved)
{
	lifecycle_prepare();
	return REAL(setresuid)(real, effective, saved);
}

HOOK int chroot(const char *path)
{
	lifecycle_prepare();
	return REAL(chroot)(path);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that change what the process is. */
#include "preload/call.h"

#include <stdarg.h>
#include <sys/prctl.h>

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

/*
 * Its arguments are passed on as they came.  With a seccomp filter the kernel kills for
 * system calls that the filter's author did not expect, as sshd's does for getsockopt().
 */
HOOK int prctl(int option, ...)
{
	va_list arguments;
	unsigned long a[4];

	va_start(arguments, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(arguments, unsigned long);
	va_end(arguments);
	if (option == PR_SET_TSC)
		clock_forbid_ticks();
	bool sandbox = option == PR_SET_SECCOMP && lifecycle_sandbox();
	int result = REAL(prctl)(option, a[0], a[1], a[2], a[3]);
	if (sandbox && result == 0)
		lifecycle_sandboxed();
	else if (sandbox)
		lifecycle_sandbox_failed();
	return result;
}

HOOK int chroot(const char *path)
{
	lifecycle_prepare();
	return REAL(chroot)(path);
}

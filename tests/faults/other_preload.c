/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another library that is preloaded beside ours: counts send() and says so at the end. */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/socket.h>

static unsigned int calls;

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	static ssize_t (*next)(int, const void *, size_t, int);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "send");
	calls++;
	return next(fd, data, size, flags);
}

__attribute__((destructor)) static void say(void)
{
	fprintf(stderr, "other_preload: %u\n", calls);
}

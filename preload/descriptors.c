/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the descriptors that arrived inside a message. */
#include "preload/descriptors.h"

#include <string.h>
#include <sys/socket.h>

#include "preload/clock.h"
#include "preload/connections.h"

void descriptors_received(const struct msghdr *message)
{
	/* CMSG_NXTHDR() only reads, for all that its parameter is not const. */
	struct msghdr *m = (struct msghdr *)message;

	if (__builtin_expect(!m->msg_controllen || !m->msg_control, 1))
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		    c->cmsg_len < CMSG_LEN(0))
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			connection_forget(fd, clock_ns());
		}
	}
}

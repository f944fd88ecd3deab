/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions behind the intercepted ones: the next definition in the
 * program's search order, which is libc's or another preload library's.
 */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <resolv.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* glibc declares its fortified entry points only in headers that use them. */
ssize_t __recv_chk(int fd, void *buffer, size_t n, size_t buffer_size, int flags);
ssize_t __recvfrom_chk(int fd, void *restrict buffer, size_t n, size_t buffer_size, int flags,
		       struct sockaddr *restrict address, socklen_t *restrict address_bytes);
ssize_t __read_chk(int fd, void *buffer, size_t n, size_t buffer_size);
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t fds_size);
int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		const sigset_t *mask, size_t fds_size);
/* Since glibc 2.35. */
int epoll_pwait2(int epfd, struct epoll_event *events, int max, const struct timespec *timeout,
		 const sigset_t *mask);

#define CALL(id, name, class) extern __typeof__(name) *real_##name;
#define TLS_CALL(id, name, class)
#include "calls.def"
#undef CALL

/*
 * Finds all of them.  Runs in the constructor, or before it when another
 * library's constructor makes an intercepted call; idempotent.  One that libc
 * does not have stays NULL.
 */
void real_resolve(void);

/* The function itself, resolved on first use.  Signatures come from libc's headers. */
#define REAL(name) (__builtin_expect(real_##name != NULL, 1) ? real_##name : \
		    (real_resolve(), real_##name))

#endif

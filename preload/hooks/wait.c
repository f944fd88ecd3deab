/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that wait for descriptors. */
#include "preload/call.h"

#include <errno.h>

#include "preload/epoll.h"
#include "preload/memory.h"
#include "preload/sys.h"

/* Looking at more would cost more than it tells. */
#define LOOKED_AT_MAX 1024

/* Did this poll() wait for a socket?  Notes those it reported readable. */
static bool polled_sockets(const struct pollfd *fds, nfds_t n, int result, uint64_t now_ns)
{
	bool sockets = false;

	/* After any other error the list may be unreadable, or not as long as was said. */
	if (result < 0 && errno != EINTR)
		return false;
	for (nfds_t i = 0; i < n && i < LOOKED_AT_MAX; i++) {
		if (!connection_known(fds[i].fd))
			continue;
		sockets = true;
		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			call_ready(fds[i].fd, now_ns);
	}
	return sockets;
}

static void end_poll(const struct call *call, int result, const struct pollfd *fds, nfds_t n)
{
	if (n > 0 && polled_sockets(fds, n, result, clock_ns()))
		call_wait(call, result);
}

HOOK int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_poll, -1))
		return REAL(poll)(fds, n, timeout);
	int ready = REAL(poll)(fds, n, timeout);
	end_poll(&call, ready, fds, n);
	return ready;
}

HOOK int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t fds_size)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL___poll_chk, -1))
		return REAL(__poll_chk)(fds, n, timeout, fds_size);
	int ready = REAL(__poll_chk)(fds, n, timeout, fds_size);
	end_poll(&call, ready, fds, n);
	return ready;
}

HOOK int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_ppoll, -1))
		return REAL(ppoll)(fds, n, timeout, mask);
	int ready = REAL(ppoll)(fds, n, timeout, mask);
	end_poll(&call, ready, fds, n);
	return ready;
}

HOOK int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		     const sigset_t *mask, size_t fds_size)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL___ppoll_chk, -1))
		return REAL(__ppoll_chk)(fds, n, timeout, mask, fds_size);
	int ready = REAL(__ppoll_chk)(fds, n, timeout, mask, fds_size);
	end_poll(&call, ready, fds, n);
	return ready;
}

/* What select() was asked for, before it leaves only what is ready. */
struct interest {
	fd_set readable, writable;
	int n;
};

static void copy_set(fd_set *to, const fd_set *from, size_t bytes)
{
	FD_ZERO(to);
	if (from)
		memory_copy(to, from, bytes);
}

static void take_interest(struct interest *i, int n, const fd_set *readable, const fd_set *writable)
{
	i->n = n < 0 ? 0 : n < FD_SETSIZE ? n : FD_SETSIZE;
	size_t bytes = (size_t)(i->n + 63) / 64 * 8;
	copy_set(&i->readable, readable, bytes);
	copy_set(&i->writable, writable, bytes);
}

/* Did this select() wait for a socket?  Notes those it reported readable. */
static bool selected_sockets(const struct interest *i, const fd_set *readable, int result,
			     uint64_t now_ns)
{
	bool sockets = false;

	for (int fd = 0; fd < i->n; fd++) {
		if ((!FD_ISSET(fd, &i->readable) && !FD_ISSET(fd, &i->writable)) ||
		    !connection_known(fd))
			continue;
		sockets = true;
		if (result > 0 && readable && FD_ISSET(fd, readable))
			call_ready(fd, now_ns);
	}
	return sockets;
}

static void end_select(const struct call *call, int result, const struct interest *i,
		       const fd_set *readable)
{
	if (selected_sockets(i, readable, result, clock_ns()))
		call_wait(call, result);
}

HOOK int select(int n, fd_set *restrict readable, fd_set *restrict writable,
		fd_set *restrict exceptional, struct timeval *restrict timeout)
{
	struct call call;
	struct interest interest;

	if (!call_begin_any(&call, TRT_CALL_select, -1))
		return REAL(select)(n, readable, writable, exceptional, timeout);
	take_interest(&interest, n, readable, writable);
	int ready = REAL(select)(n, readable, writable, exceptional, timeout);
	end_select(&call, ready, &interest, readable);
	return ready;
}

HOOK int pselect(int n, fd_set *restrict readable, fd_set *restrict writable,
		 fd_set *restrict exceptional, const struct timespec *restrict timeout,
		 const sigset_t *restrict mask)
{
	struct call call;
	struct interest interest;

	if (!call_begin_any(&call, TRT_CALL_pselect, -1))
		return REAL(pselect)(n, readable, writable, exceptional, timeout, mask);
	take_interest(&interest, n, readable, writable);
	int ready = REAL(pselect)(n, readable, writable, exceptional, timeout, mask);
	end_select(&call, ready, &interest, readable);
	return ready;
}

HOOK int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	int result = REAL(epoll_ctl)(epoll_fd, operation, fd, event);

	if (result == 0 && operation != EPOLL_CTL_DEL && lifecycle_hooks())
		epoll_remember(epoll_fd, event->data.u64, fd);
	return result;
}

static void end_epoll(const struct call *call, int result, const struct epoll_event *events)
{
	uint64_t now_ns = clock_ns();

	for (int i = 0; i < result && i < LOOKED_AT_MAX; i++)
		if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP))
			call_ready(epoll_descriptor(call->fd, events[i].data.u64), now_ns);
	call_wait(call, result);
}

HOOK int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_epoll_wait, fd))
		return REAL(epoll_wait)(fd, events, max, timeout);
	int ready = REAL(epoll_wait)(fd, events, max, timeout);
	end_epoll(&call, ready, events);
	return ready;
}

HOOK int epoll_pwait(int fd, struct epoll_event *events, int max, int timeout, const sigset_t *mask)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_epoll_pwait, fd))
		return REAL(epoll_pwait)(fd, events, max, timeout, mask);
	int ready = REAL(epoll_pwait)(fd, events, max, timeout, mask);
	end_epoll(&call, ready, events);
	return ready;
}

HOOK int epoll_pwait2(int fd, struct epoll_event *events, int max, const struct timespec *timeout,
		      const sigset_t *mask)
{
	struct call call;

	if (!REAL(epoll_pwait2)) { /* glibc before 2.35, asked by a weak reference that finds us */
		long result = sys(epoll_pwait2, fd, events, max, timeout, mask, 8);
		if (result < 0)
			errno = (int)-result;
		return result < 0 ? -1 : (int)result;
	}
	if (!call_begin_any(&call, TRT_CALL_epoll_pwait2, fd))
		return REAL(epoll_pwait2)(fd, events, max, timeout, mask);
	int ready = REAL(epoll_pwait2)(fd, events, max, timeout, mask);
	end_epoll(&call, ready, events);
	return ready;
}

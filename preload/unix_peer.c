/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the kernel which two Unix sockets belong together. */
#include "preload/unix_peer.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <time.h>

#include "preload/ring.h"
#include "preload/sys.h"

/*
 * A question that takes d uses up PACE * d: 2 % of the time go into questions, and the
 * first BURST_NS / PACE of them without a pause.  A bucket that leaks, as ITU-T I.371 has it.
 */
#define PACE 50
#define BURST_NS 100000000u

static struct {
	uint64_t used_up_ns; /* until when, at this pace; threads may overwrite each other's */
	uint32_t failures;   /* in a row */
} asking;

/* Then it is forbidden, or the kernel was built without.  Fewer may be sockets just closed. */
#define FAILURES_MAX 3

void unix_peer_log(const struct connection *c, uint64_t now_ns)
{
	struct trt_record *record;

	if ((!c->peer_inode && !c->peer_pid) ||
	    !(record = ring_record(sizeof(struct trt_unix_peer))))
		return;
	struct trt_unix_peer *r = (struct trt_unix_peer *)record;
	r->seen_ns = now_ns;
	r->inode = c->peer_inode;
	r->pid = c->peer_pid;
	ring_publish(record, TRT_RECORD_UNIX_PEER, 0, c->id);
}

void unix_peer_paired(struct connection *a, struct connection *b, uint64_t now_ns)
{
	int32_t pid = (int32_t)sys(getpid);

	a->peer_inode = b->inode;
	b->peer_inode = a->inode;
	a->peer_pid = b->peer_pid = pid;
	unix_peer_log(a, now_ns);
	unix_peer_log(b, now_ns);
}

void unix_peer_name(struct connection *c, int fd, uint64_t now_ns)
{
	struct ucred who = { 0 };
	socklen_t bytes = sizeof(who);

	if (c->peer_pid || sys(getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &who, &bytes) != 0)
		return;
	c->peer_pid = who.pid;
	unix_peer_log(c, now_ns);
}

/* The inode of the peer in the kernel's answer; 0 if it names none. */
static uint32_t find_peer(const struct nlmsghdr *answer)
{
	const struct unix_diag_msg *m = NLMSG_DATA(answer);
	const struct rtattr *a = (const struct rtattr *)(m + 1);
	size_t left = answer->nlmsg_len - NLMSG_LENGTH(sizeof(*m));

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == UNIX_DIAG_PEER && RTA_PAYLOAD(a) >= sizeof(uint32_t))
			return *(const uint32_t *)RTA_DATA(a);
	return 0;
}

/*
 * One question to the kernel, which answers before the sending call returns.
 *
 * Another thread may close all descriptors, ours too, and get its number for a socket of
 * the program's: the flags see to it that nothing is written to that or taken from it.
 * Netlink takes no notice of MSG_FASTOPEN; a TCP connection refuses it (EISCONN), and all
 * others the address, but for Unix sockets of SOCK_SEQPACKET.
 */
static long ask(long fd, uint32_t inode, uint32_t *peer)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr head;
		struct unix_diag_req what;
	} question = {
		.head = { .nlmsg_len = sizeof(question), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST },
		.what = { .sdiag_family = AF_UNIX, .udiag_states = UINT32_MAX, .udiag_ino = inode,
			  .udiag_show = UDIAG_SHOW_PEER, .udiag_cookie = { UINT32_MAX, UINT32_MAX } },
	};
	union {
		struct nlmsghdr head;
		uint8_t bytes[256];
	} answer;
	long n = sys(sendto, fd, &question, sizeof(question), MSG_DONTWAIT | MSG_FASTOPEN, &kernel,
		     sizeof(kernel));

	if (n >= 0)
		n = sys(recvfrom, fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_PEEK, 0, 0);
	if (n < 0)
		return n;
	if (!NLMSG_OK(&answer.head, (size_t)n) || answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    answer.head.nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
		return -ENOENT;
	*peer = find_peer(&answer.head);
	return 0;
}

static long ask_once(uint32_t inode, uint32_t *peer)
{
	long fd = sys(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		return fd;
	long error = ask(fd, inode, peer);
	sys(close, fd);
	return error;
}

static bool is_to_ask(const struct connection *c)
{
	return asking.failures < FAILURES_MAX && !c->peer_asked && !c->peer_inode &&
	       (c->origin == TRT_ORIGIN_ACCEPT || (c->origin == TRT_ORIGIN_FOUND && c->connected));
}

/* No descriptor or memory is left at this moment: another one may be better. */
static bool is_passing(long error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -ENOBUFS;
}

/* Of this thread: what others do meanwhile is not the question's. */
static uint64_t processor_ns(void)
{
	struct timespec t = { 0 };

	sys(clock_gettime, CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void unix_peer_ask(struct connection *c, uint64_t now_ns)
{
	uint32_t peer = 0;
	uint64_t used_up_ns = __atomic_load_n(&asking.used_up_ns, __ATOMIC_RELAXED);

	if (!is_to_ask(c) || used_up_ns > now_ns + BURST_NS)
		return;
	uint64_t start_ns = processor_ns();
	long error = ask_once((uint32_t)c->inode, &peer);
	uint64_t took_ns = processor_ns() - start_ns;
	if (used_up_ns < now_ns)
		used_up_ns = now_ns;
	__atomic_store_n(&asking.used_up_ns, used_up_ns + PACE * took_ns, __ATOMIC_RELAXED);
	c->peer_asked = !is_passing(error);
	asking.failures = error ? asking.failures + c->peer_asked : 0;
	if (!peer)
		return;
	c->peer_inode = peer;
	unix_peer_log(c, now_ns);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syscall(): system calls that a program makes by number.
 *
 * Only numbers in the table below come to raw_call(); for all others syscall() goes
 * on in libc with its caller's stack untouched, as a child that shares it (vfork,
 * clone) must not find a frame of ours there.  What comes to raw_call() is made by
 * libc's syscall() in turn: unlike read() and its like that is no cancellation point.
 */
#include "preload/blind.h"
#include "preload/call.h"
#include "preload/hooks/messages.h"
#include "preload/memory.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

struct raw {
	long number;
	long a, b, c, d, e, f;
};

static long make(const struct raw *r)
{
	return REAL(syscall)(r->number, r->a, r->b, r->c, r->d, r->e, r->f);
}

/* write: (fd, buffer, n); sendto: and (flags, address, its length). */
static long send_buffer(const struct raw *r, struct call *call, bool has_flags)
{
	struct outgoing out;

	call_offer(&out, call, &(struct iovec){ (void *)r->b, (size_t)r->c }, 1,
		   has_flags ? (const void *)r->e : NULL, has_flags ? (socklen_t)r->f : 0);
	long sent = make(r);
	call_sent(call, sent, has_flags ? (int)r->d : 0, &out);
	return sent;
}

static long send_vector(const struct raw *r, struct call *call)
{
	struct outgoing out;

	call_offer(&out, call, (const struct iovec *)r->b, (size_t)r->c, NULL, 0);
	long sent = make(r);
	call_sent(call, sent, 0, &out);
	return sent;
}

static long send_message(const struct raw *r, struct call *call)
{
	struct outgoing out;

	call_offer_message(&out, call, (const struct msghdr *)r->b);
	long sent = make(r);
	call_sent(call, sent, (int)r->c, &out);
	return sent;
}

/* read: (fd, buffer, n); recvfrom: and (flags, address, its length). */
static long receive_buffer(const struct raw *r, struct call *call, bool has_flags)
{
	const struct iovec buffer = { (void *)r->b, (size_t)r->c };
	socklen_t room = 0;

	if (has_flags && r->f)
		memory_copy(&room, (const void *)r->f, sizeof(room));
	long received = make(r);
	struct incoming in = { .flags = has_flags ? (int)r->d : 0, .buffers = &buffer, .count = 1 };
	if (room && received >= 0 && r->e) {
		socklen_t stored = *(const socklen_t *)r->f;
		in.peer = (const struct sockaddr *)r->e;
		in.peer_bytes = stored < room ? stored : room;
	}
	call_received(call, received, &in);
	return received;
}

static long receive_vector(const struct raw *r, struct call *call)
{
	long received = make(r);

	call_received(call, received, &(struct incoming){
		.buffers = (const struct iovec *)r->b, .count = (size_t)r->c });
	return received;
}

static long receive_message(const struct raw *r, struct call *call)
{
	struct msghdr before = { 0 };

	memory_copy(&before, (const void *)r->b, sizeof(before));
	long received = make(r);
	call_received_message(call, received, (int)r->c, (const struct msghdr *)r->b,
			      before.msg_namelen);
	return received;
}

static long send_messages(const struct raw *r, struct call *call)
{
	struct outgoing out[MESSAGES_OFFERED];

	messages_offer(out, call, (const struct mmsghdr *)r->b, (unsigned int)r->c);
	long sent = make(r);
	messages_sent(call, (int)sent, (int)r->d, (const struct mmsghdr *)r->b, out);
	return sent;
}

static long receive_messages(const struct raw *r, struct call *call)
{
	const struct mmsghdr *messages = (const struct mmsghdr *)r->b;
	socklen_t address_room = messages_address_room(messages, (unsigned int)r->c);

	long received = make(r);
	messages_received(call, (int)received, (int)r->d, messages, address_room);
	return received;
}

static long made_socket(const struct raw *r, struct call *call, enum trt_origin origin)
{
	long fd = make(r);

	uint64_t end_ns = clock_ns();

	if (fd < 0)
		return fd;
	struct connection *c = origin == TRT_ORIGIN_SOCKET ?
		connection_new((int)fd, origin, (int)r->a, (int)r->b, (int)r->c, end_ns) :
		connection_accepted(call->connection, (int)fd, end_ns);
	call_made(call, (int)fd, c, end_ns);
	return fd;
}

static long closed(const struct raw *r)
{
	struct connection *c = connection_known((int)r->a);
	struct call call;

	if (!c || lifecycle_borrowed() || !lifecycle_traced()) {
		connection_forget((int)r->a, clock_ns());
		return make(r);
	}
	call_begin_with(&call, TRT_CALL_close, (int)r->a, c);
	connection_forget((int)r->a, call.start_ns);
	long result = make(r);
	call_other(&call, (int)result);
	return result;
}

static long duplicated(const struct raw *r, struct call *call)
{
	long fd = make(r);

	if (fd >= 0)
		connection_duplicate((int)r->a, (int)fd, call->start_ns);
	return fd;
}

static long sandboxed(const struct raw *r)
{
	bool sandbox = lifecycle_sandbox();
	long result = make(r);

	if (sandbox && result == 0)
		lifecycle_sandboxed();
	else if (sandbox)
		lifecycle_sandbox_failed();
	return result;
}

#define SOCKET_CALL(name) call_begin_socket(&call, TRT_CALL_##name, (int)r.a)
#define ANY_CALL(name) call_begin(&call, TRT_CALL_##name, (int)r.a)

/* syscall() jumps here with its own arguments. */
__attribute__((visibility("hidden"), used)) long raw_call(long number, long a, long b, long c,
							  long d, long e, long f);
long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	const struct raw r = { number, a, b, c, d, e, f };
	struct call call;

	switch (number) {
	case SYS_read:
		return ANY_CALL(read) ? receive_buffer(&r, &call, false) : make(&r);
	case SYS_write:
		return ANY_CALL(write) ? send_buffer(&r, &call, false) : make(&r);
	case SYS_readv:
		return ANY_CALL(readv) ? receive_vector(&r, &call) : make(&r);
	case SYS_writev:
		return ANY_CALL(writev) ? send_vector(&r, &call) : make(&r);
	case SYS_sendto:
		return SOCKET_CALL(sendto) ? send_buffer(&r, &call, true) : make(&r);
	case SYS_recvfrom:
		return SOCKET_CALL(recvfrom) ? receive_buffer(&r, &call, true) : make(&r);
	case SYS_sendmsg:
		return SOCKET_CALL(sendmsg) ? send_message(&r, &call) : make(&r);
	case SYS_recvmsg:
		return SOCKET_CALL(recvmsg) ? receive_message(&r, &call) : make(&r);
	case SYS_sendmmsg:
		return SOCKET_CALL(sendmmsg) ? send_messages(&r, &call) : make(&r);
	case SYS_recvmmsg:
		return SOCKET_CALL(recvmmsg) ? receive_messages(&r, &call) : make(&r);
	case SYS_connect: {
		if (!SOCKET_CALL(connect))
			return make(&r);
		long result = make(&r);
		call_connect(&call, (int)result, (const struct sockaddr *)b, (socklen_t)c);
		return result;
	}
	case SYS_socket:
		return call_begin_any(&call, TRT_CALL_socket, -1) ?
			       made_socket(&r, &call, TRT_ORIGIN_SOCKET) : make(&r);
	case SYS_accept:
		return SOCKET_CALL(accept) ? made_socket(&r, &call, TRT_ORIGIN_ACCEPT) : make(&r);
	case SYS_accept4:
		return SOCKET_CALL(accept4) ? made_socket(&r, &call, TRT_ORIGIN_ACCEPT) : make(&r);
	case SYS_close:
		return lifecycle_hooks() ? closed(&r) : make(&r);
	case SYS_dup:
#ifdef SYS_dup2
	case SYS_dup2:
#endif
	case SYS_dup3:
		return call_begin_any(&call, TRT_CALL_dup, (int)a) ? duplicated(&r, &call) : make(&r);
	case SYS_io_uring_setup:
		blind_note(TRT_BLIND_IO_URING);
		return make(&r);
	case SYS_seccomp:
		/* Without a filter it only asks whether the kernel knows a flag. */
		return a == SECCOMP_SET_MODE_FILTER && c == 0 ? make(&r) : sandboxed(&r);
	case SYS_prctl:
		if (a == PR_SET_TSC)
			clock_forbid_ticks();
		return a == PR_SET_SECCOMP ? sandboxed(&r) : make(&r);
	default:
		return make(&r);
	}
}

/* Numbers that raw_call() knows. */
#define RAW_NUMBERS 512
const uint8_t raw_table[RAW_NUMBERS] __attribute__((visibility("hidden"))) = {
	[SYS_read] = 1, [SYS_write] = 1, [SYS_readv] = 1, [SYS_writev] = 1, [SYS_sendto] = 1,
	[SYS_recvfrom] = 1, [SYS_sendmsg] = 1, [SYS_recvmsg] = 1, [SYS_sendmmsg] = 1,
	[SYS_recvmmsg] = 1, [SYS_connect] = 1,
	[SYS_socket] = 1, [SYS_accept] = 1, [SYS_accept4] = 1, [SYS_close] = 1, [SYS_dup] = 1,
#ifdef SYS_dup2
	[SYS_dup2] = 1,
#endif
	[SYS_dup3] = 1, [SYS_io_uring_setup] = 1, [SYS_seccomp] = 1, [SYS_prctl] = 1,
};

/*
 * syscall(number, ...): to raw_call() or to libc's, with all arguments where they are.
 * A process whose first call this is finds real_syscall resolved: the constructor
 * of a library before ours is told what libc's own would, by the way of raw_call().
 */
#if defined(__x86_64__)
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	"	.cfi_startproc\n"
	"	cmpq	$512, %rdi\n"
	"	jae	1f\n"
	"	leaq	raw_table(%rip), %rax\n"
	"	cmpb	$0, (%rax,%rdi)\n"
	"	jne	raw_call\n"
	"1:	movq	real_syscall(%rip), %rax\n"
	"	testq	%rax, %rax\n"
	"	je	raw_call\n"
	"	jmp	*%rax\n"
	"	.cfi_endproc\n"
	".size syscall, . - syscall\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, %function\n"
	"syscall:\n"
	"	.cfi_startproc\n"
	"	cmp	x0, #512\n"
	"	b.hs	1f\n"
	"	adrp	x16, raw_table\n"
	"	add	x16, x16, :lo12:raw_table\n"
	"	ldrb	w17, [x16, x0]\n"
	"	cbnz	w17, raw_call\n"
	"1:	adrp	x16, real_syscall\n"
	"	ldr	x16, [x16, :lo12:real_syscall]\n"
	"	cbz	x16, raw_call\n"
	"	br	x16\n"
	"	.cfi_endproc\n"
	".size syscall, . - syscall\n");
#endif

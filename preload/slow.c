/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells of slow round trips while the program runs. */
#include "preload/slow.h"

#include <netinet/in.h>
#include <sys/un.h>

#include "preload/config.h"
#include "preload/dynsym.h"
#include "preload/message.h"
#include "preload/stack.h"
#include "preload/sys.h"
#include "preload/text.h"

#define LINES_A_SECOND 10
#define FRAMES_SHOWN 3

/* At most so many in each second of the clock; what is left out is not made up for. */
static bool may_say(uint64_t now_ns)
{
	static uint64_t budget; /* second << 8 | lines in it */
	uint64_t second = now_ns / 1000000000;
	uint64_t old = __atomic_load_n(&budget, __ATOMIC_RELAXED), new;

	do {
		uint64_t lines = old >> 8 == second ? old & 0xff : 0;
		if (lines >= LINES_A_SECOND)
			return false;
		new = second << 8 | (lines + 1);
	} while (!__atomic_compare_exchange_n(&budget, &old, new, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return true;
}

static void add_ipv6(struct text *t, const struct sockaddr_in6 *in6)
{
	text_add(t, "[");
	for (int i = 0; i < 16; i += 2) {
		if (i)
			text_add(t, ":");
		text_add_base(t, (uint64_t)in6->sin6_addr.s6_addr[i] << 8 |
					 in6->sin6_addr.s6_addr[i + 1], 16);
	}
	text_add(t, "]:");
	text_add_number(t, ntohs(in6->sin6_port));
}

static void add_ipv4(struct text *t, const struct sockaddr_in *in)
{
	const uint8_t *bytes = (const uint8_t *)&in->sin_addr;

	for (int i = 0; i < 4; i++) {
		if (i)
			text_add(t, ".");
		text_add_number(t, bytes[i]);
	}
	text_add(t, ":");
	text_add_number(t, ntohs(in->sin_port));
}

static void add_peer(struct text *t, int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_storage storage;
	} peer = { 0 };
	socklen_t bytes = sizeof(peer) - 1;

	if (sys(getpeername, fd, &peer, &bytes) != 0)
		text_add(t, "?");
	else if (peer.any.sa_family == AF_INET)
		add_ipv4(t, &peer.in);
	else if (peer.any.sa_family == AF_INET6)
		add_ipv6(t, &peer.in6);
	else
		text_add(t, peer.any.sa_family == AF_UNIX && peer.un.sun_path[0] ?
				    peer.un.sun_path : "unix");
}

/* "12.345 ms" */
static void add_duration(struct text *t, uint64_t ns)
{
	uint64_t us = ns / 1000;

	text_add_number(t, us / 1000);
	text_add(t, us % 1000 < 10 ? ".00" : us % 1000 < 100 ? ".0" : ".");
	text_add_number(t, us % 1000);
	text_add(t, " ms");
}

static void add_stack(struct text *t, struct thread *thread, const struct call *call)
{
	uintptr_t *addresses;
	char name[128];

	if (stack_state != TRT_STACKS_ON || !thread->memo)
		return;
	size_t depth = stack_unwind(thread, &call->caller, &addresses);
	for (size_t i = 0; i < depth && i < FRAMES_SHOWN; i++) {
		text_add(t, i ? " < " : " in ");
		dynsym_name(addresses[i] - 1, name, sizeof(name));
		text_add(t, name);
	}
}

static void say(struct thread *t, const struct call *call, uint64_t latency_ns)
{
	char line[1024];
	struct text text = text_into(line, sizeof(line) - 1);

	text_add(&text, "traceroundtrip: slow: ");
	add_peer(&text, call->fd);
	text_add(&text, " ");
	add_duration(&text, latency_ns);
	add_stack(&text, t, call);
	line[text.used++] = '\n';
	message_write(line, text.used);
}

void slow_data(struct thread *t, const struct call *call, struct connection *c,
	       enum direction direction, uint64_t end_ns)
{
	bool server = c->origin == TRT_ORIGIN_ACCEPT;
	bool request = direction == (server ? RECEIVED : SENT);

	if (request) {
		if (c->turn_ns && !c->turn_answered && !server)
			return; /* more of the same request */
		c->turn_ns = server ? end_ns : call->start_ns;
		c->turn_answered = false;
		c->turn_reported = false;
		return;
	}
	if (!c->turn_ns)
		return; /* a greeting */
	c->turn_answered = true;
	if (c->turn_reported || end_ns - c->turn_ns < config.slow_ns || !may_say(end_ns))
		return;
	c->turn_reported = true;
	say(t, call, end_ns - c->turn_ns);
}

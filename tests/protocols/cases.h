/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations as scripts (see tests/unit/script.h), and what their decoder makes of them. */
#ifndef TESTS_PROTOCOLS_CASES_H
#define TESTS_PROTOCOLS_CASES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A line a round trip, in order of start:
 *
 *	STATUS PROTOCOL "NAME" START-END sent/received [ERROR] [waits] [incomplete] [KEY=VALUE…]
 *
 * with - for what is not known, and a line a connection of which something is to be said:
 *
 *	connection ID [desyncs=N] [hidden=N] [forgotten=N] [doubted=OFFSET] [unsolicited=BYTES]
 */
struct protocol_case {
	const char *name, *script, *wanted;
	bool raw_names;
};

/* Runs all as tests.  Returns the exit status. */
int test_protocol_cases(const struct protocol_case *cases, size_t count);
#define TEST_PROTOCOL_CASES(cases) test_protocol_cases(cases, sizeof(cases) / sizeof(*(cases)))

/* Parts of scripts. */
#define CLIENT "connection 1 tcp socket\nconnected 1 2000-2050\n"
#define SERVER "connection 1 tcp accept\n"
#define SEND(times, text) "1 send 1 " times " * head=" text "\n"
#define RECV(times, text) "1 recv 1 " times " * head=" text "\n"
#define CRLF "\\r\\n"

#endif

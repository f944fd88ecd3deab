/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names LOOKUP NAME [connect | PORT]: looks a name up in the given way and prints the
 * result; with "connect" also connects to the first IPv4 address, asks and hears; with a
 * PORT asks the name server there, on loopback.
 */
#include "tests/programs/expect.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sockaddr_in found = { .sin_family = AF_INET };

static int with_getaddrinfo(const char *name)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *list = NULL;
	int result = getaddrinfo(name, NULL, &hints, &list);

	if (result == 0) {
		found = *(struct sockaddr_in *)list->ai_addr;
		freeaddrinfo(list);
	}
	return result;
}

static int take(const struct hostent *host, int error)
{
	if (!host)
		return error;
	memcpy(&found.sin_addr, host->h_addr_list[0], sizeof(found.sin_addr));
	return 0;
}

static int with_gethostbyname(const char *name)
{
	const struct hostent *host = gethostbyname(name);

	return take(host, h_errno);
}

static int with_gethostbyname2(const char *name)
{
	const struct hostent *host = gethostbyname2(name, AF_INET);

	return take(host, h_errno);
}

static int with_gethostbyname_r(const char *name)
{
	struct hostent host, *result = NULL;
	char room[4096];
	int error = 0;

	gethostbyname_r(name, &host, room, sizeof(room), &result, &error);
	return take(result, error);
}

static int with_gethostbyname2_r(const char *name)
{
	struct hostent host, *result = NULL;
	char room[4096];
	int error = 0;

	gethostbyname2_r(name, AF_INET, &host, room, sizeof(room), &result, &error);
	return take(result, error);
}

static int with_getaddrinfo_a(const char *name)
{
	struct addrinfo hints = { .ai_family = AF_INET };
	struct gaicb request = { .ar_name = name, .ar_request = &hints }, *list[] = { &request };

	check(getaddrinfo_a(GAI_WAIT, list, 1, NULL) == 0, "getaddrinfo_a");
	int result = gai_error(&request);

	if (request.ar_result) {
		found = *(struct sockaddr_in *)request.ar_result->ai_addr;
		freeaddrinfo(request.ar_result);
	}
	return result;
}

static int with_getaddrinfo_a_later(const char *name)
{
	struct gaicb request = { .ar_name = name }, *list[] = { &request };

	check(getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0, "getaddrinfo_a");
	while (gai_error(&request) == EAI_INPROGRESS)
		gai_suspend((const struct gaicb *const *)list, 1, NULL);
	if (request.ar_result)
		freeaddrinfo(request.ar_result);
	return gai_error(&request);
}

/* Nobody is to be asked: a name that is no address is an error at once. */
static int with_numeric_host(const char *name)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *list = NULL;
	int result = getaddrinfo(name, NULL, &hints, &list);

	if (result == 0)
		freeaddrinfo(list);
	return result;
}

static int with_bad_flags(const char *name)
{
	struct addrinfo hints = { .ai_flags = 0x100000 }, *list = NULL;

	return getaddrinfo(name, NULL, &hints, &list);
}

/* NETDB_INTERNAL, with ERANGE */
static int with_too_little_room(const char *name)
{
	struct hostent host, *result = NULL;
	char room[8];
	int error = 0;

	gethostbyname_r(name, &host, room, sizeof(room), &result, &error);
	return take(result, error);
}

static int with_res_query(const char *name)
{
	unsigned char answer[512];

	return res_query(name, 1, 1, answer, sizeof(answer)) < 0 ? h_errno : 0;
}

static int with_res_search(const char *name)
{
	unsigned char answer[512];

	return res_search(name, 1, 1, answer, sizeof(answer)) < 0 ? h_errno : 0;
}

static struct __res_state own_state;

static int with_res_nquery(const char *name)
{
	unsigned char answer[512];

	return res_nquery(&own_state, name, 1, 1, answer, sizeof(answer)) < 0 ?
		       own_state.res_h_errno : 0;
}

static int with_res_nsearch(const char *name)
{
	unsigned char answer[512];

	return res_nsearch(&own_state, name, 1, 1, answer, sizeof(answer)) < 0 ?
		       own_state.res_h_errno : 0;
}

/* Of loopback alone, once and for a second, and for the name as it is. */
static void ask_server(res_state state, int port)
{
	state->nscount = 1;
	state->nsaddr_list[0] = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	state->retrans = 1;
	state->retry = 1;
	state->options &= ~(unsigned long)(RES_DEFNAMES | RES_DNSRCH);
}

static const struct {
	const char *name;
	int (*look_up)(const char *name);
} ways[] = {
	{ "getaddrinfo", with_getaddrinfo },
	{ "getaddrinfo_a", with_getaddrinfo_a },
	{ "gethostbyname", with_gethostbyname },
	{ "gethostbyname2", with_gethostbyname2 },
	{ "gethostbyname_r", with_gethostbyname_r },
	{ "gethostbyname2_r", with_gethostbyname2_r },
	{ "res_query", with_res_query },
	{ "res_search", with_res_search },
	{ "res_nquery", with_res_nquery },
	{ "res_nsearch", with_res_nsearch },
	{ "getaddrinfo_a-later", with_getaddrinfo_a_later },
	{ "numeric-host", with_numeric_host },
	{ "bad-flags", with_bad_flags },
	{ "too-little-room", with_too_little_room },
};

static int look_up(const char *way, const char *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(way, ways[i].name))
			return ways[i].look_up(name);
	check(false, way);
	return -1;
}

int main(int argc, char **argv)
{
	char buffer[64];
	int client, server;

	check(argc == 3 || argc == 4, "usage: names LOOKUP NAME [connect | PORT]");
	bool connects = argc == 4 && !strcmp(argv[3], "connect");

	check(res_init() == 0 && res_ninit(&own_state) == 0, "resolver");
	if (argc == 4 && !connects) {
		ask_server(&_res, atoi(argv[3]));
		ask_server(&own_state, atoi(argv[3]));
	}
	/* A process that makes no call on a socket leaves no trace. */
	int own = socket(AF_INET, SOCK_DGRAM, 0);
	int result = look_up(argv[1], argv[2]);

	printf("{\"view\":\"lookup\",\"call\":\"%s\",\"result\":%d}\n", argv[1], result);
	close(own);
	if (!connects)
		return 0;
	check(result == 0, argv[2]);
	struct sockaddr_storage address;
	socklen_t bytes;
	int listener = listener_open(&address, &bytes, "tcp");

	found.sin_port = ((struct sockaddr_in *)&address)->sin_port;
	client = socket(AF_INET, SOCK_STREAM, 0);
	check(connect(client, (struct sockaddr *)&found, sizeof(found)) == 0, "connect");
	server = accept(listener, NULL, NULL);
	check(send(client, "hello", 5, 0) == 5 && recv(server, buffer, 64, 0) == 5, "hello");
	check(send(server, "there", 5, 0) == 5 && recv(client, buffer, 64, 0) == 5, "there");
	close(client);
	close(server);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Name lookups.  What they do inside libc (sockets, files, caches) passes us by: glibc's
 * resolver calls its own names for send() and recv().
 */
#include "preload/call.h"
#include "preload/lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

/* hints as the call has read them; found: its answer, NULL if it has none. */
static void end_getaddrinfo(const struct call *call, const char *name, const struct addrinfo *hints,
			    int result, const struct addrinfo *found)
{
	struct lookup l = { .name = name, .result = result,
			    .numeric = hints && (hints->ai_flags & AI_NUMERICHOST) };

	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		/* The same address stands there once for each type of socket. */
		if (a->ai_next && a->ai_next->ai_addrlen == a->ai_addrlen &&
		    memcmp(a->ai_next->ai_addr, a->ai_addr, a->ai_addrlen) == 0)
			continue;
		if (a->ai_family == AF_INET)
			lookup_add(&l, AF_INET, &((struct sockaddr_in *)a->ai_addr)->sin_addr);
		else if (a->ai_family == AF_INET6)
			lookup_add(&l, AF_INET6, &((struct sockaddr_in6 *)a->ai_addr)->sin6_addr);
	}
	call_lookup(call, &l);
}

HOOK int getaddrinfo(const char *restrict name, const char *restrict service,
		     const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
	struct call call;

	/* Without a name there is nothing to ask anybody: a server's own address. */
	if (!name || !call_begin_any(&call, TRT_CALL_getaddrinfo, -1))
		return REAL(getaddrinfo)(name, service, hints, found);
	int result = REAL(getaddrinfo)(name, service, hints, found);
	end_getaddrinfo(&call, name, hints, result, result == 0 ? *found : NULL);
	return result;
}

/* Several at once, perhaps by threads that libc starts: when each ends is not seen. */
HOOK int getaddrinfo_a(int mode, struct gaicb *list[restrict], int count,
		       struct sigevent *restrict signal)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_getaddrinfo_a, -1))
		return REAL(getaddrinfo_a)(mode, list, count, signal);
	int result = REAL(getaddrinfo_a)(mode, list, count, signal);
	for (int i = 0; i < count && result == 0; i++) {
		const struct gaicb *g = list[i];
		if (g && g->ar_name)
			end_getaddrinfo(&call, g->ar_name, g->ar_request,
					mode == GAI_WAIT ? gai_error(list[i]) : EAI_INPROGRESS,
					mode == GAI_WAIT ? g->ar_result : NULL);
	}
	return result;
}

static void end_gethost(const struct call *call, const char *name, const struct hostent *host,
			int error)
{
	struct lookup l = { .name = name, .result = host ? 0 : error };

	for (char **a = host ? host->h_addr_list : NULL; a && *a; a++)
		lookup_add(&l, host->h_addrtype, *a);
	call_lookup(call, &l);
}

HOOK struct hostent *gethostbyname(const char *name)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_gethostbyname, -1))
		return REAL(gethostbyname)(name);
	struct hostent *host = REAL(gethostbyname)(name);
	end_gethost(&call, name, host, h_errno);
	return host;
}

HOOK struct hostent *gethostbyname2(const char *name, int family)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_gethostbyname2, -1))
		return REAL(gethostbyname2)(name, family);
	struct hostent *host = REAL(gethostbyname2)(name, family);
	end_gethost(&call, name, host, h_errno);
	return host;
}

HOOK int gethostbyname_r(const char *restrict name, struct hostent *restrict host,
			 char *restrict buffer, size_t bytes, struct hostent **restrict found,
			 int *restrict error)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_gethostbyname_r, -1))
		return REAL(gethostbyname_r)(name, host, buffer, bytes, found, error);
	int result = REAL(gethostbyname_r)(name, host, buffer, bytes, found, error);
	end_gethost(&call, name, *found, *error);
	return result;
}

HOOK int gethostbyname2_r(const char *restrict name, int family, struct hostent *restrict host,
			  char *restrict buffer, size_t bytes, struct hostent **restrict found,
			  int *restrict error)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_gethostbyname2_r, -1))
		return REAL(gethostbyname2_r)(name, family, host, buffer, bytes, found, error);
	int result = REAL(gethostbyname2_r)(name, family, host, buffer, bytes, found, error);
	end_gethost(&call, name, *found, *error);
	return result;
}

/* The res_ family answers with a DNS message, which is the program's to read. */
static void end_query(const struct call *call, const char *name, int answer_bytes, int error)
{
	call_lookup(call, &(struct lookup){ .name = name, .result = answer_bytes < 0 ? error : 0 });
}

HOOK int res_query(const char *name, int class, int type, unsigned char *answer, int bytes)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_res_query, -1))
		return REAL(res_query)(name, class, type, answer, bytes);
	int n = REAL(res_query)(name, class, type, answer, bytes);
	end_query(&call, name, n, h_errno);
	return n;
}

HOOK int res_search(const char *name, int class, int type, unsigned char *answer, int bytes)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_res_search, -1))
		return REAL(res_search)(name, class, type, answer, bytes);
	int n = REAL(res_search)(name, class, type, answer, bytes);
	end_query(&call, name, n, h_errno);
	return n;
}

HOOK int res_nquery(res_state state, const char *name, int class, int type, unsigned char *answer,
		    int bytes)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_res_nquery, -1))
		return REAL(res_nquery)(state, name, class, type, answer, bytes);
	int n = REAL(res_nquery)(state, name, class, type, answer, bytes);
	end_query(&call, name, n, state->res_h_errno);
	return n;
}

HOOK int res_nsearch(res_state state, const char *name, int class, int type, unsigned char *answer,
		     int bytes)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_res_nsearch, -1))
		return REAL(res_nsearch)(state, name, class, type, answer, bytes);
	int n = REAL(res_nsearch)(state, name, class, type, answer, bytes);
	end_query(&call, name, n, state->res_h_errno);
	return n;
}

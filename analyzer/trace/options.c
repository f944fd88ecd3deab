/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of socket options, of blind spots and of errors of name lookups. */
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "analyzer/trace/trace.h"
#include "preload/trace_format.h"

_Static_assert(LEVEL_FCNTL == TRT_LEVEL_FCNTL, "as the library writes it");

/* Those that change when bytes go and calls return; numbers of Linux. */
const char *option_name(uint32_t level, uint32_t option)
{
	static const struct {
		uint32_t level, option;
		const char *name;
	} options[] = {
#define OPTION(level, name) { level, name, #name }
		OPTION(SOL_SOCKET, SO_REUSEADDR),  OPTION(SOL_SOCKET, SO_REUSEPORT),
		OPTION(SOL_SOCKET, SO_SNDBUF),     OPTION(SOL_SOCKET, SO_RCVBUF),
		OPTION(SOL_SOCKET, SO_KEEPALIVE),  OPTION(SOL_SOCKET, SO_LINGER),
		OPTION(SOL_SOCKET, SO_RCVTIMEO),   OPTION(SOL_SOCKET, SO_SNDTIMEO),
		OPTION(SOL_SOCKET, SO_RCVLOWAT),   OPTION(SOL_SOCKET, SO_BROADCAST),
		OPTION(SOL_SOCKET, SO_BUSY_POLL),  OPTION(SOL_SOCKET, SO_PRIORITY),
		OPTION(SOL_SOCKET, SO_ZEROCOPY),   OPTION(SOL_SOCKET, SO_OOBINLINE),
		OPTION(IPPROTO_TCP, TCP_NODELAY),  OPTION(IPPROTO_TCP, TCP_CORK),
		OPTION(IPPROTO_TCP, TCP_QUICKACK), OPTION(IPPROTO_TCP, TCP_MAXSEG),
		OPTION(IPPROTO_TCP, TCP_KEEPIDLE), OPTION(IPPROTO_TCP, TCP_KEEPINTVL),
		OPTION(IPPROTO_TCP, TCP_KEEPCNT),  OPTION(IPPROTO_TCP, TCP_SYNCNT),
		OPTION(IPPROTO_TCP, TCP_FASTOPEN), OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT),
		OPTION(IPPROTO_TCP, TCP_CONGESTION), OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT),
		OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT), OPTION(IPPROTO_TCP, TCP_FASTOPEN_CONNECT),
		OPTION(IPPROTO_TCP, TCP_ULP),
		OPTION(IPPROTO_IP, IP_TOS),        OPTION(IPPROTO_IP, IP_TTL),
		OPTION(IPPROTO_IP, IP_RECVERR),    OPTION(IPPROTO_IP, IP_PKTINFO),
		OPTION(IPPROTO_IPV6, IPV6_V6ONLY), OPTION(IPPROTO_IPV6, IPV6_RECVERR),
		OPTION(LEVEL_FCNTL, F_SETFL),
#undef OPTION
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options[i].level == level && options[i].option == option)
			return options[i].name;
	return NULL;
}

const char *blind_spot_words(enum blind_spot spot)
{
	static const char *const words[BLIND_SPOTS] = {
		[BLIND_IO_URING] = "uses io_uring: its transfers are not seen",
		[BLIND_STREAM] = "reads or writes sockets through stdio (fdopen): those transfers "
				 "are not seen",
		[BLIND_SANDBOX] = "went into a sandbox (seccomp): its calls from there on are not seen",
	};

	return words[spot];
}

bool lookup_failed(const struct lookup *l)
{
	return l->result != 0 && l->result != EAI_INPROGRESS;
}

bool lookup_counts(const struct lookup *l)
{
	return !l->asked_nobody && l->result != EAI_INPROGRESS;
}

const char *lookup_error(uint8_t call, int32_t result)
{
	bool by_getaddrinfo = call == TRT_CALL_getaddrinfo || call == TRT_CALL_getaddrinfo_a;

	/* EAI_BADFLAGS of getaddrinfo() and NETDB_INTERNAL of the others are the same number. */
	if (result == -1 && !call)
		return "internal error, or bad flags";
	if (result == -1 && !by_getaddrinfo)
		return hstrerror(NETDB_INTERNAL);
	return result < 0 ? gai_strerror(result) : hstrerror(result);
}

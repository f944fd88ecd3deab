/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_trips server PORT CERTIFICATE KEY: echoes what it gets over TLS, for one client after
 * the other.
 * tls_trips client PORT TRIPS: makes so many round trips of 64 bytes on one connection; prints
 * the nanoseconds they took.
 */
#include <openssl/ssl.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static SSL *session_on(SSL_CTX *context, int fd)
{
	SSL *session = SSL_new(context);

	demand(session && SSL_set_fd(session, fd), "SSL_new");
	return session;
}

static void serve(const struct sockaddr_in *address, const char *certificate, const char *key)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	int listener = listen_at(address);
	char message[MESSAGE_BYTES];

	demand(SSL_CTX_use_certificate_file(context, certificate, SSL_FILETYPE_PEM) == 1 &&
	       SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1, "certificate");
	for (;;) {
		int fd = accept(listener, NULL, NULL), n;

		demand(fd >= 0, "accept");
		set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		SSL *session = session_on(context, fd);
		if (SSL_accept(session) == 1)
			while ((n = SSL_read(session, message, sizeof(message))) > 0)
				demand(SSL_write(session, message, n) == n, "SSL_write");
		SSL_free(session);
		close(fd);
	}
}

static void ask(const struct sockaddr_in *address, long trips)
{
	SSL *session = session_on(SSL_CTX_new(TLS_client_method()), connect_to(address));
	char message[MESSAGE_BYTES] = "ping";

	demand(SSL_connect(session) == 1, "SSL_connect");
	uint64_t start_ns = time_of(CLOCK_MONOTONIC);
	for (long i = 0; i < trips; i++) {
		demand(SSL_write(session, message, sizeof(message)) == sizeof(message), "SSL_write");
		demand(SSL_read(session, message, sizeof(message)) == sizeof(message), "SSL_read");
	}
	printf("%llu\n", (unsigned long long)(time_of(CLOCK_MONOTONIC) - start_ns));
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: tls_trips server PORT CERTIFICATE KEY | client PORT TRIPS\n");
		return 2;
	}
	struct sockaddr_in address = loopback(argv[2]);
	if (argc == 5)
		serve(&address, argv[3], argv[4]);
	ask(&address, atol(argv[3]));
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plugin that brings the TLS library it needs: two of them bring two versions. */
#include <unistd.h>

typedef struct ssl_st SSL;

SSL *fake_new(int fd);
int SSL_connect(SSL *ssl);
int SSL_read(SSL *ssl, void *buffer, int bytes);
int SSL_write(SSL *ssl, const void *buffer, int bytes);
int SSL_version(const SSL *ssl);
void SSL_free(SSL *ssl);

int plugin_turn(int mine, int other);

/* Nothing is left to do behind the call: the compiler makes it a jump, which leaves no frame. */
__attribute__((noinline)) static int write_jumping(SSL *ssl, const char *text, int bytes)
{
	return SSL_write(ssl, text, bytes);
}

/* One handshake, one request and its answer; the version that served them, 0 if any failed. */
int plugin_turn(int mine, int other)
{
	char buffer[64];
	SSL *ssl = fake_new(mine);
	int version = ssl ? SSL_version(ssl) : 0;

	if (!ssl || SSL_connect(ssl) != 1 || read(other, buffer, sizeof(buffer)) != 5 ||
	    write_jumping(ssl, "question", 8) != 8 || read(other, buffer, sizeof(buffer)) != 8 ||
	    write(other, "answer", 6) != 6 || SSL_read(ssl, buffer, sizeof(buffer)) != 6)
		version = 0;
	if (ssl)
		SSL_free(ssl);
	return version;
}

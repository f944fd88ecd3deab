/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stands in for one of two versions of a TLS library in one process: encrypts nothing, and
 * returns what tells the versions apart.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct ssl_st {
	int version;
	int fd;
} SSL;

SSL *fake_new(int fd);
extern void (*fake_callback)(SSL *ssl);
int SSL_do_handshake(SSL *ssl);
int SSL_connect(SSL *ssl);
int SSL_read(SSL *ssl, void *buffer, int bytes);
int SSL_write(SSL *ssl, const void *buffer, int bytes);
int SSL_get_error(const SSL *ssl, int result);
int SSL_is_init_finished(const SSL *ssl);
int SSL_version(const SSL *ssl);
int SSL_is_server(const SSL *ssl);
int SSL_shutdown(SSL *ssl);
int SSL_set_fd(SSL *ssl, int fd);
int SSL_clear(SSL *ssl);
int BIO_write(void *bio, const void *data, int bytes);
void SSL_free(SSL *ssl);

SSL *fake_new(int fd)
{
	SSL *ssl = malloc(sizeof(*ssl));

	if (ssl)
		*ssl = (SSL){ FAKE_VERSION, fd };
	return ssl;
}

/* Called within SSL_do_handshake() and SSL_read(), when they have used their socket. */
void (*fake_callback)(SSL *ssl);

static void call_back(SSL *ssl)
{
	if (fake_callback)
		fake_callback(ssl);
}

/* A session of the other version here is the crash that two real ones would make of it. */
static void check(const SSL *ssl)
{
	if (ssl->version != FAKE_VERSION)
		abort();
}

int SSL_do_handshake(SSL *ssl)
{
	check(ssl);
	int done = write(ssl->fd, "hello", 5) == 5 ? 1 : -1;
	call_back(ssl);
	return done;
}

/* Through its own symbol, as real ones do. */
int SSL_connect(SSL *ssl)
{
	check(ssl);
	return SSL_do_handshake(ssl);
}

int SSL_read(SSL *ssl, void *buffer, int bytes)
{
	check(ssl);
	int received = (int)read(ssl->fd, buffer, (size_t)bytes);
	call_back(ssl);
	return received;
}

int SSL_write(SSL *ssl, const void *buffer, int bytes)
{
	check(ssl);
	return (int)write(ssl->fd, buffer, (size_t)bytes);
}

int SSL_get_error(const SSL *ssl, int result)
{
	check(ssl);
	return result > 0 ? 0 : errno == EAGAIN ? 2 : 5;
}

int SSL_is_init_finished(const SSL *ssl)
{
	check(ssl);
	return 1;
}

int SSL_version(const SSL *ssl)
{
	check(ssl);
	return FAKE_VERSION;
}

int SSL_is_server(const SSL *ssl)
{
	check(ssl);
	return 0;
}

int SSL_shutdown(SSL *ssl)
{
	check(ssl);
	return 1;
}

int SSL_set_fd(SSL *ssl, int fd)
{
	check(ssl);
	ssl->fd = fd;
	return 1;
}

int SSL_clear(SSL *ssl)
{
	check(ssl);
	return 1;
}

int BIO_write(void *bio, const void *data, int bytes)
{
	return bio && data ? bytes : -1;
}

void SSL_free(SSL *ssl)
{
	check(ssl);
	free(ssl);
}

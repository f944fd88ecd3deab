/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What callbacks do within a TLS library's calls.  within CASE:
 *
 *	signal   a signal handler uses another socket
 *	session  a callback speaks TLS over another connection
 *	jump     a callback jumps out of the call, again and again
 *	clear    none; at last the first session is used for the second connection
 *
 * Each case asks eight times over the first connection; prints its descriptor.
 */
#include <alloca.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct ssl_st SSL;

SSL *fake_new(int fd);
int SSL_connect(SSL *ssl);
int SSL_read(SSL *ssl, void *buffer, int bytes);
int SSL_write(SSL *ssl, const void *buffer, int bytes);
int SSL_set_fd(SSL *ssl, int fd);
int SSL_clear(SSL *ssl);
int BIO_write(void *bio, const void *data, int bytes);
void SSL_free(SSL *ssl);
extern void (*fake_callback)(SSL *ssl);

#define ROUNDS 8

static int first[2], second[2];
static SSL *other;
static jmp_buf out;

static void turn(SSL *ssl, const int *ends)
{
	char buffer[16];

	if (SSL_write(ssl, "question", 8) != 8 || read(ends[1], buffer, sizeof(buffer)) != 8 ||
	    write(ends[1], "answer", 6) != 6 || SSL_read(ssl, buffer, sizeof(buffer)) != 6)
		_exit(3);
}

/* Through a frame of some bytes, which leaves most of what lay there before as it was. */
static __attribute__((noinline)) void turn_further_in(SSL *ssl, const int *ends, int bytes)
{
	volatile char *room = alloca((size_t)bytes);

	room[0] = 0;
	turn(ssl, ends);
	room[bytes - 1] = room[0];
}

static void use_other_socket(int signal)
{
	char byte;

	(void)signal;
	if (send(second[0], "x", 1, 0) != 1 || recv(second[1], &byte, 1, 0) != 1)
		_exit(4);
}

static void raise_signal(SSL *ssl)
{
	(void)ssl;
	raise(SIGUSR1);
}

static void use_other_session(SSL *ssl)
{
	static int depth;

	(void)ssl;
	if (depth)
		return;
	depth++;
	turn(other, second);
	depth--;
}

static void jump(SSL *ssl)
{
	(void)ssl;
	longjmp(out, 1);
}

int main(int argc, char **argv)
{
	char buffer[16];

	if (argc != 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, first) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, second) != 0)
		return 2;
	SSL *ssl = fake_new(first[0]);
	other = fake_new(second[0]);
	if (!ssl || !other || SSL_connect(ssl) != 1 || SSL_connect(other) != 1 ||
	    read(first[1], buffer, sizeof(buffer)) != 5 || read(second[1], buffer, sizeof(buffer)) != 5)
		return 2;
	signal(SIGUSR1, use_other_socket);
	fake_callback = strcmp(argv[1], "signal") == 0 ? raise_signal :
			strcmp(argv[1], "session") == 0 ? use_other_session :
			strcmp(argv[1], "jump") == 0 ? jump : NULL;
	for (volatile int i = 0; i < ROUNDS; i++)
		if (!setjmp(out))
			turn_further_in(ssl, first, 16 + 16 * i * i);
	/* What was left half done must not tell on calls that follow. */
	fake_callback = NULL;
	turn(ssl, first);
	/* What was received last is at hand here; this is an error of the program's. */
	if (BIO_write(other, NULL, sizeof(buffer)) != -1)
		return 5;
	if (strcmp(argv[1], "clear") == 0) {
		SSL_free(other);
		other = ssl;
		if (SSL_clear(ssl) != 1 || SSL_set_fd(ssl, second[0]) != 1)
			return 6;
	}
	turn(other, second);
	if (other != ssl)
		SSL_free(other);
	SSL_free(ssl);
	printf("%d %d\n", first[0], second[0]);
	return 0;
}

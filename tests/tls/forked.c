/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server that forks for a connection, whose first call of all is the one that its handshake
 * is made in, and asks once.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct ssl_st SSL;

SSL *fake_new(int fd);
int SSL_connect(SSL *ssl);
int SSL_read(SSL *ssl, void *buffer, int bytes);
int SSL_write(SSL *ssl, const void *buffer, int bytes);

static int serve(int fd)
{
	SSL *ssl = fake_new(fd);
	char buffer[16];

	return ssl && SSL_connect(ssl) == 1 && SSL_write(ssl, "question", 8) == 8 &&
	       SSL_read(ssl, buffer, sizeof(buffer)) == 6;
}

int main(void)
{
	int ends[2], status;
	char buffer[16];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 2;
	pid_t child = fork();
	if (child == 0)
		return serve(ends[0]) ? 0 : 3;
	for (size_t asked = 0; asked < 13;) {
		ssize_t n = read(ends[1], buffer, sizeof(buffer));
		if (n <= 0)
			return 4;
		asked += (size_t)n;
	}
	if (write(ends[1], "answer", 6) != 6 || waitpid(child, &status, 0) != child)
		return 5;
	return status != 0;
}

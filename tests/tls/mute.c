/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After a handshake that is seen the socket moves what no call of the TLS library gives or gets. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct ssl_st SSL;

SSL *fake_new(int fd);
int SSL_connect(SSL *ssl);

int main(void)
{
	char buffer[300];
	int ends[2];

	memset(buffer, 'x', sizeof(buffer));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 2;
	SSL *ssl = fake_new(ends[0]);
	if (!ssl || SSL_connect(ssl) != 1 || read(ends[1], buffer, sizeof(buffer)) != 5 ||
	    write(ends[0], buffer, 200) != 200 || read(ends[1], buffer, sizeof(buffer)) != 200 ||
	    write(ends[1], buffer, 100) != 100 || read(ends[0], buffer, sizeof(buffer)) != 100)
		return 3;
	return 0;
}

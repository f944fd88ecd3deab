/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Socket options: those set, which explain delays, and the end of a connect() that went on. */
#include "preload/call.h"

#include <string.h>

HOOK int setsockopt(int fd, int level, int option, const void *value, socklen_t bytes)
{
	struct call call;
	uint64_t number = 0;

	if (!call_begin_socket(&call, TRT_CALL_setsockopt, fd))
		return REAL(setsockopt)(fd, level, option, value, bytes);
	int result = REAL(setsockopt)(fd, level, option, value, bytes);
	/* Numbers and times (SO_RCVTIMEO's seconds); only success tells that value is readable. */
	if (result == 0 && value)
		memcpy(&number, value, bytes < sizeof(number) ? bytes : sizeof(number));
	call_option(&call, result, level, option, number);
	return result;
}

HOOK int getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict bytes)
{
	int result = REAL(getsockopt)(fd, level, option, value, bytes);
	struct call call;

	/* How a non-blocking connect() ended, as the program is told it. */
	if (result == 0 && level == SOL_SOCKET && option == SO_ERROR && *bytes == sizeof(int) &&
	    call_begin_socket(&call, TRT_CALL_getsockopt, fd))
		call_socket_error(&call, *(const int *)value);
	return result;
}

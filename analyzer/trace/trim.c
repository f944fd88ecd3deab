/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cuts the room that a killed process's trace file never used. */
#include "analyzer/trace/trim.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/trace_format.h"

/*
 * A read lease is granted only while nobody has the file open for writing, and a
 * shared writable mapping counts as that (fcntl(2), F_SETLEASE).  It is exact where
 * process ids are not: it sees other users' and containers' processes, and forks.
 */
static bool nobody_writes(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return false;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return true;
}

/* Bytes that the header says are in use; 0 if this is no trace that we know. */
static uint64_t counted_bytes(int fd)
{
	struct trt_header header;

	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.magic, TRT_MAGIC, sizeof(header.magic)) != 0 ||
	    header.byte_order != TRT_BYTE_ORDER || header.oldest_reader > TRT_VERSION ||
	    header.chunk_bytes != TRT_CHUNK_BYTES || header.chunks > UINT32_MAX)
		return 0;
	return (header.chunks + 1) * TRT_CHUNK_BYTES;
}

/* A chunk may have been taken and not yet counted when the process was killed. */
uint64_t trace_used_bytes(int fd)
{
	off_t used = (off_t)counted_bytes(fd);
	off_t data = used ? lseek(fd, used, SEEK_DATA) : -1;

	while (used && data >= used) {
		off_t hole = lseek(fd, data, SEEK_HOLE);
		used = (hole + TRT_CHUNK_BYTES - 1) / TRT_CHUNK_BYTES * TRT_CHUNK_BYTES;
		data = lseek(fd, used, SEEK_DATA);
	}
	return (uint64_t)used;
}

bool trace_trim(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	bool cut = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && nobody_writes(fd)) {
		off_t used = (off_t)trace_used_bytes(fd);
		if (used && status.st_size > used)
			cut = truncate(path, used) == 0;
	}
	close(fd);
	return cut;
}

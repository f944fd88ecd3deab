/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads trace files. */
#include "analyzer/trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/util/alloc.h"

/* Does not wait for a writer should the name be a FIFO's. */
static int open_path(const char *path)
{
	return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

const char *trace_file_open(struct trace_file *f, const char *path)
{
	const char *reason = NULL;
	struct stat status;
	int fd = open_path(path);

	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &status) != 0)
		reason = strerror(errno);
	else if (S_ISDIR(status.st_mode))
		reason = "is a folder, not a trace file";
	else if (!S_ISREG(status.st_mode))
		reason = "is not a regular file";
	if (reason) {
		close(fd);
		return reason;
	}
	*f = (struct trace_file){
		.path = xstrdup(path),
		.fd = fd,
		.device = status.st_dev,
		.inode = status.st_ino,
		.bytes = (uint64_t)status.st_size,
	};
	return NULL;
}

void trace_file_close(struct trace_file *f)
{
	trace_file_park(f);
	free(f->path);
	f->path = NULL;
}

void trace_file_park(struct trace_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

bool trace_file_resume(struct trace_file *f)
{
	struct stat status;

	if (f->fd >= 0)
		return true;
	f->fd = open_path(f->path);
	if (f->fd < 0)
		return false;
	if (fstat(f->fd, &status) == 0 && status.st_dev == f->device && status.st_ino == f->inode)
		return true;
	trace_file_park(f);
	return false;
}

size_t trace_file_read(struct trace_file *f, uint64_t offset, void *buffer, size_t bytes)
{
	bool parked = f->fd < 0;
	size_t done = 0;

	if (!trace_file_resume(f))
		return 0;
	while (done < bytes) {
		ssize_t n = pread(f->fd, (char *)buffer + done, bytes - done,
				  (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (parked)
		trace_file_park(f);
	return done;
}

uint64_t trace_file_next_data(struct trace_file *f, uint64_t offset)
{
	off_t found;

	if (offset >= f->bytes)
		return UINT64_MAX;
	found = lseek(f->fd, (off_t)offset, SEEK_DATA);
	if (found >= 0)
		return (uint64_t)found;
	return errno == ENXIO ? UINT64_MAX : offset; /* a file system without holes */
}

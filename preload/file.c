/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes and maps the trace file, with system calls alone: the first socket call
 * of the program, which may be in a signal handler, gets here.
 */
#include "preload/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "preload/config.h"
#include "preload/identity.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/trace_format.h"

#define SMALLEST_BYTES (16u * TRT_CHUNK_BYTES)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

static struct {
	char path[sizeof(config.output) + 300];
	uint64_t device, inode;
} made;

/*
 * Asks the kernel to write one byte, which it has written already, into each
 * page: where a write of ours would be answered with SIGBUS the call says EFAULT.
 * rt_sigprocmask() with no new mask does no more than store 8 bytes.
 */
static bool populate_by_page(uint8_t *start, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i += 4096) {
		uint64_t *word = (uint64_t *)(start + i);
		if (sys(rt_sigprocmask, 0, NULL, word, 8) != 0)
			return false;
		*word = 0;
	}
	return true;
}

bool file_unlock(void *start, uint64_t bytes)
{
	return sys(mprotect, start, bytes, PROT_READ | PROT_WRITE) == 0;
}

bool file_populate(void *start, uint64_t bytes)
{
	long result;

	do
		result = sys(madvise, start, bytes, MADV_POPULATE_WRITE);
	while (result == -EINTR || result == -EAGAIN);
	if (result == -EINVAL || result == -ENOSYS || result == -EPERM)
		return populate_by_page(start, bytes); /* an older kernel, or a filter */
	return result == 0;
}

/* As much as was asked for, and at most half of what the disk has left. */
static uint64_t affordable_bytes(long fd)
{
	uint64_t bytes = config.max_bytes;
	struct statfs disk;
	struct rlimit limit;

	if (sys(fstatfs, fd, &disk) == 0) {
		uint64_t half = (uint64_t)disk.f_bavail * (uint64_t)disk.f_bsize / 2;
		if (bytes > half)
			bytes = half;
	}
	/* Beyond this limit ftruncate() would not fail but send SIGXFSZ. */
	if (sys(prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) == 0 && bytes > limit.rlim_cur)
		bytes = limit.rlim_cur;
	/* The address space is the program's: what it allocates next must not fail for us. */
	if (sys(prlimit64, 0, RLIMIT_AS, NULL, &limit) == 0 && bytes > limit.rlim_cur / 8)
		bytes = limit.rlim_cur / 8;
	/* Chunk numbers have 31 bits. */
	if (bytes > (uint64_t)TRT_CHUNK_BYTES << 30)
		bytes = (uint64_t)TRT_CHUNK_BYTES << 30;
	return bytes / TRT_CHUNK_BYTES * TRT_CHUNK_BYTES;
}

/* Maps it in the largest size that the address space has room for. */
static const char *map(long fd, struct file *file)
{
	for (file->bytes = affordable_bytes(fd); file->bytes >= SMALLEST_BYTES;
	     file->bytes = file->bytes / 2 / TRT_CHUNK_BYTES * TRT_CHUNK_BYTES) {
		long failed = sys(ftruncate, fd, file->bytes);
		if (failed)
			return failed == -EFBIG ? "the file system allows no file of that size" :
						  "its size could not be set";
		long p = sys(mmap, NULL, file->bytes, PROT_NONE, MAP_SHARED, fd, 0);
		if (p > 0 || p < -4095) {
			file->base = (uint8_t *)p;
			break;
		}
		if (p != -ENOMEM)
			return "its file system cannot map files for writing";
	}
	if (!file->base)
		return "there is too little room: less than 1 MiB of disk, file size or address space";
	/*
	 * Each first touch of a hole would read ahead, which means to clear megabytes of
	 * pages at once: 3 ms in the program's time, seen with a read-ahead of 8 MiB.
	 */
	sys(madvise, file->base, file->bytes, MADV_RANDOM);
	/* Not into core dumps: a program's crash stays as quick and small as without us. */
	sys(madvise, file->base, file->bytes, MADV_DONTDUMP);
	if (!file_unlock(file->base, TRT_CHUNK_BYTES) || !file_populate(file->base, TRT_CHUNK_BYTES))
		return "the disk is full";
	return NULL;
}

static const char *words_for(long error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		return "permission denied";
	case EROFS:
		return "its file system is read-only";
	case ENOSPC:
	case EDQUOT:
		return "the disk is full";
	case ENOTDIR:
	case EEXIST:
		return "it is not a folder";
	case ENOENT:
		return "the folder above it does not exist";
	case EMFILE:
	case ENFILE:
		return "there is no free descriptor";
	default:
		return "the file could not be made";
	}
}

/*
 * A new file with the first free name.  O_EXCL never follows a symbolic link that
 * somebody laid out in a shared folder (open(2)).
 */
static long create(void)
{
	long fd = -ENOENT;

	for (unsigned int n = 0; n < 100000; n++) {
		struct text t = text_into(made.path, sizeof(made.path));
		text_add(&t, config.output);
		text_add(&t, "/");
		identity_add_name(&t);
		text_add(&t, ".");
		text_add_number(&t, (uint64_t)sys(getpid));
		if (n) {
			text_add(&t, ".");
			text_add_number(&t, n);
		}
		text_add(&t, ".trt");
		fd = sys(openat, AT_FDCWD, made.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd != -EEXIST)
			break;
	}
	return fd;
}

const char *file_create(struct file *file)
{
	struct stat status;

	*file = (struct file){ 0 };
	if (!config.output[0])
		return "the output folder has no absolute path";
	long fd = create();
	if (fd == -ENOENT) {
		long failed = sys(mkdirat, AT_FDCWD, config.output, 0700);
		if (failed && failed != -EEXIST)
			return words_for(failed);
		fd = create();
	}
	if (fd < 0)
		return words_for(fd);
	const char *failed = map(fd, file);
	if (!failed && sys(fstat, fd, &status) == 0) {
		made.device = status.st_dev;
		made.inode = status.st_ino;
	}
	sys(close, fd);
	if (failed)
		file_discard(file);
	return failed;
}

void file_discard(const struct file *file)
{
	if (file->base)
		sys(munmap, file->base, file->bytes);
	sys(unlinkat, AT_FDCWD, made.path, 0);
	made.path[0] = '\0';
}

void file_truncate(uint64_t bytes)
{
	struct stat status;
	long fd = sys(openat, AT_FDCWD, made.path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (sys(fstat, fd, &status) == 0 && status.st_dev == made.device &&
	    status.st_ino == made.inode)
		sys(ftruncate, fd, bytes);
	sys(close, fd);
}

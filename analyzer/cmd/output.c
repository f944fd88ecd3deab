/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder that a recording goes to. */
#include "analyzer/cmd/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_trace_name(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcmp(name + length - 4, ".trt") == 0;
}

/*
 * What is in a folder.  OTHER: it is no folder, or holds something that is not a
 * trace.  UNREADABLE: see errno.
 */
enum content { MISSING, EMPTY, RECORDING, OTHER, UNREADABLE };

static enum content content_of(const char *path)
{
	DIR *folder = opendir(path);
	enum content content = EMPTY;
	struct dirent *entry;
	struct stat status;

	if (!folder)
		return errno == ENOENT ? MISSING : errno == ENOTDIR ? OTHER : UNREADABLE;
	while (content != OTHER && (entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		bool trace = is_trace_name(entry->d_name) &&
			     fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			     S_ISREG(status.st_mode);
		content = trace ? RECORDING : OTHER;
	}
	closedir(folder);
	return content;
}

void output_visit(const char *folder, void (*visit)(const char *path, void *user), void *user)
{
	DIR *open_folder = opendir(folder);
	char path[PATH_MAX + 256];
	struct dirent *entry;

	while (open_folder && (entry = readdir(open_folder))) {
		if (!is_trace_name(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		visit(path, user);
	}
	if (open_folder)
		closedir(open_folder);
}

static void remove_file(const char *path, void *user)
{
	unlink(path);
}

/* Renames a recording to NAME.old, in the place of an older one. */
static enum output_result set_aside(struct output *output)
{
	char old[PATH_MAX + 8];

	snprintf(old, sizeof(old), "%s.old", output->path);
	enum content content = content_of(old);
	if (content == OTHER) {
		snprintf(output->taken, sizeof(output->taken), "%s", old);
		return OUTPUT_TAKEN;
	}
	if (content == EMPTY || content == RECORDING) {
		output_visit(old, remove_file, NULL);
		rmdir(old);
	}
	return rename(output->path, old) == 0 ? OUTPUT_READY : OUTPUT_IMPOSSIBLE;
}

/* Absolute, without slashes at the end: the program may change its folder. */
static bool make_absolute(const char *name, char *path, size_t size)
{
	char here[PATH_MAX] = "";

	if (name[0] != '/' && !getcwd(here, sizeof(here)))
		return false;
	int length = snprintf(path, size, "%s%s%s", here, here[0] ? "/" : "", name);
	if (length < 0 || (size_t)length >= size) {
		errno = ENAMETOOLONG;
		return false;
	}
	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	return true;
}

/*
 * Whether nobody else records into the folder.  The lock is the kernel's, and gone with the
 * process that has it; a file system that knows no locks does not keep from recording.
 */
static bool lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return true;
	close(fd);
	return false;
}

static enum output_result make_room(struct output *output)
{
	switch (content_of(output->path)) {
	case OTHER:
		snprintf(output->taken, sizeof(output->taken), "%s", output->path);
		return OUTPUT_TAKEN;
	case UNREADABLE:
		return OUTPUT_IMPOSSIBLE;
	case EMPTY:
		if (!lock(output->path))
			return OUTPUT_BUSY;
		/* Its mode is its owner's business. */
		return access(output->path, W_OK | X_OK) == 0 ? OUTPUT_READY : OUTPUT_IMPOSSIBLE;
	case RECORDING: {
		if (!lock(output->path))
			return OUTPUT_BUSY;
		enum output_result result = set_aside(output);
		if (result != OUTPUT_READY)
			return result;
		break;
	}
	case MISSING:
		break;
	}
	if (mkdir(output->path, 0700) != 0)
		return OUTPUT_IMPOSSIBLE;
	return lock(output->path) ? OUTPUT_READY : OUTPUT_BUSY;
}

enum output_result output_prepare(const char *name, struct output *output)
{
	*output = (struct output){ 0 };
	snprintf(output->name, sizeof(output->name), "%s", name);
	enum output_result result = OUTPUT_IMPOSSIBLE;
	if (make_absolute(name, output->path, sizeof(output->path)))
		result = make_room(output);
	if (result == OUTPUT_IMPOSSIBLE)
		output->error = errno;
	return result;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unpacks what archive_pack() packed. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/archive/archive.h"

bool archive_is_one(const char *path)
{
	static const uint8_t magic[2] = { 0x1f, 0x8b }; /* RFC 1952 */
	uint8_t start[sizeof(magic)];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	ssize_t got = read(fd, start, sizeof(start));
	close(fd);
	return got == (ssize_t)sizeof(start) && memcmp(start, magic, sizeof(magic)) == 0;
}

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), end_length = strlen(end);

	return length > end_length && strcmp(name + length - end_length, end) == 0;
}

/*
 * Where in the folder an entry belongs, by the last part of its name alone: an archive must
 * not write elsewhere.  Returns false for what is not ours.
 */
static bool place_of(struct archive_entry *entry, const char *folder, char *path, size_t size)
{
	const char *name = archive_entry_pathname(entry);
	const char *slash = name ? strrchr(name, '/') : NULL;
	const char *base = slash ? slash + 1 : name;

	if (!name || archive_entry_filetype(entry) != AE_IFREG || base[0] == '.')
		return false;
	if (ends_in(base, ".trt"))
		return (size_t)snprintf(path, size, "%s/%s", folder, base) < size;
	return ends_in(base, ".json") &&
	       (size_t)snprintf(path, size, "%s/symbols/%s", folder, base) < size;
}

static int write_all(int fd, const char *bytes, size_t count)
{
	while (count) {
		ssize_t n = write(fd, bytes, count);
		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			bytes += n;
			count -= (size_t)n;
		}
	}
	return 0;
}

/* Returns 0, an errno, or -1 if the archive has an error of its own. */
static int unpack_entry(struct archive *a, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int error = fd < 0 ? errno : 0;
	char buffer[65536];
	la_ssize_t got = 0;

	while (!error && (got = archive_read_data(a, buffer, sizeof(buffer))) > 0)
		error = write_all(fd, buffer, (size_t)got);
	if (fd >= 0)
		close(fd);
	return error ? error : got < 0 ? -1 : 0;
}

const char *archive_unpack(const char *path, const char *folder)
{
	static char error[512];
	char place[PATH_MAX];
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int result, failed = 0;

	error[0] = '\0';
	snprintf(place, sizeof(place), "%s/symbols", folder);
	mkdir(place, 0700);
	archive_read_support_filter_gzip(a);
	archive_read_support_format_tar(a);
	result = archive_read_open_filename(a, path, 65536);
	while (result == ARCHIVE_OK && !failed &&
	       (result = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		if (place_of(entry, folder, place, sizeof(place)))
			failed = unpack_entry(a, place);
	}
	if (failed > 0)
		snprintf(error, sizeof(error), "cannot unpack: %s", strerror(failed));
	else if (failed || result != ARCHIVE_EOF)
		snprintf(error, sizeof(error), "cannot unpack: %s", archive_error_string(a));
	archive_read_free(a);
	return error[0] ? error : NULL;
}

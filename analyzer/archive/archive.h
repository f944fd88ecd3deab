/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recording in one file: its traces, and the names that its addresses have on this machine.
 * A tar file (POSIX.1-2001 pax), packed by gzip:
 *
 *	NAME/app.4711.trt ...        the traces
 *	NAME/symbols/BUILD-ID.json   the names, as symbols/store.h tells
 */
#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/symbols/symbols.h"

/* What was packed. */
struct archive_counts {
	uint64_t traces, modules, bytes; /* bytes: of the file */
};

/*
 * Packs a recording.  anonymous: without host names, addresses, paths, arguments and payload.
 * Returns NULL, or what went wrong in words (valid until the next call); there is no
 * file then.
 */
const char *archive_pack(const char *path, const struct recording *r, struct symbols *s,
			 bool anonymous, struct archive_counts *counts);

/* Whether a file is one that archive_unpack() may know: packed by gzip. */
bool archive_is_one(const char *path);

/*
 * Unpacks traces and names into a folder that is there.  Returns NULL, or what went wrong in
 * words (valid until the next call).
 */
const char *archive_unpack(const char *path, const char *folder);

#endif

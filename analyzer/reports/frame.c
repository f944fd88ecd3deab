/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame of a stack, told. */
#include "analyzer/reports/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/util/text.h"

#define PLACE_BYTES 512 /* names of files have 255 at most, each may become \xNN */

/* Writes at most PLACE_BYTES. */
const char *frame_place(const struct frame *f, bool utf8, char *buffer)
{
	char raw[PLACE_BYTES];

	*buffer = '\0';
	if (!f->file || !f->line)
		return buffer;
	const char *slash = strrchr(f->file, '/');
	snprintf(raw, sizeof(raw), "%s:%" PRIu32, slash ? slash + 1 : f->file, f->line);
	return text_clean(raw, utf8, buffer, PLACE_BYTES);
}

const char *frame_text(const struct frame *f, bool utf8, char *buffer)
{
	static const char inlined[] = " (inlined)", gap[] = "  ";
	char place[PLACE_BYTES];

	frame_place(f, utf8, place);
	text_clean(f->name, utf8, buffer,
		   FRAME_TEXT_BYTES - sizeof(inlined) - sizeof(gap) - sizeof(place));
	if (f->inlined)
		strcat(buffer, inlined);
	if (*place)
		strcat(strcat(buffer, gap), place);
	return buffer;
}

const char *frame_title(enum frame_grouping grouping)
{
	static const char *const titles[] = {
		[GROUP_FUNCTION] = "FUNCTION",
		[GROUP_LINE] = "LINE",
		[GROUP_MODULE] = "MODULE",
	};

	return titles[grouping];
}

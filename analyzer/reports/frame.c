/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame of a stack, told. */
#include "analyzer/reports/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/util/text.h"

const char *frame_place(const struct frame *f, bool utf8, char *buffer, size_t size)
{
	char raw[FRAME_TEXT_BYTES];

	*buffer = '\0';
	if (!f->file || !f->line)
		return buffer;
	const char *slash = strrchr(f->file, '/');
	snprintf(raw, sizeof(raw), "%s:%" PRIu32, slash ? slash + 1 : f->file, f->line);
	return text_clean(raw, utf8, buffer, size);
}

const char *frame_text(const struct frame *f, bool utf8, char *buffer, size_t size)
{
	char place[FRAME_TEXT_BYTES];

	text_clean(f->name, utf8, buffer, size);
	frame_place(f, utf8, place, sizeof(place));
	size_t used = strlen(buffer);
	snprintf(buffer + used, size - used, "%s%s%s", f->inlined ? " (inlined)" : "",
		 *place ? "  " : "", place);
	return buffer;
}

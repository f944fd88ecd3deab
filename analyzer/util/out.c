/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where text goes: width, colours and characters that its reader can show. */
#include "analyzer/util/out.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

/* Select graphic rendition (ECMA-48, 8.3.117). */
static const char *const renditions[] = {
	[STYLE_PLAIN] = "",
	[STYLE_BOLD] = "\033[1m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_TITLE] = "\033[1;36m",
	[STYLE_HEAD] = "\033[4m",
	[STYLE_HOT] = "\033[1;31m",
	[STYLE_WARM] = "\033[33m",
	[STYLE_GOOD] = "\033[32m",
	[STYLE_BAD] = "\033[1;31m",
	[STYLE_NAME] = "\033[36m",
};

static bool color_wanted(FILE *file, enum color_choice color)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	if (no_color && *no_color)
		return false; /* https://no-color.org */
	return isatty(fileno(file)) && term && strcmp(term, "dumb") != 0;
}

static unsigned columns_of(FILE *file)
{
	struct winsize size;
	const char *text = getenv("COLUMNS");
	uint64_t columns;

	if (text && count_parse(text, OUT_WIDTH_MIN, OUT_WIDTH_MAX, &columns))
		return (unsigned)columns;
	if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col < OUT_WIDTH_MIN ? OUT_WIDTH_MIN : size.ws_col;
	return OUT_WIDTH;
}

struct out out_new(FILE *file, enum color_choice color, unsigned width)
{
	return (struct out){
		.file = file,
		.width = width ? width : columns_of(file),
		.color = color_wanted(file, color),
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
}

void out_begin(const struct out *o, enum style style)
{
	if (o->color && style != STYLE_PLAIN)
		fputs(renditions[style], o->file);
}

void out_end(const struct out *o, enum style style)
{
	if (o->color && style != STYLE_PLAIN)
		fputs("\033[0m", o->file);
}

void out_styled(const struct out *o, enum style style, const char *format, ...)
{
	va_list arguments;

	out_begin(o, style);
	va_start(arguments, format);
	vfprintf(o->file, format, arguments);
	va_end(arguments);
	out_end(o, style);
}

enum style out_heat(double share)
{
	return share >= 0.5 ? STYLE_HOT : share >= 0.1 ? STYLE_WARM : STYLE_PLAIN;
}

void out_bar(const struct out *o, double share, unsigned columns)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };

	if (!(share > 0))
		share = 0;
	if (share > 1)
		share = 1;
	unsigned parts = (unsigned)(share * columns * 8 + 0.5);
	unsigned full = o->utf8 ? parts / 8 : (parts + 4) / 8;
	unsigned part = o->utf8 ? parts % 8 : 0;
	/* What is there is seen. */
	if (share > 0 && !full && !part)
		*(o->utf8 ? &part : &full) = 1;
	enum style style = out_heat(share);
	out_begin(o, style);
	for (unsigned i = 0; i < full; i++)
		fputs(out_pick(o, "█", "#"), o->file);
	fputs(eighths[part], o->file);
	out_end(o, style);
	for (unsigned i = full + (part != 0); i < columns; i++)
		fputc(' ', o->file);
}

void out_title(const struct out *o, const char *title, const char *about)
{
	fputc('\n', o->file);
	out_styled(o, STYLE_TITLE, "%s", title);
	if (about && *about)
		out_styled(o, STYLE_DIM, "%s%s", out_pick(o, " · ", " - "), about);
	fputc('\n', o->file);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a recording lacks: told before any of its numbers. */
#include "analyzer/reports/losses.h"

#include "analyzer/util/units.h"

struct losses losses_of(const struct recording *r)
{
	struct losses l = { 0 };
	size_t count;
	struct process **processes = recording_processes(r, &count);

	for (size_t i = 0; i < count; i++) {
		l.events += processes[i]->lost_events;
		l.overwritten += processes[i]->overwritten_events;
		l.records += processes[i]->lost_records;
		l.stacks += processes[i]->lost_stacks;
		l.chunks += processes[i]->damaged_chunks;
	}
	return l;
}

static void print_loss(const struct out *o, uint64_t count, const char *text)
{
	char number[UNIT_TEXT_BYTES];

	if (!count)
		return;
	out_styled(o, STYLE_BAD, "%s %s %s", out_pick(o, "▲", "!"), count_format(count, number),
		   text);
	fputc('\n', o->file);
}

void losses_print(const struct losses *l, const struct out *o)
{
	print_loss(o, l->overwritten,
		   "calls are missing: older ones were overwritten at the size limit (--max-size)");
	print_loss(o, l->events, "calls are missing: they could not be written");
	print_loss(o, l->chunks, "pieces of trace files (64 KiB each) cannot be read");
	print_loss(o, l->records,
		   "connections, modules or stacks are missing: they could not be written");
	print_loss(o, l->stacks, "calls have no stack: it could not be unwound or kept");
}

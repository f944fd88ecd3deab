/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the header of a trace tells of its process. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/trace/load.h"

static uint32_t blind_spots(uint32_t bits)
{
	return (bits >> TRT_BLIND_IO_URING & 1) << BLIND_IO_URING |
	       (bits >> TRT_BLIND_STREAM & 1) << BLIND_STREAM |
	       (bits >> TRT_BLIND_SANDBOX & 1) << BLIND_SANDBOX;
}

static const char *stacks_off(uint32_t stacks)
{
	switch (stacks) {
	case TRT_STACKS_ON:
		return NULL;
	case TRT_STACKS_OFF_BY_SETTING:
		return "switched off by the settings of the recording";
	case TRT_STACKS_NO_MEMORY:
		return "there was no memory for them in the process";
	default:
		return "for a reason that a newer traceroundtrip knows";
	}
}

/* Bytes at offset as text; shorter where the file ends. */
static char *read_text(struct trace *t, uint64_t offset, uint32_t bytes, size_t *length)
{
	char *text = arena_alloc(&t->arena, (size_t)bytes + 1);

	*length = trace_file_read(&t->file, offset, text, bytes);
	return text;
}

static void describe_command(struct trace *t)
{
	uint32_t bytes = t->header.command_bytes <= TRT_COMMAND_MAX ? t->header.command_bytes : 0;
	size_t length, count = 0;
	char *text = read_text(t, TRT_COMMAND_OFFSET, bytes, &length);
	const char **arguments;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '\0' || i + 1 == length;
	arguments = arena_alloc(&t->arena, (count + 1) * sizeof(*arguments));
	for (size_t i = 0; i < count; i++) {
		arguments[i] = text;
		text += strlen(text) + 1;
	}
	t->process.arguments = arguments;
	t->process.argument_count = count;
}

static void describe_executable(struct trace *t)
{
	uint32_t bytes = t->header.executable_bytes <= TRT_EXECUTABLE_MAX ?
				 t->header.executable_bytes : 0;
	struct process *p = &t->process;
	const char *slash;
	size_t length;

	p->executable = read_text(t, TRT_EXECUTABLE_OFFSET, bytes, &length);
	slash = strrchr(p->executable, '/');
	p->name = slash ? slash + 1 : p->executable;
}

void header_describe(struct trace *t)
{
	const struct trt_header *h = &t->header;
	struct process *p = &t->process;

	p->path = t->file.path;
	p->host_name = h->host_name;
	memcpy(p->boot_id, h->boot_id, sizeof(p->boot_id));
	p->pid = h->pid;
	p->parent_pid = h->parent_pid;
	p->uid = h->uid;
	p->machine = h->machine;
	p->network_namespace = h->network_namespace;
	p->started_ns = trace_time(t, h->process_started_ns);
	p->started_realtime_ns =
		h->created_realtime_ns - (h->created_monotonic_ns - h->process_started_ns);
	p->detail = h->detail;
	p->stack_depth = h->stack_depth;
	p->capture_bytes = h->capture_bytes;
	p->stacks_off = stacks_off(h->stacks);
	p->limit_bytes = h->limit_bytes;
	describe_executable(t);
	describe_command(t);
}

void header_count(struct trace *t)
{
	struct trt_header now = t->header;
	struct process *p = &t->process;

	if (trace_file_read(&t->file, 0, &now, sizeof(now)) == sizeof(now))
		t->header = now;
	t->header.host_name[sizeof(t->header.host_name) - 1] = '\0';
	p->ended_ns = now.ended_monotonic_ns ? trace_time(t, now.ended_monotonic_ns) : UNKNOWN;
	p->lost_events = now.lost_events;
	p->overwritten_events = now.overwritten_events;
	p->lost_records = now.lost_records;
	p->lost_stacks = now.lost_stacks;
	p->blind_spots = blind_spots(now.blind_spots);
	p->running = p->ended_ns == UNKNOWN && trace_running(t);
}

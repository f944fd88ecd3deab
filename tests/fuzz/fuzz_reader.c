/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer harness: reads any bytes as a trace and replays them through the model.
 *
 *	CC=clang meson setup -Dfuzz=true -Db_lundef=false build-fuzz
 *	ninja -C build-fuzz tests/fuzz/fuzz_reader
 *	build-fuzz/tests/fuzz/fuzz_reader -max_len=262144 CORPUS tests/golden/v1
 *
 * The first bytes of most inputs are no header: those get a good one, so that what
 * lies behind it is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/model/peers.h"
#include "preload/trace_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void ignore_line(const char *line)
{
	(void)line;
}

static void touch_trip(void *user, const struct round_trip *t)
{
	*(uint64_t *)user += t->start_ns ^ t->thread->first_ns ^ (uint64_t)t->process->pid;
}

static void touch_process(const struct process *p, uint64_t *sum)
{
	char text[ADDRESS_TEXT_BYTES];
	uint64_t unseen, all;

	for (size_t i = 0; i < p->connection_count; i++) {
		const struct connection *c = &p->connections[i];

		*sum += strlen(address_format(&c->remote, text, sizeof(text)));
		*sum += c->host ? strlen(c->host) : 0;
		*sum += connection_unseen(c, &unseen, &all);
	}
	for (size_t i = 0; i < p->lookup_count; i++)
		*sum += strlen(p->lookups[i].name) + p->lookups[i].address_count;
	for (size_t i = 0; i < p->module_count; i++)
		*sum += strlen(p->modules[i].path) + p->modules[i].build_id_bytes;
	for (size_t i = 0; i < p->note_count; i++)
		*sum += strlen(p->notes[i]);
	for (size_t i = 0; i < p->argument_count; i++)
		*sum += strlen(p->arguments[i]);
	*sum += strlen(p->executable) + strlen(p->host_name);
}

static void touch_event(const struct event *e, uint64_t *sum)
{
	const struct stack *s = process_stack(e->process, e->stack_id);

	for (uint32_t i = 0; s && i < s->depth; i++)
		*sum += process_module(e->process, s->addresses[i], e->start_ns) != NULL;
	for (unsigned int i = 0; i < e->head_bytes; i++)
		*sum += e->head[i];
	for (unsigned int i = 0; i < e->tail_bytes; i++)
		*sum += e->tail[i];
}

static void touch_peer(const struct peers *p, const struct connection *c, uint64_t *sum)
{
	const struct connection *peer = peers_of(p, c);

	if (peer && !peers_of(p, peer))
		abort(); /* joined with one that is not */
	*sum += peers_shift(p, c).sent + (peer ? peer->id : 0);
}

struct hearing {
	struct model *model;
	uint64_t *sum;
};

static void hear_view(void *user, struct connection *c, const struct kernel_view *view)
{
	model_view(((struct hearing *)user)->model, c, view);
}

static void hear_sample(void *user, const struct sample *s)
{
	*((struct hearing *)user)->sum += s->when_ns ^ s->cpu_ns ^ (uint64_t)s->process->pid;
}

static void replay(struct recording *r)
{
	volatile uint64_t sink;
	uint64_t sum = 0, last_ns = 0;
	struct model *m = model_new(touch_trip, &sum);
	struct hearing hearing = { m, &sum };
	struct recording_listener listener = { hear_view, hear_sample, &hearing };
	struct process **processes;
	struct peers *peers;
	struct event e;
	size_t count;

	recording_listen(r, &listener);
	while (recording_next(r, &e)) {
		if (e.moment_ns < last_ns)
			abort();
		last_ns = e.moment_ns;
		touch_event(&e, &sum);
		model_feed(m, &e);
	}
	model_finish(m);
	peers = peers_new(r, m);
	processes = recording_processes(r, &count);
	for (size_t i = 0; i < count; i++) {
		touch_process(processes[i], &sum);
		for (size_t k = 0; k < processes[i]->connection_count; k++)
			touch_peer(peers, &processes[i]->connections[k], &sum);
	}
	peers_free(peers);
	model_free(m);
	sink = sum;
	(void)sink;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct trt_header good = { .magic = TRT_MAGIC, .byte_order = TRT_BYTE_ORDER,
				   .version = TRT_VERSION, .oldest_reader = TRT_OLDEST_READER,
				   .chunk_bytes = TRT_CHUNK_BYTES, .chunks = 2 };
	int fd = memfd_create("trace", MFD_CLOEXEC);
	struct recording *r;
	char path[40];
	const char *paths[] = { path };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, data, bytes) != (ssize_t)bytes)
		abort();
	if (bytes >= sizeof(good) && memcmp(data, TRT_MAGIC, 8) != 0 &&
	    pwrite(fd, &good, sizeof(good), 0) != (ssize_t)sizeof(good))
		abort();
	r = recording_open(paths, 1, ignore_line, NULL);
	if (r)
		replay(r);
	recording_close(r);
	close(fd);
	return 0;
}

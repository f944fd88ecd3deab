/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A heap of cursors with the next event on top.  A thread enters it with the time
 * its first event began, which is known from the index; nothing of it is read before
 * that time has come, so that threads that are not alive at once need no memory at once.
 */
#include "analyzer/trace/merge.h"

#include "analyzer/trace/cursor.h"

/* What the windows of all threads may take together, as far as they can be that small. */
#define WINDOWS_BYTES (32u << 20)
#define WINDOW_BYTES_MIN 4096u

struct place {
	uint64_t key; /* moment of the cursor's next event; before it was read, at most that */
	struct cursor *cursor;
};

struct merge {
	struct cursor *cursors;
	size_t cursor_count;
	struct place *heap;
	size_t heap_count;
	bool taken; /* the event on top was handed out */
};

static bool before(const struct place *a, const struct place *b)
{
	return a->key != b->key ? a->key < b->key : a->cursor < b->cursor;
}

/* Moves the place at i down to where it belongs. */
static void sift_down(struct merge *m, size_t i)
{
	struct place moving = m->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= m->heap_count)
			break;
		if (child + 1 < m->heap_count && before(&m->heap[child + 1], &m->heap[child]))
			child++;
		if (!before(&m->heap[child], &moving))
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = moving;
}

static uint32_t window_bytes(size_t threads)
{
	size_t share = threads ? WINDOWS_BYTES / threads : WINDOWS_BYTES;

	if (share > TRT_CHUNK_BYTES)
		return TRT_CHUNK_BYTES;
	return share < WINDOW_BYTES_MIN ? WINDOW_BYTES_MIN : (uint32_t)share;
}

static void add_threads(struct merge *m, struct trace *t, uint32_t bytes,
			const struct recording_listener *listener)
{
	/* Those without events come last. */
	for (struct run *run = t->runs; run && run->count; run = run->hh.next) {
		struct cursor *c = &m->cursors[m->cursor_count++];

		cursor_start(c, t, run, bytes, listener);
		m->heap[m->heap_count++] = (struct place){ run->thread.first_ns, c };
	}
}

struct merge *merge_new(struct trace *const *traces, size_t count,
			const struct recording_listener *listener)
{
	struct merge *m = xcalloc(1, sizeof(*m));
	size_t threads = 0;

	for (size_t i = 0; i < count; i++)
		threads += traces[i]->process.skipped ? 0 : traces[i]->process.thread_count;
	m->cursors = xcalloc(threads, sizeof(*m->cursors));
	m->heap = xcalloc(threads, sizeof(*m->heap));
	for (size_t i = 0; i < count; i++)
		if (!traces[i]->process.skipped)
			add_threads(m, traces[i], window_bytes(threads), listener);
	for (size_t i = m->heap_count / 2; i-- > 0;)
		sift_down(m, i);
	return m;
}

/* Moves the cursor on top to its next event, or takes it out at its end. */
static void step(struct merge *m)
{
	struct place *top = &m->heap[0];

	if (cursor_next(top->cursor))
		top->key = top->cursor->moment_ns;
	else
		*top = m->heap[--m->heap_count];
	if (m->heap_count)
		sift_down(m, 0);
}

bool merge_next(struct merge *m, struct event *e)
{
	if (m->taken)
		step(m);
	while (m->heap_count && !m->heap[0].cursor->event)
		step(m);
	m->taken = m->heap_count > 0;
	if (m->taken)
		cursor_event(m->heap[0].cursor, e);
	return m->taken;
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->cursor_count; i++)
		cursor_stop(&m->cursors[i]);
	free(m->cursors);
	free(m->heap);
	free(m);
}

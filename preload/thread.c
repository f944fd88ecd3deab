/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of threads. */
#include "preload/thread.h"

#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>

#include "preload/free_list.h"
#include "preload/sys.h"

#define THREADS_MAX 65536u

THREAD_LOCAL struct thread *thread_self;

static struct {
	struct thread *entries; /* reserved; memory comes as they are used */
	uint32_t used;          /* entries ever handed out */
	struct free_list free;  /* numbers are index + 1 */
	pthread_key_t key;
	bool has_key;
} threads;

static uint32_t *free_link(uint32_t number)
{
	return &threads.entries[number - 1].next_free;
}

static void put_free(uint32_t index)
{
	free_list_push(&threads.free, index + 1, free_link(index + 1));
}

/*
 * The thread's last act for us, by the destructor of a thread-specific key.  Calls
 * that it makes later, in destructors of others, make a new entry, and this runs
 * again (pthread_key_create(3): up to four rounds).
 */
static void thread_ended(void *entry)
{
	struct thread *t = entry;

	thread_self = NULL;
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* a handler from here on makes its own entry */
	ring_release(&t->cursor);
	t->waited_ns = 0;
	t->named_ns = 0;
	t->watch = (struct watch){ 0 };
	t->fed = (struct fed){ 0 };
	t->taking = 0;
	t->tid = 0;
	put_free((uint32_t)(t - threads.entries));
}

bool thread_init(void)
{
	threads.entries = sys_memory(THREADS_MAX * sizeof(struct thread));
	/*
	 * glibc keeps the values of the first 32 keys in the thread's descriptor, where
	 * pthread_setspecific() is one store; for later ones it may call calloc(),
	 * which a signal handler must not: with a later one entries are not given back.
	 */
	threads.has_key = pthread_key_create(&threads.key, thread_ended) == 0 && threads.key < 32;
	return threads.entries != NULL;
}

struct thread *thread_make(void)
{
	if (!threads.entries)
		return NULL;
	uint32_t number = free_list_pop(&threads.free, free_link);
	struct thread *t = number ? &threads.entries[number - 1] : NULL;
	if (!t) {
		uint32_t index = __atomic_load_n(&threads.used, __ATOMIC_RELAXED);
		do {
			if (index >= THREADS_MAX)
				return NULL;
		} while (!__atomic_compare_exchange_n(&threads.used, &index, index + 1, true,
						      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
		t = &threads.entries[index];
	}
	t->tid = (int32_t)sys(gettid);
	t->handle = (uintptr_t)pthread_self();
	thread_self = t;
	if (threads.has_key)
		pthread_setspecific(threads.key, t);
	return t;
}

void thread_note_name_now(struct thread *t, uint64_t now_ns)
{
	char name[16] = "";

	bool first = t->named_ns == 0;
	t->named_ns = now_ns;
	if (sys(prctl, PR_GET_NAME, name) != 0 || (!first && memcmp(name, t->name, 16) == 0))
		return;
	memcpy(t->name, name, sizeof(name));
	struct trt_record *record = ring_record(sizeof(struct trt_thread));
	if (!record)
		return;
	struct trt_thread *thread = (struct trt_thread *)record;
	thread->seen_ns = now_ns;
	memcpy(thread->name, name, sizeof(name));
	ring_publish(record, TRT_RECORD_THREAD, 0, (uint32_t)t->tid);
}

bool thread_others_taking(void)
{
	uint32_t used = __atomic_load_n(&threads.used, __ATOMIC_ACQUIRE);
	bool taking = false;

	for (uint32_t i = 0; i < used && !taking; i++)
		taking = &threads.entries[i] != thread_self &&
			 __atomic_load_n(&threads.entries[i].taking, __ATOMIC_ACQUIRE);
	return taking;
}

void thread_forked(void)
{
	struct thread *self = thread_self;

	threads.free.top = 0;
	for (uint32_t i = 0; i < threads.used; i++) {
		struct thread *t = &threads.entries[i];
		t->cursor = (struct ring_cursor){ 0 };
		if (t == self)
			continue;
		t->waited_ns = 0;
		t->named_ns = 0;
		t->taking = 0;
		put_free(i);
	}
	if (self) {
		self->tid = (int32_t)sys(gettid);
		self->waited_ns = 0;
		self->named_ns = 0;
	}
}

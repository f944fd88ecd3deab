/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples the process, on the occasion of its calls: we have no thread of our own. */
#include "preload/sample.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "preload/connections.h"
#include "preload/identity.h"
#include "preload/ring.h"
#include "preload/sys.h"

uint64_t sample_last_ns;

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_usec * 1000;
}

/* The number in field n (proc(5) counts from 1) of /proc/self/stat; 0 if it is not there. */
static uint64_t stat_field(const char *stat, unsigned int n)
{
	/* The second field is the program's name in parentheses, with anything in it. */
	const char *p = strrchr(stat, ')');
	uint64_t value = 0;

	for (unsigned int field = 2; p && field < n; field++)
		p = strchr(p + 1, ' ');
	for (p = p ? p + 1 : ""; *p >= '0' && *p <= '9'; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	return value;
}

void sample_now(struct thread *t, uint64_t now_ns)
{
	uint64_t last = __atomic_load_n(&sample_last_ns, __ATOMIC_RELAXED);
	struct rusage usage;
	char stat[512];

	/* One thread takes it. */
	if (now_ns - last < SAMPLE_NS ||
	    !__atomic_compare_exchange_n(&sample_last_ns, &last, now_ns, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED) ||
	    sys(getrusage, RUSAGE_SELF, &usage) != 0)
		return;
	stat[identity_read_file("/proc/self/stat", stat, sizeof(stat) - 1)] = '\0';
	struct trt_sample *s = ring_event(&t->cursor, sizeof(*s), t->tid, now_ns);
	if (!s)
		return;
	*s = (struct trt_sample){
		.head = { sizeof(*s), TRT_RECORD_SAMPLE, 0, 0 },
		.when_ns = now_ns,
		.user_ns = timeval_ns(usage.ru_utime),
		.system_ns = timeval_ns(usage.ru_stime),
		.resident_bytes = stat_field(stat, 24) * identity_page_bytes(),
		.threads = (uint32_t)stat_field(stat, 20),
		.connections = connections_open(),
	};
	ring_commit_note(&t->cursor, sizeof(*s));
}

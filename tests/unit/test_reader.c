/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reader makes of whole traces: dictionaries, order, merging, clocks, golden files. */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/print.h"
#include "tests/unit/script.h"
#include "tests/unit/tap.h"

static char folder[] = "/tmp/test_reader.XXXXXX";
static char warnings[2000];

static void warn(const char *line)
{
	size_t used = strlen(warnings);

	snprintf(warnings + used, sizeof(warnings) - used, "%s\n", line);
}

/* A file in the test's folder; the text is valid until it was called 8 times more. */
static const char *file(const char *name)
{
	static char paths[8][200];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(*paths), "%s/%s", folder, name);
	return path;
}

static struct recording *open_files(const char *const *paths, size_t count)
{
	warnings[0] = '\0';
	return recording_open(paths, count, warn, NULL);
}

static struct recording *open_file(const char *path)
{
	return open_files(&path, 1);
}

static struct process *only_process(struct recording *r)
{
	size_t count;

	return recording_processes(r, &count)[0];
}

/* Order */

struct expected_order {
	uint64_t events, moment_ns;
	int32_t last_result[64]; /* by thread id modulo 64: calls count up in each thread */
	unsigned int wrong;
};

static void check_order(struct expected_order *o, const struct event *e)
{
	int32_t *last = &o->last_result[e->thread->tid % 64];

	o->wrong += e->moment_ns < o->moment_ns || e->result != *last + 1;
	o->moment_ns = e->moment_ns;
	*last = e->result;
	o->events++;
}

static struct expected_order read_in_order(struct recording *r)
{
	struct expected_order o = { 0 };
	struct event e;

	while (recording_next(r, &e))
		check_order(&o, &e);
	return o;
}

/* 40 threads that write in turn, over many chunks. */
static void test_many_threads(void)
{
	struct trace_writer *w = writer_new(file("threads.trt"), 2000);
	struct expected_order o;
	struct recording *r;
	uint64_t done, all;

	for (int i = 0; i < 200000; i++) {
		struct written_event e = { .tid = i * 7 % 40,
					   .call = i % 2 ? TRT_CALL_recv : TRT_CALL_send,
					   .connection = 1, .start_ns = 2000 + (uint64_t)i * 10,
					   .duration_ns = 5, .result = i / 40 + 1 };

		writer_event(w, &e);
	}
	writer_close(w, 3000000);
	r = open_file(file("threads.trt"));
	is_number(only_process(r)->events, 200000, "40 threads: events");
	is_number(only_process(r)->thread_count, 40, "40 threads: threads");
	o = read_in_order(r);
	is_number(o.events, 200000, "40 threads: events read");
	is_number(o.wrong, 0, "40 threads: in order, each thread's own too");
	recording_progress(r, &done, &all);
	ok(done == all && all == 200000, "progress ends at the end");
	recording_rewind(r);
	o = read_in_order(r);
	ok(o.events == 200000 && !o.wrong, "the same once more");
	is_text(warnings, "", "no warnings");
	recording_close(r);
}

/* Thousands of short threads share chunks; some threads go on in older chunks than they had. */
static void test_hand_over(void)
{
	struct trace_writer *w = writer_new(file("handover.trt"), 200);
	struct expected_order o = { 0 };
	uint64_t now_ns = 2000, events = 0;
	struct recording *r;
	struct event event;
	uint32_t chunks;

	for (int32_t tid = 1; tid <= 5000; tid++) {
		for (int i = 1; i <= 3; i++, now_ns += 10, events++)
			writer_event(w, &(struct written_event){ .tid = tid, .call = TRT_CALL_write,
								 .start_ns = now_ns, .result = i });
		writer_hand_over(w, tid);
	}
	chunks = writer_chunks(w);
	writer_close(w, now_ns);
	r = open_file(file("handover.trt"));
	ok(chunks < 20, "5,000 threads in %u chunks", chunks);
	is_number(only_process(r)->thread_count, 5000, "threads");
	while (recording_next(r, &event)) {
		if (event.result == 1)
			o.last_result[event.thread->tid % 64] = 0;
		check_order(&o, &event);
	}
	ok(o.events == events && !o.wrong, "all of their events in order");
	recording_close(r);

	/* Thread 1 fills a chunk and goes on in the one that thread 2, older, left. */
	w = writer_new(file("older.trt"), 20);
	writer_event(w, &(struct written_event){ .tid = 2, .call = TRT_CALL_write, .start_ns = 1000,
						 .result = 1 });
	writer_hand_over(w, 2);
	now_ns = 2000;
	writer_event(w, &(struct written_event){ .tid = 3, .call = TRT_CALL_write, .start_ns = 1500,
						 .result = 1 });
	for (int i = 1; i <= 2000; i++, now_ns += 10) {
		if (i == 1001)
			writer_hand_over(w, 3);
		writer_event(w, &(struct written_event){ .tid = 1, .call = TRT_CALL_write,
							 .start_ns = now_ns, .result = i });
	}
	writer_close(w, now_ns);
	r = open_file(file("older.trt"));
	o = read_in_order(r);
	ok(o.events == 2002 && !o.wrong, "a thread that goes on in an older chunk");
	recording_close(r);
}

/* Equal moments, and a handler's call that was logged within another one. */
static void test_ties(void)
{
	struct expected_order o;
	struct recording *r;

	script_write("1 send 1 2000-2010 1\n1 recv 1 1990-2000 2\n1 send 1 2000-2000 3\n"
		     "2 send 1 2000-2010 1\n2 recv 1 1990-2000 2\n2 send 1 2000-2000 3\n"
		     "3 recv 1 2100-2110 1\n3 send 1 2050-2120 2\n",
		     file("ties.trt"));
	r = open_file(file("ties.trt"));
	o = read_in_order(r);
	ok(o.events == 8 && !o.wrong, "a thread's own order holds whatever its times are");
	recording_close(r);
}

/* The dictionary */

static void test_dictionary(void)
{
	struct trace_writer *w = writer_new(file("dictionary.trt"), 20);
	struct trt_thread thread = { .head = { .type = TRT_RECORD_THREAD, .id = 1 },
				     .name = "first" };
	struct trt_record strange = { .type = 77 }, unfinished = { .type = TRT_RECORD_PENDING };
	const uint64_t addresses[] = { 0x1100, 0x2200 };
	struct trt_record *hole;
	struct recording *r;
	struct process *p;

	writer_record(w, &thread, sizeof(thread), NULL, 0);
	writer_record(w, &unfinished, sizeof(unfinished), "half a record, not to be read", 29);
	hole = writer_record(w, &strange, sizeof(strange), "reserved, not written", 21);
	memset(hole, 0, hole->bytes);
	writer_stack(w, 262144, addresses, 2);
	writer_stack(w, 5, addresses, 1);
	writer_stack(w, 5, addresses, 2);
	writer_record(w, &strange, sizeof(strange), "from the future", 15);
	snprintf(thread.name, sizeof(thread.name), "second");
	writer_record(w, &thread, sizeof(thread), NULL, 0);
	writer_module(w, "/lib/late.so", 0x1000, 0x2000, 5000);
	writer_module(w, "/lib/early.so", 0x1000, 0x3000, 1000);
	for (unsigned int i = 0; i < 3000; i++)
		writer_stack(w, 1000 + i, addresses, 2);
	writer_close(w, 9000);

	r = open_file(file("dictionary.trt"));
	p = only_process(r);
	is_text(warnings, "", "holes, unfinished and unknown records are no damage");
	is_text(p->threads[0]->name, "second", "a thread's last name");
	is_number(p->thread_count, 1, "a thread without events is one");
	is_number(p->stack_count, 3002, "stacks, each once, over several chunks");
	ok(process_stack(p, 262144) && process_stack(p, 262144)->addresses[1] == 0x2200, "a stack");
	is_number(process_stack(p, 5)->depth, 1, "of a stack written twice the first");
	ok(!process_stack(p, 0) && !process_stack(p, 6), "no stack has these ids");
	is_text(process_module(p, 0x1100, 4999)->path, "/lib/early.so", "the module before");
	is_text(process_module(p, 0x1100, 5000)->path, "/lib/late.so", "the module after");
	is_text(process_module(p, 0x2100, 9000)->path, "/lib/early.so", "one that is still there");
	is_text(process_module(p, 0x2100, 500)->path, "/lib/early.so", "one that was noticed late");
	ok(!process_module(p, 0x3000, 9000), "no module there");
	is_number(p->modules[0].build_id_bytes, 4, "build id");
	recording_close(r);
}

/* Connections whose records were lost, with ids that no memory would have room for. */
static void test_placeholders(void)
{
	struct trace_writer *w = writer_new(file("placeholders.trt"), 20);
	struct trt_connection c = { .head = { .type = TRT_RECORD_CONNECTION,
					      .detail = TRT_ORIGIN_SOCKET, .id = 7 },
				    .fd = 3, .family = AF_INET, .socket_type = SOCK_DGRAM };
	struct trt_closed closed = { .head = { .type = TRT_RECORD_CLOSED, .id = 300 },
				     .closed_ns = 3000, .sent = 10, .received = 20 };
	const uint32_t ids[] = { 4000000000, 7, 1, 255, 256 };
	struct recording *r;
	struct process *p;
	struct event e;

	writer_record(w, &c, sizeof(c), NULL, 0);
	writer_record(w, &closed, sizeof(closed), NULL, 0);
	for (size_t i = 0; i < 5; i++)
		writer_event(w, &(struct written_event){ .tid = 1, .call = TRT_CALL_send,
							 .connection = ids[i],
							 .start_ns = 2000 + i });
	writer_close(w, 9000);
	r = open_file(file("placeholders.trt"));
	p = only_process(r);
	is_number(p->connection_count, 6, "connections: recorded ones and those met");
	for (size_t i = 0; i < 5; i++) {
		recording_next(r, &e);
		is_number(e.connection->id, ids[i], "an event's connection");
	}
	ok(p->connections[1].transport == TRANSPORT_UDP && p->connections[1].datagram,
	   "a recorded one");
	ok(p->connections[5].transport == TRANSPORT_OTHER && p->connections[5].fd == -1 &&
	   p->connections[5].created_ns == UNKNOWN &&
	   p->connections[5].connect_started_ns == UNKNOWN,
	   "of one that is not nothing is known");
	is_number(p->connections[4].closed_received, 20, "a close without its connection");
	recording_close(r);
}

static void test_names(void)
{
	is_text(call_name(2), "send", "a call's name");
	is_text(call_name(12), "__recv_chk", "a fortified one's");
	is_text(call_name(250), "call 250", "one that is not known");
	is_text(call_name(0), "call 0", "none");
}

static void is_address(const void *bytes, size_t length, const char *wanted)
{
	struct address a = { bytes, (uint16_t)length };
	char text[ADDRESS_TEXT_BYTES], what[ADDRESS_TEXT_BYTES + 20];

	snprintf(what, sizeof(what), "address %s", wanted);
	is_text(address_format(&a, text, sizeof(text)), wanted, what);
}

static void test_addresses(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80),
				  .sin_addr = { htonl(0x7f000001) } };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(443),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/run/x.sock" };
	const size_t path = offsetof(struct sockaddr_un, sun_path);
	struct address address = { (const uint8_t *)&un, sizeof(un) };
	uint16_t netlink = AF_NETLINK;
	char text[8];

	is_address(&in, sizeof(in), "127.0.0.1:80");
	is_address(&in6, sizeof(in6), "[::1]:443");
	is_address(&un, sizeof(un), "/run/x.sock");
	is_address(&un, path, "unix");
	is_address(&in, 0, "?");
	is_address(&in, 7, "?");
	is_address(&netlink, sizeof(netlink), "family 16");
	memcpy(un.sun_path, "\0name\0x", 7);
	is_address(&un, path + 7, "@name\\x00x");
	memcpy(un.sun_path, "/\x1b[31m\xc3\xa9\xff\xe2\x82", 11);
	is_address(&un, path + 11, "/\\x1b[31m\xc3\xa9\\xff\\xe2\\x82");
	memset(un.sun_path, 'p', sizeof(un.sun_path));
	is_text(address_format(&address, text, sizeof(text)), "ppppppp", "an address cut to fit");
	memcpy(un.sun_path, "abcd\x01", 5);
	is_text(address_format(&address, text, sizeof(text)), "abcd", "never within an escape");
}

/* Several files */

static void test_same_file_twice(void)
{
	const char *paths[] = { file("a.trt"), file("link.trt"), folder };
	struct recording *r;
	size_t count;

	script_write("1 send 1 2000-2010 5\nend 3000\n", paths[0]);
	if (link(paths[0], paths[1]) != 0)
		exit(1);
	r = open_files(paths, 2);
	recording_processes(r, &count);
	is_number(count, 1, "two names of one file");
	recording_close(r);
	unlink(paths[1]);
}

/* A process that executed another program, and one whose id was used again. */
static void test_same_pid(void)
{
	const char *paths[] = { file("second.trt"), file("first.trt") };
	struct process **processes;
	struct recording *r;
	struct event e;
	size_t count;

	script_write("process 7 one 1\n1 send 1 2000-2010 5\nend 3000\n", paths[1]);
	script_write("process 7 two 1\n1 send 1 4000-4010 5\nend 5000\n", paths[0]);
	r = open_files(paths, 2);
	processes = recording_processes(r, &count);
	ok(count == 2, "two traces with one process id");
	recording_next(r, &e);
	is_text(e.process->name, "one", "the first event is the first process's");
	recording_rewind(r);
	recording_skip_process(r, processes[0]);
	ok(recording_next(r, &e) && e.process == processes[1] && !recording_next(r, &e),
	   "a process that is skipped");
	is_number(recording_started_ns(r), 1000, "start of the recording");
	is_number(recording_ended_ns(r), 5000, "its end");
	recording_close(r);
}

static void write_on_machine(const char *path, const char *boot_id, uint64_t monotonic_ns,
			     uint64_t realtime_ns)
{
	struct trace_writer *w = writer_new(path, 10);
	struct trt_header *h = writer_header(w);

	memset(h->boot_id, 0, sizeof(h->boot_id));
	memcpy(h->boot_id, boot_id, strlen(boot_id));
	h->created_monotonic_ns = h->process_started_ns = monotonic_ns;
	h->created_realtime_ns = realtime_ns;
	writer_event(w, &(struct written_event){ .tid = 1, .call = TRT_CALL_recv,
						 .start_ns = monotonic_ns + 10, .duration_ns = 5,
						 .ready_ns = monotonic_ns + 7 });
	writer_close(w, monotonic_ns + 1000);
}

/* The second machine was started 5000 ns before the first one. */
static void test_clocks(void)
{
	const char *paths[] = { file("m1.trt"), file("m2.trt"), file("m3.trt") };
	const uint64_t wanted[] = { 1005015, 1005315, 1006015 };
	struct recording *r;
	struct event e;

	write_on_machine(paths[0], "machine 1", 1000000, 1700000000000000000);
	write_on_machine(paths[1], "machine 2", 1005300, 1700000000000000300);
	/* Its CLOCK_REALTIME was set in between: CLOCK_MONOTONIC counts. */
	write_on_machine(paths[2], "machine 1", 1001000, 1800000000000000000);
	r = open_files(paths, 3);
	for (int i = 0; i < 3; i++) {
		recording_next(r, &e);
		is_number(e.moment_ns, wanted[i], "an event on one axis with another machine's");
		is_number(e.ready_ns, wanted[i] - 8, "  and its other times");
	}
	recording_close(r);
}

/* More files than descriptors. */
static void test_many_files(void)
{
	struct rlimit old, few = { 40, 40 };
	const char *paths[100];
	char names[100][100];
	struct expected_order o = { 0 };
	struct recording *r;
	struct event e;

	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	for (unsigned int i = 0; i < 100; i++) {
		char script[100];

		snprintf(names[i], sizeof(names[i]), "%s/many%u.trt", folder, i);
		snprintf(script, sizeof(script), "1 send 1 %u-%u 1\nend 9000\n", 3000 - i * 10,
			 3005 - i * 10);
		script_write(script, names[i]);
		paths[i] = names[i];
	}
	setrlimit(RLIMIT_NOFILE, &few);
	r = open_files(paths, 100);
	is_text(warnings, "", "100 files with 40 descriptors");
	for (; recording_next(r, &e); o.events++) {
		o.wrong += e.moment_ns < o.moment_ns;
		o.moment_ns = e.moment_ns;
	}
	ok(o.events == 100 && !o.wrong, "all of their events, in order");
	recording_close(r);
	setrlimit(RLIMIT_NOFILE, &old);
	for (unsigned int i = 0; i < 100; i++)
		unlink(names[i]);
}

/* A process that still runs */

static void write_sends(struct trace_writer *w, uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		writer_event(w, &(struct written_event){ .tid = 1, .call = TRT_CALL_send,
							 .start_ns = 2000 + i * 10,
							 .result = (int32_t)i });
}

static void test_running(void)
{
	struct trace_writer *w = writer_new(file("running.trt"), 10);
	uint64_t count = 0, wrong = 0, last = 0;
	struct recording *r;
	struct event e;

	writer_header(w)->pid = getpid();
	write_sends(w, 1, 10000);
	r = open_file(file("running.trt"));
	ok(only_process(r)->running, "a process that maps its file is running");
	ok(only_process(r)->ended_ns == UNKNOWN, "its end is unknown");
	is_number(only_process(r)->events, 10000, "what it wrote until now");
	/* Its ring has 9 chunks of 1,363 events: more than half of them are written over. */
	write_sends(w, 10001, 8000);
	while (recording_next(r, &e)) {
		wrong += (uint64_t)e.result <= last || e.result > 10000 ||
			 e.start_ns != 2000 + (uint64_t)e.result * 10;
		last = (uint64_t)e.result;
		count++;
	}
	is_number(wrong, 0, "nothing of what was written over its events is read");
	ok(count > 0 && count < 10000, "%u events were left", (unsigned int)count);
	is_number(only_process(r)->overwritten_events, 10000 - count, "the others are counted");
	is_number(only_process(r)->events, count, "and not among those in the file");
	recording_close(r);
	writer_kill(w);
	r = open_file(file("running.trt"));
	ok(!only_process(r)->running, "one that was killed is not");
	is_number(only_process(r)->overwritten_events + only_process(r)->events, 18000,
		  "overwritten and readable events are all there were");
	recording_close(r);
}

/* Optional fields, those of a newer library too. */
static void test_fields(void)
{
	struct trace_writer *w = writer_new(file("fields.trt"), 10);
	struct written_event written = {
		.tid = 1, .call = 250, .connection = 3, .start_ns = 2000, .duration_ns = 1ull << 33,
		.result = 100, .offset = 50, .stack = 9, .fd = 4, .flags = TRT_EVENT_PEEK,
		.first_try_ns = 1900, .tries = 3, .waited_ns = 70, .ready_ns = 1950,
		.head = "head", .head_bytes = 4, .tail = "tail!", .tail_bytes = 5,
	};
	struct trt_event *later;
	struct recording *r;
	struct event e;

	writer_event(w, &written);
	written.result = 8; /* less than head and tail: one of them is wrong */
	writer_event(w, &written);
	written = (struct written_event){ .tid = 1, .call = TRT_CALL_recv, .start_ns = 3000,
					  .first_try_ns = 1, .result = 5, .head = "later",
					  .head_bytes = 5 };
	later = writer_event(w, &written);
	later->fields = 1u << 9 | 1u << TRT_FIELD_PAYLOAD; /* instead of FIRST_TRY */
	writer_close(w, 9000);
	r = open_file(file("fields.trt"));
	recording_next(r, &e);
	ok(e.duration_ns == 1ull << 33 && e.tries == 3 && e.first_try_ns == 1900 &&
	   e.waited_ns == 70 && e.ready_ns == 1950 && e.peek && e.stack_id == 9 && e.fd == 4 &&
	   e.offset == 50 && e.result == 100, "all fields of an event");
	ok(e.head_bytes == 4 && memcmp(e.head, "head", 4) == 0 && e.tail_bytes == 5 &&
	   memcmp(e.tail, "tail!", 5) == 0, "its payload");
	ok(e.class == CALL_CLASS_DESCRIPTOR && event_bytes(&e) == 0,
	   "an unknown call moves no bytes");
	recording_next(r, &e);
	ok(e.result == 8 && !e.head_bytes && !e.tail_bytes, "payload that cannot be is left out");
	recording_next(r, &e);
	ok(e.first_try_ns == UNKNOWN && e.head_bytes == 5 && memcmp(e.head, "later", 5) == 0,
	   "a field of a newer library is stepped over");
	recording_close(r);
}

/* The recording of a golden trace must read as the text beside it says, for ever. */
static void test_golden(const char *name)
{
	char path[1000], *text = NULL, wanted[20000] = "";
	struct recording *r;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size), *in;

	snprintf(path, sizeof(path), "%s/v1/%s.txt", getenv("GOLDEN") ?: "tests/golden", name);
	in = fopen(path, "r");
	if (in) {
		wanted[fread(wanted, 1, sizeof(wanted) - 1, in)] = '\0';
		fclose(in);
	}
	memcpy(strrchr(path, '.'), ".trt", 4);
	r = open_file(path);
	if (r)
		print_recording(r, out);
	fclose(out);
	is_text(text, wanted, path);
	is_text(warnings, "", "  without warnings");
	recording_close(r);
	free(text);
}

static void remove_files(void)
{
	static const char *const names[] = {
		"threads", "handover", "older", "ties", "dictionary", "placeholders", "a",
		"first", "second", "m1", "m2", "m3", "running", "fields",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char name[40];

		snprintf(name, sizeof(name), "%s.trt", names[i]);
		unlink(file(name));
	}
	rmdir(folder);
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	test_many_threads();
	test_hand_over();
	test_ties();
	test_dictionary();
	test_placeholders();
	test_names();
	test_addresses();
	test_same_file_twice();
	test_same_pid();
	test_clocks();
	test_many_files();
	test_running();
	test_fields();
	test_golden("client");
	test_golden("server");
	test_golden("killed");
	test_golden("views");
	test_golden("joining");
	test_golden("tls");
	remove_files();
	return done_testing();
}

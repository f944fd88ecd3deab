/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that cannot be read, or only in part: one clear line each, and nothing good is lost. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/model/peers.h"
#include "tests/unit/script.h"
#include "tests/unit/tap.h"

static char folder[] = "/dev/shm/test_damage.XXXXXX"; /* memory: files are cut 200,000 times */
static char path[100];
static char warnings[4000];
static unsigned int warning_count;

static void warn(const char *line)
{
	size_t used = strlen(warnings);

	warning_count++;
	snprintf(warnings + used, sizeof(warnings) - used, "%s\n", line);
}

static struct recording *open_path(const char *name, size_t *failed)
{
	warnings[0] = '\0';
	warning_count = 0;
	return recording_open(&name, 1, warn, failed);
}

/* What was read of a recording; wrong: what no whole record of its holds. */
struct read_result {
	uint64_t events, trips, wrong;
};

static void count_trip(void *user, const struct round_trip *t)
{
	struct read_result *result = user;

	result->trips++;
	result->wrong += t->latency_ns != UNKNOWN && t->latency_ns > t->end_ns;
}

static void hear_view(void *user, struct connection *c, const struct kernel_view *view)
{
	model_view(user, c, view);
}

static void hear_sample(void *user, const struct sample *s)
{
	(void)user;
	(void)s;
}

/* Reads all that there is, touching every byte of it. */
static struct read_result read_all(struct recording *r)
{
	struct read_result result = { 0 };
	struct model *m = model_new(count_trip, &result);
	struct recording_listener listener = { hear_view, hear_sample, m };
	char text[ADDRESS_TEXT_BYTES];
	struct process **processes;
	struct peers *peers;
	uint64_t unseen, all, last = 0;
	struct event e;
	size_t count;

	recording_listen(r, &listener);
	for (; recording_next(r, &e); result.events++) {
		const struct stack *s = process_stack(e.process, e.stack_id);

		for (uint32_t i = 0; s && i < s->depth; i++)
			process_module(e.process, s->addresses[i], e.start_ns);
		for (unsigned int i = 0; i < e.head_bytes; i++)
			last ^= e.head[i];
		model_feed(m, &e);
	}
	model_finish(m);
	peers = peers_new(r, m);
	processes = recording_processes(r, &count);
	for (size_t i = 0; i < count; i++) {
		const struct process *p = processes[i];

		for (size_t k = 0; k < p->connection_count; k++) {
			const struct connection *c = &p->connections[k];

			last ^= strlen(address_format(&c->remote, text, sizeof(text)));
			last ^= c->host ? strlen(c->host) : 0;
			last ^= connection_unseen(c, &unseen, &all);
			last ^= peers_of(peers, c) != NULL;
			last ^= peers_shift(peers, c).sent;
		}
		for (size_t k = 0; k < p->lookup_count; k++)
			last ^= strlen(p->lookups[k].name);
		for (size_t k = 0; k < p->module_count; k++)
			last ^= strlen(p->modules[k].path);
		for (size_t k = 0; k < p->argument_count; k++)
			last ^= strlen(p->arguments[k]);
	}
	peers_free(peers);
	model_free(m);
	return last == 12345 ? (struct read_result){ 0 } : result;
}

/* Files that are no traces */

static void is_refused(const char *name, const char *reason)
{
	char wanted[400];
	size_t failed;
	struct recording *r = open_path(name, &failed);

	snprintf(wanted, sizeof(wanted), "%s: %s\n", name, reason);
	is_text(warnings, wanted, reason);
	ok(!r && failed == 1, "  nothing is opened");
	recording_close(r);
}

static void write_file(const void *bytes, size_t count)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes, 1, count, f) != count || fclose(f) != 0)
		exit(1);
}

static void test_no_traces(void)
{
	char zeroes[10000] = "", folder_trt[120];
	const char text[] = "This is a letter, not a trace.\n";

	is_refused("/no/such/file", strerror(ENOENT));
	is_refused(folder, "there is no trace (*.trt) in this folder");
	write_file("", 0);
	is_refused(path, "is empty: its process ended before it wrote anything");
	write_file(zeroes, sizeof(zeroes));
	is_refused(path, "holds only zeroes: its process ended before it wrote anything");
	write_file(text, sizeof(text));
	is_refused(path, "is not a trace of traceroundtrip");
	write_file(TRT_MAGIC, 8);
	is_refused(path, "is cut short within its first 4096 bytes: nothing can be read from it");
	unlink(path);
	mkfifo(path, 0600);
	is_refused(path, "is not a regular file");
	unlink(path);
	snprintf(folder_trt, sizeof(folder_trt), "%s/sub.trt", folder);
	mkdir(folder_trt, 0700);
	is_refused(folder_trt, "there is no trace (*.trt) in this folder");
	ok(!open_path(folder, NULL) && strstr(warnings, "sub.trt: is a folder, not a trace file"),
	   "a folder with a trace's name in a folder");
	rmdir(folder_trt);
}

/* root may read everything: another user tries. */
static void test_no_permission(void)
{
	script_write("1 send 1 2000-2010 5\nend 3000\n", path);
	chmod(path, 0);
	if (geteuid() == 0 && (chmod(folder, 0711) != 0 || seteuid(65534) != 0)) {
		ok(true, "no permission # SKIP cannot become another user");
		return;
	}
	is_refused(path, strerror(EACCES));
	if (getuid() == 0 && seteuid(0) != 0)
		exit(1);
}

static void test_no_default(void)
{
	char here[1000];

	if (!getcwd(here, sizeof(here)) || chdir(folder) != 0)
		exit(1);
	warnings[0] = '\0';
	ok(!recording_open(NULL, 0, warn, NULL), "no default recording");
	is_text(warnings, "there is no traceroundtrip.data here: record a program first, or name a "
			  "trace\n", "  is said");
	if (chdir(here) != 0)
		exit(1);
}

/* Headers */

static void write_header(void (*change)(struct trt_header *h))
{
	struct trace_writer *w = writer_new(path, 4);

	writer_event(w, &(struct written_event){ .tid = 1, .call = TRT_CALL_send,
						 .start_ns = 2000 });
	change(writer_header(w));
	writer_close(w, 3000);
}

static void turn_bytes(struct trt_header *h)
{
	h->byte_order = __builtin_bswap32(h->byte_order);
}

static void from_future(struct trt_header *h)
{
	h->version = 9;
	h->oldest_reader = 8;
}

static void from_near_future(struct trt_header *h)
{
	h->version = 9;
}

static void no_version(struct trt_header *h)
{
	h->version = 0;
}

static void odd_chunks(struct trt_header *h)
{
	h->chunk_bytes = 3;
}

static void late_start(struct trt_header *h)
{
	h->process_started_ns = UINT64_MAX;
}

static void long_texts(struct trt_header *h)
{
	h->executable_bytes = UINT32_MAX;
	h->command_bytes = TRT_COMMAND_MAX + 1;
	memset(h->host_name, 'h', sizeof(h->host_name));
}

static void test_headers(void)
{
	const char *damaged = "has a damaged header: nothing can be read from it";
	struct recording *r;
	size_t count;

	write_header(turn_bytes);
	is_refused(path, "was written on a machine with the other byte order: read it there");
	write_header(from_future);
	is_refused(path, "needs a newer traceroundtrip: its format is 9, this one reads up to 1");
	write_header(no_version);
	is_refused(path, damaged);
	write_header(odd_chunks);
	is_refused(path, damaged);
	write_header(late_start);
	is_refused(path, damaged);
	write_header(from_near_future);
	r = open_path(path, NULL);
	ok(r && read_all(r).events == 1, "a newer version that this one can read");
	recording_close(r);
	write_header(long_texts);
	r = open_path(path, NULL);
	ok(r && recording_processes(r, &count)[0]->argument_count == 0 &&
	   !*recording_processes(r, &count)[0]->executable &&
	   strlen(recording_processes(r, &count)[0]->host_name) == 255,
	   "texts that are longer than they can be are unknown or cut");
	recording_close(r);
}

/* One good file among bad ones */

static void test_good_among_bad(void)
{
	char good[120];
	struct recording *r;
	size_t failed, count;

	write_file("bad", 3);
	snprintf(good, sizeof(good), "%s/good.trt", folder);
	script_write("1 send 1 2000-2010 5\nend 3000\n", good);
	r = open_path(folder, &failed);
	ok(r && failed == 1 && warning_count == 1, "a bad file among good ones is named");
	recording_processes(r, &count);
	is_number(count, 1, "  and the good one is read");
	recording_close(r);
	unlink(good);
}

/* Chunks */

static const struct trt_event *event_in(const uint8_t *file, uint64_t *at, uint64_t end)
{
	while (*at < end) {
		const struct trt_record *r = (const void *)(file + *at);

		*at += r->bytes;
		if (r->type == TRT_RECORD_EVENT)
			return (const void *)r;
	}
	return NULL;
}

/* How many events end before each offset of a file; free() it. */
static uint32_t *events_before(const uint8_t *file, size_t bytes)
{
	uint32_t *before = calloc(bytes + 1, sizeof(*before));

	for (uint64_t chunk = TRT_CHUNK_BYTES; chunk < bytes; chunk += TRT_CHUNK_BYTES) {
		const struct trt_chunk *head = (const void *)(file + chunk);
		uint64_t at = chunk + sizeof(*head);

		while (head->kind == TRT_CHUNK_EVENTS &&
		       event_in(file, &at, chunk + head->committed))
			before[at]++;
	}
	for (size_t i = 1; i <= bytes; i++)
		before[i] += before[i - 1];
	return before;
}

/* Cuts a byte off the end, again and again, until the file is empty. */
static void test_truncation(const char *name)
{
	char golden[1000];
	uint8_t *file = malloc(1 << 20);
	uint64_t wrong_counts = 0, wrong_warnings = 0, refused = 0;
	uint32_t *before;
	size_t bytes;
	FILE *in;

	snprintf(golden, sizeof(golden), "%s/v1/%s.trt", getenv("GOLDEN") ?: "tests/golden", name);
	in = fopen(golden, "r");
	if (!in || !file)
		exit(1);
	bytes = fread(file, 1, 1 << 20, in);
	fclose(in);
	before = events_before(file, bytes);
	write_file(file, bytes);
	while (bytes && !file[bytes - 1]) /* nothing was written there */
		bytes--;
	for (size_t left = bytes; left-- > 0;) {
		struct recording *r;
		size_t failed;

		if (truncate(path, (off_t)left) != 0)
			exit(1);
		r = open_path(path, &failed);
		wrong_warnings += warning_count != 1 || failed != !r;
		wrong_counts += r && read_all(r).events != before[left];
		refused += !r;
		recording_close(r);
	}
	is_number(wrong_counts, 0, "cut at every byte: the events before it are read, no other");
	is_number(wrong_warnings, 0, "  with one line each");
	is_number(refused, sizeof(struct trt_header), "  and only without a header nothing");
	free(before);
	free(file);
}

/* xorshift64* (Vigna): the same damage in every run. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

/* Random bytes, most of them where something is. */
static void damage(uint8_t *file, size_t bytes, uint64_t *random)
{
	static const uint32_t interesting[] = { 512, 2048, 512, 1024 };
	unsigned int changes = 1 + next_random(random) % 20;

	for (unsigned int i = 0; i < changes; i++) {
		size_t chunk = next_random(random) % (bytes / TRT_CHUNK_BYTES);
		size_t at = chunk * TRT_CHUNK_BYTES + next_random(random) % interesting[chunk % 4];

		file[at] = next_random(random) % 3 ? (uint8_t)next_random(random) : 0xff;
	}
}

static void test_random_damage(const char *name, uint64_t seed, unsigned int rounds)
{
	char golden[1000];
	uint8_t *file = malloc(1 << 20), *damaged = malloc(1 << 20);
	uint64_t wrong = 0, read = 0;
	size_t bytes;
	FILE *in;

	snprintf(golden, sizeof(golden), "%s/v1/%s.trt", getenv("GOLDEN") ?: "tests/golden", name);
	in = fopen(golden, "r");
	if (!in || !file || !damaged)
		exit(1);
	bytes = fread(file, 1, 1 << 20, in);
	fclose(in);
	for (unsigned int i = 0; i < rounds; i++) {
		struct recording *r;

		memcpy(damaged, file, bytes);
		damage(damaged, bytes, &seed);
		write_file(damaged, bytes);
		r = open_path(path, NULL);
		if (r) {
			struct read_result result = read_all(r);

			wrong += result.wrong + (result.events > 40);
			read += result.events;
		}
		wrong += warning_count > 1;
		recording_close(r);
	}
	is_number(wrong, 0, "random damage: never more than there was, never two lines");
	ok(read > rounds, "  and much is still read: %u events", (unsigned int)read);
	free(file);
	free(damaged);
}

/* 9 events of thread 1 and, in the same chunk, 9 of thread 2. */
static struct trt_chunk *write_two_segments(struct trace_writer **w)
{
	*w = writer_new(path, 4);
	for (unsigned int i = 0; i < 18; i++) {
		if (i == 9)
			writer_hand_over(*w, 1);
		writer_event(*w, &(struct written_event){ .tid = 1 + (i >= 9),
							  .call = TRT_CALL_send,
							  .start_ns = 2000 + i });
	}
	return writer_chunk(*w, 1);
}

static void is_read(struct trace_writer *w, uint64_t events, uint64_t damaged, const char *what)
{
	struct recording *r;
	struct process *p;
	size_t count;

	writer_close(w, 3000);
	r = open_path(path, NULL);
	p = recording_processes(r, &count)[0];
	is_number(read_all(r).events, events, what);
	is_number(p->events, events, "  counted");
	is_number(p->damaged_chunks, damaged, "  damaged chunks");
	is_number(warning_count, damaged != 0, "  lines");
	recording_close(r);
}

static struct trt_event *nth_event(struct trt_chunk *chunk, unsigned int n)
{
	size_t segments = n < 9 ? 1 : 2;

	return (void *)((uint8_t *)(chunk + 1) + segments * sizeof(struct trt_segment) +
			n * sizeof(struct trt_event));
}

static void test_damaged_chunks(void)
{
	struct trace_writer *w;
	struct trt_chunk *chunk = write_two_segments(&w);

	is_read(w, 18, 0, "two threads in one chunk");
	chunk = write_two_segments(&w);
	nth_event(chunk, 3)->head.bytes = 7;
	is_read(w, 12, 1, "an event's length: its segment ends, the next thread's is found");
	chunk = write_two_segments(&w);
	nth_event(chunk, 3)->start_ns = UINT64_MAX;
	is_read(w, 17, 1, "an event's time: it is left out");
	chunk = write_two_segments(&w);
	nth_event(chunk, 3)->fields = 1u << TRT_FIELD_DURATION;
	is_read(w, 17, 1, "a field that it has no room for");
	chunk = write_two_segments(&w);
	nth_event(chunk, 3)->fields = 1u << TRT_FIELD_PAYLOAD;
	is_read(w, 17, 1, "payload that it has no room for");
	chunk = write_two_segments(&w);
	((struct trt_record *)(chunk + 1))->type = 200;
	is_read(w, 9, 1, "the first segment");
	chunk = write_two_segments(&w);
	nth_event(chunk, 3)->head.bytes = 7;
	chunk->last_segment = 65000;
	is_read(w, 3, 1, "the links between segments too");
	chunk = write_two_segments(&w);
	chunk->committed = 70000;
	is_read(w, 0, 1, "a chunk's size");
	chunk = write_two_segments(&w);
	chunk->kind = 3;
	is_read(w, 0, 1, "a chunk's kind");
	chunk = write_two_segments(&w);
	chunk->sequence = 0;
	is_read(w, 0, 0, "a chunk that was about to be recycled is none");
	chunk = write_two_segments(&w);
	nth_event(chunk, 3)->head.type = 99;
	is_read(w, 17, 0, "a record of a newer library is no damage");
}

/* A file that another program shortens between two events. */
static void test_shrinking(void)
{
	struct trace_writer *w = writer_new(path, 20);
	uint64_t events = 0;
	struct recording *r;
	struct event e;
	size_t count;

	for (uint64_t i = 0; i < 5000; i++)
		writer_event(w, &(struct written_event){ .tid = 1, .call = TRT_CALL_send,
							 .start_ns = 2000 + i });
	writer_close(w, 9000);
	r = open_path(path, NULL);
	for (; recording_next(r, &e); events++)
		if (events == 100 && truncate(path, 2 * TRT_CHUNK_BYTES + 100) != 0)
			exit(1);
	ok(events >= 1000 && events < 2000, "a file that shrinks ends early: %u events",
	   (unsigned int)events);
	is_number(recording_processes(r, &count)[0]->overwritten_events, 5000 - events,
		  "  and the others are counted");
	recording_close(r);
}

int main(void)
{
	if (access("/dev/shm", W_OK) != 0)
		memcpy(folder, "/tmp/////", strlen("/dev/shm/"));
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/trace.trt", folder);
	test_no_traces();
	test_no_permission();
	test_no_default();
	test_headers();
	test_good_among_bad();
	test_damaged_chunks();
	test_shrinking();
	test_random_damage("client", 1, 1500);
	test_random_damage("server", 2, 1500);
	test_random_damage("views", 3, 1500);
	test_random_damage("tls", 4, 1500);
	test_truncation("client");
	test_truncation("views");
	unlink(path);
	rmdir(folder);
	return done_testing();
}

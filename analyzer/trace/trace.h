/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a recording holds, as the rest of the analyzer sees it: processes, their
 * dictionaries, and their calls in order.  Nothing here tells how files look.
 *
 * Everything belongs to the struct recording and lives until recording_close().
 * All times are CLOCK_MONOTONIC nanoseconds unless a name says otherwise.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A time, duration or count that is not known.  Printed as null or "?". */
#define UNKNOWN UINT64_MAX

struct process;

/* The classes of intercepted calls, by what they mean for a connection. */
enum call_class {
	CALL_CLASS_CONNECT,
	CALL_CLASS_SEND,
	CALL_CLASS_RECEIVE,
	CALL_CLASS_WAIT,
	CALL_CLASS_DESCRIPTOR,
	CALL_CLASS_NAME,
	CALL_CLASS_TLS,         /* of a TLS library: handshakes and the like, ... */
	CALL_CLASS_TLS_SEND,    /* ... and plaintext */
	CALL_CLASS_TLS_RECEIVE,
};

/* The calls whose events the model tells apart; all others are CALL_OTHER. */
enum call_kind {
	CALL_OTHER,
	CALL_CONNECT,
	CALL_ACCEPT,
	CALL_CLOSE,
	CALL_SHUTDOWN,
	CALL_FDOPEN,
};

/* A mapped object.  path and build_id may be empty. */
struct module {
	uint32_t id;
	const char *path;
	const uint8_t *build_id;
	uint32_t build_id_bytes;
	uint64_t seen_ns;
	uint64_t load_bias;
	uint64_t start, end;
};

/* Return addresses, innermost first. */
struct stack {
	uint32_t id;
	uint32_t depth;
	bool cut_short;
	uint64_t first_seen_ns;
	const uint64_t *addresses;
};

struct thread {
	struct process *process;
	int32_t tid;
	char name[16];       /* the last one seen; empty if never */
	uint64_t first_ns;   /* of its first and last event; UNKNOWN without any */
	uint64_t last_ns;
	void *user;          /* the model's */
};

enum transport { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_UNIX, TRANSPORT_OTHER };

enum origin { ORIGIN_SOCKET, ORIGIN_ACCEPT, ORIGIN_PAIR, ORIGIN_FOUND, ORIGIN_FORKED, ORIGIN_PEER };

/* Ways to the network that a process took and the library cannot see. */
enum blind_spot { BLIND_IO_URING, BLIND_STREAM, BLIND_SANDBOX, BLIND_SPOTS };

/* What the kernel knew of a TCP connection at a moment. */
struct kernel_view {
	uint64_t when_ns;
	uint64_t rtt_us, min_rtt_us; /* smoothed, and the least; UNKNOWN before the first one */
	uint64_t retransmits;        /* segments sent again so far */
	uint64_t unread_bytes;       /* received, not taken by the process */
	uint64_t acknowledged_bytes, received_bytes; /* SYN and FIN may count as one each */
	bool peer_closed, our_close_acknowledged;    /* a FIN is among those bytes */
};

/* What a process used by a moment. */
struct sample {
	const struct process *process;
	uint64_t when_ns;
	uint64_t cpu_ns;         /* processor time since the process began */
	uint64_t resident_bytes; /* UNKNOWN if the system did not say */
	uint32_t threads, connections; /* threads: 0 unknown */
};

/* A host name that was looked up. */
struct lookup {
	const char *name;
	uint8_t call;        /* id; 0: not known */
	bool asked_nobody;   /* the name is an address, or had to be one */
	uint64_t started_ns, ended_ns;
	int32_t result; /* 0, below 0 EAI_*, above 0 h_errno; -1 is one of each: see call */
	int32_t tid;
	uint32_t stack;
	size_t address_count;
	const void *addresses; /* the reader's */
	const struct connection *connection; /* that it was made for: the first it led to; or NULL */
};

/* How a TLS handshake went.  Texts are as the peers sent them, NULL where there is none. */
struct tls {
	uint64_t started_ns, ended_ns;
	uint64_t sent_before, received_before; /* the socket's stream offsets when it began, */
	uint64_t sent_after, received_after;   /* and when it ended */
	int32_t error;           /* 0: it succeeded; errno, EPROTO: the library refused */
	int32_t tid;             /* of the call in which it ended */
	uint32_t stack;
	uint16_t version;        /* as on the wire; 0 unknown */
	bool role_known, server; /* server: this process accepted */
	bool resumed_known, resumed;
	const char *library;     /* "OpenSSL"; NULL if it is newer than this program */
	const char *server_name; /* SNI */
	const char *alpn;
	const char *reason;      /* of the failure, in the library's words */
};

/* "TLS 1.3"; NULL if it is not known.  Static storage. */
const char *tls_version_name(uint16_t version);

/* struct sockaddr as recorded; length 0 is unknown. */
struct address {
	const uint8_t *bytes;
	uint16_t length;
};

struct connection {
	struct process *process;
	uint32_t id;         /* unique within the process */
	int32_t fd;          /* when first seen */
	enum transport transport;
	enum origin origin;
	bool datagram;       /* SOCK_DGRAM and the like: messages, and no end of stream */
	const struct connection *parent; /* PEER: the socket's first; FORKED: the parent process's;
					    NULL for others, and if it was not recorded */
	uint64_t inode;
	uint64_t cookie;     /* of the socket, the same in all processes; 0 unknown */
	uint64_t peer_inode; /* Unix: of the socket at the other end; 0 unknown */
	int32_t peer_pid;    /* Unix: that connected, listened, or made the pair; 0 unknown */
	bool shared;         /* others than this connection use the socket too, as far as recorded */
	uint64_t created_ns; /* or first seen; UNKNOWN if its record was lost */
	uint64_t sent_before, received_before; /* stream offsets at created_ns */
	bool offsets_known;  /* those are the socket's; else they count from created_ns on */
	struct address local, remote;
	/* connect(): times UNKNOWN if there was none; error -1: failed, cause unknown */
	uint64_t connect_started_ns, connect_ended_ns;
	int32_t connect_error, connect_tid;
	uint32_t connect_stack;
	/* close(): UNKNOWN if it was not closed while recorded */
	uint64_t closed_ns;
	uint64_t closed_sent, closed_received; /* totals the writer counted, UNKNOWN if open */
	const struct kernel_view *closed_view; /* the kernel's, just before; NULL if not known */
	const struct lookup *lookup; /* that answered with the remote address; NULL if none did */
	const char *host;    /* the name that was looked up, or asked for by TLS; NULL without */
	const struct tls *tls; /* its handshake, of a forked one its parent's; NULL if none was seen */
	void *user;          /* the model's */
};

struct process {
	const char *path;       /* of the trace file */
	const char *name;       /* last component of executable */
	const char *executable; /* empty if unknown */
	const char *const *arguments;
	size_t argument_count;
	const char *host_name;
	uint8_t boot_id[16];
	int32_t pid, parent_pid;
	uint32_t uid;
	uint32_t machine;       /* ELF e_machine */
	uint32_t network_namespace; /* 0 unknown */
	uint64_t started_ns;
	uint64_t started_realtime_ns; /* CLOCK_REALTIME at started_ns */
	uint64_t ended_ns;      /* UNKNOWN: killed, _exit, or still running */
	uint64_t last_ns;       /* end of the last event; started_ns without any */
	uint32_t detail;        /* 1 coarse, 2 medium, 3 fine */
	uint32_t stack_depth, capture_bytes;
	const char *stacks_off; /* why there are none, in words; NULL if there are */
	uint64_t file_bytes;    /* chunks in use */
	uint64_t limit_bytes;
	uint64_t events;        /* in the file */
	uint64_t lost_events, overwritten_events, lost_records, lost_stacks;
	uint32_t blind_spots;   /* 1 << enum blind_spot */
	bool running;           /* seems to be written still */
	bool skipped;           /* by recording_skip_process(): its events are not handed out */
	uint64_t damaged_chunks; /* not readable, all or in part: what is whole was kept */

	struct connection *connections; /* in order of id */
	size_t connection_count;
	struct thread **threads;        /* in order of first event */
	size_t thread_count;
	struct module *modules;         /* in order of seen_ns */
	size_t module_count;
	struct lookup *lookups;         /* in order of ended_ns */
	size_t lookup_count;
	const char *const *notes;
	size_t note_count;
	size_t stack_count;
};

/* One call. */
struct event {
	struct process *process;
	struct thread *thread;
	struct connection *connection; /* NULL if it has none */
	uint8_t call;                  /* id; call_name() */
	enum call_class class;
	enum call_kind kind;
	int32_t fd;
	int32_t result;                /* below 0: -errno; of NAME calls see struct lookup */
	uint64_t moment_ns;            /* what orders it: start of a send, else end */
	uint64_t start_ns, duration_ns;
	uint64_t offset;               /* of its first byte in its direction's stream */
	uint32_t stack_id;             /* 0: none */
	bool peek;                     /* MSG_PEEK: moved no bytes */
	bool continued;                /* one more message of the call before it in its thread */
	bool sets_option;              /* the three below hold */
	uint32_t option_level, option; /* as for setsockopt(2), or LEVEL_FCNTL and a command */
	uint64_t option_value;
	uint64_t tries, first_try_ns;  /* failed before it: 0, UNKNOWN if none */
	uint64_t waited_ns;            /* its thread sat in waits since its previous event */
	uint64_t ready_ns;             /* a wait reported the descriptor readable, or UNKNOWN */
	const uint8_t *head, *tail;    /* payload; valid until the next recording_next() */
	uint16_t head_bytes, tail_bytes;
};

/* Whether the handshake was made on this connection, and not inherited with it. */
static inline bool connection_shook_hands(const struct connection *c)
{
	return c->tls && !(c->parent && c->parent->tls == c->tls);
}

/* Name of a call id as in libc, "call 99" for one newer than this program. Static storage. */
const char *call_name(uint8_t call);

/* option_level of fcntl(F_SETFL). */
#define LEVEL_FCNTL 0xffff

/* "TCP_NODELAY"; NULL for options without a name here.  Static storage. */
const char *option_name(uint32_t level, uint32_t option);

/* What a blind spot means, in words. */
const char *blind_spot_words(enum blind_spot spot);

/* Whether it was seen that somebody was asked and what came of it. */
bool lookup_counts(const struct lookup *l);

/* Whether a lookup failed, and why in words (static storage); call: its id, 0 if not known. */
bool lookup_failed(const struct lookup *l);
const char *lookup_error(uint8_t call, int32_t result);

/* Whether it is a call of a TLS library: its bytes and offset are those of the plaintext. */
static inline bool event_is_tls(const struct event *e)
{
	return e->class >= CALL_CLASS_TLS;
}

static inline bool event_sends(const struct event *e)
{
	return e->class == CALL_CLASS_SEND || e->class == CALL_CLASS_TLS_SEND;
}

static inline bool event_receives(const struct event *e)
{
	return e->class == CALL_CLASS_RECEIVE || e->class == CALL_CLASS_TLS_RECEIVE;
}

/* Bytes an event that sends or receives moved in its stream: 0 for failures and peeks. */
static inline uint64_t event_bytes(const struct event *e)
{
	bool moves = event_sends(e) || event_receives(e);

	return moves && e->result > 0 && !e->peek ? (uint64_t)e->result : 0;
}

static inline uint64_t event_end_ns(const struct event *e)
{
	return e->start_ns + e->duration_ns;
}

/* The process's stack with this id; NULL for 0 and for ids whose record was lost. */
const struct stack *process_stack(const struct process *p, uint32_t id);

/* All of them, process->stack_count, in order of id. */
const struct stack *process_stacks(const struct process *p);

/* The module that held address at time ns; NULL if none is known. */
const struct module *process_module(const struct process *p, uint64_t address, uint64_t ns);
/* Its command line, or its name if that is not known; not clean.  Returns buffer. */
const char *process_command(const struct process *p, char *buffer, size_t size);

/*
 * ADDRESS as a person writes it: "127.0.0.1:80", "[::1]:80", "/run/x.sock",
 * "@abstract", "unix" (unnamed), "?" (unknown).  Control characters and bytes
 * that are not UTF-8 are escaped as \xNN.  Writes at most size bytes, terminated;
 * returns buffer.
 */
const char *address_format(const struct address *address, char *buffer, size_t size);
#define ADDRESS_TEXT_BYTES 512

/* An end of an internet connection; IPv4 addresses stand within IPv6 (RFC 4291, 2.5.5.2). */
struct internet_end {
	uint8_t host[16];
	uint16_t port;
};

/* False, and *e untouched, if it is not known or not of the internet. */
bool address_internet_end(const struct address *address, struct internet_end *e);

/* The path, or the abstract name with its first, zero byte; 0 bytes of one that has none. */
struct address address_unix_name(const struct address *address);

struct recording;

/*
 * Opens every trace below the given paths (files, or folders of *.trt files;
 * with count 0, ./traceroundtrip.data).  A file that cannot be used is named in
 * one line through warn and left out; the rest is kept.
 *
 * Returns NULL after one line through warn if nothing was left.
 * *failed, if not NULL, is set to how many of the inputs could not be used.
 */
struct recording *recording_open(const char *const *paths, size_t count,
				 void (*warn)(const char *line), size_t *failed);
void recording_close(struct recording *r);

/* The processes, in order of their start. */
struct process **recording_processes(const struct recording *r, size_t *count);

/* First start of a process: the zero of relative times. */
uint64_t recording_started_ns(const struct recording *r);
/* Last end of a process, or last event where the end is unknown. */
uint64_t recording_ended_ns(const struct recording *r);

/* Leaves out the events of a process that do not matter, before the first recording_next(). */
void recording_skip_process(struct recording *r, const struct process *p);

/*
 * Next event of all processes in order of moment_ns.  Returns false at the end.
 * recording_progress() tells how many of how many events were passed.
 */
bool recording_next(struct recording *r, struct event *e);

/* Hears what stands between the events, in order with them, from within recording_next(). */
struct recording_listener {
	void (*kernel)(void *user, struct connection *c, const struct kernel_view *v);
	void (*sample)(void *user, const struct sample *s);
	void *user;
};
/* Set before the first recording_next(); lives as long as it is used.  NULL: nobody. */
void recording_listen(struct recording *r, const struct recording_listener *listener);
void recording_progress(const struct recording *r, uint64_t *done, uint64_t *all);
/* Starts over with the first event. */
void recording_rewind(struct recording *r);

#endif

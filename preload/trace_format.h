/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trace file: what one process writes and the analyzer reads.
 *
 * The only file that both halves of traceroundtrip share.  It depends on the
 * integer types alone and holds no code.  man/traceroundtrip-format.5 tells the
 * same in prose, enough to write another reader; change both together.
 *
 *	+----------------+ 0
 *	| trt_header     |     one page: identity, clocks, settings, counters
 *	| executable     |     TRT_EXECUTABLE_OFFSET: path, not terminated
 *	| command line   |     TRT_COMMAND_OFFSET: arguments, each ends in NUL
 *	+----------------+ TRT_CHUNK_BYTES
 *	| chunk 1        |     trt_chunk, then records
 *	+----------------+ 2 * TRT_CHUNK_BYTES
 *	| chunk 2        |
 *	:                :
 *
 * The file is created at its full size and sparse; a chunk that was never taken
 * reads as zeroes.  All numbers are little-endian.  Records start on 8-byte
 * boundaries and their first two bytes hold their length, so that a reader
 * skips the types it does not know.
 */
#ifndef TRT_TRACE_FORMAT_H
#define TRT_TRACE_FORMAT_H

#include <stdint.h>

/*
 * The magic notices a transfer as text: a byte above 127, CR LF, a DOS end of
 * file and a lone LF, after PNG (RFC 2083, section 12.11).
 */
#define TRT_MAGIC "\x89TRT\r\n\x1a\n"
#define TRT_BYTE_ORDER 0x01020304u

/*
 * A new record type, optional event field, flag or header field (taken from the
 * reserved space) keeps the version.  A changed meaning raises it; it raises
 * TRT_OLDEST_READER too if a reader of the old version would print nonsense.
 */
#define TRT_VERSION 1
#define TRT_OLDEST_READER 1

#define TRT_CHUNK_BYTES 65536u
#define TRT_EXECUTABLE_OFFSET 4096u
#define TRT_EXECUTABLE_MAX 4096u
#define TRT_COMMAND_OFFSET 8192u
#define TRT_COMMAND_MAX (TRT_CHUNK_BYTES - TRT_COMMAND_OFFSET)
#define TRT_STACK_DEPTH_MAX 256u
/* As the level of an option: fcntl(F_SETFL). */
#define TRT_LEVEL_FCNTL 0xffff

/* How much is recorded: TRACEROUNDTRIP_DETAIL. */
enum trt_detail {
	TRT_DETAIL_COARSE = 1, /* calls and times: no stacks, no payload */
	TRT_DETAIL_MEDIUM = 2, /* and stacks, and the first bytes of messages */
	TRT_DETAIL_FINE = 3,   /* and waiting calls, and tries that failed */
};

/* Whether events have stacks, and if not, why. */
enum trt_stacks {
	TRT_STACKS_ON = 0,
	TRT_STACKS_OFF_BY_SETTING = 1, /* detail coarse, or depth 0 */
	TRT_STACKS_NO_MEMORY = 2,
};

/* Ways to the network that the library cannot see and that the process took. */
enum trt_blind_spot {
	TRT_BLIND_IO_URING = 0, /* io_uring_setup() by number */
	TRT_BLIND_STREAM = 1,   /* fdopen() of a socket: stdio reads and writes inside libc */
	TRT_BLIND_SANDBOX = 2,  /* seccomp(): what its filter forbids us is not known, so the trace ended */
};

/* Times named *_monotonic_ns and all times in records: CLOCK_MONOTONIC. */
struct trt_header {
	uint8_t magic[8];
	uint32_t byte_order;       /* TRT_BYTE_ORDER as the writer stores it */
	uint16_t version;
	uint16_t oldest_reader;    /* a reader of at least this version understands the file */
	uint32_t chunk_bytes;      /* also the offset of the first chunk */
	uint32_t page_bytes;
	uint32_t machine;          /* ELF e_machine: 62 x86-64, 183 aarch64 */
	uint32_t detail;           /* enum trt_detail */
	uint32_t stacks;           /* enum trt_stacks */
	uint32_t stack_depth;      /* return addresses kept of a stack, at most */
	uint32_t capture_bytes;    /* payload kept of a call, at most */
	uint32_t executable_bytes;
	uint32_t command_bytes;
	int32_t pid;
	int32_t parent_pid;
	uint32_t uid;
	uint64_t created_monotonic_ns;
	uint64_t created_realtime_ns; /* CLOCK_REALTIME at created_monotonic_ns, since 1970 */
	uint64_t process_started_ns;  /* monotonic: constructor or fork; at most created_* */
	uint64_t ended_monotonic_ns;  /* 0: no clean end (killed, _exit, exec, still running) */
	uint64_t limit_bytes;         /* of the file; older event chunks are recycled beyond */
	uint8_t boot_id[16];          /* /proc/sys/kernel/random/boot_id: the same monotonic clock */
	char host_name[256];          /* terminated */
	/* Counters, updated while the process runs. */
	uint64_t chunks;              /* chunks ever taken from the file, this one not counted */
	uint64_t lost_events;         /* no room, or a signal came while an event was written */
	uint64_t overwritten_events;  /* in chunks that were recycled */
	uint64_t overwritten_chunks;
	uint64_t lost_records;        /* dictionary records for which there was no room */
	uint64_t lost_stacks;         /* events without their stack: table full, or unwinding failed */
	uint32_t blind_spots;         /* 1 << enum trt_blind_spot */
	uint32_t network_namespace;   /* inode of /proc/self/ns/net when the file was made, 0 unknown */
	uint8_t reserved[3664];
};
_Static_assert(sizeof(struct trt_header) == 4096, "header is one page");

enum trt_chunk_kind {
	TRT_CHUNK_UNUSED = 0,
	TRT_CHUNK_DICTIONARY = 1, /* many writers, never recycled */
	TRT_CHUNK_EVENTS = 2,     /* one writer at a time, recycled oldest first */
};

/*
 * A chunk.  Event chunks: records [sizeof(struct trt_chunk), committed) are
 * whole.  Dictionary chunks: committed is 0; writers reserve room with an atomic
 * addition, so that a record may be missing (zeroes: skip 8 bytes at a time) or
 * unfinished (TRT_RECORD_PENDING: skip by length).  A reader of a running
 * process copies an event chunk and believes the copy if sequence is the same
 * before and after.
 */
struct trt_chunk {
	uint32_t kind;         /* enum trt_chunk_kind, written last when a chunk is taken */
	uint32_t committed;    /* bytes, this struct included; stored with release order */
	uint64_t sequence;     /* order in which chunks were taken, from 1; 0 while being recycled */
	uint64_t first_ns;     /* when it was taken */
	uint64_t last_ns;      /* end of its last event */
	uint32_t last_segment; /* offset of the newest trt_segment in this chunk, 0 if none */
	uint32_t events;       /* how many it holds */
	uint8_t reserved[24];
};
_Static_assert(sizeof(struct trt_chunk) == 64, "chunk header");

enum trt_record_type {
	TRT_RECORD_NONE = 0, /* not written */
	/* in event chunks */
	TRT_RECORD_EVENT = 1,
	TRT_RECORD_SEGMENT = 2,
	TRT_RECORD_KERNEL = 3,
	TRT_RECORD_SAMPLE = 4,
	/* in dictionary chunks */
	TRT_RECORD_STACK = 16,
	TRT_RECORD_MODULE = 17,
	TRT_RECORD_THREAD = 18,
	TRT_RECORD_CONNECTION = 19,
	TRT_RECORD_ADDRESSES = 20,
	TRT_RECORD_CONNECTED = 21,
	TRT_RECORD_CLOSED = 22,
	TRT_RECORD_NOTE = 23,
	TRT_RECORD_LOOKUP = 24,
	TRT_RECORD_KERNEL_LAST = 25,
	TRT_RECORD_UNIX_PEER = 26,
	TRT_RECORD_TLS = 27,
	TRT_RECORD_PENDING = 255,
};

/* Every record starts with this. */
struct trt_record {
	uint16_t bytes; /* whole record, a multiple of 8 */
	uint8_t type;   /* enum trt_record_type */
	uint8_t detail; /* by type */
	uint32_t id;    /* by type */
};
_Static_assert(sizeof(struct trt_record) == 8, "record head");

/*
 * From here on, to the next segment or the end of the chunk, one thread's events.  A
 * thread may go on in a chunk that another one left, so its segments are in order
 * of started_ns, not of their chunks' sequence.
 */
struct trt_segment {
	struct trt_record head;    /* id: thread id */
	uint32_t previous_segment; /* offset in this chunk of the segment before, 0 if first */
	uint32_t reserved;
	uint64_t started_ns;
};
_Static_assert(sizeof(struct trt_segment) == 24, "segment");

/*
 * Optional 8-byte fields of an event: bit n of `fields` says that field n
 * follows, in the order of the bits.  Bit 15 is different: payload, always last.
 */
enum trt_event_field {
	TRT_FIELD_DURATION = 0,  /* the duration in ns where 32 bits are too few */
	TRT_FIELD_FIRST_TRY = 1, /* when the first of the tries that failed began */
	TRT_FIELD_TRIES = 2,     /* how many tries (EAGAIN) failed before this call */
	TRT_FIELD_WAITED = 3,    /* ns this thread sat in poll, select, epoll since its last event */
	TRT_FIELD_READY = 4,     /* when a wait last reported this descriptor readable */
	TRT_FIELD_VALUE = 5,     /* of the option that was set; its level << 32 | number is in offset */
	TRT_FIELD_PAYLOAD = 15,
};

enum trt_event_flag {
	TRT_EVENT_PEEK = 1 << 0,     /* MSG_PEEK: offset did not move */
	TRT_EVENT_DONTWAIT = 1 << 1, /* MSG_DONTWAIT */
	TRT_EVENT_TRUNCATED = 1 << 2, /* MSG_TRUNC: result may exceed the buffer */
	TRT_EVENT_CONTINUED = 1 << 3, /* one more message of the call whose event came before */
	TRT_EVENT_RECEIVED = 1 << 4,  /* bytes came from the socket: tells the direction of splice() */
};

/*
 * One call.  Its "moment" orders it against other threads' events: start_ns for
 * calls that hand bytes to the kernel, the end for all others; a response's
 * bytes are then never seen before those of its request.
 */
struct trt_event {
	struct trt_record head;  /* detail: enum trt_call; id: connection, 0 if none */
	uint64_t start_ns;
	uint32_t duration_ns;    /* UINT32_MAX: see TRT_FIELD_DURATION */
	int32_t result;          /* of the call; below 0: -errno */
	uint64_t offset;         /* bytes this connection had carried in this direction before */
	uint32_t stack;          /* id of a trt_stack, 0 if none */
	uint32_t language_stack; /* id of a language runtime's stack, 0 if none */
	int32_t fd;              /* -1 if the call has none */
	uint16_t fields;         /* 1 << enum trt_event_field */
	uint16_t flags;          /* enum trt_event_flag */
};
_Static_assert(sizeof(struct trt_event) == 48, "event");

/* TRT_FIELD_PAYLOAD: this, then head_bytes, then tail_bytes, then padding. */
struct trt_payload {
	uint16_t head_bytes; /* the first bytes of the call's data */
	uint16_t tail_bytes; /* its last ones; they never overlap the head */
	uint32_t reserved;
};
_Static_assert(sizeof(struct trt_payload) == 8, "payload head");

/*
 * What the kernel knew of a TCP connection (struct tcp_info of Linux): KERNEL among the
 * events, KERNEL_LAST in the dictionary, when it was closed.
 */
struct trt_kernel {
	struct trt_record head;     /* id: connection */
	uint64_t when_ns;
	uint32_t rtt_us;            /* smoothed */
	uint32_t rtt_variance_us;
	uint32_t min_rtt_us;        /* UINT32_MAX: none measured */
	uint32_t retransmits;       /* segments, since the beginning */
	uint32_t congestion_window; /* segments */
	uint32_t unacknowledged;    /* segments */
	uint32_t unsent_bytes;      /* handed over, not yet sent */
	uint32_t unread_bytes;      /* received, not yet taken */
	uint64_t acknowledged_bytes; /* of ours by the peer; a SYN or FIN may count as one */
	uint64_t received_bytes;
	uint32_t state;             /* TCP_ESTABLISHED 1 ... */
	uint32_t reserved;
};
_Static_assert(sizeof(struct trt_kernel) == 72, "kernel's view");

/* What the process used. */
struct trt_sample {
	struct trt_record head;
	uint64_t when_ns;
	uint64_t user_ns;        /* processor time since the process began */
	uint64_t system_ns;
	uint64_t resident_bytes; /* 0: unknown, as are 0 threads */
	uint32_t threads;
	uint32_t connections;    /* open, that we know of */
};
_Static_assert(sizeof(struct trt_sample) == 48, "sample");

/*
 * Return addresses, innermost (in the caller of the intercepted function) first.  For a
 * frame that a signal interrupted: its pc + 1, so that address - 1 is always in
 * the instruction that called or was interrupted.
 */
struct trt_stack {
	struct trt_record head; /* id: the stack; detail: 1 if it may go on beyond */
	uint64_t first_seen_ns; /* which module held an address may depend on it */
	uint32_t depth;
	uint32_t reserved;
	/* uint64_t addresses[depth] */
};
_Static_assert(sizeof(struct trt_stack) == 24, "stack");

/* A loaded object.  Where ranges overlap, the later record counts from seen_ns on. */
struct trt_module {
	struct trt_record head;  /* id: from 1; detail: bytes of the build id, 0 if none */
	uint64_t seen_ns;
	uint64_t load_bias;      /* address in memory - address in the ELF file */
	uint64_t start;          /* of the mapping in memory */
	uint64_t end;
	uint32_t path_bytes;
	uint32_t reserved;
	/* build id, then path (empty: unknown), then padding */
};
_Static_assert(sizeof(struct trt_module) == 48, "module");

/* A thread's name; again when it changed. */
struct trt_thread {
	struct trt_record head; /* id: thread id */
	uint64_t seen_ns;
	char name[16];          /* terminated */
};
_Static_assert(sizeof(struct trt_thread) == 32, "thread");

/* How a connection came to this process's knowledge. */
enum trt_origin {
	TRT_ORIGIN_SOCKET = 1,     /* socket() */
	TRT_ORIGIN_ACCEPT = 2,     /* accept(): the role is server */
	TRT_ORIGIN_PAIR = 3,       /* socketpair() */
	TRT_ORIGIN_FOUND = 4,      /* first seen open: inherited, passed, or made unseen by us */
	TRT_ORIGIN_FORKED = 5,     /* was open in the parent when this process was forked */
	TRT_ORIGIN_PEER = 6,       /* one more peer of an unconnected datagram socket */
};

enum trt_connection_flag {
	/* sent_before and received_before of a FOUND one are the stream's; those of others always are. */
	TRT_CONNECTION_OFFSETS = 1 << 0,
};

struct trt_connection {
	struct trt_record head;  /* id: connection, from 1; detail: enum trt_origin */
	uint64_t created_ns;     /* or first seen */
	int32_t fd;
	uint16_t family;         /* AF_* of Linux */
	uint16_t socket_type;    /* SOCK_* without flags */
	uint32_t protocol;
	uint32_t parent;         /* PEER: the socket's first connection; FORKED: the parent's id */
	uint64_t inode;          /* of the socket */
	uint64_t sent_before;    /* bytes: FORKED sockets go on where the parent was */
	uint64_t received_before;
	/* The first files end before each of these. */
	uint64_t cookie;         /* SO_COOKIE: the socket's, on this boot; 0 unknown */
	uint32_t flags;          /* enum trt_connection_flag */
	uint32_t reserved;
};
_Static_assert(sizeof(struct trt_connection) == 72, "connection");

/* The other end of a Unix socket; again when more of it is known. */
struct trt_unix_peer {
	struct trt_record head; /* id: connection */
	uint64_t seen_ns;
	uint64_t inode;         /* of the socket there; 0 unknown */
	int32_t pid;            /* that connected, listened or made the pair (SO_PEERCRED); 0 unknown */
	uint32_t reserved;
};
_Static_assert(sizeof(struct trt_unix_peer) == 32, "peer of a Unix socket");

/* Both ends, as struct sockaddr bytes; again when they became known or changed. */
struct trt_addresses {
	struct trt_record head; /* id: connection */
	uint64_t seen_ns;
	uint16_t local_bytes;   /* 0: unknown */
	uint16_t remote_bytes;
	uint32_t reserved;
	/* local address, remote address, padding */
};
_Static_assert(sizeof(struct trt_addresses) == 24, "addresses");

/* How a connect() ended; of a non-blocking one, when that was noticed. */
struct trt_connected {
	struct trt_record head; /* id: connection */
	uint64_t started_ns;
	uint64_t ended_ns;
	int32_t error;          /* 0: connected, else errno, -1: failed, cause not known */
	uint32_t stack;         /* of the connect() call */
	int32_t tid;            /* that called connect() */
	uint32_t reserved;
};
_Static_assert(sizeof(struct trt_connected) == 40, "connected");

/* Totals of a connection that was closed; they survive the overwriting of events. */
struct trt_closed {
	struct trt_record head; /* id: connection */
	uint64_t closed_ns;
	uint64_t sent;          /* stream offsets at the end */
	uint64_t received;
	uint64_t reserved;
};
_Static_assert(sizeof(struct trt_closed) == 40, "closed");

enum trt_tls_library { TRT_TLS_OPENSSL = 1, TRT_TLS_GNUTLS = 2, TRT_TLS_NSS = 3 };
enum trt_tls_role { TRT_TLS_ROLE_UNKNOWN = 0, TRT_TLS_CLIENT = 1, TRT_TLS_SERVER = 2 };
enum trt_tls_resumed { TRT_TLS_RESUMED_UNKNOWN = 0, TRT_TLS_FULL = 1, TRT_TLS_RESUMED = 2 };

/*
 * A TLS handshake that ended.  From then on calls of the TLS classes carry what the
 * program says, and calls on the socket what it looks like on the wire.  Offsets of the
 * former go on from sent_before and received_before: the program's own stream, where
 * what was said in clear text before the handshake (STARTTLS) counts too.
 */
struct trt_tls {
	struct trt_record head;   /* id: connection; detail: enum trt_tls_library */
	uint64_t started_ns;      /* of its first call */
	uint64_t ended_ns;        /* of the call in which it ended */
	uint64_t sent_before;     /* the socket's stream offsets when it began */
	uint64_t received_before;
	uint64_t sent_after;      /* and when it ended */
	uint64_t received_after;
	int32_t error;            /* 0; errno of the socket; EPROTO: the library refused */
	int32_t tid;              /* of the call in which it ended */
	uint32_t stack;
	uint16_t version;         /* as on the wire: 0x0303 is TLS 1.2; 0 unknown */
	uint8_t role;             /* enum trt_tls_role */
	uint8_t resumed;          /* enum trt_tls_resumed */
	uint16_t server_name_bytes; /* SNI (RFC 6066, section 3) */
	uint16_t alpn_bytes;      /* the protocol agreed on (RFC 7301) */
	uint16_t reason_bytes;    /* of the failure, in the library's words */
	uint16_t reserved;
	/* server name, ALPN, reason, padding */
};
_Static_assert(sizeof(struct trt_tls) == 80, "TLS");

/* An IPv4 (4 bytes) or IPv6 address (16) in network order. */
struct trt_address {
	uint16_t family; /* AF_INET 2, AF_INET6 10 */
	uint16_t reserved[3];
	uint8_t address[16];
};
_Static_assert(sizeof(struct trt_address) == 24, "address");

/* A host name that was looked up. */
enum trt_lookup_kind {
	TRT_LOOKUP_ANY = 0,
	TRT_LOOKUP_NUMERIC = 1, /* AI_NUMERICHOST: nobody is asked */
};

struct trt_lookup {
	struct trt_record head; /* detail: enum trt_call, 0 in the first files; id: enum trt_lookup_kind */
	uint64_t started_ns;
	uint64_t ended_ns;
	int32_t result;   /* 0; of getaddrinfo(): EAI_*; of the others: h_errno */
	int32_t tid;
	uint32_t stack;
	uint16_t address_count;
	uint16_t name_bytes;
	/* struct trt_address addresses[address_count], then the name, padding */
};
_Static_assert(sizeof(struct trt_lookup) == 40, "lookup");

/* Something a person should know, for `traceroundtrip info`: text follows. */
struct trt_note {
	struct trt_record head;
	uint64_t seen_ns;
	uint32_t text_bytes;
	uint32_t reserved;
};
_Static_assert(sizeof(struct trt_note) == 24, "note");

/* What a call does, as far as its events' meaning depends on it. */
enum trt_call_class {
	TRT_CLASS_CONNECT = 1,
	TRT_CLASS_SEND = 2,       /* result: bytes handed to the kernel */
	TRT_CLASS_RECEIVE = 3,    /* result: bytes taken from it, 0 at the end of a stream */
	TRT_CLASS_WAIT = 4,       /* result: how many descriptors are ready */
	TRT_CLASS_DESCRIPTOR = 5, /* makes, closes, copies descriptors, sets options */
	TRT_CLASS_NAME = 6,       /* looks up a host name: see struct trt_lookup */
	/*
	 * Calls of a TLS library.  Their bytes and offsets are the program's (plaintext).  The
	 * calls on the socket that they make have events of their own, written before.
	 */
	TRT_CLASS_TLS = 7,         /* handshakes, close_notify: result 0 or -errno */
	TRT_CLASS_TLS_SEND = 8,    /* result: bytes, or -errno; EPROTO: the library's own errors */
	TRT_CLASS_TLS_RECEIVE = 9, /* the same; 0: close_notify, or the end of the stream */
};

#define CALL(id, name, class) TRT_CALL_##name = id,
enum trt_call {
	TRT_CALL_none = 0,
#include "calls.def"
};
#undef CALL

#endif

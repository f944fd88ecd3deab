/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds out who this process is and fills the trace's header. */
#include "preload/identity.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "preload/blind.h"
#include "preload/clock.h"
#include "preload/config.h"
#include "preload/sys.h"

static struct {
	char executable[TRT_EXECUTABLE_MAX];
	uint32_t executable_bytes;
	char host_name[256];
	uint8_t boot_id[16];
	uint32_t page_bytes;
	uint64_t started_ns;
} self;

uint32_t identity_page_bytes(void)
{
	return self.page_bytes;
}

uint32_t identity_read_file(const char *path, void *buffer, uint32_t size)
{
	long fd = sys(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	uint32_t used = 0;

	if (fd < 0)
		return 0;
	while (used < size) {
		/* Not read(): should another thread have made a socket of the number, it fails. */
		long n = sys(pread64, fd, (char *)buffer + used, size - used, used);
		if (n <= 0)
			break;
		used += (uint32_t)n;
	}
	sys(close, fd);
	return used;
}

/* "1b4e28ba-2fa1-…" to 16 bytes; zeroes if it is not of that form. */
static void read_boot_id(void)
{
	char text[36];
	unsigned int digits = 0;

	if (identity_read_file("/proc/sys/kernel/random/boot_id", text, sizeof(text)) != sizeof(text))
		return;
	for (size_t i = 0; i < sizeof(text) && digits < 32; i++) {
		char c = text[i];
		uint8_t value = (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		if (c == '-' || value > 15)
			continue;
		self.boot_id[digits / 2] = (uint8_t)(self.boot_id[digits / 2] << 4 | value);
		digits++;
	}
}

void identity_read(void)
{
	struct utsname names;
	long n = sys(readlinkat, AT_FDCWD, "/proc/self/exe", self.executable,
		     sizeof(self.executable));

	self.executable_bytes = n > 0 ? (uint32_t)n : 0;
	if (sys(uname, &names) == 0) {
		struct text t = text_into(self.host_name, sizeof(self.host_name));
		text_add(&t, names.nodename);
	}
	read_boot_id();
	self.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
	identity_started(clock_ns());
}

void identity_started(uint64_t now_ns)
{
	self.started_ns = now_ns;
}

void identity_add_name(struct text *t)
{
	char name[64];
	size_t used = 0, i = self.executable_bytes;

	while (i > 0 && self.executable[i - 1] != '/')
		i--;
	for (; i < self.executable_bytes && used + 1 < sizeof(name); i++) {
		char c = self.executable[i];
		name[used++] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			       (c >= 'A' && c <= 'Z') || strchr("._-+", c) ? c : '_';
	}
	name[used] = '\0';
	text_add(t, used ? name : "unknown");
}

static uint32_t this_machine(void)
{
#if defined(__x86_64__)
	return 62; /* EM_X86_64 */
#else
	return 183; /* EM_AARCH64 */
#endif
}

/* Loopback addresses are the same in all of them, and mean different machines. */
static uint32_t network_namespace(void)
{
	struct stat status;

	return sys(newfstatat, AT_FDCWD, "/proc/self/ns/net", &status, 0) == 0 ?
		       (uint32_t)status.st_ino : 0;
}

const char *identity_executable(uint32_t *bytes)
{
	*bytes = self.executable_bytes;
	return self.executable;
}

void identity_write(struct trt_header *h, enum trt_stacks stacks)
{
	uint8_t *base = (uint8_t *)h;
	struct timespec realtime;

	h->byte_order = TRT_BYTE_ORDER;
	h->version = TRT_VERSION;
	h->oldest_reader = TRT_OLDEST_READER;
	h->chunk_bytes = TRT_CHUNK_BYTES;
	h->page_bytes = self.page_bytes;
	h->machine = this_machine();
	h->detail = config.detail;
	h->stacks = stacks;
	h->stack_depth = config.stack_depth;
	h->capture_bytes = config.capture_bytes;
	h->pid = (int32_t)sys(getpid);
	h->parent_pid = (int32_t)sys(getppid);
	h->uid = (uint32_t)sys(getuid);
	h->created_monotonic_ns = clock_ns();
	clock_real(CLOCK_REALTIME, &realtime);
	h->created_realtime_ns = (uint64_t)realtime.tv_sec * 1000000000 + (uint64_t)realtime.tv_nsec;
	h->process_started_ns = self.started_ns;
	memcpy(h->boot_id, self.boot_id, sizeof(h->boot_id));
	memcpy(h->host_name, self.host_name, sizeof(h->host_name));
	memcpy(base + TRT_EXECUTABLE_OFFSET, self.executable, self.executable_bytes);
	h->executable_bytes = self.executable_bytes;
	h->blind_spots = blind_spots();
	h->network_namespace = network_namespace();
	/* Read when the file is made: programs rewrite their arguments as they start up. */
	h->command_bytes = identity_read_file("/proc/self/cmdline", base + TRT_COMMAND_OFFSET,
				     TRT_COMMAND_MAX);
	/* Last: a file without it is not yet one. */
	memcpy(h->magic, TRT_MAGIC, sizeof(h->magic));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls made directly.
 *
 * The library's own work never goes through libc's wrappers: those may be
 * intercepted (by us or by another preload), are cancellation points, and set
 * errno, which belongs to the program.  All functions here are async-signal-safe
 * and return the kernel's result: -errno on failure.
 */
#ifndef PRELOAD_SYS_H
#define PRELOAD_SYS_H

#include <stdint.h>
#include <sys/syscall.h>

static inline long sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
#error "traceroundtrip runs on x86-64 and aarch64"
#endif
}

#define SYS_CALL6(number, a, b, c, d, e, f, ...) \
	sys_call6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* sys(openat, AT_FDCWD, path, flags, mode) */
#define sys(name, ...) SYS_CALL6(SYS_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* New zeroed private memory, taken only as it is touched; NULL if there is none. */
static inline void *sys_memory(uint64_t bytes)
{
	/* PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE */
	long p = sys(mmap, 0, bytes, 3, 0x4022, -1, 0);
	return p < 0 && p > -4096 ? (void *)0 : (void *)p;
}

#endif

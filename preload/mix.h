/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes of 64 bits, where two different things with one hash may be taken not to happen. */
#ifndef PRELOAD_MIX_H
#define PRELOAD_MIX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Multiply and fold, after wyhash (Wang Yi, public domain). */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Goes on from seed. */
static inline uint64_t mix_bytes(uint64_t seed, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;
	uint64_t word = 0, hash = mix(seed ^ count, 0x2d358dccaa6c78a5u);

	for (; count >= sizeof(word); count -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash ^ word, 0x8bb84b93962eacc9u);
	}
	word = 0;
	memcpy(&word, at, count);
	return mix(hash ^ word, 0x4b33a62ed433d4a3u);
}

#endif

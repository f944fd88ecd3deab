/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All protocols that are decoded: a row each. */
#include "analyzer/protocols/protocol.h"

/* Of equals the first one is taken: those that say more about themselves stand first. */
#define PROTOCOLS(ROW) \
	ROW(http1) \
	ROW(dns) \
	ROW(dns_stream) \
	ROW(postgres) \
	ROW(redis) \
	ROW(memcached)

#define DECLARE(name) extern const struct protocol protocol_##name;
PROTOCOLS(DECLARE)

#define ADDRESS(name) &protocol_##name,
const struct protocol *const protocols[] = { PROTOCOLS(ADDRESS) NULL };

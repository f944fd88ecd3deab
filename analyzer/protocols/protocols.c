/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All protocols that are decoded. */
#include "analyzer/protocols/protocol.h"

const struct protocol *const protocols[] = {
	NULL,
};

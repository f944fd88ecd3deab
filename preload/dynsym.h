/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of addresses in the running process, as dladdr(3) but without its lock. */
#ifndef PRELOAD_DYNSYM_H
#define PRELOAD_DYNSYM_H

#include <stddef.h>
#include <stdint.h>

/* Writes the exported function that holds address, or "module+0x12", or "0x12", terminated. */
void dynsym_name(uintptr_t address, char *name, size_t size);

#endif

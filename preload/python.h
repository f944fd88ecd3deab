/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPython's frames: see python.c. */
#ifndef PRELOAD_PYTHON_H
#define PRELOAD_PYTHON_H

#include "preload/runtime.h"

extern const struct runtime python_runtime;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of C++ and Rust functions as their programmers wrote them. */
#ifndef SYMBOLS_DEMANGLE_H
#define SYMBOLS_DEMANGLE_H

/* The readable form of a symbol's name, to be freed; NULL if it has none. */
char *demangle(const char *name);

#endif

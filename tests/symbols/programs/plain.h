/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is inlined from another file. */
static inline int from_header(volatile int *p, int n)
{
	for (int i = 0; i < n; i++)
		*p += i * n;
	return *p;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * versions PLUGIN PLUGIN: loads both, uses both, unloads and loads them again in the other order,
 * so that each may come to lie where the other one was.  Prints the versions that served.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/socket.h>

static int (*load(const char *path, void **handle))(int, int)
{
	*handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!*handle) {
		fprintf(stderr, "%s\n", dlerror());
		return NULL;
	}
	return (int (*)(int, int))dlsym(*handle, "plugin_turn");
}

int main(int argc, char **argv)
{
	int ends[2];

	if (argc != 3 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 2;
	for (int round = 0; round < 4; round++) {
		void *first, *second;
		int (*turn_first)(int, int) = load(argv[1 + round % 2], &first);
		int (*turn_second)(int, int) = load(argv[2 - round % 2], &second);

		if (!turn_first || !turn_second)
			return 2;
		printf("%x", (unsigned int)turn_first(ends[0], ends[1]));
		printf(" %x", (unsigned int)turn_second(ends[0], ends[1]));
		printf(" %x\n", (unsigned int)turn_first(ends[0], ends[1]));
		dlclose(first);
		dlclose(second);
	}
	return 0;
}

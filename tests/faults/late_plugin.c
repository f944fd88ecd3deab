/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * late_plugin PLUGIN: a C program that calls sockets first and loads a C++ plugin
 * then.  Prints what the plugin caught, and whose unwinder the process has.
 */
#include <dlfcn.h>
#include <string.h>

#include "tests/faults/trips.h"

static void print_owner(const char *symbol)
{
	void *address = dlsym(RTLD_DEFAULT, symbol);
	Dl_info info;

	if (!address || !dladdr(address, &info)) {
		printf("%s: nobody\n", symbol);
		return;
	}
	const char *slash = strrchr(info.dli_fname, '/');

	printf("%s: %s\n", symbol, slash ? slash + 1 : info.dli_fname);
}

int main(int argc, char **argv)
{
	int ends[2];

	if (argc != 2)
		return 2;
	pair_make(ends);
	pair_turn(ends);
	void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);

	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		return 2;
	}
	int (*run)(int) = (int (*)(int))dlsym(plugin, "plugin_run");

	printf("caught %d\n", run(ends[0]));
	print_owner("_Unwind_RaiseException");
	print_owner("_Unwind_Resume");
	print_owner("_Unwind_Backtrace");
	print_owner("backtrace");
	print_owner("unw_backtrace");
	return 0;
}

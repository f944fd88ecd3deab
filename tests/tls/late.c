/* SPDX-License-Identifier: GPL-3.0-or-later */
/* late LIBCURL CAFILE URL: loads libcurl out of sight of the program's own scope, and gets the URL. */
#include <dlfcn.h>
#include <stdio.h>

/* As in <curl/curl.h>. */
enum { OPTION_URL = 10002, OPTION_CAINFO = 10065 };

int main(int argc, char **argv)
{
	void *curl = argc == 4 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;

	if (!curl) {
		fprintf(stderr, "%s\n", argc == 4 ? dlerror() : "late LIBCURL CAFILE URL");
		return 2;
	}
	void *(*new_handle)(void) = (void *(*)(void))dlsym(curl, "curl_easy_init");
	int (*set)(void *, int, ...) = (int (*)(void *, int, ...))dlsym(curl, "curl_easy_setopt");
	int (*perform)(void *) = (int (*)(void *))dlsym(curl, "curl_easy_perform");
	void (*cleanup)(void *) = (void (*)(void *))dlsym(curl, "curl_easy_cleanup");
	void *handle = new_handle();

	set(handle, OPTION_URL, argv[3]);
	set(handle, OPTION_CAINFO, argv[2]);
	int result = perform(handle);
	cleanup(handle);
	return result;
}

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Checks which folders may include which: arrows point one way.
#
#	imports.sh SOURCE_ROOT

cd "$1" || exit 1
count=0
failed=0

# check FOLDER ALLOWED…: prefixes of the paths that files in the folder may include.
check() {
	folder=$1
	shift
	allowed=
	for prefix; do
		allowed="$allowed|$prefix"
	done
	wrong=$(grep -rnE --include='*.[ch]' '^#[[:space:]]*include[[:space:]]*"' "$folder" |
		grep -vE "\"(${allowed#|})" || true)
	count=$((count + 1))
	if [ -z "$wrong" ]; then
		echo "ok $count - $folder includes only: $*"
	else
		echo "not ok $count - $folder includes only: $*"
		echo "$wrong" | sed 's/^/# /'
		failed=1
	fi
}

check preload preload/ calls.def
check analyzer/util analyzer/util/
check analyzer/trace analyzer/trace/ analyzer/util/ preload/trace_format.h preload/calls.def
check analyzer/protocols analyzer/protocols/ analyzer/util/
check analyzer/model analyzer/model/ analyzer/protocols/protocol.h analyzer/trace/trace.h analyzer/util/
check analyzer/symbols analyzer/symbols/ analyzer/trace/trace.h analyzer/util/
check analyzer/archive analyzer/archive/ analyzer/symbols/symbols.h analyzer/trace/trace.h \
	analyzer/trace/scrub.h analyzer/trace/trim.h analyzer/util/
check analyzer/reports analyzer/reports/ analyzer/model/model.h analyzer/model/peers.h \
	analyzer/symbols/symbols.h analyzer/trace/trace.h analyzer/util/
check analyzer/export analyzer/export/ analyzer/reports/ analyzer/model/model.h analyzer/symbols/symbols.h \
	analyzer/trace/trace.h analyzer/util/
check analyzer analyzer/ preload/trace_format.h preload/calls.def

echo "1..$count"
exit $failed

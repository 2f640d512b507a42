#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The clang static analyser on every file of the program, a process a file
# (with several it carries the state of va_list from one to the next). Left
# out: advice to use functions that C11's Annex K has and no C library here;
# and the files of uthash, whose macros it does not follow.
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/tidy
{
	printf '%s\n' -std=c11 -D_GNU_SOURCE "-I$PWD" "-I$PWD/build/lint" '-DVERSION="0"' '-DDATADIR="/usr/share/bookgate"'
	pkg-config --cflags libpcap libndpi openssl libevent sqlite3 yaml-0.1 jansson libmaxminddb zlib | xargs -n 1
} > build/tidy/compile_flags.txt
grep -L '<uthash.h>' core/*.c classifiers/*.c rules/*.c reports/*.c captures/*.c proxy/*.c appliance/*.c |
    xargs -P "$(nproc)" -n 1 clang-tidy -quiet -p build/tidy -warnings-as-errors='*' \
	-checks='-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.*' 2>/dev/null

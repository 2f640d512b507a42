#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The clang static analyser on every file of the program.
cd "$(dirname "$0")/../.." || exit 1
flags="-std=c11 -D_GNU_SOURCE -I. -Ibuild/lint -DVERSION=\"0\" -DDATADIR=\"/usr\" $(pkg-config --cflags libpcap libndpi openssl libevent sqlite3 yaml-0.1 jansson libmaxminddb zlib libbrotlidec libzstd libnghttp2)"
ls core/*.c classifiers/*.c rules/*.c reports/*.c captures/*.c appliance/*.c |
    xargs -P "$(nproc)" -n 1 sh -c 'clang-tidy -quiet -warnings-as-errors="*" \
	-checks="-*,clang-analyzer-*,bugprone-sizeof*,bugprone-suspicious*,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling" \
	"$@" -- '"$flags"' 2>/dev/null' sh

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzzer with libFuzzer under ASan and UBSan for SECONDS each. New
# finds stay in build/fuzz/NAME-crash-*; make a seed of each that was mended.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
flags="-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer"
make -s -j"$(nproc)" B=build/fuzz CC=clang OPT="-O1 -g $flags" build/fuzz/libbookgate.a
libs="$(pkg-config --libs libpcap libndpi openssl libevent sqlite3 yaml-0.1 jansson libmaxminddb zlib libbrotlidec libzstd libnghttp2) -lloc -lm $(make -s B=build/fuzz print-extra-libs)"
code=0
for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	name=${name#fuzz_}
	clang -std=c11 -O1 -g -D_GNU_SOURCE -I. -Ibuild/fuzz -fsanitize=fuzzer,address,undefined \
	    -o "build/fuzz/fuzz_$name" "$source" build/fuzz/libbookgate.a $libs
	mkdir -p "build/fuzz/corpus-$name"
	echo "== $name"
	"build/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
	    -artifact_prefix="build/fuzz/$name-" -print_final_stats=0 -verbosity=0 \
	    "build/fuzz/corpus-$name" "tests/fuzz/seeds/$name" || code=1
done
exit $code

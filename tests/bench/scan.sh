#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# How fast bodies are read: bookgate scan beside programs that do a part of the
# same work on the same bytes. Megabytes of JSON a CPU second (user and system
# time, the least disturbed of BENCH_ROUNDS rounds).
#
#   BENCH_SCAN_MB   size of the address book   (400: the rules are read once, in 9 ms)
#   BENCH_ROUNDS    rounds                     (3)
#
# grep and ripgrep look for telephone numbers, and for numbers and addresses,
# in the same JSON with one member a line; they know nothing of whose they are.
# The decompressors only unpack. The aim is at least what grep does with the
# pattern of numbers, and half of what unpacking alone does with each coding;
# what is asserted is looser, for a busy machine disturbs it.
set -eu
cd "$(dirname "$0")/../.."

# Least shares of what grep searches, and the decompressor alone unpacks a second.
SHARES_MIN="grep=0.75 gzip=0.6 brotli=0.4 zstd=0.4"

megabytes=${BENCH_SCAN_MB:-400}
rounds=${BENCH_ROUNDS:-3}
bookgate=${BOOKGATE:-build/bookgate}
number='(\+|00)[1-9]([ ()./-]?[0-9]){6,14}'
address='[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+'
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

[ -x "$bookgate" ] || { echo "bench: $bookgate is missing; run make" >&2; exit 1; }
for tool in measure book; do
	${CC:-gcc} -std=c11 -O2 -D_GNU_SOURCE -I. -o "$dir/$tool" "tests/bench/$tool.c"
done

# grep stops at the first find when its output is thrown away, so it is kept.
# shellcheck disable=SC2016 # expanded by the shell it starts
search() { speed sh -c '"$@" >"$0"' "$dir/count" "$@"; }

# speed COMMAND...: megabytes a CPU second.
speed() {
	local best="" cpu round
	for ((round = 0; round < rounds; round++)); do
		cpu=$("$dir/measure" "$@" | cut -d' ' -f1)
		best=$(awk -v a="$best" -v b="$cpu" 'BEGIN { print a == "" || b < a ? b : a }')
	done
	awk -v mb="$megabytes" -v s="$best" 'BEGIN { printf "%.0f", mb / (s > 0 ? s : 0.001) }'
}

row() { printf '%-44s %8s\n' "$1" "$2"; }

# share NAME OURS THEIRS
share() { awk -v name="$1" -v a="$2" -v b="$3" 'BEGIN { print name, a / b }' >>"$dir/shares"; }

"$dir/book" $((megabytes * 1000000)) >"$dir/book.json"
"$dir/book" $((megabytes * 1000000)) lines >"$dir/lines.json"
contacts=$("$bookgate" scan "$dir/book.json" | jq .contacts.best)
echo "$megabytes MB of JSON, $contacts contacts; load $(cut -d' ' -f1-3 /proc/loadavg)"
row "" "MB/CPU-s"
scanned=$(speed "$bookgate" scan "$dir/book.json")
row "bookgate scan" "$scanned"
row "bookgate scan, a member a line" "$(speed "$bookgate" scan "$dir/lines.json")"
export LC_ALL=C
grepped=$(search grep -cE "$number" "$dir/lines.json")
row "grep -cE, numbers" "$grepped"
share grep "$scanned" "$grepped"
row "grep -cE, numbers and addresses" "$(search grep -cE "$number|$address" "$dir/lines.json")"
if command -v rg >/dev/null; then
	row "rg -c, numbers" "$(search rg -c "$number" "$dir/lines.json")"
	row "rg -c, numbers and addresses" "$(search rg -c "$number|$address" "$dir/lines.json")"
fi

# packed TOOL ENCODING PACK...: the decompressor beside ours; prints the share.
packed() {
	local tool=$1 encoding=$2 theirs ours
	shift 2
	command -v "$tool" >/dev/null || { row "$tool is not installed" -; return; }
	"$@" <"$dir/book.json" >"$dir/book.$tool"
	theirs=$(speed "$tool" -dc "$dir/book.$tool")
	ours=$(speed "$bookgate" scan --encoding "$encoding" "$dir/book.$tool")
	row "$tool -dc" "$theirs"
	row "bookgate scan, the same" "$ours"
	share "$tool" "$ours" "$theirs"
}

packed gzip gzip gzip -c
packed zstd zstd zstd -qc
packed brotli br brotli -q 5 -c
echo
awk -v least="$SHARES_MIN" '
BEGIN {
	n = split(least, pairs, "[ =]")
	for (i = 1; i < n; i += 2)
		min[pairs[i]] = pairs[i + 1]
}
{
	low = $2 < min[$1]
	failed = failed || low
	printf "%s  %.2f of what %s alone does, bound %.2f\n",
	    (low ? "FAIL" : "ok  "), $2, $1, min[$1]
}
END { exit failed }' "$dir/shares"

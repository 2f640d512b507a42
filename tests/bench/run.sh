#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# make bench: bookgate replay beside nDPI's own reader, on the same captures;
# then scan.sh, the contact counter beside grep and decompressors, and proxy.sh,
# the proxy beside sslsplit and haproxy (skipped where these or root are missing).
#
#   BENCH_FLOWS     sizes in flows            (10000 100000 1000000)
#   BENCH_ROUNDS    rounds, reader and ours in turn   (2; 1 for a million)
#   BENCH_CAPTURES  folder of captures to multiply    (captures/samples)
#
# CPU is user and system time of the least disturbed round, so that a busy
# machine moves a ratio little. Three bounds are asserted, all of them ratios
# or sizes that do not depend on the machine: CPU at 100,000 flows against the
# reader, memory a concurrent flow, and growth of CPU a packet with flows.
set -eu
cd "$(dirname "$0")/../.."

RATIO_MAX=0.45			# of the reader's CPU, at 100,000 flows
KIB_A_FLOW_MAX=1		# peak memory beyond the smallest capture's
GROWTH_MAX=1.2			# CPU a packet, largest against smallest

sizes=${BENCH_FLOWS:-10000 100000 1000000}
bookgate=${BOOKGATE:-build/bookgate}
reader=ndpiReader
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

die() {
	echo "bench: $*" >&2
	exit 1
}

command -v $reader >/dev/null || die "$reader is missing; install libndpi-bin"
[ -x "$bookgate" ] || die "$bookgate is missing; run make"

build() {
	local out=$1
	shift
	# shellcheck disable=SC2046
	${CC:-gcc} -std=c11 -O2 -D_GNU_SOURCE -I. $(pkg-config --cflags libpcap) \
	    -o "$dir/$out" "$@" $(pkg-config --libs libpcap)
}

# The captures whose flows are multiplied. Samples about bodies in the clear
# are left out: cut after twelve packets and multiplied they would be thousands
# of uploads being read at one moment, which is no office's HTTP.
inputs() {
	if [ -n "${BENCH_CAPTURES:-}" ]; then
		find "$BENCH_CAPTURES" -maxdepth 1 -name '*.pcap*' | LC_ALL=C sort
	else
		for truth in captures/samples/*/truth.json; do
			case $truth in */http-*) continue ;; esac
			grep -q '"content"' "$truth" || echo "${truth%truth.json}input.pcapng"
		done
	fi
}

# once TOOL FILE: "CPU-SECONDS PEAK-KIB"; a failed run ends the benchmark.
once() {
	case $1 in
	reader) "$dir/measure" $reader -i "$2" ;;
	bookgate) "$dir/measure" "$bookgate" replay "$2" ;;
	esac || die "$1 failed on $2"
}

# Keeps the smaller CPU time and its memory.
better() {
	awk -v a="$1" -v b="$2" 'BEGIN {
		split(a, x); split(b, y)
		print a == "" || y[1] < x[1] ? b : a
	}'
}

# measure_size FLOWS: appends "FLOWS PACKETS reader-cpu reader-kib our-cpu our-kib".
measure_size() {
	local flows=$1 file=$dir/flows.pcap mix packets rounds=${BENCH_ROUNDS:-2}
	local theirs="" ours="" round

	mix=$("$dir/multiply" -n "$flows" -o "$file" "${captures[@]}")
	echo "$mix"
	packets=$(sed -nE 's/.* flows, ([0-9]+) packets.*/\1/p' <<<"$mix")
	[ "$flows" -ge 1000000 ] && rounds=1
	for ((round = 0; round < rounds; round++)); do
		theirs=$(better "$theirs" "$(once reader "$file")")
		ours=$(better "$ours" "$(once bookgate "$file")")
	done
	echo "$flows $packets $theirs $ours" >>"$dir/results"
	rm -f "$file"
}

report() {
	awk -v ratio_max="$RATIO_MAX" -v kib_max="$KIB_A_FLOW_MAX" -v growth_max="$GROWTH_MAX" '
	function check(what, value, bound) {
		printf "%s  %s: %.2f, bound %.2f\n",
		    value <= bound ? "ok  " : "FAIL", what, value, bound
		if (value > bound)
			failed = 1
	}
	function each(kib, first_kib) {
		return NR > 1 ? sprintf("%.2f", (kib - first_kib) / ($1 - first)) : "-"
	}
	BEGIN {
		format = "%9s %10s  %10s %10s %6s  %10s %10s  %10s %10s\n"
		printf format, "flows", "packets", "reader", "bookgate", "ratio",
		    "reader", "bookgate", "reader", "bookgate"
		printf format, "", "", "us/packet", "us/packet", "",
		    "peak MiB", "peak MiB", "KiB/flow", "KiB/flow"
	}
	NR == 1 { first = $1; first_reader = $4; first_ours = $6; first_us = $5 / $2 }
	{
		printf format, $1, $2, sprintf("%.2f", $3 * 1e6 / $2),
		    sprintf("%.2f", $5 * 1e6 / $2), sprintf("%.3f", $5 / $3),
		    int($4 / 1024), int($6 / 1024),
		    each($4, first_reader), each($6, first_ours)
		if ($1 == 100000)
			ratio = $5 / $3
		last = $1; last_ours = $6; last_us = $5 / $2
	}
	END {
		print ""
		if (ratio)
			check("CPU of the reader, 100,000 flows", ratio, ratio_max)
		if (NR > 1) {
			check("KiB a flow, " first " to " last " flows",
			    (last_ours - first_ours) / (last - first), kib_max)
			check("growth of CPU a packet, " first " to " last " flows",
			    last_us / first_us, growth_max)
		}
		exit failed
	}' "$dir/results"
}

mapfile -t captures < <(inputs)
[ "${#captures[@]}" -gt 0 ] || die "no captures to multiply: run make samples," \
    "or set BENCH_CAPTURES to a folder"
build multiply tests/bench/multiply.c tests/bench/templates.c
build measure tests/bench/measure.c
echo "${#captures[@]} captures; $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
for flows in $sizes; do
	measure_size "$flows"
done
echo
code=0
report || code=1
echo
bash tests/bench/scan.sh || code=1
echo
bash tests/bench/proxy.sh || code=$(($? == 77 ? code : 1))
exit $code

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# endurance.sh [SECONDS]: mixed load (mixed.mjs; 120 s by default, 3600 for an
# hour). Memory and descriptors of all processes must not grow after warm-up,
# all descriptors are given back at the end, none is left in CLOSE_WAIT.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
seconds=${1:-120}
GROWTH_MAX=1.08		# memory of the last quarter, of the second quarter's
SLACK_KIB=2048		# a sample's noise: what is in flight differs

sample() {	# a line: second, KiB, descriptors, connections in CLOSE_WAIT
	local pid sum=0
	for pid in $(family "$BOOKGATE_PID"); do
		sum=$((sum + $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null || echo 0)))
	done
	echo "$SECONDS $sum $(descriptors) $(close_wait)"
}

growth() {
	awk -v max=$GROWTH_MAX -v slack=$SLACK_KIB '
	{ kib[NR] = $2; fds[NR] = $3; if ($4 > wait) wait = $4 }
	function mean(list, from, to,  i, sum) {
		for (i = from; i <= to; i++) sum += list[i]
		return sum / (to - from + 1)
	}
	END {
		if (NR < 8) { print "too few samples"; exit 1 }
		q = int(NR / 4)
		a = mean(kib, q + 1, 2 * q); b = mean(kib, NR - q + 1, NR)
		c = mean(fds, q + 1, 2 * q); d = mean(fds, NR - q + 1, NR)
		printf "memory: %.1f MiB in the second quarter, %.1f in the last; descriptors: %.0f and %.0f; most in CLOSE_WAIT: %d\n", a / 1024, b / 1024, c, d, wait
		exit b > a * max + slack || d > c * 1.5 + 20
	}' "$1"
}

e2e_require
e2e_up
node "$E2E/bodies.mjs" "$RUN/bodies" || die "no bodies"
bookgate_config "$RUN/bookgate.yaml"
bookgate_start "$RUN/bookgate.yaml" || die "the program did not start"
run_mixed() {
	inside phone env E2E_CA="$RUN/ca.pem" E2E_BODIES="$RUN/bodies" E2E_NPM="$NPM" \
	    node "$E2E/mixed.mjs" "$@"
}
run_mixed 3 > "$RUN/first"		# what is opened once
sleep 2
base=$(descriptors)
code=0
run_mixed "$seconds" 2 > "$RUN/mixed" &
load=$!
pause=$((seconds / 60 > 0 ? (seconds > 600 ? 10 : 1) : 1))
while kill -0 $load 2>/dev/null; do sample; sleep $pause; done > "$RUN/samples"
wait $load || { echo "some exchanges went wrong:"; code=1; }
cat "$RUN/mixed"
growth "$RUN/samples" || { echo "it grows"; code=1; }
[ "$(replaced)" = 0 ] || { echo "processes died and were replaced"; code=1; }
kill -0 "$BOOKGATE_PID" || { echo "the program has ended"; code=1; }
# Called by name, in wait_for.
# shellcheck disable=SC2317
returned() { [ "$(descriptors)" -le "$base" ] && [ "$(close_wait)" -eq 0 ]; }
wait_for 15 returned || code=1
echo "descriptors: $base before, $(descriptors) after; in CLOSE_WAIT: $(close_wait)"
grep -aE 'Sanitizer|runtime error|worker .* (died|killed)' "$BOOKGATE_LOG" && code=1
exit $code

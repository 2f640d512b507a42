#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A body that never ends takes no more memory than a short one: JSON from a
# pipe, plain and packed, 200 MB beside 1 MB.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
MEGABYTES=${SCAN_MEMORY_MB:-200}
GROWTH_MAX_KIB=1024

case $(nm -D "$bookgate" 2>/dev/null) in
*__asan_init*) echo "sanitised: its own memory grows"; exit 77 ;;
esac
for tool in measure book; do
	${CC:-gcc} -std=c11 -O2 -D_GNU_SOURCE -I. -o "$work/$tool" "tests/bench/$tool.c" || exit 1
done

# peak MEGABYTES PACK...: peak KiB of scan at the end of a pipe.
peak() {
	local size=$(($1 * 1000000))
	shift
	"$work/book" "$size" | "$@" | "$work/measure" "$bookgate" scan - | cut -d' ' -f2
}

for pack in cat "gzip -1c" "zstd -1qc"; do
	# shellcheck disable=SC2086
	short=$(peak 1 $pack)
	# shellcheck disable=SC2086
	long=$(peak "$MEGABYTES" $pack)
	echo "$pack: $short KiB for 1 MB, $long KiB for $MEGABYTES MB"
	[ -n "$short" ] && [ -n "$long" ] || { complain "$pack: scan failed"; continue; }
	[ $((long - short)) -le "$GROWTH_MAX_KIB" ] || complain "$pack: memory grew by $((long - short)) KiB"
done

# A bomb is given up on, and soon.
head -c 512000000 /dev/zero | zstd -qc >"$work/bomb.zst"
"$bookgate" scan "$work/bomb.zst" | jq -e '.unscanned == "limit" and .decoded_bytes < 20000000' >/dev/null ||
    complain "a bomb was not stopped"
exit $bad

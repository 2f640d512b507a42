#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A full disk, a closed pipe, a store that is none, an interrupt: a clear
# message, the right exit code, and nothing half-written.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
sample=$(ls captures/samples/*/input.pcapng | head -n 1)
[ -n "$sample" ] || { echo "no sample captures"; exit 1; }

# expect CODE PATTERN COMMAND...
expect() {
	local code=$1 pattern=$2 got
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ "$got" = "$code" ] || complain "$*: exit $got, expected $code: $(cat "$work/err")"
	grep -qiE "$pattern" "$work/err" || complain "$*: message \"$(cat "$work/err")\" has no \"$pattern\""
}

# Standard output on a full device.
"$bookgate" replay "$sample" >/dev/full 2>"$work/err"
[ $? = 3 ] || complain "full device: wrong exit"
grep -q 'cannot write' "$work/err" || complain "full device: no message"

# The disk fills while storing: what was stored before is whole and readable.
"$bookgate" replay -s "$work/full.db" "$sample" >/dev/null || complain "store: exit $?"
before=$("$bookgate" events -s "$work/full.db" | wc -l)
size=$(stat -c %s "$work/full.db")
(ulimit -f $((size / 1024 + 40)); exec "$bookgate" replay --flows -s "$work/full.db" captures/samples/*/input.pcapng) >/dev/null 2>"$work/err"
[ $? = 3 ] || complain "disk full while storing: wrong exit: $(cat "$work/err")"
grep -qE 'full|large|disk|I/O' "$work/err" || complain "disk full: message \"$(cat "$work/err")\""
"$bookgate" events -s "$work/full.db" >"$work/after" || complain "the store cannot be read after the disk was full"
[ "$(wc -l <"$work/after")" -ge "$before" ] || complain "events were lost"

echo "this is no store" >"$work/none.db"
expect 1 'no store' "$bookgate" replay -s "$work/none.db" "$sample"
expect 3 'cannot|unable|no such' "$bookgate" replay -s "$work/no/such/folder.db" "$sample"
expect 2 'usage' "$bookgate" replay
expect 2 'no value for --jobs' "$bookgate" replay -j 0 "$sample"
expect 2 'usage' "$bookgate" replay --no-such-option "$sample"
expect 2 'usage' "$bookgate" no-such-command
expect 1 'no such file' "$bookgate" replay "$work/absent.pcap"

# A signal: what was found is printed, exit 128 + its number.
mkfifo "$work/pipe"
"$bookgate" replay - <"$work/pipe" >"$work/out" 2>/dev/null &
pid=$!
exec 7>"$work/pipe"
head -c 2000 "$sample" >&7
sleep 1
kill -INT "$pid"
wait "$pid"
[ $? = 130 ] || complain "SIGINT: wrong exit"
exec 7>&-
tail -n 1 "$work/out" | jq -e '.event_type == "stats" and .truncated' >/dev/null || complain "SIGINT: no stats"
exit $bad

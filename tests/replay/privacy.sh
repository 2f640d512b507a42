#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The people planted in the samples are found in the captures and nowhere
# else: not in events, messages, stores or reports; and the program leaves no
# core file.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"

# What was planted is read from the captures: their plain bodies carry it.
grep -aohE '[a-z0-9.]+@example\.(org|net|com)|(\+|%2B)[0-9]{9,15}' captures/samples/*/input.pcapng |
    sed 's/^%2B/+/' | sort -u >"$work/planted"
count=$(wc -l <"$work/planted")
[ "$count" -ge 100 ] || { echo "only $count planted identifiers found in the samples"; exit 1; }
# Digits alone too, and their unkeyed digests in hex.
sed -n 's/^+//p' "$work/planted" >"$work/digits"
head -n 40 "$work/planted" | while read -r one; do
	for sum in md5sum sha1sum sha256sum; do printf %s "$one" | $sum | cut -c1-32; done
done >"$work/hashes"
cat "$work/planted" "$work/digits" "$work/hashes" | sort -u >"$work/needles"

mkdir "$work/out"
"$bookgate" replay --flows captures/samples/*/input.pcapng >"$work/out/events" 2>"$work/out/messages"
"$bookgate" replay -s "$work/out/store.db" captures/samples/*/input.pcapng >/dev/null 2>>"$work/out/messages"
for format in html text csv json; do
	"$bookgate" report -s "$work/out/store.db" --from 1990-01-01 --to 2090-12-31 \
	    --format "$format" -o "$work/out/report.$format" 2>>"$work/out/messages"
done
if found=$(grep -raFlf "$work/needles" "$work/out"); then complain "planted contacts in: $found"; fi

# Under pseudonyms no source address is stored.
"$bookgate" replay --identity pseudonym -s "$work/pseudo.db" captures/samples/*/input.pcapng >/dev/null 2>&1
sources=$(jq -r 'select(.event_type=="contact_upload") | .src_ip' "$work/out/events" | sort -u)
for address in $sources; do
	if grep -aqF "\"$address\"" "$work"/pseudo.db*; then complain "the store holds $address under pseudonyms"; fi
done
mkfifo "$work/pipe"
"$bookgate" replay - <"$work/pipe" >/dev/null 2>&1 &
pid=$!
exec 7>"$work/pipe"
head -c 2000 "$(ls captures/samples/*/input.pcapng | head -n 1)" >&7
sleep 1
grep -qE '^Max core file size +0 ' "/proc/$pid/limits" || complain "a core file could be written"
exec 7>&-
wait "$pid"

[ -n "$sources" ] || complain "no source address to look for"
exit $bad

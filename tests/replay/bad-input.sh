#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files that are no captures, and captures that are damaged: a clear message,
# exit 1, and everything before the damage found, counted and printed.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"

# put FILE HEX...: writes bytes given in hex.
put() {
	local file=$work/$1 hex
	shift
	hex=$(printf '%s' "$*" | tr -d ' \n\t' | sed 's/../\\x&/g')
	# shellcheck disable=SC2059
	printf "$hex" >"$file"
}

# ran WHAT CODE: the last command, by its output in $work/out and err.
ran() {
	[ "$2" = 1 ] || complain "$1: exit $2, expected 1"
	grep -q '"event_type":"stats"' "$work/out" || complain "$1: no stats event"
	grep -q '"truncated":true' "$work/out" || complain "$1: stats is not marked as truncated"
}

# says WHAT PATTERN: so does standard error, in one line with the name.
says() {
	grep -E -- "$2" "$work/err" | grep -qF -- "$1" ||
	    complain "$1: \"$(cat "$work/err")\" does not say \"$2\""
	[ "$(wc -l <"$work/err")" = 1 ] || complain "$1: $(wc -l <"$work/err") lines on standard error"
}

# expect FILE PACKETS UNREADABLE PATTERN: replays a file made before.
expect() {
	"$bookgate" replay "$work/$1" >"$work/out" 2>"$work/err" </dev/null
	ran "$1" $?
	says "$1" "$4"
	grep -qE "\"packets\":$2[,}]" "$work/out" || complain "$1: not $2 packets: $(cat "$work/out")"
	grep -qE "\"unreadable\":$3[,}]" "$work/out" || complain "$1: not $3 unreadable: $(cat "$work/out")"
}

# A frame of 46 bytes: UDP from 192.0.2.1 to 198.51.100.2, and the formats around it.
frame="020000000002 020000000001 0800 45000020 00000000 40110000 c0000201 c6336402 03e80035000c0000 61626364"
header="d4c3b2a1 02000400 00000000 00000000 00000400 01000000"
record="00010000 01000000 2e000000 2e000000 $frame"
section="0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
interface="01000000 14000000 01000000 00000400 14000000"
packet() { # packet INTERFACE CAPLEN: an enhanced packet block, both in hex
	echo "06000000 50000000 $1 00000000 01000000 $2 2e000000 $frame 0000 50000000"
}
sound=$(packet 00000000 2e000000)

# No captures at all.
put empty ""
expect empty 0 0 'is empty'
printf 'date,from,to\n2026-11-21,a,b\n' >"$work/table.csv"
expect table.csv 0 0 'neither a pcap nor a pcapng'
put packed "$header $record" && cp "$work/packed" "$work/unpacked" && gzip -q "$work/packed"
expect packed.gz 0 0 'compressed with gzip.*gunzip -c'
mkdir "$work/folder"
expect folder 0 0 'is a directory'
expect absent 0 0 'No such file or directory'
put head-cut "d4c3b2a1 0200"
expect head-cut 0 0 'cut off after 6 bytes'
put old-version "d4c3b2a1 01000000 00000000 00000000 00000400 01000000"
expect old-version 0 0 'version 1.0'

# pcap: cut in a packet, in a record's header, lengths that cannot be.
put cut-data "$header $record" "00010000 01000000 2e000000 2e000000 0102"
expect cut-data 1 0 "byte 86, packet 2: the file ends within the packet's data"
put cut-header "$header $record 00010000"
expect cut-header 1 0 "byte 86, packet 2: the file ends within the packet's header"
put beyond-file "$header" "00010000 01000000 00010000 00010000 $frame"
expect beyond-file 0 0 "byte 24, packet 1: the file ends"
put over-limit "$header $record" "00010000 01000000 ffffff7f 2e000000 $frame $record"
expect over-limit 1 0 "byte 86, packet 2: .*2147483647 bytes.* limit"

# pcapng: block lengths that cannot be end the reading.
put ng-cut "$section $interface $sound 06000000 5000"
expect ng-cut 1 0 'byte 128, packet 2: the file ends within a block'
put ng-odd "$section $interface $sound 06000000 51000000 $sound"
expect ng-odd 1 0 'byte 128, packet 2: a block of 81 bytes'
put ng-short "$section $interface $sound 06000000 08000000 $sound"
expect ng-short 1 0 'byte 128, packet 2: a block of 8 bytes'
put ng-huge "$section $interface $sound 06000000 00000002 $sound"
expect ng-huge 1 0 'byte 128, packet 2: a block of 33554432 bytes'
put ng-differ "$section $interface $sound 05000000 10000000 00000000 14000000"
expect ng-differ 1 0 "byte 128, packet 2: a block's two lengths differ"
put ng-mark "0a0d0d0a 1c000000 00000000 01000000 ffffffffffffffff 1c000000"
expect ng-mark 0 0 'byte-order mark is wrong'

# pcapng: a wrong packet costs itself alone.
put ng-undeclared "$section $interface $(packet 05000000 2e000000) $sound"
expect ng-undeclared 2 1 'byte 48, packet 1: its interface, 5, was never declared'
put ng-caplen "$section $interface $(packet 00000000 ff000000) $sound $sound"
expect ng-caplen 3 1 "byte 48, packet 1: its captured length, 255 bytes, is over the block's room"

# Of several captures the reason names the one that is damaged, whoever reads it.
for jobs in 1 2; do
	"$bookgate" replay -j $jobs "$work/unpacked" "$work/cut-data" >"$work/out" 2>"$work/err"
	ran "two captures, -j $jobs" $?
	grep -q '"reason":"cut-data: byte 86, packet 2: ' "$work/out" ||
	    complain "two captures, -j $jobs: $(cat "$work/out")"
done
"$bookgate" replay "$work/cut-data" >"$work/out" 2>/dev/null
grep -q '"reason":"byte 86, packet 2: ' "$work/out" || complain "one capture: $(cat "$work/out")"
# A name that is no UTF-8 takes the reason not away; a long one leaves room for it.
odd=$work/$(printf 'b\374ro')
cp "$work/cut-data" "$odd"
"$bookgate" replay "$work/unpacked" "$odd" >"$work/out" 2>/dev/null
grep -q '"reason":"(name is not UTF-8): byte 86' "$work/out" || complain "a name in Latin-1: $(cat "$work/out")"
long=$(printf 'n%.0s' {1..58})ü$(printf 'n%.0s' {1..60})
cp "$work/cut-data" "$work/$long"
"$bookgate" replay "$work/unpacked" "$work/$long" >"$work/out" 2>/dev/null
grep -qE '"reason":"n{58}: byte 86, packet 2: ' "$work/out" || complain "a long name: $(cat "$work/out")"

# Standard input, cut.
head -c 100 "$work/cut-data" | "$bookgate" replay - >"$work/out" 2>"$work/err"
ran "standard input" $?
grep -q 'byte 86, packet 2' "$work/err" || complain "standard input: $(cat "$work/err")"

# Nobody may read it. Root may read all, so it becomes nobody for this.
put secret "$header $record"
chmod 000 "$work/secret"
as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
if [ ${#as[@]} = 0 ] || { chmod 755 "$work" && "${as[@]}" test -x "$bookgate" 2>/dev/null; }; then
	"${as[@]}" "$bookgate" replay "$work/secret" >"$work/out" 2>"$work/err"
	ran secret $?
	says secret 'Permission denied'
else
	echo "left out: the program cannot be run as nobody from here"
fi

# A link type that is not known: frames are counted, and the file is sound.
put unknown-link "d4c3b2a1 02000400 00000000 00000000 00000400 93000000 $record $record"
"$bookgate" replay "$work/unknown-link" >"$work/out" 2>"$work/err" || complain "unknown-link: exit $?"
grep -q '"unreadable":2' "$work/out" || complain "unknown-link: $(cat "$work/out")"
grep -q '"truncated":false' "$work/out" || complain "unknown-link: called truncated"

# Damage at the very end of a sample takes no event away. A fourth of the
# samples says as much as all, in a fourth of the time.
count=0
for sample in captures/samples/*/input.pcapng; do
	[ -e "$sample" ] || { complain "no sample captures"; break; }
	count=$((count + 1))
	[ $((count % 4)) = 1 ] || continue
	"$bookgate" replay --flows "$sample" >"$work/whole" 2>"$work/err" || complain "$sample: exit $?"
	{ cat "$sample"; printf '\6\0\0\0\7\0\0\0\0\0\0\0'; } >"$work/damaged"
	"$bookgate" replay --flows "$work/damaged" >"$work/out" 2>"$work/err"
	ran "$sample, damaged" $?
	diff <(grep -v '"event_type":"stats"' "$work/whole") <(grep -v '"event_type":"stats"' "$work/out") \
	    >/dev/null || complain "$sample: damage at the end changed the events"
	cut=$(($(stat -c %s "$sample") / 2 + 1))
	head -c "$cut" "$sample" >"$work/half"
	"$bookgate" replay --flows "$work/half" >"$work/out" 2>"$work/err"
	ran "$sample, cut at byte $cut" $?
done

exit $bad

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Are our labels those of nDPI's own reader? The adapter skips most packets;
# this replays public captures and compares every flow with what Debian's
# ndpiReader 4.2 (-q -v 2) said of it. At least 98 % must be equal, and each
# flow that differs must stand, with a reason, in labels-differences.csv.
#
# A flow that we end (idle, closed) and begin again is several of ours and one
# of the reader's: one of ours must have its label.
set -eu
cd "$(dirname "$0")/../.."

bookgate=${BOOKGATE:-build/bookgate}
captures=${LABEL_CAPTURES:-../shared/captures}
known=tests/replay/labels-differences.csv
PERCENT=98

if [ ! -d "$captures/expected" ]; then
	echo "no captures with known labels at $captures; LABEL_CAPTURES names another folder"
	exit 77
fi
if ! "$bookgate" -V | grep -q 'nDPI 4\.2'; then
	echo "the known labels are those of nDPI 4.2, and this is another"
	exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# FILE -> lines "file,l4,address,port,address,port,label", lower end first.
ours() {
	local code=0

	"$bookgate" replay --flows "$captures/$1" >"$dir/events" 2>"$dir/errors" || code=$?
	# Exit 1 is a damaged capture, read as far as it goes: then too there is a sum.
	if [ $code -gt 1 ] || ! grep -q '"event_type":"stats"' "$dir/events"; then
		echo "FAIL labels: $1: exit $code" >&2
		cat "$dir/errors" >&2
		return 1
	fi
	jq -r --arg file "$1" 'select(.event_type == "flow") |
	    ({TCP: 6, UDP: 17, ICMP: 1, "IPv6-ICMP": 58, IGMP: 2, SCTP: 132, GRE: 47,
	    ESP: 50}[.proto] // .proto) as $l4 |
	    ([[.src_ip, .src_port // 0], [.dest_ip, .dest_port // 0]] |
	    map([(.[0] | sub(":0:"; "::")), .[1]] | map(tostring)) | sort) as $ends |
	    [$file, ($l4 | tostring), $ends[0][], $ends[1][], .app.ndpi] | join(",")' \
	    "$dir/events"
}

# The reader prints the first ":0:" of an IPv6 address as "::"; so do we above.
theirs() {
	tail -qn +2 "$captures"/expected/*.ndpi42.csv | awk -F, -v OFS=, '{
		swap = $3 "" > $5 "" || ($3 == $5 && $4 "" > $6 "")
		print $1, $2, swap ? $5 : $3, swap ? $6 : $4, swap ? $3 : $5, swap ? $4 : $6, $8
	}'
}

export LC_ALL=C
theirs >"$dir/theirs"
cut -d, -f1 "$dir/theirs" | sort -u >"$dir/files"
while read -r file; do
	ours "$file" || exit 1
done <"$dir/files" >"$dir/ours"

# Compares, and writes what differs as rows of the list of differences.
touch "$dir/differ"
awk -F, -v OFS=, -v percent=$PERCENT -v found="$dir/differ" '
{ key = $1 OFS $2 OFS $3 OFS $4 OFS $5 OFS $6 }
FNR == NR { labels[key] = labels[key] "|" $7 "|"; last[key] = $7; next }
{
	flows++
	if (index(labels[key], "|" $7 "|"))
		equal++
	else
		print key, $7, (key in last ? last[key] : "-") > found
}
END {
	printf "%d flows, %d labels equal, %.2f %%\n", flows, equal, 100 * equal / flows
	exit 100 * equal < percent * flows
}' "$dir/ours" "$dir/theirs" || {
	echo "FAIL labels: fewer than $PERCENT % equal" >&2
	exit 1
}

# Each difference must have its reason; a reason without its difference is told.
grep -v '^#' "$known" | tail -n +2 | cut -d, -f1-8 | sort >"$dir/known"
sort "$dir/differ" >"$dir/differ.sorted"
comm -23 "$dir/known" "$dir/differ.sorted" | sed "s|^|listed in $known, but equal now: |"
comm -13 "$dir/known" "$dir/differ.sorted" >"$dir/unlisted"
if [ -s "$dir/unlisted" ]; then
	echo "FAIL labels: differ, and $known does not say why:" >&2
	cat "$dir/unlisted" >&2
	exit 1
fi

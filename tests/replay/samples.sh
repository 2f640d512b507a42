#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Each sample capture is replayed. Its events must be those that are stored
# beside it, byte for byte but for the place of the address, and must agree with
# what its scripts planted: as many uploads, to that service, by that method,
# with the true number of contacts inside the range. The second check knows
# nothing of the first.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
complain() { echo "$name: $*"; bad=1; }

# The address database of the day says nothing of the program.
placeless() { sed -E 's/"dest_geo":\{[^}]*\}/"dest_geo":null/'; }

# Prints a sentence for each difference between truth and events.
# "*" in the truth: any; null as service or call: none is known.
# shellcheck disable=SC2016
differences='
def same($want; $have): $want == "*" or $want == $have;
def inside($want): .contacts as $c
	| if $c.method == "endpoint" then $c.best == null
	  elif $want.exact or $c.method == "content" then
		$c.low <= $want.n and $want.n <= $c.high and $c.best == $want.n
	  else $c.low != null and $c.low <= $want.n and $want.n <= $c.high end;
def differs($want):
	if (same($want.service; .service) | not) then "service \(.service), not \($want.service)"
	elif (same($want.call; .call) | not) then "call \(.call), not \($want.call)"
	elif (same($want.method; .contacts.method) | not) then
		"method \(.contacts.method), not \($want.method)"
	elif (inside($want) | not) then
		"\($want.n) contacts, said \(.contacts.low)..\(.contacts.best)..\(.contacts.high)"
	else empty end;
($truth[0]) as $truth
| map(select(.event_type == "contact_upload")) as $uploads
| (map(select(.event_type == "stats")) | last) as $stats
| (if ($uploads | length) != ($truth.uploads | length) then
	"\($uploads | length) uploads, not \($truth.uploads | length)"
   else [$uploads, $truth.uploads] | transpose[] | .[1] as $want | .[0] | differs($want) end),
  (if $truth.below_threshold != null and $stats.below_threshold != $truth.below_threshold then
	"\($stats.below_threshold) below the threshold, not \($truth.below_threshold)"
   else empty end),
  (if ($stats.unscanned | add) != $truth.unscanned then
	"\($stats.unscanned | add) bodies not scanned, not \($truth.unscanned)"
   else empty end),
  (if $stats.unreadable != 0 then "\($stats.unreadable) frames not read" else empty end),
  (if $stats.truncated != false then "read as truncated: \($stats.reason // $stats.truncated)"
   else empty end),
  ($uploads[] | select(.bytes.up <= 0 or .bytes.forwarded != .bytes.up)
	| "bytes up \(.bytes.up), forwarded \(.bytes.forwarded)")'

check() {	# one sample
	if ! "$bookgate" replay --identity address "captures/samples/$name/input.pcapng" \
	    > "$work/events" 2> "$work/messages"; then
		complain "not read to the end: $(head -n 1 "$work/messages")"
		return
	fi
	[ ! -s "$work/messages" ] || complain "a message: $(head -n 1 "$work/messages")"
	if [ -e "captures/samples/$name/expect.ndjson" ]; then
		placeless < "$work/events" > "$work/placeless"
		cmp -s "$work/placeless" "captures/samples/$name/expect.ndjson" ||
		    complain "not as expected (<) but (>): $(diff \
		        <(jq -S . "captures/samples/$name/expect.ndjson") \
		        <(jq -S . "$work/placeless") | head -n 8)"
	else
		complain 'no expect.ndjson'
	fi
	jq -rs --slurpfile truth "captures/samples/$name/truth.json" "$differences" \
	    "$work/events" > "$work/differences" || complain 'events that jq cannot read'
	while read -r sentence; do complain "$sentence"; done < "$work/differences"
}

# A capture that stops in the middle: what was before is found as ever, the
# body that broke off is not taken for the whole, and the stats say so.
check_cut() {
	name='http-contacts, cut'
	head -c 24000 captures/samples/http-contacts/input.pcapng > "$work/cut.pcapng"
	"$bookgate" replay "$work/cut.pcapng" > "$work/events" 2> /dev/null
	[ $? -eq 1 ] || complain 'a cut capture did not end with exit code 1'
	jq -es 'last | .truncated == true and (.reason | length > 0)' "$work/events" > /dev/null ||
	    complain 'the stats do not say truncated, and why'
	jq -es '[.[] | select(.event_type == "contact_upload") | .contacts] as $found
		| ($found[0] | .low == 25 and .high == 25) and ($found | length <= 2)
		  and ($found[1:] | all(.low <= 240 and (.high == null or .high >= 240)))' \
	    "$work/events" > /dev/null || complain 'not what was to be found before the cut'
}

count=0
for name in captures/samples/*/input.pcapng; do
	name=$(basename "$(dirname "$name")")
	count=$((count + 1))
	check
done
check_cut
name=samples
[ $count -ge 40 ] || complain "only $count samples"
echo "$count samples"
exit $bad

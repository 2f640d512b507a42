#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration: every sample capture into a store, what was found as a
# table, and the transfer report in each language. Exit 0 only if all worked.
set -euo pipefail
cd "$(dirname "$0")/.."
bookgate=${BOOKGATE:-build/bookgate}
out=${DEMO:-build/demo}

bold="" plain=""
if [ -t 1 ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi
title() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
die() { echo "demo.sh: $*" >&2; exit 1; }

# One line an upload; words and numbers only, each cut to its column.
# shellcheck disable=SC2016
table='
def pad($n): tostring | if length > $n then .[:$n - 1] + "…" else . + " " * ($n - length) end;
def right($n): tostring | " " * ([$n - length, 0] | max) + .;
def people: .contacts as $c
	| if $c.best == null then (if $c.low == null then "unknown" else "\($c.low) or more" end)
	  elif $c.high == null then "\($c.low) or more"
	  elif $c.low == $c.high then "\($c.best)"
	  else "\($c.best) (\($c.low)–\($c.high))" end;
def row($service; $people; $method; $recipient; $law; $action; $times):
	($service | pad(31)) + ($people | right(17)) + "  " + ($method | pad(18))
	+ ($recipient | pad(21)) + ($law | pad(12)) + ($action | pad(8)) + $times;
def line: row(if .service then "\(.service) / \(.call)" else "(\(.host // .dest_ip))" end; people;
	"\(.contacts.method), \(.contacts.confidence // "-")";
	"\(.recipient.id) \(.recipient.country // "")"; .transfer.status // "-"; .verdict.action; "");
row("service / call, or (host)"; "people (range)"; "method"; "recipient"; "footing"; "verdict"; "times"),
("-" * 112),
(map([.service == null, .service // "", .contacts.best // -1, line]) | group_by(.)[]
	| first[3] + (length | tostring)),
"", "\(length) uploads"'

samples=(captures/samples/*/input.pcapng)
[ -e "${samples[0]}" ] || die 'no sample captures below captures/samples'
rm -rf "$out"
mkdir -p "$out"

title "Replaying ${#samples[@]} sample captures"
"$bookgate" replay -s "$out/samples.db" "${samples[@]}" > /dev/null || die 'replay failed'
"$bookgate" events -s "$out/samples.db" > "$out/events.ndjson" || die 'the store cannot be read'

title 'Uploads of contacts found'
jq -rs "map(select(.event_type == \"contact_upload\")) | $table" "$out/events.ndjson"

days=$(jq -rs 'map(select(.event_type == "contact_upload").timestamp[:10]) | sort
	| if length == 0 then empty else "\(first) \(last)" end' "$out/events.ndjson")
[ -n "$days" ] || die 'nothing was found in the samples'
from=${days% *} to=${days#* }

title "The transfer report, $from to $to"
for language in en nl de pl; do
	"$bookgate" report -s "$out/samples.db" --from "$from" --to "$to" --lang "$language" \
	    --format html -o "$out/report-$language.html" || die "no report in $language"
	[ -s "$out/report-$language.html" ] || die "the report in $language is empty"
	printf '  %s  %s\n' "$language" "$out/report-$language.html"
done
printf '\nEvents as NDJSON: %s\nThe store:        %s\n' "$out/events.ndjson" "$out/samples.db"

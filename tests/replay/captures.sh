#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Other people's recordings: each is read to its end or its fault, in less
# than five seconds, and none yields a contact upload above "low" confidence,
# for none holds a proven one.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
folder=../shared/captures
[ -d "$folder" ] || skip "$folder is not here"

# A sanitised program is slower by an order; it must end all the same.
case $bookgate in */san/*) seconds=50 ;; *) seconds=5 ;; esac
count=0
for file in "$folder"/*/*.pcap "$folder"/*/*.pcapng; do
	timeout "$seconds" "$bookgate" replay --flows "$file" >"$work/events" 2>"$work/messages" </dev/null
	code=$?
	count=$((count + 1))
	case $code in
	0) ;;
	1) tail -n 1 "$work/events" | jq -e '.truncated and (.reason | length > 0)' >/dev/null ||
		complain "$file: exit 1 and no reason" ;;
	124) complain "$file: not read in $seconds s" ;;
	*) complain "$file: exit $code: $(head -n 3 "$work/messages")" ;;
	esac
	tail -n 1 "$work/events" | jq -e '.event_type == "stats"' >/dev/null || complain "$file: no stats"
	jq -r --arg file "${file#"$folder"/}" 'select(.event_type == "contact_upload" and
	    .contacts.confidence != "low") | "\($file): \(.host) \(.service)/\(.call) \(.contacts)"' \
	    "$work/events" >"$work/loud"
	[ ! -s "$work/loud" ] || complain "above low confidence: $(cat "$work/loud")"
done
echo "$count captures"
[ "$count" -gt 100 ] || complain "only $count captures found"
exit $bad

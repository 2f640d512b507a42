#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Parity: what the proxy says of an exchange, and what a replay of its capture
# with the client's key log says, is the same evidence and the same verdict.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

FORMATS="240.json 240.vcf 240.form 240.discord 5000.json 19.json telemetry.json harmless.json"

e2e_require tcpdump
e2e_up
node "$E2E/bodies.mjs" "$RUN/bodies" || die "no bodies"
export SSLKEYLOGFILE=$RUN/keys

upload() {	# upload VERSION NAME TYPE MORE...
	inside phone curl -sS -4 -m 20 "--$1" --cacert "$RUN/ca.pem" -o /dev/null -H "content-type: $3" \
	    --data-binary "@$RUN/bodies/$2" "${@:4}" "https://discord.com/upload"
}

type_of() {
	case $1 in
	*.vcf) echo text/vcard ;;
	*.form) echo application/x-www-form-urlencoded ;;
	*) echo application/json ;;
	esac
}

exchanges() {
	local version name
	for version in http1.1 http2; do
		for name in $FORMATS; do upload "$version" "$name" "$(type_of "$name")"; done
		upload "$version" 240.json.gz application/json -H 'content-encoding: gzip'
	done
}

# What must be the same. Bytes, times and the door differ; so does what a policy could enforce.
# Of many identifiers the distinct ones are estimated, with a key of each process.
essence() {
	jq -cS 'select(.event_type == "contact_upload") |
	    if .contacts.best > 1000 then .identifiers |= map_values(. > 0) else . end | {host, host_source, service, call, recipient, contacts,
	    identifiers, payload, transfer, verdict: (.verdict | {action, rule})}' | LC_ALL=C sort
}

compare() {	# compare ACTION
	bookgate_config "$RUN/$1.yaml" "then=$1"
	sed -i "s#^store:.*#store: $RUN/$1.db#" "$RUN/$1.yaml"
	bookgate_start "$RUN/$1.yaml" || die "the program did not start"
	: > "$SSLKEYLOGFILE"
	ip netns exec "$TAG-phone" tcpdump -q -U -s 0 -B 16384 -i eth0 -w "$RUN/$1.pcap" tcp port 443 2>"$RUN/tcpdump.log" &
	local tcpdump=$!
	wait_for 5 grep -q listening "$RUN/tcpdump.log"
	exchanges
	sleep 1
	kill "$tcpdump"
	wait "$tcpdump"
	bookgate_stop
	"$BOOKGATE" events -s "$RUN/$1.db" | essence > "$RUN/$1.proxy"
	"$BOOKGATE" replay -c "$RUN/$1.yaml" -k "$SSLKEYLOGFILE" "$RUN/$1.pcap" | essence > "$RUN/$1.replay"
	echo "$1: $(wc -l < "$RUN/$1.proxy") events of the proxy, $(wc -l < "$RUN/$1.replay") of the replay"
	[ -s "$RUN/$1.proxy" ] && diff "$RUN/$1.proxy" "$RUN/$1.replay"
}

code=0
compare log || code=1
compare block || code=1
exit $code

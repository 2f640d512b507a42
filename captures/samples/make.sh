#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Records the sample captures from real clients and servers in network
# namespaces of its own, and keeps what `bookgate replay` must say of them.
#
#	make.sh [NAME...]		records all samples, or those named
#	make.sh --expect [NAME...]	writes expect.ndjson from the program; check
#					it against truth.json before it is kept
#
# Needs root, and the packages that `sh tests/deps.sh samples` installs.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
SCRIPTS=$here/scripts
BOOKGATE=${BOOKGATE:-$root/build/bookgate}

# Samples that are not plain recordings of the gateway's interface.
declare -A CONVERT=(
	[link-sll]='--wrap sll' [link-vlan]='--wrap vlan' [link-qinq]='--wrap qinq'
	[link-pppoe]='--wrap pppoe' [link-mpls]='--wrap mpls' [link-raw]='--wrap raw'
	[link-null]='--wrap null' [tunnel-gre]='--wrap gre' [tunnel-ipip]='--wrap ipip'
	[tunnel-6in4]='--wrap ipip' [tunnel-4in6]='--wrap 4in6'
	[tcp-fragments]='--wrap fragments' [tcp-disorder]='--disorder'
)

sample_names() {
	declare -F | sed -n 's/^declare -f scene_//p' | tr _ -
}

# The npm clients live in a directory of their own, outside the tree.
clients_install() {
	cp "$SCRIPTS"/*.mjs "$SCRIPTS"/*.json "$WORK/clients/"
	(cd "$WORK/clients" && npm ci --ignore-scripts --omit=optional --legacy-peer-deps \
		--no-audit --no-fund --silent)
	SCRIPTS=$WORK/clients
}

record() {	# name
	local name=$1 face=$GATE_PHONE dump=$WORK/$1.pcap
	# The "any" pseudo-device is what gives Linux's cooked header; one address
	# family and one direction of the copy through the gateway is enough.
	[ "$name" = link-sll2 ] && face=any
	local filter=(not arp and not icmp6 and not "(ip6 protochain 58)")
	[ "$face" = any ] && filter=('(inbound and src net 192.0.2.0/24) or (outbound and dst net 192.0.2.0/24)')
	# What has to be there before, unrecorded.
	if declare -F "prepare_${name//-/_}" > /dev/null; then
		"prepare_${name//-/_}"
	fi
	ip netns exec $NS_GATE tcpdump -Z root -q --immediate-mode -i "$face" -s 0 -U -w "$dump" "${filter[@]}" 2> "$WORK/tcpdump.log" &
	local dumper=$!
	for _ in $(seq 50); do
		grep -q listening "$WORK/tcpdump.log" && break
		sleep 0.1
	done
	"scene_${name//-/_}"
	sleep 0.4
	kill -INT $dumper
	wait $dumper || true
	mkdir -p "$here/$name"
	[ -e "$WORK/$name.keys" ] && CONVERT[$name]="--keys $WORK/$name.keys"
	# shellcheck disable=SC2086
	node "$SCRIPTS/pcapng.mjs" ${CONVERT[$name]:-} "$dump" "$here/$name/input.pcapng"
	printf '%-22s %8d bytes\n' "$name" "$(stat -c %s "$here/$name/input.pcapng")"
}

record_all() {
	local name
	[ "$(id -u)" = 0 ] || { echo 'make.sh: recording needs root' >&2; exit 3; }
	WORK=$(mktemp -d)
	CERTS=$WORK/certificates
	mkdir -p "$CERTS" "$WORK/clients"
	trap 'lab_down; rm -rf "$WORK"' EXIT
	clients_install
	lab_certificates
	lab_up
	lab_servers
	for name in "$@"; do
		record "$name"
	done
}

# Without the place of the address: the database changes, the program does not.
expect_all() {
	local name status
	for name in "$@"; do
		status=0
		"$BOOKGATE" replay --identity address "$here/$name/input.pcapng" |
			sed -E 's/"dest_geo":\{[^}]*\}/"dest_geo":null/' \
			> "$here/$name/expect.ndjson.tmp" || status=$?
		[ $status -eq 0 ] || { echo "make.sh: $name: exit $status" >&2; exit 1; }
		mv "$here/$name/expect.ndjson.tmp" "$here/$name/expect.ndjson"
	done
}

# shellcheck source=scripts/lab.sh
. "$SCRIPTS/lab.sh"
# shellcheck source=scripts/scenes.sh
. "$SCRIPTS/scenes.sh"
# shellcheck source=scripts/scenes-apps.sh
. "$SCRIPTS/scenes-apps.sh"
# shellcheck source=scripts/scenes-carriers.sh
. "$SCRIPTS/scenes-carriers.sh"

action=record_all
[ "${1:-}" = --expect ] && { action=expect_all; shift; }
[ $# -gt 0 ] || mapfile -t names < <(sample_names)
$action "${@:-${names[@]}}"

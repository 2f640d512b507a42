#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Diversion in the kernel: a phone, a gateway and a server in network namespaces
# of their own, IPv4 and IPv6, REDIRECT and TPROXY, `on_failure` open and closed.
# Who is diverted and who is not, where the proxy is told they were going, that
# QUIC is refused to the very same, that a proxy that is gone lets traffic pass
# (or not), that what was there before lives on, and that no trace remains.
# Functions are called by name: by trap, and by what waits or compares.
# shellcheck disable=SC2317
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
need ip nft setpriv
export BOOKGATE_RULES=$PWD/rules
[ "$(id -u)" = 0 ] || skip 'network namespaces need root'
tag=bgv-$$
ip netns add $tag-gate 2>/dev/null || skip 'network namespaces cannot be made here'
ip netns exec $tag-gate nft list ruleset >/dev/null 2>&1 || {
	ip netns del $tag-gate
	skip 'nftables cannot be used in a network namespace here'
}
started=()
clean() {
	exec 7>&- 8>&-
	[ ${#started[@]} = 0 ] || kill "${started[@]}" 2>/dev/null
	for space in phone gate server; do ip netns del "$tag-$space" 2>/dev/null; done
	[ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap clean EXIT
trap '' PIPE		# a connection that ended is complained about, and no end of the test

echo_=$build/proxy-test/origdst_echo
[ -x "$echo_" ] || make -s B="$build" "$echo_" >/dev/null || exit 1
in_() { local space=$1; shift; ip netns exec "$tag-$space" "$@"; }
phone() { in_ phone "$echo_" "$@"; }
gate() { in_ gate "$echo_" "$@"; }
divert() { in_ gate "$bookgate" divert "$@"; }

# ---- the office -----------------------------------------------------------------

S4=203.0.113.10 S6=2001:db8:2::10	# the server
G4=192.0.2.1 G6=2001:db8:1::1		# the gateway, as the phone sees it
# The phone as a guest: in a network of guests, and within the staff's network.
GUESTS="198.51.100.10 192.0.2.200 2001:db8:3::10"

ip netns add $tag-phone && ip netns add $tag-server || exit 1
for space in phone gate server; do
	ip -n $tag-$space link set lo up
	in_ $space sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
		echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
done
link() {	# space, its interface, its addresses...; the gateway's end is named after the space
	local space=$1 address
	shift
	ip link add eth0 netns $tag-"$space" type veth peer name "$space" netns $tag-gate
	for address; do ip -n $tag-"$space" addr add "$address" dev eth0; done
	ip -n $tag-"$space" link set eth0 up
	ip -n $tag-gate link set "$space" up
}
link phone 192.0.2.10/24 192.0.2.200/24 198.51.100.10/24 2001:db8:1::10/64
# deprecated: not chosen unless it is asked for
ip -n $tag-phone addr add 2001:db8:3::10/64 dev eth0 preferred_lft 0
link server $S4/24 $S6/64
for address in $G4/24 198.51.100.1/24 $G6/64 2001:db8:3::1/64; do
	ip -n $tag-gate addr add "$address" dev phone
done
ip -n $tag-gate addr add 203.0.113.1/24 dev server
ip -n $tag-gate addr add 2001:db8:2::1/64 dev server
ip -n $tag-phone route add default via $G4
ip -n $tag-phone -6 route add default via $G6
ip -n $tag-server route add default via 203.0.113.1
ip -n $tag-server -6 route add default via 2001:db8:2::1

configure() {	# engine, on_failure
	cat >"$work/conf.yaml" <<-END
	interception: {dpia: D-1, works_council: W-1, notice_since: 2026-01-01, listen: 8443, divert: $1}
	groups:
	  guests: {networks: [198.51.100.0/24, "2001:db8:3::/64", 192.0.2.128/25]}
	  staff: {networks: [192.0.2.0/24, "2001:db8:1::/64", 203.0.113.1/32, "2001:db8:2::1/128"]}
	inspect: [{groups: [staff], services: [facebook]}]
	on_failure: $2
	END
}

start() {	# space, role...: until it is ready; its process id is in $!
	local out=$work/out.${#started[@]}
	ip netns exec "$tag-$1" "$echo_" "${@:2}" >"$out" 2>&1 &
	started+=($!)
	for _ in $(seq 100); do
		grep -q ready "$out" && return
		sleep 0.05
	done
	cat "$out"
	complain "$* did not start"
}

# ---- what is expected -------------------------------------------------------------

try() {	# where, what, expected, command...
	local name=$1 want=$2 got
	shift 2
	got=$("$@" 2>&1)
	[ "$got" = "$want" ] || complain "$name: \"$got\" instead of \"$want\""
}

state() { in_ gate sh -c 'nft list ruleset; ip -4 rule; ip -6 rule; ip route show table all; ip -6 route show table all' |
	sed 's/expires [0-9a-z]*//; s/expires [0-9]*sec//'; }

passes() {	# name: everybody reaches the server itself
	local to
	for to in $S4 $S6; do
		try "$1: $to" server phone ask "$to" 443
		try "$1: UDP to $to" server phone udp "$to" 443
	done
}

diverts() {	# name: staff are diverted, and only they, and only there
	local to from port
	for to in $S4 $S6; do
		for port in 443 5222; do
			try "$1: $to $port" "diverted $to $port" phone ask "$to" "$port"
		done
		# 8443 is the listener's own port: elsewhere it is nothing special
		for port in 8080 8443; do
			try "$1: $to $port" server phone ask "$to" "$port"
		done
		try "$1: QUIC to $to" refused phone udp "$to" 443
		try "$1: UDP 8080 to $to" server phone udp "$to" 8080
		try "$1: our own to $to" server gate own "$to" 443
	done
	for from in $GUESTS; do
		case $from in *:*) to=$S6 ;; *) to=$S4 ;; esac
		try "$1: guest $from" server phone ask $to 443 "$from"
		try "$1: guest's QUIC $from" server phone udp $to 443 "$from"
	done
	for to in $G4 $G6; do
		try "$1: to the gateway's port" "direct $to 8443" phone ask "$to" 8443
		try "$1: to the gateway's own service" gateway phone ask "$to" 443
		try "$1: the gateway to itself" "loop $to 8443" gate own "$to" 8443
	done
	try "$1: loopback" 'loop 127.0.0.1 8443' gate own 127.0.0.1 8443
}

# What we sent, routed back to us by somebody's mistake, is not taken again.
# Only TPROXY looks at such packets; to REDIRECT the connection is an old one.
comes_back() {
	local family to
	for family in -4 -6; do
		ip -n $tag-gate $family rule add pref 77 fwmark 0x62670001 lookup 77
	done
	ip -n $tag-gate -4 route add local default dev lo src 203.0.113.1 table 77
	ip -n $tag-gate -6 route add local default dev lo src 2001:db8:2::1 table 77
	for to in $S4 $S6; do try "ours come back: $to" gateway gate own "$to" 443; done
	for family in -4 -6; do
		ip -n $tag-gate $family rule del pref 77
		ip -n $tag-gate $family route flush table 77
	done
}

kept() {	# name, descriptor to write to, file it is printed to: a connection that lives
	local before
	before=$(wc -l <"$3")
	echo on >&"$2"
	for _ in $(seq 60); do
		[ "$(wc -l <"$3")" -gt "$before" ] && break
		sleep 0.05
	done
	if [ "$(tail -n 1 "$3")" != on ] || [ "$(wc -l <"$3")" -le "$before" ]; then
		complain "$1: the connection ended"
	fi
}

keep() {	# descriptor, file, greeting expected
	rm -f "$work/pipe"
	mkfifo "$work/pipe"
	ip netns exec $tag-phone "$echo_" keep $S4 443 <"$work/pipe" >"$2" 2>&1 &
	started+=($!)
	eval "exec $1>\"$work/pipe\""
	for _ in $(seq 60); do [ -s "$2" ] && break; sleep 0.05; done
	[ "$(cat "$2")" = "$3" ] || complain "a connection to keep: $(cat "$2")"
}

ok() {	# expected exit code, command...
	local want=$1 code
	shift
	"$@" >"$work/said" 2>&1
	code=$?
	[ $code = "$want" ] || { complain "$*: exit $code instead of $want"; cat "$work/said"; }
}

start server serve server 443 5222 8080 8443
start gate serve gateway 443
other='add table inet other; add chain inet other kept { type filter hook input priority 0; }'
in_ gate nft "$other"
before=$(state)
passes 'before'

# ---- each engine ---------------------------------------------------------------------

for engine in tproxy redirect; do
	configure $engine open
	keep 7 "$work/old.$engine" server
	start gate listen $engine 8443
	listener=$!
	ok 0 divert apply -c "$work/conf.yaml"
	passes "$engine, nobody says it lives"
	applied=$(state)
	ok 0 divert apply -c "$work/conf.yaml"
	[ "$(state)" = "$applied" ] || complain "$engine: applied twice is not the same as once"

	ok 0 divert alive -c "$work/conf.yaml" --seconds 60
	diverts $engine
	[ $engine = redirect ] || comes_back
	kept "$engine: older than the rules" 7 "$work/old.$engine"
	keep 8 "$work/new.$engine" "diverted $S4 443"

	# somebody loads a firewall of their own: the next word puts the rules back
	in_ gate nft flush ruleset
	in_ gate nft -f - <<<"$other"
	try "$engine, flushed" server phone udp $S4 443
	ok 0 divert alive -c "$work/conf.yaml" --seconds 60
	try "$engine, put back" refused phone udp $S4 443
	try "$engine, put back" "diverted $S4 443" phone ask $S4 443

	# it is silent from now on: the last word holds, not the longest
	ok 0 divert alive -c "$work/conf.yaml" --seconds 2
	try "$engine, still alive" "diverted $S4 443" phone ask $S4 443
	sleep 2.5
	passes "$engine, silent"
	kept "$engine: diverted before the silence" 8 "$work/new.$engine"

	# a dead one: whoever comes while its last word holds is refused, or let pass
	exec 7>&- 8>&-
	ok 0 divert alive -c "$work/conf.yaml" --seconds 2
	kill $listener
	wait $listener 2>/dev/null
	[ $engine = redirect ] && want=refused || want=server
	try "$engine, dead" "$want" phone ask $S4 443
	sleep 2.5
	passes "$engine, dead for long"

	configure $engine closed
	ok 0 divert apply -c "$work/conf.yaml"
	in_ gate nft delete table inet bookgate
	ok 0 divert alive -c "$work/conf.yaml"
	grep -q 'put back' "$work/said" || complain "$engine, closed: gone, and nobody says so"
	ok 0 divert alive -c "$work/conf.yaml"
	grep -q 'put back' "$work/said" && complain "$engine, closed: put back twice"
	for to in $S4 $S6; do
		try "$engine, closed and dead: $to" refused phone ask "$to" 443
		try "$engine, closed and dead: QUIC to $to" refused phone udp "$to" 443
	done
	try "$engine, closed and dead: guest" server phone ask $S4 443 198.51.100.10
	start gate listen $engine 8443
	listener=$!
	diverts "$engine, closed"
	kill $listener
	wait $listener 2>/dev/null
	ok 0 divert remove
	[ ! -s "$work/said" ] || complain "$engine: nobody lives, and remove says: $(cat "$work/said")"
done

# ---- no trace, and exit codes -----------------------------------------------------------

# Needs no configuration to know of a word that still holds.
configure redirect open
ok 0 divert apply -c "$work/conf.yaml"
ok 0 divert alive -c "$work/conf.yaml"
ok 0 divert remove
grep -q 'seems to run' "$work/said" || complain 'the appliance lives, and remove does not say so'
ok 0 divert remove
grep -q 'seems to run' "$work/said" && complain 'remove says twice that the appliance lives'

configure tproxy open
ok 0 divert apply -c "$work/conf.yaml"
[ "$(state)" != "$before" ] || complain 'applied, and nothing is there'
configure redirect open
ok 0 divert apply -c "$work/conf.yaml"
ip -n $tag-gate rule | grep -q 62670002 && complain "TPROXY's rule outlived it"
ok 0 divert remove
[ "$(state)" = "$before" ] || { complain 'remove leaves a trace'; diff <(echo "$before") <(state); }
ok 0 divert remove
[ "$(state)" = "$before" ] || complain 'removing twice leaves a trace'
in_ gate nft delete table inet other
[ -z "$(in_ gate nft list ruleset)" ] || complain 'something is left'

configure tproxy open
ok 3 in_ gate setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$bookgate" divert apply -c "$work/conf.yaml"
sed -i 's/dpia: D-1, //' "$work/conf.yaml"
ok 1 divert apply -c "$work/conf.yaml"
grep -q DPIA "$work/said" || complain 'what is missing is not named'
echo 'interception: {divert: nat}' >"$work/conf.yaml"
ok 1 divert apply -c "$work/conf.yaml"
ok 0 divert remove -c "$work/conf.yaml"
ok 2 divert
ok 2 divert shake
ok 2 divert alive --seconds 0
configure none open
ok 0 divert apply -c "$work/conf.yaml"
[ -z "$(in_ gate nft list ruleset)" ] || complain '"none" made rules'
exit $bad

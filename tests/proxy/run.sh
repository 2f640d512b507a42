#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The life of the appliance: start and status, reload with a good and with a
# bad configuration, processes that are killed and replaced, the end; what the
# gate refuses; and that nothing is left behind. The appliance runs in a network
# namespace of its own, with a phone in another, where these can be made; without
# them what needs a phone or the kernel's diversion is left out.
# Functions are called by name: by trap, and by what waits or compares.
# shellcheck disable=SC2317
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
export BOOKGATE_RULES=$PWD/rules BOOKGATE_GEO=none
# Looking for leaks means tracing, which nobody may do to the appliance.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
need jq
conf=$work/bookgate.yaml
port=$((20000 + $$ % 20000))
run=			# the pid of the appliance
spaces=0			# are there namespaces?
within=			# how to run something where the appliance is
held=			# the pid of a client that holds a connection
tag=bgr-$$
clean() {
	[ -z "$run" ] || kill -KILL "$run" 2>/dev/null
	[ -z "$held" ] || kill "$held" 2>/dev/null
	# Orphans of the appliance end by themselves within their grace.
	for space in gate phone; do ip netns del "$tag-$space" 2>/dev/null; done
	[ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap clean EXIT

configure() {	# line...: further lines of the configuration
	cat >"$conf" <<-END
	organisation: {name: Example Office, country: NL, language: nl, dpo: dpo@example.org}
	store: $work/store.db
	groups:
	  managed: {networks: [127.0.0.0/8, 192.0.2.0/24]}
	END
	printf '%s\n' "$@" >>"$conf"
}
inspect='inspect: [{groups: [managed], services: [discord]}]'
interception() {	# the keys of the gate, and more
	printf 'interception: {listen: %d, divert: %s, workers: %d, spool: %s, %s}' \
	    "$port" "${divert:-none}" "${workers:-2}" "$work" "$1"
}
whole='dpia: DPIA-1, works_council: OR-1, notice_since: 2026-01-01'

# ask FILTER: of status
ask() { $within "$bookgate" status -c "$conf" --json 2>/dev/null | jq -r "$1" 2>/dev/null; }

if [ "$(id -u)" = 0 ] && command -v nft >/dev/null && ip netns add $tag-gate 2>/dev/null; then
	spaces=1
	within="ip netns exec $tag-gate"
	ip netns add $tag-phone
	ip -n $tag-gate link add phone type veth peer name eth0 netns $tag-phone
	ip -n $tag-gate addr add 192.0.2.1/24 dev phone
	ip -n $tag-phone addr add 192.0.2.99/24 dev eth0
	for at in gate:lo gate:phone phone:eth0; do ip -n "$tag-${at%:*}" link set "${at#*:}" up; done
fi

# hold: a client begins a request to the gateway, and goes no further
hold() {
	local taken
	taken=$(ask .counts.accepted)
	ip netns exec $tag-phone bash -c "exec 6<>/dev/tcp/192.0.2.1/$port || exit 1
		printf 'GET / HTTP/1.1\r\n' >&6; read -r -t 60 -u 6; read -r -t 60 -u 6" </dev/null >/dev/null 2>&1 &
	held=$!
	until_ 5 is ".counts.accepted > $taken" true || complain 'a connection is not counted'
}
release() {
	kill "$held" 2>/dev/null
	wait "$held" 2>/dev/null
	held=
}
touch_() {	# a connection, taken and closed
	$within bash -c "exec 6<>/dev/tcp/127.0.0.1/$port" 2>/dev/null
}

# until SECONDS COMMAND...: true as soon as the command is
until_() {
	local tenths=$(($1 * 10))
	shift
	while ! "$@"; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || return 1
		sleep 0.1
	done
}
is() { [ "$(ask "$1")" = "$2" ]; }
pids() { ask '.processes[].pid // empty'; }
pid_of() { ask "[.processes[] | select(.role == \"$1\" and .state == \"ready\")][0].pid // empty"; }
alive() { kill -0 "$1" 2>/dev/null; }
dead() { ! alive "$1"; }
log_has() { grep -q "$1" "$work/log"; }

start() {
	: >"$work/log"
	$within "$bookgate" run -c "$conf" >"$work/out" 2>"$work/log" &
	run=$!
	until_ 60 ready || { complain "does not start"; cat "$work/log"; exit 1; }
}
count_ready() { ask '[.processes[] | select(.role == "proxy" and .state == "ready")] | length'; }
ready() { log_has 'is at work' && [ "$(count_ready)" = "${workers:-2}" ]; }

# stop SIGNAL CODE: ends it; nothing may be left
stop() {
	local code=0 before pid
	before=$(pids)
	kill -"$1" "$run"
	wait "$run" || code=$?
	run=
	[ $code = "$2" ] || { complain "SIG$1: exit $code, not $2"; cat "$work/log"; }
	for pid in $before; do dead "$pid" || complain "pid $pid is left behind"; done
	[ ! -e "$work/bookgate.sock" ] || complain 'the control socket is left behind'
	[ ! -s "$work/store.db-wal" ] || complain 'the journal of the store is left behind'
}

# ---- the gate ----------------------------------------------------------------------

refused() {	# what must be named
	local code=0
	$within timeout 60 "$bookgate" run -c "$conf" >"$work/out" 2>"$work/log" || code=$?
	[ $code = 1 ] || complain "gate without $1: exit $code"
	log_has "$1" || { complain "gate without $1: it is not named"; cat "$work/log"; }
	[ ! -e "$work/store.db" ] || complain "gate without $1: the store was made"
}
configure "$(interception 'works_council: OR-1, notice_since: 2026-01-01')" "$inspect"
refused dpia
configure "$(interception 'dpia: DPIA-1, notice_since: 2026-01-01')" "$inspect"
refused works_council
configure "$(interception 'dpia: DPIA-1, works_council: OR-1')" "$inspect"
refused notice_since
configure "$(interception 'dpia: DPIA-1, works_council: OR-1, notice_since: 9999-01-01')" "$inspect"
refused notice_since
configure 'capture: {interfaces: [lo]}'
refused listen
configure "$(interception "$whole")" "$inspect" 'unknown: key'
refused unknown
code=0
"$bookgate" status -c /nonexistent.yaml >"$work/out" 2>&1 || code=$?
[ $code = 1 ] || complain "status of no configuration: exit $code"

# ---- start, without an authority and with one -----------------------------------------

configure "$(interception "$whole")" "$inspect"
code=0
timeout 60 "$bookgate" run -c "$conf" >"$work/out" 2>"$work/log" || code=$?
[ $code = 1 ] || { complain "without an authority: exit $code"; cat "$work/log"; }
[ ! -e "$work/bookgate.sock" ] || complain 'a failed start leaves its socket behind'
"$bookgate" ca init -c "$conf" >"$work/out" 2>&1 || { complain 'ca init'; cat "$work/out"; }
code=0
"$bookgate" status -c "$conf" >"$work/out" 2>"$work/said" || code=$?
if [ $code != 3 ] || ! grep -q 'not running' "$work/said"; then complain "status: exit $code when not running"; fi

start
is .running true || complain 'status --json'
is '.processes | map(.role) | unique | join(" ")' 'monitor proxy recorder signer' || complain 'status: processes'
is .diversion.state none || complain 'status: diversion'
"$bookgate" status -c "$conf" | grep -q 'is running since' || complain 'status as text'
[ "$(stat -c %a "$work/bookgate.sock")" = 660 ] || complain 'the mode of the control socket'
if [ "$(id -u)" = 0 ]; then
	for pid in $(ask '.processes[] | select(.role != "monitor") | .pid'); do
		[ "$(stat -c %u "/proc/$pid/fd")" = 0 ] || complain "pid $pid can be dumped"
		awk '/^Uid:/ { exit !($2 > 0 && $3 > 0 && $4 > 0) }' "/proc/$pid/status" || complain "pid $pid is root"
		awk '/^Cap(Prm|Eff|Inh|Amb):/ { if ($2 !~ /^0+$/) exit 1 }' "/proc/$pid/status" || complain "pid $pid has capabilities"
		awk '/^Seccomp:/ { exit $2 != 2 }' "/proc/$pid/status" || complain "pid $pid is not filtered"
		awk '/^NoNewPrivs:/ { exit $2 != 1 }' "/proc/$pid/status" || complain "pid $pid may gain rights"
	done
	# kill, setuid, net_admin: 0x10a0 at most
	caps=$((0x$(awk '/^CapEff:/ { print $2 }' "/proc/$run/status")))
	[ $((caps & ~0x10a0)) = 0 ] || complain 'the monitor has more than three capabilities'
fi
# No process but the signer was ever near the key: none has its folder open.
for pid in $(pids); do
	if find "/proc/$pid/fd" -lname "$work/ca/*" 2>/dev/null | grep -q .; then complain "pid $pid has the authority's files open"; fi
done
code=0
timeout 60 "$bookgate" run -c "$conf" >"$work/out" 2>"$work/said" || code=$?
[ $code = 3 ] || complain "a second one: exit $code"
is .running true || complain 'the second one took the socket away'

# ---- the control socket: who does not listen keeps nobody waiting ---------------------

if command -v node >/dev/null; then
	node -e 'const net = require("net");
		for (let i = 0; i < 40; i++) net.connect(process.argv[1]).pause().on("error", () => {});
		setTimeout(() => process.exit(), 3000)' "$work/bookgate.sock" &
	deaf=$!
	for _ in 1 2 3 4 5; do is .running true || complain 'status does not answer'; done
	kill $deaf
	wait $deaf 2>/dev/null
fi

# ---- reload --------------------------------------------------------------------------------

# A connection that an old worker has, while new ones take over.
[ $spaces = 0 ] || hold
configure "$(interception "$whole")" "$inspect" 'bulk: 30'
old=$(pid_of proxy)
kill -HUP "$run"
until_ 60 is .generation 2 || { complain 'reload: no second generation'; cat "$work/log"; }
[ "$(count_ready)" = 2 ] || complain "reload: $(count_ready) workers"
if [ $spaces = 1 ]; then
	is '[.processes[] | select(.role == "proxy" and .generation == 1 and .state == "ending")] | length' 1 ||
		complain 'reload: the worker that has a connection does not drain'
	alive "$held" || complain 'reload: a connection is dropped'
	is '.processes | map(select(.role == "signer")) | length' 2 || complain 'reload: the former signer is gone before its workers'
	release
fi
until_ 30 is '[.processes[] | select(.generation == 1)] | length' 0 || complain 'reload: a former process stays'
until_ 10 dead "$old" || complain 'reload: a former worker stays'
until_ 10 is '[.processes[] | select(.role == "recorder" and .state == "ready")] | length' 1 || complain 'reload: no recorder'

before=$(pids | sort)
for change in 'unknown: key' 'policy: [{name: a, then: nothing}]'; do
	configure "$(interception "$whole")" "$inspect" "$change"
	: >"$work/log"
	kill -HUP "$run"
	until_ 20 log_has 'what runs goes on' || complain "reload: a bad configuration ($change) is not told of"
	log_has "bookgate.yaml:[0-9]*:[0-9]*:" || complain "reload: where it is bad ($change) is not told"
done
configure "$(port=$((port + 1)) interception "$whole")" "$inspect"
: >"$work/log"
kill -HUP "$run"
until_ 20 log_has 'cannot be changed without a restart' || complain 'reload: another port is not refused'
configure "$(interception 'works_council: OR-1, notice_since: 2026-01-01')" "$inspect"
: >"$work/log"
kill -HUP "$run"
until_ 20 log_has dpia || complain 'reload: the gate is not asked'
mv "$work/ca" "$work/ca-away"
configure "$(interception "$whole")" "$inspect"
: >"$work/log"
kill -HUP "$run"
until_ 30 log_has 'cannot start: what runs goes on' || { complain 'reload: a signer without a key'; cat "$work/log"; }
mv "$work/ca-away" "$work/ca"
until_ 20 is '[.processes[] | select(.generation > 2)] | length' 0 || complain 'reload: a failed generation stays'
[ "$(pids | sort)" = "$before" ] || complain 'reload: a bad configuration changed the processes'
is .generation 2 || complain 'reload: a bad configuration counts'

# ---- deaths ------------------------------------------------------------------------------------

for role in proxy signer recorder; do
	victim=$(pid_of $role)
	[ -n "$victim" ] || { complain "no $role"; continue; }
	kill -KILL "$victim"
	until_ 10 dead "$victim"
	until_ 60 is "[.processes[] | select(.role == \"$role\" and .state == \"ready\" and .pid != $victim and .restarts > 0)] | length >= 1" true ||
		{ complain "$role is not replaced"; cat "$work/log"; }
done
[ "$(count_ready)" = 2 ] || complain 'deaths: workers are missing'
# A connection reaches a worker still.
taken=$(ask .counts.accepted)
touch_ || complain 'nobody listens any more'
until_ 5 is ".counts.accepted > $taken" true || complain 'a connection is not taken any more'

# ---- the end -----------------------------------------------------------------------------------

stop TERM 143
start
stop INT 130
# A socket left behind by one that was killed is no hindrance, nor are orphans.
start
orphans=$(pids)
{ kill -KILL "$run"; wait "$run"; } 2>/dev/null
for pid in $orphans; do until_ 30 dead "$pid" || complain "orphan $pid lives on"; done
run=
start
# Asked twice, it does not wait for a connection.
if [ $spaces = 1 ]; then
	hold
	kill -TERM "$run"
	until_ 5 is .stopping true || complain 'it does not say that it is stopping'
	began=$SECONDS
	stop TERM 143
	[ $((SECONDS - began)) -lt 8 ] || complain 'the second signal is not heard'
	release
else
	stop TERM 143
	echo 'what needs a phone and diversion was left out: network namespaces cannot be made here'
	exit $bad
fi

# ---- diversion ---------------------------------------------------------------------------------

table() { $within nft list tables 2>/dev/null | grep -q bookgate; }
no_table() { ! table; }
workers=1
for divert in redirect tproxy; do for failure in open closed; do
	configure "$(interception "$whole")" "$inspect" "on_failure: $failure"
	start
	what="$divert, $failure"
	until_ 10 is .diversion.state on || complain "$what: status does not say that traffic is diverted"
	table || complain "$what: nothing is diverted"
	kill -KILL "$(pid_of proxy)"
	if [ $failure = open ]; then
		until_ 5 no_table || complain "$what: traffic goes to a worker that is gone"
	else
		sleep 0.7
		table || complain "$what: traffic passes without a worker"
	fi
	until_ 60 is .diversion.state on || complain "$what: not diverted again"
	until_ 10 table || complain "$what: the table does not come back"
	$within nft delete table inet bookgate
	until_ 10 table || complain "$what: a table that somebody removed stays away"
	$within "$bookgate" divert remove -c "$conf" 2>"$work/said" || complain "$what: divert remove: exit $?"
	grep -q 'seems to run: it puts the rules back' "$work/said" || complain "$what: that removing is in vain is not told"
	until_ 10 table || complain "$what: the rules do not come back"
	stop TERM 143
	$within "$bookgate" divert remove -c "$conf" 2>"$work/said" || complain "$what: divert remove: exit $?"
	[ ! -s "$work/said" ] || complain "$what: nobody runs, and remove says: $(cat "$work/said")"
	no_table || complain "$what: the table is left behind"
	! $within ip rule show | grep -q 25191 || complain "$what: a rule is left behind"
done; done
exit $bad

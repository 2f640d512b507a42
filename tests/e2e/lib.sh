# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# An office in network name spaces of its own, for tests to source: two phones
# (group managed) and a guest behind a gateway, and the servers of hosts.txt.
#
#	phone    192.0.2.10-29		2001:db8:1::10-29	managed
#	phone2   192.0.2.30		2001:db8:1::30		managed
#	guest    198.51.100.10		2001:db8:3::10		guests
#	server   203.0.113.N		2001:db8:2::N		as hosts.txt says
#
# Nothing is connected to the machine's own network. Names of the name spaces
# carry our process id; all is removed on exit, and only processes that were
# started here are ended.

E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$E2E/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
BOOKGATE=${BOOKGATE:-$BUILD/bookgate}
case $BOOKGATE in /*) ;; *) BOOKGATE=$ROOT/$BOOKGATE ;; esac
NPM=${E2E_NPM:-$ROOT/build/e2e-npm}
TAG=bge$$
PORT=8443
E2E_PIDS=()
BOOKGATE_PID=

skip() { echo "skipped: $*"; exit 77; }
die() { echo "e2e: $*" >&2; exit 1; }

inside() { local ns=$1; shift; ip netns exec "$TAG-$ns" "$@"; }

# ---- what is needed -----------------------------------------------------------

# shellcheck disable=SC2120 # a test may need no other programs
e2e_require() {
	local program
	[ "$(id -u)" = 0 ] || skip "network name spaces need root"
	for program in ip nft openssl curl node npm nginx jq ss "$@"; do
		command -v "$program" >/dev/null || skip "$program is missing: sh tests/deps.sh test"
	done
	ip netns add "$TAG-try" 2>/dev/null || skip "network name spaces cannot be made here"
	ip netns exec "$TAG-try" true 2>/dev/null || { ip netns del "$TAG-try"; skip "network name spaces cannot be entered here"; }
	ip netns del "$TAG-try"
	[ -x "$BOOKGATE" ] || die "$BOOKGATE is missing; run make"
}

# The packages of package-lock.json, fetched once.
e2e_npm() {
	mkdir -p "$NPM"
	cmp -s "$E2E/package-lock.json" "$NPM/package-lock.json" && [ -e "$NPM/complete" ] && return
	cp "$E2E/package.json" "$E2E/package-lock.json" "$NPM/"
	rm -f "$NPM/complete"
	# No package's own scripts are run.
	npm ci --prefix "$NPM" --ignore-scripts --omit=optional --no-audit --no-fund \
	    --loglevel=error >&2 || skip "the npm package ws cannot be had"
	touch "$NPM/complete"
}

# ---- the office ------------------------------------------------------------------

link() {	# link SPACE-A INTERFACE SPACE-B INTERFACE
	ip link add "$2" netns "$TAG-$1" type veth peer name "$4" netns "$TAG-$3"
	ip -n "$TAG-$1" link set "$2" up
	ip -n "$TAG-$3" link set "$4" up
}

address() {	# address SPACE INTERFACE ADDRESS...
	local ns=$1 interface=$2 one
	shift 2
	for one in "$@"; do
		case $one in
		*:*) ip -n "$TAG-$ns" addr add "$one" dev "$interface" nodad ;;
		*) ip -n "$TAG-$ns" addr add "$one" dev "$interface" ;;
		esac
	done
}

routes() {	# routes SPACE GATEWAY4 GATEWAY6
	ip -n "$TAG-$1" route add default via "$2"
	ip -n "$TAG-$1" route add default via "$3"
}

office_links() {
	local n
	ip -n "$TAG-gate" link add phones0 type bridge
	ip -n "$TAG-gate" link set phones0 up
	link phone eth0 gate phone1
	link phone2 eth0 gate phone2
	ip -n "$TAG-gate" link set phone1 master phones0
	ip -n "$TAG-gate" link set phone2 master phones0
	link guest eth0 gate guests0
	link server eth0 gate servers0
	address gate phones0 192.0.2.1/24 2001:db8:1::1/64
	address gate guests0 198.51.100.1/24 2001:db8:3::1/64
	address gate servers0 203.0.113.1/24 2001:db8:2::1/64
	for n in $(seq 10 29); do address phone eth0 "192.0.2.$n/24" "2001:db8:1::$n/64"; done
	address phone2 eth0 192.0.2.30/24 2001:db8:1::30/64
	address guest eth0 198.51.100.10/24 2001:db8:3::10/64
	# shellcheck disable=SC2013 # a number a line
	for n in $(awk '/^[0-9]/ { print $1 }' "$E2E/hosts.txt" | sort -un); do
		address server eth0 "203.0.113.$n/24" "2001:db8:2::$n/64"
	done
}

hosts_file() {
	awk 'BEGIN { print "127.0.0.1 localhost" }
	/^[0-9]/ { for (i = 3; i <= NF; i++) { print "203.0.113." $1, $i; print "2001:db8:2::" $1, $i } }' "$E2E/hosts.txt"
}

office_up() {
	local ns
	for ns in phone phone2 guest gate server; do
		ip netns add "$TAG-$ns"
		ip -n "$TAG-$ns" link set lo up
	done
	office_links
	routes phone 192.0.2.1 2001:db8:1::1
	routes phone2 192.0.2.1 2001:db8:1::1
	routes guest 198.51.100.1 2001:db8:3::1
	routes server 203.0.113.1 2001:db8:2::1
	inside gate sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	# TPROXY loses a packet whose rules the bridge itself has called already.
	inside gate sysctl -qew net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
	for ns in phone phone2 guest; do
		mkdir -p "/etc/netns/$TAG-$ns"
		hosts_file > "/etc/netns/$TAG-$ns/hosts"
		# Who waits for many ports at once must not wait for old ones.
		inside "$ns" sysctl -qw net.ipv4.tcp_tw_reuse=1 net.ipv4.ip_local_port_range="2000 65000"
	done
}

# end PID...: asked first, made later; all are ours.
end() {
	local pid n
	for pid in "$@"; do kill "$pid" 2>/dev/null; done
	for pid in "$@"; do
		for ((n = 0; n < 50; n++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	return 0
}

e2e_down() {
	local ns pid
	bookgate_stop
	end "${E2E_PIDS[@]}"
	E2E_PIDS=()
	for ns in phone phone2 guest gate server; do
		# Whoever is still inside was started here.
		for pid in $(ip netns pids "$TAG-$ns" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null; done
		ip netns del "$TAG-$ns" 2>/dev/null
		rm -rf "/etc/netns/$TAG-$ns"
	done
	rmdir /etc/netns 2>/dev/null
	if [ -n "${E2E_KEEP:-}" ]; then echo "kept: $RUN"; else rm -rf "$RUN"; fi
	return 0
}

# e2e_office: a folder RUN, the office, its certificates. Ends with the script.
e2e_office() {
	RUN=$(mktemp -d)
	chmod 755 "$RUN"
	trap e2e_down EXIT
	trap 'exit 130' INT TERM
	bash "$E2E/pki.sh" "$RUN/pki" || die "no certificates"
	office_up || die "the name spaces could not be set up"
}

# e2e_up: the office and its servers.
e2e_up() {
	e2e_npm
	e2e_office
	servers_up
}

# ---- the servers -------------------------------------------------------------------

# start SPACE LOG COMMAND...: a process that ends with the test.
start() {
	local ns=$1 log=$2
	shift 2
	ip netns exec "$TAG-$ns" "$@" >"$log" 2>&1 </dev/null &
	E2E_PIDS+=($!)
}

wait_for() {	# wait_for SECONDS COMMAND...: until it succeeds
	local n=$(($1 * 20))
	shift
	for (( ; n > 0; n--)); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done
	return 1
}

listens() { inside "$1" ss -Hltn "sport = :$2" | grep -q .; }

servers_up() {
	RECEIVED=$RUN/received.ndjson
	: > "$RECEIVED"
	head -c 104857600 /dev/zero > "$RUN/100m"
	start server "$RUN/node.log" node "$E2E/server.mjs" "$RUN/pki" "$RECEIVED" "$NPM"
	bash "$E2E/nginx.sh" "$RUN" > "$RUN/nginx.conf"
	start server "$RUN/nginx.out" nginx -e "$RUN/nginx.err" -c "$RUN/nginx.conf"
	if command -v radicale >/dev/null; then
		printf '[all]\nuser: .*\ncollection: .*\npermissions: RrWw\n' > "$RUN/rights"
		start server "$RUN/radicale.log" radicale --config= --server-hosts=127.0.0.1:5232 \
		    --auth-type=none --rights-type=from_file "--rights-file=$RUN/rights" \
		    "--storage-filesystem-folder=$RUN/dav"
		wait_for 10 listens server 5232 || die "radicale does not listen: $(tail -n 3 "$RUN/radicale.log")"
	fi
	wait_for 10 grep -q ready "$RUN/node.log" || die "the servers did not start: $(tail -n 5 "$RUN/node.log")"
	wait_for 10 grep -q . "$RUN/nginx.pid" || die "nginx did not start: $(tail -n 5 "$RUN/nginx.err")"
}

# ---- bookgate ------------------------------------------------------------------------

# bookgate_config FILE [KEY=VALUE...]: the configuration of the tests; what may
# be set is in the table of defaults.
bookgate_config() {
	local file=$1 one more rule=''
	declare -A o=([language]=en [inspect]='facebook, instagram, discord, matrix, carddav' [identity]=address
		[when]='groups: [managed], contacts: ">=20"' [then]=block [on_failure]=open [bulk]=20
		[divert]=redirect [workers]=2 [ports]='443' [hold]='' [interception]='' [policy]='' [top]=''
		[must]='' [notice]='notice_since: 2026-09-01, dpia: DPIA-2026-014, works_council: OR-2026-03')
	shift
	for one in "$@"; do [ -z "$one" ] || o[${one%%=*}]=${one#*=}; done
	more="${o[notice]:+, ${o[notice]}}${o[hold]:+, hold: ${o[hold]}}${o[interception]:+, ${o[interception]}}"
	[ -z "${o[policy]}" ] || rule="- {${o[policy]}}"
	cat > "$file" <<-YAML
		organisation: {name: Gemeente Voorbeeld, country: NL, language: ${o[language]}, dpo: fg@voorbeeld.example}
		interception: {listen: $PORT, divert: ${o[divert]}, ports: [${o[ports]}], workers: ${o[workers]}, ca: $RUN/ca, trust: $RUN/pki/root.pem, control: $RUN/control$more}
		groups:
		  managed: {networks: [192.0.2.0/24, "2001:db8:1::/64"]}
		  guests: {networks: [198.51.100.0/24, "2001:db8:3::/64"]}
		inspect:
		  - {groups: [managed], services: [${o[inspect]}]${o[must]}}
		policy:
		  $rule
		  - {name: stop-bulk, when: {${o[when]}}, then: ${o[then]}}
		  - {name: otherwise, then: log}
		identity: ${o[identity]}
		bulk: ${o[bulk]}
		store: $RUN/bookgate.db
		rules: $ROOT/rules
		on_failure: ${o[on_failure]}
		${o[top]}
	YAML
}

# bookgate_start CONF [COMMAND...]: the authority, then the program (after COMMAND,
# as prlimit), until it listens and diverts.
bookgate_start() {
	local conf=$1
	shift
	BOOKGATE_CONF=$conf
	# Of it status is asked, also when a scenario breaks the other.
	cp "$conf" "$RUN/asked.yaml"
	BOOKGATE_LOG=$RUN/bookgate.log
	if ! [ -d "$RUN/ca" ]; then
		inside gate "$BOOKGATE" ca init -c "$conf" >"$RUN/ca.log" 2>&1 || { cat "$RUN/ca.log" >&2; return 1; }
		inside gate "$BOOKGATE" ca export -c "$conf" --format pem > "$RUN/ca.pem" || return 1
	fi
	: > "$BOOKGATE_LOG"
	ip netns exec "$TAG-gate" "$@" "$BOOKGATE" run -c "$conf" >>"$BOOKGATE_LOG" 2>&1 </dev/null &
	BOOKGATE_PID=$!
	if ! wait_for 15 bookgate_ready; then
		echo "bookgate does not listen:" >&2
		tail -n 20 "$BOOKGATE_LOG" >&2
		return 1
	fi
	wait_for 10 diverts || { echo "nothing is diverted:" >&2; tail -n 20 "$BOOKGATE_LOG" >&2; return 1; }
}

# With `on_failure: open` the rules wait for the program's word that it lives.
diverts() {
	local rules
	rules=$(inside gate nft list table inet bookgate) || return 1
	[[ $rules != *@alive* ]] || inside gate nft list set inet bookgate alive | grep -q elements
}

bookgate_ready() { kill -0 "$BOOKGATE_PID" && listens gate "$PORT"; }

bookgate_stop() {
	[ -n "$BOOKGATE_PID" ] || return 0
	inside gate "$BOOKGATE" divert remove -c "$BOOKGATE_CONF" >/dev/null 2>&1
	end "$BOOKGATE_PID"
	BOOKGATE_PID=
}

bookgate_status() { inside gate "$BOOKGATE" status -c "$RUN/asked.yaml" --json; }

# How often processes that died were replaced; a crash is otherwise hardly seen from outside.
replaced() { bookgate_status | jq '[.processes[].restarts] | add'; }

# The process and all below it.
family() {
	local pid=$1 child
	echo "$pid"
	# shellcheck disable=SC2013 # all in one line
	for child in $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do family "$child"; done
}

# Of all processes of bookgate; pipes aside, of which tunnels keep some for the next.
descriptors() {
	local pid
	for pid in $(family "$BOOKGATE_PID"); do
		find "/proc/$pid/fd" -mindepth 1 ! -lname 'pipe:*' -printf '.\n' 2>/dev/null
	done | wc -l
}

close_wait() { inside gate ss -Htan state close-wait | grep -c .; }

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The proxy beside sslsplit (bytes relayed, P-256 leaves, nothing inspected) and
# haproxy as TLS bridge (one ready-made certificate, origin verified, nothing
# forged), in turn, in one office in network name spaces (../e2e/lib.sh); ours
# opens, verifies, inspects and judges. What is compared is CPU of the proxy's
# processes a unit: client and origin are the same for all and do not count.
#
#	BENCH_PROXY_ROUNDS	rounds, in turn			(2)
#	BENCH_PROXY_FRESH	new connections a round		(400)
#	BENCH_PROXY_KEEP	kept-alive requests a round	(12000)
#	BENCH_PROXY_UPLOADS	uploads of 1 MB a round		(100)
#	BENCH_PROXY_LATENCY	connections one at a time	(60)
#	BENCH_PROXY_H2		requests of HTTP/2		(20000)
#	BENCH_PROXY_HOLD	idle connections		("1000 5000")
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

FRESH_MAX=0.65		# of sslsplit's CPU for a new connection
KEEP_MAX=1.0		# of its CPU for a request on a kept connection
UPLOAD_MAX=0.65		# of its CPU for a MB uploaded
H2_MIN=0.25		# of the requests a second without a proxy
LATENCY_MAX=1.0		# of haproxy's median for a fresh GET
IDLE_KIB_MAX=44		# an opened connection that idles, of either HTTP
TUNNEL_KIB_MAX=4	# a tunnelled one
IDLE_S=5		# after so long it idles

rounds=${BENCH_PROXY_ROUNDS:-2}
fresh=${BENCH_PROXY_FRESH:-400} keep=${BENCH_PROXY_KEEP:-12000} uploads=${BENCH_PROXY_UPLOADS:-100}
latency=${BENCH_PROXY_LATENCY:-60} h2=${BENCH_PROXY_H2:-20000} hold=${BENCH_PROXY_HOLD:-1000 5000}
ORIGIN=203.0.113.11 NAME=nginx.discord.com UNOPENED=www.example.org
PROXY_PID=

bench_origin() {
	local hundred
	hundred=$(printf 'x%.0s' $(seq 100))
	cat > "$RUN/nginx.conf" <<-CONF
		daemon off; worker_processes 1; pid $RUN/nginx.pid; user root;
		events { worker_connections 16000; }
		worker_rlimit_nofile 20000;
		http {
		access_log off; keepalive_requests 10000000; keepalive_timeout 600s;
		client_body_temp_path $RUN; proxy_temp_path $RUN; fastcgi_temp_path $RUN;
		uwsgi_temp_path $RUN; scgi_temp_path $RUN; client_max_body_size 0;
		client_body_buffer_size 4m;
		upstream sink { server 127.0.0.1:8081; keepalive 64; }
		server { listen 127.0.0.1:8081; return 200 "taken"; }
		server {
			listen $ORIGIN:443 ssl http2 backlog=4096; listen [2001:db8:2::11]:443 ssl http2;
			ssl_certificate $RUN/pki/discord.pem; ssl_certificate_key $RUN/pki/discord.key;
			ssl_session_cache shared:s:4m; http2_max_concurrent_streams 256;
			location = /100 { return 200 "$hundred"; }
			location = /take {
				proxy_pass http://sink; proxy_http_version 1.1; proxy_pass_request_body off;
				proxy_set_header Connection ""; proxy_set_header Content-Length "";
			}
		}
		}
	CONF
	start server "$RUN/nginx.out" nginx -e "$RUN/nginx.err" -c "$RUN/nginx.conf"
	wait_for 10 grep -q . "$RUN/nginx.pid" || die "nginx did not start: $(tail -n 3 "$RUN/nginx.err")"
}

bench_bodies() {
	node tests/e2e/bodies.mjs "$RUN/bodies" || die "no bodies"
	text=$RUN/bodies/harmless.json binary=$RUN/bodies/noise
}

bench_build() {
	# shellcheck disable=SC2046
	${CC:-gcc} -std=c11 -O2 -D_GNU_SOURCE -o "$RUN/load" tests/bench/load.c tests/bench/load_http2.c \
	    $(pkg-config --cflags --libs openssl) -lpthread || die "load does not build"
}

# ---- the proxies: start_NAME sets PROXY_PID --------------------------------------

redirect() {	# brings port 443 of the phones to PORT, for the peers
	inside gate nft -f - <<-NFT
		table inet peer {
			chain in {
				type nat hook prerouting priority -100;
				iifname "phones0" meta nfproto ipv4 tcp dport 443 redirect to :$PORT
			}
		}
	NFT
}

start_direct() { PROXY_PID=; }

start_sslsplit() {
	mkdir -p "$RUN/jail"
	ip netns exec "$TAG-gate" sslsplit -D -k "$RUN/pki/stranger.key" -c "$RUN/pki/stranger.pem" \
	    -K "$RUN/pki/discord.key" ssl 0.0.0.0 "$PORT" >"$RUN/sslsplit.log" 2>&1 </dev/null &
	PROXY_PID=$!
	redirect
}

start_haproxy() {
	cat "$RUN/pki/discord.pem" "$RUN/pki/discord.key" > "$RUN/bridge.pem"
	cat > "$RUN/haproxy.cfg" <<-CONF
		global
			maxconn 9000
			nbthread 1
		defaults
			mode tcp
			timeout connect 10s
			timeout client 600s
			timeout server 600s
		listen bridge
			bind 0.0.0.0:$PORT ssl crt $RUN/bridge.pem alpn http/1.1 backlog 4096
			server origin $ORIGIN:443 ssl verify required ca-file $RUN/pki/root.pem sni str($NAME) verifyhost $NAME alpn http/1.1 no-ssl-reuse
	CONF
	ip netns exec "$TAG-gate" haproxy -db -f "$RUN/haproxy.cfg" >"$RUN/haproxy.log" 2>&1 </dev/null &
	PROXY_PID=$!
	redirect
}

start_bookgate() {
	bookgate_config "$RUN/bookgate.yaml"
	bookgate_start "$RUN/bookgate.yaml" || die "bookgate did not start"
	PROXY_PID=$BOOKGATE_PID
}

proxy_start() {
	"start_$1"
	[ -z "$PROXY_PID" ] || wait_for 10 listens gate "$PORT" || die "$1 does not listen"
	# The first connections pay for what is made once.
	load fresh -n 40 -c 8 "$ORIGIN" "$NAME" >/dev/null || die "$1: no connection works"
}

proxy_stop() {
	if [ "$PROXY_PID" = "$BOOKGATE_PID" ]; then
		bookgate_stop
	elif [ -n "$PROXY_PID" ]; then
		inside gate nft delete table inet peer
		# shellcheck disable=SC2046
		end $(family "$PROXY_PID")
	fi
	PROXY_PID=
}

# ---- measuring ------------------------------------------------------------------------

load() { inside phone "$RUN/load" "$@"; }

# Ticks (10 ms) of user and system time of all the proxy's processes.
ticks() {
	local pid sum=0
	[ -n "$PROXY_PID" ] || { echo 0; return; }
	for pid in $(family "$PROXY_PID"); do
		sum=$((sum + $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk '{ print $12 + $13 }' || echo 0)))
	done
	echo "$sum"
}

pss() {		# KiB of all the proxy's processes, shared pages by share
	local pid
	for pid in $(family "$PROXY_PID"); do grep -s '^Pss:' "/proc/$pid/smaps_rollup"; done |
	    awk '{ sum += $2 } END { print sum + 0 }'
}

# measure PROXY TEST LOAD-ARGUMENTS...: a line "PROXY TEST units cpu-ms p50".
measure() {
	local proxy=$1 test=$2 before after result
	shift 2
	before=$(ticks)
	result=$(load "$@") || echo "      $proxy $test: some failed: $result"
	after=$(ticks)
	awk -v p="$proxy" -v t="$test" -v cpu=$((after - before)) '{ if ($1 > 0)
		printf "%s %s %d %.5f %.3f %.1f\n", p, t, $1, cpu * 10 / $1, $4, $1 / $3 }' <<<"$result" >> "$RUN/results"
}

round() {
	local proxy
	for proxy in direct sslsplit haproxy bookgate; do
		proxy_start "$proxy"
		measure "$proxy" fresh fresh -n "$fresh" -c 16 "$ORIGIN" "$NAME"
		measure "$proxy" keep keep -n "$keep" -c 32 "$ORIGIN" "$NAME"
		measure "$proxy" text upload -n "$uploads" -c 8 -f "$text" "$ORIGIN" "$NAME"
		measure "$proxy" binary upload -n "$uploads" -c 8 -f "$binary" "$ORIGIN" "$NAME"
		measure "$proxy" latency fresh -n "$latency" -c 1 "$ORIGIN" "$NAME"
		case $proxy in direct|bookgate) measure_h2 "$proxy" ;; esac
		[ "$proxy" != bookgate ] || was opened $((fresh + latency))
		proxy_stop
	done
}

# was KIND NUMBER: so many connections at least were opened, or tunnelled; what
# went past the proxy would be no measurement.
was() {
	local number
	number=$(bookgate_status | jq ".counts.$1")
	[ "$number" -ge "$2" ] || die "$number connections were $1, $2 were made"
}

measure_h2() {
	local rate
	rate=$(inside phone h2load -c 8 -m 10 -n "$h2" "https://$NAME/100" 2>/dev/null |
	    sed -nE 's/^finished in .*, ([0-9.]+) req\/s.*/\1/p')
	echo "$1 h2 $h2 0 0 ${rate:-0}" >> "$RUN/results"
}

# held KIND MODE NAME COUNT: how many KiB the connections take; then what is left after them.
held() {
	local kind=$1 mode=$2 name=$3 number=$4 before during pid
	before=$(pss)
	mkfifo "$RUN/hold"
	: > "$RUN/held"
	ip netns exec "$TAG-phone" "$RUN/load" "$mode" -n "$number" -c 16 "$ORIGIN" "$name" <"$RUN/hold" >"$RUN/held" 2>&1 &
	pid=$!
	exec 9>"$RUN/hold"
	wait_for 180 grep -q held "$RUN/held" || echo "      $number connections were not held in 180 s"
	sleep "$IDLE_S"
	during=$(pss)
	exec 9>&-
	wait "$pid"
	rm -f "$RUN/hold"
	sleep 3
	echo "$kind $(awk '{ print $2 }' "$RUN/held") $before $during $(pss)" >> "$RUN/held-results"
}

# KIND COUNTED MODE NAME: what is held, and what status counts it as.
kinds="tunnelled tunnelled hold $UNOPENED
opened opened hold $NAME
opened-h2 opened hold2 $NAME"

memory() {
	local number kind counted mode name
	while read -r kind counted mode name; do
		proxy_start bookgate
		for number in $hold; do held "$kind" "$mode" "$name" "$number"; done
		was "$counted" "$(awk '{ n = $1 > n ? $1 : n } END { print n }' <<<"${hold// /$'\n'}")"
		proxy_stop
	done <<<"$kinds"
}

# ---- the table ----------------------------------------------------------------------------

report() {
	awk -v fresh_max=$FRESH_MAX -v keep_max=$KEEP_MAX -v upload_max=$UPLOAD_MAX -v h2_min=$H2_MIN \
	    -v latency_max=$LATENCY_MAX -v idle_max=$IDLE_KIB_MAX -v tunnel_max=$TUNNEL_KIB_MAX '
	function least(proxy, test, value) {
		if (!((proxy, test) in best) || value < best[proxy, test])
			best[proxy, test] = value
	}
	function most(key, value) { if (value > rate[key]) rate[key] = value }
	function check(what, value, bound, at_least) {
		ok = value != "" && (at_least ? value + 0 >= bound : value + 0 <= bound)
		printf "%s  %s: %.2f, bound %s %.2f\n", ok ? "ok  " : "FAIL", what, value, at_least ? ">=" : "<=", bound
		if (!ok) bad = 1
	}
	function ratio(test, peer) {
		return best[peer, test] > 0 && ("bookgate", test) in best ? best["bookgate", test] / best[peer, test] : ""
	}
	FILENAME ~ /held-results$/ { held[++n] = $0; next }
	$2 == "latency" { least($1, "p50", $5) }
	$2 == "h2" { most($1, $6); next }
	{ least($1, $2, $4) }
	END {
		split("direct sslsplit haproxy bookgate", proxies)
		split("fresh keep text binary latency p50", tests)
		printf "%-10s %12s %12s %12s %12s %12s %12s %12s\n", "", "new conn.", "kept-alive", "1 MB text", "1 MB binary", "one by one", "median", "HTTP/2"
		printf "%-10s %12s %12s %12s %12s %12s %12s %12s\n", "", "CPU ms", "CPU ms", "CPU ms", "CPU ms", "CPU ms", "ms", "requests/s"
		for (p = 1; p <= 4; p++) {
			printf "%-10s", proxies[p]
			for (t = 1; t <= 6; t++) printf " %12.3f", best[proxies[p], tests[t]]
			printf " %12s\n", (proxies[p] in rate) ? sprintf("%.0f", rate[proxies[p]]) : "-"
		}
		printf "\n%-10s %8s %12s %12s %12s %12s\n", "held", "number", "before MiB", "held MiB", "after MiB", "KiB each"
		for (i = 1; i <= n; i++) {
			split(held[i], h, " ")
			each = h[2] ? (h[4] - h[3]) / h[2] : 0
			printf "%-10s %8d %12.1f %12.1f %12.1f %12.1f\n", h[1], h[2], h[3] / 1024, h[4] / 1024, h[5] / 1024, each
			last[h[1]] = each; left[h[1]] = h[4] > h[3] ? (h[5] - h[3]) / (h[4] - h[3]) : 0
		}
		print ""
		check("CPU of a new connection, of sslsplit", ratio("fresh", "sslsplit"), fresh_max)
		check("CPU of a request on a kept connection, of sslsplit", ratio("keep", "sslsplit"), keep_max)
		check("CPU of a MB of text, of sslsplit", ratio("text", "sslsplit"), upload_max)
		check("CPU of a MB of bytes, of sslsplit", ratio("binary", "sslsplit"), upload_max)
		check("median of a fresh GET, of haproxy", ratio("p50", "haproxy"), latency_max)
		check("requests of HTTP/2, of direct", rate["direct"] && rate["bookgate"] ? rate["bookgate"] / rate["direct"] : "", h2_min, 1)
		if (n) {
			check("KiB an opened connection that idles", last["opened"], idle_max)
			check("KiB an opened connection of HTTP/2 that idles", last["opened-h2"], idle_max)
			check("KiB a tunnelled connection", last["tunnelled"], tunnel_max)
			check("memory of opened connections kept after their end", left["opened"], 0.25)
			check("memory of those of HTTP/2 kept after their end", left["opened-h2"], 0.25)
		}
		exit bad
	}' "$RUN/results" "$RUN/held-results"
}

e2e_require sslsplit haproxy h2load
ulimit -n "$(ulimit -Hn)"
e2e_office
bench_build
bench_bodies
bench_origin
: > "$RUN/results"
: > "$RUN/held-results"
echo "proxy: $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg), $rounds rounds in turn"
for ((turn = 0; turn < rounds; turn++)); do round; done
[ -z "$hold" ] || memory
report

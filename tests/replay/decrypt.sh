#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# TLS opened with its keys, on real connections: openssl's server and client in
# a network namespace of their own, recorded by tcpdump, for every TLS 1.2 suite
# that both offer, all five of TLS 1.3, and the ways a connection can go. Inside
# each is an upload of 40 contacts, which must be counted exactly. tshark, given
# the same keys, must find as many requests and the same bytes.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
need tcpdump tshark editcap openssl ip jq xxd
dump=$build/unit/tls
[ "$(id -u)" = 0 ] || skip 'a network namespace needs root'
space=bgd-$$
ip netns add $space 2>/dev/null || skip 'network namespaces cannot be made here'
ip netns exec $space true 2>/dev/null || {
	ip netns del $space
	skip 'network namespaces cannot be entered here'
}
servers=()
# shellcheck disable=SC2317
clean() {
	kill "${servers[@]}" 2>/dev/null
	ip netns del $space
	[ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap clean EXIT
ip -n $space link set lo up

EVERY='ALL:COMPLEMENTOFALL:@SECLEVEL=0'
COUNT=40		# contacts in each upload
PSK=(-psk 0102030405060708090a0b0c0d0e0f10)

# ---- what is said ----------------------------------------------------------

cards() {
	for i in $(seq $COUNT); do
		printf 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Person %d\r\nTEL;TYPE=CELL:+49155501%05d\r\nEMAIL:person%d@example.com\r\nEND:VCARD\r\n' "$i" "$i" "$i"
	done
}
cards >"$work/body"
{
	printf 'POST /contacts HTTP/1.1\r\nHost: contacts.example.org\r\n'
	printf 'Content-Type: text/vcard\r\nContent-Length: %d\r\n\r\n' "$(stat -c %s "$work/body")"
	cat "$work/body"
} >"$work/post"
size=$(stat -c %s "$work/post")

certificate() {	# name, key type and its options
	local name=$1
	shift
	openssl req -x509 "$@" -nodes -days 3 -subj /CN=contacts.example.org \
	    -keyout "$work/$name.key" -out "$work/$name.pem" 2>/dev/null
}
certificate rsa -newkey rsa:2048
certificate ec -newkey ec -pkeyopt ec_paramgen_curve:P-256
# Parameters of DSA take long to make; those of one size do for all times.
openssl dsaparam -out "$work/dsa.param" 1024 2>/dev/null
certificate dsa -newkey "dsa:$work/dsa.param"

# ---- who says it -------------------------------------------------------------

serve() {	# port, options: answers each line, reversed
	local port=$1
	shift
	ip netns exec $space openssl s_server -quiet -accept "127.0.0.1:$port" "$@" \
	    </dev/null >"$work/server-$port" 2>&1 &
	servers+=($!)
}
rsa=(-cert "$work/rsa.pem" -key "$work/rsa.key")
both=("${rsa[@]}" -dcert "$work/ec.pem" -dkey "$work/ec.key")
serve 4401 "${both[@]}" -cipher "$EVERY" "${PSK[@]}" -rev
serve 4402 -cert "$work/dsa.pem" -key "$work/dsa.key" -cipher "$EVERY" -rev
serve 4403 "${rsa[@]}" -rev -client_renegotiation -cipher "$EVERY" -groups P-384:P-256 \
    -ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256
# This one reads early data, and says nothing.
mkfifo "$work/silent"
sleep 600 >"$work/silent" &
servers+=($!)
ip netns exec $space openssl s_server -quiet -accept 127.0.0.1:4404 "${rsa[@]}" -early_data \
    -max_early_data 16384 <"$work/silent" >"$work/server-4404" 2>&1 &
servers+=($!)

port=20000		# of the next client
: >"$work/names"

# call NAME SERVER-PORT OPTIONS...: says standard input; true when it was said.
call() {
	local name=$1 to=$2
	shift 2
	port=$((port + 1))
	timeout 10 ip netns exec $space openssl s_client -connect "127.0.0.1:$to" \
	    -bind "127.0.0.1:$port" -keylogfile "$work/keys-$port" -servername contacts.example.org \
	    "$@" >"$work/said-$port" 2>&1 || return 1
	echo "$port $name" >>"$work/names"
}
post() { call "$@" -quiet -no_ign_eof <"$work/post"; }

# Several at once: a connection is mostly waiting.
posts=0
post_aside() {
	port=$((port + 1))
	(port=$((port - 1)); post "$@") &
	posts=$((posts + 1))
	[ $((posts % 12)) != 0 ] || wait_posts
}
wait_posts() {
	local pid
	for pid in $(jobs -p); do
		[[ " ${servers[*]} $recorder " == *" $pid "* ]] || wait "$pid"
	done
}

wait_for() {	# tries a command for ten seconds
	for _ in $(seq 100); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	complain "waited in vain for: $*"
}

record() {	# name: begins to record
	ip netns exec $space tcpdump -Z root -i lo -s 0 -U -B 32768 -w "$work/$1.pcap" \
	    'tcp portrange 4401-4404' 2>"$work/tcpdump.log" &
	recorder=$!
	wait_for grep -q 'listening' "$work/tcpdump.log"
}
record_end() {
	sleep 1.5	# the kernel hands blocks over once a second
	kill $recorder
	wait $recorder 2>/dev/null
	grep -q '^0 packets dropped' "$work/tcpdump.log" ||
	    skip "the machine is too busy to record: $(tail -n 1 "$work/tcpdump.log")"
	# One log a client: lines of clients that write at once may run together.
	cat "$work"/keys-* >"$work/keys.log"
}

# ---- the connections -----------------------------------------------------------

suites_of_tls_1_2() {
	local suite to
	for suite in $(openssl ciphers -s -tls1_2 -psk "$EVERY" | tr : ' '); do
		case $suite in *DSS*) to=4402 ;; *) to=4401 ;; esac
		post_aside "$suite" $to -tls1_2 -cipher "$suite:@SECLEVEL=0" "${PSK[@]}"
	done
	for suite in AES128-SHA ECDHE-RSA-AES256-SHA256 CAMELLIA256-SHA; do
		post_aside "$suite, MAC inside" 4401 -tls1_2 -no_etm -cipher "$suite:@SECLEVEL=0"
	done
	wait_posts
	post 'TLS 1.1' 4401 -tls1_1 -cipher AES128-SHA:@SECLEVEL=0
	post 'TLS 1.0' 4401 -tls1 -no_etm -cipher AES256-SHA:@SECLEVEL=0
}

suites_of_tls_1_3() {
	local suite
	for suite in AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 \
	    AES_128_CCM_SHA256 AES_128_CCM_8_SHA256; do
		post "TLS_$suite" 4403 -tls1_3 -ciphersuites "TLS_$suite" -groups P-256
	done
}

other_ways() {
	post 'hello retry' 4403 -tls1_3 -groups X25519:P-384
	post 'padding' 4403 -tls1_3 -record_padding 500
	post 'small records' 4403 -tls1_3 -max_send_frag 512
	call 'key update' 4403 -tls1_3 \
	    < <(sleep 0.3; echo K; sleep 0.3; cat "$work/post"; sleep 0.3; echo k; sleep 0.3)
	call 'renegotiation' 4403 -tls1_2 < <(sleep 0.3; echo R; sleep 0.5; cat "$work/post"; sleep 0.3)
	post 'session 1.2' 4403 -tls1_2 -sess_out "$work/session12"
	post 'resumption 1.2' 4403 -tls1_2 -sess_in "$work/session12"
	call 'session 1.3' 4404 -tls1_3 -sess_out "$work/session13" < <(cat "$work/post"; sleep 0.3)
	post 'resumption 1.3' 4404 -tls1_3 -sess_in "$work/session13"
	# A ticket is good for early data once.
	call 'session for early data' 4404 -tls1_3 -sess_out "$work/session13" \
	    < <(cat "$work/post"; sleep 0.3)
	call 'early data' 4404 -tls1_3 -sess_in "$work/session13" -early_data "$work/post" < <(sleep 0.5)
}

wait_for ip netns exec $space openssl s_client -connect 127.0.0.1:4404 </dev/null
record all
suites_of_tls_1_2
suites_of_tls_1_3
other_ways
record_end

# ---- what comes out ------------------------------------------------------------

replay() { "$bookgate" replay --flows "$@" >"$work/events" 2>"$work/messages" || complain "$*: exit $?"; }

# True of each connection that was made: opened, one request, one upload, exact.
# shellcheck disable=SC2016
wrong='
($names | split("\n") | map(select(. != "") | capture("(?<port>[0-9]+) (?<name>.*)"))) as $names
| map(select(.event_type == "flow")) as $flows
| map(select(.event_type == "contact_upload")) as $uploads
| $names[] | (.port | tonumber) as $port | .name as $name
| ([$flows[] | select(.src_port == $port)]) as $flow
| ([$uploads[] | select(.src_port == $port) | .contacts]) as $found
| if ($flow | length) != 1 or $flow[0].opened != true then "\($name): not opened"
  elif $flow[0].requests != 1 then "\($name): \($flow[0].requests) requests"
  elif ($found | length) != 1 then "\($name): \($found | length) uploads"
  elif $found[0].method != "content" or $found[0].low != 40 or $found[0].best != 40 or
    $found[0].high != 40 then "\($name): \($found[0])"
  else empty end'

check() {	# what was replayed
	jq -rs --arg names "$(cat "$work/names")" "$wrong" "$work/events" >"$work/wrong" ||
	    complain "$1: events that jq cannot read"
	while read -r line; do complain "$1: $line"; done <"$work/wrong"
}

made=$(wc -l <"$work/names")
[ "$made" -ge 150 ] || complain "only $made connections came about"
for name in 'TLS 1.0' 'hello retry' 'key update' 'renegotiation' 'resumption 1.2' 'early data'; do
	grep -q " $name\$" "$work/names" || complain "$name: did not come about"
done
replay -k "$work/keys.log" "$work/all.pcap"
check 'key log'

# Without keys nothing is opened, and nothing is counted for that.
replay "$work/all.pcap"
jq -es 'all(.opened != true) and (last | .unscanned.encrypted == 0)' "$work/events" >/dev/null ||
    complain 'without keys: something was opened, or counted'

# Keys of nobody: each connection stays closed, and each is counted.
sed -E 's/^([A-Z_0-9]+ ....)......../\100000000/' "$work/keys.log" >"$work/other.log"
replay -k "$work/other.log" "$work/all.pcap"
closed=$(jq -s 'last | .unscanned.encrypted' "$work/events")
[ "$closed" -ge "$made" ] || complain "other keys: $closed connections counted as closed, not $made"

# The keys inside the capture: in front, and behind all packets.
editcap --inject-secrets "tls,$work/keys.log" "$work/all.pcap" "$work/inside.pcapng" 2>/dev/null
replay "$work/inside.pcapng"
check 'secrets inside'
le32() { printf '%08x' "$1" | sed -E 's/(..)(..)(..)(..)/\4\3\2\1/' | xxd -r -p; }
secrets_block() {	# a key log as a block of pcapng
	local len pad
	len=$(stat -c %s "$1")
	pad=$((-len & 3))
	le32 10; le32 $((20 + len + pad)); le32 $((0x544c534b)); le32 "$len"
	cat "$1"
	head -c $pad /dev/zero
	le32 $((20 + len + pad))
}
head -n 2 "$work/keys.log" >"$work/few.log"
editcap -F pcapng --inject-secrets "tls,$work/few.log" "$work/all.pcap" "$work/late.pcapng" 2>/dev/null
secrets_block "$work/keys.log" >>"$work/late.pcapng"
replay "$work/late.pcapng"
check 'secrets behind all packets'

# ---- the same from tshark ----------------------------------------------------------

tshark -2 -r "$work/all.pcap" -o "tls.keylog_file:$work/keys.log" -d 'tcp.port==4401-4404,tls' \
    -Y http.request -T fields -e tcp.srcport 2>/dev/null | sort | uniq -c |
    awk '{ print $2, $1 }' >"$work/tshark-requests"
replay -k "$work/keys.log" "$work/all.pcap"
jq -r 'select(.event_type == "flow" and .requests > 0) | "\(.src_port) \(.requests)"' \
    "$work/events" | sort >"$work/requests"
if ! join -a 1 -o '0 1.2 2.2' -e 0 "$work/tshark-requests" "$work/requests" |
    awk '$2 > $3 { print; bad = 1 } END { exit bad }' >"$work/fewer"; then
	complain "fewer requests than tshark finds (port, its, ours): $(head -n 5 "$work/fewer")"
fi

follow() {	# what tshark says inside each connection: port, direction, bytes, SHA-256
	local taps=() at to
	while read -r at _; do
		to=$(awk -v p="$at" '$1 == p { print $2 }' "$work/ports")
		taps+=(-z "follow,tls,raw,127.0.0.1:$at,127.0.0.1:$to")
	done <"$work/names"
	tshark -2 -q -r "$work/all.pcap" -o "tls.keylog_file:$work/keys.log" \
	    -d 'tcp.port==4401-4404,tls' "${taps[@]}" 2>/dev/null
}
jq -r 'select(.event_type == "flow") | "\(.src_port) \(.dest_port)"' "$work/events" >"$work/ports"
follow >"$work/follow"
"$dump" "$work/all.pcap" "$work/keys.log" 2>/dev/null | sort >"$work/ours"
awk -v folder="$work" '
	# Node 0 is who spoke first inside, and that may be the server.
	/^Filter:/ { match($0, /srcport eq [0-9]+/); port = substr($0, RSTART + 11, RLENGTH - 11) }
	/^Node 0:/ { node = $3 ~ (":" port "$") ? 0 : 1 }
	/^\t?[0-9a-f]+$/ {
		side = (/^\t/ ? 1 : 0) == node ? "up" : "down"
		sub(/^\t/, "")
		print > (folder "/" side "-" port)
	}' "$work/follow"
for side in up down; do
	for file in "$work/$side"-*; do
		xxd -r -p "$file" >"$work/plain"
		echo "${file##*-} $side $(stat -c %s "$work/plain") $(sha256sum <"$work/plain" | cut -d' ' -f1)"
	done
done | sort >"$work/theirs"
compared=$(wc -l <"$work/theirs")
[ "$compared" -ge 150 ] || complain "tshark opened only $compared directions"
comm -23 "$work/theirs" "$work/ours" >"$work/differ"
longer=0
while read -r at side bytes _; do
	# On a busy machine tshark may stop early at segments sent twice; we read on.
	ours=$(awk -v at="$at" -v side="$side" '$1 == at && $2 == side { print $3 }' "$work/ours")
	if [ "${ours:-0}" -gt "$bytes" ]; then
		longer=$((longer + 1))
		continue
	fi
	complain "$(grep "^$at " "$work/names"), $side: tshark reads $bytes bytes, not we: $(grep "^$at $side" "$work/ours")"
done <"$work/differ"
[ "$longer" -le 5 ] || complain "tshark reads less than we in $longer directions"

echo "$made connections, $((made * size)) bytes up; $compared directions compared with tshark"
exit $bad

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A small office in three network namespaces: phone -- gateway -- servers.
# Nothing is connected to the machine's own network, so the public addresses
# that some servers carry exist in here only. Sourced by make.sh.

NS_PHONE=bgs-phone NS_GATE=bgs-gate NS_SERVER=bgs-server
GATE_PHONE=phones0		# the gateway's interface towards the phones
LAB_PIDS=()

in_phone()  { ip netns exec "$NS_PHONE" "$@"; }
in_gate()   { ip netns exec "$NS_GATE" "$@"; }
in_server() { ip netns exec "$NS_SERVER" "$@"; }

# Large frames made by segmentation offload are not what a wire carries.
plain_frames() {
	ip netns exec "$1" ethtool -K "$2" tso off gso off gro off tx off >/dev/null 2>&1 || true
}

lab_link() {	# name space A, interface A, name space B, interface B
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
	plain_frames "$1" "$2"
	plain_frames "$3" "$4"
}

lab_addresses() {
	local n
	for n in $(seq 10 29); do
		ip -n $NS_PHONE addr add "192.0.2.$n/24" dev eth0
		ip -n $NS_PHONE addr add "2001:db8:1::$n/64" dev eth0 nodad
	done
	ip -n $NS_GATE addr add 192.0.2.1/24 dev $GATE_PHONE
	ip -n $NS_GATE addr add 2001:db8:1::1/64 dev $GATE_PHONE nodad
	ip -n $NS_GATE addr add 198.51.100.1/24 dev servers0
	ip -n $NS_GATE addr add 2001:db8:2::1/64 dev servers0 nodad
	for n in $(jq -r '.[]' "$SCRIPTS/hosts.json") 53 2; do
		ip -n $NS_SERVER addr add "198.51.100.$n/24" dev eth0
		ip -n $NS_SERVER addr add "2001:db8:2::$n/64" dev eth0 nodad
	done
	ip -n $NS_SERVER addr add 149.154.167.51/32 dev lo
	ip -n $NS_SERVER addr add 2001:67c:4e8:f002::a/128 dev lo
}

lab_routes() {
	ip -n $NS_PHONE route add default via 192.0.2.1
	ip -n $NS_PHONE route add default via 2001:db8:1::1
	ip -n $NS_SERVER route add default via 198.51.100.1
	ip -n $NS_SERVER route add default via 2001:db8:2::1
	ip -n $NS_GATE route add 149.154.160.0/20 via 198.51.100.2
	ip -n $NS_GATE route add 2001:67c:4e8::/48 via 2001:db8:2::2
	in_gate sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

lab_up() {
	local ns
	lab_down
	for ns in $NS_PHONE $NS_GATE $NS_SERVER; do
		ip netns add $ns
		ip -n $ns link set lo up
	done
	lab_link $NS_PHONE eth0 $NS_GATE $GATE_PHONE
	lab_link $NS_GATE servers0 $NS_SERVER eth0
	lab_addresses
	lab_routes
	mkdir -p /etc/netns/$NS_PHONE
	echo 'nameserver 198.51.100.53' > /etc/netns/$NS_PHONE/resolv.conf
}

lab_down() {
	local ns pid
	for pid in "${LAB_PIDS[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	LAB_PIDS=()
	for ns in $NS_PHONE $NS_GATE $NS_SERVER; do
		# Whoever is still inside was started here.
		for pid in $(ip netns pids $ns 2>/dev/null); do
			kill "$pid" 2>/dev/null || true
		done
		ip netns del $ns 2>/dev/null || true
	done
	rm -rf "/etc/netns/$NS_PHONE"
	rmdir /etc/netns 2>/dev/null || true
}

# Own authority, one certificate for each name: $CERTS/NAME.{key,pem}
lab_certificates() {
	local name
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj '/CN=Sample authority' -keyout "$CERTS/ca.key" -out "$CERTS/ca.pem" 2>/dev/null
	for name in $(jq -r 'keys[]' "$SCRIPTS/hosts.json"); do
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
			-keyout "$CERTS/$name.key" -out "$CERTS/$name.csr" 2>/dev/null
		openssl x509 -req -in "$CERTS/$name.csr" -CA "$CERTS/ca.pem" -CAkey "$CERTS/ca.key" \
			-CAcreateserial -days 30 -extfile <(echo "subjectAltName=DNS:$name") \
			-out "$CERTS/$name.leaf" 2>/dev/null
		cat "$CERTS/$name.leaf" "$CERTS/ca.pem" > "$CERTS/$name.pem"
	done
}

# lab_start LOG COMMAND...: a server process that ends with the lab.
lab_start() {
	local log=$1
	shift
	"$@" > "$log" 2>&1 &
	LAB_PIDS+=($!)
}

lab_wait_port() {	# name-space, port: until somebody listens there
	for _ in $(seq 100); do
		ip netns exec "$1" ss -Hltn "sport = :$2" | grep -q . && return 0
		sleep 0.1
	done
	echo "nobody listens on port $2" >&2
	return 1
}

# Radicale answers in HTTP/1.0 and closes; as recommended for it, nginx stands
# in front, and keeps connections.
lab_carddav() {
	printf '[all]\nuser: .*\ncollection: .*\npermissions: RrWw\n' > "$WORK/rights"
	lab_start "$WORK/radicale.log" ip netns exec $NS_SERVER radicale --config= \
		--server-hosts=127.0.0.1:5232 --auth-type=none --rights-type=from_file \
		"--rights-file=$WORK/rights" "--storage-filesystem-folder=$WORK/dav"
	cat > "$WORK/nginx.conf" <<-CONF
		daemon off; master_process off; pid $WORK/nginx.pid; error_log $WORK/nginx.log;
		events {}
		http {
			access_log off;
			client_body_temp_path $WORK; proxy_temp_path $WORK; fastcgi_temp_path $WORK;
			uwsgi_temp_path $WORK; scgi_temp_path $WORK; keepalive_requests 10000;
			server {
				listen 198.51.100.30:80; listen 198.51.100.31:443 ssl;
				ssl_protocols TLSv1.3;
				ssl_certificate $CERTS/carddav.fastmail.com.pem;
				ssl_certificate_key $CERTS/carddav.fastmail.com.key;
				location / {
					proxy_pass http://127.0.0.1:5232;
					proxy_set_header X-Remote-User sample;
				}
			}
		}
	CONF
	lab_start "$WORK/nginx.out" ip netns exec $NS_SERVER nginx -c "$WORK/nginx.conf"
	lab_wait_port $NS_SERVER 5232
}

lab_servers() {
	lab_start "$WORK/server.log" ip netns exec $NS_SERVER node "$SCRIPTS/server.mjs" "$CERTS"
	lab_carddav
	lab_wait_port $NS_SERVER 443
	for _ in $(seq 100); do
		grep -q ready "$WORK/server.log" && break
		sleep 0.1
	done
}

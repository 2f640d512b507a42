# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Samples of apps' requests inside TLS and QUIC, of other link layers, and of
# ordinary traffic that must yield nothing. Sourced by make.sh.

# A small request, the upload, a small request, on one connection.
app_upload() {	# http version flag, method, URL, media type, body file, curl's options...
	local version=$1 method=$2 url=$3 type=$4 file=$5 host
	shift 5
	host=$(sed -E 's|(https://[^/]+).*|\1|' <<< "$url")
	local base=(-sS --fail --cacert "$CERTS/ca.pem" --interface "${FROM:-$PHONE}" -4
		"$version" -o /dev/null -A 'sample/1.0 (Android 14)')
	in_phone curl "${base[@]}" "$host/v1/feed/bytes/2900" \
		--next "${base[@]}" "$@" -X "$method" -H "Content-Type: $type" -H 'Expect:' \
		--data-binary "@$file" "$url" \
		--next "${base[@]}" "$host/v1/state/bytes/640"
}

# The same with a body made on the way: format, seed, count instead of the file.
app_people() {	# http version flag, method, URL, media type, format, seed, count, curl's...
	local version=$1 method=$2 url=$3 type=$4 file=$WORK/upload-$6-$7
	body "$5" "$6" "$7" > "$file"
	shift 7
	app_upload "$version" "$method" "$url" "$type" "$file" "$@"
}

FORM=application/x-www-form-urlencoded JSON=application/json

scene_app_discord() {
	app_people --http2 PUT https://discord.com/api/v9/users/@me/connections/contacts/@me/external-friend-list-entries \
		$JSON discord app-discord 500
}

scene_app_instagram() {
	app_people --http2 POST https://i.instagram.com/api/v1/address_book/link/ \
		$FORM instagram app-instagram 240
}

scene_app_facebook() {
	app_people --http1.1 POST https://b-graph.facebook.com/method/friendFinder.mobilecontinuoussync \
		$FORM facebook app-facebook 100
}

scene_app_snapchat() {
	app_people --http2 POST https://app.snapchat.com/ph/find_friends $FORM snapchat app-snapchat 240
}

scene_app_tiktok() {
	app_people --http2 POST 'https://api16-normal-c-alisg.tiktokv.com/aweme/v1/upload/hashcontacts/?scene=1' \
		$FORM tiktok app-tiktok 240
}

scene_app_threema() {
	app_people --http1.1 POST https://apip.threema.ch/identity/match $JSON threema app-threema 240
}

scene_app_truecaller() {
	body numbers app-truecaller 240 > "$WORK/truecaller"
	gzip -nf "$WORK/truecaller"
	app_upload --http1.1 POST https://contact-upload4-noneu.truecaller.com/v4/contacts \
		$JSON "$WORK/truecaller.gz" -H 'Content-Encoding: gzip'
}

scene_app_icloud() {
	dav_puts https://p42-contacts.icloud.com app-icloud 40
}

scene_app_google_people() {
	app_people --http2 POST https://people.googleapis.com/v1/people:batchCreateContacts \
		$JSON google-people app-google-people 200
}

# 120 contacts on one connection, 20 in each request: the most that Graph takes.
scene_app_graph() {
	local base=(-sS --fail --cacert "$CERTS/ca.pem" --interface "$PHONE" -4 --http2
		-o /dev/null -H "Content-Type: $JSON") arguments=() part
	for part in 1 2 3 4 5 6; do
		body graph-batch "app-graph-$part" 20 > "$WORK/graph-$part"
		[ $part = 1 ] || arguments+=(--next)
		arguments+=("${base[@]}" --data-binary "@$WORK/graph-$part"
			"https://graph.microsoft.com/v1.0/\$batch")
	done
	in_phone curl "${arguments[@]}"
}

# One Sync command a contact, as a phone sends them while its owner adds them.
scene_app_activesync() {
	local base=(-sS --fail --cacert "$CERTS/ca.pem" --interface "$PHONE" -4 --http1.1
		-o /dev/null -H 'Content-Type: application/vnd.ms-sync.wbxml'
		-A 'Android-SAMPLE-SM-X000/101.14' -H 'MS-ASProtocolVersion: 14.1'
		-H 'X-MS-PolicyKey: 1307199584' -H 'Accept-Language: de-DE' -H 'Accept-Encoding: gzip'
		-u sample.user@example.org:not-a-real-password) arguments=() i
	for i in $(seq 30); do
		body activesync "app-activesync-$i" 1 > "$WORK/sync-$i"
		[ "$i" = 1 ] || arguments+=(--next)
		arguments+=("${base[@]}" --data-binary "@$WORK/sync-$i"
			'https://outlook.office365.com/Microsoft-Server-ActiveSync?Cmd=Sync&User=sample.user%40example.org&DeviceId=SEC00000000000000000000000000001&DeviceType=SAMPLESMX000')
	done
	in_phone curl "${arguments[@]}"
}

scene_app_clubhouse() {
	app_people --http1.1 POST https://www.clubhouseapi.com/api/get_suggested_follows_friends_only \
		$JSON clubhouse app-clubhouse 240
}

scene_app_bluesky() {
	app_people --http2 POST https://bsky.social/xrpc/app.bsky.contact.importContacts \
		$JSON bluesky app-bluesky 240
}

scene_app_x() {
	app_people --http2 POST https://api.x.com/1.1/contacts/upload.json $JSON x app-x 100
}

scene_app_matrix() {
	app_people --http1.1 POST https://vector.im/_matrix/identity/v2/lookup $JSON matrix app-matrix 240
}

# ---- QUIC: ngtcp2's client and server -------------------------------------------

# The client sends the name it is given as SNI, and finds the IPv6 address by it.
quic() {	# host, number, URL, options of the client...
	local host=$1 number=$2 url=$3 server
	shift 3
	mkdir -p "$WORK/quic"
	head -c 90000 /dev/urandom > "$WORK/quic/page"
	printf '{"status":"ok"}' > "$WORK/quic/upload"
	ip netns exec $NS_SERVER gtlsserver -q -d "$WORK/quic" "2001:db8:2::$number" 443 \
		"$CERTS/$host.key" "$CERTS/$host.pem" > "$WORK/quic.log" 2>&1 &
	server=$!
	sleep 0.7
	in_phone timeout 10 gtlsclient -q --exit-on-all-streams-close "$@" "$host" 443 "$url" \
		> "$WORK/quic-client.log" 2>&1 || true
	kill $server
	wait $server 2>/dev/null || true
}

scene_quic_upload() {
	body instagram quic-upload 240 > "$WORK/quic-body"
	quic i.instagram.com 51 https://i.instagram.com/upload -m POST -d "$WORK/quic-body"
}

scene_quic_web() {
	quic www.example.org 21 https://www.example.org/page
}

# ---- link layers and tunnels: each carries the same upload of 30 contacts --------

upload30() {
	body json link 30 > "$WORK/30.json"
	post $JSON "$WORK/30.json" http://crm.example.org/api/contacts
}
upload30_v6() {
	body json link 30 > "$WORK/30.json"
	fetch6 -H "Content-Type: $JSON" --data-binary "@$WORK/30.json" http://crm.example.org/api/contacts
}

scene_link_sll2()	{ upload30; }
scene_link_sll()	{ upload30; }
scene_link_vlan()	{ upload30; }
scene_link_qinq()	{ upload30; }
scene_link_pppoe()	{ upload30; }
scene_link_mpls()	{ upload30; }
scene_link_raw()	{ upload30; }
scene_link_null()	{ upload30_v6; }
scene_tunnel_gre()	{ upload30; }
scene_tunnel_ipip()	{ upload30; }
scene_tunnel_6in4()	{ upload30_v6; }
scene_tunnel_4in6()	{ upload30; }
scene_tcp_fragments()	{ upload30; }
scene_tcp_disorder()	{
	body vcard3 tcp-disorder 300 > "$WORK/300.vcf"
	post text/vcard "$WORK/300.vcf" http://crm.example.org/api/contacts
}

# A real VXLAN between phone and gateway: the phone's packets go through it.
scene_tunnel_vxlan() {
	ip -n $NS_PHONE link add vx0 type vxlan id 42 local 192.0.2.10 remote 192.0.2.1 dstport 4789
	ip -n $NS_GATE link add vx0 type vxlan id 42 local 192.0.2.1 remote 192.0.2.10 dstport 4789
	ip -n $NS_PHONE addr add 203.0.113.10/24 dev vx0
	ip -n $NS_GATE addr add 203.0.113.1/24 dev vx0
	ip -n $NS_PHONE link set vx0 up
	ip -n $NS_GATE link set vx0 up
	ip -n $NS_PHONE route add 198.51.100.20/32 via 203.0.113.1
	FROM=203.0.113.10 upload30
	ip -n $NS_PHONE link del vx0
	ip -n $NS_GATE link del vx0
}

# ---- ordinary traffic: must yield nothing ------------------------------------------

scene_web_browsing() {
	fetch http://www.example.org/index/bytes/14000
	fetch http://www.example.org/style/bytes/5200 -H 'Referer: http://www.example.org/'
	fetch --http2 https://www.example.org/bytes/48000
	fetch6 --http2 https://www.example.org/bytes/22000
	fetch -d 'user=example.user&comment=An+ordinary+sentence+without+any+number' \
		http://www.example.org/comment
}

# What the same apps do all day on the hosts that also take address books.
app_day() {	# host
	local base=(-sS --fail --cacert "$CERTS/ca.pem" --interface "$PHONE" -4 --http2
		-o /dev/null -A 'sample/1.0 (Android 14)') arguments=() i
	for i in $(seq 8); do
		arguments+=("${base[@]}" "https://$1/api/v1/feed/bytes/$((i * 977))" --next
			"${base[@]}" --data "text=$(printf 'x%.0s' $(seq $((i * 71))))&nonce=$i"
			"https://$1/api/v1/messages" --next)
	done
	in_phone curl "${arguments[@]}" "${base[@]}" "https://$1/api/v1/state/bytes/300"
}

scene_apps_ordinary() {
	local host
	for host in discord.com i.instagram.com b-graph.facebook.com app.snapchat.com \
	    api16-normal-c-alisg.tiktokv.com; do
		app_day $host
	done
}

scene_media_upload() {
	head -c 140000 /dev/urandom > "$WORK/photo.jpg"
	printf '\xff\xd8\xff\xe0\x00\x10JFIF' | dd of="$WORK/photo.jpg" conv=notrunc status=none
	post application/octet-stream "$WORK/photo.jpg" --http2 https://mmg.whatsapp.net/mms/image/x
	fetch -F "photo=@$WORK/photo.jpg;type=image/jpeg" -F caption=holiday \
		http://upload.example.org/photos
}

scene_backup_upload() {
	head -c 220000 /dev/urandom > "$WORK/backup.bin"
	fetch --http2 -T "$WORK/backup.bin" https://backup.example.org/2026/11/phone.tar.zst
}

scene_telemetry() {
	body telemetry telemetry 200 > "$WORK/telemetry.json"
	body orders telemetry 250 > "$WORK/orders.csv"
	post $JSON "$WORK/telemetry.json" http://telemetry.example.net/v2/batch
	post text/csv "$WORK/orders.csv" http://telemetry.example.net/v2/import
	post $JSON "$WORK/telemetry.json" --http2 https://telemetry.example.net/v2/batch
}

scene_voip_stun() {
	lab_start "$WORK/turn.log" ip netns exec $NS_SERVER turnserver -n -a -u user:secret -r example.net \
		-L 198.51.100.70 --no-tls --no-dtls --no-cli --pidfile "$WORK/turn.pid" \
		--db "$WORK/turn.db" --log-file stdout --allow-loopback-peers
	sleep 1.2
	in_phone turnutils_stunclient -L 192.0.2.10 198.51.100.70 > /dev/null
	in_phone timeout 20 turnutils_uclient -L 192.0.2.10 -u user -w secret -e 198.51.100.70 \
		-n 40 -m 2 -l 172 -y 198.51.100.70 > "$WORK/uclient.log" || true
}

scene_mdns() {
	in_phone node "$SCRIPTS/mdns.mjs" 192.0.2.10
	in_phone getent ahosts www.example.org > /dev/null
	in_phone getent ahosts no-such-host.example.org > /dev/null || true
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What happens in each sample: one function a sample, named after its folder
# with underscores. Sourced by make.sh; the recorder runs around it.

PHONE=192.0.2.10 PHONE6=2001:db8:1::10

body() { node "$SCRIPTS/bodies.mjs" "$@"; }

# curl from a phone. --http1.1 unless the caller says otherwise.
fetch() {
	in_phone curl -sS --fail --cacert "$CERTS/ca.pem" --interface "${FROM:-$PHONE}" \
		-4 -o /dev/null "$@"
}
fetch6() {
	in_phone curl -sS --fail --cacert "$CERTS/ca.pem" --interface "${FROM:-$PHONE6}" \
		-6 -o /dev/null "$@"
}
post() {	# media type, body file, URL...
	local type=$1 file=$2
	shift 2
	fetch -H "Content-Type: $type" --data-binary "@$file" "$@"
}

# talk PLAN HOW ADDRESS PORT: serve in one name space, call in the other.
talk() {
	local plan=$1 how=$2 address=$3 port=$4 from=${5:-$PHONE} far=tcp server
	[ "$how" = tcp ] || far="$CERTS/$(sed 's|wss://||; s|/.*||' <<< "$how")"
	in_server node "$SCRIPTS/talk.mjs" serve "$plan" "$far" "$address" "$port" &
	server=$!
	sleep 0.6
	in_phone node "$SCRIPTS/talk.mjs" call "$plan" "$how" "$address" "$port" "$from"
	wait $server
}

# ---- contact data in the clear -------------------------------------------

scene_http_contacts() {
	local url=http://crm.example.org/api/contacts
	body json http-contacts 5 > "$WORK/5.json"
	body vcard3 http-contacts 25 > "$WORK/25.vcf"
	body json http-contacts 240 > "$WORK/240.json"
	body form http-contacts 60 > "$WORK/60.form"
	body csv http-contacts 1000 > "$WORK/1000.csv"
	post application/json "$WORK/5.json" $url
	post text/vcard "$WORK/25.vcf" $url
	post application/json "$WORK/240.json" $url
	post application/x-www-form-urlencoded "$WORK/60.form" $url
	FROM=$PHONE6 fetch6 -H 'Content-Type: text/csv' --data-binary "@$WORK/1000.csv" $url
}

scene_http_packed() {
	local url=http://crm.example.org/api/contacts
	body json http-packed 120 > "$WORK/120.json"
	body vcard4 http-packed 80 > "$WORK/80.vcf"
	gzip -9nkf "$WORK/120.json"
	node -e 'process.stdout.write(require("zlib").deflateSync(require("fs").readFileSync(0)))' \
		< "$WORK/120.json" > "$WORK/120.zz"
	post application/json "$WORK/120.json.gz" -H 'Content-Encoding: gzip' $url
	post application/json "$WORK/120.zz" -H 'Content-Encoding: deflate' $url
	post application/json "$WORK/120.json" -H 'Transfer-Encoding: chunked' $url
	fetch -F "book=@$WORK/80.vcf;type=text/vcard" -F note=contacts $url
}

# Rarer packings, and a body that is not what it says.
scene_http_unscanned() {
	local url=http://crm.example.org/api/contacts
	body json http-unscanned 120 > "$WORK/120.json"
	node -e 'process.stdout.write(require("zlib").brotliCompressSync(require("fs").readFileSync(0)))' \
		< "$WORK/120.json" > "$WORK/120.br"
	zstd -qf "$WORK/120.json" -o "$WORK/120.zst"
	head -c 3000 /dev/urandom > "$WORK/broken.gz"
	post application/json "$WORK/120.br" -H 'Content-Encoding: br' $url
	post application/json "$WORK/120.zst" -H 'Content-Encoding: zstd' $url
	post application/json "$WORK/broken.gz" -H 'Content-Encoding: gzip' $url
}

scene_http_formats() {
	local url=http://crm.example.org/import
	body ldif http-formats 90 > "$WORK/book.ldif"
	body jscontact http-formats 90 > "$WORK/book.jscontact"
	body vcard21 http-formats 90 > "$WORK/book.vcf"
	body numbers http-formats 90 > "$WORK/book.json"
	body sha256 http-formats 90 > "$WORK/book.sha256"
	post text/ldif "$WORK/book.ldif" $url
	post application/jscontact+json "$WORK/book.jscontact" $url
	post text/x-vcard "$WORK/book.vcf" $url
	post application/json "$WORK/book.json" $url
	post application/json "$WORK/book.sha256" $url
}

scene_http_activesync() {
	body activesync http-activesync 90 > "$WORK/book.wbxml"
	post application/vnd.ms-sync.wbxml "$WORK/book.wbxml" \
		"http://crm.example.org/Microsoft-Server-ActiveSync?Cmd=Sync&User=u&DeviceId=d&DeviceType=t"
}

# ---- CardDAV ---------------------------------------------------------------

dav_book() {	# base URL, name of the book
	printf '%s' '<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">' \
		'<set><prop><resourcetype><collection/><C:addressbook/></resourcetype>' \
		'</prop></set></mkcol>' > "$WORK/mkcol.xml"
	fetch -X MKCOL -H 'Content-Type: application/xml' --data-binary "@$WORK/mkcol.xml" \
		-u sample:sample "$1/sample/$2/"
}

# One connection, one PUT a card (RFC 6352 section 6.3.2).
dav_puts() {	# base URL, name of the book and seed of its people, count
	local config=$WORK/puts i=0 card
	rm -rf "$WORK/cards"
	mkdir -p "$WORK/cards"
	node --input-type=module -e "
		import { writeFileSync } from 'node:fs';
		import { people } from '$SCRIPTS/people.mjs';
		import { vcard3 } from '$SCRIPTS/bodies.mjs';
		people('$2', $3).forEach((p, i) =>
			writeFileSync('$WORK/cards/' + String(i).padStart(4, '0') + '.vcf', vcard3(p)));"
	: > "$config"
	for card in "$WORK"/cards/*.vcf; do
		[ $i -eq 0 ] || echo next >> "$config"
		i=$((i + 1))
		printf '%s\n' "upload-file = \"$card\"" "url = \"$1/sample/$2/$(basename "$card")\"" \
			'header = "Content-Type: text/vcard; charset=utf-8"' 'header = "If-None-Match: *"' \
			'header = "Expect:"' 'user = "sample:sample"' 'output = /dev/null' 'silent' \
			'show-error' 'fail' 'http1.1' "cacert = \"$CERTS/ca.pem\"" 'ipv4' \
			"interface = \"$PHONE\"" >> "$config"
	done
	in_phone curl --config "$config"
}

scene_carddav_put() {
	dav_book http://carddav.example.org carddav-put
	dav_puts http://carddav.example.org carddav-put 30
}

scene_carddav_tls() {
	dav_book https://carddav.fastmail.com carddav-tls
	dav_puts https://carddav.fastmail.com carddav-tls 60
}

# The same, by a client that writes down its keys; they go into the capture.
scene_tls13_carddav() {
	local -x SSLKEYLOGFILE=$WORK/tls13-carddav.keys
	dav_book https://carddav.fastmail.com tls13-carddav
	dav_puts https://carddav.fastmail.com tls13-carddav 40
}

# Ordinary: a phone reads its own address book; nothing goes up.
prepare_carddav_read() {
	dav_book http://carddav.example.org carddav-read
	dav_puts http://carddav.example.org carddav-read 30
}
scene_carddav_read() {
	local base=http://carddav.example.org/sample/carddav-read/
	fetch -X PROPFIND -H 'Depth: 1' -H 'Content-Type: application/xml' -u sample:sample \
		--data '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>' $base
	fetch -X REPORT -H 'Depth: 1' -H 'Content-Type: application/xml' -u sample:sample \
		--data '<C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop><getetag/><C:address-data/></prop></C:addressbook-query>' \
		$base
}

# ---- Signal ------------------------------------------------------------------

scene_signal_cdsi() {
	local path=/v1/e5eaa62da3514e8b37ccabddb87e52e7f319ccf5120a13f9e1b42b87ec9dd3dd/discovery
	node "$SCRIPTS/signal.mjs" discovery 240 0 > "$WORK/cdsi-240"
	node "$SCRIPTS/signal.mjs" discovery 1000 37 > "$WORK/cdsi-1000"
	node "$SCRIPTS/signal.mjs" discovery 2 0 > "$WORK/cdsi-2"
	in_phone getent ahosts cdsi.signal.org > /dev/null
	talk "$WORK/cdsi-240" wss://cdsi.signal.org$path 198.51.100.40 443
	talk "$WORK/cdsi-1000" wss://cdsi.signal.org$path 2001:db8:2::40 443 2001:db8:1::11
	talk "$WORK/cdsi-2" wss://cdsi.signal.org$path 198.51.100.40 443 192.0.2.12
}

scene_signal_chat() {
	node "$SCRIPTS/signal.mjs" chat > "$WORK/chat"
	in_phone getent ahosts chat.signal.org > /dev/null
	talk "$WORK/chat" wss://chat.signal.org/v1/websocket/ 198.51.100.41 443
}

# ---- WhatsApp -----------------------------------------------------------------

scene_whatsapp_usync() {
	local count port=5222 phone=10
	in_phone getent ahosts g.whatsapp.net > /dev/null
	for count in 5 25 240; do
		node "$SCRIPTS/whatsapp.mjs" contacts $count whatsapp-usync de > "$WORK/wa-$count"
		talk "$WORK/wa-$count" tcp 198.51.100.42 $port 192.0.2.$phone
		phone=$((phone + 1))
	done
	node "$SCRIPTS/whatsapp.mjs" contacts 1000 whatsapp-usync mixed > "$WORK/wa-1000"
	talk "$WORK/wa-1000" tcp 2001:db8:2::42 443 2001:db8:1::13
}

scene_whatsapp_chat() {
	in_phone getent ahosts g.whatsapp.net > /dev/null
	node "$SCRIPTS/whatsapp.mjs" chat 10 whatsapp-chat > "$WORK/wa-chat"
	talk "$WORK/wa-chat" tcp 198.51.100.42 5222
}

scene_whatsapp_register() {
	in_phone getent ahosts g.whatsapp.net > /dev/null
	node "$SCRIPTS/whatsapp.mjs" register 812 whatsapp-register > "$WORK/wa-register"
	talk "$WORK/wa-register" tcp 198.51.100.42 5222
}

scene_whatsapp_group() {
	in_phone getent ahosts g.whatsapp.net > /dev/null
	node "$SCRIPTS/whatsapp.mjs" group 60 whatsapp-group > "$WORK/wa-group"
	talk "$WORK/wa-group" tcp 198.51.100.42 5222
}

scene_whatsapp_web() {
	in_phone getent ahosts web.whatsapp.com > /dev/null
	node "$SCRIPTS/whatsapp.mjs" contacts 500 whatsapp-web de > "$WORK/wa-web"
	talk "$WORK/wa-web" wss://web.whatsapp.com/ws/chat 198.51.100.43 443
}

scene_whatsapp_web_chat() {
	in_phone getent ahosts web.whatsapp.com > /dev/null
	node "$SCRIPTS/whatsapp.mjs" chat 10 whatsapp-web-chat > "$WORK/wa-web-chat"
	talk "$WORK/wa-web-chat" wss://web.whatsapp.com/ws/chat 198.51.100.43 443
}

# ---- Telegram -----------------------------------------------------------------

scene_telegram_import() {
	node "$SCRIPTS/telegram.mjs" import 240 gzip 500 telegram-import > "$WORK/tg-240"
	node "$SCRIPTS/telegram.mjs" import 800 gzip 500 telegram-import > "$WORK/tg-800"
	talk "$WORK/tg-240" tcp 149.154.167.51 443
	talk "$WORK/tg-800" tcp 149.154.167.51 443 192.0.2.11
}

scene_telegram_files() {
	node "$SCRIPTS/telegram.mjs" files 4 65536 > "$WORK/tg-files"
	talk "$WORK/tg-files" tcp 149.154.167.51 443
}


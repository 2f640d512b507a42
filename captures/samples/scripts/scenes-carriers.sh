# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Samples of carriers other than HTTP/1.1. Sourced by make.sh.

carriers_serve() {
	[ -z "${CARRIERS_UP:-}" ] || return 0
	CARRIERS_UP=yes
	lab_start "$WORK/carriers.log" ip netns exec $NS_SERVER \
		node "$SCRIPTS/carriers.mjs" serve 198.51.100.20
	lab_wait_port $NS_SERVER 8080
	lab_wait_port $NS_SERVER 8081
}

prepare_h2c_contacts() { carriers_serve; }
prepare_ws_contacts() { carriers_serve; }

scene_h2c_contacts() {
	local url=http://crm.example.org:8080
	body json h2c-contacts-1 240 > "$WORK/h2c-1"
	body vcard3 h2c-contacts-2 60 > "$WORK/h2c-2"
	body csv h2c-contacts-3 100 > "$WORK/h2c-3"
	body form h2c-contacts-4 80 > "$WORK/h2c-4"
	post application/json "$WORK/h2c-1" --http2-prior-knowledge $url/api/contacts
	in_phone node "$SCRIPTS/carriers.mjs" h2c $url $PHONE "$WORK/h2c-2" text/vcard \
		"$WORK/h2c-3" text/csv "$WORK/h2c-4" application/x-www-form-urlencoded
}

scene_ws_contacts() {
	local url=ws://crm.example.org:8081/sync part
	for part in 1 2 3 4; do
		body json "ws-contacts-$part" 15 > "$WORK/ws-$part"
	done
	body json ws-contacts-5 200 > "$WORK/ws-5"
	in_phone node "$SCRIPTS/carriers.mjs" ws $url $PHONE deflate \
		"$WORK/ws-1" "$WORK/ws-2" "$WORK/ws-3" "$WORK/ws-4"
	in_phone node "$SCRIPTS/carriers.mjs" ws $url $PHONE plain "$WORK/ws-5"
}

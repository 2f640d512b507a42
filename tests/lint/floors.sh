#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Includes go down only: each folder may include the headers listed here, and
# each outside library is met in the files listed here.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0

complain() { echo "$*"; bad=1; }

# may FOLDER PATTERN: project headers a folder may include, besides its own.
may() {
	local folder=$1 pattern=$2 file line
	while IFS=: read -r file line; do
		[ -n "$file" ] || continue
		case $line in
		"\"$folder/"*) ;;
		*) [[ $line =~ ^\"($pattern)\"$ ]] || complain "$file includes $line" ;;
		esac
	done < <(grep -HoE '^#include "[^"]+"' "$folder"/*.[ch] 2>/dev/null | sed 's/#include //')
}

# only HEADER-PATTERN FILES...: an outside library stays in these files.
only() {
	local pattern=$1 hit
	shift
	for hit in $(grep -lE "^#include <($pattern)" */*.[ch] 2>/dev/null); do
		[[ " $* " == *" $hit "* ]] || complain "$hit includes <$pattern>"
	done
}

may core 'core/[a-z0-9_]+\.h'
may classifiers 'core/[a-z0-9_]+\.h'
may rules 'core/[a-z0-9_]+\.h|classifiers/classifiers\.h'
may reports 'core/[a-z0-9_]+\.h'
may captures 'core/[a-z0-9_]+\.h|rules/rules\.h'
may proxy 'core/[a-z0-9_]+\.h|rules/rules\.h'
may appliance '(core|classifiers|rules|reports|captures|proxy)/[a-z0-9_]+\.h'

only 'ndpi' classifiers/app.c classifiers/app_bridge.h
only 'pcap' captures/source.c
only 'openssl/' core/digest.c classifiers/mtproto.c classifiers/quic_crypto.c captures/tls_crypt.c captures/tls_keys.c proxy/hold_spool.c proxy/legs.c proxy/legs.h proxy/legs_bio.c proxy/worker.h proxy/authority.c proxy/authority.h proxy/authority_cert.c proxy/authority_cert.h proxy/authority_constraints.c proxy/authority_export.c proxy/authority_key.h proxy/authority_make.c proxy/leaf.c proxy/leaf.h proxy/leaf_cache.c proxy/leaf_cache.h proxy/leaf_request.c proxy/leaf_untrusted.c proxy/signer.c
only 'yaml\.h' core/conf.c
only 'jansson\.h' core/event_json.h appliance/scan.c appliance/explain.c appliance/ca_show.c reports/json_out.c
only 'sqlite3\.h' reports/store.c reports/store_sql.c reports/store_sql.h reports/store_put.c reports/store_read.c reports/store_expire.c
only 'libloc/' reports/geo_loc.c
only 'maxminddb\.h' reports/geo_mmdb.c
only 'event2/' core/channel.c appliance/main.c proxy/dialog.c proxy/worker.h proxy/tunnel.c proxy/pump.c proxy/local.c appliance/run_monitor.c appliance/run_process.c
only 'seccomp\.h' appliance/sandbox_filter.c
only 'zlib\.h' classifiers/decode.c classifiers/websocket_deflate.c classifiers/zip.c
only 'brotli/' classifiers/decode_brotli.c
only 'zstd' classifiers/decode_zstd.c
only 'nghttp2/' classifiers/hpack.c proxy/h2_stream.h
only 'uthash\.h' rules/names.c reports/model.c
exit $bad

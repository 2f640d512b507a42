#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Zero leak, zero harm: LEAK (60) varied books, of which no byte may arrive, and
# as many other bodies, which must arrive and come back unchanged.
#
#	LEAK=1000 SEED=7 bash tests/e2e/zero-leak.sh
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

e2e_require zstd
e2e_up
bookgate_config "$RUN/bookgate.yaml"
bookgate_start "$RUN/bookgate.yaml" || die "the program did not start"
base=$(descriptors)
inside phone env E2E_CA="$RUN/ca.pem" node "$E2E/leak.mjs" "${LEAK:-60}" "${SEED:-1}" > "$RUN/sent.ndjson" ||
    die "the client failed"
sleep 0.5
node "$E2E/leak.mjs" --judge "$RUN/sent.ndjson" "$RECEIVED"
code=$?

stored_events() { "$BOOKGATE" events -s "$RUN/bookgate.db"; }
# Events reach the store when their series is over and the recorder has written.
# shellcheck disable=SC2317
all_stored() { [ "$(stored_events | jq -s '[.[] | select(.verdict.action == "block" and .verdict.enforced)] | length')" -ge "$blocked" ]; }
blocked=$(jq -s '[.[] | select(.status == 403)] | length' "$RUN/sent.ndjson")
wait_for 10 all_stored
leaked=$(stored_events | jq -s '[.[] | select(.verdict.action == "block" and .bytes.forwarded > 0)] | length')
stored=$(stored_events | jq -s '[.[] | select(.verdict.action == "block" and .verdict.enforced)] | length')
if [ "$stored" -ne "$blocked" ] || [ "$leaked" -ne 0 ]; then
	echo "  FAULT $blocked were stopped, $stored events say so; $leaked of them say that something was forwarded"
	code=1
fi
# Called by name, in wait_for.
# shellcheck disable=SC2317
returned() { [ "$(descriptors)" -le $((base + 4)) ] && [ "$(close_wait)" -eq 0 ]; }
if [ "$(replaced)" != 0 ] || grep -aE 'Sanitizer|runtime error' "$BOOKGATE_LOG"; then
	echo "  FAULT processes died: $(tail -n 3 "$BOOKGATE_LOG")"
	code=1
fi
if ! wait_for 10 returned; then
	echo "  FAULT descriptors: $base before, $(descriptors) now; in CLOSE_WAIT: $(close_wait)"
	code=1
fi
exit $code

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same facts whichever way they come out: twice, by several workers, by
# the store, by the report's totals, from a pipe.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"

samples=(captures/samples/*/input.pcapng)
[ -e "${samples[0]}" ] || { echo "no sample captures"; exit 1; }

"$bookgate" replay "${samples[@]}" >"$work/once" || complain "replay: exit $?"
"$bookgate" replay "${samples[@]}" >"$work/twice"
cmp "$work/once" "$work/twice" || complain "two runs differ"
"$bookgate" replay -j 2 "${samples[@]}" >"$work/jobs"
cmp "$work/once" "$work/jobs" || complain "-j 2 differs"
"$bookgate" replay --flows "${samples[@]}" >"$work/flows1"
"$bookgate" replay --flows -j 2 "${samples[@]}" >"$work/flows2"
cmp "$work/flows1" "$work/flows2" || complain "--flows -j 2 differs"
grep -v '"event_type":"flow"' "$work/flows1" | jq -cS 'del(.app)' >"$work/a"
jq -cS 'del(.app)' "$work/once" >"$work/b"
cmp "$work/a" "$work/b" || complain "--flows changes the uploads"

"$bookgate" replay "${samples[0]}" >"$work/file"
"$bookgate" replay - <"${samples[0]}" >"$work/pipe"
cmp "$work/file" "$work/pipe" || complain "standard input differs"

# Stored once, stored twice, stored by workers: the same events.
uploads() { jq -cS 'select(.event_type=="contact_upload")' | sort; }
uploads <"$work/once" >"$work/printed"
"$bookgate" replay -s "$work/store.db" "${samples[@]}" >/dev/null || complain "store: exit $?"
"$bookgate" events -s "$work/store.db" | uploads >"$work/stored"
cmp "$work/printed" "$work/stored" || complain "the store's events differ"
"$bookgate" replay -s "$work/store.db" -j 2 "${samples[@]}" >/dev/null
"$bookgate" events -s "$work/store.db" | uploads >"$work/stored2"
cmp "$work/printed" "$work/stored2" || complain "stored twice, and doubled"

# The report counts what was printed.
"$bookgate" report -s "$work/store.db" --from 1990-01-01 --to 2090-12-31 --date 2026-11-21 \
    --format json >"$work/report.json" || complain "report: exit $?"
printed=$(wc -l <"$work/printed")
reported=$(jq '.summary.uploads.attempted' "$work/report.json")
[ "$printed" = "$reported" ] || complain "printed $printed uploads, reported $reported"
[ "$printed" -gt 0 ] || complain "no upload in any sample"
exit $bad

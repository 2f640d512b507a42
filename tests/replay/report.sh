#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Store, events and report from the outside: the same bytes twice, no doubles,
# nothing half-written, the promised exit codes, well-formed pages.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
period="--from 1990-01-01 --to 2090-12-31 --date 2026-11-21"

# expect CODE COMMAND...
expect() {
	local code=$1 got
	shift
	"$@" >"$work/stdout" 2>"$work/stderr"
	got=$?
	[ $got -eq "$code" ] || complain "$*: exit $got, not $code: $(head -n 2 "$work/stderr")"
}

expect 0 "$bookgate" replay -s "$work/s.db" captures/samples/app-*/input.pcapng
[ "$(stat -c %a "$work/s.db")" = 600 ] || complain "the store's mode is $(stat -c %a "$work/s.db")"
stored=$("$bookgate" events -s "$work/s.db" --type contact_upload | wc -l)
[ "$stored" -ge 10 ] || complain "only $stored uploads stored from the samples"

# ---- the report -------------------------------------------------------------
for lang in en nl de pl; do
	for format in html text csv json; do
		expect 0 "$bookgate" report -s "$work/s.db" $period --lang $lang --format $format
		mv "$work/stdout" "$work/$lang.$format"
		[ -s "$work/$lang.$format" ] || complain "$lang $format: empty"
	done
	grep -q "<html lang=\"$lang\">" "$work/$lang.html" || complain "$lang: the page is in another language"
	if command -v xmllint >/dev/null; then
		xmllint --noout "$work/$lang.html" || complain "$lang: the page is not well-formed"
	else
		echo "xmllint is not there: pages not checked"
	fi
	if grep -nE '<script|javascript:|https?://|@import|<link|<img|<iframe' "$work/$lang.html"; then
		complain "$lang: the page is not self-contained"
	fi
	wide=$(LC_ALL=C.UTF-8 wc -L <"$work/$lang.text")
	[ "$wide" -le 80 ] || complain "$lang: text is $wide columns wide"
done
attempted=$(jq .summary.uploads.attempted "$work/en.json")
[ "$attempted" = "$stored" ] || complain "the report counts $attempted uploads, the store holds $stored"
ids=$(for lang in en nl de pl; do jq -r .report.id "$work/$lang.json"; done | sort -u | wc -l)
[ "$ids" -eq 1 ] || complain "the report's id depends on the language"

# Stored again: no doubles, and the same report to the byte.
expect 0 "$bookgate" replay -s "$work/s.db" captures/samples/app-*/input.pcapng
expect 0 "$bookgate" report -s "$work/s.db" $period --lang en --format html -o "$work/again.html"
cmp "$work/en.html" "$work/again.html" || complain "stored twice, the report differs"

for table in recipients footings places countries timeline bands summary; do
	expect 0 "$bookgate" report -s "$work/s.db" $period --format csv --table $table
	[ "$(wc -l <"$work/stdout")" -ge 2 ] || complain "csv table $table is empty"
done

# ---- files and exit codes -------------------------------------------------------
expect 2 "$bookgate" report -s "$work/s.db"
expect 2 "$bookgate" report -s "$work/s.db" --from 2026-02-30 --to 2026-03-01
expect 2 "$bookgate" report -s "$work/s.db" --from 2026-03-02 --to 2026-03-01
expect 2 "$bookgate" report -s "$work/s.db" $period --lang fr
expect 2 "$bookgate" report -s "$work/s.db" $period --format pdf
expect 2 "$bookgate" report -s "$work/s.db" $period --table summary
expect 0 "$bookgate" report --help
expect 3 "$bookgate" report -s "$work/none.db" $period
echo "no database" >"$work/notes.txt"
expect 1 "$bookgate" report -s "$work/notes.txt" $period
expect 1 "$bookgate" events -s "$work/notes.txt"
expect 1 "$bookgate" replay -s "$work/notes.txt" captures/samples/app-discord/input.pcapng
[ "$(cat "$work/notes.txt")" = "no database" ] || complain "a file that is no store was changed"
sqlite3 "$work/other.db" 'CREATE TABLE theirs (x)' 2>/dev/null && expect 1 "$bookgate" events -s "$work/other.db"
expect 3 "$bookgate" report -s "$work/s.db" $period -o "$work/nowhere/r.html"
mkdir "$work/out" "$work/out/r.html"
expect 3 "$bookgate" report -s "$work/s.db" $period -o "$work/out/r.html"
[ "$(ls "$work/out")" = r.html ] || complain "left behind: $(ls "$work/out")"
"$bookgate" report -s "$work/s.db" $period >/dev/full 2>/dev/null
[ $? -eq 3 ] || complain "a full standard output is no error"

# ---- events ------------------------------------------------------------------------
"$bookgate" events -s "$work/s.db" | jq -r .timestamp | grep -v null >"$work/times"
sort -c "$work/times" || complain "events are out of time's order"
[ "$("$bookgate" events -s "$work/s.db" --limit 3 | wc -l)" -eq 3 ] || complain "--limit 3 gives another number"
others=$("$bookgate" events -s "$work/s.db" --action log | jq -c 'select(.verdict.action != "log")' | wc -l)
[ "$others" -eq 0 ] || complain "--action log gives $others others"
expect 2 "$bookgate" events -s "$work/s.db" --action none
expect 2 "$bookgate" events -s "$work/s.db" --limit 0

"$bookgate" events -s "$work/s.db" --follow >"$work/followed" 2>"$work/stderr" &
pid=$!
before=$("$bookgate" events -s "$work/s.db" | wc -l)
expect 0 "$bookgate" replay -s "$work/s.db" captures/samples/carddav-put/input.pcapng
after=$("$bookgate" events -s "$work/s.db" | wc -l)
[ "$after" -gt "$before" ] || complain "nothing new was stored to follow"
for _ in $(seq 100); do
	[ "$(wc -l <"$work/followed")" -ge "$after" ] && break
	sleep 0.1
done
[ "$(wc -l <"$work/followed")" -eq "$after" ] || complain "followed $(wc -l <"$work/followed") of $after events"
kill -INT $pid
wait $pid
[ $? -eq 130 ] || complain "--follow does not end with 130 on SIGINT"

# ---- a full disk, and a disk that only reads ---------------------------------------------
full_disk() {
	mkdir -p "$work/small" && mount -t tmpfs -o size=160k none "$work/small" || return 9
	"$bookgate" replay -s "$work/small/s.db" --flows captures/samples/*/input.pcapng >/dev/null 2>"$work/full.err"
	[ $? -eq 3 ] || { echo "a full disk gives another exit code"; return 1; }
	grep -q 'disk is full' "$work/full.err" || { cat "$work/full.err"; return 1; }
	cp "$work/s.db" "$work/small/r.db" 2>/dev/null
	umount "$work/small"
	mount -t tmpfs none "$work/small" && cp "$work/s.db" "$work/small/r.db" &&
	    mount -o remount,ro "$work/small" || return 9
	"$bookgate" events -s "$work/small/r.db" | cmp - <("$bookgate" events -s "$work/s.db") ||
	    { echo "a store on a read-only disk reads otherwise"; return 1; }
}
export -f full_disk
export work bookgate
if unshare -m true 2>/dev/null; then
	# The last writer's journal is folded in first, so that the file is whole.
	sqlite3 "$work/s.db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null 2>&1
	unshare -m bash -c full_disk
	case $? in
	0) ;;
	9) echo "no small disk can be mounted here: full disk not tried" ;;
	*) bad=1 ;;
	esac
else
	echo "no mount namespace here: full disk not tried"
fi
exit $bad

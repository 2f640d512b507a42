#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `make install` puts into a folder works from there, and `make demo`
# shows what it promises.
set -u
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "$*"; bad=1; }

make -s install DESTDIR="$work" PREFIX=/opt/bookgate || complain "make install: exit $?"
program=$work/opt/bookgate/bin/bookgate
"$program" check || complain "the installed program does not find its rules"
sample=captures/samples/signal-cdsi/input.pcapng
"$program" replay -s "$work/store.db" "$sample" >/dev/null || complain "replay: exit $?"
"$program" report -s "$work/store.db" --from 2020-01-01 --to 2030-12-31 --lang pl \
    -o "$work/report.html" || complain "report: exit $?"
grep -q '<svg' "$work/report.html" || complain "the report has no charts"
for page in bookgate.1 bookgate.yaml.5; do
	command -v man >/dev/null && man --warnings -E UTF-8 -l -Tutf8 -Z "appliance/man/$page" 2>"$work/man" >/dev/null
	[ ! -s "$work/man" ] || complain "$page: $(cat "$work/man")"
	[ -s "$work/opt/bookgate/share/man/man${page##*.}/$page" ] || complain "$page is not installed"
done

bash tests/demo.sh >"$work/demo" 2>&1 || complain "demo: exit $?: $(tail -n 3 "$work/demo")"
for language in en nl de pl; do
	grep -q "report-$language.html" "$work/demo" || complain "the demo names no report in $language"
done
exit $bad

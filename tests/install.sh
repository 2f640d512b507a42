#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
#	install.sh DESTDIR PREFIX BUILD
#	install.sh --uninstall DESTDIR PREFIX
#
# Puts the program, its rule data, the report's terms, the manual, the
# unit of systemd and the documents below DESTDIR/PREFIX; --uninstall takes the same away again.
set -euo pipefail
cd "$(dirname "$0")/.."

put() {	# mode, directory, file...
	local mode=$1 directory=$2
	shift 2
	install -d -m 755 "$directory"
	install -m "$mode" "$@" "$directory/"
}

put_all() {	# destination prefix, build directory, prefix
	local to=$1 build=$2 rules=() page
	mapfile -t rules < <(find rules -maxdepth 1 -name '*.csv' -o -maxdepth 1 -name '*.yaml' | sort)
	[ "${#rules[@]}" -gt 0 ] || { echo 'install.sh: rules/ holds no data' >&2; exit 1; }
	put 755 "$to/bin" "$build/bookgate"
	put 644 "$to/share/bookgate/rules" "${rules[@]}"
	[ ! -d rules/policies ] || put 644 "$to/share/bookgate/rules/policies" rules/policies/*
	put 644 "$to/share/bookgate" reports/terms.csv
	for page in appliance/man/*.[1-9]; do
		[ ! -e "$page" ] || put 644 "$to/share/man/man${page##*.}" "$page"
	done
	install -d -m 755 "$to/lib/systemd/system"
	sed "s|@PREFIX@|$3|g" appliance/bookgate.service >"$to/lib/systemd/system/bookgate.service"
	chmod 644 "$to/lib/systemd/system/bookgate.service"
	for page in README.md ARCHITECTURE.md LICENSE; do
		[ ! -e "$page" ] || put 644 "$to/share/doc/bookgate" "$page"
	done
}

remove_all() {	# destination prefix
	local page
	rm -f "$1/bin/bookgate" "$1/lib/systemd/system/bookgate.service"
	rm -rf "$1/share/bookgate" "$1/share/doc/bookgate"
	for page in appliance/man/*.[1-9]; do
		rm -f "$1/share/man/man${page##*.}/$(basename "$page")"
	done
}

case ${1-} in
--uninstall)
	[ $# -eq 3 ] || { sed -n '4,5s/^#//p' "$0" >&2; exit 2; }
	remove_all "$2$3" ;;
*)
	[ $# -eq 3 ] || { sed -n '4,5s/^#//p' "$0" >&2; exit 2; }
	put_all "$1$2" "$3" "$2" ;;
esac

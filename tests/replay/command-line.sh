#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The command line itself: what was printed arrives or is told to be lost, -V
# names every library, and a wrong value is answered with what is wanted.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
export BOOKGATE_RULES=$PWD/rules

# ---- a full device ------------------------------------------------------------

# lost ARGUMENT...: with standard output on a full device: exit 3, one line that says so.
lost() {
	local got
	cases=$((cases + 1))
	"$bookgate" "$@" >/dev/full 2>"$work/err" </dev/null
	got=$?
	[ $got -eq 3 ] || complain "$* >/dev/full: exit $got, not 3"
	grep -q '^bookgate: standard output: ' "$work/err" || complain "$* >/dev/full: says: $(cat "$work/err")"
}

printf 'BEGIN:VCARD\r\nFN:Ada Example\r\nTEL:+12025550101\r\nEND:VCARD\r\n' >"$work/card.vcf"
for sample in captures/samples/*/input.pcapng; do break; done
cat >"$work/divert.yaml" <<-'END'
	interception: {dpia: D-1, works_council: W-1, notice_since: 2026-09-01, listen: 8443}
	groups: {managed: {networks: 192.0.2.0/24}}
	inspect: [{groups: managed, services: facebook}]
	END
"$bookgate" ca init --dir "$work/ca" >/dev/null || complain "no authority"
"$bookgate" replay -s "$work/store.db" "$sample" >/dev/null || complain "no store"
lost -V
lost --help
for command in run status replay scan report events explain divert ca check; do lost $command --help; done
lost scan "$work/card.vcf"
lost explain --host graph.facebook.com
lost explain --json --host graph.facebook.com
lost replay "$sample"
lost replay --flows "$sample" "$sample" -j 2
lost divert print -c "$work/divert.yaml"
lost ca show --dir "$work/ca"
lost ca export --dir "$work/ca"
lost events -s "$work/store.db"
lost report -s "$work/store.db" --from 2000-01-01 --to 2030-01-01 --format text

# Who closed it and had nothing to be told lost nothing.
"$bookgate" check >&- 2>"$work/err" || complain "check >&-: exit $?: $(cat "$work/err")"

# ---- versions -------------------------------------------------------------------

"$bookgate" -V >"$work/out" || complain "-V: exit $?"
# linked LIBRARY NAME: the program is linked with it, so -V names it with a digit of a version.
linked() {
	cases=$((cases + 1))
	readelf -d "$bookgate" | grep -q "NEEDED.*\[$1[.-]" || { complain "$1 is not linked: the table of the test is old"; return; }
	grep -qE "^$2[^0-9]*[0-9]" "$work/out" || complain "-V does not name $2"
}
if command -v readelf >/dev/null; then
	table='libpcap=libpcap libndpi=nDPI libssl=OpenSSL libcrypto=OpenSSL libevent=libevent libsqlite3=SQLite
		libyaml=libyaml libjansson=jansson libmaxminddb=libmaxminddb libz=zlib libbrotlidec=brotli
		libzstd=Zstandard libnghttp2=nghttp2 libseccomp=libseccomp libloc=libloc libc=glibc'
	for row in $table; do linked "${row%=*}" "${row#*=}"; done
	# And nothing is linked that the table does not know; the compiler's own parts aside.
	while read -r library; do
		case " $(echo $table) libm= libasan= libubsan= libgcc_s= libpthread= ld-linux-x86-64= " in
		*" ${library%%[.-]*}="*) ;;
		*) complain "-V and this test do not know $library" ;;
		esac
	done < <(readelf -d "$bookgate" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
fi
for option in -V --version -h --help; do
	"$bookgate" $option extra >"$work/out" 2>"$work/err"
	[ $? -eq 2 ] || complain "$option extra: not refused"
	grep -q 'stands alone' "$work/err" || complain "$option extra: says: $(cat "$work/err")"
done

echo "$cases cases"
exit $bad

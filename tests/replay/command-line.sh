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
	grep -q '^bookgate: cannot write standard output: ' "$work/err" || complain "$* >/dev/full: says: $(cat "$work/err")"
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
	# And nothing is linked that the table does not know; the compiler's own parts aside,
	# and what nDPI's own table of libraries adds where the linker keeps the needless.
	while read -r library; do
		case " $(echo $table) libm= libgcrypt= libasan= libubsan= libgcc_s= libpthread= ld-linux-x86-64= " in
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

# ---- what is wrong is said --------------------------------------------------------

# wrong TEXT ARGUMENT...: exit 2, the first line says it, and not the whole help follows.
wrong() {
	local text=$1 got
	shift
	cases=$((cases + 1))
	"$bookgate" "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ $got -eq 2 ] || complain "$*: exit $got, not 2"
	head -n 1 "$work/err" | grep -qF -- "bookgate $1: $text" || complain "$*: says: $(head -n 1 "$work/err")"
	[ "$(wc -l <"$work/err")" -le 4 ] || complain "$*: $(wc -l <"$work/err") lines on standard error"
	[ -s "$work/out" ] && complain "$*: something on standard output"
}

number='a number from 1 to 64 is wanted'
wrong "\"0\" is no value for --jobs: $number" replay -j 0 x
wrong "\"x\" is no value for --jobs: $number" replay -j x x
wrong "\"100000\" is no value for --jobs: $number" replay --jobs 100000 x
wrong '"foo" is no value for --identity: one of address, pseudonym is wanted' replay --identity foo x
wrong 'an argument is missing' replay
wrong '-k takes a value' replay -k
wrong '--store takes a value' replay --store
wrong 'there is no option "--foo"' replay --foo x
wrong 'there is no option -z' replay -z x
wrong '"--flows=yes": that option takes no value' replay --flows=yes x
wrong '"--help=all": that option takes no value' replay --help=all
wrong '"NLD" is no value for --region' scan --region NLD x
wrong '"0" is no value for --threshold: a number from 1' scan --threshold 0 x
wrong '"xls" is no value for --format: html, text, csv or json is wanted' report --format xls
wrong '"xx" is no value for --lang: en, nl, de or pl is wanted' report --lang xx
wrong '"x" is no value for --table: recipients, footings' report --table x
wrong '--from and --to are needed' report
wrong '"0" is no value for --limit: a number from 1' events --limit 0
wrong '"x" is no value for --type: one of contact_upload' events --type x
wrong '"extra" is one argument too many' check extra
wrong '"extra" is one argument too many' run extra
wrong '--host, --ip or --service is needed' explain
wrong '--host and --ip exclude each other' explain --host a.example --ip 192.0.2.1
wrong 'there is no action "open"' divert open
wrong 'an argument is missing' divert
wrong '"0" is no value for --seconds: a number from 1 to 3600' divert alive --seconds 0
wrong 'init, show or export is needed' ca
wrong '--renew and --force exclude each other' ca init --renew --force
# The limits that messages tell stand in the help, and in the manual.
"$bookgate" replay --help | grep -q -- '--jobs N.* 1 to 64' || complain "replay --help does not tell the largest -j"
grep -q 'at once, 1 to 64' appliance/man/bookgate.1 || complain "the manual does not tell the largest -j"

echo "$cases cases"
exit $bad

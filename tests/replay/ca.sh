#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bookgate ca: what it makes is asked of others. OpenSSL and, where it is there,
# GnuTLS believe a leaf of a watched name, and believe nothing else that
# somebody signs who has stolen the gateway's key.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
export BOOKGATE_RULES=$PWD/rules
cd "$work" || exit 1

# ca CODE PATTERN ARGUMENT...: exit code, and a line that either output has ("" any).
ca() {
	local code=$1 pattern=$2 got
	shift 2
	cases=$((cases + 1))
	"$bookgate" ca "$@" >out 2>err </dev/null
	got=$?
	[ $got -eq "$code" ] || complain "ca $*: exit $got, not $code: $(head -n 3 err)"
	[ -z "$pattern" ] || cat out err | grep -qE -- "$pattern" ||
	    complain "ca $*: no /$pattern/ in: $(head -n 3 out err)"
}

cat >conf.yaml <<-'END'
organisation: {name: "Gemeente <Voorbeeld> & Zn", country: NL, language: nl}
groups: {managed: {networks: [192.0.2.0/24]}}
inspect:
  - {groups: [managed], services: [discord, icloud]}
store: data/bookgate.db
END
mkdir data

# ---- making ------------------------------------------------------------------
ca 0 "root.key: move it to a medium that stays offline" init -c conf.yaml
for file in root.key:600 root.pem:644 gateway.key:600 gateway.pem:644; do
	mode=$(stat -c %a "data/ca/${file%:*}") || complain "no ${file%:*}"
	[ "$mode" = "${file#*:}" ] || complain "${file%:*} has mode $mode"
done
[ "$(stat -c %a data/ca)" = 700 ] || complain "the folder is open to others"
[ "$(find data/ca -type f | wc -l)" -eq 4 ] || complain "drafts are left: $(ls data/ca)"
sum=$(cat data/ca/* | sha256sum)
ca 1 "exists; --force" init -c conf.yaml
[ "$sum" = "$(cat data/ca/* | sha256sum)" ] || complain "a refused init changed files"

text=$(openssl x509 -in data/ca/gateway.pem -noout -text)
for line in "Name Constraints: critical" "DNS:discord.com" "DNS:keychain.icloud.com" \
    "IP:0.0.0.0/0.0.0.0" "IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0" "CA:TRUE, pathlen:0" \
    "TLS Web Server Authentication" 'O = "Gemeente <Voorbeeld> & Zn"'; do
	grep -qF -- "$line" <<<"$text" || complain "the gateway's certificate has no $line"
done
grep -q "DNS:facebook.com" <<<"$text" && complain "the gateway may sign what inspect does not name"
openssl x509 -in data/ca/root.pem -noout -text | grep -q "Name Constraints: critical" ||
    complain "the root has no critical name constraints"
openssl verify -CAfile data/ca/root.pem data/ca/gateway.pem >/dev/null || complain "the chain does not hold"

# ---- a stolen key --------------------------------------------------------------
# leaf SAN [CN]: what a thief would sign, in leaf.pem.
leaf() {
	openssl ecparam -name prime256v1 -genkey -noout -out leaf.key 2>/dev/null
	openssl req -new -key leaf.key -subj "/${2:+CN=$2}" -out leaf.csr 2>/dev/null
	{
		[ -z "$1" ] || echo "subjectAltName=critical,$1"
		echo "keyUsage=critical,digitalSignature"
		echo "extendedKeyUsage=serverAuth"
		echo "authorityKeyIdentifier=keyid"
	} >leaf.ext
	openssl x509 -req -in leaf.csr -CA data/ca/gateway.pem -CAkey data/ca/gateway.key \
	    -CAcreateserial -days 30 -sha256 -extfile leaf.ext -out leaf.pem 2>/dev/null
}

# believed YES|NO PATTERN SAN [CN]
believed() {
	local said
	cases=$((cases + 1))
	leaf "$3" "${4-}"
	if said=$(openssl verify -purpose sslserver -CAfile data/ca/root.pem \
	    -untrusted data/ca/gateway.pem leaf.pem 2>&1); then
		[ "$1" = yes ] || complain "OpenSSL believes $3 ${4-}"
	else
		[ "$1" = no ] || complain "OpenSSL does not believe $3: $said"
		grep -q "$2" <<<"$said" || complain "no /$2/ in what OpenSSL says of $3: $said"
	fi
	# GnuTLS ends in the same way, whatever its words.
	command -v certtool >/dev/null || return 0
	cat leaf.pem data/ca/gateway.pem >chain.pem
	if certtool --verify --load-ca-certificate data/ca/root.pem --infile chain.pem >said 2>&1; then
		[ "$1" = yes ] || complain "GnuTLS believes $3 ${4-}"
	else
		[ "$1" = no ] || complain "GnuTLS does not believe $3: $(tail -n 2 said)"
	fi
}
believed yes "" "DNS:discord.com,DNS:*.discord.com" discord.com
believed yes "" "DNS:www.icloud.com"
believed no "permitted subtree violation" "DNS:bank.example"
believed no "permitted subtree violation" "DNS:discord.com,DNS:bank.example"
believed no "permitted subtree violation" "DNS:graph.facebook.com"
believed no "permitted subtree violation" "" bank.example
believed no "excluded subtree violation" "DNS:keychain.icloud.com"
believed no "excluded subtree violation" "IP:203.0.113.7"
believed no "excluded subtree violation" "DNS:discord.com,IP:2001:db8::7"
believed no "permitted subtree violation" "DNS:discord.com,URI:https://bank.example/"
believed no "permitted subtree violation" "email:someone@example.org"

# ---- showing --------------------------------------------------------------------
ca 0 '^root +O = "Gemeente <Voorbeeld> & Zn", CN = bookgate root of' show -c conf.yaml
ca 0 "warning: data/ca/root.key: the root's key lies here" show -c conf.yaml
print=$(openssl x509 -in data/ca/gateway.pem -noout -fingerprint -sha256 | cut -d= -f2)
grep -qF "$print" out || complain "show does not tell the fingerprint"
mv data/ca/root.key offline.key
ca 0 "" show -c conf.yaml --json
jq -e --arg p "$print" '.gateway.sha256 == $p and .warnings == []
    and (.gateway.permitted | contains(["discord.com", "icloud.com"]))
    and (.root.permitted | contains(["facebook.com"]))' out >/dev/null ||
    complain "show --json: $(cat out)"
sed -i 's/icloud\]/icloud, matrix]/' conf.yaml
ca 0 "warning: matrix: the rules watch element.io and more, .* \(4 of 4 domains\)" show -c conf.yaml
chmod 640 data/ca/gateway.key
ca 0 "warning: gateway: .*chmod 600" show -c conf.yaml
chmod 600 data/ca/gateway.key

# ---- renewing ---------------------------------------------------------------------
root=$(sha256sum <data/ca/root.pem)
ca 1 "root.key: No such file" init -c conf.yaml --renew
cp offline.key data/ca/root.key
chmod 600 data/ca/root.key
ca 0 "" init -c conf.yaml --renew
[ "$root" = "$(sha256sum <data/ca/root.pem)" ] || complain "renewing changed the root"
openssl verify -CAfile data/ca/root.pem data/ca/gateway.pem >/dev/null || complain "the renewed chain does not hold"
openssl x509 -in data/ca/gateway.pem -noout -text | grep -q DNS:matrix.org || complain "renewing did not take matrix in"
ca 0 "" init -c conf.yaml --force --service discord --narrow-root
[ "$root" = "$(sha256sum <data/ca/root.pem)" ] && complain "--force kept the root"
ca 1 "the root does not permit" init -c conf.yaml --renew --service signal

# ---- a passphrase -------------------------------------------------------------------
echo "correct horse" >pass
ca 0 "" init --dir sealed --passphrase-file pass
grep -q "BEGIN ENCRYPTED PRIVATE KEY" sealed/root.key || complain "root.key is not encrypted"
openssl pkey -in sealed/root.key -passin file:pass -noout || complain "OpenSSL cannot open root.key"
ca 1 "passphrase" init --dir sealed --renew
ca 0 "" init --dir sealed --renew --passphrase-file pass
: >empty
ca 1 "empty:1: the passphrase is empty" init --dir other --passphrase-file empty

# ---- never-open names ------------------------------------------------------------------
cp -r "$BOOKGATE_RULES" rules
sed -i 's/^  hosts: \[ing.nl,/  hosts: [discord.com, ing.nl,/' rules/never-open.yaml
grep -q "discord.com" rules/never-open.yaml || complain "the edit of never-open.yaml changed nothing"
BOOKGATE_RULES=rules ca 0 "" init --dir closed --service discord
openssl x509 -in closed/gateway.pem -noout -text >closed.text
grep -q "DNS:discord.com" closed.text && complain "a never-open name is permitted"
grep -q "DNS:discord.gg" closed.text || complain "the service's other names are not permitted"

# ---- exporting -----------------------------------------------------------------------
openssl x509 -in data/ca/root.pem -outform der -out root.der
ca 0 "BEGIN CERTIFICATE" export -c conf.yaml
openssl x509 -in out -outform der | cmp -s - root.der || complain "the exported PEM is another certificate"
ca 0 "" export -c conf.yaml --format der -o exported.der
cmp -s exported.der root.der || complain "the exported DER is another certificate"
ca 0 "" export -c conf.yaml --format mobileconfig -o one.mobileconfig
ca 0 "" export -c conf.yaml --format mobileconfig -o two.mobileconfig
cmp -s one.mobileconfig two.mobileconfig || complain "two profiles of one root differ"
xmllint --noout --nonet one.mobileconfig || complain "the profile is not well-formed"
xmllint --nonet --xpath 'string(//data)' one.mobileconfig | tr -d ' \t\n' | base64 -d | cmp -s - root.der ||
    complain "the profile holds another certificate"
[ "$(xmllint --nonet --xpath 'string(//key[.="PayloadOrganization"]/following-sibling::string[1])' one.mobileconfig)" \
    = "Gemeente <Voorbeeld> & Zn" ] || complain "the organisation's name is not itself in the profile"
[ "$(xmllint --nonet --xpath 'count(//string[.="com.apple.security.root"])' one.mobileconfig)" = 1 ] ||
    complain "the profile has no payload of a root"

# ---- exit codes ------------------------------------------------------------------------
ca 0 "^usage: bookgate ca" --help
ca 0 "^usage: bookgate ca" init --help
ca 2 "^usage: bookgate ca"
ca 2 "^usage: bookgate ca" make
ca 2 "belongs to another action" show --force
ca 2 "there are pem der mobileconfig" export --dir data/ca --format jks
ca 2 "^usage" init --force --renew
ca 1 "No such file" show --dir nowhere
ca 1 "No such file" export --dir nowhere
ca 1 'no service "discrod"; did you mean "discord"' init --dir nowhere --service discrod
ca 1 "no server names" init --dir nowhere --service exchange
ca 1 "conf2.yaml" init -c conf2.yaml
printf 'groups: {a: {networks: [192.0.2.0/24]}}\n' >nothing.yaml
ca 1 "no server names" init -c nothing.yaml --dir nowhere
[ -e nowhere ] && complain "a refused init left a folder"
ca 3 "/proc/none" init --dir /proc/none
if [ -w /dev/full ]; then
	"$bookgate" ca export -c conf.yaml >/dev/full 2>err
	[ $? -eq 3 ] || complain "export to a full disk does not exit with 3"
fi

[ $bad -eq 0 ] && echo "$cases cases"
exit $bad

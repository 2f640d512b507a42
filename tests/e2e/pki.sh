#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# pki.sh FOLDER: the servers' certificates, good and bad ones, below a test root
# and an intermediate: FOLDER/NAME.{pem,key}, root.pem (what an origin's
# verifier trusts), and a client's certificate, client.{pem,key}.
set -eu
dir=$1
mkdir -p "$dir/db"
cd "$dir"

key() {		# key NAME [SIZE]: P-256, or RSA of that size
	if [ -n "${2:-}" ]; then
		openssl genrsa -out "$1.key" "$2" 2>/dev/null
	else
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null
	fi
}

authority() {	# authority NAME: a root of its own
	key "$1"
	openssl req -x509 -new -key "$1.key" -days 3650 -subj "/O=Example/CN=Test $1" -out "$1.pem" \
	    -addext keyUsage=critical,keyCertSign,cRLSign
}

# sign NAME SUBJECT EXTENSIONS BY [FROM UNTIL]: NAME.key is there already.
sign() {
	local name=$1 subject=$2 extensions=$3 by=$4 from=${5:-20250101000000Z} until=${6:-}
	[ -n "$until" ] || until=$(date -u -d '+300 days' +%Y%m%d%H%M%SZ)
	printf '%b' "$extensions" > "$name.ext"
	openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr"
	: > db/index
	openssl ca -batch -notext -config ca.conf -name any -in "$name.csr" -out "$name.leaf" \
	    -cert "$by.pem" -keyfile "$by.key" -startdate "$from" -enddate "$until" \
	    -extfile "$name.ext" -outdir db 2>db/log ||
	    { cat db/log >&2; echo "pki.sh: $name was not signed" >&2; exit 1; }
}

server() {	# server NAME "HOST..." [FROM UNTIL]: leaf and intermediate
	local name=$1 hosts=$2 list="" host first=${2%% *}
	shift 2
	for host in $hosts; do list="$list,DNS:$host"; done
	[ -e "$name.key" ] || key "$name"
	sign "$name" "${SUBJECT-/CN=$first}" \
	    "subjectAltName=${list#,}\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n" \
	    inter "$@"
	cat "$name.leaf" inter.pem > "$name.pem"
}

cat > ca.conf <<-CONF
	[any]
	database = db/index
	default_md = sha256
	policy = policy
	unique_subject = no
	rand_serial = yes
	[policy]
	commonName = optional
	organizationName = optional
CONF

authority root
authority stranger
key inter
sign inter "/O=Example/CN=Test intermediate" \
    "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n" root
cat inter.leaf > inter.pem

server discord "discord.com *.discord.com"
server facebook "graph.facebook.com *.facebook.com"
server instagram "i.instagram.com *.instagram.com"
server matrix "identity.matrix.org"
server fastmail "carddav.fastmail.com"
server bank "www.ing.nl ing.nl"
server slack "slack.com *.slack.com"
server example "www.example.org"
server update "update.discord.com"
server mixed "mixed.discord.com www.example.org www.ing.nl"
server expired "expired.discord.com" 20250101000000Z 20250601000000Z
server notyet "notyet.discord.com" 20400101000000Z 20400601000000Z
server wronghost "elsewhere.discord.com"
server incomplete "incomplete.discord.com"
cat incomplete.leaf > incomplete.pem
server sans1000 "sans1000.discord.com $(printf 'n%s.discord.com ' $(seq 999))"
SUBJECT=/O=Example server nocn "nocn.discord.com"
key rsa4096 4096
server rsa4096 "rsa4096.discord.com"

key selfsigned
openssl req -x509 -new -key selfsigned.key -days 300 -subj /CN=selfsigned.discord.com \
    -addext subjectAltName=DNS:selfsigned.discord.com -out selfsigned.pem
key unknownroot
sign unknownroot /CN=unknownroot.discord.com "subjectAltName=DNS:unknownroot.discord.com\n" stranger
cat unknownroot.leaf > unknownroot.pem
key client
sign client /CN=phone "extendedKeyUsage=clientAuth\n" root
cat client.leaf > client.pem
rm -rf db ./*.csr ./*.ext ./*.leaf

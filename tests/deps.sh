#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing on Debian 12, by set; without a set named, what
# `make`, `make demo`, `make test`, `make lint` and `make fuzz` need.
#
#	sh tests/deps.sh [build] [test] [lint] [bench] [render] [samples]
#
# Quiet when all is there. Exit 3 when packages are missing and cannot be
# installed; their names are told.
set -eu

# set, package, what for. One row a package.
packages() {
	cat <<-'ROWS'
	build	gcc			the compiler
	build	libc6-dev		its headers
	build	make			the Makefile
	build	pkg-config		finds the libraries
	build	libpcap-dev		reads captures
	build	libndpi-dev		names protocols
	build	libssl-dev		digests, keys of QUIC
	build	libevent-dev		the event loop, HTTP
	build	libsqlite3-dev		the store
	build	libyaml-dev		configuration and rules
	build	libjansson-dev		JSON
	build	libloc-dev		countries and networks of addresses
	build	libmaxminddb-dev	the same from an operator's own database
	build	uthash-dev		hash tables
	build	zlib1g-dev		gzip and deflate bodies
	build	libnghttp2-dev		HPACK
	build	libbrotli-dev		brotli bodies
	build	libzstd-dev		zstd bodies
	build	libseccomp-dev		filters of system calls
	build	libloc-database		the address database itself
	build	jq			prints the demonstration's table
	test	bash			runs the tests
	test	git			what lint looks at
	test	libcmocka-dev		unit tests
	test	sqlite3			looks into stores
	test	libndpi-bin		ndpiReader, the peer in benchmarks
	test	brotli			packs bodies, and a peer in benchmarks
	test	zstd			the same
	test	nodejs			writes the corpus of the evaluation
	test	libxml2-utils		xmllint: are reports well-formed
	test	tshark			the peer in decryption tests, with editcap
	test	tcpdump			records for them
	test	iproute2		in a network name space
	test	nftables		diverts in them
	test	openssl			both ends of TLS
	test	gnutls-bin		certtool: a second opinion of certificates
	test	xxd			hex to bytes
	test	npm			fetches the WebSocket package of the end-to-end tests
	test	curl			a client in them
	test	nginx-light		a server
	test	radicale		a CardDAV server
	test	chromium		a client
	test	libnss3-tools		puts an authority into its store
	test	procps			sysctl
	lint	universal-ctags		lengths of functions
	lint	cppcheck		static analysis
	lint	clang			a second compiler, fuzzers
	lint	clang-tidy		static analysis
	lint	libclang-rt-14-dev	the fuzzing engine and sanitisers
	bench	sslsplit		a peer of the proxy
	bench	haproxy			another
	bench	nghttp2-client		h2load, for HTTP/2
	render	chromium		looks at reports as a reader does
	render	weasyprint		reports as PDF
	render	poppler-utils		reads the PDF back
	samples	iproute2		network name spaces
	samples	ethtool			turns segmentation offload off
	samples	procps			sysctl
	samples	tcpdump			records
	samples	nodejs			clients and servers, version 20 or later
	samples	npm			fetches them
	samples	curl			HTTP client
	samples	openssl			certificates
	samples	radicale		CardDAV server
	samples	nginx-light		keeps connections in front of it
	samples	ngtcp2-client		QUIC client
	samples	ngtcp2-server		QUIC server
	samples	coturn			STUN and TURN, both sides
	samples	zstd			packs a body
	samples	jq			reads lists
	ROWS
}

# Node.js often comes from its makers, as one package that brings npm along.
installed() {
	case $1 in
	nodejs) command -v node >/dev/null && return ;;
	npm) command -v npm >/dev/null && return ;;
	esac
	dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

missing() {	# the packages of the named sets that are not installed
	wanted=$(packages | awk -v sets=" $* " 'index(sets, " " $1 " ") { print $2 }' | sort -u)
	for package in $wanted; do
		installed "$package" || echo "$package"
	done
}

install() {
	if [ "$(id -u)" = 0 ]; then
		as=
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		as=sudo
	else
		return 3
	fi
	echo "installing: $*"
	export DEBIAN_FRONTEND=noninteractive
	$as apt-get -qq update
	$as apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

[ $# -gt 0 ] || set -- build test lint
for name in "$@"; do
	packages | cut -f1 | grep -qx "$name" || { echo "deps.sh: no such set: $name" >&2; exit 2; }
done

# shellcheck disable=SC2086
list=$(missing "$@" | tr '\n' ' ')
[ -n "$list" ] || exit 0
if ! command -v apt-get >/dev/null; then
	echo "deps.sh: this is no Debian; needed are: $list" >&2
	exit 3
fi
# shellcheck disable=SC2086
if ! install $list; then
	echo "deps.sh: not installed (root or sudo is needed, and the package mirror): $list" >&2
	exit 3
fi

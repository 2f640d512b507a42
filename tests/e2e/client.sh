# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Words for the `client:` lines of scenarios. c: curl that trusts the gateway's
# authority; o: one that trusts only the origins'; both tell status and version.
# post NAME: the options that send a body. n: client.mjs.
c() { curl -sS --max-time 40 --cacert "$E2E_CA" -w '\n%{http_code} http/%{http_version}\n' "$@"; }
o() { curl -sS --max-time 40 --cacert "$E2E_ROOT" -w '\n%{http_code} http/%{http_version}\n' "$@"; }
b() { echo "$E2E_BODIES/$1"; }
n() { node "$E2E/client.mjs" "$@"; }
s() { timeout 20 openssl s_client -CAfile "$E2E_CA" -verify_return_error -servername "$1" -connect "$1:443" "${@:2}" 2>&1; }
# Used in the scenarios.
# shellcheck disable=SC2034
JSON='content-type: application/json'
# shellcheck disable=SC2034
VCARD='content-type: text/vcard'

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# browser.sh URL: prints the page as Chromium shows it, with a profile of its
# own whose certificate store holds the gateway's authority, E2E_CA.
set -eu
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir -p "$home/.pki/nssdb"
certutil -d "sql:$home/.pki/nssdb" -N --empty-password
certutil -d "sql:$home/.pki/nssdb" -A -n gateway -t C,, -i "$E2E_CA"
HOME=$home timeout 60 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --no-first-run --disable-background-networking --disable-component-update --disable-sync \
    --host-resolver-rules='MAP *.google.com ~NOTFOUND, MAP *.googleapis.com ~NOTFOUND' \
    --user-data-dir="$home/profile" --virtual-time-budget=15000 --dump-dom "$1" 2>/dev/null

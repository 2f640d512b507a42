#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A corpus of a thousand bodies, built in seconds without any package: the
# detector must reach the targets of `make evaluate` on it, and count the
# public texts beside the project as their list says.
set -u
cd "$(dirname "$0")/../.." || exit 1
for program in node zstd; do
	command -v "$program" > /dev/null || { echo "$program is absent"; exit 77; }
done
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 18 ]; then
	echo 'node 18 or later is wanted'
	exit 77
fi
exec node tests/evaluate/evaluate.mjs --program "${BOOKGATE:-build/bookgate}"

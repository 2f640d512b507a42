#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `make evaluate`: fetches the npm packages that the lock file names (once, below
# build/), builds the corpus in a folder of its own, and prints the table, which
# stays in build/evaluate/evaluate.md. Exit 1 when a target is missed, 3 when
# the packages cannot be had.
set -u
cd "$(dirname "$0")/../.." || exit 1
bookgate=${BOOKGATE:-build/bookgate}
npm=build/evaluate/npm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in node npm zstd; do
	command -v "$program" > /dev/null || { echo "$program is wanted: see tests/deps.sh" >&2; exit 3; }
done
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
	echo 'node 20 or later is wanted' >&2
	exit 3
fi
mkdir -p "$npm"
if ! cmp -s tests/evaluate/package-lock.json "$npm/package-lock.json" || [ ! -e "$npm/complete" ]; then
	cp tests/evaluate/package.json tests/evaluate/package-lock.json "$npm/" || exit 3
	rm -f "$npm/complete"
	# No package's own scripts are run.
	npm ci --prefix "$npm" --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error >&2 || exit 3
	touch "$npm/complete"
fi
node tests/evaluate/evaluate.mjs --program "$bookgate" --npm "$npm" --work "$work" --out build/evaluate

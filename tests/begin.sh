# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # read by those who source it
#
# Sourced first by tests in shell: the project's folder, the program, a folder
# that is gone at the end, faults that are told and counted, reasons to skip.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
build=$(realpath "${BUILD:-build}")
bookgate=$(realpath "${BOOKGATE:-$build/bookgate}")
[ -x "$bookgate" ] || { echo "$bookgate is not built"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0 cases=0

complain() { echo "$*"; bad=1; }
skip() { echo "$*"; exit 77; }

# need TOOL...: without one of them the test is skipped.
need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip "$tool is not installed: sh tests/deps.sh test"
	done
}

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything `make test` runs, after the packages are there: unit tests,
# fuzzers' seeds, replay tests, and all of it again under ASan and UBSan.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0 skipped=0
log=build/test-log
mkdir -p "$log"

# run NAME COMMAND...: exit 0 passes, 77 skips (the reason is its last line), all else fails.
run() {
	local name=$1 start=$SECONDS code
	shift
	"$@" >"$log/${name//\//_}.log" 2>&1 </dev/null
	code=$?
	case $code in
	0) passed=$((passed + 1)); printf 'ok    %-40s %3d s\n' "$name" $((SECONDS - start)) ;;
	77) skipped=$((skipped + 1)); printf 'skip  %-40s %s\n' "$name" "$(tail -n 1 "$log/${name//\//_}.log")" ;;
	*) failed=$((failed + 1)); printf 'FAIL  %-40s exit %d\n' "$name" "$code"
	   tail -n 40 "$log/${name//\//_}.log" | sed 's/^/      /' ;;
	esac
}

# suite DIR: the tests against one build.
suite() {
	local b=$1 test
	for test in tests/unit/test_*.c; do
		test=$(basename "$test" .c)
		run "$b/unit/${test#test_}" "$b/unit/${test#test_}"
	done
	for test in tests/fuzz/fuzz_*.c; do
		test=$(basename "$test" .c); test=${test#fuzz_}
		run "$b/seeds/$test" "$b/seeds/$test" tests/fuzz/seeds/"$test"
	done
	for test in tests/replay/*.sh; do
		run "$b/replay/$(basename "$test" .sh)" env BOOKGATE="$b/bookgate" BUILD="$b" bash "$test"
	done
}

# e2e DIR NAME...: end to end, in network name spaces, against one build.
e2e() {
	local b=$1 name
	shift
	for name in "$@"; do
		run "$b/e2e/$name" env BOOKGATE="$b/bookgate" BUILD="$b" bash "tests/e2e/$name.test.sh"
	done
}

programs() {
	local test list=""
	for test in tests/unit/test_*.c; do test=$(basename "$test" .c); list="$list $1/unit/${test#test_}"; done
	for test in tests/fuzz/fuzz_*.c; do test=$(basename "$test" .c); list="$list $1/seeds/${test#fuzz_}"; done
	echo "$1/bookgate $list"
}

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
jobs=$(nproc)
for test in tests/proxy/*.c; do helpers="${helpers:-} build/proxy-test/$(basename "$test" .c)"; done
make -s -j"$jobs" B=build programs P="$(programs build) $helpers" || exit 1
make -s -j"$jobs" B=build/san SAN=1 OPT="-O1 -g" programs P="$(programs build/san)" || exit 1
suite build
# The kernel's part of diversion is the same in every build.
for test in tests/proxy/*.sh; do
	run "proxy/$(basename "$test" .sh)" env BOOKGATE=build/bookgate BUILD=build bash "$test"
done
for test in tests/e2e/*.test.sh; do e2e build "$(basename "$test" .test.sh)"; done
suite build/san
e2e build/san zero-leak
for test in tests/*.test.sh; do
	[ -e "$test" ] && run "$(basename "$test" .test.sh)" bash "$test"
done

echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

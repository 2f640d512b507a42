#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [NAME...]: the scenarios, all by default, in one office (lib.sh).
# The program is started anew only where the next scenario is configured
# otherwise. scenarios/README.md tells what a scenario may hold.
#
#	E2E_DIRECT=1	without bookgate in between: what clients and servers expect
#			of each other must hold then too (scenarios marked `direct`)
#	E2E_KEEP=1	the folder with logs stays
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/scenario.sh
. "$E2E/scenario.sh"

RETRIES_MAX=2
DIRECT=${E2E_DIRECT:-}
passed=0 failed=0 skipped=0 retried=0 started=$SECONDS
CONFIGURED=

# The program as this scenario wants it. A scenario with `fresh` wants a new one.
program_ready() {
	local conf=$RUN/bookgate.yaml key
	[ -z "$DIRECT" ] || return 0
	key="${set_lines[*]-}|${prefix_lines[*]-}"
	if [ -n "$CONFIGURED" ] && [ "$CONFIGURED" = "$key" ] && [ -z "$fresh" ] &&
	    kill -0 "$BOOKGATE_PID" 2>/dev/null; then
		return 0
	fi
	bookgate_stop
	CONFIGURED=
	bookgate_config "$conf" "${set_lines[@]-}"
	# A line of the scenario is more than one word of the command.
	# shellcheck disable=SC2048,SC2086
	bookgate_start "$conf" ${prefix_lines[*]-} || return 1
	killed=0
	# What a process opens with its first connection is no leak.
	seq 8 | inside phone xargs -P 4 -I{} curl -sS -m 10 --cacert "$RUN/ca.pem" -o /dev/null https://discord.com/get/{} 2>/dev/null
	sleep 0.2
	BASE=$(descriptors)
	CONFIGURED=$key
	[ -z "$fresh" ] || CONFIGURED=once
}

# A configuration with which the program must not start: the reason is in its log.
program_refuses() {
	bookgate_stop
	CONFIGURED=
	bookgate_config "$RUN/refused.yaml" "${set_lines[@]-}"
	timeout 10 ip netns exec "$TAG-gate" "$BOOKGATE" run -c "$RUN/refused.yaml" >"$RUN/refused.log" 2>&1
	case $? in
	1) grep -qE -- "$refuses" "$RUN/refused.log" || fault "refused without $refuses: $(tail -n 2 "$RUN/refused.log")" ;;
	124) fault "it started" ;;
	*) fault "exit $?, 1 was expected: $(tail -n 2 "$RUN/refused.log")" ;;
	esac
}

scenario() {
	local name=$1 file=$E2E/scenarios/$1.scenario start=$SECONDS
	scenario_read "$file" || { faults=("cannot be read"); verdict "$name" 0; return; }
	if [ -n "$DIRECT" ] && [ -z "$direct" ]; then return; fi
	if ! scenario_needs; then
		skipped=$((skipped + 1))
		printf 'skip  %-44s %s is missing\n' "$name" "$missing"
		return
	fi
	faults=()
	if [ -n "$refuses" ]; then
		program_refuses
	elif program_ready; then
		scenario_mark
		scenario_steps
		scenario_check
		[ -n "$DIRECT" ] || scenario_clean
	else
		faults=("the program did not start")
	fi
	# A machine that is too busy to keep time is no fault of the program's: once more, with a
	# program of its own. What fails twice has failed, what did not is told; and a race of ours
	# fails more than RETRIES_MAX of so many scenarios.
	if [ ${#faults[@]} -gt 0 ] && [ -z "${again-}" ] && [ "$retried" -lt $RETRIES_MAX ]; then
		printf 'again %-44s %s\n' "$name" "${faults[0]:0:160}"
		retried=$((retried + 1))
		CONFIGURED=
		again=yes scenario "$name"
		return
	fi
	verdict "$name" $((SECONDS - start))
}

verdict() {	# verdict NAME SECONDS
	local one
	if [ ${#faults[@]} -eq 0 ]; then
		passed=$((passed + 1))
		printf 'ok    %-44s %3d s\n' "$1" "$2"
		return
	fi
	failed=$((failed + 1))
	printf 'FAIL  %-44s %s\n' "$1" "${title-}"
	for one in "${faults[@]}"; do printf '      %s\n' "$one"; done
	CONFIGURED=
}

e2e_require
e2e_up
node "$E2E/bodies.mjs" "$RUN/bodies" || die "no bodies"
BODIES=$(cat "$RUN/bodies/bodies.json")
if [ -n "$DIRECT" ]; then cp "$RUN/pki/root.pem" "$RUN/ca.pem"; fi

# Same configuration side by side; those that want a program of their own last.
order() {
	local file
	for file in "$E2E"/scenarios/*.scenario; do
		printf '%s\t%s\n' "$(grep -E '^(fresh|prefix|set):' "$file" | sort -r | tr '\n' ' ')" \
		    "$(basename "$file" .scenario)"
	done | LC_ALL=C sort -s -t "$(printf '\t')" -k1,1 | cut -f2
}
if [ $# -gt 0 ]; then names=("$@"); else mapfile -t names < <(order); fi
for name in "${names[@]}"; do scenario "$name"; done

echo
echo "$passed scenarios passed, $failed failed, $skipped skipped, $retried tried twice, $((SECONDS - started)) s"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # read in run.sh
#
# One scenario: reading its file, its steps, its expectations. Sourced by run.sh.

SETTLE=5	# seconds in which events, logs and descriptors must be as expected

scenario_reset() {
	title='' from=phone fresh='' direct='' steps=() set_lines=() prefix_lines=() needs=()
	want_server=() want_events=() want_status=() want_log=() want_not_log=() leaky='' refuses=''
}

# Lines are KEY: VALUE; steps (with what is expected of them) keep their order.
scenario_read() {
	local line key value
	scenario_reset
	[ -r "$1" ] || return 1
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in ''|'#'*) continue ;; esac
		key=${line%%:*} value=${line#*:}
		value=${value#"${value%%[![:space:]]*}"}
		case $key in
		title) title=$value ;;
		from) from=$value ;;
		fresh) fresh=$value ;;
		direct) direct=$value ;;
		leaky) leaky=$value ;;
		refuses) refuses=$value ;;
		set) set_lines+=("$value") ;;
		prefix) prefix_lines+=("$value") ;;
		needs) needs+=("$value") ;;
		client|guest|background|background_output|action|exit|output|output_not) steps+=("$key $value") ;;
		server) want_server+=("$value") ;;
		events) want_events+=("$value") ;;
		status) want_status+=("$value") ;;
		log) want_log+=("$value") ;;
		log_not) want_not_log+=("$value") ;;
		*) echo "$1: unknown key: $key" >&2; return 1 ;;
		esac
	done < "$1"
}

scenario_needs() {
	for missing in "${needs[@]}"; do command -v "$missing" >/dev/null || return 1; done
}

lines() { wc -l < "$1" 2>/dev/null || echo 0; }
store_events() { "$BOOKGATE" events -s "$RUN/bookgate.db" 2>/dev/null; }

# What was there before, so that only what is new is looked at.
events_settled() { bookgate_status | jq -e '.events.waiting == 0' >/dev/null; }

scenario_mark() {
	seen_received=$(lines "$RECEIVED")
	seen_nginx=$(lines "$RUN/nginx.ndjson")
	[ -z "$DIRECT" ] || return 0
	# What the last scenario caused may be on its way to the store.
	wait_for 5 events_settled
	seen_log=$(lines "$BOOKGATE_LOG")
	seen_events=$(store_events | wc -l)
}

fault() { faults+=("$*"); }

# ---- steps -----------------------------------------------------------------------

client_run() {	# client_run SPACE COMMAND: there, with the words of client.sh
	inside "$1" env RUN="$RUN" E2E="$E2E" E2E_NPM="$NPM" E2E_CA="$RUN/ca.pem" \
	    E2E_ROOT="$RUN/pki/root.pem" E2E_BODIES="$RUN/bodies" E2E_PKI="$RUN/pki" E2E_PORT="$PORT" \
	    timeout 90 bash -c ". $E2E/client.sh; $2"
}

action() {
	case $1 in
	reload) kill -HUP "$BOOKGATE_PID" ;;
	reconfigure) bookgate_config "$BOOKGATE_CONF" "${set_lines[@]-}" "$2"; kill -HUP "$BOOKGATE_PID" ;;
	break-configuration) echo 'unknown-key: 1' >> "$BOOKGATE_CONF"; kill -HUP "$BOOKGATE_PID" ;;
	kill-all)
		# shellcheck disable=SC2046
		kill -KILL $(family "$BOOKGATE_PID") ;;
	divert-removed)
		inside gate "$BOOKGATE" divert remove -c "$BOOKGATE_CONF" || fault "divert remove failed"
		[ -z "$(inside gate nft list ruleset)" ] || fault "rules stay: $(inside gate nft list ruleset | head -n 3)"
		inside gate ip rule | grep -c . | grep -qx 3 || fault "a rule stays: $(inside gate ip rule)" ;;
	kill-worker) kill -KILL "$(process_pid proxy)" || fault "no worker was found"
		killed=$((killed + 1)) ;;
	# The monitor sleeps, so that nobody is there to replace it.
	signer-away) signer=$(process_pid signer) && kill -STOP "$BOOKGATE_PID" && kill -KILL "$signer" ||
		fault "no signer was found"
		sleep 0.2
		killed=$((killed + 1)) ;;
	signer-back) kill -CONT "$BOOKGATE_PID"
		wait_for 10 process_pid signer || fault "the signer is not replaced" ;;
	terminate) kill -TERM "$BOOKGATE_PID" ;;
	ended) wait_for "${2:-10}" ended || fault "the program did not end" ;;
	sleep) sleep "$2" ;;
	wait) wait "${background_pids[@]}" 2>/dev/null ;;
	listens) wait_for "${2:-10}" bookgate_ready || fault "nobody listens any more" ;;
	memory-mark) memory=$(resident) ;;
	memory-within) [ "$(resident)" -le $((memory + $2 * 1024)) ] ||
		fault "memory: $memory KiB before, $(resident) KiB now" ;;
	rebase) BASE=$(descriptors) ;;
	*) fault "unknown action: $1" ;;
	esac
}

ended() { ! kill -0 "$BOOKGATE_PID"; }

process_pid() {	# process_pid ROLE
	bookgate_status | jq -e --arg role "$1" '[.processes[] | select(.role == $role and .state == "ready")][0].pid'
}

resident() {	# KiB of all processes together, shared pages counted by share
	local pid sum=0
	for pid in $(family "$BOOKGATE_PID"); do
		sum=$((sum + $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null || echo 0)))
	done
	echo $sum
}

scenario_steps() {
	local step key value code=0 output='' checked=1 background=0 space=''
	background_pids=()
	rm -f "$RUN"/background.*
	for step in "${steps[@]}"; do
		key=${step%% *} value=${step#* }
		case $key in
		exit) checked=1; [[ $code =~ ^($value)$ ]] || fault "exit $code where $value was expected: $(tail_of "$output")" ;;
		output) grep -aqE -- "$value" <<<"$output" || fault "output lacks $value: $(tail_of "$output")" ;;
		output_not) grep -aqE -- "$value" <<<"$output" && fault "output has $value: $(tail_of "$output")" ;;
		*)
			step_settled
			case $key in
			client|guest)
				[ "$key" = guest ] || space=$from
				output=$(client_run "${space:-guest}" "$value" 2>&1 | tr -d '\0'; exit "${PIPESTATUS[0]}")
				code=$? checked=0 space='' ;;
			background_output)
				wait "${background_pids[@]}" 2>/dev/null
				output=$(cat "$RUN"/background.*)
				grep -aqE -- "$value" <<<"$output" || fault "background output lacks $value: $(tail_of "$output")" ;;
			background) client_run "$from" "$value" >"$RUN/background.$background" 2>&1 &
				background_pids+=($!); background=$((background + 1)) ;;
			action)
				# shellcheck disable=SC2086
				action $value ;;
			esac ;;
		esac
	done
	step_settled
	if [ ${#background_pids[@]} -gt 0 ]; then wait "${background_pids[@]}" 2>/dev/null; fi
}

# A client whose exit nobody asks about must have succeeded.
step_settled() {
	[ "$checked" -eq 1 ] || [ "$code" -eq 0 ] || fault "exit $code: $(tail_of "$output")"
	checked=1
}

tail_of() { tail -n 4 <<<"$1" | tr '\n' ' ' | cut -c1-300; }

# ---- expectations ------------------------------------------------------------------

# holds LINES-COMMAND EXPRESSION: jq over the array of the lines is true, within SETTLE.
holds() {
	local command=$1 expression=$2 n
	for ((n = 0; n < SETTLE * 5; n++)); do
		[ "$($command | jq -s --argjson body "$BODIES" "$expression" 2>/dev/null)" = true ] && return
		sleep 0.2
	done
	return 1
}

new_received() { tail -n "+$((seen_received + 1))" "$RECEIVED"; tail -n "+$((seen_nginx + 1))" "$RUN/nginx.ndjson"; }
new_events() { store_events | tail -n "+$((seen_events + 1))"; }
new_log() { tail -n "+$((seen_log + 1))" "$BOOKGATE_LOG"; }
log_has() { new_log | grep -qE -- "$1"; }

scenario_check() {
	local one
	for one in "${want_server[@]}"; do
		holds new_received "$one" || fault "the servers' list: not $one: $(new_received | tail -n 3 | cut -c1-400)"
	done
	[ -z "$DIRECT" ] || return 0
	# What must not come has to be waited for a little.
	[ ${#want_events[@]} -eq 0 ] || sleep 0.3
	for one in "${want_events[@]}"; do
		holds new_events "$one" || fault "events: not $one: $(new_events | jq -c '[.event_type,.host,.contacts.best,.verdict.action,.verdict.enforced,.reason,.bytes]' | tail -n 3)"
	done
	for one in "${want_status[@]}"; do
		holds bookgate_status ".[0] | $one" || fault "status: not $one: $(bookgate_status 2>&1 | head -c 600)"
	done
	for one in "${want_log[@]}"; do
		wait_for $SETTLE log_has "$one" || fault "log lacks $one: $(new_log | tail -n 3)"
	done
	for one in "${want_not_log[@]}"; do ! log_has "$one" || fault "log has $one"; done
}

returned() { [ "$(descriptors)" -le "$BASE" ] && [ "$(close_wait)" -eq 0 ]; }

# After every scenario: each descriptor is given back, none waits to be closed (1).
scenario_clean() {
	[ -z "$leaky" ] || return 0
	if ! kill -0 "$BOOKGATE_PID" 2>/dev/null; then fault "the program has ended: $(tail -n 3 "$BOOKGATE_LOG")"; return; fi
	[ "$(replaced)" = $killed ] || fault "processes died: $(new_log | grep -E 'died|killed|signal' | tail -n 3)"
	wait_for $SETTLE returned ||
	    fault "descriptors: $BASE before, $(descriptors) now; in CLOSE_WAIT: $(close_wait)"
	if grep -qE 'ERROR: AddressSanitizer|runtime error|LeakSanitizer' "$BOOKGATE_LOG"; then
		fault "sanitizer: $(grep -E -m 2 -A 6 'ERROR: |runtime error' "$BOOKGATE_LOG")"
	fi
}

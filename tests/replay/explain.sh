#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bookgate explain: the same host on different days, by the law of each day.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"
need jq
export BOOKGATE_RULES=$PWD/rules

# fact FILTER ARGUMENT...: jq's filter over the JSON answer must be true.
fact() {
	local filter=$1
	shift
	cases=$((cases + 1))
	"$bookgate" explain --json "$@" >"$work/out" 2>"$work/err" || complain "explain $*: exit $?: $(cat "$work/err")"
	jq -e "$filter" "$work/out" >/dev/null || complain "explain $*: not $filter: $(cat "$work/out")"
}

# says PATTERN ARGUMENT...: the text for people must have a line of this form.
says() {
	local pattern=$1
	shift
	cases=$((cases + 1))
	"$bookgate" explain "$@" >"$work/out" 2>&1 || complain "explain $*: exit $?"
	grep -qE "$pattern" "$work/out" || complain "explain $*: no /$pattern/ in: $(cat "$work/out")"
}

# refused CODE PATTERN ARGUMENT...
refused() {
	local code=$1 pattern=$2 got
	shift 2
	cases=$((cases + 1))
	"$bookgate" explain "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ $got -eq "$code" ] || complain "explain $*: exit $got, not $code"
	grep -qE "$pattern" "$work/err" || complain "explain $*: no /$pattern/ in: $(cat "$work/err")"
}

fact '.service == "facebook" and .transfer.mechanism == "privacy_shield" and .transfer.status == "in_force"' --host graph.facebook.com --date 2019-05-01
fact '.transfer.status == "ended" and .transfer.to == "2020-07-16"' --host graph.facebook.com --date 2021-05-01
fact '.transfer.mechanism == "dpf" and .transfer.status == "in_force"' --host graph.facebook.com --date 2024-05-01
fact '.recipient.class == "B" and .recipient.country == "IE"' --host graph.facebook.com
fact '.service == "signal" and .call == "contact-discovery" and .recipient.class == "A" and .transfer.status == "none" and .transfer.mechanism == "none"' --host cdsi.signal.org --date 2019-05-01
fact '.transfer.outside_eea and .transfer.status == "none"' --host cdsi.signal.org --date 2024-05-01
fact '.service == null and .recipient.id == "unknown" and .transfer.outside_eea and .transfer.status == "none"' --host www.example.org
fact '.recipient.id == "truecaller" and (.transfer.outside_eea | not)' --host contact-upload4-eu.truecaller.com
fact '.recipient.id == "truecaller-noneu" and .transfer.outside_eea' --host contact-upload4-noneu.truecaller.com
fact '.service == "telegram" and .ip == "149.154.167.51"' --ip 149.154.167.51
fact '.service == "signal"' --host CDSI.Signal.ORG.
fact '.service == "whatsapp"' --service whatsapp
fact '.open == false and (.open_reason | test("DPIA"))' --host graph.facebook.com
fact '.verdict.action == "log" and .verdict.rule == "(default)"' --host graph.facebook.com
fact '.transfer_today.note | test("Not known after")' --host graph.facebook.com
fact '(keys - ["host","ip","group","date","service","call","contacts","recipient","transfer","transfer_today","open","open_reason","verdict","rules"]) == []' --host graph.facebook.com

cat >"$work/c.yaml" <<-'END'
	interception: {dpia: D-1, works_council: W-1, notice_since: 2026-09-01}
	groups: {managed: {networks: 192.0.2.0/24}, guests: {networks: 198.51.100.0/24}}
	inspect: [{groups: managed, services: [facebook, signal]}]
	policy:
	  - {name: without-a-footing, when: {groups: managed, contacts: ">=20", transfer: [none, ended]}, then: block}
	  - {name: otherwise, then: log}
	END
c="$work/c.yaml"
fact '.open and (.open_reason | test("opened: inspect lists facebook for the group managed"))' -c "$c" --host graph.facebook.com --group managed --date 2026-09-01
fact '.open == false and (.open_reason | test("2026-09-01"))' -c "$c" --host graph.facebook.com --group managed --date 2026-08-31
fact '.open == false' -c "$c" --host graph.facebook.com --group guests --date 2026-09-01
fact '.verdict.action == "block" and .verdict.rule == "without-a-footing" and .verdict.reason == "group managed; contacts 250 (>=20); transfer ended"' -c "$c" --host graph.facebook.com --group managed --contacts 250 --date 2021-05-01
fact '.verdict.action == "log"' -c "$c" --host graph.facebook.com --group managed --contacts 250 --date 2024-05-01
fact '.verdict.action == "log"' -c "$c" --host cdsi.signal.org --group managed --contacts 5
fact '.verdict.action == "block"' -c "$c" --host cdsi.signal.org --group managed
fact '.verdict.action == "log"' -c "$c" --host cdsi.signal.org --group guests --contacts 5000

# What is never opened is never read: no policy stops it, and none is quoted.
never='.open == false and .verdict.action == "allow" and .verdict.rule == "(never open)" and .verdict.enforced == false'
fact "$never"' and (.open_reason | test("category banking"))' -c "$c" --host www.rabobank.nl --group managed
fact "$never" -c "$c" --host www.rabobank.nl --group managed --contacts 250
fact "$never"' and .service == "icloud"' -c "$c" --host keychain.icloud.com --group managed
fact '.verdict.action == "block"' -c "$c" --host www.example.org --group managed
says '^Verdict +allow, by the rule "\(never open\)"' -c "$c" --host www.rabobank.nl --group managed
says '^Seen +nothing of what is encrypted' -c "$c" --host www.rabobank.nl --group managed
says '^Seen +not its content: only' -c "$c" --host cdsi.signal.org --group guests
says '^Seen +what is uploaded is read' -c "$c" --host graph.facebook.com --group managed --date 2026-09-01
# Words of the contract, or null: what was not said is no method and no confidence.
fact '.contacts == {low: null, best: null, high: null, method: null, confidence: null}' --host www.example.org
fact '.contacts.method == "size" and .contacts.confidence == "low"' --host www.example.org --method size --confidence low

cat >"$work/d.yaml" <<-'END'
	policy:
	  - {name: sure, when: {method: content, confidence: [high], managed: yes, hours: "08:00-18:00"}, then: block}
	END
fact '.verdict.rule == "sure" and (.verdict.reason | test("time 17:59 within 08:00-18:00"))' -c "$work/d.yaml" --host graph.facebook.com --method content --confidence high --managed yes --time 17:59
fact '.verdict.rule == "(default)"' -c "$work/d.yaml" --host graph.facebook.com --method content --confidence high --managed yes --time 18:00
fact '.verdict.rule == "(default)"' -c "$work/d.yaml" --host graph.facebook.com --method content --confidence high --time 17:59

says '^Class +B: disclosure to an entity in the EEA' --host graph.facebook.com
says '^Class +A: transfer by the organisation' --host cdsi.signal.org
says '^Class +C: transfer to a country with an adequacy decision' --service threema
says '^Class +D: no transfer' --host contact-upload4-eu.truecaller.com
says '^Today, 20' --host graph.facebook.com --date 2021-05-01
says '^Service +unknown' --host www.example.org
says 'to be confirmed by the organisation' --host www.example.org

refused 2 '^usage:'
refused 2 '^usage:' --host a.example --ip 192.0.2.1
refused 2 'no value for --date' --host a.example --date 2019-02-30
refused 2 'no value for --contacts' --host a.example --contacts many
refused 2 'no value for --time' --host a.example --time 24:00
refused 2 'no value for --managed' --host a.example --managed perhaps
refused 1 'there is no service "signl"; did you mean "signal"' --service signl
refused 1 'there is no group "staff"' --host a.example --group staff
refused 1 'there is no call' --service signal --call nothing
refused 1 'is no address' --ip 300.1.1.1
refused 1 'is no host name' --host 'a b'
refused 1 '^/nonexistent.yaml: No such file' -c /nonexistent.yaml --host a.example
"$bookgate" explain --help >"$work/out" 2>&1 || complain "--help fails"
grep -q '^usage: bookgate explain' "$work/out" || complain "--help prints no usage"

echo "$cases cases"
exit $bad

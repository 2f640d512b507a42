#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bookgate check: silent over what ships; over mistakes it names file, line and
# column, and exits with 1.
# shellcheck source=tests/begin.sh
. "$(dirname "$0")/../begin.sh"

# The rule data without the program's sources.
fresh() {
	rm -rf "$work/rules"
	mkdir -p "$work/rules/policies"
	cp rules/*.csv rules/*.yaml "$work/rules/"
	cp rules/policies/*.yaml "$work/rules/policies/"
}

# expect CODE PATTERN ARGUMENT...: exit code, and a line of the output that matches.
expect() {
	local code=$1 pattern=$2 got
	shift 2
	cases=$((cases + 1))
	(cd "$work" && "$bookgate" check "$@") >"$work/out" 2>"$work/err"
	got=$?
	[ $got -eq "$code" ] || complain "check $*: exit $got, not $code: $(head -n 3 "$work/err")"
	[ -s "$work/out" ] && complain "check $*: something on standard output"
	if [ -z "$pattern" ]; then
		[ -s "$work/err" ] && complain "check $*: not silent: $(head -n 3 "$work/err")"
	elif ! grep -qE "$pattern" "$work/err"; then
		complain "check $*: no /$pattern/ in: $(head -n 3 "$work/err")"
	fi
}

# broken FILE PATTERN SED...: a rule file edited must give the pattern. The
# edit must change something, or the case proves nothing.
broken() {
	local file=$1 pattern=$2
	shift 2
	fresh
	sed -i "$@" "$work/rules/$file"
	cmp -s "rules/$file" "$work/rules/$file" && complain "the edit $* of $file changed nothing"
	expect 1 "$pattern" --rules rules
}

# conf PATTERN: the configuration on standard input must give the pattern.
conf() {
	cat >"$work/c.yaml"
	expect 1 "$1" -c c.yaml --rules rules
}

# where FILE TEXT: "line:column" of a text's first occurrence, to expect it there.
where() { awk -v t="$2" '!/^#/ && (i = index($0, t)) { print NR ":" i; exit }' "rules/$1"; }

fresh
expect 0 "" --rules rules
cat >"$work/c.yaml" <<-'END'
	organisation: {name: Gemeente Voorbeeld, country: NL, language: nl, dpo: fg@voorbeeld.example}
	capture: {interfaces: [br0]}
	interception:
	  dpia: DPIA-2026-014
	  works_council: OR-2026-03
	  notice_since: 2026-09-01
	  listen: 8443
	devices: {leases: /var/lib/misc/dnsmasq.leases, inventory: devices.csv}
	groups:
	  managed: {networks: [192.0.2.0/24, "2001:db8:1::/64"]}
	  guests:  {networks: [198.51.100.0/24]}
	inspect:
	  - {groups: [managed], services: [facebook, instagram, discord, matrix, carddav]}
	policy:
	  - name: no-contact-books-without-a-basis
	    when: {groups: [managed], contacts: ">=20", transfer: [none, ended]}
	    then: block
	  - name: signal-for-guests
	    when: {groups: [guests], services: [signal]}
	    then: allow
	  - name: otherwise
	    then: log
	identity: pseudonym
	retention: {events: 30d, totals: 24m}
	store: bookgate.db
	console: {listen: 127.0.0.1:8600}
	on_failure: open
	END
expect 0 "" -c c.yaml --rules rules
# the rules folder that the configuration itself names
{ cat "$work/c.yaml"; echo "rules: rules"; } >"$work/d.yaml"
expect 0 "" -c d.yaml
echo "rules: nowhere" >"$work/d.yaml"
expect 1 '^nowhere/services.yaml: No such file' -c d.yaml

# configurations
expect 1 '^none.yaml: No such file or directory$' -c none.yaml --rules rules
conf '^c\.yaml:2:1: unknown key .polcy.; did you mean .policy' <<-'END'
	bulk: 20
	polcy: []
	END
conf '^c\.yaml:2:22: there is no group .managd.; did you mean .managed' <<-'END'
	groups: {managed: {networks: [192.0.2.0/24]}}
	inspect: [{groups: [ managd ], services: [facebook]}]
	END
conf '^c\.yaml:3:11: the rule in line 2 is called .one. too$' <<-'END'
	policy:
	  - {name: one, when: {services: [signal]}, then: log}
	  - name: one
	    when: {services: [facebook]}
	    then: block
	END
conf '^c\.yaml:3:5: the rule .two. is never reached: .one. in line 2 decides everything$' <<-'END'
	policy:
	  - {name: one, then: log}
	  - {name: two, when: {services: [facebook]}, then: block}
	END
conf "^c\.yaml:1:21: 'events' must be longer than '0d'$" <<-'END'
	retention: {events: 0d}
	END
conf "^c\.yaml:1:21: 'totals' must be longer than '0m'$" <<-'END'
	retention: {totals: 0m, events: 30d}
	END
# An empty path is none: SQLite would keep the events in a file that is gone afterwards.
conf "^c\.yaml:1:8: 'store' needs a value$" <<-'END'
	store: ""
	END
conf "^c\.yaml:1:7: 'store' needs a value$" <<-'END'
	store:
	END
conf "^c\.yaml:1:20: 'ca' needs a value$" <<-'END'
	interception: {ca: ''}
	END
# A list of one condition is that condition; of more, each wants its rule.
cat >"$work/c.yaml" <<-'END'
	policy: [{name: one, when: {contacts: [">=20"], hours: ["08:00-18:00"]}, then: log}]
	END
expect 0 "" -c c.yaml --rules rules
conf '^c\.yaml:1:39: one condition like ">=20" is wanted here; for another, write another rule$' <<-'END'
	policy: [{name: one, when: {contacts: ["<5", ">=20"]}, then: log}]
	END
conf '^c\.yaml:1:36: one condition like "08:00-18:00" is wanted here' <<-'END'
	policy: [{name: one, when: {hours: []}, then: log}]
	END
conf "^c\.yaml:1:40: 'twenty' is no number of contacts" <<-'END'
	policy: [{name: one, when: {contacts: [twenty]}, then: log}]
	END
conf '^c\.yaml:2:6: ' <<-'END'
	policy:
	  - [: broken
	END
conf '^c\.yaml:1:9: anchors and aliases are not allowed here$' <<-'END'
	groups: &g {}
	END

# rule data
at=$(where recipients.csv 'signal,Signal,controller,A')
broken recipients.csv "^rules/recipients.csv:${at%:*}:26: 'Z' is no class" 's/^signal,Signal,controller,A,/signal,Signal,controller,Z,/'
broken recipients.csv "^rules/recipients.csv:${at%:*}:.*'boss' is no word of this column" 's/^signal,Signal,controller,/signal,Signal,boss,/'
at=$(where recipients.csv 'facebook,Facebook')
broken recipients.csv "^rules/recipients.csv:${at%:*}:.*'B' needs the country of its entity" '/^facebook,/s/Limited,IE,/Limited,,/'
broken recipients.csv "^rules/recipients.csv:${at%:*}:.*'2016-09-31' is no day like" '/^facebook,/s/2016-09-30/2016-09-31/'
broken recipients.csv "^rules/recipients.csv:${at%:*}:.*names a mechanism that is not known" '/^facebook,/s/dpf+scc/dfp+scc/'
broken recipients.csv "^rules/recipients.csv: two rows have the id 'signal'" '/^signal,/{p}'
broken recipients.csv "^rules/recipients.csv: the row 'unknown' is missing" '/^unknown,/d'
broken recipients.csv "^rules/recipients.csv:.*the header has no column 'dpf_from'" 's/,dpf_from,/,dpf_since,/'
broken recipients.csv "^rules/services.yaml:[0-9]+:[0-9]+: .*signal" '/^signal,/d'
at=$(where eea.csv 'NL,Netherlands')
broken eea.csv "^rules/eea.csv:${at%:*}:1: 'nl' is no country code" 's/^NL,/nl,/'
broken eea.csv "^rules/eea.csv:.*'2020-12-32' is no day" 's/2020-12-31/2020-12-32/'
broken eea.csv "^rules/eea.csv:.*'BE' has a row already" '/^BE,/{p}'
at=$(where adequacy.csv 'US,United States (EU-US Privacy Shield)')
broken adequacy.csv "^rules/adequacy.csv:${at%:*}:.*'2010-07-16' ends before it begins" 's/2020-07-16/2010-07-16/'
broken adequacy.csv "^rules/adequacy.csv:.*'list:shield' is no test" 's/list:privacy_shield/list:shield/'
broken adequacy.csv "^rules/adequacy.csv:[0-9]+:1: 10 cells in this row, but the header has 11" 's/^CH,Switzerland,/CH;Switzerland,/'
broken services.yaml '^rules/services.yaml:[0-9]+:[0-9]+: unknown key .hots.' '0,/^  hosts:/s//  hots:/'
broken policies/basis.yaml '^rules/policies/basis.yaml:[0-9]+:[0-9]+: unknown key .whn.' 's/when: {groups: \[guests\]/whn: {groups: [guests]/'
fresh
rm "$work/rules/adequacy.csv"
expect 1 '^rules/adequacy.csv: No such file or directory$' --rules rules
# with broken rules the configuration's syntax is still read
printf 'a: [\n' >"$work/c.yaml"
expect 1 '^c.yaml:' -c c.yaml --rules rules

# usage
"$bookgate" check --help >"$work/out" 2>"$work/err" || complain "--help fails"
grep -q '^usage: bookgate check' "$work/out" || complain "--help prints no usage"
"$bookgate" check --nonsense >/dev/null 2>&1
[ $? -eq 2 ] || complain "an unknown option is no usage error"
"$bookgate" check extra >/dev/null 2>&1
[ $? -eq 2 ] || complain "a stray argument is no usage error"

echo "$cases cases"
exit $bad

// SPDX-License-Identifier: Apache-2.0
//
// Synthetic people: the same seed gives the same people on every machine, so
// a test can make again what a sample holds and look for it elsewhere.
//
// Nobody real can be meant: names are put together from made-up syllables,
// mail addresses lie under the example domains of RFC 2606, and numbers in
// ranges that no subscriber has: the ones regulators keep for fiction
// (France 6 39 98, United Kingdom 7700 900) and a German mobile block that is
// not given out (154), whose written length is that of any German mobile.
//
//	node people.mjs SEED COUNT [PROFILE]	the people as JSON
//	node people.mjs --markers FOLDER	every identifier planted in the
//						samples below FOLDER, one a line
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const FIRST = ['Almo', 'Brisa', 'Corvin', 'Delwa', 'Enno', 'Fiorka', 'Gundel', 'Hesper', 'Ilvo',
	'Jorunn', 'Kaspria', 'Lumo', 'Mirwen', 'Noldo', 'Ottla', 'Perrin', 'Quilla', 'Rosmer',
	'Sunniva', 'Tjark', 'Ulfa', 'Velten', 'Wibke', 'Xandru', 'Yorick', 'Zilla'];
const HEAD = ['Birken', 'Dorn', 'Eiben', 'Falken', 'Ginster', 'Hasel', 'Krumm', 'Linden', 'Moor',
	'Nebel', 'Otter', 'Pappel', 'Quell', 'Raben', 'Silber', 'Tannen', 'Ulmen', 'Wacholder'];
const TAIL = ['acker', 'bach', 'dijk', 'feld', 'grund', 'hain', 'kamp', 'loh', 'mark', 'ried',
	'see', 'stein', 'wald', 'ska'];
const DOMAINS = ['example.org', 'example.net', 'example.com', 'mail.example.org'];

// prefix, digits that follow it, weight in the profile "mixed"
const RANGES = [
	{ prefix: '+49154', digits: 8, weight: 8 },
	{ prefix: '+3363998', digits: 4, weight: 1 },
	{ prefix: '+447700900', digits: 3, weight: 1 },
];

// xorshift over a hash of the seed: small, and the same everywhere.
function dice(seed) {
	let state = 2166136261;
	for (const c of Buffer.from(String(seed)))
		state = Math.imul(state ^ c, 16777619) >>> 0;
	state = state || 1;
	return (n) => {
		state ^= state << 13; state >>>= 0;
		state ^= state >>> 17;
		state ^= state << 5; state >>>= 0;
		return state % n;
	};
}

function range_pick(roll, profile) {
	if (profile === 'de')
		return RANGES[0];
	let left = roll(RANGES.reduce((sum, range) => sum + range.weight, 0));
	return RANGES.find((range) => (left -= range.weight) < 0);
}

function phone_make(roll, profile, taken) {
	for (;;) {
		const range = range_pick(roll, profile);
		let phone = range.prefix;
		for (let i = 0; i < range.digits; i++)
			phone += roll(10);
		if (!taken.has(phone)) {
			taken.add(phone);
			return phone;
		}
	}
}

/*
 * count people, each with a number of his own. Profile "de": all numbers have
 * 14 characters with their plus sign; "mixed": three countries.
 */
export function people(seed, count, profile = 'mixed') {
	const roll = dice(`${seed}/${profile}`);
	const taken = new Set();
	return Array.from({ length: count }, (_, i) => {
		const first = FIRST[roll(FIRST.length)];
		const last = HEAD[roll(HEAD.length)] + TAIL[roll(TAIL.length)];
		return {
			first, last, name: `${first} ${last}`,
			phone: phone_make(roll, profile, taken),
			email: `${first}.${last}${i}@${DOMAINS[roll(DOMAINS.length)]}`.toLowerCase(),
		};
	});
}

// All that truth.json says was planted: "people": [{seed, count, profile}].
function markers(folder) {
	const found = new Set();
	for (const name of readdirSync(folder).sort()) {
		const truth = join(folder, name, 'truth.json');
		if (!existsSync(truth))
			continue;
		for (const group of JSON.parse(readFileSync(truth)).people ?? [])
			for (const person of people(group.seed, group.count, group.profile))
				for (const key of ['phone', 'email', 'name'])
					found.add(person[key]);
	}
	return [...found];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const [first, second, third] = process.argv.slice(2);
	if (first === '--markers')
		console.log(markers(second).join('\n'));
	else
		console.log(JSON.stringify(people(first, Number(second), third)));
}

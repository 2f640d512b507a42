// SPDX-License-Identifier: Apache-2.0
//
// Synthetic people. Mail addresses stand under reserved domains (RFC 2606);
// numbers are made from the index, so that no two people share one. `names`
// may be another source of names, as the npm package faker.
import { chance } from './random.mjs';

const GIVEN = ['Anna', 'Bartosz', 'Chiara', 'Dieter', 'Eva', 'Fatima', 'Grzegorz', 'Hanneke',
	'Ivo', 'Jürgen', 'Katarzyna', 'Lars', 'Małgorzata', 'Noor', 'Olga', 'Pieter', 'Quentin',
	'Renée', 'Søren', 'Tomasz', 'Ute', 'Véronique', 'Wojciech', 'Xenia', 'Yusuf', 'Zoë'];
const FAMILY = ['Bakker', 'Çelik', 'Dąbrowski', 'Engel', 'Fischer', 'Garcia', 'de Vries',
	'Huber', 'Ivanova', 'Jansen', 'Kowalski', 'Lindqvist', 'Müller', 'Nowak', 'O’Brien',
	'Petersen', 'Rossi', 'Schmidt', 'van den Berg', 'Wójcik', 'Yılmaz', 'Zimmermann'];
const DOMAINS = ['example.org', 'example.com', 'example.net', 'mail.example.org'];

// Country code, what mobile numbers begin with, digits after it, chance in percent.
const COUNTRIES = [
	['49', ['151', '160', '171', '176'], 8, 40], ['31', ['6'], 8, 25],
	['48', ['50', '60', '79'], 7, 15], ['43', ['664'], 7, 6], ['33', ['6', '7'], 8, 6],
	['44', ['77'], 8, 4], ['32', ['47'], 7, 2], ['1', ['212555'], 4, 2],
];
export const REGIONS = { DE: '49', NL: '31', PL: '48' };

function country(random) {
	let at = random.below(100);
	return COUNTRIES.find((row) => (at -= row[3]) < 0);
}

/* The index goes through an odd multiplier: distinct, and in no order. */
function number(random, index, row) {
	const [code, heads, rest] = row;
	const room = 10 ** rest;
	const tail = (index * 7919 * 31 + 1234567) % room;
	return { code, national: random.pick(heads) + String(tail).padStart(rest, '0') };
}

const ascii = (text) => text.normalize('NFD').replace(/ł/g, 'l').replace(/ı/g, 'i')
	.replace(/ø/g, 'o').replace(/[^A-Za-z]/g, '').toLowerCase();

function person(random, index, options) {
	const given = options.names ? options.names.given() : random.pick(GIVEN);
	const family = options.names ? options.names.family() : random.pick(FAMILY);
	const row = options.code ? COUNTRIES.find((c) => c[0] === options.code) : country(random);
	/* Ten thousand numbers are too many for the American fictitious range. */
	const phone = number(random, index, index > 4000 && row[2] < 7 ? COUNTRIES[0] : row);
	const digits = phone.code + phone.national;
	return {
		index, given, family, name: `${given} ${family}`, code: phone.code,
		national: phone.national, digits, phone: `+${digits}`,
		email: `${ascii(given)}.${ascii(family)}${index}@${random.pick(DOMAINS)}`,
		organisation: random.pick(['Gemeente Voorbeeld', 'Muster GmbH', 'Przykład sp. z o.o.', '']),
		second: random.below(100) < 20 ? `+49306${String(index * 13 + 100000).padStart(7, '0')}` : null,
		mail: random.below(100) < 70,
		note: random.below(100) < 10,
	};
}

// options: {code} one country only, {names} a source of names.
export function people(count, seed, options = {}) {
	const random = chance(seed);
	const start = (seed % 97) * 20000 % 700000;
	return Array.from({ length: count }, (_, i) => person(random, start + i, options));
}

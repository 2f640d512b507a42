// SPDX-License-Identifier: Apache-2.0
//
// Request bodies as clients send them, filled with synthetic people.
//
//	node bodies.mjs FORMAT SEED COUNT [PROFILE] > body
//
// Where a body imitates an app's request, the field names are those that its
// published interface or an independent open client uses.
import { createHash, createHmac } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { people } from './people.mjs';

const sha256 = (text, encoding) => createHash('sha256').update(text).digest(encoding);
const md5 = (text) => createHash('md5').update(text).digest('hex');
const digits = (person) => person.phone.slice(1);
const national = (person) => person.phone.replace(/^\+(49|33|44)/, '');
const json = (value) => JSON.stringify(value);
const form = (fields) => new URLSearchParams(fields).toString();
const uuid = (seed) => sha256(seed, 'hex').slice(0, 32)
	.replace(/(.{8})(.{4})(.{4})(.{4})(.*)/, '$1-$2-$3-$4-$5');

export function vcard3(p) {
	return ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uuid(p.phone)}`, `N:${p.last};${p.first};;;`,
		`FN:${p.name}`, `TEL;type=CELL;type=VOICE;type=pref:${p.phone}`,
		`EMAIL;type=INTERNET;type=HOME:${p.email}`, 'END:VCARD', ''].join('\r\n');
}

function vcard21(p) {
	return ['BEGIN:VCARD', 'VERSION:2.1', `N:${p.last};${p.first};;;`, `FN:${p.name}`,
		`TEL;CELL:${p.phone}`, `EMAIL;HOME:${p.email}`, 'END:VCARD', ''].join('\r\n');
}

function vcard4(p) {
	return ['BEGIN:VCARD', 'VERSION:4.0', `FN:${p.name}`, `N:${p.last};${p.first};;;`,
		`TEL;VALUE=uri;TYPE="cell":tel:${p.phone}`, `EMAIL:${p.email}`, 'END:VCARD', '']
		.join('\r\n');
}

const plain = (p) => ({ name: p.name, phone_numbers: [p.phone], email_addresses: [p.email] });

function google_csv(list) {
	const head = 'First Name,Middle Name,Last Name,Organization Name,Labels,' +
		'E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value';
	const rows = list.map((p) =>
		`${p.first},,${p.last},,* myContacts,* ,${p.email},Mobile,${p.phone}`);
	return [head, ...rows, ''].join('\r\n');
}

function ldif(list) {
	return list.map((p) => [`dn: cn=${p.name},mail=${p.email}`, 'objectclass: top',
		'objectclass: person', 'objectclass: inetOrgPerson', 'objectclass: mozillaAbPersonAlpha',
		`givenName: ${p.first}`, `sn: ${p.last}`, `cn: ${p.name}`, `mail: ${p.email}`,
		`mobile: ${p.phone}`, ''].join('\n')).join('\n');
}

// RFC 9553
function jscontact(list) {
	return json(list.map((p) => ({
		'@type': 'Card', version: '1.0', uid: uuid(p.phone),
		name: { components: [{ kind: 'given', value: p.first }, { kind: 'surname', value: p.last }] },
		phones: { p1: { number: `tel:${p.phone}`, features: { mobile: true } } },
		emails: { e1: { address: p.email } },
	})));
}

function facebook_record(p, i) {
	return {
		record_id: 1000 + i, modifier: 0, signature: sha256(p.phone, 'base64').slice(0, 28),
		name: p.name, phones: [{ label: 'mobile', raw: p.phone }],
		emails: [{ label: 'home', raw: p.email }], first_name: p.first, last_name: p.last,
		address: [], website: [], relation: [], organization: [], event: [],
		instant_messaging: [], nick_names: [],
		meta_data: [{ number_times_contacted: String(i % 40), starred: String(i % 2),
			last_time_contacted: String(1780000000 + i * 997) }],
		whatsapp_profile: [],
	};
}

function facebook(list, seed) {
	return form({
		contacts: json(list.map(facebook_record)), is_full_upload: 'true', flow: 'ccu',
		sim_country: 'de', network_country: 'de', android_id: sha256(seed, 'hex').slice(0, 16),
		phone_id: uuid(seed), format: 'json', locale: 'de_DE', client_country_code: 'DE',
	});
}

function instagram(list, seed) {
	return form({
		phone_id: uuid(`phone ${seed}`), _csrftoken: sha256(seed, 'hex').slice(0, 32),
		_uuid: uuid(seed), module: 'find_friends_contacts',
		contacts: json(list.map((p) => ({ phone_numbers: [p.phone],
			email_addresses: [p.email], first_name: p.first, last_name: p.last }))),
	});
}

function snapchat(list, seed) {
	return form({
		username: 'example.user', timestamp: '1780000000000', req_token: sha256(seed, 'hex'),
		countryCode: 'DE',
		numbers: json(Object.fromEntries(list.map((p) => [p.phone, p.name]))),
		should_recommend: 'true',
	});
}

function tiktok(list) {
	return form({ contact: json(list.map((p) => ({
		phone_number: [sha256(national(p), 'hex')], name: sha256(p.name, 'hex') }))) });
}

// The keys stand in Threema's published source; they are the same for everybody.
const THREEMA_MOBILE = Buffer.from(
	'85adf8226953f3d96cfd5d09bf29555eb955fcd8aa5ec4f9fcd869e258370723', 'hex');

function threema(list, seed) {
	return json({ matchToken: sha256(seed, 'base64'), emailHashes: [],
		mobileNoHashes: list.map((p) =>
			createHmac('sha256', THREEMA_MOBILE).update(digits(p)).digest('base64')) });
}

function matrix(list) {
	return json({ algorithm: 'sha256', pepper: 'matrixrocks', addresses: list.map((p) =>
		sha256(`${digits(p)} msisdn matrixrocks`, 'base64url')) });
}

function google_people(list) {
	return json({ readMask: 'names', contacts: list.map((p) => ({ contactPerson: {
		names: [{ givenName: p.first, familyName: p.last }],
		phoneNumbers: [{ value: p.phone, type: 'mobile' }],
		emailAddresses: [{ value: p.email, type: 'home' }] } })) });
}

function graph_contact(p) {
	return { givenName: p.first, surname: p.last, displayName: p.name, mobilePhone: p.phone,
		businessPhones: [], emailAddresses: [{ address: p.email, name: p.name }] };
}

function graph_batch(list) {
	return json({ requests: list.map((p, i) => ({ id: String(i + 1), method: 'POST',
		url: '/me/contacts', headers: { 'Content-Type': 'application/json' },
		body: graph_contact(p) })) });
}

// [MS-ASWBXML]: Sync with Add commands; page 0 AirSync, page 1 Contacts.
function activesync(list) {
	const text = (token, value) => [token | 0x40, 0x03, ...Buffer.from(value), 0x00, 0x01];
	const add = (p, i) => [0x47, ...text(0x0c, String(i + 1)), 0x5d, 0x00, 0x01,
		...text(0x1e, p.name), ...text(0x1f, p.first), ...text(0x29, p.last),
		...text(0x1b, p.email), ...text(0x2b, p.phone), 0x00, 0x00, 0x01, 0x01];
	return Buffer.from([0x03, 0x01, 0x6a, 0x00, 0x45, 0x5c, 0x4f,
		...text(0x0b, '1187420315'), ...text(0x12, '2'), 0x56,
		...list.flatMap(add), 0x01, 0x01, 0x01, 0x01]);
}

// Ordinary: numbers that look like telephone numbers and are none.
function telemetry(list, seed) {
	return json({ device: uuid(seed), app: '7.31.2', batch: list.map((_, i) => ({
		ts: 1780000000000 + i * 1733, seq: 48210000 + i, session: uuid(`${seed}${i >> 3}`),
		imei: String(490154203237000n + BigInt(i)), event: ['open', 'tap', 'scroll'][i % 3],
		ms: 12 + (i * 37) % 900, bytes: 1024 * (i + 1), trace: sha256(seed + i, 'hex') })) });
}

function orders(list) {
	const rows = list.map((_, i) => [`RE-2026-${10000 + i}`, `2026-11-${1 + i % 28}`,
		`DE${21 + i % 60}500105175${String(407324931 + i * 17)}`,
		4006381333000 + i * 7, 1 + i % 9, (i * 3.17 + 4.99).toFixed(2)].join(';'));
	return ['Rechnung;Datum;IBAN;EAN;Menge;Betrag', ...rows, ''].join('\r\n');
}

export const FORMATS = {
	'vcard3': (list) => list.map(vcard3).join(''),
	'vcard21': (list) => list.map(vcard21).join(''),
	'vcard4': (list) => list.map(vcard4).join(''),
	'json': (list) => json({ contacts: list.map(plain) }),
	'numbers': (list) => json(list.map((p) => p.phone)),
	'form': (list) => form({ contacts: json(list.map(plain)), upload: '1' }),
	'csv': google_csv,
	'ldif': ldif,
	'jscontact': jscontact,
	'sha256': (list) => json({ hashes: list.map((p) => sha256(digits(p), 'hex')) }),
	'md5': (list) => json({ hashes: list.map((p) => md5(digits(p))) }),
	'discord': (list) => json({ friend_list_entries: list.map((p) => ({ friend_id: p.phone })),
		background: false, allowed_in_suggestions: 1, include_mutual_friends_count: true }),
	'clubhouse': (list) => json({ club_id: null, upload_contacts: true,
		contacts: list.map((p) => ({ phone_number: p.phone })) }),
	'bluesky': (list, seed) => json({ token: `${sha256(seed, 'base64url')}`.repeat(4).slice(0, 200),
		contacts: list.map((p) => p.phone) }),
	'x': (list) => json({ vcards: list.map(vcard3) }),
	facebook, instagram, snapchat, tiktok, threema, matrix,
	'google-people': google_people,
	'graph': (list) => json(graph_contact(list[0])),
	'graph-batch': graph_batch,
	activesync, telemetry, orders,
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const [format, seed, count, profile] = process.argv.slice(2);
	process.stdout.write(FORMATS[format](people(seed, Number(count), profile), seed));
}

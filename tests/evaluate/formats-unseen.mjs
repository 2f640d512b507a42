// SPDX-License-Identifier: Apache-2.0
//
// Shapes that were written after the detector was finished, to see how it does
// on what it was not made for: they count towards no target. At first sight it
// found 68 of 90 (75.6 %); accented titles, long forms and attributes of XML
// were mended after that.
import { uuid } from './random.mjs';
import { spaced } from './write-cards.mjs';

const json = JSON.stringify;
const rows = (titles, write, separator = ',') => (l) =>
	[titles, ...l.map(write)].map((row) => row.join(separator)).join('\n') + '\n';
const row = (name, type, write, more = {}) =>
	({ name, family: 'unseen', type, write, service: '-', grade: 'loose', ...more });
const JSON_TYPE = 'application/json', FORM = 'application/x-www-form-urlencoded';
const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

function indexed(list) {
	const form = new URLSearchParams();
	list.forEach((p, i) => {
		form.append(`contacts[${i}][name]`, p.name);
		form.append(`contacts[${i}][phone]`, p.phone);
	});
	return form.toString();
}

/* BSON: documents of {name, phone} in an array (bsonspec.org). */
function bson(list) {
	const string = (name, value) => {
		const text = Buffer.from(`${value}\0`), head = Buffer.alloc(4);
		head.writeInt32LE(text.length);
		return Buffer.concat([Buffer.from([2]), Buffer.from(`${name}\0`), head, text]);
	};
	const document = (parts) => {
		const body = Buffer.concat(parts), head = Buffer.alloc(4);
		head.writeInt32LE(body.length + 5);
		return Buffer.concat([head, body, Buffer.from([0])]);
	};
	return document([Buffer.from('\x04contacts\0'), document(list.map((p, i) => Buffer.concat([
		Buffer.from(`\x03${i}\0`), document([string('name', p.name), string('phone', p.phone)])])))]);
}

/* MessagePack: an array of maps with two short strings each. */
function msgpack(list) {
	const text = (value) => {
		const data = Buffer.from(value);
		return Buffer.concat([data.length < 32 ? Buffer.from([0xa0 | data.length])
			: Buffer.from([0xd9, data.length]), data]);
	};
	const head = Buffer.from([0xdc, list.length >> 8, list.length & 255]);
	return Buffer.concat([head, ...list.flatMap((p) => [Buffer.from([0x82]), text('name'),
		text(p.name), text('phone'), text(p.phone)])]);
}

export const unseen = [
	row('csv-spanish', 'text/csv', rows(['Nombre', 'Apellidos', 'Correo electrónico', 'Teléfono móvil'],
		(p) => [p.given, p.family, p.email, p.phone], ';')),
	row('csv-french', 'text/csv', rows(['Prénom', 'Nom', 'Adresse e-mail', 'Téléphone mobile'],
		(p) => [p.given, p.family, p.email, p.phone], ';')),
	row('csv-italian', 'text/csv', rows(['Nome', 'Cognome', 'Indirizzo e-mail', 'Cellulare'],
		(p) => [p.given, p.family, p.email, p.phone], ';')),
	row('csv-czech', 'text/csv', rows(['Jméno', 'Příjmení', 'E-mail', 'Mobilní telefon'],
		(p) => [p.given, p.family, p.email, p.phone], ';')),
	row('csv-italian-national', 'text/csv', rows(['Nome', 'Cellulare'], (p) => [p.name, spaced(p)], ';'),
		{ region: 'DE' }),
	row('csv-hubspot', 'text/csv', rows(['Record ID', 'First Name', 'Last Name', 'Phone Number', 'Lead Status', 'Email'],
		(p) => [p.index, p.given, p.family, p.phone, 'New', p.email])),
	row('csv-mailchimp', 'text/csv', rows(['Email Address', 'First Name', 'Last Name', 'OPTIN_TIME', 'MEMBER_RATING'],
		(p) => [p.email, p.given, p.family, '2026-05-04 10:00:00', 2])),
	row('csv-bars', 'text/plain', rows(['name', 'number'], (p) => [p.name, p.phone], '|')),
	row('json-tuples', JSON_TYPE, (l) => json({ c: l.map((p) => [p.name, p.phone]) })),
	row('json-columns', JSON_TYPE, (l) => json({ names: l.map((p) => p.name), phones: l.map((p) => p.phone) })),
	row('json-short-keys', JSON_TYPE, (l) => json({ v: 1, d: l.map((p) => ({ n: p.name, p: p.phone })) })),
	row('json-map', JSON_TYPE, (l) => json(Object.fromEntries(l.map((p) => [uuid(p.phone), { fn: p.given, ln: p.family, tel: p.phone }])))),
	row('json-in-json', JSON_TYPE, (l) => json({ payload: json({ data: json({ contacts: l.map((p) => ({ name: p.name, phone: p.phone })) }) }) })),
	row('json-national', JSON_TYPE, (l) => json({ phoneBook: l.map((p) => ({ name: p.name, phoneNumbers: [spaced(p)] })) })),
	row('json-base64', JSON_TYPE, (l) => json({ contacts: Buffer.from(json(l.map((p) => ({ name: p.name, phone: p.phone })))).toString('base64') })),
	row('json-integers', JSON_TYPE, (l) => json({ contacts: l.map((p) => ({ name: p.name, phone: Number(p.digits) })) })),
	row('json-lines-bare', 'text/plain', (l) => l.map((p) => json([p.name, p.phone])).join('\n') + '\n'),
	row('form-indexed', FORM, indexed),
	row('form-repeated', FORM, (l) => l.map((p) => `phone=${encodeURIComponent(p.phone)}`).join('&')),
	row('xml-attributes', 'application/xml', (l) => `<?xml version="1.0"?><contacts>${l.map((p) =>
		`<contact name="${escaped(p.name)}" phone="${p.phone}"/>`).join('')}</contacts>`),
	row('xml-elements', 'application/xml', (l) => `<?xml version="1.0"?><phonebook>${l.map((p) =>
		`<contact><person><realName>${escaped(p.name)}</realName></person><telephony><number type="mobile">${p.phone}</number></telephony></contact>`).join('')}</phonebook>`),
	row('plist', 'application/xml', (l) => `<?xml version="1.0"?><plist version="1.0"><array>${l.map((p) =>
		`<dict><key>First</key><string>${escaped(p.given)}</string><key>Phone</key><array><string>${p.phone}</string></array></dict>`).join('')}</array></plist>`),
	row('html-table', 'text/html', (l) => `<html><body><table>${l.map((p) => `<tr><td>${escaped(p.name)}</td><td>${p.phone}</td></tr>`).join('\n')}</table></body></html>`),
	row('yaml', 'application/yaml', (l) => 'contacts:\n' + l.map((p) => `  - name: "${p.name}"\n    phone: "${p.phone}"\n`).join('')),
	row('toml', 'text/plain', (l) => l.map((p) => `[[contact]]\nname = "${p.name}"\nphone = "${p.phone}"\n`).join('\n')),
	row('mecard', 'text/plain', (l) => l.map((p) => `MECARD:N:${p.family},${p.given};TEL:${p.phone};EMAIL:${p.email};;`).join('\n') + '\n'),
	row('sql-insert', 'application/sql', (l) => l.map((p) => `INSERT INTO contacts (name, phone) VALUES ('${p.name.replace(/'/g, "''")}', '${p.phone}');`).join('\n') + '\n'),
	row('markdown', 'text/markdown', (l) => '| Name | Phone |\n| --- | --- |\n' + l.map((p) => `| ${p.name} | ${p.phone} |\n`).join('')),
	row('bson', 'application/bson', bson, { binary: true }),
	row('msgpack', 'application/msgpack', msgpack, { binary: true }),
];

// SPDX-License-Identifier: Apache-2.0
//
// Bodies that client libraries write themselves: vCards by ical.js and vcf,
// spreadsheets by exceljs and xlsx, lookups by matrix-js-sdk, requests by
// tsdav, protobuf by baileys and protobufjs, TL by telegram.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const row = (name, family, type, write, more = {}) =>
	({ name, family, type, write, service: '-', grade: 'structured', ...more });

/* Everything comes from the folder where npm has put the packages. */
export function packages(place) {
	const folder = resolve(place);
	const require = createRequire(join(folder, 'package.json'));
	const path = (name) => join(folder, 'node_modules', name);
	return { require, path, load: (name, file) => import(pathToFileURL(join(path(name), file))) };
}

export async function faker_names(from, seed) {
	const { Faker, de, nl, pl, fr, en } = from.require('@faker-js/faker');
	const faker = new Faker({ locale: [de, en] });
	const fakers = [faker, ...[nl, pl, fr].map((locale) => new Faker({ locale: [locale, en] }))];
	fakers.forEach((f, i) => f.seed(seed + i));
	let turn = 0;
	return { given: () => fakers[turn = (turn + 1) % fakers.length].person.firstName(),
		family: () => fakers[turn].person.lastName() };
}

function with_ical(ICAL) {
	const card = (p) => {
		const c = new ICAL.Component(['vcard', [], []]);
		c.addPropertyWithValue('version', '4.0');
		c.addPropertyWithValue('fn', p.name);
		c.addPropertyWithValue('n', [p.family, p.given, '', '', '']);
		const tel = new ICAL.Property('tel', c);
		tel.resetType('uri');
		tel.setValue(`tel:${p.phone}`);
		c.addProperty(tel);
		tel.setParameter('type', 'cell');
		if (p.mail)
			c.addPropertyWithValue('email', p.email);
		return c;
	};
	return [row('ical.js', 'vcard', 'text/vcard', (l) => l.map((p) => card(p).toString()).join('\r\n') + '\r\n'),
		row('ical.js-jcard', 'jscard', 'application/vcard+json', (l) => JSON.stringify(l.map((p) => card(p).toJSON())))];
}

function with_vcf(Card) {
	const make = (p) => {
		const c = new Card();
		c.set('fn', p.name);
		c.set('n', `${p.family};${p.given};;;`);
		c.add('tel', p.phone, { type: 'cell' });
		if (p.mail)
			c.add('email', p.email);
		return c;
	};
	return ['2.1', '3.0', '4.0'].map((version) => row(`vcf-${version}`, 'vcard', 'text/vcard',
		(l) => l.map((p) => make(p).toString(version)).join('\r\n') + '\r\n'));
}

const SHEET = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const TITLES = ['Voornaam', 'Achternaam', 'Mobiel', 'E-mail'];
const cells = (p) => [p.given, p.family, p.phone, p.mail ? p.email : ''];

function with_sheets(ExcelJS, XLSX) {
	const table = (l) => XLSX.utils.aoa_to_sheet([TITLES, ...l.map(cells)]);
	const book = (l, bookType) => {
		const b = XLSX.utils.book_new();
		XLSX.utils.book_append_sheet(b, table(l), 'Contacten');
		return XLSX.write(b, { type: 'buffer', bookType, compression: true });
	};
	return [
		row('exceljs', 'xlsx', SHEET, (l) => {
			const b = new ExcelJS.Workbook(), sheet = b.addWorksheet('Contacten');
			b.created = b.modified = new Date(1763700000000);
			sheet.addRow(TITLES);
			l.forEach((p) => sheet.addRow(cells(p)));
			return b.xlsx.writeBuffer();
		}, { binary: true }),
		row('sheetjs', 'xlsx', SHEET, (l) => book(l, 'xlsx'), { binary: true }),
		row('sheetjs-csv', 'csv', 'text/csv', (l) => XLSX.utils.sheet_to_csv(table(l))),
		row('sheetjs-tsv', 'csv', 'text/tab-separated-values', (l) => XLSX.utils.sheet_to_csv(table(l), { FS: '\t' })),
	];
}

function with_phones(phones) {
	const parse = (p) => phones.parsePhoneNumberFromString(p.phone) ??
		{ formatNational: () => p.phone, formatInternational: () => p.phone };
	const table = (write) => (l) => 'Naam;Telefoonnummer\r\n' + l.map((p) => `${p.name};${write(p)}\r\n`).join('');
	return [
		row('csv-e123', 'csv', 'text/csv', table((p) => parse(p).formatInternational())),
		row('csv-national-nl', 'csv', 'text/csv', table((p) => parse(p).formatNational()), { region: 'NL' }),
		row('csv-national-de', 'csv', 'text/csv', table((p) => parse(p).formatNational()), { region: 'DE' }),
		row('text-e123', 'text', 'text/plain', (l) => l.map((p) => `${p.name}: ${parse(p).formatInternational()}\n`).join(''),
			{ grade: 'loose' }),
	];
}

const SCHEMA = `syntax = "proto3"; message Phone { string number = 1; int32 type = 2; }
message Contact { int64 id = 1; string given = 2; string family = 3; repeated Phone phones = 4; repeated string emails = 5; }
message Upload { string device = 1; repeated Contact contacts = 2; bool full = 3; }
message Lookup { repeated string e164 = 1; bytes token = 2; } message Digests { repeated bytes sha256 = 1; }`;

function packer(protobuf) {
	const root = protobuf.parse(SCHEMA).root;
	return (name, value) => {
		const type = root.lookupType(name);
		return Buffer.from(type.encode(type.create(value)).finish());
	};
}

function with_protobuf(protobuf, proto) {
	const pack = packer(protobuf);
	const binary = { binary: true };
	return [
		row('protobufjs', 'protobuf', 'application/x-protobuf', (l) => pack('Upload', { device: 'd', full: true,
			contacts: l.map((p) => ({ id: p.index, given: p.given, family: p.family, phones: [{ number: p.phone, type: 1 }],
				emails: p.mail ? [p.email] : [] })) }), binary),
		row('protobufjs-lookup', 'protobuf', 'application/x-protobuf', (l) => pack('Lookup', {
			e164: l.map((p) => p.phone), token: Buffer.from('token') }), binary),
		row('baileys-history', 'protobuf', 'application/x-protobuf', (l) => Buffer.from(proto.HistorySync.encode({
			syncType: 4, pushnames: l.map((p) => ({ id: `${p.digits}@s.whatsapp.net`, pushname: p.name })) }).finish()),
		{ ...binary, service: 'whatsapp' }),
	];
}

/* The client asks for the pepper, then sends its digests: the second body counts. */
function with_matrix({ createClient }) {
	const lookup = (algorithm) => async (list) => {
		let body = '';
		const answer = (value) => new Response(JSON.stringify(value), { headers: { 'Content-Type': 'application/json' } });
		const client = createClient({ baseUrl: 'https://matrix.example', idBaseUrl: 'https://id.example',
			fetchFn: async (url, options) => {
				if (String(url).includes('hash_details'))
					return answer({ algorithms: [algorithm], lookup_pepper: 'matrixrocks' });
				body = options.body;
				return answer({ mappings: {} });
			} });
		await client.identityHashedLookup(list.map((p) => [p.digits, 'msisdn']), 'token');
		return body;
	};
	const matrix = { service: 'matrix' };
	return [row('matrix-js-sdk', 'json', 'application/json', lookup('sha256'), { ...matrix, grade: 'loose' }),
		row('matrix-js-sdk-none', 'json', 'application/json', lookup('none'), matrix)];
}

/* Writers may answer later. */
export async function npm_formats(from) {
	const { proto } = await from.load('@whiskeysockets/baileys', 'WAProto/index.js');
	console_quiet();
	return [
		...with_ical((await from.load('ical.js', 'dist/ical.js')).default), ...with_vcf(from.require('vcf')),
		...with_sheets(from.require('exceljs'), from.require('xlsx')),
		...with_phones(from.require('libphonenumber-js')),
		...with_protobuf(from.require('protobufjs'), proto),
		...with_matrix(await from.load('matrix-js-sdk', 'lib/index.js')),
	];
}

/* Libraries narrate; the table is what should be read. */
function console_quiet() {
	for (const level of ['debug', 'info', 'log'])
		console[level] = () => {};
}

/*
 * Scanned for information; they count towards no target. The first two stand
 * inside the apps' own ciphers, and no gateway meets them in the clear. Raw
 * digests in protobuf have no name that tells them from keys and ids.
 */
export async function sealed_formats(from, digest) {
	const { encodeBinaryNode } = await from.load('@whiskeysockets/baileys', 'lib/WABinary/index.js');
	const { Api } = from.require('telegram');
	const big = from.require('big-integer'), pack = packer(from.require('protobufjs'));
	return [
		row('protobuf-raw-digests', 'sealed', 'application/x-protobuf', (l) => pack('Digests',
			{ sha256: l.map((p) => digest('sha256', p.phone)) })),
		row('whatsapp-node', 'sealed', 'application/octet-stream', (l) => Buffer.from(encodeBinaryNode({ tag: 'iq',
			attrs: { to: 's.whatsapp.net', type: 'get', xmlns: 'usync', id: '1' }, content: [{ tag: 'usync',
				attrs: { context: 'interactive', mode: 'full', sid: '1', last: 'true', index: '0' }, content: [
					{ tag: 'query', attrs: {}, content: [{ tag: 'contact', attrs: {} }] },
					{ tag: 'list', attrs: {}, content: l.map((p) => ({ tag: 'user', attrs: {}, content: [
						{ tag: 'contact', attrs: {}, content: p.phone }] })) }] }] })), { service: 'whatsapp' }),
		row('telegram-tl', 'sealed', 'application/octet-stream', (l) => new Api.contacts.ImportContacts({ contacts:
			l.map((p, i) => new Api.InputPhoneContact({ clientId: big(i), phone: p.phone, firstName: p.given,
				lastName: p.family })) }).getBytes(), { service: 'telegram' }),
	];
}

/* What a CardDAV client sends when it looks for books, lists them and stores cards. */
export async function dav_bodies(from, card) {
	const { createVCard, addressBookQuery, addressBookMultiGet, fetchVCards, propfind } = from.require('tsdav');
	const bodies = [];
	const server = createServer((request, response) => {
		const parts = [];
		request.on('data', (part) => parts.push(part)).on('end', () => {
			bodies.push({ method: request.method, type: request.headers['content-type'] ?? '', data: Buffer.concat(parts) });
			response.writeHead(207, { 'Content-Type': 'application/xml' });
			response.end('<?xml version="1.0"?><D:multistatus xmlns:D="DAV:"/>');
		});
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	const url = `http://127.0.0.1:${server.address().port}/book/`;
	const addressBook = { url };
	const props = { 'd:getetag': {}, 'card:address-data': {} };
	const tries = [() => propfind({ url, props, depth: '1' }), () => fetchVCards({ addressBook }),
		() => addressBookQuery({ url, props, depth: '1' }),
		() => addressBookMultiGet({ url, props, depth: '1', objectUrls: Array.from({ length: 60 }, (_, i) => `/book/${i}.vcf`) }),
		() => createVCard({ addressBook, filename: 'a.vcf', vCardString: card })];
	for (const attempt of tries)
		await attempt().catch(() => {});
	server.close();
	server.closeAllConnections();
	return bodies.filter((body) => body.data.length > 0);
}

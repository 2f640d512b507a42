// SPDX-License-Identifier: Apache-2.0
//
// The table of formats: name, service it imitates, family, Content-Type, the
// writer, and what the count is held to: `structured` within 2 %, `loose`
// (digests, free text) within 10 %. `binary`: no carrier for text fits.
// `region`: numbers are national, the scan is told the country.
import * as calls from './write-calls.mjs';
import * as cards from './write-cards.mjs';
import * as packed from './write-packed.mjs';
import * as tables from './write-tables.mjs';

const JSON_TYPE = 'application/json', FORM = 'application/x-www-form-urlencoded';
const each = (write, between = '') => (list) => list.map(write).join(between);
const row = (name, family, type, write, more = {}) =>
	({ name, family, type, write, service: '-', grade: 'structured', ...more });
const call = (service, name, type, write, more = {}) =>
	row(name, type === FORM ? 'form' : 'json', type, write, { service, ...more });
const { digests, digest_json, digest_form, digest_records } = tables;
const loose = { grade: 'loose' };

export const formats = [
	row('vcard-2.1', 'vcard', 'text/x-vcard', each(cards.vcard2)),
	row('vcard-3.0', 'vcard', 'text/vcard', each(cards.vcard3), { huge: true }),
	row('vcard-4.0', 'vcard', 'text/vcard', each(cards.vcard4)),
	row('vcard-national', 'vcard', 'text/vcard', each(cards.vcard_national), { region: 'DE' }),
	row('jcard', 'jscard', 'application/vcard+json', (l) => JSON.stringify(l.map(cards.jcard))),
	row('xcard', 'xml', 'application/vcard+xml', (l) => '<?xml version="1.0" encoding="UTF-8"?>' +
		`<vcards xmlns="urn:ietf:params:xml:ns:vcard-4.0">${l.map(cards.xcard).join('')}</vcards>`),
	row('jscontact', 'jscard', 'application/jscontact+json',
		(l) => JSON.stringify(l.map(cards.jscontact)), { huge: true }),
	row('ldif', 'ldif', 'text/directory', each(cards.ldif, '\n'), { huge: true }),
	row('carddav-multiget', 'xml', 'application/xml', cards.multiget, { service: 'carddav' }),
	row('carddav-bulk', 'xml', 'application/xml', cards.crdup, { service: 'icloud' }),
	row('ews-create', 'xml', 'text/xml', cards.ews, { service: 'microsoft' }),
	row('activesync', 'wbxml', 'application/vnd.ms-sync.wbxml', cards.wbxml,
		{ service: 'microsoft', binary: true }),

	call('facebook', 'facebook-sync', FORM, calls.facebook, { huge: true }),
	call('facebook', 'messenger-bulk', FORM, calls.messenger),
	call('instagram', 'instagram-link', FORM, calls.instagram),
	call('instagram', 'instagram-twice', FORM, calls.instagram_twice),
	call('snapchat', 'snapchat-form', FORM, calls.snapchat),
	call('snapchat', 'snapchat-json', JSON_TYPE, calls.snapchat_json),
	call('tiktok', 'tiktok-hashed', FORM, calls.tiktok, loose),
	call('tiktok', 'tiktok-plain', FORM, calls.tiktok_plain),
	call('clubhouse', 'clubhouse', JSON_TYPE, calls.clubhouse),
	call('discord', 'discord', JSON_TYPE, calls.discord, { huge: true }),
	call('bluesky', 'bluesky', JSON_TYPE, calls.bluesky),
	call('x', 'x-vcards', JSON_TYPE, calls.x_upload),
	call('threema', 'threema', JSON_TYPE, calls.threema, { ...loose, huge: true }),
	call('matrix', 'matrix-sha256', JSON_TYPE, calls.matrix, loose),
	call('matrix', 'matrix-none', JSON_TYPE, calls.matrix_none),
	call('whatsapp', 'whatsapp-business', JSON_TYPE, calls.whatsapp_business),
	call('whatsapp', 'jid-list', JSON_TYPE, calls.generic_jid),
	call('microsoft', 'graph-batch', JSON_TYPE, calls.graph_batch),
	call('microsoft', 'graph-lines', 'application/x-ndjson', calls.graph_lines),
	call('google', 'people-batch', JSON_TYPE, calls.people_api, { huge: true }),
	call('linkedin', 'linkedin', JSON_TYPE, calls.linkedin),
	call('truecaller', 'truecaller', JSON_TYPE, calls.truecaller),
	call('-', 'ios-json', JSON_TYPE, calls.ios),
	call('-', 'ndjson', 'application/x-ndjson', calls.generic_lines),
	call('-', 'json-pretty', JSON_TYPE, calls.generic_pretty),
	call('-', 'json-national', JSON_TYPE, calls.generic_national, { region: 'NL' }),
	call('-', 'graphql', JSON_TYPE, calls.graphql),

	row('csv-google', 'csv', 'text/csv', tables.google, { service: 'google', huge: true }),
	row('csv-google-old', 'csv', 'text/csv', tables.google_old, { service: 'google' }),
	row('csv-outlook', 'csv', 'text/csv', tables.outlook, { service: 'microsoft' }),
	row('tsv-outlook', 'csv', 'text/tab-separated-values', tables.outlook_tabs,
		{ service: 'microsoft' }),
	row('csv-german', 'csv', 'text/csv', tables.german),
	row('csv-dutch', 'csv', 'text/csv', tables.dutch),
	row('csv-polish', 'csv', 'text/csv', tables.polish),
	row('csv-bare', 'csv', 'text/csv', tables.bare),
	row('csv-national', 'csv', 'text/csv', tables.national, { region: 'DE' }),
	row('csv-zoom', 'csv', 'text/csv', tables.zoom, { service: 'zoom' }),
	row('csv-android', 'csv', 'text/csv', tables.android),

	row('text-pairs', 'text', 'text/plain', tables.text_pairs, loose),
	row('text-numbers', 'text', 'text/plain', tables.text_numbers, { ...loose, huge: true }),
	row('text-mails', 'text', 'text/plain', tables.text_mails, loose),
	row('text-commas', 'text', 'text/plain', tables.text_commas, loose),
	row('text-dashes', 'text', 'text/plain', tables.text_dashes, loose),

	...Object.keys(digests).map((name) => row(`json-${name.replace('_', '-')}`, 'digests',
		JSON_TYPE, digest_json(digests[name]), loose)),
	row('form-sha256', 'digests', FORM, digest_form(digests.sha256_hex), loose),
	row('records-sha256', 'digests', JSON_TYPE, digest_records(digests.sha256_hex), loose),

	row('protobuf', 'protobuf', 'application/x-protobuf', packed.protobuf, { binary: true }),
	row('protobuf-numbers', 'protobuf', 'application/x-protobuf', packed.protobuf_numbers,
		{ binary: true }),
	row('grpc', 'protobuf', 'application/grpc', packed.grpc, { binary: true, carried: false }),
	row('grpc-gzip', 'protobuf', 'application/grpc', packed.grpc_gzip, { binary: true, carried: false,
		encoding: 'gzip' }),
	row('xlsx', 'xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
		packed.xlsx, { binary: true }),
];

// SPDX-License-Identifier: Apache-2.0
//
// How a body is packed: content codings (RFC 9110 section 8.4.1), transfer
// encodings inside multipart (RFC 2045, RFC 7578), other alphabets, and fields
// that hold the whole body. Each carrier returns {data, type, encoding}.
import { spawnSync } from 'node:child_process';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { quoted } from './write-cards.mjs';

function zstd(data) {
	const done = spawnSync('zstd', ['-q', '-3', '-c'], { input: data, maxBuffer: 1 << 28 });
	if (done.status !== 0)
		throw new Error('zstd (the program) is wanted');
	return done.stdout;
}

const BOUNDARY = 'b00k5f0rtheg4te';
function multipart(name, type, data, transfer) {
	const head = [`--${BOUNDARY}`, 'Content-Disposition: form-data; name="source"', '', 'phone',
		`--${BOUNDARY}`, `Content-Disposition: form-data; name="file"; filename="${name}"`,
		`Content-Type: ${type}`, ...(transfer ? [`Content-Transfer-Encoding: ${transfer}`] : []),
		'', ''].join('\r\n');
	return { data: Buffer.concat([Buffer.from(head), data, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]),
		type: `multipart/form-data; boundary=${BOUNDARY}`, encoding: '' };
}

const lines76 = (text) => text.replace(/(.{76})/g, '$1\r\n');
const quoted_body = (data) => Buffer.from(data.toString('utf8').split(/\r?\n/)
	.map((line) => quoted(line)).join('\r\n'));
const coded = (encoding, pack) => (f, data) => ({ data: pack(data), type: f.type, encoding });

function wide(data, little) {
	const text = Buffer.from(`\ufeff${data.toString('utf8')}`, 'utf16le');
	return little ? text : text.swap16();
}

/* text: only for bodies of text; json: only for JSON. */
export const carriers = [
	{ name: 'identity', pack: (f, data) => ({ data, type: f.type, encoding: f.encoding ?? '' }) },
	{ name: 'untyped', pack: (f, data) => ({ data, type: '', encoding: '' }) },
	{ name: 'gzip', pack: coded('gzip', (d) => gzipSync(d)) },
	{ name: 'gzip-unnamed', pack: coded('', (d) => gzipSync(d)) },
	{ name: 'gzip-twice', pack: coded('gzip, gzip', (d) => gzipSync(gzipSync(d))) },
	{ name: 'deflate', pack: coded('deflate', (d) => deflateSync(d)) },
	{ name: 'deflate-raw', pack: coded('deflate', (d) => deflateRawSync(d)) },
	{ name: 'br', pack: coded('br', (d) => brotliCompressSync(d, { params: { 1: 5 } })) },
	{ name: 'zstd', pack: coded('zstd', zstd) },
	{ name: 'zstd-unnamed', pack: coded('', zstd) },
	{ name: 'base64',
		pack: coded('base64', (d) => Buffer.from(lines76(d.toString('base64')))) },
	{ name: 'multipart', pack: (f, d) => multipart('contacts.dat', f.type, d) },
	{ name: 'multipart-base64', pack: (f, d) => multipart('contacts.dat', f.type,
		Buffer.from(lines76(d.toString('base64'))), 'base64') },
	{ name: 'multipart-qp', text: true,
		pack: (f, d) => multipart('contacts.dat', f.type, quoted_body(d), 'quoted-printable') },
	{ name: 'utf-16le', wide: true, pack: coded('', (d) => wide(d, true)) },
	{ name: 'utf-16be', wide: true, pack: coded('', (d) => wide(d, false)) },
	{ name: 'form-field', json: true, pack: (f, d) => ({ type: 'application/x-www-form-urlencoded',
		encoding: '', data: Buffer.from(new URLSearchParams({ v: '2', contacts: d.toString() }).toString()) }) },
	{ name: 'form-field-twice', json: true, pack: (f, d) => ({ type: 'application/x-www-form-urlencoded',
		encoding: '', data: Buffer.from(new URLSearchParams({ contacts:
			encodeURIComponent(d.toString()) }).toString()) }) },
	{ name: 'json-string', json: true, pack: (f, d) => ({ type: 'application/json', encoding: '',
		data: Buffer.from(JSON.stringify({ v: 2, contacts: d.toString() })) }) },
];

export function carries(carrier, format) {
	/* gRPC packs its messages itself. */
	if (format.carried === false)
		return false;
	if (carrier.json)
		return ['json', 'jscard', 'digests'].includes(format.family) &&
			format.type.includes('json') && !format.type.includes('ndjson');
	if (carrier.wide)
		return ['vcard', 'csv', 'text'].includes(format.family) && !format.binary;
	if (carrier.text)
		return !format.binary;
	if (carrier.name === 'untyped')
		return format.family !== 'form' || !format.name.startsWith('form-');
	return true;
}

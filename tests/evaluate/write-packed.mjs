// SPDX-License-Identifier: Apache-2.0
//
// Binary bodies by hand: protobuf (its encoding guide: varints, wire types) in
// shapes that address books take, gRPC frames around it, and a spreadsheet
// (ECMA-376) in a ZIP file (APPNOTE 6.3).
import * as zlib from 'node:zlib';

const { deflateRawSync, gzipSync } = zlib;

function varint(value) {
	const out = [];
	let v = BigInt(value);
	do {
		const low = Number(v & 0x7fn);
		v >>= 7n;
		out.push(v > 0n ? low | 0x80 : low);
	} while (v > 0n);
	return Buffer.from(out);
}

const bytes = (field, data) => Buffer.concat([varint(field << 3 | 2), varint(data.length), data]);
const text = (field, value) => bytes(field, Buffer.from(value));
const int = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);

const contact = (p) => Buffer.concat([int(1, p.index + 1), text(2, p.name),
	bytes(3, Buffer.concat([text(1, p.phone), int(2, 1)])),
	...(p.second ? [bytes(3, Buffer.concat([text(1, p.second), int(2, 2)]))] : []),
	...(p.mail ? [text(4, p.email)] : []), int(7, 1763720000000)]);

export const protobuf = (list) => Buffer.concat([text(1, 'device-7'), int(2, 3),
	...list.map((p) => bytes(5, contact(p)))]);
export const protobuf_numbers = (list) => Buffer.concat([int(1, 1),
	...list.map((p) => text(2, p.phone))]);
/* Messages of gRPC: one byte of flags, four of length; fifty contacts in each. */
function messages(list, flag, pack) {
	const out = [];
	for (let i = 0; i < list.length; i += 50) {
		const body = pack(protobuf(list.slice(i, i + 50))), head = Buffer.alloc(5);
		head[0] = flag;
		head.writeUInt32BE(body.length, 1);
		out.push(head, body);
	}
	return Buffer.concat(out);
}
export const grpc = (list) => messages(list, 0, (body) => body);
export const grpc_gzip = (list) => messages(list, 1, (body) => gzipSync(body));

/* CRC-32 of ISO 3309; newer versions of zlib's binding bring their own. */
const crc_table = Uint32Array.from({ length: 256 }, (_, n) => {
	for (let k = 0; k < 8; k++)
		n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
	return n >>> 0;
});
const crc32 = zlib.crc32 ?? ((data) => {
	let crc = 0xffffffff;
	for (const b of data)
		crc = crc_table[(crc ^ b) & 0xff] ^ (crc >>> 8);
	return (crc ^ 0xffffffff) >>> 0;
});

export function zip(files) {
	const parts = [], central = [];
	let at = 0;
	for (const [name, data] of files) {
		const packed = deflateRawSync(data), head = Buffer.alloc(30), entry = Buffer.alloc(46);
		head.writeUInt32LE(0x04034b50, 0);
		head.writeUInt16LE(20, 4);
		head.writeUInt16LE(8, 8);
		head.writeUInt32LE(crc32(data), 14);
		head.writeUInt32LE(packed.length, 18);
		head.writeUInt32LE(data.length, 22);
		head.writeUInt16LE(name.length, 26);
		entry.writeUInt32LE(0x02014b50, 0);
		entry.writeUInt16LE(20, 4);
		head.copy(entry, 6, 4, 30);
		entry.writeUInt32LE(at, 42);
		parts.push(head, Buffer.from(name), packed);
		central.push(entry, Buffer.from(name));
		at += head.length + name.length + packed.length;
	}
	const directory = Buffer.concat(central), end = Buffer.alloc(22);
	end.writeUInt32LE(0x06054b50, 0);
	end.writeUInt16LE(files.length, 8);
	end.writeUInt16LE(files.length, 10);
	end.writeUInt32LE(directory.length, 12);
	end.writeUInt32LE(at, 16);
	return Buffer.concat([...parts, directory, end]);
}

const escaped = (t) => t.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/* Cells as inline strings, the way writers that stream do it. */
export function xlsx_rows(rows) {
	const sheet = `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${
		rows.map((row, r) => `<row r="${r + 1}">${row.map((c, i) =>
			`<c r="${String.fromCharCode(65 + i)}${r + 1}" t="inlineStr"><is><t>${escaped(c)}</t></is></c>`)
			.join('')}</row>`).join('')}</sheetData></worksheet>`;
	const part = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
	return zip([
		['[Content_Types].xml', Buffer.from(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${part}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${part}.worksheet+xml"/></Types>`)],
		['_rels/.rels', Buffer.from('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>')],
		['xl/workbook.xml', Buffer.from('<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Contacts" sheetId="1" r:id="r1"/></sheets></workbook>')],
		['xl/_rels/workbook.xml.rels', Buffer.from('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')],
		['xl/worksheets/sheet1.xml', Buffer.from(sheet)],
	]);
}

export const xlsx = (list) => xlsx_rows([['First name', 'Last name', 'Mobile', 'Email'],
	...list.map((p) => [p.given, p.family, p.phone, p.mail ? p.email : ''])]);

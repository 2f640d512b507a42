// SPDX-License-Identifier: Apache-2.0
//
// Formats made for address books: vCard 2.1 (versit, 1996), 3.0 (RFC 2426), 4.0
// (RFC 6350), jCard (RFC 7095), xCard (RFC 6351), JSContact (RFC 9553), LDIF
// (RFC 2849), and CardDAV (RFC 6352) and Exchange calls around them.
import { uuid } from './random.mjs';

const crlf = (lines) => lines.filter((line) => line !== null).join('\r\n') + '\r\n';

/* RFC 6350 section 3.2: lines are folded at 75 bytes, never inside a character. */
export function fold(line) {
	const out = [];
	let part = '';
	for (const c of line) {
		if (Buffer.byteLength(part + c) > 73) {
			out.push(part);
			part = ' ';
		}
		part += c;
	}
	return [...out, part].join('\r\n');
}

const photo = (p) => p.index % 40 === 0
	? fold(`PHOTO;ENCODING=b;TYPE=JPEG:${Buffer.from(uuid(p.phone).repeat(60)).toString('base64')}`)
	: null;

export const vcard3 = (p) => crlf(['BEGIN:VCARD', 'VERSION:3.0', `UID:${uuid(p.phone)}`,
	fold(`N:${p.family};${p.given};;;`), fold(`FN:${p.name}`), photo(p),
	p.organisation ? fold(`ORG:${p.organisation}`) : null,
	`TEL;type=CELL;type=VOICE;type=pref:${p.phone}`,
	p.second ? `item1.TEL:${p.second}` : null, p.second ? 'item1.X-ABLabel:_$!<Work>!$_' : null,
	p.mail ? fold(`EMAIL;type=INTERNET;type=HOME:${p.email}`) : null,
	p.note ? 'NOTE:met 2026-05-04\\, order 4915112345678\\nand more' : null, 'END:VCARD']);

export const vcard4 = (p) => crlf(['BEGIN:VCARD', 'VERSION:4.0', fold(`FN:${p.name}`),
	fold(`N:${p.family};${p.given};;;`), `TEL;VALUE=uri;TYPE="cell":tel:${p.phone}`,
	p.second ? `TEL;VALUE=uri;PREF=2:tel:${p.second}` : null,
	p.mail ? fold(`EMAIL:${p.email}`) : null, 'REV:20261121T101500Z', 'END:VCARD']);

/* Quoted-printable of one line, soft breaks as versit's section 2.1.3. */
export function quoted(text, width = 70) {
	let line = '', out = '';
	for (const byte of Buffer.from(text)) {
		const plain = byte > 32 && byte < 127 && byte !== 61;
		const unit = plain || byte === 32 ? String.fromCharCode(byte)
			: `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
		if (line.length + unit.length > width) {
			out += `${line}=\r\n`;
			line = '';
		}
		line += unit;
	}
	return out + line;
}

export const vcard2 = (p) => crlf(['BEGIN:VCARD', 'VERSION:2.1',
	`N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${quoted(`${p.family};${p.given};;;`)}`,
	`FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${quoted(p.name)}`, `TEL;CELL:${p.phone}`,
	p.second ? `TEL;WORK;VOICE:${p.second}` : null,
	p.mail ? `EMAIL;HOME:${p.email}` : null, 'END:VCARD']);

/* Numbers as people type them in their own country. */
export const spaced = (p) => `0${p.national.slice(0, 3)} ${p.national.slice(3, 6)} ${p.national.slice(6)}`;
export const vcard_national = (p) => crlf(['BEGIN:VCARD', 'VERSION:3.0', fold(`FN:${p.name}`),
	fold(`N:${p.family};${p.given};;;`), `TEL;TYPE=CELL:${spaced(p)}`, 'END:VCARD']);

export const jcard = (p) => ['vcard', [['version', {}, 'text', '4.0'], ['fn', {}, 'text', p.name],
	['n', {}, 'text', [p.family, p.given, '', '', '']],
	['tel', { type: 'cell' }, 'uri', `tel:${p.phone}`],
	...(p.mail ? [['email', {}, 'text', p.email]] : [])]];

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

export const xcard = (p) => `<vcard><fn><text>${escaped(p.name)}</text></fn><n><surname>${
	escaped(p.family)}</surname><given>${escaped(p.given)}</given></n><tel><parameters><type><text>cell</text>` +
	`</type></parameters><uri>tel:${p.phone}</uri></tel>${p.mail
		? `<email><text>${p.email}</text></email>` : ''}</vcard>`;

export const jscontact = (p) => ({
	'@type': 'Card', version: '1.0', uid: uuid(p.phone),
	name: { components: [{ kind: 'given', value: p.given }, { kind: 'surname', value: p.family }],
		full: p.name },
	phones: { p1: { '@type': 'Phone', number: `tel:${p.phone}`, features: { mobile: true } },
		...(p.second ? { p2: { '@type': 'Phone', number: p.second } } : {}) },
	...(p.mail ? { emails: { e1: { '@type': 'EmailAddress', address: p.email } } } : {}),
});

/* RFC 2849: values that are not safe ASCII are base64 behind two colons. */
const ldif_line = (name, value) => /^[ -~]*$/.test(value) ? `${name}: ${value}`
	: `${name}:: ${Buffer.from(value).toString('base64')}`;

export const ldif = (p) => [ldif_line('dn', `cn=${p.name},mail=${p.email}`),
	'objectclass: top', 'objectclass: person', 'objectclass: organizationalPerson',
	'objectclass: inetOrgPerson', 'objectclass: mozillaAbPersonAlpha',
	ldif_line('givenName', p.given), ldif_line('sn', p.family), ldif_line('cn', p.name),
	`mail: ${p.email}`, `mobile: ${p.phone}`, 'modifytimestamp: 1763720000', ''].join('\n');

export const multiget = (list) => `<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">${list.map((p) =>
	`<D:response><D:href>/dav/addressbooks/a/${uuid(p.phone)}.vcf</D:href><D:propstat><D:prop>` +
	`<D:getetag>"${uuid(p.email).slice(0, 12)}"</D:getetag><C:address-data>${escaped(vcard3(p))}` +
	'</C:address-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>')
	.join('\n')}</D:multistatus>`;

/* Apple's bulk POST: crdup elements around escaped vCards. */
export const crdup = (list) => `<?xml version="1.0" encoding="UTF-8"?>
<mm:multiput xmlns:D="DAV:" xmlns:mm="http://me.com/_namespace/">${list.map((p) =>
	'<mm:resource><D:set><D:prop><C:address-data xmlns:C="urn:ietf:params:xml:ns:carddav"><![CDATA[' +
	`${vcard3(p)}]]></C:address-data></D:prop></D:set></mm:resource>`).join('')}</mm:multiput>`;

export const ews = (list) => `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">
<soap:Body><CreateItem xmlns="http://schemas.microsoft.com/exchange/services/2006/messages"><Items>${list.map((p) =>
	`<t:Contact><t:FileAs>${escaped(p.family)}</t:FileAs><t:DisplayName>${escaped(p.name)}</t:DisplayName>` +
	`<t:GivenName>${escaped(p.given)}</t:GivenName>${p.mail
		? `<t:EmailAddresses><t:Entry Key="EmailAddress1">${p.email}</t:Entry></t:EmailAddresses>` : ''}` +
	`<t:PhoneNumbers><t:Entry Key="MobilePhone">${p.phone}</t:Entry></t:PhoneNumbers>` +
	`<t:Surname>${escaped(p.family)}</t:Surname></t:Contact>`).join('\n')}</Items></CreateItem></soap:Body></soap:Envelope>`;

/*
 * ActiveSync: WBXML 1.3 with the code pages of MS-ASWBXML: AirSync (0) and
 * Contacts (1). Tags with content have bit 0x40; strings are inline.
 */
export function wbxml(list) {
	const bytes = [0x03, 0x01, 0x6a, 0x00];
	const open = (tag) => bytes.push(tag | 0x40);
	const close = () => bytes.push(0x01);
	const text = (tag, value) => {
		open(tag);
		bytes.push(0x03, ...Buffer.from(value), 0x00);
		close();
	};
	let page = 0;
	const turn = (to) => {
		if (page !== to)
			bytes.push(0x00, page = to);
	};
	open(0x05);	// Sync
	open(0x1c);	// Collections
	open(0x0f);	// Collection
	text(0x0b, '1763720000');	// SyncKey
	text(0x12, '2');	// CollectionId
	open(0x16);	// Commands
	for (const p of list) {
		turn(0);
		open(0x07);	// Add
		text(0x0c, `c${p.index}`);	// ClientId
		open(0x1d);	// ApplicationData
		turn(1);
		text(0x1f, p.given);
		text(0x29, p.family);
		text(0x1e, p.name);
		text(0x2b, p.phone);
		if (p.mail)
			text(0x1b, `"${p.name}" <${p.email}>`);
		close();
		close();
	}
	turn(0);
	for (let i = 0; i < 4; i++)
		close();
	return Buffer.from(bytes);
}

// SPDX-License-Identifier: Apache-2.0
//
// Tables and lists: exports of Google Contacts, Outlook and Thunderbird, lists
// of numbers, of addresses, of digests.
import { digest, hmac } from './random.mjs';
import { spaced } from './write-cards.mjs';

const cell = (text, separator) => text.includes(separator) || /["\n]/.test(text)
	? `"${text.replace(/"/g, '""')}"` : text;

function table(titles, rows, separator = ',', end = '\r\n') {
	return [titles, ...rows].map((row) => row.map((c) => cell(c ?? '', separator))
		.join(separator)).join(end) + end;
}

export const google = (list) => table(['First Name', 'Middle Name', 'Last Name',
	'Organization Name', 'Notes', 'Labels', 'E-mail 1 - Label', 'E-mail 1 - Value',
	'Phone 1 - Label', 'Phone 1 - Value'], list.map((p) => [p.given, '', p.family,
	p.organisation, p.note ? 'met on 2026-05-04, nice' : '', '* myContacts', '* Home',
	p.mail ? p.email : '', 'Mobile', p.second ? `${p.phone} ::: ${p.second}` : p.phone]));

export const google_old = (list) => table(['Name', 'Given Name', 'Additional Name',
	'Family Name', 'Yomi Name', 'Group Membership', 'E-mail 1 - Type', 'E-mail 1 - Value',
	'Phone 1 - Type', 'Phone 1 - Value', 'Phone 2 - Type', 'Phone 2 - Value'],
list.map((p) => [p.name, p.given, '', p.family, '', '* myContacts', '*', p.mail ? p.email : '',
	'Mobile', p.phone, p.second ? 'Work' : '', p.second]));

const OUTLOOK = ['First Name', 'Middle Name', 'Last Name', 'Title', 'Suffix', 'Nickname',
	'E-mail Address', 'E-mail 2 Address', 'Home Phone', 'Business Phone', 'Mobile Phone',
	'Business Fax', 'Company', 'Job Title', 'Home Street', 'Home City', 'Home Postal Code',
	'Birthday', 'Notes'];
const outlook_row = (p) => [p.given, '', p.family, '', '', '', p.mail ? p.email : '', '', '',
	p.second, p.phone, '', p.organisation, '', 'Musterweg 1', 'Berlin', '10115', '1980-05-04', ''];
export const outlook = (list) => table(OUTLOOK, list.map(outlook_row));
export const outlook_tabs = (list) => table(OUTLOOK, list.map(outlook_row), '\t');
export const german = (list) => table(['Vorname', 'Nachname', 'E-Mail-Adresse',
	'Telefon (privat)', 'Mobiltelefon', 'Firma'], list.map((p) => [p.given, p.family,
	p.mail ? p.email : '', p.second, p.phone, p.organisation]), ';');
export const dutch = (list) => table(['Voornaam', 'Achternaam', 'E-mailadres', 'Telefoonnummer'],
	list.map((p) => [p.given, p.family, p.mail ? p.email : '', p.phone]), ';');
export const polish = (list) => table(['Imię', 'Nazwisko', 'Adres e-mail', 'Telefon komórkowy'],
	list.map((p) => [p.given, p.family, p.mail ? p.email : '', p.phone]), ';');
export const bare = (list) => list.map((p) => `${p.name},${p.phone}`).join('\n') + '\n';
export const national = (list) => table(['Name', 'Telefon'],
	list.map((p) => [p.name, spaced(p)]), ';');
export const zoom = (list) => table(['Name', 'Phone Number', 'Email'],
	list.map((p) => [p.name, p.phone, p.mail ? p.email : '']));

/* Android's ContactsContract, a row a data item as backup tools dump it. */
export const android = (list) => table(['_id', 'display_name', 'mimetype', 'data1', 'data2',
	'times_contacted', 'starred'], list.map((p) => [String(p.index), p.name,
	'vnd.android.cursor.item/phone_v2', p.phone, '2', String(p.index % 30), '0']));

export const text_pairs = (list) => list.map((p) => `${p.name} ${p.phone}`).join('\n') + '\n';
export const text_numbers = (list) => list.map((p) => p.phone).join('\n') + '\n';
export const text_mails = (list) => list.map((p) => `${p.name} <${p.email}>`).join('\n') + '\n';
export const text_commas = (list) => list.map((p) => p.phone).join(', ') + '\n';
export const text_dashes = (list) => list.map((p) => `- ${p.name}: ${p.phone}` +
	(p.mail ? ` / ${p.email}` : '')).join('\n') + '\n';

export const digests = {
	md5_hex: (p) => digest('md5', p.phone, 'hex'),
	sha1_hex: (p) => digest('sha1', p.digits, 'hex'),
	sha256_hex: (p) => digest('sha256', p.national, 'hex'),
	sha256_base64: (p) => digest('sha256', p.phone, 'base64'),
	sha256_url: (p) => digest('sha256', p.phone, 'base64url'),
	hmac_base64: (p) => hmac('bookgate', p.digits, 'base64'),
	hmac_hex: (p) => hmac('bookgate', p.digits, 'hex'),
	mail_sha256: (p) => digest('sha256', p.email, 'hex'),
};
export const digest_json = (make) => (list) => JSON.stringify({ hashes: list.map(make) });
export const digest_form = (make) => (list) =>
	new URLSearchParams({ phone_hashes: list.map(make).join(','), v: '3' }).toString();
export const digest_records = (make) => (list) => JSON.stringify({ contacts:
	list.map((p) => ({ phone_hash: make(p), name_hash: digest('sha256', p.name + p.index, 'hex') })) });

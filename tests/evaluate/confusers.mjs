// SPDX-License-Identifier: Apache-2.0
//
// Bodies full of digits, addresses and digests that are no address book. Each
// row makes a text from seeded chance and people; `rows` records of it.
//
// Where the line is drawn: a table of orders, calls, messages or participants
// may hold the personal data of many, but it is a record of dealings, sent for
// that purpose, and not the copy of an address book; it is rejected by the
// titles and keys that tell of the dealing. A list of nothing but people, of
// whatever origin, counts as an address book.
import { uuid } from './random.mjs';
import * as machines from './confusers-machines.mjs';

const json = JSON.stringify;
const stamp = (r, i) => new Date(1763700000000 + i * 61000 + r.below(60000)).toISOString();
const day = (r, i) => stamp(r, i).slice(0, 10);
const money = (r) => `${r.between(1, 900)}.${r.digits(2)}`;
const csv = (titles, rows, separator = ',') =>
	[titles, ...rows].map((row) => row.join(separator)).join('\n') + '\n';
const list = (w, write) => w.people.map((p, i) => write(p, i, w.random));

const dealings = {
	'call records': {
		csv: (w) => ['text/csv', csv(['caller', 'callee', 'start', 'duration'], list(w, (p, i, r) =>
			['+4930123456', p.phone, stamp(r, i), r.below(600)]))],
		bare: (w) => ['text/csv', list(w, (p, i, r) =>
			`+4930123456,${p.phone},voice,${r.below(600)}`).join('\n')],
		dated: (w) => ['', list(w, (p, i, r) => `${day(r, i)} 10:00:0${i % 10},${p.phone},out,${i}`).join('\n')],
		json: (w) => ['application/json', json({ records: list(w, (p, i, r) => ({ aNumber: '+4930123456',
			bNumber: p.phone, startTime: stamp(r, i), durationSeconds: r.below(900) })) })],
		german: (w) => ['text/csv', csv(['Anrufer', 'Rufnummer', 'Beginn', 'Dauer'], list(w, (p, i, r) =>
			['+4930123456', p.phone, stamp(r, i), r.below(600)]), ';')],
		lines: (w) => ['application/x-ndjson', list(w, (p, i, r) => json({ call_id: uuid(p.phone), from: p.phone,
			to: '+4930123456', duration: r.below(90) })).join('\n')],
	},
	'SMS gateway': {
		one: (w) => ['application/json', json({ to: w.people[0].phone, from: '+4930123456',
			text: `Your code is ${w.random.digits(6)}` })],
		many: (w) => ['application/json', json({ messages: list(w, (p, i, r) => ({ to: p.phone,
			from: 'Gemeente', text: `Uw code is ${r.digits(6)}` })) })],
		bulk: (w) => ['application/json', json({ sender: 'Gemeente', body: 'Wegwerkzaamheden',
			recipients: list(w, (p) => p.phone) })],
		destinations: (w) => ['application/json', json({ messages: [{ from: 'Info', text: 'Hallo',
			destinations: list(w, (p) => ({ to: p.phone, messageId: uuid(p.phone) })) }] })],
		form: (w) => ['application/x-www-form-urlencoded', new URLSearchParams({ From: '+4930123456',
			To: w.people[0].phone, Body: 'Hallo' }).toString()],
		otp: (w) => ['application/json', json({ phone_number: w.people[0].phone, code: w.random.digits(6),
			request_id: uuid('otp') })],
	},
	'shop orders': {
		csv: (w) => ['text/csv', csv(['Order ID', 'Name', 'Email', 'Phone', 'Total', 'Currency'],
			list(w, (p, i, r) => [10000 + i, p.name, p.email, p.phone, money(r), 'EUR']))],
		json: (w) => ['application/json', json({ orders: list(w, (p, i, r) => ({ order_number: 1000 + i,
			created_at: stamp(r, i), total_price: money(r), currency: 'EUR',
			customer: { first_name: p.given, last_name: p.family, email: p.email, phone: p.phone },
			line_items: [{ sku: `A-${r.digits(5)}`, quantity: 1, price: money(r) }] })) })],
		one: (w) => ['application/json', json({ order: { id: 4711, email: w.people[0].email,
			phone: w.people[0].phone, line_items: list(w, (p, i, r) => ({ sku: r.digits(13), ean:
				`40${r.digits(11)}`, quantity: 1, price: money(r) })) } })],
		german: (w) => ['text/csv', csv(['Bestellnummer', 'Kunde', 'E-Mail', 'Telefon', 'Betrag'],
			list(w, (p, i, r) => [r.digits(9), p.name, p.email, p.phone, money(r)]), ';')],
		dutch: (w) => ['text/csv', csv(['Bestelnummer', 'Naam', 'E-mail', 'Telefoon', 'Bedrag'],
			list(w, (p, i, r) => [r.digits(9), p.name, p.email, p.phone, money(r)]), ';')],
		polish: (w) => ['text/csv', csv(['Numer zamówienia', 'Imię i nazwisko', 'E-mail', 'Telefon', 'Kwota'],
			list(w, (p, i, r) => [r.digits(9), p.name, p.email, p.phone, money(r)]), ';')],
		lines: (w) => ['application/x-ndjson', list(w, (p, i, r) => json({ orderId: uuid(p.phone),
			email: p.email, phone: p.phone, amount: { value: money(r), currency: 'EUR' } })).join('\n')],
	},
	'invoices': {
		csv: (w) => ['text/csv', csv(['Rechnungsnummer', 'Kunde', 'IBAN', 'Betrag', 'Telefon'],
			list(w, (p, i, r) => [`2026-${r.digits(5)}`, p.name, `DE${r.digits(20)}`, money(r), p.phone]), ';')],
		sepa: (w) => ['application/xml', `<?xml version="1.0"?><Document><CstmrCdtTrfInitn>${list(w,
			(p, i, r) => `<CdtTrfTxInf><Amt><InstdAmt Ccy="EUR">${money(r)}</InstdAmt></Amt><Cdtr><Nm>${p.family}` +
			`</Nm></Cdtr><CdtrAcct><Id><IBAN>DE${r.digits(20)}</IBAN></Id></CdtrAcct></CdtTrfTxInf>`)
			.join('')}</CstmrCdtTrfInitn></Document>`],
		json: (w) => ['application/json', json({ invoices: list(w, (p, i, r) => ({ invoice_id: r.digits(10),
			amount_due: money(r), currency: 'EUR', iban: `NL91ABNA0${r.digits(9)}`, email: p.email })) })],
	},
	'conference rosters': {
		zoom: (w) => ['text/csv', csv(['Name (Original Name)', 'User Email', 'Join Time', 'Leave Time',
			'Duration (Minutes)', 'Guest'], list(w, (p, i, r) => [p.name, p.email, stamp(r, i),
			stamp(r, i + 60), r.between(1, 90), 'Yes']))],
		teams: (w) => ['text/tab-separated-values', csv(['Full Name', 'Join Time', 'Leave Time', 'Duration',
			'Email', 'Role'], list(w, (p, i, r) => [p.name, stamp(r, i), stamp(r, i + 50), '50m', p.email,
			'Attendee']), '\t')],
		json: (w) => ['application/json', json({ meeting_id: 86412345678, participants: list(w, (p, i, r) => ({
			name: p.name, user_email: p.email, join_time: stamp(r, i), leave_time: stamp(r, i + 60),
			duration: 3600 })) })],
		calendar: (w) => ['text/calendar', ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT',
			`UID:${uuid('event')}`, 'DTSTART:20261121T100000Z', 'SUMMARY:Overleg',
			`ORGANIZER:mailto:${w.people[0].email}`, ...list(w, (p) =>
				`ATTENDEE;CN=${p.name};RSVP=TRUE:mailto:${p.email}`), 'END:VEVENT', 'END:VCALENDAR', '']
			.join('\r\n')],
		freebusy: (w) => ['application/json', json({ summary: 'Overleg', start: { dateTime: stamp(w.random, 1) },
			attendees: list(w, (p) => ({ email: p.email, displayName: p.name, responseStatus: 'needsAction' })) })],
	},
	'mail': {
		headers: (w) => ['message/rfc822', `From: Anna <anna@example.com>\r\nSubject: Party\r\nTo:\r\n${
			list(w, (p) => ` ${p.family} <${p.email}>,\r\n`).join('')} x@example.org\r\nDate: Sat, 21 Nov 2026 10:00:00 +0100\r\n\r\nHallo\r\n`],
		json: (w) => ['application/json', json({ subject: 'Party', from: { email: 'anna@example.com' },
			to: list(w, (p) => ({ email: p.email, name: p.name })), body: 'Hallo' })],
		graph: (w) => ['application/json', json({ message: { subject: 'Party', body: { contentType: 'Text',
			content: 'Hallo' }, toRecipients: list(w, (p) => ({ emailAddress: { address: p.email } })) } })],
		personalizations: (w) => ['application/json', json({ personalizations: list(w, (p) =>
			({ to: [{ email: p.email }] })), from: { email: 'news@example.org' }, subject: 'Nieuws' })],
		mbox: (w) => ['application/mbox', list(w, (p, i, r) => `From ${p.email} Sat Nov 21 10:00:00 2026\n` +
			`From: ${p.name.replace(/[^ -~]/g, '')} <${p.email}>\nTo: list@example.org\nSubject: Re: patch ${i}\n` +
			`Date: ${stamp(r, i)}\nMessage-ID: <${uuid(p.email)}@example.org>\n\nLooks good to me.\n-- \n${p.given}\n`).join('\n')],
		smtp_log: (w) => ['text/plain', list(w, (p, i, r) => `${stamp(r, i)} mx postfix/smtp[${r.digits(5)}]: ` +
			`${r.hex(10)}: to=<${p.email}>, relay=mx.example.org[192.0.2.1]:25, delay=${money(r)}`).join('\n')],
		form: (w) => ['application/x-www-form-urlencoded', new URLSearchParams({ from: 'a@example.org',
			to: w.people.map((p) => p.email).join(', '), subject: 'Nieuws', text: 'Hallo' }).toString()],
	},
	'chats': {
		whatsapp: (w) => ['text/plain', list(w, (p, i, r) => `[21.11.26, 10:${String(i % 60).padStart(2, '0')}:00] ` +
			`${p.given}: ruf mich an, ${i % 7 === 0 ? p.phone : 'bis gleich'} ${r.digits(3)}`).join('\n')],
		json: (w) => ['application/json', json({ messages: list(w, (p, i, r) => ({ id: `${r.digits(18)}`,
			sender: `${w.people[i % 4].digits}@s.whatsapp.net`, timestamp: 1763700000 + i, text: 'hoi' })) })],
	},
	'sign-ups': {
		form: (w) => ['application/x-www-form-urlencoded', new URLSearchParams({ email: w.people[0].email,
			phone: w.people[0].phone, name: w.people[0].name, password: 'x' }).toString()],
		json: (w) => ['application/json', json({ user: { email: w.people[0].email, phone: w.people[0].phone },
			device: { id: uuid('d'), ts: 1763700000000 } })],
	},
	'source history': {
		git_log: (w) => ['text/plain', list(w, (p, i, r) => `commit ${r.hex(40)}\nAuthor: ${p.name} <${p.email}>\n` +
			`Date:   Sat Nov 21 10:0${i % 10}:00 2026 +0100\n\n    Fix number ${i} of the parser\n`).join('\n')],
		push_event: (w) => ['application/json', json({ ref: 'refs/heads/main', commits: list(w, (p, i, r) => ({
			id: r.hex(40), message: 'Fix', timestamp: stamp(r, i), author: { name: p.name, email: p.email } })) })],
		changelog: (w) => ['text/plain', list(w, (p, i) => `tool (1.${i}-1) unstable; urgency=medium\n\n  * New upstream release.\n\n` +
			` -- ${p.name} <${p.email}>  Sat, 21 Nov 2026 10:00:00 +0100\n`).join('\n')],
		npm: (w) => ['application/json', json({ name: 'pkg', maintainers: list(w, (p) => ({ name: p.given,
			email: p.email })).slice(0, 4), time: Object.fromEntries(list(w, (p, i, r) => [`1.0.${i}`, stamp(r, i)])) })],
	},
};

export const confusers = Object.entries({ ...dealings, ...machines.kinds }).flatMap(([kind, group]) =>
	Object.entries(group).map(([name, write]) => ({ kind, name: `${kind}/${name}`, write })));

// SPDX-License-Identifier: Apache-2.0
//
// What machines say: times, places, ids, logs, tables of numbers, manifests.
import { digest, range, uuid } from './random.mjs';

const json = JSON.stringify;
const rows = (w, write) => range(w.rows).map((i) => write(i, w.random));
const iso = (i) => new Date(1763700000000 + i * 61000).toISOString();
const csv = (titles, body, separator = ',') =>
	[titles, ...body].map((row) => row.join(separator)).join('\n') + '\n';
const place = (r) => [(48 + r.next()).toFixed(6), (11 + r.next()).toFixed(6)];

/* Luhn's check digit (ISO/IEC 7812-1), as IMEIs and cards have it. */
function luhn(digits) {
	const sum = [...digits].reverse().reduce((a, c, i) => {
		const d = Number(c) * (i % 2 ? 1 : 2);
		return a + (d > 9 ? d - 9 : d);
	}, 0);
	return digits + (10 - sum % 10) % 10;
}

export const kinds = {
	'timestamps': {
		ms: (w) => ['application/json', json({ events: rows(w, (i) => ({ at: 1763700000000 + i, seq: i })) })],
		text: (w) => ['application/json', json({ events: rows(w, (i) => ({ id: `49${1700000000 + i}`,
			at: String(1763700000000 + i), us: `${1763700000000000 + i}` })) })],
		list: (w) => ['text/plain', rows(w, (i) => `${1763700000000 + i * 977}`).join('\n')],
		csv: (w) => ['text/csv', csv(['time', 'value'], rows(w, (i, r) => [`+${1763700000 + i}`, r.next().toFixed(4)]))],
		offsets: (w) => ['text/plain', rows(w, (i) => `2026-11-21T10:00:${String(i % 60).padStart(2, '0')}+0100 ok`).join('\n')],
	},
	'money': {
		csv: (w) => ['text/csv', csv(['account', 'change', 'balance'], rows(w, (i, r) =>
			[r.digits(10), `+${r.between(1000, 9999999)}.${r.digits(2)}`, `+1.234.${r.digits(3)},00`]), ';')],
		rates: (w) => ['application/json', json({ base: 'EUR', rates: Object.fromEntries(rows(w, (i, r) =>
			[`C${i}`, r.next() * 1e8])) })],
		deltas: (w) => ['text/csv', rows(w, (i, r) => `+${r.between(1, 9)}${r.digits(10)},-${r.digits(9)}`).map((l) =>
			l.replace(/^\+/, 'x,')).join('\n')],
	},
	'GPS tracks': {
		gpx: (w) => ['application/gpx+xml', `<?xml version="1.0"?><gpx><trk><trkseg>${rows(w, (i, r) =>
			`<trkpt lat="${place(r)[0]}" lon="${place(r)[1]}"><ele>${r.between(100, 900)}</ele><time>${iso(i)}</time></trkpt>`).join('')}</trkseg></trk></gpx>`],
		geojson: (w) => ['application/geo+json', json({ type: 'LineString', coordinates: rows(w, (i, r) => place(r).map(Number)) })],
		signed: (w) => ['', rows(w, (i, r) => `stop${i},+${place(r)[0]},+${place(r)[1]},+48${r.digits(2)}-01135${r.digits(2)}/`).join('\n')],
		iso6709: (w) => ['text/plain', rows(w, (i, r) => `+48${r.digits(2)}+011${r.digits(2)}/ stop ${i}`).join('\n')],
		nmea: (w) => ['text/plain', rows(w, (i, r) => `$GPGGA,1000${String(i % 60).padStart(2, '0')},48${r.digits(2)}.${r.digits(4)},N,011${r.digits(2)}.${r.digits(4)},E,1,08,0.9,545.4,M,46.9,M,,*${r.hex(2)}`).join('\n')],
	},
	'device ids': {
		imei: (w) => ['text/csv', csv(['imei', 'model'], rows(w, (i, r) => [luhn(`35209900${r.digits(6)}`), 'X7']))],
		imei_bare: (w) => ['text/plain', rows(w, (i, r) => luhn(`35209900${r.digits(6)}`)).join('\n')],
		iccid: (w) => ['application/json', json({ sims: rows(w, (i, r) => ({ iccid: `8949${r.digits(15)}`, imsi: `26201${r.digits(10)}` })) })],
		serials: (w) => ['application/json', json(rows(w, (i, r) => ({ serial: r.digits(12), mac: r.hex(12), sha1: r.hex(40) })))],
		mac: (w) => ['text/plain', rows(w, (i, r) => range(6).map(() => r.hex(2)).join(':')).join('\n')],
	},
	'ids': {
		uuid: (w) => ['text/plain', rows(w, (i) => uuid(`u${i}`)).join('\n')],
		numbers: (w) => ['application/json', json({ ids: rows(w, (i, r) => `4917${r.digits(9)}`) })],
		snowflakes: (w) => ['application/json', json({ message_ids: rows(w, (i, r) => `11${r.digits(17)}`) })],
		isbn: (w) => ['text/csv', csv(['isbn', 'title'], rows(w, (i, r) => [`978${r.digits(10)}`, `Book ${i}`]))],
		ean: (w) => ['application/json', json(rows(w, (i, r) => ({ number: `40${r.digits(11)}`, price: 3 })))],
		cards: (w) => ['text/csv', csv(['card', 'expiry'], rows(w, (i, r) => [luhn(`4111${r.digits(11)}`), '12/29']))],
		cookies: (w) => ['application/x-www-form-urlencoded', new URLSearchParams(rows(w, (i, r) => [`k${i}`, r.hex(32)])).toString()],
	},
	'digests': {
		commits: (w) => ['application/json', json({ commits: rows(w, (i, r) => r.hex(40)) })],
		manifest: (w) => ['application/json', json(rows(w, (i, r) => ({ url: `/js/${i}.js`, revision: r.hex(32) })))],
		hash_table: (w) => ['application/json', json({ configVersion: 1, hashTable: Object.fromEntries(rows(w, (i, r) =>
			[`/assets/${i}.js`, r.hex(40)])) })],
		files: (w) => ['application/json', json({ files: rows(w, (i, r) => ({ name: `f${i}.bin`, size: i, hash: r.hex(64) })) })],
		sums: (w) => ['text/plain', rows(w, (i, r) => `${r.hex(64)}  pool/f${i}.deb`).join('\n')],
		blocks: (w) => ['application/json', json({ tx: rows(w, (i, r) => ({ hash: r.hex(64), index: i })) })],
		integrity: (w) => ['application/json', json({ packages: Object.fromEntries(rows(w, (i) =>
			[`node_modules/p${i}`, { version: `1.${i}.0`, integrity: `sha512-${digest('sha512', `p${i}`, 'base64')}` }])) })],
		lone: (w) => ['text/plain', rows(w, (i, r) => r.hex(64)).join('\n')],
	},
	'web logs': {
		access: (w) => ['text/plain', rows(w, (i, r) => `192.0.2.${i % 250} - - [21/Nov/2026:10:00:00 +0100] "GET /a?t=${1763700000000 + i} HTTP/1.1" 200 ${r.digits(5)} "-" "Mozilla/5.0"`).join('\n')],
		json: (w) => ['application/x-ndjson', rows(w, (i, r) => json({ ts: iso(i), status: 200, bytes: r.below(9e6), req: r.hex(32), user_id: Number(r.digits(11)) })).join('\n')],
		email_in_url: (w) => ['text/plain', rows(w, (i) => `192.0.2.9 - user${i}@example.org [21/Nov/2026:10:00:00 +0000] "POST /login?next=%2B49${i} HTTP/1.1" 302 0`).join('\n')],
	},
	'system logs': {
		syslog: (w) => ['text/plain', rows(w, (i, r) => `Nov 21 10:00:${String(i % 60).padStart(2, '0')} host kernel: [${r.digits(6)}.${r.digits(6)}] eth0: link ${r.hex(8)}`).join('\n')],
		asterisk: (w) => ['text/plain', rows(w, (i, r) => `[2026-11-21 10:00:00] NOTICE[${r.digits(4)}]: chan_sip.c:${r.digits(5)} Registration from '<sip:${r.digits(4)}@192.0.2.1>' failed for '192.0.2.7:5060'`).join('\n')],
		auth: (w) => ['text/plain', rows(w, (i, r) => `Nov 21 10:00:00 host sshd[${r.digits(5)}]: Accepted publickey for u${i} from 192.0.2.1 port ${r.digits(5)} ssh2: RSA SHA256:${digest('sha256', `k${i}`, 'base64').slice(0, 43)}`).join('\n')],
		support: (w) => ['text/plain', rows(w, (i, r) => `${iso(i)} ticket ${r.digits(6)} closed, customer called from +49 30 ${1000000 + i}, waited ${r.digits(3)} s, agent 17`).join('\n')],
	},
	'telemetry': {
		batch: (w) => ['application/json', json({ device_id: uuid('t'), events: rows(w, (i, r) => ({ name: 'tap', ts: 1763700000000 + i, session: uuid(`s${i % 3}`), value: r.next() * 1e10 })) })],
		form: (w) => ['application/x-www-form-urlencoded', new URLSearchParams({ v: '1', data: json(rows(w, (i, r) => ({ e: 'view', t: 1763700000000 + i, id: r.digits(12) }))) }).toString()],
		phone_state: (w) => ['application/json', json(rows(w, (i, r) => ({ phone_model: 'X7', battery: r.below(100), cell: { mcc: 262, mnc: 1, lac: r.below(65000), cid: Number(r.digits(8)) } })))],
		own_account: (w) => ['application/x-ndjson', rows(w, (i, r) => json({ event: 'open', ts: 1763700000000 + i, user: { email: 'me@example.org', phone: '+4915112345678' }, n: r.below(9) })).join('\n')],
	},
	'tables of numbers': {
		matrix: (w) => ['text/csv', rows(w, (i, r) => range(8).map(() => r.digits(11)).join(',')).join('\n')],
		signed: (w) => ['text/csv', csv(['a', 'b'], rows(w, (i, r) => [`+${r.next().toExponential(6)}`, `+${r.below(1e9)}.${r.digits(3)}`]))],
		sql: (w) => ['application/sql', rows(w, (i, r) => `INSERT INTO t VALUES (${i}, ${r.digits(11)}, '${r.digits(12)}', '${iso(i)}');`).join('\n')],
		tsv: (w) => ['text/tab-separated-values', csv(['gene', 'start', 'end'], rows(w, (i, r) => [`G${i}`, r.digits(9), r.digits(9)]), '\t')],
	},
	'scripts': {
		map: (w) => ['application/json', json({ version: 3, sources: rows(w, (i) => `src/m${i}.js`), mappings: rows(w, (i, r) => `AAAA,${r.hex(6)}`).join(';') })],
		minified: (w) => ['text/javascript', rows(w, (i, r) => `function f${i}(a){return a+${r.digits(10)}+"x@${i}"}`).join('')],
		numbers: (w) => ['text/javascript', rows(w, (i) => `  if (number == "+49151${1000000 + i}") { call("a${i}@example.com", ${i}); }`).join('\n')],
		css: (w) => ['text/css', rows(w, (i, r) => `@media (min-width:${i}px){.c${i}{color:#${r.hex(6)}}}`).join('\n')],
	},
	'numbering data': {
		prefixes: (w) => ['text/csv', csv(['prefix', 'country', 'length'], rows(w, (i) => [`+${200 + i % 700}`, `C${i}`, 9]))],
		patterns: (w) => ['application/json', json({ countries: Object.fromEntries(rows(w, (i) => [`C${i}`, { pattern: `(?:[1-9]\\d{${5 + i % 5}}|80)`, leading: ['1', '2'], code: String(200 + i) }])) })],
		ranges: (w) => ['text/csv', csv(['from', 'till', 'operator'], rows(w, (i) => [String(4915100000000 + i * 1e6), String(4915100999999 + i * 1e6), `O${i % 4}`]))],
	},
	'query calls': {
		graphql: (w) => ['application/json', json({ query: 'query { viewer { id } }', variables: { ids: rows(w, (i, r) => r.digits(15)) } })],
		sparql: (w) => ['application/x-www-form-urlencoded', new URLSearchParams({ query: rows(w, (i) => `?s${i} ?p "${i}" .`).join(' ') }).toString()],
	},
	'random bytes': {
		plain: (w) => ['application/octet-stream', Buffer.from(w.random.hex(4096), 'hex')],
		typed: (w) => ['application/json', Buffer.from(w.random.hex(4096), 'hex')],
		protobuf: (w) => ['application/x-protobuf', Buffer.from(w.random.hex(2048), 'hex')],
	},
};

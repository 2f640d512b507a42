// SPDX-License-Identifier: Apache-2.0
//
// Many uploads at once, each different: books that must not arrive, and bodies
// that must arrive unchanged and come back unchanged.
//
//	node leak.mjs COUNT SEED	sends; prints one JSON line for each exchange
//	node leak.mjs --judge SENT RECEIVED	what went wrong; exit 1 if anything did
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import { carriers, carries } from '../evaluate/carriers.mjs';
import { confusers } from '../evaluate/confusers.mjs';
import { formats } from '../evaluate/formats.mjs';
import { people } from '../evaluate/people.mjs';
import { chance } from '../evaluate/random.mjs';

const HOSTS = ['discord.com', 'graph.facebook.com', 'i.instagram.com', 'identity.matrix.org'];
const WAYS = ['h1', 'h1-chunked', 'h2', 'h2-odd'];
const SIZES = [20, 21, 25, 60, 100, 240, 1000, 3000], HUGE = 10000;
const HOLD_MAX = 8 << 20;	/* of the configuration: above it a body is no longer held whole */
const PARALLEL = 8;
const TIMEOUT = 60000;
/* Of bodies whose number is hardly more than the threshold, or only estimated, some are missed. */
const MISSED_MAX = 0.01, HARMED_MAX = 0.005;

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/* ---- what is sent --------------------------------------------------------------- */

const usable = formats.filter((format) => (!format.region || format.region === 'NL') &&
	carriers.some((carrier) => carries(carrier, format)));

async function book(i, random) {
	const format = usable[i % usable.length];
	const fit = carriers.filter((carrier) => carries(carrier, format));
	const carrier = random.below(3) === 0 ? fit[0] : random.pick(fit);
	let size = format.huge && random.below(8) === 0 ? HUGE : random.pick(SIZES);
	if (format.grade === 'loose') size = Math.max(size, 60);
	const list = people(size, i * 7 + 1, format.region ? { code: '31' } : {});
	const plain = await format.write(list);
	const body = carrier.pack(format, Buffer.isBuffer(plain) ? plain : Buffer.from(plain));
	return { kind: 'book', what: `${format.name}/${carrier.name}/${size}`, ...body };
}

function harmless(i, random) {
	const noise = () => createHash('shake256', { outputLength: random.pick([0, 1, 17, 4096, 70001, 900000]) })
		.update(String(i)).digest();
	if (i % 4 === 0)
		return { kind: 'other', what: 'bytes', data: noise(), type: 'application/octet-stream', encoding: '' };
	const confuser = confusers[i % confusers.length], rows = random.pick([25, 60, 400]);
	const [type, text] = confuser.write({ random, rows, people: people(rows, i) });
	const carrier = carriers[random.pick([0, 0, 2])];
	return { kind: 'other', what: `${confuser.name}/${carrier.name}/${rows}`,
		...carrier.pack({ type, name: confuser.name }, Buffer.isBuffer(text) ? text : Buffer.from(text)) };
}

/* Pieces of odd sizes, some hundred at most. */
function* pieces(data, random) {
	const most = Math.max(2000, data.length >> 7);
	for (let at = 0; at < data.length;) {
		const n = 1 + random.below(most);
		yield data.subarray(at, at + n);
		at += n;
	}
}

/* ---- how it is sent --------------------------------------------------------------- */

const ca = process.env.E2E_CA && readFileSync(process.env.E2E_CA);
const agent = new https.Agent({ keepAlive: true, maxSockets: 2 });
const sessions = new Map();

function session(host) {
	let made = sessions.get(host);
	if (!made || made.destroyed || made.closed) {
		made = http2.connect(`https://${host}`, { ca, family: 4 });
		made.on('error', () => {});
		sessions.set(host, made);
	}
	return made;
}

/* Uploads of one method, type and connection are a series: a small form must not be counted
   as what went of the book behind it. */
const method = (one) => one.kind === 'book' ? 'POST' : 'PUT';
const headers = (one) => ({ ...(one.type && { 'content-type': one.type }),
	...(one.encoding && { 'content-encoding': one.encoding }) });

function collect(stream, got, done) {
	const hash = createHash('sha256');
	stream.on('data', (data) => { got.bytes += data.length; hash.update(data); });
	stream.on('end', () => done({ ...got, back: hash.digest('hex') }));
}

const room = (out) => new Promise((go) => {
	const on = () => { out.off('drain', on).off('close', on); go(); };
	out.on('drain', on).on('close', on);
});

async function write_all(out, one, whole) {
	if (whole)
		return out.end(one.data);
	for (const piece of pieces(one.data, one.random)) {
		if (out.destroyed || out.writableEnded) return undefined;
		if (!out.write(piece))
			await room(out);
	}
	return out.end();
}

function send_h1(one, done) {
	const chunked = one.way === 'h1-chunked';
	const req = https.request({ agent, ca, family: 4, host: one.host, path: one.path, method: method(one),
		headers: { ...headers(one), ...(!chunked && { 'content-length': one.data.length }) } },
	(res) => collect(res, { status: res.statusCode, bytes: 0 }, done));
	req.setTimeout(TIMEOUT, () => req.destroy(new Error('timed out')));
	req.on('error', (error) => done({ status: 0, error: error.code ?? error.message }));
	write_all(req, one, !chunked);
}

function send_h2(one, done) {
	const stream = session(one.host).request({ ':method': method(one), ':path': one.path, ...headers(one) });
	const got = { status: 0, bytes: 0 };
	stream.setTimeout(TIMEOUT, () => stream.close());
	stream.on('response', (head) => { got.status = head[':status']; });
	stream.on('error', (error) => done({ ...got, error: error.code }));
	stream.on('close', () => done({ ...got, error: `stream ${stream.rstCode}` }));
	collect(stream, got, done);
	write_all(stream, one, one.way === 'h2');
}

const exchange = (one) => new Promise((resolve) => {
	let told = false;
	const done = (got) => { if (!told) { told = true; resolve(got); } };
	(one.way.startsWith('h1') ? send_h1 : send_h2)(one, done);
});

async function send_all(count, seed) {
	const random = chance(seed);
	let next = 0;
	const worker = async () => {
		for (let i = next++; i < 2 * count; i = next++) {
			const made = i % 2 ? harmless(i >> 1, chance(seed + i)) : await book(i >> 1, chance(seed + i));
			if (made.data.length > HOLD_MAX) continue;
			const one = { ...made, random: chance(seed - i), host: random.pick(HOSTS), way: WAYS[(i >> 1) % 4],
				path: `/echo/${made.kind}/${i}` };
			const got = await exchange(one);
			console.log(JSON.stringify({ path: one.path, kind: one.kind, what: one.what, way: one.way,
				host: one.host, size: one.data.length, sha256: sha256(one.data), ...got }));
		}
	};
	await Promise.all(Array.from({ length: PARALLEL }, worker));
	for (const made of sessions.values()) made.destroy();
}

/* ---- what became of it --------------------------------------------------------------- */

const lines = (path) => readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

function judge(sent_path, received_path) {
	const received = new Map();
	for (const one of lines(received_path))
		if (one.path?.startsWith('/echo/'))
			received.set(one.path, [...(received.get(one.path) ?? []), one]);
	const faults = [], sum = { book: 0, other: 0, blocked: 0, same: 0, missed: [], harmed: [] };
	for (const one of lines(sent_path)) {
		const there = received.get(one.path) ?? [], bytes = there.reduce((n, r) => n + r.bytes, 0);
		const name = `${one.kind} ${one.what} by ${one.way} to ${one.host}`;
		sum[one.kind]++;
		if (one.status === 403) {
			sum.blocked++;
			if (bytes > 0) faults.push(`${name}: answered 403, and ${bytes} bytes arrived`);
			if (one.kind === 'other') sum.harmed.push(name);
		} else if (there.length === 1 && there[0].sha256 === one.sha256 && there[0].ended === 'end' &&
		    one.status === 200 && one.back === one.sha256) {
			sum.same++;
			if (one.kind === 'book') sum.missed.push(name);
		} else
			faults.push(`${name}: status ${one.status} ${one.error ?? ''}, ${bytes} of ${one.size} bytes arrived in ` +
				`${there.length} requests`);
	}
	if (sum.book === 0 || sum.other === 0) faults.push('nothing was sent');
	if (sum.missed.length > Math.ceil(sum.book * MISSED_MAX)) faults.push(`${sum.missed.length} books were not stopped`);
	if (sum.harmed.length > Math.ceil(sum.other * HARMED_MAX)) faults.push(`${sum.harmed.length} others were stopped`);
	console.log(`${sum.book} books, ${sum.other} other bodies: ${sum.blocked} stopped, of which no byte arrived; ` +
		`${sum.same} there and back unchanged; ${sum.missed.length} books not stopped, ${sum.harmed.length} others stopped`);
	for (const name of [...sum.missed, ...sum.harmed]) console.log(`  by the detector: ${name}`);
	for (const one of faults.slice(0, 20)) console.log(`  FAULT ${one}`);
	return faults.length === 0 ? 0 : 1;
}

if (process.argv[2] === '--judge')
	process.exit(judge(process.argv[3], process.argv[4]));
await send_all(Number(process.argv[2]), Number(process.argv[3] ?? 1));
process.exit(0);

// SPDX-License-Identifier: Apache-2.0
//
// ClientHellos of unusual form, and clients that give up at each state.
import { collect, pause, secure, shaped, statuses, tcp } from './wire.mjs';

const PLAIN = 5;	/* bytes of a record's head (RFC 8446 section 5.1) */

/* The handshake bytes of all records, in records of at most n bytes. */
function records(hello, n) {
	const parts = [];
	for (let at = 0; at < hello.length; at += PLAIN + hello.readUInt16BE(at + 3))
		parts.push(hello.subarray(at + PLAIN, at + PLAIN + hello.readUInt16BE(at + 3)));
	const all = Buffer.concat(parts), out = [];
	for (let at = 0; at < all.length; at += n) {
		const part = all.subarray(at, at + n), head = Buffer.from([22, 3, 1, 0, 0]);
		head.writeUInt16BE(part.length, 3);
		out.push(Buffer.concat([head, part]));
	}
	return out;
}

const cut = (data, n) => Array.from({ length: Math.ceil(data.length / n) },
	(_, i) => data.subarray(i * n, (i + 1) * n));
const spaced = (parts, ms) => parts.flatMap((part) => [part, ms]);

const shapes = {
	bytes: (hello) => spaced(cut(hello, 1), 1),
	slow: (hello) => spaced(cut(hello, 100), 300),
	records: (hello) => [Buffer.concat(records(hello, 40))],
	'records-apart': (hello) => spaced(records(hello, 64), 20),
	'record-1': (hello) => [Buffer.concat(records(hello, 1))],
};

const finish = async (socket, host) => {
	const answer = collect(socket, (text) => text.endsWith('xyz'));
	socket.write(`GET /status/200/xyz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
	const { text } = await answer;
	socket.destroy();
	return `status ${statuses(text)} by ${socket.getPeerCertificate()?.issuer?.CN}`;
};

const alpn = (bytes) => ['http/1.1', ...Array.from({ length: Math.ceil(bytes / 256) },
	(_, i) => String(i).padEnd(255, 'x'))];

/* Where a client gives up. Each is a connection that ends with a reset. */
const states = {
	accepted: async (host) => (await tcp(host)).resetAndDestroy(),
	hello: async (host) => {
		const socket = await tcp(host);
		socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]));
		await pause(50);
		socket.resetAndDestroy();
	},
	handshake: async (host) => {
		const socket = await tcp(host), secured = secure(host, { socket: shaped(socket, (hello) => [hello]) });
		socket.once('data', () => socket.resetAndDestroy());
		await secured.catch(() => {});
	},
	opened: async (host) => {
		const socket = await tcp(host);
		await secure(host, { socket });
		socket.resetAndDestroy();
	},
	...Object.fromEntries(Object.entries({
		head: 'POST /x HTTP/1.1\r\nhost: a', body: 'POST /x HTTP/1.1\r\nhost: h\r\ncontent-length: 90000\r\n\r\nabc',
		waiting: 'GET /slow/2000 HTTP/1.1\r\nhost: h\r\n\r\n',
		answer: 'GET /get/20000000 HTTP/1.1\r\nhost: h\r\n\r\n',
	}).map(([name, text]) => [name, async (host) => {
		const socket = await tcp(host), inside = await secure(host, { socket, ALPNProtocols: ['http/1.1'] });
		inside.on('error', () => {});
		inside.write(text.replace('host: h\r', `host: ${host}\r`));
		if (name === 'answer') await new Promise((done) => { inside.once('data', done); });
		await pause(100);
		socket.resetAndDestroy();
	}])),
};

export const verbs = {
	/* hello HOST SHAPE: the handshake works however its first message came. */
	hello: async (host, shape) => finish(await secure(host, { ALPNProtocols: ['http/1.1'],
		socket: shaped(await tcp(host), shapes[shape]) }), host),
	/* A hello of about so many bytes, filled with protocols nobody speaks. */
	'hello-large': async (host, bytes) =>
		finish(await secure(host, { ALPNProtocols: alpn(Number(bytes)) }), host),
	/* Begins a hello and never ends it: how long until it is let go? */
	'hello-never': async (host, every = 0) => {
		const socket = await tcp(host), start = Date.now();
		const ended = collect(socket);
		socket.on('error', () => {});
		socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]));
		const timer = Number(every) ? setInterval(() => socket.write('\0'), Number(every)) : undefined;
		const { how } = await ended;
		clearInterval(timer);
		socket.destroy();
		return `${how === 'open' ? 'still open' : 'ended'} after ${Math.round((Date.now() - start) / 1000)} s`;
	},
	reset: async (host, ...names) => {
		for (const name of names.length ? names : Object.keys(states)) {
			await states[name](host);
			await pause(50);
		}
		return 'reset at each state';
	},
};

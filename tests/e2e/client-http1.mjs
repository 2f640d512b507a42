// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 by hand, and node's own client.
import * as https from 'node:https';
import { body, ca, collect, family, pause, secure, statuses } from './wire.mjs';

const END = '\r\n\r\n';
const get = (host, path) => `GET ${path} HTTP/1.1\r\nhost: ${host}${END}`;
const post = (host, path, data, more = '') => Buffer.concat([Buffer.from(
	`POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n${more}` +
	`content-length: ${data.length}${END}`), data]);
const count = (text) => statuses(text).split(' ').filter(Boolean).length;

function request(agent, host, options, data) {
	return new Promise((done, fail) => {
		const req = https.request({ agent, host, family, ca, localAddress: process.env.E2E_FROM,
			...options }, (res) => {
			const parts = [];
			res.on('data', (part) => parts.push(part));
			res.on('error', fail);
			res.on('end', () => done({ status: res.statusCode, port: res.socket?.localPort,
				trailers: res.trailers, text: Buffer.concat(parts).toString('latin1') }));
		});
		req.on('error', fail);
		if (options.trailers) req.on('finish', () => {});
		if (options.trailers) { req.write(data); req.addTrailers(options.trailers); req.end(); } else req.end(data);
	});
}

const json = { 'content-type': 'application/json' };

/* Malformed requests (RFC 9112): two readings, or none. */
const bad = {
	'cl-te': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ncontent-length: 6\r\ntransfer-encoding: chunked${END}0${END}GET /evil HTTP/1.1\r\nhost: ${h}${END}`,
	'two-cl': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ncontent-length: 3\r\ncontent-length: 5${END}abcde`,
	'cl-list': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ncontent-length: 3, 5${END}abcde`,
	'cl-sign': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ncontent-length: +5${END}abcde`,
	'te-twice': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ntransfer-encoding: chunked, chunked${END}0${END}`,
	'te-strange': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ntransfer-encoding: xchunked${END}0${END}`,
	'te-tab': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ntransfer-encoding: chunked\x0b${END}0${END}`,
	'space-colon': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ncontent-length : 5${END}abcde`,
	'fold': (h) => `GET /x HTTP/1.1\r\nhost: ${h}\r\nx-a: one\r\n two${END}`,
	'two-hosts': (h) => `GET /x HTTP/1.1\r\nhost: ${h}\r\nhost: other.example${END}`,
	'no-host': () => `GET /x HTTP/1.1\r\naccept: */*${END}`,
	'bare-cr': (h) => `GET /x HTTP/1.1\r\nhost: ${h}\rx: y${END}`,
	'nul': (h) => `GET /x HTTP/1.1\r\nhost: ${h}\r\nx-a: \0${END}`,
	'bad-chunk': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ntransfer-encoding: chunked${END}zz\r\nabc\r\n0${END}`,
	'chunk-huge': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ntransfer-encoding: chunked${END}fffffffffffffffff\r\nabc\r\n0${END}`,
	'chunk-tail': (h) => `POST /x HTTP/1.1\r\nhost: ${h}\r\ntransfer-encoding: chunked${END}3\r\nabcXX0${END}`,
	'big-head': (h) => `GET /x HTTP/1.1\r\nhost: ${h}\r\nx-a: ${'a'.repeat(300000)}${END}`,
};

async function one_bad(kind, host) {
	const socket = await secure(host, { ALPNProtocols: ['http/1.1'] });
	const answer = collect(socket);
	socket.on('error', () => {});
	socket.write(bad[kind](host));
	const { text, how } = await Promise.race([answer, pause(4000).then(() => ({ text: '', how: 'waiting' }))]);
	socket.destroy();
	return `${kind}=${statuses(text) || '-'}${how === 'waiting' ? '(waiting)' : ''}`;
}

export const verbs = {
	/* On one connection: a blocked upload, a GET, an upload that may go. */
	keepalive: async (host) => {
		const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
		const a = await request(agent, host, { method: 'POST', path: '/a', headers: json }, body('240.json'));
		const b = await request(agent, host, { method: 'GET', path: '/get/1000' });
		const c = await request(agent, host, { method: 'POST', path: '/c', headers: json }, body('3.json'));
		agent.destroy();
		return `${a.status} ${b.status} ${c.status} connection ${a.port === c.port ? 'same' : 'other'}`;
	},
	pipeline: async (host) => {
		const socket = await secure(host, { ALPNProtocols: ['http/1.1'] });
		const all = collect(socket, (text) => count(text) >= 5 && /9$/.test(text.trimEnd().slice(-1) + '9'));
		socket.write(Buffer.concat([Buffer.from(get(host, '/get/10') + get(host, '/get/20')),
			post(host, '/p', body('240.json')), Buffer.from(get(host, '/get/30')),
			post(host, '/q', body('3.json'))]));
		const { text } = await all;
		socket.destroy();
		return `statuses ${statuses(text)}`;
	},
	/* Sends its request, then says that it will say no more, and still reads. */
	half: async (host) => {
		const socket = await secure(host, { ALPNProtocols: ['http/1.1'] });
		const answer = collect(socket);
		socket.end(post(host, '/half', body('3.json')));
		const { text } = await answer;
		return `status ${statuses(text)} ${text.split(END)[1] ?? ''}`;
	},
	trailers: async (host, name, path = '/trailers') => {
		const r = await request(undefined, host, { method: 'POST', path, trailers: { 'x-end': 'yes' },
			headers: { ...json, trailer: 'x-end' } }, body(name));
		return `status ${r.status} trailer ${r.trailers['x-sum'] ?? 'none'}`;
	},
	/* A body in chunks of a given size, one in so many milliseconds. */
	drip: async (host, name, size, ms) => {
		const data = body(name), socket = await secure(host, { ALPNProtocols: ['http/1.1'] });
		const answer = collect(socket, (text) => count(text) > 0 && text.includes(END));
		socket.on('error', () => {});
		socket.write(`POST /drip HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked${END}`);
		for (let at = 0; at < data.length; at += Number(size)) {
			const part = data.subarray(at, at + Number(size));
			socket.write(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]));
			if (Number(ms)) await pause(Number(ms));
		}
		socket.write(`0${END}`);
		const { text } = await answer;
		socket.destroy();
		return `status ${statuses(text)}`;
	},
	/* A stream whose sender waits for a word in the middle of it. */
	early: async (host, path = '/early') => {
		const socket = await secure(host, { ALPNProtocols: ['http/1.1'] });
		const answer = collect(socket);
		socket.on('error', () => {});
		socket.write(`POST ${path} HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked${END}3e8\r\n${'a'.repeat(1000)}\r\n`);
		const { text, how } = await answer;
		socket.destroy();
		return `status ${statuses(text)} then ${how}`;
	},
	smuggle: async (host, ...kinds) => {
		const shown = [];
		for (const kind of kinds.length ? kinds : Object.keys(bad)) shown.push(await one_bad(kind, host));
		return shown.join(' ');
	},
	/* The answer as it stands, up to the end of the connection. */
	raw: async (host, path) => {
		const socket = await secure(host, { ALPNProtocols: ['http/1.1'] });
		const answer = collect(socket);
		socket.on('error', () => {});
		socket.write(get(host, path));
		const { text, how } = await answer;
		return `status ${statuses(text)} body ${JSON.stringify(text.split(END).slice(1).join(END))} then ${how}`;
	},
	upgrade: async (host) => {
		const socket = await secure(host, { ALPNProtocols: ['http/1.1'] });
		const answer = collect(socket, (text) => text.endsWith('ping'));
		socket.write(`GET /upgrade HTTP/1.1\r\nhost: ${host}\r\nupgrade: echo\r\nconnection: upgrade${END}`);
		await pause(200);
		socket.write('ping');
		const { text } = await answer;
		socket.destroy();
		return `status ${statuses(text)} ${text.split(END)[1]}`;
	},
};

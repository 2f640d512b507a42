// SPDX-License-Identifier: Apache-2.0
//
// HTTP/2 with several streams, and WebSocket.
import * as http2 from 'node:http2';
import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { body, ca, pause, secure } from './wire.mjs';

const json = 'application/json';

async function session(host) {
	const socket = await secure(host, { ALPNProtocols: ['h2'] });
	if (socket.alpnProtocol !== 'h2')
		throw new Error(`no h2: ${socket.alpnProtocol}`);
	const made = http2.connect(`https://${host}`, { createConnection: () => socket });
	made.on('error', () => {});
	return made;
}

function exchange(made, headers, data) {
	return new Promise((done) => {
		const stream = made.request(headers, { endStream: data === undefined });
		const result = { status: '-', bytes: 0, trailers: {} };
		const hash = createHash('sha256');
		stream.on('response', (head) => { result.status = head[':status']; });
		stream.on('trailers', (trailers) => { result.trailers = trailers; });
		stream.on('data', (part) => { result.bytes += part.length; hash.update(part); });
		stream.on('error', (error) => { result.error = error.code; });
		stream.on('close', () => done({ ...result, code: stream.rstCode, sha256: hash.digest('hex') }));
		if (data !== undefined) stream.end(data);
	});
}

const get = (path) => ({ ':method': 'GET', ':path': path });
const post = (path) => ({ ':method': 'POST', ':path': path, 'content-type': json });

function websocket(host, options) {
	const { WebSocket } = createRequire(`${process.env.E2E_NPM}/x.js`)('ws');
	return new WebSocket(`wss://${host}/chat`, { ca, family: Number(process.env.E2E_FAMILY ?? 4),
		localAddress: process.env.E2E_FROM, ...options });
}

export const verbs = {
	/* While a download and a small upload live, a book is stopped; then all goes on. */
	streams: async (host) => {
		const made = await session(host);
		const all = await Promise.all([exchange(made, get('/get/3000000')),
			exchange(made, post('/stopped'), body('240.json')), exchange(made, post('/small'), body('3.json')),
			exchange(made, get('/slow/300'))]);
		const after = await exchange(made, get('/get/5'));
		made.destroy();
		return `statuses ${[...all, after].map((one) => one.status).join(' ')} bytes ${all[0].bytes}`;
	},
	trailers2: async (host) => {
		const made = await session(host);
		const one = await exchange(made, post('/trailers'), body('harmless.json'));
		made.destroy();
		return `status ${one.status} trailer ${one.trailers['x-sum'] ?? 'none'}`;
	},
	/* A stream that its client resets in the middle of its body; the connection lives. */
	cancel: async (host) => {
		const made = await session(host);
		const stream = made.request(post('/cancel'));
		stream.on('error', () => {});
		stream.write(body('240.json').subarray(0, 10000));
		await pause(200);
		stream.close(http2.constants.NGHTTP2_CANCEL);
		const after = await exchange(made, get('/get/5'));
		made.destroy();
		return `status ${after.status}`;
	},
	many: async (host, count) => {
		const made = await session(host);
		const all = await Promise.all(Array.from({ length: Number(count) }, () => exchange(made, get('/get/1000'))));
		made.destroy();
		return `ok ${all.filter((one) => one.status === 200 && one.bytes === 1000).length}`;
	},
	/* Silence between requests, and in the middle of one: then all goes on as before. */
	silence: async (host) => {
		const made = await session(host);
		const statuses = [];
		for (const silence of [3500, 0]) {
			const one = await exchange(made, post('/small'), body('harmless.json'));
			const long = exchange(made, get('/slow/5000'));
			statuses.push(one.status, (await exchange(made, get('/get/100000'))).bytes);
			await pause(silence);
			statuses.push((await long).status);
			await pause(silence);
		}
		made.destroy();
		return `statuses ${statuses.join(' ')}`;
	},
	goaway: async (host) => {
		const made = await session(host);
		const one = await exchange(made, get('/get/5'));
		made.goaway();
		await new Promise((done) => { made.close(done); });
		return `status ${one.status}`;
	},
	/* Sends a body as one message; says whether it came back the same. */
	ws: (host, name, deflate = 'deflate') => new Promise((done) => {
		const socket = websocket(host, { perMessageDeflate: deflate === 'deflate' });
		const sent = body(name);
		let said = 'nothing came back';
		socket.on('open', () => socket.send('hello'));
		socket.on('message', (data) => {
			if (data.toString() === 'hello')
				return socket.send(sent);
			said = Buffer.compare(data, sent) === 0 ? 'the same came back' : 'something else came back';
			return socket.close(1000);
		});
		socket.on('unexpected-response', (req, res) => done(`refused ${res.statusCode}`));
		socket.on('error', (error) => { said = `${said}, ${error.code ?? 'failed'}`; });
		socket.on('close', (code) => done(`${said}, closed ${code}`));
		setTimeout(() => socket.terminate(), 10000).unref();
	}),
};

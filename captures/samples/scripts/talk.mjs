// SPDX-License-Identifier: Apache-2.0
//
// Plays a conversation between two real sockets: one process serves, another
// calls, both read the same plan, a JSON list of messages in their order:
//
//	{"from": "client"|"server", "data": BASE64, "pause": MILLISECONDS}
//
//	node talk.mjs serve PLAN tcp|CERTIFICATE ADDRESS PORT
//	node talk.mjs call PLAN tcp|wss://HOST/PATH ADDRESS PORT LOCAL
//
// tcp sends the bytes as they are; otherwise each message is one binary
// WebSocket message inside TLS. A side sends when all before it has come.
import https from 'node:https';
import net from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { WebSocket, WebSocketServer } from 'ws';

const [role, plan_file, how, address, port, local] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(plan_file)).map((step) =>
	({ ...step, data: Buffer.from(step.data, 'base64') }));
const me = role === 'serve' ? 'server' : 'client';
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/* Counts what arrives, and lets the player wait for a total. */
function receiver() {
	let got = 0, need = 0, wake = null;
	return {
		take: (length) => {
			got += length;
			if (wake && got >= need)
				wake();
		},
		until: (total) => {
			need = total;
			return got >= total ? null : new Promise((done) => { wake = done; });
		},
	};
}

async function play(send, incoming) {
	let expected = 0;
	for (const step of plan) {
		if (step.from !== me) {
			expected += step.data.length;
			continue;
		}
		await incoming.until(expected);
		await sleep(step.pause ?? 0);
		send(step.data);
	}
	await incoming.until(expected);
}

async function talk_tcp(socket) {
	const incoming = receiver();
	socket.setNoDelay(true);
	socket.on('data', (data) => incoming.take(data.length));
	await play((data) => socket.write(data), incoming);
	socket.end();
}

async function talk_ws(socket) {
	const incoming = receiver();
	socket.on('message', (data) => incoming.take(data.length));
	if (me === 'client')
		await once(socket, 'open');
	await play((data) => socket.send(data), incoming);
	if (me === 'client')
		socket.close(1000);
	await once(socket, 'close');
}

async function serve() {
	if (how === 'tcp') {
		const server = net.createServer({ allowHalfOpen: true }).listen(port, address);
		const [socket] = await once(server, 'connection');
		await talk_tcp(socket);
		return server.close();
	}
	const server = https.createServer({ key: readFileSync(`${how}.key`),
		cert: readFileSync(`${how}.pem`), minVersion: 'TLSv1.3' });
	const sockets = new WebSocketServer({ server, perMessageDeflate: false });
	server.listen(port, address);
	const [socket] = await once(sockets, 'connection');
	await talk_ws(socket);
	sockets.close();
	return server.close();
}

async function call() {
	if (how === 'tcp') {
		const socket = net.connect({ host: address, port, localAddress: local });
		await once(socket, 'connect');
		return talk_tcp(socket);
	}
	return talk_ws(new WebSocket(how, { perMessageDeflate: false, localAddress: local,
		rejectUnauthorized: false, lookup: (name, options, done) => {
			const family = address.includes(':') ? 6 : 4;
			options.all ? done(null, [{ address, family }]) : done(null, address, family);
		} }));
}

await (role === 'serve' ? serve() : call());

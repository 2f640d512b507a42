// SPDX-License-Identifier: Apache-2.0
//
// Connections that are not HTTP, or many of them.
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { createHash, randomBytes } from 'node:crypto';
import { collect, family, pause, secure, statuses, tcp } from './wire.mjs';

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/* A frame of the raw transport of WhatsApp: its length in three bytes. */
function frame(bytes) {
	const head = Buffer.alloc(3);
	head.writeUIntBE(bytes, 0, 3);
	return Buffer.concat([head, randomBytes(bytes)]);
}

export const verbs = {
	/* The server speaks first; then a word is sent and the goodbye read. */
	first: async (host) => {
		const socket = await tcp(host);
		const greeting = await new Promise((done) => { socket.once('data', done); });
		const rest = collect(socket);
		socket.end('QUIT\r\n');
		return `${greeting.toString().trim()} / ${(await rest).text.trim()}`;
	},
	/* Bytes that are no TLS go there and back; the last half after our end is announced. */
	echo: async (host, bytes) => {
		const socket = await tcp(host), sent = randomBytes(Number(bytes)), parts = [];
		socket.on('data', (part) => parts.push(part));
		socket.end(Buffer.concat([Buffer.from('PLAIN '), sent]));
		await new Promise((done) => { socket.once('close', done).once('end', done); });
		const back = Buffer.concat(parts);
		return back.length === sent.length + 6 && sha256(back.subarray(6)) === sha256(sent)
			? 'the same came back' : `${back.length} came back`;
	},
	/* Today's opening of WhatsApp, some small frames, then one of the size of a query for n people. */
	whatsapp: async (host, people) => {
		const socket = await tcp(host);
		const ended = collect(socket);
		socket.on('error', () => {});
		const hello = Buffer.concat([Buffer.from([0x12, 0x22, 0x0a, 0x20]), randomBytes(32)]);
		const head = Buffer.from([0, 0, hello.length]);
		socket.write(Buffer.concat([Buffer.from('WA\x06\x03', 'latin1'), head, hello]));
		for (const size of [260, 60, 45]) { await pause(80); socket.write(frame(size)); }
		await pause(80);
		if (Number(people)) socket.write(frame(120 + 24 * Number(people)));
		await pause(400);
		socket.write(frame(50));
		await pause(200);
		socket.end();
		return `connection ${(await ended).how}`;
	},
	/* Opens so many connections within three seconds, holds them, and says how many hold. */
	hold: async (host, count, ms) => {
		const held = await Promise.all(Array.from({ length: Number(count) }, () =>
			Promise.race([secure(host).catch(() => null), pause(3000)])));
		await pause(Number(ms));
		const alive = held.filter((one) => one && !one.destroyed);
		alive.forEach((one) => one.destroy());
		return `held ${alive.length} of ${count}`;
	},
	/* Asks for much on so many connections and reads none of it for a while. */
	mute: async (host, count, ms) => {
		const held = await Promise.all(Array.from({ length: Number(count) }, () =>
			secure(host, { ALPNProtocols: ['http/1.1'] })));
		held.forEach((one) => {
			one.on('error', () => {});
			one.pause();
			one.write(`GET /get/50000000 HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
		});
		await pause(Number(ms));
		const alive = held.filter((one) => !one.destroyed).length;
		held.forEach((one) => one.destroy());
		return `muted ${alive}`;
	},
	/* The first packet of QUIC: is it refused, or does it go? */
	quic: async (host) => {
		const { address } = await lookup(host, { family }), start = Date.now();
		const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
		const refused = new Promise((done) => { socket.on('error', (error) => done(error.code)); });
		await new Promise((done) => { socket.connect(443, address, done); });
		socket.send(Buffer.concat([Buffer.from([0xc3, 0, 0, 0, 1, 8]), randomBytes(1194)]));
		const code = await Promise.race([refused, pause(700)]);
		return code ? `refused ${code} after ${Date.now() - start} ms` : 'sent';
	},
	/* The same request over and over for a while; says how often it went well. */
	steady: async (host, seconds) => {
		const until = Date.now() + Number(seconds) * 1000;
		const shown = { ok: 0, failed: 0 };
		const socket = await secure(host, { ALPNProtocols: ['http/1.1'] });
		let text = '';
		socket.on('data', (data) => { text += data.toString('latin1'); });
		socket.on('error', () => {});
		while (Date.now() < until && !socket.destroyed) {
			const before = statuses(text).length;
			socket.write(`GET /status/200 HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
			await pause(50);
			shown[statuses(text).length > before ? 'ok' : 'failed']++;
		}
		const lived = !socket.destroyed && !socket.readableEnded;
		socket.destroy();
		return `ok ${shown.ok} failed ${shown.failed} connection ${lived ? 'lived' : 'ended'}`;
	},
};

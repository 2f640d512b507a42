// SPDX-License-Identifier: Apache-2.0
//
// How the client programs reach a server: by name through the hosts file, in
// the family of E2E_FAMILY, from the address E2E_FROM, trusting the authority E2E_CA.
import { Duplex } from 'node:stream';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';

export const family = Number(process.env.E2E_FAMILY ?? 4);
export const ca = readFileSync(process.env.E2E_CA);
export const bodies = process.env.E2E_BODIES;
export const body = (name) => readFileSync(`${bodies}/${name}`);
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const TIMEOUT = 20000;

export async function tcp(host, options = {}) {
	const { address } = await lookup(host, { family });
	const socket = net.connect({ host: address, port: 443, localAddress: process.env.E2E_FROM,
		allowHalfOpen: true, ...options });
	socket.setNoDelay(true);
	socket.setTimeout(TIMEOUT, () => socket.destroy(new Error('timed out')));
	await new Promise((done, fail) => socket.once('connect', done).once('error', fail));
	return socket;
}

export async function secure(host, options = {}) {
	const below = options.socket ?? await tcp(host);
	const socket = tls.connect({ servername: host, ca, allowHalfOpen: true, ...options, socket: below });
	await new Promise((done, fail) => {
		socket.once('secureConnect', done).once('error', fail);
		below.once('close', () => fail(new Error('closed')));
	}).catch((error) => {
		below.destroy();
		throw error;
	});
	return socket;
}

/*
 * A stream over a TCP socket that sends its first bytes, the ClientHello, in a
 * form of its own: shape(hello) gives the pieces, or pauses in milliseconds.
 */
export function shaped(socket, shape) {
	let first = true;
	const stream = new Duplex({
		read() { socket.resume(); },
		async write(data, encoding, done) {
			if (!first)
				return socket.write(data, done);
			first = false;
			try {
				for await (const piece of shape(data))
					if (typeof piece === 'number') await pause(piece);
					else if (!socket.destroyed) await new Promise((sent) => socket.write(piece, sent));
				done();
			} catch (error) { done(error); }
		},
		final(done) { socket.end(done); },
		destroy(error, done) { socket.destroy(); done(error); },
	});
	socket.on('data', (data) => { if (!stream.push(data)) socket.pause(); });
	socket.on('end', () => stream.push(null));
	socket.on('error', (error) => stream.destroy(error));
	socket.on('close', () => stream.destroy());
	return stream;
}

/* All that comes until the end, or until `enough` says so. */
export function collect(socket, enough = () => false) {
	return new Promise((done) => {
		const parts = [];
		let how = 'open';
		const finish = () => done({ text: Buffer.concat(parts).toString('latin1'), how });
		socket.on('data', (data) => {
			parts.push(data);
			if (enough(Buffer.concat(parts).toString('latin1'))) finish();
		});
		socket.on('end', () => { how = 'end'; finish(); });
		socket.on('error', (error) => { how = error.code ?? error.message; finish(); });
		socket.on('close', finish);
		setTimeout(finish, TIMEOUT).unref();
	});
}

export const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((m) => m[1]).join(' ');

// SPDX-License-Identifier: Apache-2.0
//
// What the servers have in common: their certificates, and the list of what
// they received. Bodies are counted and digested as they come and kept nowhere.
import { createHash } from 'node:crypto';
import { openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSecureContext } from 'node:tls';

export const [, , CERTS, LOG, NPM] = process.argv;
const list = openSync(LOG, 'a');

/* One line a request or connection; written at once, so that a reader waits for nothing. */
export const record = (entry) => writeSync(list, `${JSON.stringify(entry)}\n`);

export class Meter {
	constructor() { this.bytes = 0; this.hash = createHash('sha256'); }
	add(data) { this.bytes += data.length; this.hash.update(data); }
	result() { return { bytes: this.bytes, sha256: this.hash.digest('hex') }; }
}

export const hosts = readFileSync(fileURLToPath(new URL('hosts.txt', import.meta.url)), 'utf8')
	.split('\n').filter((line) => /^\d/.test(line)).flatMap((line) => {
		const [n, cert, ...names] = line.split(/\s+/);
		return names.map((name) => ({ n: Number(n), cert, name }));
	});

export const addresses = (n) => [`203.0.113.${n}`, `2001:db8:2::${n}`];

const pair = (cert) => ({ cert: readFileSync(join(CERTS, `${cert}.pem`)),
	key: readFileSync(join(CERTS, `${cert}.key`)) });
const contexts = new Map(hosts.filter((host) => host.cert !== 'none')
	.map((host) => [host.name, createSecureContext(pair(host.cert))]));

export const tls_options = { ...pair('discord'), minVersion: 'TLSv1.2',
	SNICallback: (name, done) => done(null, contexts.get(name)) };

/* Bytes that are the same each time and compress badly. */
const BLOCK = Buffer.alloc(65536);
for (let i = 0, x = 1; i < BLOCK.length; i++) {
	x = (Math.imul(x, 1103515245) + 12345) >>> 0;
	BLOCK[i] = x >>> 24;
}

export function* pattern(count) {
	for (let left = count; left > 0; left -= BLOCK.length)
		yield left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK;
}

/* Writes count bytes as fast as the reader takes them. */
export function send_pattern(out, count, done) {
	const blocks = pattern(count);
	const more = () => {
		for (;;) {
			const next = blocks.next();
			if (next.done)
				return done();
			if (!out.write(next.value))
				return out.once('drain', more);
		}
	};
	more();
}

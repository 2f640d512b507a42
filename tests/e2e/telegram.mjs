// SPDX-License-Identifier: Apache-2.0
//
// Telegram's transports, for both ends: obfuscated by node's counter mode, as
// core.telegram.org/mtproto/mtproto-transports describes them. Payloads are
// noise of the lengths that messages have; nobody holds a key to read them.
import { createCipheriv, randomBytes } from 'node:crypto';

const kinds = {
	abridged: { tag: 0xef, head: (n) => n / 4 < 127 ? Buffer.from([n / 4]) : le(0x7f | (n / 4) << 8) },
	intermediate: { tag: 0xee, head: (n) => le(n) },
	padded: { tag: 0xdd, pad: true, head: (n) => le(n) },
};

function le(number) {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(number >>> 0);
	return bytes;
}

const stream = (material) =>
	createCipheriv('aes-256-ctr', material.subarray(0, 32), material.subarray(32, 48));

/* Both directions' ciphers from the client's first 64 bytes. */
const ciphers = (opening) => ({ up: stream(opening.subarray(8, 56)),
	down: stream(Buffer.from(opening.subarray(8, 56)).reverse()) });

/* 24 bytes, a head of 32, so much of TL, padding of 12 at least, in whole blocks. */
export const message = (inner) => 24 + Math.ceil((32 + inner + 12) / 16) * 16;

/* One end. */
class Line {
	constructor(kind, out, back) { this.kind = kinds[kind]; this.out = out; this.back = back; this.left = Buffer.alloc(0); }
	/* A frame with so long a payload. */
	frame(length) {
		const pad = this.kind.pad ? Math.floor(Math.random() * 16) : 0;
		return this.out.update(Buffer.concat([this.kind.head(length + pad), randomBytes(length + pad)]));
	}
	/* The lengths of the frames that are whole now; the rest is in left. */
	take(data) {
		const lengths = [];
		this.left = Buffer.concat([this.left, this.back.update(data)]);
		for (let all; (all = this.next()) > 0; this.left = this.left.subarray(all))
			lengths.push(all);
		return lengths;
	}
	next() {
		const short = this.kind === kinds.abridged && this.left[0] < 0x7f;
		const size = short ? 1 : 4;
		if (this.left.length < size)
			return 0;
		const length = short ? this.left[0] * 4 : this.kind === kinds.abridged
			? this.left.readUIntLE(1, 3) * 4 : this.left.readUInt32LE(0);
		return this.left.length >= size + length ? size + length : 0;
	}
}

/* The client's end, and the 64 bytes it sends first. */
export function client_end(kind) {
	const opening = randomBytes(64);
	opening[0] = 0x71;
	opening[4] |= 1;
	opening.fill(kinds[kind].tag, 56, 60);
	const { up, down } = ciphers(opening);
	up.update(opening).copy(opening, 56, 56, 64);
	return { opening, line: new Line(kind, up, down) };
}

/* The server's end, from these 64 bytes; null: they name no transport. */
export function server_end(opening) {
	const { up, down } = ciphers(opening);
	const tag = up.update(opening).readUInt32LE(56);
	const kind = Object.keys(kinds).find((name) => kinds[name].tag * 0x01010101 === tag);
	return kind ? { kind, line: new Line(kind, down, up) } : null;
}

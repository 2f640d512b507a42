// SPDX-License-Identifier: Apache-2.0
//
// The plan of a conversation with Signal's contact discovery service, message
// by message as libsignal's client and the service's published source have it:
// attestation evidence, Noise handshake (NKhfs with Kyber1024), request with
// 8 bytes a number (and 32 a contact that is known already) plus 3 or more
// bytes of protobuf and 16 of tag, token, its acknowledgement, and 40 bytes a
// number. Inside Noise all bytes look random, so random they are.
//
//	node signal.mjs discovery NUMBERS KNOWN > plan
//	node signal.mjs chat > plan
import { randomBytes } from 'node:crypto';

const EVIDENCE = 24988, HANDSHAKE_UP = 1632, HANDSHAKE_DOWN = 48 + 16;
const TAG = 16, TOKEN = 66, ACK = 2;

const varint_len = (n) => (n < 128 ? 1 : 1 + varint_len(n >> 7));
const field_len = (bytes) => (bytes ? 1 + varint_len(bytes) + bytes : 0);
const step = (from, length, pause = 0) =>
	({ from, data: randomBytes(length).toString('base64'), pause });

function discovery(numbers, known) {
	const request = field_len(32 * known) + field_len(8 * numbers);
	return [
		step('server', EVIDENCE, 40),
		step('client', HANDSHAKE_UP, 15),
		step('server', HANDSHAKE_DOWN, 20),
		step('client', request + TAG, 5),
		step('server', field_len(TOKEN) + TAG, 30),
		step('client', ACK + TAG, 5),
		step('server', field_len(40 * numbers) + TAG, 60),
	];
}

/* Messages, receipts and a keep-alive, as a morning's conversation has them. */
function chat() {
	const plan = [];
	for (let i = 0; i < 24; i++) {
		plan.push(step(i % 3 ? 'client' : 'server', 180 + (i * 389) % 1700, 40));
		plan.push(step(i % 3 ? 'server' : 'client', 34 + (i * 7) % 40, 10));
	}
	return plan;
}

const [kind, numbers, known] = process.argv.slice(2);
console.log(JSON.stringify(kind === 'chat' ? chat() : discovery(Number(numbers), Number(known))));

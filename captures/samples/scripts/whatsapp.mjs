// SPDX-License-Identifier: Apache-2.0
//
// Plans of WhatsApp conversations. Stanzas are encoded by the npm package
// @whiskeysockets/baileys (its usync query, its binary-node encoder, its Noise
// prologue); frames have the transport's 3-byte length, and an AES-GCM tag.
// Keys are agreed with nobody: the far side is talk.mjs.
//
//	node whatsapp.mjs SCENE [COUNT [SEED [PROFILE]]] > plan
import { createCipheriv, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { dirname, join } from 'node:path';
import { people } from './people.mjs';

const lib = join(dirname(createRequire(import.meta.url)
	.resolve('@whiskeysockets/baileys')), '/');
const load = (path) => import(pathToFileURL(join(lib, path)));
const { encodeBinaryNode } = await load('WABinary/index.js');
const { USyncQuery } = await load('WAUSync/USyncQuery.js');
const { USyncUser } = await load('WAUSync/USyncUser.js');
const { NOISE_WA_HEADER } = await load('Defaults/index.js');
const { proto } = await load('../WAProto/index.js');

const SERVER = 's.whatsapp.net';
const key = randomBytes(32);
let sealed = 0;

function frame(bytes) {
	const head = Buffer.alloc(3);
	head.writeUIntBE(bytes.length, 0, 3);
	return Buffer.concat([head, bytes]);
}

function seal(node) {
	const iv = Buffer.alloc(12);
	iv.writeUInt32BE(sealed++, 8);
	const cipher = createCipheriv('aes-256-gcm', key, iv);
	const inside = cipher.update(encodeBinaryNode(node));
	return frame(Buffer.concat([inside, cipher.final(), cipher.getAuthTag()]));
}

const step = (from, data, pause = 0) => ({ from, data: data.toString('base64'), pause });
const up = (node, pause) => step('client', seal(node), pause);
const down = (node, pause) => step('server', seal(node), pause);
const tag = () => `8412.${20000 + sealed}-${sealed}`;

/* Noise XX: ephemeral; ephemeral, static and certificate chain; static and payload. */
function handshake() {
	const hello = (fields) => Buffer.from(proto.HandshakeMessage.encode(fields).finish());
	const first = hello({ clientHello: { ephemeral: randomBytes(32) } });
	const second = hello({ serverHello: { ephemeral: randomBytes(32),
		static: randomBytes(48), payload: randomBytes(256) } });
	const third = hello({ clientFinish: { static: randomBytes(48), payload: randomBytes(189) } });
	return [
		step('client', Buffer.concat([NOISE_WA_HEADER, frame(first)])),
		step('server', frame(second), 25),
		step('client', frame(third), 10),
		down({ tag: 'success', attrs: { t: '1780000000', props: '27', companion_enc_static:
			randomBytes(32).toString('base64'), lid: '4915400000001@lid' } }, 40),
		up({ tag: 'iq', attrs: { to: SERVER, xmlns: 'passive', type: 'set', id: tag() },
			content: [{ tag: 'active', attrs: {} }] }, 10),
		down({ tag: 'iq', attrs: { from: SERVER, type: 'result', id: tag() } }, 20),
	];
}

function usync(query) {
	const users = query.users.map((user) => ({ tag: 'user',
		attrs: { jid: user.phone ? undefined : user.id },
		content: query.protocols.map((one) => one.getUserElement(user)).filter(Boolean) }));
	const asked = query.protocols.map((one) => one.getQueryElement());
	return { tag: 'iq', attrs: { id: tag(), to: SERVER, type: 'get', xmlns: 'usync' },
		content: [{ tag: 'usync', attrs: { context: query.context, mode: query.mode,
			sid: tag(), last: 'true', index: '0' },
		content: [{ tag: 'query', attrs: {}, content: asked },
			{ tag: 'list', attrs: {}, content: users }] }] };
}

function usync_answer(jids, child) {
	return { tag: 'iq', attrs: { from: SERVER, type: 'result', id: tag() },
		content: [{ tag: 'usync', attrs: { context: 'interactive', mode: 'query',
			sid: tag(), last: 'true', index: '0' },
		content: [{ tag: 'list', attrs: {}, content: jids.map((jid) =>
			({ tag: 'user', attrs: { jid }, content: [child] })) }] }] };
}

const jid_of = (person) => `${person.phone.slice(1)}@${SERVER}`;

/* The upload: numbers in the clear inside the cipher, one query. */
function contacts(list) {
	const query = new USyncQuery().withContactProtocol();
	for (const person of list)
		query.withUser(new USyncUser().withPhone(person.phone));
	return [up(usync(query), 30), down(usync_answer(list.map(jid_of),
		{ tag: 'contact', attrs: { type: 'in' } }), 80)];
}

/* Which devices do these partners have: no address book, and many times a day. */
function devices(list) {
	const query = new USyncQuery().withContext('message').withDeviceProtocol();
	for (const person of list)
		query.withUser(new USyncUser().withId(jid_of(person)));
	return [up(usync(query), 20), down(usync_answer(list.map(jid_of), { tag: 'devices',
		attrs: {}, content: [{ tag: 'device-list', attrs: {}, content: [
			{ tag: 'device', attrs: { id: '0' } }] }] }), 40)];
}

/* One-time keys, sent at registration in one large frame; no contacts in it. */
function prekeys(count) {
	const one = (i) => ({ tag: 'key', attrs: {}, content: [
		{ tag: 'id', attrs: {}, content: Buffer.from([0, i >> 8, i & 255]) },
		{ tag: 'value', attrs: {}, content: randomBytes(32) }] });
	return [up({ tag: 'iq', attrs: { id: tag(), xmlns: 'encrypt', type: 'set', to: SERVER },
		content: [{ tag: 'registration', attrs: {}, content: randomBytes(4) },
			{ tag: 'type', attrs: {}, content: Buffer.from([5]) },
			{ tag: 'identity', attrs: {}, content: randomBytes(32) },
			{ tag: 'list', attrs: {}, content: Array.from({ length: count }, (_, i) => one(i + 1)) },
		] }, 30), down({ tag: 'iq', attrs: { from: SERVER, type: 'result', id: tag() } }, 40)];
}

/* Messages out and in with their receipts. */
function messages(count, partner) {
	const plan = [];
	for (let i = 0; i < count; i++) {
		const attrs = { id: tag(), type: 'text', to: jid_of(partner) };
		plan.push(up({ tag: 'message', attrs, content: [{ tag: 'enc',
			attrs: { v: '2', type: 'msg' }, content: randomBytes(90 + (i * 53) % 400) }] }, 30));
		plan.push(down({ tag: 'ack', attrs: { class: 'message', id: attrs.id, from: attrs.to } }, 20));
		plan.push(down({ tag: 'receipt', attrs: { id: attrs.id, from: attrs.to } }, 20));
	}
	return plan;
}

/* One message to a group: a ciphertext for each device, in one large frame. */
function group(list) {
	const attrs = { id: tag(), type: 'text', to: '120363000000000001@g.us' };
	const each = list.map((person) => ({ tag: 'to', attrs: { jid: jid_of(person) }, content: [
		{ tag: 'enc', attrs: { v: '2', type: 'msg' }, content: randomBytes(98) }] }));
	return [up({ tag: 'message', attrs, content: [
		{ tag: 'participants', attrs: {}, content: each },
		{ tag: 'enc', attrs: { v: '2', type: 'skmsg' }, content: randomBytes(210) }] }, 30),
	down({ tag: 'ack', attrs: { class: 'message', id: attrs.id, from: attrs.to } }, 40),
	...list.slice(0, 20).map((person) => down({ tag: 'receipt', attrs: { id: attrs.id,
		from: attrs.to, participant: jid_of(person) } }, 5))];
}

const SCENES = {
	contacts: (list) => [...handshake(), ...contacts(list), ...messages(2, list[0])],
	chat: (list) => [...handshake(), ...devices(list.slice(0, 2)), ...messages(12, list[0]),
		...devices(list.slice(0, 6)), ...messages(4, list[1])],
	group: (list) => [...handshake(), ...messages(2, list[0]), ...group(list),
		...messages(2, list[1]), ...group(list)],
	register: (list) => [...handshake(), ...prekeys(list.length), ...messages(2, list[0])],
};

const [scene, count = 1, seed = 'whatsapp', profile = 'de'] = process.argv.slice(2);
console.log(JSON.stringify(SCENES[scene](people(seed, Number(count), profile))));

// SPDX-License-Identifier: Apache-2.0
//
// Plans of Telegram conversations. Requests are serialised by the npm package
// telegram (gramjs), encrypted and padded by its MTProto 2.0 state, and sent
// through its obfuscated transport; the key is random, agreed with nobody.
//
//	node telegram.mjs import COUNT raw|gzip SLICE [SEED] > plan
//	node telegram.mjs files PARTS BYTES > plan
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { people } from './people.mjs';

const require = createRequire(import.meta.url);
const { Api, serializeBytes } = require('telegram/tl');
const { MTProtoState } = require('telegram/network/MTProtoState');
const { AuthKey } = require('telegram/crypto/AuthKey');
const { CTR } = require('telegram/crypto/CTR');
const { AbridgedPacketCodec } = require('telegram/network/connection/TCPAbridged');
const { BinaryWriter } = require('telegram/extensions');
const bigInt = require('big-integer');

const auth_key = new AuthKey();
await auth_key.setKey(randomBytes(256));
const state = new MTProtoState(auth_key, null);
const codec = new AbridgedPacketCodec({});

/* 64 random bytes whose last eight tell, encrypted, the inner transport. */
function obfuscation() {
	const random = randomBytes(64);
	random[0] = 0x61;	// not one of the openings that mean another transport
	const cipher = new CTR(random.subarray(8, 40), random.subarray(40, 56));
	AbridgedPacketCodec.obfuscateTag.copy(random, 56);
	cipher.encrypt(Buffer.from(random)).copy(random, 56, 56, 64);
	return { header: random, cipher };
}
const { header, cipher } = obfuscation();

const step = (from, data, pause = 0) => ({ from, data: data.toString('base64'), pause });

function gzip_packed(bytes) {
	const head = Buffer.alloc(4);
	head.writeUInt32LE(0x3072cfa1);
	return Buffer.concat([head, serializeBytes(gzipSync(bytes))]);
}

async function up(request, pack, pause) {
	const writer = new BinaryWriter(Buffer.alloc(0));
	const body = request.getBytes();
	await state.writeDataAsMessage(writer, pack ? gzip_packed(body) : body, true);
	const packet = await state.encryptMessageData(writer.getValue());
	return step('client', cipher.encrypt(codec.encodePacket(packet)), pause);
}

/* An answer of so many plain bytes: 24 outside, 32 inside, padded to 16. */
function down(plain, pause) {
	return step('server', randomBytes(25 + Math.ceil((plain + 32 + 12) / 16) * 16), pause);
}

async function opening() {
	const config = await up(new Api.help.GetConfig(), false, 10);
	const state_asked = await up(new Api.updates.GetState(), false, 15);
	return [step('client', header), config, down(2600, 30), state_asked, down(40, 30)];
}

async function import_contacts(count, pack, slice, seed) {
	const list = people(seed, count, 'de');
	const plan = await opening();
	for (let from = 0; from < list.length; from += slice) {
		const part = list.slice(from, from + slice);
		const request = new Api.contacts.ImportContacts({
			contacts: part.map((person, i) => new Api.InputPhoneContact({
				clientId: bigInt(from + i), phone: person.phone,
				firstName: person.first, lastName: person.last })) });
		plan.push(await up(request, pack, 40), down(60 + 16 * part.length, 80));
	}
	return plan;
}

async function files(parts, bytes) {
	const plan = await opening();
	const fileId = bigInt(randomBytes(7).readUIntBE(0, 6));
	for (let i = 0; i < parts; i++)
		plan.push(await up(new Api.upload.SaveFilePart({ fileId, filePart: i,
			bytes: randomBytes(i === parts - 1 ? Math.floor(bytes / 3) : bytes) }), false, 10),
		down(20, 20));
	for (let i = 0; i < 8; i++)
		plan.push(await up(new Api.messages.SendMessage({ peer: new Api.InputPeerSelf(),
			message: 'x'.repeat(20 + (i * 61) % 300), randomId: bigInt(i + 1) }), false, 30),
		down(80, 30));
	return plan;
}

const [kind, ...rest] = process.argv.slice(2);
const plan = kind === 'import'
	? await import_contacts(Number(rest[0]), rest[1] === 'gzip', Number(rest[2]), rest[3] ?? 'telegram')
	: await files(Number(rest[0]), Number(rest[1]));
console.log(JSON.stringify(plan));

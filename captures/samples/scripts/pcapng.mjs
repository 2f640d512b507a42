// SPDX-License-Identifier: Apache-2.0
//
// Turns a tcpdump recording (pcap) into a sample (pcapng) and, on the way, puts
// its IP packets into another link layer or tunnel. Only the blocks that a
// reader needs are written: nothing of the machine that recorded.
//
//	node pcapng.mjs [--wrap KIND] [--disorder] [--keys LOG] IN.pcap OUT.pcapng
import { readFileSync, writeFileSync } from 'node:fs';

const LINK = { NULL: 0, ETHERNET: 1, RAW: 101, SLL: 113 };
const SECTION = 0x0a0d0d0a, INTERFACE = 1, PACKET = 6, SECRETS = 10, BYTE_ORDER = 0x1a2b3c4d;
const TLS_KEY_LOG = 0x544c534b;
const MAC = Buffer.from('0200000000aa0200000000bb', 'hex');
const OUTER4 = [[198, 51, 100, 201], [198, 51, 100, 202]];
const OUTER6 = ['20010db8000200000000000000000201', '20010db8000200000000000000000202'];

function pcap_read(bytes) {
	const magic = bytes.readUInt32LE(0);
	if (magic !== 0xa1b2c3d4)
		throw new Error('not a little-endian pcap with microseconds');
	const packets = [];
	for (let at = 24; at + 16 <= bytes.length;) {
		const len = bytes.readUInt32LE(at + 8);
		packets.push({
			us: BigInt(bytes.readUInt32LE(at)) * 1000000n + BigInt(bytes.readUInt32LE(at + 4)),
			orig: bytes.readUInt32LE(at + 12),
			data: bytes.subarray(at + 16, at + 16 + len),
		});
		at += 16 + len;
	}
	return { link: bytes.readUInt32LE(20), packets };
}

function block(type, body, options = []) {
	const parts = [body, Buffer.alloc(-body.length & 3)];
	for (const [code, value] of options) {
		const head = Buffer.alloc(4);
		head.writeUInt16LE(code, 0);
		head.writeUInt16LE(value.length, 2);
		parts.push(head, value, Buffer.alloc(-value.length & 3));
	}
	if (options.length)
		parts.push(Buffer.alloc(4));
	const inside = Buffer.concat(parts);
	const frame = Buffer.alloc(12 + inside.length);
	frame.writeUInt32LE(type, 0);
	frame.writeUInt32LE(frame.length, 4);
	inside.copy(frame, 8);
	frame.writeUInt32LE(frame.length, frame.length - 4);
	return frame;
}

// pcapng, section 4.7: decryption secrets
function secrets_block(log) {
	const head = Buffer.alloc(8);
	head.writeUInt32LE(TLS_KEY_LOG, 0);
	head.writeUInt32LE(log.length, 4);
	return block(SECRETS, Buffer.concat([head, log]));
}

function pcapng_write(link, packets, log) {
	const section = Buffer.alloc(16, 0xff);	// length of the section: not stated
	section.writeUInt32LE(BYTE_ORDER, 0);
	section.writeUInt16LE(1, 4);
	section.writeUInt16LE(0, 6);
	const face = Buffer.alloc(8);
	face.writeUInt16LE(link, 0);
	const out = [block(SECTION, section), block(INTERFACE, face)];
	if (log)
		out.push(secrets_block(log));
	for (const packet of packets) {
		const head = Buffer.alloc(20);
		head.writeUInt32LE(Number(packet.us >> 32n), 4);
		head.writeUInt32LE(Number(packet.us & 0xffffffffn), 8);
		head.writeUInt32LE(packet.data.length, 12);
		head.writeUInt32LE(Math.max(packet.orig, packet.data.length), 16);
		out.push(block(PACKET, Buffer.concat([head, packet.data])));
	}
	return Buffer.concat(out);
}

// RFC 1071
function checksum(bytes) {
	let sum = 0;
	for (let i = 0; i < bytes.length; i += 2)
		sum += bytes.readUInt16BE(i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

function ipv4_around(protocol, payload) {
	const head = Buffer.alloc(20);
	head[0] = 0x45;
	head.writeUInt16BE(20 + payload.length, 2);
	head[8] = 64;
	head[9] = protocol;
	head.set(OUTER4[0], 12);
	head.set(OUTER4[1], 16);
	head.writeUInt16BE(checksum(head), 10);
	return Buffer.concat([head, payload]);
}

function ipv6_around(next, payload) {
	const head = Buffer.alloc(8);
	head[0] = 0x60;
	head.writeUInt16BE(payload.length, 4);
	head[6] = next;
	head[7] = 64;
	return Buffer.concat([head, ...OUTER6.map((a) => Buffer.from(a, 'hex')), payload]);
}

const u16 = (...values) => {
	const bytes = Buffer.alloc(values.length * 2);
	values.forEach((value, i) => bytes.writeUInt16BE(value, i * 2));
	return bytes;
};
const ether = (type, payload) => Buffer.concat([MAC, u16(type), payload]);
const ip_type = (ip) => (ip[0] >> 4 === 6 ? 0x86dd : 0x0800);
const inner_protocol = (ip) => (ip[0] >> 4 === 6 ? 41 : 4);

function sll(type, payload) {
	return Buffer.concat([u16(0, 1, 6), MAC.subarray(6), u16(0, type), payload]);
}

// RFC 2516: version and type 1, code 0 (session data), session id, length
function pppoe(ip) {
	const protocol = u16(ip[0] >> 4 === 6 ? 0x0057 : 0x0021);
	return ether(0x8864, Buffer.concat([Buffer.from([0x11, 0x00]),
		u16(0x002a, ip.length + 2), protocol, ip]));
}

// RFC 2784, with the key and sequence number of RFC 2890
function gre(ip, sequence) {
	const key = Buffer.alloc(8);
	key.writeUInt32BE(7, 0);
	key.writeUInt32BE(sequence, 4);
	return Buffer.concat([u16(0x3000, ip_type(ip)), key, ip]);
}

/* An IPv4 packet as two fragments, the second one first (RFC 791). */
function fragments(ip) {
	const header = (ip[0] & 15) * 4;
	if (ip[0] >> 4 !== 4 || ip.length < 600 || ip[9] !== 6)
		return [ip];
	const cut = header + 512;
	const piece = (from, to, more) => {
		const part = Buffer.concat([ip.subarray(0, header), ip.subarray(from, to)]);
		part.writeUInt16BE(part.length, 2);
		part.writeUInt16BE((from - header) / 8 | (more ? 0x2000 : 0), 6);
		part.writeUInt16BE(0, 10);
		part.writeUInt16BE(checksum(part.subarray(0, header)), 10);
		return part;
	};
	return [piece(cut, ip.length, false), piece(header, cut, true)];
}

const WRAP = {
	'vlan': [LINK.ETHERNET, (ip) => ether(0x8100, Buffer.concat([u16(100, ip_type(ip)), ip]))],
	'qinq': [LINK.ETHERNET, (ip) =>
		ether(0x88a8, Buffer.concat([u16(200, 0x8100, 100, ip_type(ip)), ip]))],
	'pppoe': [LINK.ETHERNET, pppoe],
	'mpls': [LINK.ETHERNET, (ip) =>
		ether(0x8847, Buffer.concat([Buffer.from('00064140', 'hex'), ip]))],
	'raw': [LINK.RAW, (ip) => ip],
	'null': [LINK.NULL, (ip) =>
		Buffer.concat([Buffer.from([ip[0] >> 4 === 6 ? 30 : 2, 0, 0, 0]), ip])],
	'sll': [LINK.SLL, (ip) => sll(ip_type(ip), ip)],
	'gre': [LINK.ETHERNET, (ip, n) => ether(0x0800, ipv4_around(47, gre(ip, n)))],
	'ipip': [LINK.ETHERNET, (ip) => ether(0x0800, ipv4_around(inner_protocol(ip), ip))],
	'4in6': [LINK.ETHERNET, (ip) => ether(0x86dd, ipv6_around(inner_protocol(ip), ip))],
	'fragments': [LINK.ETHERNET, (ip) => fragments(ip).map((part) => ether(ip_type(part), part))],
};

function wrap(kind, recording) {
	const [link, around] = WRAP[kind];
	const packets = [];
	for (const packet of recording.packets) {
		const type = packet.data.readUInt16BE(12);
		if (type !== 0x0800 && type !== 0x86dd)
			continue;
		const frames = [around(packet.data.subarray(14), packets.length)].flat();
		for (const data of frames)
			packets.push({ us: packet.us, orig: data.length, data });
	}
	return { link, packets };
}

/*
 * Every fifth large frame changes places with the next and every seventh
 * comes twice: what a path with several links does. Times stay in order.
 */
function disorder(recording) {
	const times = recording.packets.map((packet) => packet.us);
	const list = [...recording.packets];
	for (let i = 4; i + 1 < list.length; i += 5)
		if (list[i].data.length > 1000 && list[i + 1].data.length > 1000)
			[list[i], list[i + 1]] = [list[i + 1], list[i]];
	const packets = list.flatMap((packet, i) => {
		const timed = { ...packet, us: times[i] };
		return i % 7 === 6 ? [timed, { ...timed }] : [timed];
	});
	return { link: recording.link, packets };
}

const argv = process.argv.slice(2);
const option = (name, takes) => {
	const at = argv.indexOf(name);
	return at < 0 ? null : argv.splice(at, takes ? 2 : 1)[takes ? 1 : 0];
};
const kind = option('--wrap', true), mixed = option('--disorder', false);
const keys = option('--keys', true);
let recording = pcap_read(readFileSync(argv[0]));
if (kind)
	recording = wrap(kind, recording);
if (mixed)
	recording = disorder(recording);
writeFileSync(argv[1], pcapng_write(recording.link, recording.packets,
	keys && readFileSync(keys)));

// SPDX-License-Identifier: Apache-2.0
//
// Multicast DNS (RFC 6762) as phones and printers send it: questions, and
// announcements of services with names of devices, none of which is a contact.
//
//	node mdns.mjs LOCAL-ADDRESS
import dgram from 'node:dgram';

const local = process.argv[2];
const GROUP = '224.0.0.251', PORT = 5353;

const labels = (name) => Buffer.concat([...name.split('.').map((label) =>
	Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])]);

function packet(flags, questions, answers) {
	const head = Buffer.alloc(12);
	head.writeUInt16BE(flags, 2);
	head.writeUInt16BE(questions.length, 4);
	head.writeUInt16BE(answers.length, 6);
	return Buffer.concat([head, ...questions, ...answers]);
}

const ask = (name) => Buffer.concat([labels(name), Buffer.from([0, 12, 0, 1])]);

function tell(name, target) {
	const data = labels(target);
	return Buffer.concat([labels(name),
		Buffer.from([0, 12, 0x80, 1, 0, 0, 0, 120, 0, data.length]), data]);
}

const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
socket.bind(PORT, () => {
	socket.setMulticastInterface(local);
	socket.addMembership(GROUP, local);
	const services = ['_ipp._tcp.local', '_airplay._tcp.local', '_googlecast._tcp.local'];
	const packets = [];
	for (let i = 0; i < 12; i++) {
		const service = services[i % services.length];
		packets.push(packet(0, [ask(service)], []));
		packets.push(packet(0x8400, [], [tell(service, `Office device ${i}.${service}`)]));
	}
	let left = packets.length;
	packets.forEach((bytes, i) => setTimeout(() => socket.send(bytes, PORT, GROUP, () => {
		if (--left === 0)
			socket.close();
	}), i * 25));
});

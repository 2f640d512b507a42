// SPDX-License-Identifier: Apache-2.0
//
// The other side of most samples: a name server for the names of hosts.json
// and an HTTP and HTTPS server (1.1 and 2) on each of their addresses. It
// understands no app's protocol: it reads what it gets and answers.
//
//	node server.mjs CERTIFICATES
import dgram from 'node:dgram';
import http from 'node:http';
import http2 from 'node:http2';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

const certificates = process.argv[2];
const hosts = JSON.parse(readFileSync(new URL('hosts.json', import.meta.url)));
// These addresses belong to radicale and to talk.mjs.
const OTHERS = new Set([30, 31, 40, 41, 42, 43, 70]);

// ---- names: RFC 1035, questions of type A and AAAA ---------------------

function dns_question(packet) {
	const labels = [];
	let at = 12;
	for (let len; (len = packet[at]) > 0; at += 1 + len)
		labels.push(packet.toString('latin1', at + 1, at + 1 + len));
	const type = packet.readUInt16BE(at + 1);
	return { name: labels.join('.').toLowerCase(), type, end: at + 5 };
}

function address_of(number, type) {
	if (type === 1)
		return Buffer.from([198, 51, 100, number]);
	if (type === 28)
		return Buffer.from(`20010db8000200000000000000000${String(number).padStart(3, '0')}`, 'hex');
	return null;
}

function dns_answer(packet) {
	const { name, type, end } = dns_question(packet);
	const data = name in hosts ? address_of(hosts[name], type) : null;
	const head = Buffer.from(packet.subarray(0, end));
	head.writeUInt16BE(name in hosts ? 0x8180 : 0x8183, 2);
	head.writeUInt16BE(data ? 1 : 0, 6);
	head.writeUInt16BE(0, 8);
	head.writeUInt16BE(0, 10);
	if (!data)
		return head;
	const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 1, 44, 0, data.length]);
	return Buffer.concat([head, record, data]);
}

const dns = dgram.createSocket('udp4');
dns.on('message', (packet, peer) => dns.send(dns_answer(packet), peer.port, peer.address));
dns.bind(53, '198.51.100.53');

// ---- HTTP ---------------------------------------------------------------

/* "/bytes/N" gets N bytes, everything else a short JSON object. */
function on_request(request, response) {
	let size = 0;
	request.on('data', (piece) => { size += piece.length; });
	request.on('end', () => {
		const asked = /\/bytes\/(\d+)/.exec(request.url);
		const body = asked ? randomBytes(Number(asked[1])) : '{"status":"ok","items":[]}';
		response.writeHead(200, {
			'content-type': asked ? 'application/octet-stream' : 'application/json',
			'content-length': body.length, 'x-received': size });
		response.end(body);
	});
}

const pair_of = (name) => ({
	key: readFileSync(`${certificates}/${name}.key`),
	cert: readFileSync(`${certificates}/${name}.pem`),
});

for (const [name, number] of Object.entries(hosts)) {
	if (OTHERS.has(number))
		continue;
	for (const address of [`198.51.100.${number}`, `2001:db8:2::${number}`]) {
		http.createServer(on_request).listen(80, address);
		http2.createSecureServer({ ...pair_of(name), allowHTTP1: true }, on_request)
			.listen(443, address);
	}
}
console.log('ready');

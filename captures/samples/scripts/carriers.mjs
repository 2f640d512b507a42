// SPDX-License-Identifier: Apache-2.0
//
// HTTP/2 without TLS and WebSocket, client and server, from the platform's own
// http2 module and the ws package.
//
//	node carriers.mjs serve ADDRESS		h2c on port 8080, WebSocket on 8081
//	node carriers.mjs h2c URL LOCAL FILE TYPE ...
//			all bodies at once on one connection, in small pieces;
//			the last with trailers
//	node carriers.mjs ws URL LOCAL deflate|plain FILE ...
//			one message a file; "plain" sends them in fragments
import http2 from 'node:http2';
import net from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { WebSocket, WebSocketServer } from 'ws';

const [role, target, ...rest] = process.argv.slice(2);
const PIECE = 700;
const soon = () => new Promise((done) => setImmediate(done));

/* ---- both servers read what comes and answer ------------------------------ */

function serve(address) {
	http2.createServer((request, response) => {
		request.resume();
		request.on('end', () => {
			response.setHeader('content-type', 'application/json');
			response.end('{"status":"ok"}');
		});
	}).listen(8080, address);
	const sockets = new WebSocketServer({ host: address, port: 8081, perMessageDeflate: true });
	sockets.on('connection', (socket) =>
		socket.on('message', () => socket.send('{"status":"ok"}')));
	console.log('ready');
}

/* ---- HTTP/2 ----------------------------------------------------------------- */

async function post(session, [file, type], trailers) {
	const body = readFileSync(file);
	const stream = session.request({ ':method': 'POST', ':path': '/api/contacts',
		'content-type': type }, { waitForTrailers: trailers });
	stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sample': 'end' }));
	stream.resume();
	for (let at = 0; at < body.length; at += PIECE) {
		if (!stream.write(body.subarray(at, at + PIECE)))
			await once(stream, 'drain');
		await soon();
	}
	stream.end();
	await once(stream, 'close');
}

async function h2c(url, localAddress, list) {
	const { hostname: host, port } = new URL(url);
	const socket = net.connect({ host, port, localAddress, family: 4 });
	const session = http2.connect(url, { createConnection: () => socket });
	const pairs = [];
	for (let i = 0; i < list.length; i += 2)
		pairs.push([list[i], list[i + 1]]);
	await Promise.all(pairs.map((pair, i) => post(session, pair, i === pairs.length - 1)));
	session.close();
}

/* ---- WebSocket ---------------------------------------------------------------- */

function fragments(socket, body) {
	for (let at = 0; at < body.length; at += PIECE)
		socket.send(body.subarray(at, at + PIECE),
			{ binary: false, fin: at + PIECE >= body.length });
}

async function ws(url, localAddress, how, files) {
	const socket = new WebSocket(url, { localAddress, family: 4,
		perMessageDeflate: how === 'deflate' && { threshold: 0 } });
	await once(socket, 'open');
	socket.send('{"op":"hello","version":2}');
	await once(socket, 'message');
	for (const file of files) {
		const body = readFileSync(file);
		if (how === 'deflate')
			socket.send(body, { binary: false });
		else
			fragments(socket, body);
		await once(socket, 'message');
	}
	socket.close();
	await once(socket, 'close');
}

if (role === 'serve')
	serve(target);
else if (role === 'h2c')
	await h2c(target, rest[0], rest.slice(1));
else
	await ws(target, rest[0], rest[1], rest.slice(2));

// SPDX-License-Identifier: Apache-2.0
//
// The servers of the end-to-end tests, by address (hosts.txt):
//
//	node server.mjs CERTS LOG NPM
//
// Each request is a line in LOG: how many bytes of body came, their digest, and
// how it ended. Prints "ready" when all listen.
import { createSocket } from 'node:dgram';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Meter, NPM, addresses, record, send_pattern, tls_options } from './origin.mjs';
import { raw_dialog } from './server-raw.mjs';
import { telegram } from './server-telegram.mjs';

const BACKEND = 8080;		/* behind nginx, which tells whom it stands for */

function answer(req, res, received) {
	const [, verb, arg] = req.url.split(/[/?]/);
	const text = JSON.stringify(received);

	if (verb === 'get') {
		res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': arg });
		return send_pattern(res, Number(arg), () => res.end());
	}
	if (verb === 'status')
		res.statusCode = Number(arg);
	if (verb === 'page')
		return res.writeHead(200, { 'content-type': 'text/html' }).end(page);
	if (verb === 'trailers') {
		res.writeHead(200, { trailer: 'x-sum' });
		res.write(text);
		res.addTrailers({ 'x-sum': received.sha256 });
		return res.end();
	}
	res.setHeader('content-type', 'application/json');
	return verb === 'slow' ? setTimeout(() => res.end(text), Number(arg)) : res.end(text);
}

/* A page whose script uploads, and shows what became of it. */
const page = `<!doctype html><title>page</title><p id=out>waiting</p><script>
const people = (n) => JSON.stringify({ contacts: Array.from({ length: n }, (_, i) => ({
	name: 'Person ' + String.fromCharCode(65 + i % 26, 97 + i % 25),
	phone: '+3363998' + String(1000 + i) })) });
const post = (n) => fetch('/upload', { method: 'POST', body: people(n),
	headers: { 'content-type': 'application/json' } }).then((r) => r.status);
(async () => {
	const shown = [await post(3), await post(240), await post(4)];
	document.getElementById('out').textContent = 'statuses ' + shown.join(' ');
})();
</script>`;

const serve = (server) => (req, res) => {
	const meter = new Meter();
	const echo = req.url.startsWith('/echo');
	const front = req.headers['x-front'];
	let told = false;
	const entry = (ended) => {
		const received = meter.result();
		record({ server: front ?? server, name: req.headers.host ?? req.headers[':authority'],
			http: req.headers['x-http'] ?? req.httpVersion, method: req.method, path: req.url, ...received,
			encoding: req.headers['content-encoding'] ?? '', trailers: req.trailers, ended });
		told = true;
		return received;
	};
	if (req.url.startsWith('/early'))
		res.writeHead(413, { 'content-type': 'text/plain' }).end('early');
	if (echo)
		res.writeHead(200, { 'content-type': 'application/octet-stream' });
	req.on('data', (data) => {
		meter.add(data);
		if (echo && !res.write(data)) {
			req.pause();
			res.once('drain', () => req.resume());
		}
	});
	req.on('end', () => {
		const received = entry('end');
		if (echo)
			res.end();
		else if (!res.writableEnded)
			answer(req, res, received);
	});
	req.on('close', () => { if (!told) entry('cut'); });
	req.on('error', () => {});
	res.on('error', () => {});
};

function with_continue(server, name) {
	server.on('checkContinue', (req, res) => {
		record({ server: name, expect: '100-continue', at: req.url });
		if (req.url.startsWith('/refuse'))
			return res.writeHead(417, { connection: 'close' }).end('no');
		res.writeContinue();
		return serve(name)(req, res);
	});
}

function http_main() {
	const server = http2.createSecureServer({ ...tls_options, allowHTTP1: true,
		settings: { enableConnectProtocol: true, initialWindowSize: 1 << 20 } }, serve('node'));
	with_continue(server, 'node');
	server.on('sessionError', (error) => record({ server: 'node', fault: error.message }));
	return server;
}

/* ---- WebSocket --------------------------------------------------------------- */

function websockets() {
	const { WebSocketServer } = createRequire(join(NPM, 'x.js'))('ws');
	const server = https.createServer({ ...tls_options, ALPNProtocols: ['http/1.1'] }, serve('ws'));
	const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } });
	sockets.on('connection', (socket, req) => {
		record({ server: 'ws', opened: req.url });
		socket.on('message', (data, binary) => {
			const meter = new Meter();
			meter.add(data);
			record({ server: 'ws', path: req.url, message: true, binary, ...meter.result() });
			socket.send(data, { binary });
		});
		socket.on('close', (code) => record({ server: 'ws', closed: code }));
		socket.on('error', () => {});
	});
	return server;
}

/* ---- no TLS, or hardly any ----------------------------------------------------- */

/* Speaks first, as mail servers do. */
const server_first = (socket) => {
	socket.write('220 mail.example.org ready\r\n');
	socket.on('data', (data) => {
		record({ server: 'first', bytes: data.length });
		socket.end('221 bye\r\n');
	});
};

const echo = (socket) => {
	const meter = new Meter();
	socket.on('data', (data) => { meter.add(data); socket.write(data); });
	socket.on('end', () => socket.end());
	socket.on('close', () => record({ server: 'plain', ...meter.result() }));
};

/* A raw messenger: counts what comes, answers each chunk with a small frame. */
const messenger = (socket) => {
	const meter = new Meter();
	socket.on('data', (data) => { meter.add(data); socket.write(Buffer.from([0, 0, 4, 1, 2, 3, 4])); });
	socket.on('end', () => socket.end());
	socket.on('close', () => record({ server: 'whatsapp', ...meter.result() }));
};

const reset = (server) => (socket) => {
	record({ server });
	socket.resetAndDestroy();
};

const quiet = (handler) => (socket) => {
	socket.on('error', () => {});
	socket.setNoDelay(true);
	handler(socket);
};

const plain = (handler) => () => net.createServer({ allowHalfOpen: true }, quiet(handler));
const inside = (handler) => () => {
	const server = tls.createServer({ ...tls_options, allowHalfOpen: true,
		ALPNProtocols: ['http/1.1'] }, quiet(handler));
	server.on('tlsClientError', () => {});
	return server;
};

const table = [
	[10, http_main], [13, websockets], [14, inside(raw_dialog)], [15, plain(server_first)],
	[16, plain(echo)], [17, plain(messenger)], [19, plain(reset('reset-accept'))],
	[22, plain((socket) => socket.once('data', () => reset('reset-hello')(socket)))],
	[23, inside((socket) => { record({ server: 'reset-handshake' });
		(socket._parent ?? socket).resetAndDestroy(); })],
	[24, plain(telegram)],
];

const listening = table.flatMap(([n, make]) => addresses(n).map((host) => new Promise((done) => {
	const server = make();
	server.on('tlsClientError', () => {});
	server.listen(443, host, 1024, done);
})));
const backend = http.createServer(serve('backend'));
with_continue(backend, 'backend');
listening.push(new Promise((done) => backend.listen(BACKEND, '127.0.0.1', done)));
for (const host of addresses(10)) {
	const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
	socket.on('message', (data) => record({ server: 'quic', packet: data.length }));
	listening.push(new Promise((done) => { socket.bind(443, host, done); }));
}
process.on('uncaughtException', (error) => record({ server: 'fault', fault: String(error.stack) }));
await Promise.all(listening);
console.log('ready');

// SPDX-License-Identifier: Apache-2.0
//
// A server that speaks HTTP/1.1 by hand, so that it can also speak it badly.
// What it does is the request's path.
import { Meter, record } from './origin.mjs';

const END = '\r\n\r\n';
const ok = (body) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}${END}${body}`;
/* A TLS socket of node has no reset of its own: the TCP socket below it has. */
const reset = (socket) => (socket._parent ?? socket).resetAndDestroy();

/* What a path does: at the head, at body bytes (n so far), at the client's end. */
const acts = {
	'/half': { end: (socket, n) => socket.end(ok(`half ${n}`)) },
	'/reset-head': { head: reset },
	'/reset-body': { body: (socket, n) => { if (n >= 1000) reset(socket); } },
	'/reset-answer': { head: (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 5000${END}part`,
		() => setTimeout(() => reset(socket), 50)) },
	'/cut': { head: (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 5000${END}part`,
		() => setTimeout(() => (socket._parent ?? socket).destroy(), 50)) },
	'/nolength': { head: (socket) => socket.end(`HTTP/1.1 200 OK\r\nconnection: close${END}until the end`) },
	'/garbage': { head: (socket) => socket.end('this is no answer of HTTP\r\n\r\n') },
	'/early': { head: (socket) => socket.end(`HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\nconnection: close${END}early`) },
	'/upgrade': { head: (socket) => socket.write(`HTTP/1.1 101 Switching\r\nupgrade: echo\r\nconnection: upgrade${END}`),
		body: (socket, n, data) => socket.write(data) },
	'/hint': { head: (socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a>${END}${ok('hinted')}`) },
	'/reuse': { head: (socket) => socket.write(ok(socket.isSessionReused() ? 'resumed' : 'full')) },
};
const usual = { head: (socket) => socket.write(ok('raw')) };

export function raw_dialog(socket) {
	const body = new Meter(), all = new Meter();
	let head = '', act;

	const take = (data) => {
		body.add(data);
		if (act.body) act.body(socket, body.bytes, data);
	};
	/* Requests without a body may follow one another; a body ends at the connection's end. */
	const heads = (data) => {
		head += data.toString('latin1');
		for (let at; (at = head.indexOf(END)) >= 0;) {
			const [method, path] = head.slice(0, at).split(' ');
			const rest = Buffer.from(head.slice(at + END.length), 'latin1');
			const plain = method === 'GET' && !acts[path]?.body;
			record({ server: 'raw', method, path, head: at });
			act = acts[path] ?? usual;
			if (act.head) act.head(socket);
			head = plain ? rest.toString('latin1') : '';
			if (!plain) {
				socket.removeListener('data', heads).on('data', take);
				if (rest.length) take(rest);
				return;
			}
		}
	};
	socket.on('data', heads);
	socket.on('data', (data) => all.add(data));
	socket.on('end', () => { if (act?.end) act.end(socket, body.bytes); else socket.end(); });
	socket.on('close', () => record({ server: 'raw', closed: true, all: all.bytes, ...body.result() }));
}

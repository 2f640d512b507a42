// SPDX-License-Identifier: Apache-2.0
//
// A server of Telegram's, as far as lengths go: each frame is answered as such
// a request is. Records the lengths of all frames that came whole, and how many
// bytes of a further one came.
import { record } from './origin.mjs';
import { message, server_end } from './telegram.mjs';

/* A file or a part of one is confirmed with a word; a book is answered with its people. */
const is_book = (length) => length > 5000 && length < 12300;
const answer = (length) => message(is_book(length) ? 60 + length / 2 : length > 5000 ? 16 : 90);

export function telegram(socket) {
	let opening = Buffer.alloc(0), end = null, bytes = 0;
	const frames = [];

	socket.on('data', (data) => {
		bytes += data.length;
		if (!end) {
			opening = Buffer.concat([opening, data]);
			if (opening.length < 64)
				return;
			end = server_end(opening.subarray(0, 64));
			if (!end)
				return socket.resetAndDestroy();
			data = opening.subarray(64);
		}
		for (const length of end.line.take(data)) {
			frames.push(length);
			socket.write(end.line.frame(answer(length)));
		}
	});
	socket.on('end', () => socket.end());
	socket.on('close', () => record({ server: 'telegram', kind: end?.kind ?? '', bytes, frames,
		unfinished: end?.line.left.length ?? opening.length }));
}

// SPDX-License-Identifier: Apache-2.0
//
// A client of Telegram's, as far as lengths go.
import { collect, pause, tcp } from './wire.mjs';
import { client_end, message } from './telegram.mjs';

/*
 * What is said, in bytes of TL a request: contacts.importContacts as it is (44
 * bytes a contact) and packed (14); 4,096 letters of text; a photograph in parts
 * of 32 KiB and a rest; a voice message in one part.
 */
const scripts = {
	book: (n) => [12 + 44 * n],
	packed: (n) => [160 + 14 * n],
	chat: () => [44, 60, 310, 4140, 90],
	photo: (bytes) => [...Array(Math.floor(bytes / 32768)).fill(32768 + 20), 20 + bytes % 32768, 280],
	voice: (bytes) => [20 + bytes, 300],
};

export const verbs = {
	/* telegram HOST TRANSPORT SCRIPT[:NUMBER]...: each request waits for its answer. */
	telegram: async (host, transport, ...said) => {
		const socket = await tcp(host);
		const { opening, line } = client_end(transport);
		const ended = collect(socket);
		let answered = 0;
		socket.on('error', () => {});
		socket.on('data', (data) => { answered += line.take(data).length; });
		socket.write(opening);
		const requests = [240, 30, ...said.flatMap((one) => {
			const [name, number] = one.split(':');
			return scripts[name](Number(number));
		})];
		for (let i = 0; i < requests.length && !socket.destroyed; i++) {
			socket.write(line.frame(message(requests[i])));
			for (let n = 0; n < 100 && answered <= i && !socket.destroyed; n++)
				await pause(10);
		}
		await pause(100);
		socket.end();
		return `connection ${(await ended).how}, ${answered} of ${requests.length} answered`;
	},
};

// SPDX-License-Identifier: Apache-2.0
//
// node mixed.mjs SECONDS: everything that client.mjs can do, in random order,
// several at once. Prints how often each went as expected; exit 1 where one did not.
import * as hello from './client-hello.mjs';
import * as http1 from './client-http1.mjs';
import * as http2 from './client-http2.mjs';
import * as other from './client-other.mjs';
import { chance } from '../evaluate/random.mjs';

const verbs = { ...hello.verbs, ...http1.verbs, ...http2.verbs, ...other.verbs };
const PARALLEL = 4;

/* verb and arguments, what it must say, how often of a hundred */
const table = [
	['keepalive discord.com', /^403 200 200 connection same/, 20],
	['streams discord.com', /^statuses 200 403 200 200 200 bytes 3000000/, 10],
	['many discord.com 20', /^ok 20/, 10],
	['pipeline discord.com', /^statuses 200 200 403 200 200/, 10],
	['trailers discord.com 3.json', /^status 200/, 6],
	['trailers2 discord.com', /^status 200/, 3],
	['cancel discord.com', /^status 200/, 4],
	['ws ws.discord.com 3.json', /^the same came back/, 5],
	['ws ws.discord.com 240.json', /^nothing came back/, 5],
	['drip discord.com 240.json 1999 0', /^status 403/, 4],
	['half raw.discord.com', /^status 200/, 3],
	['early raw.discord.com', /^status 413/, 2],
	['smuggle raw.discord.com cl-te fold', /^cl-te=400 fold=400/, 2],
	['hello discord.com records', /^status 200/, 3],
	['echo plain.discord.com 100000', /^the same came back/, 3],
	['first first.discord.com', /^220/, 2],
	['whatsapp g.whatsapp.net 0', /^connection end/, 1],
	['hold discord.com 20 300', /^held 20/, 3],
	['mute nginx.discord.com 3 300', /^muted 3/, 2],
	/* Its own name: a client that gives up in the handshake looks like one that pins,
	   and is then no longer opened: it sees the origin's own certificate. */
	['reset mixed.discord.com', /^reset at each state|UNABLE_TO_GET_ISSUER/, 2],
];
const total = table.reduce((sum, row) => sum + row[2], 0);

const random = chance(Number(process.argv[3] ?? 1));
const until = Date.now() + Number(process.argv[2]) * 1000;
const counts = new Map(table.map((row) => [row[0], { ok: 0, failed: 0, last: '' }]));

function pick() {
	let at = random.below(total);
	return table.find((row) => (at -= row[2]) < 0);
}

async function worker() {
	while (Date.now() < until) {
		const [line, want] = pick(), [verb, ...rest] = line.split(' ');
		const said = await verbs[verb](...rest).catch((error) => `failed: ${error.code ?? error.message}`);
		const count = counts.get(line);
		if (want.test(said)) count.ok++; else { count.failed++; count.last = said; }
	}
}

/* A connection that was reset may tell its stream late. */
process.on('uncaughtException', (error) => console.log(`late: ${error.code ?? error.stack}`));
await Promise.all(Array.from({ length: PARALLEL }, worker));
let failed = 0;
for (const [line, count] of counts) {
	console.log(`${line}: ${count.ok} ok, ${count.failed} failed ${count.last}`);
	failed += count.failed;
}
process.exit(failed ? 1 : 0);

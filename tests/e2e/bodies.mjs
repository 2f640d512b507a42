// SPDX-License-Identifier: Apache-2.0
//
// The bodies that scenarios send: node bodies.mjs FOLDER. FOLDER/bodies.json
// tells of each its bytes and digest. All people in them are made up.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { FORMATS } from '../../captures/samples/scripts/bodies.mjs';
import { people } from '../../captures/samples/scripts/people.mjs';

const folder = process.argv[2];
const MIB = 1 << 20;
const made = {};

function body(name, data) {
	const bytes = Buffer.from(data);
	writeFileSync(join(folder, name), bytes);
	made[name] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/* Text of an ordinary app: no person in it. */
function harmless(bytes) {
	const lines = [];
	for (let n = 0, i = 0; n < bytes; n += lines[i].length + 1, i++)
		lines[i] = JSON.stringify({ item: `part-${i % 97}`, state: ['open', 'busy', 'done'][i % 3],
			width: 10 + i % 700, note: 'nothing to see in this line of text' });
	return `[${lines.join(',\n')}]`;
}

function noise(bytes) {
	const data = Buffer.alloc(bytes);
	for (let i = 0, x = 1; i < bytes; i++) {
		x = (Math.imul(x, 1103515245) + 12345) >>> 0;
		data[i] = x >>> 24;
	}
	return data;
}

const write = (format, count) => FORMATS[format](people(`e2e ${count}`, count, 'de'), 'e2e');

mkdirSync(folder, { recursive: true });
for (const count of [3, 19, 240])
	body(`${count}.json`, write('json', count));
body('240.vcf', write('vcard3', 240));
body('240.form', write('instagram', 240));
body('240.discord', write('discord', 240));
body('240.json.gz', gzipSync(write('json', 240)));
body('240.json.br', brotliCompressSync(write('json', 240)));
body('5000.json', write('json', 5000));
body('telemetry.json', write('telemetry', 400));
body('harmless.json', harmless(MIB));
body('harmless12m.json', harmless(12 * MIB));
body('noise', noise(MIB));
/* A book that begins beyond the hold limit of the configuration, 8 MiB. */
body('late12m.json', `{"log":${harmless(12 * MIB)},\n"contacts":${
	JSON.stringify(JSON.parse(write('json', 5000)).contacts)}}`);
people('cards', 40, 'de').forEach((one, i) => body(`card-${i}.vcf`, FORMATS.vcard3([one])));
/* Where the twentieth of its people begins. */
const text = readFileSync(join(folder, 'late12m.json'), 'latin1');
let at = text.indexOf('"contacts":');
for (let i = 0; i < 20; i++)
	at = text.indexOf('"name"', at + 1);
made['late12m.json'].twentieth = at;
writeFileSync(join(folder, 'bodies.json'), JSON.stringify(made));

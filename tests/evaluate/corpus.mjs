// SPDX-License-Identifier: Apache-2.0
//
// A corpus: files in a folder, and of each what is true of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { carriers, carries } from './carriers.mjs';
import { people } from './people.mjs';
import { chance } from './random.mjs';

export const SIZES = [1, 5, 19, 20, 25, 100, 1000];
const CARRIED_SIZES = [19, 20, 100];

export class Corpus {
	constructor(folder) {
		this.folder = folder;
		this.items = [];
		mkdirSync(folder, { recursive: true });
	}

	/* item: {name, format, family, service, carrier, size, truth, grade, type, encoding, region} */
	add(item, data) {
		const path = join(this.folder, String(this.items.length));
		if (data !== undefined)
			writeFileSync(path, data);
		this.items.push({ path, service: '-', carrier: 'identity', type: '', encoding: '',
			region: '', ...item, path: item.path ?? path });
	}
}

async function add_body(corpus, format, carrier, size, list) {
	const plain = await format.write(list);
	const body = carrier.pack(format, Buffer.isBuffer(plain) ? plain : Buffer.from(plain));
	corpus.add({ name: `${format.name}/${carrier.name}/${size}`, format: format.name,
		family: format.family, service: format.service, carrier: carrier.name, size,
		truth: size, grade: format.grade, type: body.type, encoding: body.encoding,
		region: format.region ?? '' }, body.data);
}

const CODES = { DE: '49', NL: '31' };

/* Every format in every size, and every format in every carrier. */
export async function add_positives(corpus, formats, options = {}) {
	const first = corpus.items.length;
	const sizes = options.sizes ?? SIZES, carried = options.carried ?? CARRIED_SIZES;
	for (const [i, format] of formats.entries()) {
		const make = (size, seed) => people(size, seed,
			{ code: CODES[format.region], names: options.names });
		for (const size of format.huge && options.huge ? [...sizes, 10000] : sizes)
			await add_body(corpus, format, carriers[0], size, make(size, i * 31 + size));
		for (const [n, carrier] of carriers.entries())
			if (n > 0 && carries(carrier, format) &&
			    (n + i) % (options.every ?? 1) === 0)
				for (const size of carried)
					await add_body(corpus, format, carrier, size, make(size, i * 17 + size + 3));
	}
	for (const item of corpus.items.slice(first))
		item.apart = options.apart ?? false;
}

/* Every confuser in three sizes, plain and in one carrier. */
export function add_confusers(corpus, confusers, sizes = [25, 60, 400]) {
	confusers.forEach((confuser, i) => sizes.forEach((size, n) => {
		const world = { random: chance(i * 101 + size), rows: size,
			people: people(size, i * 13 + size) };
		const [type, text] = confuser.write(world);
		const format = { type, name: confuser.name };
		const carrier = n === 0 ? carriers[0] : carriers[(i + n) % 3 === 0 ? 2 : 0];
		const body = carrier.pack(format, Buffer.isBuffer(text) ? text : Buffer.from(text));
		corpus.add({ name: `${confuser.name}/${carrier.name}/${size}`, format: 'none',
			family: 'none', kind: confuser.kind, size, truth: 0, carrier: carrier.name,
			type: body.type, encoding: body.encoding, region: n === 1 ? 'DE' : '' }, body.data);
	}));
}

// SPDX-License-Identifier: Apache-2.0
//
// How good is the detector of address books? Builds a labelled corpus, runs
// `bookgate scan` over it, and prints precision, recall and the error of the
// counts with every failure by name. Exit 1 when a target is missed.
//
//	node evaluate.mjs [--program FILE] [--work FOLDER] [--npm FOLDER] [--out FOLDER]
//
// Without --npm only what needs no package is built: a corpus that is small
// enough for every run of the tests.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { confusers } from './confusers.mjs';
import { Corpus, add_confusers, add_positives } from './corpus.mjs';
import { formats } from './formats.mjs';
import { add_texts, text_faults } from './parity.mjs';
import { unseen } from './formats-unseen.mjs';
import { fault, scan_all, shortcomings, tally } from './score.mjs';
import * as tables from './table.mjs';

const { values: options } = parseArgs({ options: {
	program: { type: 'string', default: 'build/bookgate' }, npm: { type: 'string' },
	work: { type: 'string' }, out: { type: 'string' } } });
const say = (text) => process.stdout.write(`${text}\n`);

async function add_packages(corpus, notes) {
	const npm = await import('./write-npm.mjs');
	const { add_material } = await import('./material.mjs');
	const { digest } = await import('./random.mjs');
	const { vcard3 } = await import('./write-cards.mjs');
	const { people } = await import('./people.mjs');
	const from = npm.packages(options.npm);
	const names = await npm.faker_names(from, 20261121);
	await add_positives(corpus, [...formats, ...await npm.npm_formats(from)], { huge: true, names });
	const sealed = await npm.sealed_formats(from, digest);
	for (const format of sealed)
		corpus.add({ name: `${format.name}/sealed/100`, format: format.name, family: 'sealed', truth: 100,
			sealed: true }, await format.write(people(100, 7, { names })));
	for (const [i, body] of (await npm.dav_bodies(from, vcard3(people(1, 9)[0]))).entries())
		corpus.add({ name: `tsdav/${body.method}/${i}`, format: body.method === 'PUT' ? 'tsdav' : 'none',
			family: 'vcard', service: 'carddav', kind: 'CardDAV client', size: body.method === 'PUT' ? 1 : 0,
			truth: body.method === 'PUT' ? 1 : 0, grade: body.method === 'PUT' ? 'structured' : undefined,
			type: body.type }, body.data);
	add_material(corpus, options.npm, join(work, 'debian'), notes);
}

async function build(corpus, notes) {
	if (options.npm)
		await add_packages(corpus, notes);
	else
		await add_positives(corpus, formats, { sizes: [1, 19, 20, 100], carried: [19, 20, 100], every: 6 });
	await add_positives(corpus, unseen, { sizes: [19, 20, 100, 1000], carried: [], apart: true });
	add_confusers(corpus, confusers, options.npm ? [25, 60, 400] : [60]);
	if (!add_texts(corpus))
		notes.push('the texts beside the project are absent: not compared');
}

function versions() {
	const own = execFileSync(options.program, ['-V']).toString().split('\n')[0];
	return `${own}, node ${process.version}`;
}

function report(items, notes, seconds) {
	const books = items.filter((i) => i.truth > 0 && i.format !== 'none');
	const sealed = corpus.items.filter((i) => i.sealed), apart = corpus.items.filter((i) => i.apart);
	const faults = [...items.map(fault).filter(Boolean), ...items.filter((i) => i.found).flatMap(text_faults)];
	const part = (title, body) => `## ${title}\n\n${body}\n`;
	const found = sealed.map((i) => `${i.name}: ${i.result.contacts.best} of ${i.truth}`).join('; ');
	return [`# How good is it\n\n${new Date().toISOString().slice(0, 10)}, ${versions()}; ` +
		`${items.length} bodies in ${seconds} s, threshold 20, intervals are Wilson's at 95 %.\n`,
	part('Overall', tables.overall(items)),
	part('Families', tables.by(books, 'family', 'family')),
	part('Formats', tables.by(books, 'format', 'format')),
	part('Encodings and carriers', tables.by(books, 'carrier', 'carrier')),
	part('Services', tables.by(books.filter((i) => i.service !== '-'), 'service', 'service')),
	part('What is no address book', tables.negatives(items.filter((i) => i.kind))),
	part('Shapes it was not made for (they count towards no target)', tables.by(apart, 'format', 'format')),
	...(found ? [part('For information: inside the apps’ own ciphers, or without a sign', found)] : []),
	...(notes.length ? [part('Notes', notes.map((n) => `- ${n}`).join('\n'))] : []),
	part(`Failures (${faults.length})`, faults.map((f) => `- ${f}`).join('\n') || 'none')].join('\n');
}

const work = options.work ?? mkdtempSync(join(tmpdir(), 'bookgate-evaluate-'));
const corpus = new Corpus(join(work, 'corpus'));
let missed = [];
try {
	const notes = [], start = Date.now();
	await build(corpus, notes);
	await scan_all(options.program, corpus);
	const items = corpus.items.filter((i) => !i.sealed && !i.apart);
	const text = report(items, notes, Math.round((Date.now() - start) / 1000));
	say(text);
	if (options.out) {
		mkdirSync(options.out, { recursive: true });
		writeFileSync(join(options.out, 'evaluate.md'), text);
		writeFileSync(join(options.out, 'evaluate.json'), JSON.stringify({ all: tally(items),
			bodies: items.map(({ name, truth, result }) => ({ name, truth, bulk: result.bulk,
				contacts: result.contacts })) }, null, '\t'));
	}
	missed = [...shortcomings(items), ...items.filter((i) => i.found).flatMap(text_faults)];
	for (const sentence of missed)
		say(`below target: ${sentence}`);
} finally {
	if (!options.work)
		rmSync(work, { recursive: true, force: true });
}
/* Sockets that a client library keeps open would hold the program. */
process.exit(missed.length > 0 ? 1 : 0);

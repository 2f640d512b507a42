// SPDX-License-Identifier: Apache-2.0
//
// Runs the detector over a corpus and counts: precision and recall of `bulk`
// at the default threshold, with Wilson's 95 % interval (Wilson, 1927), and
// how far the number of contacts is off.
import { spawn } from 'node:child_process';

const THRESHOLD = 20;
const FILES_PER_CALL = 300;
/* Fewer are held to no count: one number alone is a login as likely as a contact. */
const COUNTED = 5;
const LIMITS = { structured: 0.02, loose: 0.10 };
export const TARGETS = { precision: 0.995, recall: 0.99 };

function scan(program, items) {
	const [{ type, encoding, region }] = items;
	const options = [['--type', type], ['--encoding', encoding], ['--region', region]]
		.filter(([, value]) => value !== '').flat();
	return new Promise((resolve, reject) => {
		const child = spawn(program, ['scan', ...options, ...items.map((i) => i.path)],
			{ stdio: ['ignore', 'pipe', 'inherit'] });
		let out = '';
		child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
		child.on('error', reject);
		child.on('close', (code) => {
			const lines = out.split('\n').filter(Boolean);
			if (code !== 0 || lines.length !== items.length)
				return reject(new Error(`scan ended with ${code} after ${lines.length} of ${
					items.length} files beginning with ${items[0].name}`));
			lines.forEach((line, i) => { items[i].result = JSON.parse(line); });
			resolve();
		});
	});
}

/* One call takes all files of the same type, encoding and region. */
export async function scan_all(program, corpus, jobs = 2) {
	const groups = new Map();
	for (const item of corpus.items) {
		const key = JSON.stringify([item.type, item.encoding, item.region]);
		groups.set(key, [...(groups.get(key) ?? []), item]);
	}
	const calls = [...groups.values()].flatMap((list) =>
		Array.from({ length: Math.ceil(list.length / FILES_PER_CALL) }, (_, i) =>
			list.slice(i * FILES_PER_CALL, (i + 1) * FILES_PER_CALL)));
	const worker = async () => {
		for (let call = calls.shift(); call !== undefined; call = calls.shift())
			await scan(program, call);
	};
	await Promise.all(Array.from({ length: jobs }, worker));
}

/* Wilson's score interval at 95 %. */
export function wilson(hits, of) {
	if (of === 0)
		return [0, 1];
	const z = 1.959964, p = hits / of, d = 1 + z * z / of;
	const middle = (p + z * z / (2 * of)) / d;
	const half = z * Math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / d;
	return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/* What is wrong with one answer; null: nothing. */
export function fault(item) {
	const { bulk, contacts, reason } = item.result;
	const want = item.truth >= THRESHOLD;
	const said = `${item.result.format} ${contacts.low}..${contacts.best}..${contacts.high}: ${reason}`;
	if (bulk !== want)
		return `${want ? 'missed' : 'false alarm'}: ${item.name} (${item.truth}): ${said}`;
	if (item.grade && item.truth >= COUNTED && Math.abs(contacts.best - item.truth) > LIMITS[item.grade] * item.truth)
		return `count: ${item.name} (${item.truth}): ${said}`;
	return null;
}

export function tally(items) {
	const sum = { bodies: items.length, hits: 0, missed: 0, alarms: 0, quiet: 0, counted: 0,
		errors: [], worst: 0 };
	for (const item of items) {
		const { bulk, contacts } = item.result, want = item.truth >= THRESHOLD;
		sum.hits += want && bulk;
		sum.missed += want && !bulk;
		sum.alarms += !want && bulk;
		sum.quiet += !want && !bulk;
		if (!item.grade || item.truth < COUNTED)
			continue;
		const error = Math.abs(contacts.best - item.truth) / item.truth;
		sum.counted += error <= LIMITS[item.grade];
		sum.errors.push(error);
		sum.worst = Math.max(sum.worst, error);
	}
	return sum;
}

/* Below the targets? Sentences; none when all are met. */
export function shortcomings(items) {
	const all = tally(items), out = [];
	const precision = all.hits / Math.max(1, all.hits + all.alarms);
	const recall = all.hits / Math.max(1, all.hits + all.missed);
	if (precision < TARGETS.precision)
		out.push(`precision ${precision.toFixed(4)} is below ${TARGETS.precision}`);
	if (recall < TARGETS.recall)
		out.push(`recall ${recall.toFixed(4)} is below ${TARGETS.recall}`);
	for (const [format, list] of group(items.filter((i) => i.truth > 0), 'format')) {
		const sum = tally(list);
		const mean = sum.errors.reduce((a, b) => a + b, 0) / Math.max(1, sum.errors.length);
		const grade = list[0].grade;
		if (grade && mean > LIMITS[grade])
			out.push(`${format}: the number of contacts is off by ${(mean * 100).toFixed(1)} % on average, ` +
				`${LIMITS[grade] * 100} % is the bound`);
	}
	return out;
}

export function group(items, by) {
	const groups = new Map();
	for (const item of items)
		groups.set(item[by], [...(groups.get(item[by]) ?? []), item]);
	return [...groups].sort((a, b) => String(a[0]).localeCompare(String(b[0])));
}

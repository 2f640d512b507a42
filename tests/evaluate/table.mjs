// SPDX-License-Identifier: Apache-2.0
//
// The result as tables of Markdown, which read well as plain text too.
import { group, tally, wilson } from './score.mjs';

const percent = (x) => (x * 100).toFixed(x === 1 || x === 0 ? 0 : 2);
function share(hits, of) {
	if (of === 0)
		return '-';
	const [low, high] = wilson(hits, of);
	return `${percent(hits / of)} [${percent(low)}, ${percent(high)}]`;
}
const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
const error = (sum) => sum.errors.length === 0 ? '-'
	: `${percent(mean(sum.errors))} / ${percent(sum.worst)}`;

export function table(titles, rows) {
	const width = titles.map((t, i) => Math.max(t.length, ...rows.map((r) => String(r[i]).length)));
	const line = (row) => `| ${row.map((c, i) => String(c).padEnd(width[i])).join(' | ')} |`;
	return [line(titles), line(width.map((w) => '-'.repeat(w))), ...rows.map(line)].join('\n');
}

const TITLES = ['bodies', 'precision %', 'recall %', 'count error %, mean / worst'];
function cells(items) {
	const sum = tally(items);
	return [sum.bodies, share(sum.hits, sum.hits + sum.alarms),
		share(sum.hits, sum.hits + sum.missed), error(sum)];
}

export function by(items, key, title) {
	return table([title, ...TITLES], group(items, key).map(([name, list]) => [name, ...cells(list)]));
}

export function overall(items) {
	const books = items.filter((i) => i.truth > 0), others = items.filter((i) => i.truth === 0);
	return table(['', ...TITLES], [['all', ...cells(items)], ['address books', ...cells(books)],
		...[...new Set(books.map((i) => i.size))].filter((size) => size > 0).sort((a, b) => a - b).map((size) =>
			[`of ${size} contacts`, ...cells(books.filter((i) => i.size === size))]),
		['other bodies', ...cells(others)]]);
}

export function negatives(items) {
	return table(['kind', 'files', 'false alarms', 'rejected % [95 %]'],
		group(items, 'kind').map(([kind, list]) => {
			const sum = tally(list);
			return [kind, sum.bodies, sum.alarms, share(sum.quiet, sum.bodies)];
		}));
}

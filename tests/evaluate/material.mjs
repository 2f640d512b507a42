// SPDX-License-Identifier: Apache-2.0
//
// What Debian and npm packages hold, and what this machine has in its logs and
// documentation: no address book is among it. Lists of authors (AUTHORS,
// THANKS, CREDITS and the like) are lists of people and are left out; so are
// test data of address books themselves.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';

const SIZE_MAX = 1500000, FILES_PER_KIND = 30;
const PEOPLE = /(^|\/)(authors|thanks|credits|contributors|maintainers|people|members)[^/]*$/i;
const BOOKS = /\.(vcf|ldif|ics)(\.gz)?$/i;

export const DEBIAN = ['tzdata', 'iso-codes', 'ieee-data', 'hwdata', 'media-types', 'netbase',
	'publicsuffix', 'unicode-data', 'geoip-database', 'debian-policy', 'perl-doc', 'wamerican',
	'khard', 'vdirsyncer', 'radicale', 'curl', 'doc-debian', 'vim-runtime'];
const NPM = ['jquery', 'lodash', 'three', 'world-atlas', 'vega-datasets', 'topojson',
	'libphonenumber-js', 'xlsx', 'exceljs', 'matrix-js-sdk', 'telegram', '@faker-js/faker',
	'@whiskeysockets/baileys', 'protobufjs', 'ical.js', 'entities', 'mime', 'codepage'];

function walk(folder, out = []) {
	if (!existsSync(folder))
		return out;
	for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1)) {
		const path = join(folder, entry.name);
		if (entry.isDirectory() && entry.name !== 'node_modules')
			walk(path, out);
		else if (entry.isFile())
			out.push(path);
	}
	return out;
}

/* Spread over the folder and its kinds of files, the same on every run. */
function choose(paths, count) {
	const fit = paths.filter((path) => {
		const { size } = statSync(path);
		return size > 0 && size <= SIZE_MAX && !PEOPLE.test(path) && !BOOKS.test(path);
	});
	const by_kind = new Map();
	for (const path of fit)
		by_kind.set(extname(path), [...(by_kind.get(extname(path)) ?? []), path]);
	const out = [], kinds = [...by_kind.values()];
	const each = Math.max(2, Math.ceil(count / Math.max(1, kinds.length)));
	for (const list of kinds) {
		const step = Math.max(1, Math.floor(list.length / each));
		for (let i = 0, n = 0; i < list.length && n < each; i += step, n++)
			out.push(list[i]);
	}
	return out.slice(0, count);
}

function debian(name, folder, notes) {
	const to = join(folder, name);
	if (!existsSync(to)) {
		mkdirSync(to, { recursive: true });
		try {
			execFileSync('apt-get', ['download', '-q', name], { cwd: to, stdio: 'ignore', timeout: 60000 });
			const file = readdirSync(to).find((entry) => entry.endsWith('.deb'));
			execFileSync('dpkg', ['-x', join(to, file), join(to, 'root')], { stdio: 'ignore' });
		} catch {
			notes.push(`Debian package ${name} could not be fetched and is missing`);
			return [];
		}
	}
	return choose(walk(join(to, 'root')), FILES_PER_KIND);
}

const output = (command, args) => {
	try {
		return execFileSync(command, args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
	} catch {
		return null;
	}
};

/* Adds every file; notes tell what could not be had. */
export function add_material(corpus, npm_folder, debian_folder, notes) {
	const add = (kind, path, name = path.split('/').slice(-3).join('/')) => corpus.add({
		name: `${kind}: ${name}`, format: 'none', family: 'none', kind, size: 0, truth: 0,
		carrier: 'as found', path });
	const add_text = (kind, name, data) => data !== null && data.length > 0 && corpus.add({
		name: `${kind}: ${name}`, format: 'none', family: 'none', kind, size: 0, truth: 0,
		carrier: 'as found' }, data.subarray(0, SIZE_MAX));

	for (const name of DEBIAN)
		debian(name, debian_folder, notes).forEach((path) => add(`Debian ${name}`, path));
	for (const name of NPM)
		choose(walk(join(npm_folder, 'node_modules', name)), FILES_PER_KIND)
			.forEach((path) => add(`npm ${name}`, path));
	choose(walk('/usr/share/doc').filter((p) => /changelog/i.test(p)), 60)
		.forEach((path) => add('installed changelogs', path));
	choose(walk('/usr/share/doc').filter((p) => /copyright$/.test(p)), 60)
		.forEach((path) => add('installed copyright notes', path));
	choose(walk('/usr/share/doc').filter((p) => !/changelog|copyright/i.test(p)), 80)
		.forEach((path) => add('installed documentation', path));
	walk('/var/log').filter((p) => /dpkg|apt|alternatives|bootstrap/.test(p))
		.forEach((path) => statSync(path).size > 0 && add('system logs of Debian', path));
	add_text('package lists', 'apt-cache dumpavail', output('apt-cache', ['dumpavail']));
	add_text('package lists', 'dpkg status', existsSync('/var/lib/dpkg/status')
		? readFileSync('/var/lib/dpkg/status') : null);
	add_text('package lists', 'package-lock.json', readFileSync(join(npm_folder, 'package-lock.json')));
	add_text('git', 'log', output('git', ['log']));
	add_text('git', 'log --stat', output('git', ['log', '--stat']));
	add_text('git', 'log -p', output('git', ['log', '-p', '-n', '20']));
}

// SPDX-License-Identifier: Apache-2.0
//
// Seeded chance: the same corpus on every machine.
import { createHash, createHmac } from 'node:crypto';

// mulberry32 (Tommy Ettinger, public domain), 32 bits of state.
export function chance(seed) {
	let state = seed >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	const below = (n) => Math.floor(next() * n);
	const digits = (n) => Array.from({ length: n }, () => below(10)).join('');
	return {
		next, below, digits,
		pick: (list) => list[below(list.length)],
		hex: (n) => Array.from({ length: n }, () => below(16).toString(16)).join(''),
		between: (a, b) => a + below(b - a + 1),
	};
}

export const digest = (name, text, form) => createHash(name).update(text).digest(form);
export const hmac = (key, text, form) => createHmac('sha256', key).update(text).digest(form);
export const uuid = (text) => digest('sha256', text, 'hex').slice(0, 32)
	.replace(/(.{8})(.{4})(.{4})(.{4})(.*)/, '$1-$2-$3-$4-$5');
export const range = (n) => Array.from({ length: n }, (_, i) => i);

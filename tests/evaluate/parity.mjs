// SPDX-License-Identifier: Apache-2.0
//
// Public texts that lie beside the project, with a count of what is in each:
// cards of other projects' test data, and tables that hold no contact.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = '../shared/texts';

/* Not as the list says, and why. */
const EXCEPTIONS = {
	'positives/libphonenumber-js/examples.mobile.json':
		'national numbers under country codes: nothing tells what they are',
};

export function add_texts(corpus) {
	const index = join(FOLDER, 'index.csv');
	if (!existsSync(index))
		return false;
	const [head, ...rows] = readFileSync(index, 'utf8').trim().split('\n').map((line) => line.split(','));
	for (const cells of rows) {
		const row = Object.fromEntries(head.map((name, i) => [name, cells[i]]));
		const found = { cards: Number(row.vcards), mails: Number(row.distinct_emails),
			numbers: Number(row.distinct_e164_plus) };
		/* Groups and cards without number and address reach nobody. */
		found.people = found.mails + Number(row.tel_lines) > 0 ? found.cards : 0;
		const excepted = row.file in EXCEPTIONS;
		corpus.add({ name: `texts/${row.file}`, format: 'none', family: 'none', kind: 'texts beside the project',
			size: 0, found, path: join(FOLDER, row.file), carrier: 'as found',
			truth: excepted || row.kind === 'negatives' ? 0 : Math.max(found.people, found.numbers) });
	}
	return true;
}

/* Does a text hold what the list says of it? Sentences; none when it does. */
export function text_faults(item) {
	const { contacts, identifiers } = item.result, { cards, mails, people } = item.found, out = [];
	const is_card = item.name.endsWith('.vcf') || cards > 0;
	if (is_card && identifiers.vcard !== cards)
		out.push(`${item.name}: ${identifiers.vcard} cards, not ${cards}`);
	if (is_card && (contacts.low > people || contacts.high < people))
		out.push(`${item.name}: ${contacts.low} to ${contacts.high} contacts, not ${people}`);
	/* Other properties hold what looks like an address: there may be fewer. */
	if (identifiers.email > mails)
		out.push(`${item.name}: ${identifiers.email} addresses, at most ${mails} are there`);
	if (!is_card && item.truth > 0 && Math.abs(contacts.best - item.truth) > item.truth * 0.1)
		out.push(`${item.name}: ${contacts.best} contacts, not ${item.truth}`);
	return out;
}

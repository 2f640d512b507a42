// SPDX-License-Identifier: Apache-2.0
//
// Bodies in the shape of the calls that services publish or that independent
// open clients make. Field names only; the people are synthetic.
import { digest, hmac, uuid } from './random.mjs';
import { vcard3 } from './write-cards.mjs';

const json = JSON.stringify;
const form = (fields) => new URLSearchParams(fields).toString();
const mails = (p) => p.mail ? [p.email] : [];

const facebook_contact = (p) => ({
	record_id: String(p.index), modifier: 0, signature: uuid(p.phone).slice(0, 28), name: p.name,
	phones: [{ label: 'Mobile', raw: p.phone }], emails: mails(p).map((e) => ({ label: 'Home', raw: e })),
	first_name: p.given, last_name: p.family, address: [], website: [], relation: [],
	organization: p.organisation ? [{ company: p.organisation }] : [], event: [], nick_names: [],
	meta_data: [{ number_times_contacted: p.index % 40, starred: false,
		last_time_contacted: 1763700000000 + p.index }],
});
export const facebook = (list) => form({ contacts: json(list.map(facebook_contact)),
	is_full_upload: 'true', flow: 'continuous', sim_country: 'de', network_country: 'de',
	android_id: 'a1b2c3d4e5f60718', phone_id: uuid('phone'), format: 'json' });
export const messenger = (list) => form({ contact_changes: json(list.map(facebook_contact)),
	import_id: '1763720000000', contacts_surface: 'MESSENGER' });

export const instagram = (list) => form({ contacts: json(list.map((p) => ({
	phone_numbers: p.second ? [p.phone, p.second] : [p.phone], email_addresses: mails(p),
	first_name: p.given, last_name: p.family }))), phone_id: uuid('phone'),
module: 'find_friends_contacts', _uuid: uuid('device'), _csrftoken: uuid('csrf').replace(/-/g, '') });
/* Some builds encode the JSON before the form does. */
export const instagram_twice = (list) => form({ contacts: encodeURIComponent(json(list.map((p) => ({
	phone_numbers: [p.phone], email_addresses: mails(p), first_name: p.given, last_name: p.family })))),
module: 'find_friends_contacts' });

export const snapchat = (list) => form({ countryCode: 'DE', username: 'tester',
	numbers: json(Object.fromEntries(list.map((p) => [p.phone, p.name]))),
	timestamp: '1763720000000', req_token: digest('sha256', 'token', 'hex') });
export const snapchat_json = (list) => json({ country_code: 'DE', should_recommend: true,
	numbers: Object.fromEntries(list.map((p) => [p.phone, { name: p.name }])) });

export const tiktok = (list) => form({ contact: json(list.map((p) => ({
	phone_number: [digest('sha256', p.national, 'hex')], name: digest('sha256', p.name, 'hex'),
	country_code: digest('sha256', p.code, 'hex') }))) });
export const tiktok_plain = (list) => form({ contact: json(list.map((p) => ({ addresses: [],
	emails: mails(p), instant_message_addresses: [], modification_date: 1763720000,
	name: p.name, phone_number: [p.phone], urls: [] }))) });

export const clubhouse = (list) => json({ club_id: null, upload_contacts: true,
	contacts: list.map((p) => ({ phone_number: p.phone })) });
export const discord = (list) => json({ friend_list_entries: list.map((p) => ({ friend_id: p.phone })),
	background: false, allowed_in_suggestions: 3, include_mutual_friends_count: true });
export const bluesky = (list) => json({ token: `ey${uuid('a')}.ey${uuid('b')}.${uuid('c')}`,
	contacts: list.map((p) => p.phone) });
export const x_upload = (list) => json({ vcards: list.map(vcard3), opt_in_live_sync: true });
export const threema = (list) => json({ matchToken: uuid('match'), emailHashes: [],
	mobileNoHashes: list.map((p) => hmac('public mobile key', p.digits, 'base64')) });
export const matrix = (list) => json({ algorithm: 'sha256', pepper: 'matrixrocks',
	addresses: list.map((p) => digest('sha256', `${p.digits} msisdn matrixrocks`, 'base64url')) });
export const matrix_none = (list) => json({ algorithm: 'none', pepper: 'matrixrocks',
	addresses: list.map((p) => `${p.digits} msisdn`) });
export const whatsapp_business = (list) => json({ blocking: 'wait', force_check: true,
	contacts: list.map((p) => p.phone) });

const graph = (p) => ({ givenName: p.given, surname: p.family, displayName: p.name,
	mobilePhone: p.phone, businessPhones: p.second ? [p.second] : [],
	emailAddresses: mails(p).map((e) => ({ address: e, name: p.name })) });
export const graph_batch = (list) => json({ requests: list.map((p, i) => ({ id: String(i + 1),
	method: 'POST', url: '/me/contacts', headers: { 'Content-Type': 'application/json' },
	body: graph(p) })) });
export const graph_lines = (list) => list.map((p) => json(graph(p))).join('\n') + '\n';
export const people_api = (list) => json({ contacts: list.map((p) => ({ contactPerson: {
	names: [{ givenName: p.given, familyName: p.family }], phoneNumbers: [{ value: p.phone,
		type: 'mobile' }, ...(p.second ? [{ value: p.second, type: 'work' }] : [])],
	emailAddresses: mails(p).map((e) => ({ value: e, type: 'home' })) } })),
readMask: 'names,phoneNumbers', sources: ['READ_SOURCE_TYPE_CONTACT'] });
export const linkedin = (list) => json({ handles: list.map((p) => ({ firstName: p.given,
	lastName: p.family, emails: mails(p), phoneNumbers: [{ number: p.phone, type: 'MOBILE' }] })),
uploadTransactionId: uuid('upload') });
export const truecaller = (list) => json({ contacts: list.map((p) => ({ name: p.name,
	phones: [{ number: p.phone, type: 2 }], emails: mails(p), id: p.index })), total: list.length });
export const ios = (list) => json(list.map((p) => ({ givenName: p.given, familyName: p.family,
	phoneNumbers: [{ label: '_$!<Mobile>!$_', value: p.phone }],
	emailAddresses: mails(p).map((e) => ({ label: '_$!<Home>!$_', value: e })),
	imageDataAvailable: false, identifier: uuid(p.phone).toUpperCase() })));
export const generic_jid = (list) => json({ users: list.map((p) => ({
	jid: `${p.digits}@s.whatsapp.net`, name: p.name })) });
export const generic_lines = (list) => list.map((p) => json({ contact_id: p.index,
	display_name: p.name, phone: p.phone, email: p.mail ? p.email : null })).join('\n') + '\n';
export const generic_pretty = (list) => JSON.stringify({ device: 'test', version: 3,
	addressbook: list.map((p) => ({ name: p.name, numbers: [p.phone],
		updated: 1763720000000 + p.index })) }, null, 2);
export const generic_national = (list) => json({ contacts: list.map((p) => ({
	display_name: p.name, phone: `0${p.national}` })) });
export const graphql = (list) => json({ operationName: 'SyncContacts',
	query: 'mutation SyncContacts($input: ContactInput!) { syncContacts(input: $input) { id } }',
	variables: { input: { contacts: list.map((p) => ({ name: p.name, phone: p.phone })) } } });

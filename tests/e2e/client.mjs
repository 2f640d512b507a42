// SPDX-License-Identifier: Apache-2.0
//
// What no ordinary client does on demand, or not so that it can be watched:
//
//	node client.mjs VERB [ARGUMENT...]
//
// Prints one line that says what happened.
import * as hello from './client-hello.mjs';
import * as http1 from './client-http1.mjs';
import * as http2 from './client-http2.mjs';
import * as other from './client-other.mjs';
import * as telegram from './client-telegram.mjs';

const verbs = { ...hello.verbs, ...http1.verbs, ...http2.verbs, ...other.verbs, ...telegram.verbs };
const [, , verb, ...rest] = process.argv;
if (!verbs[verb]) {
	console.error(`client.mjs: no such verb: ${verb}; known are ${Object.keys(verbs).join(' ')}`);
	process.exit(2);
}
try {
	console.log(await verbs[verb](...rest));
} catch (error) {
	console.log(`failed: ${error.code ?? error.message}`);
	process.exit(1);
}
process.exit(0);

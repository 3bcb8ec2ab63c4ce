// SPDX-License-Identifier: Apache-2.0
// All measurements, or those named; ends with the table of goals.
import { ingest } from './ingest.mjs';
import { loop } from './loop.mjs';
import { memory } from './memory.mjs';
import { printGoals } from './measure.mjs';

const parts = { ingest, loop, memory };
const wanted = process.argv.slice(2);
for (const name of wanted)
    if (!parts[name]) {
        console.error(`bench: no part "${name}": ${Object.keys(parts).join(', ')}`);
        process.exit(2);
    }
for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) await parts[name]();
printGoals();

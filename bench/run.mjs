// SPDX-License-Identifier: Apache-2.0
// All measurements, or those named; ends with the table of goals, and with 1 when a figure of it was not measured.
import os from 'node:os';
import { charging, chargingCan, chargingIdle } from './charging.mjs';
import { ingest } from './ingest.mjs';
import { loop } from './loop.mjs';
import { memory } from './memory.mjs';
import { printGoals } from './measure.mjs';
import { speech } from './speech.mjs';
import { firstSound, voice, voiceIdle } from './voice.mjs';

const parts = { ingest, loop, memory, charging, 'charging-idle': chargingIdle, 'charging-can': chargingCan, speech, voice, 'voice-idle': voiceIdle, 'first-sound': firstSound };
const wanted = process.argv.slice(2);
for (const name of wanted)
    if (!parts[name]) {
        console.error(`bench: no part "${name}": ${Object.keys(parts).join(', ')}`);
        process.exit(2);
    }
const busy = os.loadavg()[0];
console.log(`bench: ${os.cpus().length} cores, Node.js ${process.versions.node}, load before it ${busy.toFixed(1)}${busy > 0.5 ? ': others use this machine, their share is in the figures' : ''}`);
for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) await parts[name]();
if (printGoals() > 0) process.exitCode = 1;

// SPDX-License-Identifier: Apache-2.0
// The programs under measurement: those of the end-to-end tests, and the load.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Stack, bin } from '../tests/e2e/support.mjs';

export async function houseForBench(options = {}) {
    const stack = await Stack.create(options);
    // A broker that writes a queue of this length to disk every five seconds measures its disk.
    const file = path.join(stack.brokerDir, 'mosquitto.conf');
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/^autosave_interval .*$/m, 'autosave_interval 1800'));
    await stack.startBroker();
    return stack;
}

/** Runs roost-load to its end; its report. */
export async function load(stack, args) {
    const child = spawn(path.join(bin, 'roost-load'), ['--broker', stack.mqttUrl, '--user', 'probe', '--password-file', path.join(stack.brokerDir, 'secrets/probe'), ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    const code = await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`roost-load ended with ${code}: ${text}`);
    return JSON.parse(text);
}

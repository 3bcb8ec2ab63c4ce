#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Sends one command to a device program's control socket and prints the answer: control.mjs PATH COMMAND...
// Ends with 0; with 1 when the answer says "ok":false, is no answer or does not come; with 2 when called wrongly.
import net from 'node:net';

const [path, ...words] = process.argv.slice(2);
const command = words.join(' ');
if (!path || !command) {
    console.error('usage: control.mjs PATH COMMAND...');
    process.exit(2);
}

function fail(message) {
    console.error(`${path}: ${message}`);
    process.exitCode = 1;
}

function take(line) {
    console.log(line);
    try {
        if (JSON.parse(line).ok === false) process.exitCode = 1;
    } catch {
        fail('the answer is no JSON; is this the socket of a device program?');
    }
}

const socket = net.connect(path, () => socket.write(`${command}\n`));
let answer = '';
let taken = false;
socket.setTimeout(10000, () => socket.destroy(new Error('no answer in 10 s')));
socket.on('data', (part) => {
    answer += part;
    const end = answer.indexOf('\n');
    if (end < 0 || taken) return;
    taken = true;
    take(answer.slice(0, end));
    socket.end();
});
socket.on('end', () => {
    if (!taken) fail('the program ended without an answer');
});
socket.on('error', (error) => {
    if (!taken) fail(error.message);
});

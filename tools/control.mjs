#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Sends one command to a device program's control socket and prints the answer: control.mjs PATH COMMAND
import net from 'node:net';

const [path, command] = process.argv.slice(2);
if (!path || !command) {
    console.error('usage: control.mjs PATH "COMMAND"');
    process.exit(2);
}
const socket = net.connect(path, () => socket.write(`${command}\n`));
let answer = '';
socket.setTimeout(10000, () => socket.destroy(new Error('no answer in 10 s')));
socket.on('data', (part) => {
    answer += part;
    const end = answer.indexOf('\n');
    if (end >= 0) {
        console.log(answer.slice(0, end));
        socket.end();
    }
});
socket.on('end', () => {
    if (answer.includes('\n')) return;
    console.error(`${path}: the program ended without an answer`);
    process.exit(1);
});
socket.on('error', (error) => {
    console.error(`${path}: ${error.message}`);
    process.exit(1);
});

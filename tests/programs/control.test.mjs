// SPDX-License-Identifier: Apache-2.0
// tools/control.mjs tells a script by its status whether the device did what it was told.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const control = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../tools/control.mjs');
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-control-'));
const socket = path.join(dir, 's.sock');

const call = (...args) => new Promise((resolve) => {
    execFile(process.execPath, [control, ...args], (error, stdout, stderr) => resolve({ status: error ? error.code : 0, stdout, stderr }));
});

/** What control.mjs ends with when the program answers so to what it got; undefined hangs up. */
async function answered(answer, ...words) {
    const asked = [];
    const server = net.createServer((peer) => peer.on('data', (line) => {
        asked.push(line.toString());
        if (answer === undefined) return peer.end();
        for (const part of answer) peer.write(part);
    }));
    await new Promise((resolve) => server.listen(socket, resolve));
    const result = await call(socket, ...words);
    await new Promise((resolve) => server.close(resolve));
    return { ...result, asked: asked.join('') };
}

test.after(() => fs.rmSync(dir, { recursive: true }));

test('an answer that is not ok is a failure', async () => {
    assert.deepEqual(await answered(['{"ok":true}\n'], 'press'), { status: 0, stdout: '{"ok":true}\n', stderr: '', asked: 'press\n' });
    assert.deepEqual(await answered(['{"ok":fal', 'se,"error":"no"}\n'], 'set x 1'), { status: 1, stdout: '{"ok":false,"error":"no"}\n', stderr: '', asked: 'set x 1\n' });
    assert.equal((await answered(['{"state":{"ok":false}}\n'], 'state')).status, 0, 'an answer without ok is one');
});

test('words need no quotes', async () => {
    assert.equal((await answered(['{"ok":true}\n'], 'set', 'outdoor_temperature', '31')).asked, 'set outdoor_temperature 31\n');
});

test('no answer is a failure', async () => {
    for (const [answer, why] of [[undefined, /ended without an answer/], [['hello\n'], /is no JSON/]]) {
        const { status, stderr } = await answered(answer, 'state');
        assert.equal(status, 1);
        assert.match(stderr, why);
    }
    assert.equal((await call(path.join(dir, 'absent.sock'), 'state')).status, 1);
    assert.equal((await call(socket)).status, 2);
});

// SPDX-License-Identifier: Apache-2.0
// What `make run` leaves in its folder: no socket of a program that is gone, and all the rest.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

test('control sockets are removed with the programs, whoever was killed', (t) => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-stack-'));
    t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
    // Killed while it listens, as by cut-power: nobody takes its socket away.
    const killed = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    for (const name of ['window-1.sock', 'lamp-1.sock'])
        assert.equal(spawnSync(process.execPath, ['-e', killed, path.join(dir, name)]).signal, 'SIGKILL');
    fs.writeFileSync(path.join(dir, 'roostd.log'), '');
    const { status, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', '. "$1/tools/stack.sh"; stack_down; run_dir=$2; stack_down; stack_down', 'stack', root, dir], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.deepEqual(fs.readdirSync(dir), ['roostd.log']);
});

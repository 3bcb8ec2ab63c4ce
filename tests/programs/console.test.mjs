// SPDX-License-Identifier: Apache-2.0
// docs/esp32.md says what a window prints on its serial console when it starts for the first time: the lines that are
// the device's own come out of the same program on Linux, in that order.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const bin = process.env.ROOST_BIN;
const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const page = fs.readFileSync(path.join(root, 'docs/esp32.md'), 'utf8');

// Not those of ESP-IDF, nor the one that only a broker brings about, nor the one of every minute.
const told = [...page.matchAll(/^\| `(\d+\.\d+ [IWE] .*?)` \|/gm)].map((m) => m[1]).filter((line) => !/link: up|health: /.test(line));
/** What a line is, its time and figures aside. */
const shape = (line) => line.replace(/^\d+\.\d+ /, '').replaceAll(/=-?[\d.]+(?=\s|$)/g, '=N').replaceAll(/=\.\.\./g, '=N');

test('a first start prints what the documents say', { timeout: 60000 }, async (t) => {
    assert.ok(told.length > 8, 'the page has the lines');
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-console-'));
    fs.writeFileSync(path.join(dir, 'password'), 'x\n');
    const window = spawn(path.join(bin, 'roost-window'), ['--id', 'w', '--state', path.join(dir, 'state'), '--broker', 'mqtt://127.0.0.1:9', '--user', 'w',
        '--password-file', path.join(dir, 'password'), '--speed', '40']);
    t.after(async () => {
        window.kill();
        await new Promise((resolve) => window.once('exit', resolve));
        fs.rmSync(dir, { recursive: true });
    });
    let text = '';
    const waiting = told.map(shape);
    await new Promise((resolve) => {
        const take = (part) => {
            text += part;
            const lines = text.split('\n').slice(0, -1).map(shape);
            // Each after the one before it; what else is printed between does not matter.
            let at = 0;
            const missing = waiting.filter((line) => {
                const short = line.replace(/ \S+=N$/, '');
                const found = lines.findIndex((printed, i) => i >= at && (printed === line || (line.endsWith('=N') && printed.startsWith(short))));
                if (found < 0) return true;
                at = found;
                return false;
            });
            if (missing.length === 0) resolve();
            else t.lastMissing = missing;
        };
        window.stdout.on('data', take);
        window.stderr.on('data', take);
        setTimeout(() => assert.fail(`not printed: ${JSON.stringify(t.lastMissing)}\n${text}`), 50000).unref();
    });
});

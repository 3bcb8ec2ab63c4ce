// SPDX-License-Identifier: Apache-2.0
// Another program holds the registry's file for writing (a script, a backup): the hub goes on. What
// needs the registry is told to come again, and what was accepted is there afterwards, no more and no less.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { described } from './described.mjs';
import { Stack, accounts, until } from './support.mjs';

const HELD_S = 20;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** SQLite's own shell, with a write transaction open; release() ends it. */
async function hold(t, file) {
    const shell = spawn('sqlite3', [file], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => shell.kill());
    shell.stdin.write('.timeout 5000\nBEGIN IMMEDIATE;\nSELECT \'held\';\n');
    const [text] = await once(shell.stdout, 'data');
    assert.match(text.toString(), /held/);
    return async () => {
        shell.stdin.end('ROLLBACK;\n');
        await once(shell, 'exit');
    };
}

/** Asks for /health/live all the time on a thread of its own, so that nothing this file does is measured. `lag` is
 * how late that thread itself was at most: the machine, not the hub. */
const prober = `
const { parentPort, workerData } = require('node:worker_threads');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const took = [];
const lag = monitorEventLoopDelay({ resolution: 1 });
let running = true;
lag.enable();
parentPort.once('message', () => (running = false));
const ask = () => new Promise((resolve, reject) => {
    const begin = performance.now();
    http.get(workerData, { agent }, (answer) => {
        answer.resume();
        answer.once('end', () => (took.push(performance.now() - begin), resolve(answer.statusCode)));
    }).once('error', reject);
});
(async () => {
    const wrong = [];
    while (running) {
        const status = await ask().catch((error) => error.message);
        if (status !== 200) wrong.push(status);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    agent.destroy();
    parentPort.postMessage({ took, wrong, lag: lag.max / 1e6 });
})();`;

test('the registry is locked by another program for 20 s', async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    await stack.signIn();
    const description = (await stack.get('/api/openapi.json')).body;
    const probe = await stack.client();
    const commands = await stack.collect('device/+/command');
    await probe.publishAsync('sensor/old/temperature', JSON.stringify({ value: 20, ts: 1760000000001, seq: 1 }), { qos: 1 });
    await until('it is registered', () => stack.sql("SELECT 1 FROM device WHERE id = 'old'", 'roost.db').length === 1);
    const before = await stack.post('/api/v1/devices/old/commands', { command: 'measure' });
    assert.equal(before.status, 202);

    const release = await hold(t, path.join(stack.dir, 'roost.db'));
    const began = Date.now();
    const worker = new Worker(prober, { eval: true, workerData: `${stack.url}/health/live` });
    t.after(() => worker.terminate());

    // Readings go on, of a device that was never heard of, too.
    let published = 1;
    const publishing = (async () => {
        for (; Date.now() - began < (HELD_S - 1) * 1000; await pause(20)) {
            published++;
            await probe.publishAsync('sensor/old/temperature', JSON.stringify({ value: 20, ts: 1760000000000 + published, seq: published }), { qos: 1 });
            if (published % 10 === 0) await probe.publishAsync('sensor/new/humidity', JSON.stringify({ value: 40, ts: 1760000000000 + published }), { qos: 1 });
        }
    })();

    // Who needs the registry is answered in time, and told when to come again.
    const refused = [];
    const asking = (async () => {
        while (Date.now() - began < (HELD_S - 7) * 1000) {
            const asked = [
                ['POST', '/api/v1/auth/login', { email: 'operator@roost.local', password: stack.password }],
                ['POST', '/api/v1/devices/{device_id}/commands', { command: 'reboot' }],
                ['PATCH', '/api/v1/devices/{device_id}', { name: 'never' }],
                ['POST', '/api/v1/devices', { device_id: 'never', type: 'window' }],
            ];
            const answers = await Promise.all(asked.map(([method, route, body]) => stack.call(method, route.replace('{device_id}', 'old'), body)));
            answers.forEach((answer, i) => described(description, asked[i][0], asked[i][1], answer));
            refused.push(...answers);
        }
    })();
    await pause(2000);
    const reads = await Promise.all(['/api/v1/auth/me', '/api/v1/devices', '/api/v1/devices/old/commands', '/health/ready'].map((where) => stack.get(where)));
    assert.deepEqual(reads.map((answer) => answer.status), [200, 200, 200, 200], 'reads do not wait for the lock');
    await asking;
    await pause((HELD_S - 4) * 1000 - (Date.now() - began));
    // Asked in the last seconds: these find the lock gone before they are given up.
    const late = [stack.post('/api/v1/devices/old/commands', { command: 'calibrate' }), stack.call('PATCH', '/api/v1/devices/old', { name: 'kept' })];
    await publishing;
    await until('all readings are stored while the lock is held', () => stack.sql("SELECT count(*) AS n FROM sensor_temperature WHERE device_id = 'old'")[0].n === published, 5);
    const waiting = Object.values(await accounts(stack)).map((sums) => sums.waiting);
    assert.ok(waiting.every((n) => n === 0), 'and acknowledged');
    await pause(HELD_S * 1000 - (Date.now() - began));
    await release();
    const [command, renamed] = await Promise.all(late);
    worker.postMessage('stop');
    const [{ took, wrong, lag }] = await once(worker, 'message');

    took.sort((a, b) => a - b);
    const share = (p) => took[Math.floor(p * (took.length - 1))].toFixed(1);
    t.diagnostic(`/health/live: ${took.length} probes, median ${share(0.5)} ms, 99 % ${share(0.99)} ms, slowest ${share(1)} ms; the prober was ${lag.toFixed(1)} ms late at most`);
    assert.deepEqual(wrong, []);
    assert.ok(took.length > 400, `${took.length} probes`);
    assert.ok(share(0.99) <= 50, `99 % within ${share(0.99)} ms`);
    assert.ok(took.at(-1) <= 50 + lag, `the slowest of ${took.length} took ${share(1)} ms`);

    assert.ok(refused.length >= 8);
    for (const answer of refused) {
        assert.equal(answer.status, 503, JSON.stringify(answer.body));
        assert.equal(answer.body.error.code, 'busy');
        assert.match(answer.headers.get('retry-after'), /^[1-9]\d*$/);
    }
    assert.deepEqual([command.status, renamed.status], [202, 200], 'the lock was gone in time');

    // What was accepted is there, what was refused is not, then and after a restart.
    await until('what spoke meanwhile is registered', () => stack.sql("SELECT 1 FROM device WHERE id = 'new'", 'roost.db').length === 1);
    const kept = () => [
        stack.sql('SELECT name FROM command ORDER BY created_at', 'roost.db').map((row) => row.name),
        stack.sql("SELECT id, name FROM device ORDER BY id", 'roost.db'),
    ];
    const expected = [['measure', 'calibrate'], [{ id: 'new', name: '' }, { id: 'old', name: 'kept' }]];
    assert.deepEqual(kept(), expected);
    assert.deepEqual(commands.map((m) => JSON.parse(m.text).command), ['measure', 'calibrate'], 'a refused command was never sent');
    await stack.signIn();
    const metrics = await stack.metrics();
    assert.ok(metrics.get('roost_registry_refused_total{reason="waited_too_long"}') >= refused.length);
    await stack.programs.get('roostd').kill('SIGKILL');
    await stack.startHub();
    assert.deepEqual(kept(), expected);
});

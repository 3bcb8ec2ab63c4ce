// SPDX-License-Identifier: Apache-2.0
// Pulling plugs under load. The load is numbered: every message that the broker acknowledged to the
// publisher has to be in the store exactly once in the end.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Stack, accounts, until } from './support.mjs';

// Faster than any device is: what is refused over a rate is not what is tried here.
const ANY_RATE = { ROOST_DEVICE_RATE: '0' };

/** Publishes numbered readings of some devices as fast as they are acknowledged. */
class Load {
    constructor(client, devices, prefix = 'load') {
        Object.assign(this, { client, devices, prefix, running: true, acked: new Map() });
        this.done = Promise.all(Array.from({ length: devices }, (_, i) => this.run(`${prefix}-${i}`)));
    }
    async run(id) {
        for (let seq = 1; this.running; seq++) {
            await this.client.publishAsync(`sensor/${id}/temperature`, JSON.stringify({ value: seq % 80, ts: 1760000000000 + seq, seq }), { qos: 1 });
            this.acked.set(id, seq);
        }
    }
    async stop() {
        this.running = false;
        await this.done;
        return [...this.acked.values()].reduce((a, b) => a + b, 0);
    }
}

async function complete(stack, load, total, seconds = 60) {
    const count = () => stack.sql('SELECT count(*) AS n FROM sensor_temperature')[0].n;
    await until(`${total} rows stored`, () => count() >= total, seconds);
    await until('nothing waits', async () => Object.values(await accounts(stack)).every((s) => s.waiting === 0));
    assert.equal(count(), total, 'every acknowledged message once');
    for (const [id, last] of load.acked) {
        const [row] = stack.sql(`SELECT count(*) AS n, count(DISTINCT timestamp) AS d, min(timestamp) AS a, max(timestamp) AS b FROM sensor_temperature WHERE device_id = '${id}'`);
        assert.deepEqual(row, { n: last, d: last, a: 1760000000001, b: 1760000000000 + last }, id);
    }
}

test('kill -9 of the hub at 20 random moments under load', async (t) => {
    const stack = await Stack.create({ env: ANY_RATE });
    t.after(() => stack.stop());
    await stack.startBroker();
    let hub = await stack.startHub();
    const load = new Load(await stack.client(), 8);
    for (let i = 0; i < 20; i++) {
        await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 400));
        await hub.kill('SIGKILL');
        hub = await stack.startHub();
    }
    await complete(stack, load, await load.stop());
});

test('the broker is stopped and started under load', async (t) => {
    const stack = await Stack.create({ env: ANY_RATE });
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    const load = new Load(await stack.client('probe', { reconnectPeriod: 100, clean: false, clientId: 'load' }), 4);
    for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setTimeout(resolve, 700));
        await stack.programs.get('broker').kill();
        const ready = await fetch(`${stack.url}/health/live`);
        assert.equal(ready.status, 200, 'the hub lives without its broker');
        await until('ready says so', async () => (await fetch(`${stack.url}/health/ready`)).status === 503);
        await stack.startBroker();
        await until('the hub is back', async () => (await fetch(`${stack.url}/health/ready`)).ok, 30);
    }
    const total = await load.stop();
    await complete(stack, load, total);
    const metrics = await stack.metrics();
    const reconnects = [...metrics].filter(([k]) => /mqtt.*(connect|reconnect)/.test(k)).map(([, v]) => v);
    assert.ok(Math.max(...reconnects) >= 3, 'the metrics say what happened');
});

test('the model is stopped and started: requests wait for it', async (t) => {
    const stack = await Stack.create({ env: { ROOST_TRIGGER_INTERVAL_S: '1' } });
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    const model = await stack.startModel();
    const probe = await stack.client();
    const controls = await stack.collect('window/+/control');
    await model.kill();
    const silence = JSON.stringify({ data: Buffer.alloc(6400).toString('base64'), sample_rate: 16000, duration: 0.2 });
    for (let i = 0; i < 10; i++) {
        await probe.publishAsync(`sensor/m-${i}/temperature`, '26.0', { qos: 1 });
        await probe.publishAsync(`sensor/m-${i}/humidity`, '50.0', { qos: 1 });
        await probe.publishAsync(`sensor/m-${i}/audio`, silence, { qos: 1 });
    }
    await until('readings are stored all the same', () => stack.sql('SELECT count(*) AS n FROM sensor_audio')[0].n === 10);
    assert.equal(controls.length, 0);
    await stack.startModel();
    await until('the backlog is answered', () => new Set(controls.map((m) => m.topic)).size === 10);
    await until('and stored', () => stack.sql('SELECT count(DISTINCT device_id) AS n FROM window_actions')[0].n === 10);
    await accounts(stack);
});

test('a full disk stops the store with a clear error, not the hub', async (t) => {
    const stack = await Stack.create({ env: ANY_RATE });
    t.after(() => stack.stop());
    await stack.startBroker();
    const disk = path.join(stack.dir, 'disk');
    fs.mkdirSync(disk);
    stack.env = { SERIES_URL: `sqlite:${disk}/series.db` };
    const hub = await stack.startHub({ wrapper: ['unshare', '-rm', 'sh', '-c', `mount -t tmpfs -o size=16m none ${disk} && exec "$0"`] });
    const inside = `/proc/${hub.child.pid}/root${disk}`;
    const probe = await stack.client();
    await probe.publishAsync('sensor/full-1/temperature', '{"value":20,"ts":1760000000001,"seq":1}', { qos: 1 });
    const count = async () => (await stack.metrics()).get('roost_ingest_stored_total{topic="temperature"}');
    await until('the first', async () => (await count()) === 1);

    const filler = path.join(inside, 'filler');
    const fd = fs.openSync(filler, 'w');
    try {
        for (;;) fs.writeSync(fd, Buffer.alloc(65536));
    } catch (error) {
        assert.equal(error.code, 'ENOSPC');
    }
    try {
        for (;;) fs.writeSync(fd, Buffer.alloc(512));
    } catch { /* full to the last block */ }
    fs.closeSync(fd);
    for (let seq = 2; seq <= 2000; seq++) await probe.publishAsync('sensor/full-1/temperature', JSON.stringify({ value: 20, ts: 1760000000000 + seq, seq }), { qos: 1 });
    await until('the log names the disk', () => /NO_SPACE|no space/i.test(hub.tail(200)));
    await until('ready says so', async () => (await fetch(`${stack.url}/health/ready`)).status === 503);
    const during = await accounts(stack);
    assert.ok(during.temperature.waiting > 0);
    fs.rmSync(filler);
    await until('it recovers', async () => (await count()) === 2000, 60);
    await until('and is ready', async () => (await fetch(`${stack.url}/health/ready`)).ok);
    const sums = await accounts(stack);
    assert.equal(sums.temperature.waiting, 0);
});

/** Keeps other programs from writing a database until end() is called. */
async function hold(file) {
    const shell = spawn('sqlite3', [file], { stdio: ['pipe', 'pipe', 'inherit'] });
    shell.stdin.write('.timeout 5000\nBEGIN IMMEDIATE;\n.shell echo held\n');
    await once(shell.stdout, 'data');
    return { end: () => (shell.stdin.end('ROLLBACK;\n'), once(shell, 'exit')) };
}

/** A device that does whatever it is told. */
async function obedient(stack, id) {
    const client = await stack.client();
    client.on('message', (topic, payload) => client.publish(`device/${id}/answer`, JSON.stringify({ id: JSON.parse(payload).id, ok: true }), { qos: 1 }));
    await client.subscribeAsync(`device/${id}/command`, { qos: 1 });
    await client.publishAsync(`device/${id}/status`, JSON.stringify({ online: true, seq: 1 }), { qos: 1 });
    return client;
}

test('a store that is held pauses readings, not answers', async (t) => {
    const READINGS = 400;
    const stack = await Stack.create({ env: { ...ANY_RATE, ROOST_WAITING_MAX: '100' } });
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    await stack.signIn();
    const client = await obedient(stack, 'held-1');
    await until('it is known', async () => (await stack.get('/api/v1/devices/held-1')).status === 200);
    const held = await hold(path.join(stack.dir, 'series.db'));
    const gauge = async (name) => (await stack.metrics()).get(name);
    try {
        for (let seq = 1; seq <= READINGS; seq++) await client.publishAsync('sensor/held-1/temperature', JSON.stringify({ value: 20, ts: 1760000000000 + seq, seq }), { qos: 1 });
        await until('reading stops', async () => (await gauge('roost_ingest_paused')) === 1);
        const sent = await stack.post('/api/v1/devices/held-1/commands', { command: 'measure' });
        assert.equal(sent.status, 202);
        await until('the answer all the same', async () => (await stack.get(`/api/v1/commands/${sent.body.command_id}`)).body.state === 'ok', 5);
        assert.equal(await gauge('roost_ingest_paused'), 1);
        assert.equal(await gauge('roost_mqtt_paused'), 1);
        assert.equal(await gauge('roost_mqtt_paused{session="answers"}'), 0);
        assert.equal(stack.sql('SELECT count(*) AS n FROM sensor_temperature')[0].n, 0);
    } finally {
        await held.end();
    }
    await until('every reading is stored', () => stack.sql('SELECT count(*) AS n FROM sensor_temperature')[0].n === READINGS, 60);
    await until('nothing waits', async () => Object.values(await accounts(stack)).every((s) => s.waiting === 0));
});

test('the session of a hub that had one for everything lets go of the answers', async (t) => {
    const stack = await Stack.create({ env: ANY_RATE });
    t.after(() => stack.stop());
    await stack.startBroker();
    const before = await stack.client('roostd', { clientId: 'roostd', clean: false });
    await before.subscribeAsync(['sensor/+/temperature', 'device/+/answer'], { qos: 1 });
    await before.endAsync();
    const probe = await stack.client();
    await probe.publishAsync('device/old-1/answer', '{"id":"of-before","ok":true}', { qos: 1 });
    await stack.startHub();
    const received = async () => (await accounts(stack)).answer.received;
    await until('what was queued for it is taken', async () => (await received()) === 1);
    await until('both sessions are there', async () => (await stack.metrics()).get('roost_mqtt_connected{session="answers"}') === 1);
    for (let i = 0, seen = 1; i < 5; i++) {
        await probe.publishAsync('device/old-1/answer', '{"id":"of-now","ok":true}', { qos: 1 });
        seen = await until('one more', async () => ((await received()) > seen ? received() : 0));
        if (i === 4) assert.equal(seen, 6, 'each comes once');
    }
});

// SPDX-License-Identifier: Apache-2.0
// The whole loop with the real device program, hub and model: a house gets warm, the model decides, the
// window moves; hands, commands, faults and lost power.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Stack, accounts, until } from './support.mjs';

const stack = await Stack.create({ users: ['window-1'] });
test.after(() => stack.stop());
await stack.startBroker();
await stack.startHub();
await stack.startModel();
await stack.signIn();
await stack.startWindow('window-1', ['--speed', '20', '--seed', '7']);
const device = async () => (await stack.get('/api/v1/devices/window-1')).body;

async function command(name, args) {
    const sent = await stack.post('/api/v1/devices/window-1/commands', { command: name, args });
    assert.equal(sent.status, 202, JSON.stringify(sent.body));
    return until(`${name} is answered`, async () => {
        const { body } = await stack.get(`/api/v1/commands/${sent.body.command_id}`);
        return body.state !== 'sent' && body;
    });
}

test('readings arrive, the model decides, the window moves', async () => {
    stack.control('window-1', 'set outdoor_temperature 16');
    await until('calibrated', async () => (await device()).window?.calibrated, 60);
    const decided = await until('a decision', async () => (await device()).decision, 60);
    assert.ok(decided.position >= 0 && decided.position <= 100 && decided.confidence > 0);
    await until('the window is where the model wants it', async () => {
        const d = await device();
        return d.decision && Math.abs(d.window.position - d.decision.position) < 3;
    }, 60);
    for (const table of ['sensor_temperature', 'sensor_humidity', 'sensor_audio', 'window_actions', 'ml_predictions'])
        assert.ok(stack.sql(`SELECT count(*) AS n FROM ${table} WHERE device_id = 'window-1'`)[0].n > 0, table);
    const d = await device();
    assert.equal(d.online, true);
    assert.equal(d.type, 'window');
    assert.ok(d.health.boots >= 1);
    assert.ok(d.latest.temperature.value > 0 && d.latest.sound.value < 0);
});

test('a hand moves it and teaches the model', async () => {
    const labels = await stack.collect('window/window-1/feedback');
    const wanted = (await device()).window.position > 50 ? 10 : 90;
    const moved = await stack.call('PUT', '/api/v1/devices/window-1/position', { position: wanted });
    assert.equal(moved.status, 202);
    await until('the label', () => labels.length === 1 && JSON.parse(labels[0].text).position === wanted);
    await until('the sash is there', async () => Math.abs((await device()).window.position - wanted) < 3, 30);
    await until('the model has the label', async () => {
        const text = await (await fetch(`http://127.0.0.1:${stack.modelPort}/metrics`)).text();
        return /feedback\w*(\{[^}]*\})? [1-9]/.test(text);
    });
});

test('a move by command is the same: it teaches when the device did it, and only then', async () => {
    const labels = await stack.collect('window/window-1/feedback');
    const wanted = (await device()).window.position > 50 ? 20 : 80;
    assert.equal((await command('move', { position: wanted })).state, 'ok');
    await until('the label', () => labels.length === 1 && JSON.parse(labels[0].text).position === wanted);
    assert.equal((await command('move', { position: 101 })).state, 'failed');
    await until('the sash is there', async () => Math.abs((await device()).window.position - wanted) < 3, 30);
    assert.equal(labels.length, 1);
});

test('commands are answered, bad ones with a reason', async () => {
    const settings = await command('settings');
    assert.equal(settings.state, 'ok');
    assert.ok('sample_interval_ms' in settings.answer);
    assert.equal((await command('set', { sample_interval_ms: 2000 })).state, 'ok');
    const bad = await command('set', { sample_interval_ms: 1 });
    assert.equal(bad.state, 'failed');
    assert.match(JSON.stringify(bad.answer), /sample_interval_ms/);
    assert.equal((await command('nonsense')).state, 'failed');
    assert.equal((await command('log_level', { level: 'debug' })).state, 'ok');
    const log = await command('read_log');
    assert.equal(log.state, 'ok');
    assert.match(JSON.stringify(log.answer), /window|motor|link/);
});

test('a jammed window is reported and cleared by calibrating', async () => {
    stack.control('window-1', 'fault motor_jam on');
    await stack.call('PUT', '/api/v1/devices/window-1/position', { position: 50 });
    await until('the fault', async () => (await device()).health?.fault === 'motor_stall', 60);
    const d = await device();
    assert.match(d.health.fault_action, /calibrate/);
    stack.control('window-1', 'fault motor_jam off');
    assert.equal((await command('calibrate')).state, 'ok');
    await until('it is gone', async () => (await device()).health.fault === null, 60);
});

test('power is cut, and nothing of what was measured is lost', async () => {
    const window = stack.programs.get('window-1');
    await stack.programs.get('broker').kill();
    const before = stack.control('window-1', 'state');
    await until('it measures on without a broker', () => {
        const now = stack.control('window-1', 'state');
        return JSON.stringify(now) !== JSON.stringify(before) && now.journal.waiting > 3;
    }, 60);
    try {
        stack.control('window-1', 'cut-power');
    } catch { /* it is gone before it can answer */ }
    await window.ended;
    await stack.startBroker();
    await stack.startWindow('window-1', ['--speed', '20', '--seed', '7']);
    await until('the backlog is delivered', async () => {
        const d = await device();
        return d.online && d.health.boots >= 2 && d.health.journal_waiting <= 8;
    }, 60);
    const gaps = (await stack.metrics()).get('roost_ingest_gap_readings_total') ?? 0;
    assert.equal(gaps, 0);
    for (const table of ['sensor_temperature', 'sensor_humidity']) {
        const [row] = stack.sql(`SELECT count(*) AS n, count(DISTINCT timestamp) AS d FROM ${table}`);
        assert.equal(row.n, row.d, 'none twice');
    }
    await accounts(stack);
});

test('a stop is announced, a pulled plug by the last will', async () => {
    const window = stack.programs.get('window-1');
    await window.kill('SIGTERM');
    assert.deepEqual(window.exit, { code: 0, signal: null });
    await until('offline', async () => (await device()).online === false);
    await stack.startWindow('window-1', ['--speed', '20', '--seed', '7']);
    await until('online', async () => (await device()).online, 30);
    await stack.programs.get('window-1').kill('SIGKILL');
    await until('offline by its will', async () => (await device()).online === false, 30);
});

// SPDX-License-Identifier: Apache-2.0
// The hub's side of PROTOCOLS 4, spoken by a client that is not ours: what is stored, what is asked of
// the model, what is refused, and that the books balance after each.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Stack, accounts, audioPayload, pcm, until, wav } from './support.mjs';

const stack = await Stack.create({ env: { ROOST_TRIGGER_INTERVAL_S: '1' } });
test.after(() => stack.stop());
await stack.startBroker();
await stack.startHub();
const probe = await stack.client();
const send = (topic, payload) => probe.publishAsync(topic, payload, { qos: 1 });
const stored = (table, id) => stack.sql(`SELECT * FROM ${table} WHERE device_id = '${id}' ORDER BY timestamp`);

test('plain and stamped readings are stored with their time', async () => {
    await send('sensor/plain-1/temperature', '25.5');
    await send('sensor/plain-1/humidity', ' 60.0\n');
    await send('sensor/plain-1/temperature', JSON.stringify({ value: 24.25, ts: 1760000000123, seq: 7 }));
    const rows = await until('three rows', () => {
        const t = stored('sensor_temperature', 'plain-1');
        return t.length === 2 && stored('sensor_humidity', 'plain-1').length === 1 && t;
    });
    assert.deepEqual(rows[0], { ...rows[0], timestamp: 1760000000123, value: 24.25 });
    assert.equal(rows[1].value, 25.5);
    assert.ok(Math.abs(rows[1].timestamp - Date.now()) < 10000, 'the arrival is stamped');
    assert.equal(stored('sensor_humidity', 'plain-1')[0].value, 60);
    await accounts(stack);
});

test('a sequence number is stored once', async () => {
    for (const seq of [1, 2, 2, 3, 1, 4]) await send('sensor/twice-1/temperature', JSON.stringify({ value: 20 + seq, ts: 1760000000000 + seq * 1000, seq }));
    await until('four rows', () => stored('sensor_temperature', 'twice-1').length === 4);
    const sums = await accounts(stack);
    assert.equal(sums.temperature.duplicate, 2);
});

test('sound is kept as level and hash, never as sound', async () => {
    const samples = pcm(32000, 3277); // a tenth of full scale: -20 dBFS
    await send('sensor/sound-1/audio', audioPayload(samples, 2.0));
    await send('sensor/sound-1/audio', audioPayload(wav(samples), 2.0));
    await send('sensor/sound-1/audio', audioPayload(Buffer.alloc(64000), 2.0));
    const rows = await until('three sounds', () => {
        const r = stack.sql(`SELECT * FROM sensor_audio WHERE device_id = 'sound-1' ORDER BY rowid`);
        return r.length === 3 && r;
    });
    const level = (row) => JSON.parse(row.features).sound_volume;
    assert.ok(Math.abs(level(rows[0]) + 20) < 0.01, `level ${level(rows[0])}`);
    assert.ok(Math.abs(level(rows[1]) + 20) < 0.01);
    assert.equal(level(rows[2]), -96);
    assert.equal(rows[0].sample_rate, 16000);
    assert.equal(rows[0].duration, 2);
    assert.match(rows[0].audio_hash, /^[0-9a-f]{64}$/);
    assert.equal(rows[0].audio_hash, createHash('sha256').update(samples).digest('hex'));
    assert.ok(!JSON.stringify(rows).includes(samples.toString('base64').slice(0, 40)));
});

test('the model is asked by the trigger rules', async () => {
    const requests = await stack.collect('ml/inference/request/trigger-1');
    const asked = (n, seconds) => until(`${n} requests`, () => requests.length >= n && JSON.parse(requests[n - 1].text), seconds);
    await send('sensor/trigger-1/temperature', '21.0');
    await send('sensor/trigger-1/humidity', '50.0');
    await stack.get('/health');
    assert.equal(requests.length, 0, 'not before all three were seen');
    await send('sensor/trigger-1/audio', audioPayload(pcm(32000, 3277), 2.0));
    const first = await asked(1);
    assert.equal(first.device_id, 'trigger-1');
    assert.deepEqual([first.temperature, first.humidity], [21, 50]);
    assert.ok(Math.abs(first.sound_volume + 20) < 0.01);
    assert.ok(Math.abs(Date.parse(first.timestamp) - Date.now()) < 10000);
    assert.match(first.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);

    await send('sensor/trigger-1/temperature', '21.4');
    await send('sensor/trigger-1/humidity', '51.9');
    await send('sensor/trigger-1/temperature', '21.5');
    assert.deepEqual((await asked(2)).temperature, 21.5, 'half a degree, with the latest values');
    await send('sensor/trigger-1/humidity', '53.9');
    await asked(3);
    assert.equal(requests.length, 3);
});

test('decisions are stored as actions and predictions', async () => {
    const now = new Date().toISOString();
    await send('window/decide-1/control', JSON.stringify({ device_id: 'decide-1', timestamp: now, position: 42, confidence: 0.9,
        features_used: { temperature: 25.5, humidity: 60, sound_volume: -30 }, model_version: 'v9', inference_time_ms: 1.5 }));
    await send('window/decide-1/control', JSON.stringify({ device_id: 'decide-1', timestamp: now, position: 10.5, confidence: 0.25,
        features_used: { temperature: 18, humidity: 40, sound_volume: -50 } }));
    const actions = await until('two actions', () => {
        const r = stack.sql(`SELECT * FROM window_actions WHERE device_id = 'decide-1' ORDER BY rowid`);
        return r.length === 2 && r;
    });
    assert.deepEqual(actions[0], { ...actions[0], timestamp: Date.parse(now), position: 42, confidence: 0.9, temperature: 25.5, humidity: 60, sound_volume: -30 });
    const predictions = stack.sql(`SELECT * FROM ml_predictions WHERE device_id = 'decide-1' ORDER BY rowid`);
    assert.deepEqual(predictions[0], { ...predictions[0], prediction: 42, confidence: 0.9, inference_time_ms: 1.5, model_version: 'v9' });
    assert.equal(predictions.length, 2);
});

const hostile = [
    ['temperature', ''], ['temperature', 'abc'], ['temperature', 'NaN'], ['temperature', 'Infinity'], ['temperature', '1e308'],
    ['temperature', '{"value":'], ['temperature', '{"value":"25"}'], ['temperature', '{"value":25.5,"ts":"x"}'], ['temperature', '{"ts":1760000000000}'],
    ['temperature', '[25.5]'], ['temperature', '25.5 26.5'], ['temperature', '-61'], ['temperature', Buffer.from([0xff, 0xfe, 0x00])],
    ['humidity', '100.1'], ['humidity', '-0.1'], ['humidity', 'null'], ['humidity', '{"value":50,"seq":"x"}'],
    ['audio', '{}'], ['audio', 'not json'], ['audio', '{"data":"%%%%","sample_rate":16000,"duration":2.0}'], ['audio', '{"data":"","sample_rate":16000,"duration":2.0}'],
    ['audio', audioPayload(pcm(16000, 100), 2.0).slice(0, 4000)], ['audio', audioPayload(Buffer.from([1, 2, 3]), 0.0001)],
    ['audio', audioPayload(wav(pcm(32000, 100), 8000), 2.0)], ['audio', audioPayload(wav(pcm(32000, 100), 16000, { channels: 2 }), 2.0)],
    ['audio', audioPayload(wav(pcm(32000, 100)).subarray(0, 30), 2.0)], ['audio', JSON.stringify({ data: 'AAAA', sample_rate: -5, duration: 2 })],
];

test('malformed payloads are refused with a counted reason', async () => {
    const before = await accounts(stack);
    for (const [kind, payload] of hostile) await send(`sensor/hostile-1/${kind}`, payload);
    for (const payload of ['{}', '{"position":50}', 'x', JSON.stringify({ device_id: 'other', timestamp: new Date().toISOString(), position: 50, confidence: 0.5 }),
        JSON.stringify({ device_id: 'hostile-1', timestamp: new Date().toISOString(), position: 101, confidence: 0.5 }),
        JSON.stringify({ device_id: 'hostile-1', timestamp: 'yesterday', position: 10, confidence: 0.5 })])
        await send('window/hostile-1/control', payload);
    const after = await until('all refused', async () => {
        const sums = await accounts(stack);
        const n = (k) => sums[k].rejected - (before[k]?.rejected ?? 0);
        return n('temperature') + n('humidity') + n('audio') === hostile.length && n('control') === 6 && sums;
    });
    for (const table of ['sensor_temperature', 'sensor_humidity', 'sensor_audio', 'window_actions'])
        assert.equal(stored(table, 'hostile-1').length, 0, table);
    const reasons = [...(await stack.metrics()).keys()].filter((k) => k.startsWith('roost_ingest_rejected'));
    assert.ok(reasons.every((k) => /reason="[a-z0-9_]+"/.test(k)));
    assert.ok(after.temperature.waiting === 0);
});

test('malformed topics and a 10 MB payload leave the hub alive', async () => {
    const before = (await stack.metrics()).get('process_start_time_seconds');
    for (const topic of ['sensor', 'sensor/', 'sensor//temperature', 'sensor/a/b/temperature', 'sensor/x/pressure', 'sensor/bad id/temperature', `sensor/${'x'.repeat(65)}/temperature`, 'sensor/ünï/temperature'])
        await send(topic, '20.0');
    const big = await stack.client();
    big.on('error', () => undefined);
    await Promise.race([big.publishAsync('sensor/big-1/audio', Buffer.alloc(10 << 20, 'A'), { qos: 1 }).catch(() => undefined), new Promise((r) => setTimeout(r, 3000))]);
    big.end(true);
    await send('sensor/after-1/temperature', '20.0');
    await until('the next reading', () => stored('sensor_temperature', 'after-1').length === 1);
    assert.equal((await stack.metrics()).get('process_start_time_seconds'), before);
    await accounts(stack);
});

test('devices are registered with their first message', async () => {
    await stack.signIn();
    const { body } = await stack.get('/api/v1/devices/plain-1');
    assert.equal(body.device_id, 'plain-1');
    assert.equal(body.active, true);
    assert.equal(body.latest.temperature.value, 25.5);
    const mirrored = await until('device_registry', () => {
        const rows = stack.sql(`SELECT * FROM device_registry WHERE device_id = 'plain-1'`);
        return rows.length === 1 && rows[0];
    });
    assert.equal(mirrored.is_active, 1);
    JSON.parse(mirrored.config);
});

test('history comes back in buckets', async () => {
    const base = 1750000000000;
    for (let i = 0; i < 100; i++) await send('sensor/history-1/temperature', JSON.stringify({ value: i / 10, ts: base + i * 60000, seq: i + 1 }));
    await until('100 rows', () => stored('sensor_temperature', 'history-1').length === 100);
    const { body } = await stack.get(`/api/v1/devices/history-1/history?metric=temperature&from=${base}&to=${base + 6000000}&points=10`);
    assert.equal(body.unit, 'degC');
    assert.ok(body.points.length >= 9 && body.points.length <= 11);
    assert.equal(body.points[0][2], 0);
    assert.ok(Math.abs(body.points.at(-1)[3] - 9.9) < 1e-9);
    const bad = await stack.get('/api/v1/devices/history-1/history?metric=pressure');
    assert.equal(bad.status, 400);
    assert.match(bad.body.error.message, /metric/);
});

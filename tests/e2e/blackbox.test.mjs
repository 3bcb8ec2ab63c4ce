// SPDX-License-Identifier: Apache-2.0
// As a stranger would: an anonymous Mosquitto with its defaults, programs started in an empty folder with
// the four main settings only, Mosquitto's own clients, and figures computed here.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import mqtt from 'mqtt';
import { audioPayload, bin, freePort, root, until, wav } from './support.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-blackbox-'));
const mqttPort = await freePort();
const httpPort = await freePort();
const url = `http://127.0.0.1:${httpPort}`;
const broker = `mqtt://127.0.0.1:${mqttPort}`;
const password = execFileSync('openssl', ['rand', '-hex', '12'], { encoding: 'utf8' }).trim();
const bare = { PATH: process.env.PATH, HOME: dir };
const settings = { MQTT_URL: broker, ROOST_LISTEN: `127.0.0.1:${httpPort}`, DATABASE_URL: 'sqlite:roost.db', SERIES_URL: 'sqlite:series.db' };
const children = [];

function start(name, command, args, env = {}) {
    const log = path.join(dir, `${name}.log`);
    const out = fs.openSync(log, 'a');
    const child = spawn(command, args, { cwd: dir, env: { ...bare, ...env }, stdio: ['ignore', out, out] });
    fs.closeSync(out);
    child.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    child.log = () => fs.readFileSync(log, 'utf8');
    children.push(child);
    return child;
}
const startHub = async (env = {}) => {
    const hub = start('roostd', path.join(bin, 'roostd'), [], { ...settings, ...env });
    await until('hub is ready', async () => (await fetch(`${url}/health/ready`)).ok);
    return hub;
};
const sql = (query) => JSON.parse(execFileSync('sqlite3', ['-readonly', '-json', '-cmd', '.timeout 5000', path.join(dir, 'series.db'), query], { encoding: 'utf8' }) || '[]');
const mosquittoPub = (topic, text, ...args) => execFileSync('mosquitto_pub', ['-p', String(mqttPort), '-t', topic, '-m', text, ...args]);

start('broker', 'mosquitto', ['-p', String(mqttPort)]);
await until('the broker listens', async () => mosquittoPub('x', 'x') !== undefined);
const client = await mqtt.connectAsync(broker);
const heard = [];
client.on('message', (topic, payload) => heard.push({ topic, text: payload.toString() }));
const send = (topic, payload, options = {}) => client.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), { qos: 1, ...options });
test.after(async () => {
    client.end(true);
    for (const child of children.reverse()) {
        child.kill();
        await child.ended;
    }
    fs.rmSync(dir, { recursive: true, force: true });
});
let hub = await startHub({ ROOST_ADMIN_EMAIL: 'stranger@roost.local', ROOST_ADMIN_PASSWORD: password, ROOST_INACTIVE_AFTER_S: '5' });
const answer = await fetch(`${url}/api/v1/auth/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email: 'stranger@roost.local', password }) });
const token = (await answer.json()).access_token;
const api = (where, options = {}) => fetch(url + where, { ...options, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } });

test('a reading in every form it may have', async () => {
    const good = { 25: 25, 25.5: 25.5, '-3.25': -3.25, '2.55e1': 25.5, '2.55E+1': 25.5, ' 25.5 ': 25.5, '25.5\r\n': 25.5, '+25.5': 25.5, '.5': 0.5, '25.': 25, '025.5': 25.5, '-0': 0,
        '{"value":25.5}': 25.5, ' { "seq" : 5 , "unit" : {"a":[1,null]} , "value" : 1e1 }\n': 10, '{"value":3,"ts":0}': 3, '{"value":4,"seq":0}': 4, '{"value":5,"seq":18446744073709551615}': 5 };
    const bad = ['', ' ', '25,5', '0x19', '25.5C', '2.5e', 'nan', '1e400', '{"value":"25.5"}', '{"value":25.5} x', '{"value":25.5,"seq":18446744073709551616}', '{"value":25.5,"seq":-1}', '{"value":25.5,"ts":"now"}'];
    const texts = [...Object.keys(good), ...bad];
    for (const [i, text] of texts.entries()) await send(`sensor/form-${i}/temperature`, text);
    await send('sensor/form-last/temperature', '1');
    await until('the last one', () => sql("SELECT * FROM sensor_temperature WHERE device_id = 'form-last'").length === 1);
    for (const [i, text] of texts.entries())
        assert.deepEqual(sql(`SELECT value FROM sensor_temperature WHERE device_id = 'form-${i}'`).map((row) => row.value), text in good ? [good[text]] : [], JSON.stringify(text));
});

test('numbers beyond 2^53, out of order, twice, and starting over', async () => {
    const numbered = (seq, ts) => send('sensor/seq-1/humidity', `{"ts":${ts},"seq":${seq},"value":50}`);
    for (const seq of ['9007199254740993', '9007199254740992', '9007199254740993', '18446744073709551615', '18446744073709551615', '7', '5', '6', '5']) await numbered(seq, 1760000000000);
    for (const seq of [5, 6, 7]) await numbered(seq, 1760000100000 + seq);
    await until('nine rows', () => sql("SELECT * FROM sensor_humidity WHERE device_id = 'seq-1'").length === 9);
});

test('QoS 0, 1 and 2, retained or not; a kill doubles nothing', async () => {
    for (const qos of ['0', '1', '2']) mosquittoPub(`sensor/qos-${qos}/temperature`, '20', '-q', qos);
    mosquittoPub('sensor/qos-r/temperature', '20', '-q', '1', '-r');
    await until('four rows', () => sql("SELECT * FROM sensor_temperature WHERE device_id LIKE 'qos-%'").length === 4);
    hub.kill('SIGKILL');
    await hub.ended;
    hub = await startHub({ ROOST_INACTIVE_AFTER_S: '5' });
    await send('sensor/qos-z/temperature', '20');
    await until('the next one', () => sql("SELECT * FROM sensor_temperature WHERE device_id = 'qos-z'").length === 1);
    assert.equal(sql("SELECT * FROM sensor_temperature WHERE device_id LIKE 'qos-%'").length, 5);
});

test('sound levels are those computed here', async () => {
    const make = (f) => {
        const bytes = Buffer.alloc(64000);
        for (let i = 0; i < 32000; i++) bytes.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(f(i)))), 2 * i);
        return bytes;
    };
    const level = (bytes) => {
        let sum = 0;
        for (let at = 0; at < bytes.length; at += 2) sum += bytes.readInt16LE(at) ** 2;
        return Math.max(-96, 20 * Math.log10(Math.sqrt(sum / (bytes.length / 2)) / 32768));
    };
    const sounds = { sine: make((i) => 12345 * Math.sin(i * 0.07)), full: make(() => -32768), silence: make(() => 0), click: make((i) => (i === 7 ? 1 : 0)), least: make(() => 1), ramp: make((i) => ((i * 40503) % 65536) - 32768) };
    for (const [name, bytes] of Object.entries(sounds)) {
        await send(`sensor/pcm-${name}/audio`, audioPayload(bytes, 2.0));
        await send(`sensor/wav-${name}/audio`, audioPayload(wav(bytes), 2));
    }
    // JSON lets a slash be escaped, and any other character too; an odd number of bytes is no sound.
    await send('sensor/pcm-escaped/audio', audioPayload(sounds.ramp, 2).replaceAll('/', '\\/').replaceAll('+', '\\u002B'));
    await send('sensor/pcm-odd/audio', audioPayload(sounds.sine.subarray(1), 2));
    const rows = await until('every sound', () => {
        const all = sql('SELECT device_id, features FROM sensor_audio');
        return all.length === 13 && new Map(all.map((row) => [row.device_id, JSON.parse(row.features).sound_volume]));
    });
    for (const [name, bytes] of [...Object.entries(sounds), ['escaped', sounds.ramp]])
        for (const kind of name === 'escaped' ? ['pcm'] : ['pcm', 'wav'])
            assert.ok(Math.abs(rows.get(`${kind}-${name}`) - level(bytes)) < 0.001, `${kind} ${name}: ${rows.get(`${kind}-${name}`)}, not ${level(bytes)}`);
    assert.deepEqual([rows.get('pcm-silence'), rows.get('pcm-full')], [-96, 0]);
});

test('control of a foreign model, in every RFC 3339 form', async () => {
    const now = Date.now();
    const iso = new Date(now).toISOString();
    const forms = { z: iso, lower: iso.toLowerCase(), micro: iso.replace('Z', '123+00:00'), east: new Date(now + 7200000).toISOString().replace('Z', '+02:00'), west: new Date(now - 12600000).toISOString().replace('Z', '-03:30') };
    const control = (name, timestamp, more = {}) => send(`window/ctl-${name}/control`, { device_id: `ctl-${name}`, timestamp, position: 42.5, confidence: 0.9, features_used: { temperature: 25.5, humidity: 60, sound_volume: -30 }, ...more });
    for (const [name, timestamp] of Object.entries(forms)) await control(name, timestamp);
    for (const [name, timestamp] of [['none', undefined], ['naive', iso.slice(0, -1)], ['number', now], ['feb30', '2025-02-30T00:00:00Z'], ['future', '2090-01-01T00:00:00Z']]) await control(name, timestamp);
    await control('bare', iso, { features_used: undefined });
    await control('more', iso, { anything: { a: [1] }, model_version: null });
    const rows = await until('eight decisions', () => {
        const all = sql('SELECT * FROM window_actions ORDER BY device_id');
        return all.length === 8 && all;
    });
    const names = [...Object.keys(forms), 'bare', 'future', 'more'].map((name) => `ctl-${name}`).sort();
    assert.deepEqual(rows.map((row) => row.device_id), names);
    // A time that cannot be is that of its arrival.
    const arrived = rows[names.indexOf('ctl-future')];
    assert.ok(arrived.timestamp >= now && arrived.timestamp < now + 60000);
    for (const row of rows.filter((one) => one !== arrived)) assert.equal(row.timestamp, now);
    for (const row of rows) assert.deepEqual([row.position, row.confidence], [42.5, 0.9]);
    assert.deepEqual(['bare', 'more'].map((name) => rows[names.indexOf(`ctl-${name}`)].temperature), [null, 25.5]);
});

test('tables and columns as listed, times in milliseconds', () => {
    const tables = { sensor_temperature: 'timestamp device_id value', sensor_humidity: 'timestamp device_id value', sensor_audio: 'timestamp device_id sample_rate duration format audio_hash features',
        window_actions: 'timestamp device_id position confidence temperature humidity sound_volume', ml_predictions: 'timestamp device_id prediction confidence inference_time_ms model_version',
        device_registry: 'device_id name location registered_at last_seen is_active config' };
    for (const [table, columns] of Object.entries(tables)) {
        assert.equal(sql(`PRAGMA table_info(${table})`).map((column) => column.name).join(' '), columns);
        if (columns.startsWith('timestamp')) assert.deepEqual(sql(`SELECT DISTINCT typeof(timestamp) AS type FROM ${table}`), [{ type: 'integer' }], table);
    }
});

test('silent devices count as inactive, also one that was only registered', async () => {
    assert.equal((await api('/api/v1/devices', { method: 'POST', body: JSON.stringify({ device_id: 'silent-1', type: 'window' }) })).status, 201);
    await send('sensor/spoke-1/temperature', '20');
    await until('it is active', async () => (await (await api('/api/v1/devices/spoke-1')).json()).active === true);
    await until('both are inactive', async () => {
        const rows = sql("SELECT is_active FROM device_registry WHERE device_id IN ('silent-1', 'spoke-1')");
        return rows.length === 2 && rows.every((row) => row.is_active === 0);
    });
    for (const id of ['silent-1', 'spoke-1']) assert.equal((await (await api(`/api/v1/devices/${id}`)).json()).active, false);
});

test('events reach every listener, a slow one harms nobody', async () => {
    const listen = () => new Promise((resolve, reject) => {
        const request = http.get(`${url}/api/v1/events`, { agent: false, headers: { Authorization: `Bearer ${token}` } }, (response) => {
            response.text = '';
            response.setEncoding('utf8');
            resolve(response);
        });
        request.on('error', reject);
    });
    const listeners = await Promise.all([listen(), listen(), listen()]);
    const slow = listeners.pop(); // its bytes are never read
    for (const listener of listeners) listener.on('data', (text) => (listener.text += text));
    for (let i = 0; i < 200; i++) await send(`sensor/live-${i % 20}/temperature`, String(20 + (i % 10)));
    await send('sensor/live-last/temperature', '21.25');
    for (const listener of listeners) {
        assert.match(listener.headers['content-type'], /^text\/event-stream/);
        await until('the last reading', () => /live-last/.test(listener.text) && /21\.25/.test(listener.text));
    }
    for (const listener of [...listeners, slow]) listener.destroy();
    assert.equal((await fetch(`${url}/health`)).status, 200);
});

test('the model answers mosquitto_pub, and ignores what is no request', async () => {
    const models = path.join(dir, 'models');
    fs.cpSync(path.join(root, 'ml/models'), models, { recursive: true, verbatimSymlinks: true });
    const model = start('roost-ml', path.join(bin, 'roost-ml'), ['serve', '--models', models, '--broker', broker]);
    await until('it is connected', () => /"msg":"connected"/.test(model.log()), 40);
    await client.subscribeAsync('window/ask-1/control', { qos: 1 });
    const request = { device_id: 'ask-1', timestamp: new Date().toISOString(), temperature: 25.5, humidity: 60.0, sound_volume: -42.5 };
    for (const text of ['junk', '[]', JSON.stringify({ ...request, temperature: undefined }), JSON.stringify({ ...request, humidity: '60' }), JSON.stringify({ ...request, sound_volume: null }), JSON.stringify(request).replace('25.5', 'NaN'), JSON.stringify({ ...request, device_id: 'ask-2' })])
        await send('ml/inference/request/ask-1', text);
    // The broker may have the model's session before its subscription: ask until it hears.
    const first = await until('an answer', () => {
        mosquittoPub('ml/inference/request/ask-1', JSON.stringify(request), '-q', '1');
        return heard.find((message) => message.topic === 'window/ask-1/control');
    });
    const decision = JSON.parse(first.text);
    assert.equal(decision.device_id, 'ask-1');
    assert.ok(decision.position >= 0 && decision.position <= 100 && decision.confidence >= 0 && decision.confidence <= 1);
    assert.deepEqual(decision.features_used, { temperature: 25.5, humidity: 60, sound_volume: -42.5 });
    assert.ok(Number.isFinite(Date.parse(decision.timestamp)));
    model.kill();
    assert.equal((await model.ended).code, 0);
});

test('a window: what it says first, a reboot without a flash, a stop, a pulled plug', async () => {
    await client.subscribeAsync(['device/win-1/#', 'window/win-1/state', 'sensor/win-1/#'], { qos: 1 });
    const window = start('window', path.join(bin, 'roost-window'), ['--id', 'win-1', '--broker', broker, '--speed', '100']);
    const all = (topic) => heard.filter((message) => message.topic === topic).map((message) => JSON.parse(message.text));
    const status = () => all('device/win-1/status');
    await until('it is online', () => status().at(-1)?.online === true);
    await until('it has measured', () => all('sensor/win-1/temperature').length > 0 && all('sensor/win-1/humidity').length > 0);
    assert.deepEqual(Object.keys(all('window/win-1/state')[0]), ['position', 'target', 'moving', 'calibrated', 'fault']);
    assert.ok(all('sensor/win-1/temperature')[0].seq >= 1);
    await send('device/win-1/command', { id: 'r1', command: 'reboot' });
    await until('it was offline and is online again', () => status().map((said) => said.online).join() === 'true,false,true');
    assert.equal(all('device/win-1/answer')[0].ok, true);
    window.kill('SIGKILL');
    await until('the last will', () => status().at(-1)?.online === false);
    const again = start('window', path.join(bin, 'roost-window'), ['--id', 'win-1', '--broker', broker]);
    await until('it is online', () => status().at(-1)?.online === true);
    again.kill();
    assert.deepEqual(await again.ended, { code: 0, signal: null });
    await until('it said goodbye', () => status().at(-1)?.online === false);
});

test('what keeps roostd from starting is named', () => {
    const run = (env, ...args) => {
        const { status, stdout, stderr } = spawnSync(path.join(bin, 'roostd'), args, { cwd: dir, env: { ...bare, ...settings, ...env }, encoding: 'utf8', timeout: 20000 });
        return { status, text: stdout + stderr };
    };
    fs.writeFileSync(path.join(dir, 'junk.db'), 'no database, but long enough to look like one'.repeat(30));
    execFileSync('sqlite3', [path.join(dir, 'roost.db'), '.backup newer.db'], { cwd: dir });
    execFileSync('sqlite3', [path.join(dir, 'newer.db'), "INSERT INTO schema_version VALUES (999, 'from the future')"]);
    const own = { SERIES_URL: 'sqlite:own-series.db', CHARGING_URL: 'sqlite:own-charging.db' };
    for (const [env, word] of [[{}, /DATABASE_URL.*in use by another roostd \(process \d+\)/], [{ DATABASE_URL: 'sqlite:own.db', ...own }, /ROOST_LISTEN.*in use/], [{ DATABASE_URL: 'sqlite:nowhere/a.db' }, /DATABASE_URL/],
        [{ DATABASE_URL: 'sqlite:junk.db', ...own }, /DATABASE_URL.*not a database/], [{ DATABASE_URL: 'sqlite:newer.db', ...own }, /newer/],
        [{ ENVIRONMENT: 'production' }, /JWT_SECRET_KEY/], [{ ENVIRONMENT: 'production', JWT_SECRET_KEY: 'a'.repeat(40) }, /JWT_SECRET_KEY/],
        [{ ENVIRONMENT: 'production', JWT_SECRET_KEY: 'f3b1c0a97d2e48569b7fd1e05a6c3288' }, /ESP32_SHARED_SECRET/],
        [{ ENVIRONMENT: 'production', JWT_SECRET_KEY: 'f3b1c0a97d2e48569b7fd1e05a6c3288', ESP32_SHARED_SECRET: 'c2f8017be4935da60718293a4b5c6d7e' }, /COPPA_ENCRYPTION_KEY/], [{ DATABASE_URL: 'postgresql://h/d' }, /DATABASE_URL/]]) {
        const { status, text } = run(env);
        assert.equal(status, 1, `${JSON.stringify(env)}: ${text}`);
        assert.match(text, word);
    }
    fs.writeFileSync(path.join(dir, 'roost.ini'), '[roost]\nROOST_TRIGGER_INTERVAL_S = 3601\n');
    assert.match(run({}, '--config', 'roost.ini').text, /ROOST_TRIGGER_INTERVAL_S = "3601".*0 to 3600/);
    assert.equal(run({}, '--bogus').status, 2);
});

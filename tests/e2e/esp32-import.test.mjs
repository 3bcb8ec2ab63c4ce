// SPDX-License-Identifier: Apache-2.0
// A factory's batch: signed here by Node's crypto, and once by roost-factory itself.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, pbkdf2Sync, randomBytes, sign } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import mqtt from 'mqtt';
import { described as asDescribed } from './described.mjs';
import { Stack, bin, until } from './support.mjs';

const ROUTE = '/api/v1/devices/batch';
const stack = await Stack.create({ env: { ROOST_DEVICE_POLICY: 'closed' } });
test.after(() => stack.stop());

function makeKey() {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y } = pair.publicKey.export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    return { key: pair.privateKey, point, id: createHash('sha256').update(point).digest('hex').slice(0, 16) };
}

/** Mosquitto's $7$ form. */
function brokerHash(password) {
    const salt = randomBytes(12);
    return `$7$101$${salt.toString('base64')}$${pbkdf2Sync(password, salt, 101, 64, 'sha512').toString('base64')}`;
}

const factory = makeKey();
let serial = 0;

function makeBatch(count, { by = factory, ...head } = {}) {
    const batch = { batch: `b-${++serial}`, made_at: '2026-11-21T04:30:00Z', product: 'window', ...head };
    batch.devices = Array.from({ length: count }, (_, i) => {
        const device_id = `window-${serial}-${String(i).padStart(4, '0')}`;
        return { device_id, hardware_version: 3, broker_user: device_id, broker_password_hash: brokerHash(`pass ${device_id}`), secret_hex: randomBytes(32).toString('hex') };
    });
    return signed(batch, by);
}

function signed({ batch, made_at, product, devices }, by = factory) {
    const lines = `roost-batch-1\nbatch=${batch}\nmade_at=${made_at}\nproduct=${product}\n` + devices.map((d) =>
        `device=${d.device_id} ${d.hardware_version} ${d.broker_user} ${d.broker_password_hash} ${d.secret_hex}\n`).join('');
    const signature = sign('sha256', Buffer.from(lines), { key: by.key, dsaEncoding: 'ieee-p1363' }).toString('hex');
    return { batch, made_at, product, devices, signature, key_id: by.id };
}

await stack.startBroker();
await stack.startHub();
await stack.signIn();
const description = (await stack.get('/api/openapi.json')).body;
async function post(batch) {
    const answer = await stack.post(ROUTE, batch);
    asDescribed(description, 'POST', ROUTE, answer);
    return answer;
}

test('without the factory\'s key nothing is imported', async () => {
    const answer = await post(makeBatch(1));
    assert.equal(answer.status, 403);
    assert.match(answer.body.error.message, /ROOST_FACTORY_KEY_FILE/);
    stack.env.ROOST_FACTORY_KEY_FILE = path.join(stack.dir, 'factory.pub');
    for (const [text, why] of [['', /ROOST_FACTORY_KEY_FILE.*nothing there/], ['05'.repeat(65), /ROOST_FACTORY_KEY_FILE.*130 hexadecimal/]]) {
        fs.writeFileSync(stack.env.ROOST_FACTORY_KEY_FILE, text);
        const out = spawnSync(path.join(bin, 'roostd'), ['--check'], { env: { ...process.env, ...stack.hubEnv() }, encoding: 'utf8' });
        assert.notEqual(out.status, 0);
        assert.match(out.stderr, why);
    }
    fs.writeFileSync(stack.env.ROOST_FACTORY_KEY_FILE, `${factory.point.toString('hex')}\n`);
    await stack.programs.get('roostd').kill();
    await stack.startHub();
    await stack.signIn();
    assert.equal(fs.statSync(path.join(stack.dir, 'roost-registry.key')).mode & 0o777, 0o600);
});

test('an operator imports; the devices may speak under the closed policy', async () => {
    const batch = makeBatch(3);
    const token = stack.token;
    stack.token = undefined;
    assert.equal((await post(batch)).status, 401);
    stack.token = token;
    const answer = await post(batch);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { batch: batch.batch, product: 'window', imported: 3, unchanged: 0 });
    assert.deepEqual((await post(batch)).body, { batch: batch.batch, product: 'window', imported: 0, unchanged: 3 });
    const id = batch.devices[1].device_id;
    const before = (await stack.get(`/api/v1/devices/${id}`)).body;
    assert.deepEqual([before.claimed, before.online, before.active, before.last_seen_at_ms, before.type], [true, false, false, null, 'window']);
    const probe = await stack.client();
    await probe.publishAsync(`sensor/${id}/temperature`, '21.5', { qos: 1 });
    await probe.publishAsync('sensor/a-stranger/temperature', '21.5', { qos: 1 });
    await until('its reading', async () => (await stack.get(`/api/v1/devices/${id}`)).body.latest.temperature?.value === 21.5);
    assert.equal((await stack.get('/api/v1/devices/a-stranger')).status, 404);
});

test('nothing of a bad batch is taken', async () => {
    const stranger = makeKey();
    const spoil = (change) => { const b = makeBatch(3); change(b); return b; };
    const cases = [
        [makeBatch(3, { by: stranger }), 403, /key_id/],
        [{ ...makeBatch(3, { by: stranger }), key_id: factory.id }, 403, /signature/],
        [spoil((b) => (b.devices[2].secret_hex = 'ab'.repeat(32))), 403, /signature/],
        [spoil((b) => b.devices.reverse()), 403, /signature/],
        [spoil((b) => b.devices.pop()), 403, /signature/],
        [spoil((b) => (b.batch = 'other')), 403, /signature/],
        [spoil((b) => delete b.signature), 400, /signature/],
        [spoil((b) => (b.devices[1].hardware_version = '3')), 400, /devices\[1\]\.hardware_version/],
        [makeBatch(2, { product: 'toaster' }), 400, /product/],
        [makeBatch(1001), 413, /1001.*at most 1000/],
        ['{', 400, /JSON/], ['[]', 400, /JSON/],
        [`{"x":"${'y'.repeat(1 << 20)}"}`, 413, /1048576 bytes/],
    ];
    const count = (await stack.get('/api/v1/devices')).body.counts.total;
    for (const [batch, status, why] of cases) {
        const answer = await post(batch);
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        assert.match(answer.body.error.message, why);
    }
    assert.equal((await stack.get('/api/v1/devices')).body.counts.total, count);
});

test('a device that is there otherwise stops the whole batch and is named', async () => {
    const batch = makeBatch(4);
    const there = batch.devices[2].device_id;
    assert.equal((await stack.post('/api/v1/devices', { device_id: there, type: 'window' })).status, 201);
    const answer = await post(batch);
    assert.equal(answer.status, 409);
    assert.match(answer.body.error.message, new RegExp(there));
    assert.equal((await stack.get(`/api/v1/devices/${batch.devices[0].device_id}`)).status, 404);
    assert.equal((await stack.call('DELETE', `/api/v1/devices/${there}`)).status, 200);
    assert.equal((await post(batch)).body.imported, 4);
    const changed = signed({ ...batch, devices: batch.devices.map((d, i) => (i === 3 ? { ...d, secret_hex: randomBytes(32).toString('hex') } : d)) });
    assert.match((await post(changed)).body.error.message, new RegExp(batch.devices[3].device_id));
});

test('secrets are in neither database, log nor answer', async () => {
    const batch = makeBatch(1000);
    assert.equal((await post(batch)).body.imported, 1000);
    await stack.programs.get('roostd').kill();
    const files = ['roost.db', 'roost.db-wal', 'series.db', 'roostd.log'].map((name) => path.join(stack.dir, name)).filter((file) => fs.existsSync(file));
    const secrets = batch.devices.slice(0, 20).flatMap((d) => [d.secret_hex, Buffer.from(d.secret_hex, 'hex'), d.broker_password_hash]);
    for (const file of files) {
        const bytes = fs.readFileSync(file);
        for (const secret of secrets) assert.equal(bytes.indexOf(secret), -1, file);
    }
    assert.equal(stack.sql('SELECT count(*) AS n FROM device_credential WHERE length(secret_sealed) = 61', 'roost.db')[0].n, 1007);
    await stack.startHub();
    await stack.signIn();
    assert.deepEqual((await post(batch)).body.unchanged, 1000);
    const device = (await stack.get(`/api/v1/devices/${batch.devices[0].device_id}`)).body;
    assert.doesNotMatch(JSON.stringify(device), /secret|broker_user/);
});

test('with another registry key what is there cannot be compared, and nothing is lost', async () => {
    const batch = makeBatch(1);
    assert.equal((await post(batch)).body.imported, 1);
    await stack.programs.get('roostd').kill();
    stack.env.ROOST_REGISTRY_KEY = randomBytes(32).toString('hex');
    await stack.startHub();
    await stack.signIn();
    const answer = await post(batch);
    assert.equal(answer.status, 409);
    assert.match(answer.body.error.message, /ROOST_REGISTRY_KEY/);
    delete stack.env.ROOST_REGISTRY_KEY;
    await stack.programs.get('roostd').kill();
    await stack.startHub();
    await stack.signIn();
    assert.equal((await post(batch)).body.unchanged, 1);
});

test('production wants its registry key set', () => {
    const env = { ...process.env, ...stack.hubEnv(), ENVIRONMENT: 'production', JWT_SECRET_KEY: randomBytes(32).toString('hex'), ESP32_SHARED_SECRET: randomBytes(32).toString('hex'), COPPA_ENCRYPTION_KEY: randomBytes(32).toString('hex') };
    const check = (more) => spawnSync(path.join(bin, 'roostd'), ['--check'], { env: { ...env, ...more }, encoding: 'utf8' });
    fs.mkdirSync(path.join(stack.dir, 'production'));
    check({ DATABASE_URL: `sqlite:${stack.dir}/production/roost.db` });
    assert.ok(!fs.existsSync(path.join(stack.dir, 'production/roost-registry.key')), 'none is drawn beside the database');
    for (const [value, why] of [['ab', /ROOST_REGISTRY_KEY/], ['0'.repeat(64), /ROOST_REGISTRY_KEY.*\*\*\*/], ['z'.repeat(64), /ROOST_REGISTRY_KEY/]]) {
        const out = check({ ROOST_REGISTRY_KEY: value });
        assert.notEqual(out.status, 0, value);
        assert.match(out.stderr, why, value);
    }
});

function roost(...args) {
    return execFileSync(path.join(bin, 'roost'), ['--hub', stack.url, ...args], { env: { ...process.env, ROOST_SESSION: path.join(stack.dir, 'session.json') }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('the command line imports, and lets the devices in at the broker', async () => {
    const password = path.join(stack.dir, 'operator-password');
    fs.writeFileSync(password, stack.password);
    roost('login', '--email', 'operator@roost.local', '--password-file', password);
    const batch = makeBatch(2);
    const file = path.join(stack.dir, 'batch.json');
    const users = path.join(stack.dir, 'passwords');
    fs.writeFileSync(file, JSON.stringify(batch));
    fs.writeFileSync(users, 'roostd:$7$101$kept$kept\n', { mode: 0o600 });
    assert.match(roost('devices', 'import', file, '--broker-passwords', users), /2 imported, 0 there already\n2 users in/);
    assert.match(roost('devices', 'import', file, '--broker-passwords', users), /0 imported, 2 there already/);
    assert.equal(fs.readFileSync(users, 'utf8'), `roostd:$7$101$kept$kept\n${batch.devices.map((d) => `${d.broker_user}:${d.broker_password_hash}\n`).join('')}`);
    assert.match(roost('devices', '--query', batch.devices[0].device_id), / never +ok /);
    fs.writeFileSync(file, JSON.stringify({ ...batch, batch: 'other' }));
    assert.throws(() => roost('devices', 'import', file), /403.*signature/s);
    assert.throws(() => roost('devices', 'import', path.join(stack.dir, 'absent.json')), /absent\.json/);
    assert.throws(() => roost('devices', 'import'), /devices import: FILE: is required/);

    fs.writeFileSync(file, JSON.stringify(batch));
    const [{ broker_user: username }] = batch.devices;
    const connect = () => mqtt.connectAsync(stack.mqttUrl, { username, password: `pass ${username}`, clientId: username, reconnectPeriod: 0 }, false);
    await assert.rejects(connect, /not authori[sz]ed/i);
    roost('devices', 'import', file, '--broker-passwords', path.join(stack.brokerDir, 'passwd'));
    stack.programs.get('broker').child.kill('SIGHUP');
    const client = await until('the broker lets it in', connect);
    await client.endAsync();
});

test('what roost-factory writes is what the hub takes', async () => {
    const run = (program, ...args) => execFileSync(path.join(bin, program), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const key = path.join(stack.dir, 'made.pem');
    const folder = path.join(stack.dir, 'made');
    run('roost-firmware', 'keygen', '--out', key, '--public', path.join(stack.dir, 'made.pub'));
    run('roost-factory', 'make', '--product', 'window', '--id-prefix', 'made-', '--count', '3', '--hardware-version', '2', '--key', key, '--out', folder, '--development', '--broker', `mqtt://127.0.0.1:${stack.mqttPort}`);
    await stack.programs.get('roostd').kill();
    stack.env.ROOST_FACTORY_KEY_FILE = path.join(stack.dir, 'made.pub');
    await stack.startHub();
    await stack.signIn();
    assert.match(roost('devices', 'import', path.join(folder, 'batch.json')), /\(window\): 3 imported/);
});

test('an update\'s state is shown by API and command line', async () => {
    const id = 'updated-1';
    assert.equal((await stack.post('/api/v1/devices', { device_id: id, type: 'window' })).status, 201);
    const probe = await stack.client();
    const status = (update) => probe.publishAsync(`device/${id}/status`, JSON.stringify({ online: true, seq: 1, type: 'window', firmware: '1.3.0', update }), { qos: 1, retain: true });
    await status({ state: 'loading', version: '1.4.0', report: null, error: false });
    await until('loading', async () => (await stack.get(`/api/v1/devices/${id}`)).body.update?.state === 'loading');
    assert.match(roost('devices', '--query', id), /1\.3\.0,loading/);
    await status({ state: 'idle', version: '1.4.0', report: '1.4.0 rolled back: no broker within 300 s', error: true });
    const device = await until('the report', async () => {
        const { body } = await stack.get(`/api/v1/devices/${id}`);
        return body.update?.error && body;
    });
    asDescribed(description, 'GET', '/api/v1/devices/{device_id}', { status: 200, body: device });
    assert.deepEqual(device.update, { state: 'idle', version: '1.4.0', report: '1.4.0 rolled back: no broker within 300 s', error: true });
    assert.match(roost('devices', '--query', id), /1\.3\.0,update-failed/);
    assert.match(roost('device', id), /update\n\s+state\s+idle\n\s+version\s+1\.4\.0\n\s+report\s+1\.4\.0 rolled back.*\n\s+error\s+true/);
});

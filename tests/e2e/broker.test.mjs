// SPDX-License-Identifier: Apache-2.0
// The broker as it is shipped: a client id is its user's alone, and what is refused or dropped is named there.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { Stack, root, until } from './support.mjs';

const READINGS = 200;
const HUB_IDS = ['roostd', 'roostd-answers'];

const brokerLog = (stack) => fs.readFileSync(path.join(stack.brokerDir, 'mosquitto.log'), 'utf8');
const count = (stack) => stack.sql('SELECT count(*) AS n FROM sensor_temperature')[0].n;

/** Connects under a name that is another's, with a clean session, which throws away what waits for it. */
async function tryToTake(stack, user, clientId) {
    try {
        const client = await stack.client(user, { clientId, clean: true, reconnectPeriod: 0, protocolVersion: 4 });
        await client.endAsync();
        return true;
    } catch {
        return false;
    }
}

test("a device's password and the hub's client id throw nothing away", async (t) => {
    const stack = await Stack.create({ users: ['window-1', 'window-2'] });
    t.after(() => stack.stop());
    await stack.startBroker();
    const hub = await stack.startHub();
    for (const id of HUB_IDS) assert.equal(await tryToTake(stack, 'window-1', id), false, `${id} of a hub that runs`);
    const metrics = await stack.metrics();
    assert.equal(metrics.get('roost_mqtt_losses_total'), 0);
    assert.equal(metrics.get('roost_mqtt_losses_total{session="answers"}'), 0);
    await hub.kill();

    const device = await stack.client('window-2', { clientId: 'window-2' });
    for (let i = 0; i < READINGS; i++)
        await device.publishAsync('sensor/window-2/temperature', JSON.stringify({ value: 20 + i / 100, ts: Date.now(), seq: i + 1 }), { qos: 1 });
    for (const user of ['window-1', 'window-2', 'roost-ml'])
        for (const id of [...HUB_IDS, 'roostd-x', 'window-1', 'window-2', 'roost-ml', 'probe'])
            assert.equal(await tryToTake(stack, user, id), user === id, `${user} as ${id}`);
    await stack.startHub();
    await until('every reading is stored', () => count(stack) === READINGS);

    const log = brokerLog(stack);
    assert.match(log, /as client 'roostd', which is user 'roostd' alone's: asked by user 'window-1' from 127\.0\.0\.1/);
});

test('ids of nobody are anyone’s, and a user may have several sessions', async (t) => {
    const stack = await Stack.create({ users: ['window-1'] });
    t.after(() => stack.stop());
    await stack.startBroker();
    for (const id of ['mqttjs_1234', 'window-1', 'window-1-tool', 'load']) assert.equal(await tryToTake(stack, 'window-1', id), true, id);
    for (const id of ['roostd', 'roostd-answers', 'roostd-check-1']) assert.equal(await tryToTake(stack, 'roostd', id), true, id);
    // A user that is added owns its id from the next SIGHUP on.
    assert.equal(await tryToTake(stack, 'window-1', 'window-7'), true);
    execFileSync(path.join(root, 'tools/broker.sh'), ['add', stack.brokerDir, 'window-7']);
    process.kill(Number(fs.readFileSync(path.join(stack.brokerDir, 'pid'), 'utf8')), 'SIGHUP');
    await until('the new user may come in', () => tryToTake(stack, 'window-7', 'window-7'));
    assert.equal(await tryToTake(stack, 'window-1', 'window-7'), false);
});

test('the broker’s log names who is refused and what is dropped', async (t) => {
    const stack = await Stack.create({ users: ['window-1'] });
    t.after(() => stack.stop());
    await stack.startBroker();
    const device = await stack.client('window-1', { clientId: 'window-1' });
    for (let i = 0; i < 50; i++) await device.publishAsync('sensor/window-2/temperature', '20', { qos: 1 });
    await device.publishAsync('sensor/window-1/temp', '20', { qos: 1 });
    await device.publishAsync('sensor/window-1/temperature', '20', { qos: 1 });
    await assert.rejects(stack.client('window-1', { username: 'no-such-device', clientId: 'x', reconnectPeriod: 0 }));
    const lines = brokerLog(stack).split('\n').filter((line) => line.includes('roost:'));
    assert.equal(lines.filter((line) => line.includes("to 'sensor/window-2/temperature': not in the ACL")).length, 1, 'once, then at a bounded rate');
    assert.equal(lines.filter((line) => line.includes("of user 'window-1', client 'window-1', to 'sensor/window-1/temp'")).length, 1);
    assert.equal(lines.filter((line) => line.includes("user 'no-such-device' is not in the password file")).length, 1);
    assert.equal(lines.filter((line) => line.includes("'sensor/window-1/temperature'")).length, 0, 'what passes is not named');
});

test('names that are none are refused where users are made', () => {
    for (const name of ['.', '..', 'a/b', 'a:b', 'a b', ''])
        assert.throws(() => execFileSync(path.join(root, 'tools/broker.sh'), ['add', fs.mkdtempSync('/tmp/roost-e2e-'), name], { stdio: 'pipe' }), /user '/);
});

test('a hub whose id is taken says so, where the broker lets that happen', async (t) => {
    const stack = await Stack.create({ users: ['window-1'] });
    t.after(() => stack.stop());
    const conf = path.join(stack.brokerDir, 'mosquitto.conf');
    fs.writeFileSync(conf, fs.readFileSync(conf, 'utf8').replace(/^plugin.*\n/gm, ''));
    await stack.startBroker();
    const hub = await stack.startHub();
    const warnings = () => fs.readFileSync(hub.log, 'utf8').split('\n').filter((line) => line.includes('another client seems to take our client id'));
    assert.equal((await stack.get('/health/ready')).body.parts.broker_session, undefined);
    assert.equal(await tryToTake(stack, 'window-1', 'roostd'), true, 'a broker of one’s own without the plugin');
    await until('it is counted', async () => (await stack.metrics()).get('roost_mqtt_takeovers_total') === 1);
    assert.equal((await stack.metrics()).get('roost_mqtt_takeovers_total{session="answers"}'), 0);
    await until('the hub is back', async () => (await stack.get('/health/ready')).status === 200);
    assert.match((await stack.get('/health/ready')).body.parts.broker_session, /taken our client id 1 times/);
    assert.equal(warnings().length, 1);
    assert.match(warnings()[0], /"client_id":"roostd".*"check":/);

    // While the hub is away nobody sees who takes the id; what is gone is told at the next start, once there are devices.
    const device = await stack.client('window-1', { clientId: 'window-1' });
    await device.publishAsync('sensor/window-1/temperature', '20', { qos: 1 });
    await until('it is stored', () => count(stack) === 1);
    await hub.kill();
    assert.equal(await tryToTake(stack, 'window-1', 'roostd'), true);
    await stack.startHub();
    assert.equal((await stack.metrics()).get('roost_mqtt_sessions_gone_total'), 1);
    assert.match(fs.readFileSync(hub.log, 'utf8'), /the broker has forgotten our session/);
});

test('a refusal is told in the log, with the device, and with the hub', async (t) => {
    const stack = await Stack.create({ env: { ROOST_DEVICE_POLICY: 'closed' } });
    t.after(() => stack.stop());
    await stack.startBroker();
    const hub = await stack.startHub();
    await stack.signIn();
    assert.equal((await stack.post('/api/v1/devices', { device_id: 'known-1', type: 'window' })).status, 201);
    assert.deepEqual((await stack.get('/api/v1/devices/known-1')).body.refused, []);
    assert.equal((await stack.call('POST', '/api/v1/devices', { device_id: '..', type: 'window' })).status, 400);
    const probe = await stack.client();
    const sound = JSON.stringify({ data: Buffer.alloc(3000, 7).toString('base64'), sample_rate: 1, duration: 2 });
    for (let i = 0; i < 20; i++) await probe.publishAsync('sensor/known-1/temperature', 'twenty', { qos: 1 });
    await probe.publishAsync('sensor/known-1/audio', sound, { qos: 1 });
    await probe.publishAsync('device/known-1/status', '{"online":1,"psk":"never-shown"}', { qos: 1 });
    await probe.publishAsync('sensor/stranger-1/humidity', '50', { qos: 1 });
    await probe.publishAsync('sensor/../humidity', '50', { qos: 1 });
    const strangers = await until('the strangers are listed', async () => {
        const { refusals } = (await stack.get('/api/v1/refusals')).body;
        return refusals.length === 2 && refusals;
    });
    assert.deepEqual(strangers.map((r) => [r.device_id, r.reason, r.topic, r.excerpt]), [
        ['', 'bad_topic', 'sensor/../humidity', '50'],
        ['stranger-1', 'unknown_device', 'sensor/stranger-1/humidity', '50'],
    ]);
    const { refused } = (await stack.get('/api/v1/devices/known-1')).body;
    assert.deepEqual(refused.map((r) => [r.topic, r.count]), [['device/known-1/status', 1], ['sensor/known-1/audio', 1], ['sensor/known-1/temperature', 20]]);
    assert.equal(refused[2].excerpt, 'twenty');
    assert.ok(refused[2].first_at_ms > 0 && refused[2].last_at_ms >= refused[2].first_at_ms);
    assert.match(refused[1].excerpt, /^\{"data":"\.\.\./);
    assert.match(refused[0].excerpt, /"psk":\*\*\*/);

    const lines = fs.readFileSync(hub.log, 'utf8').split('\n').filter((line) => line.includes('message refused')).map((line) => JSON.parse(line));
    assert.equal(lines.length, 5, 'one for each device, topic and reason');
    assert.ok(lines.every((line) => line.level === 'warn' && line.reason && line.topic));
    assert.ok(!fs.readFileSync(hub.log, 'utf8').includes('never-shown'));
    await assert.rejects(async () => {
        const { status } = await fetch(`${stack.url}/api/v1/refusals`);
        assert.equal(status, 200);
    }, 'for operators only');
});

test('what the broker kept of a device goes with it, by the rights it ships with', async (t) => {
    const stack = await Stack.create({ users: ['window-1'] });
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    await stack.signIn();
    const device = await stack.client('window-1');
    const kept = { 'sensor/window-1/temperature': '{"value":20,"seq":1}', 'sensor/window-1/humidity': '50', 'device/window-1/status': '{"online":true,"seq":1}', 'device/window-1/answer': '{"id":"x","ok":true,"data":{}}' };
    for (const [topic, payload] of Object.entries(kept)) await device.publishAsync(topic, payload, { qos: 1, retain: true });
    await until('it is known', async () => (await stack.get('/api/v1/devices/window-1')).status === 200 && count(stack) === 1);
    await device.endAsync();
    const others = await stack.client();
    for (const topic of ['window/window-1/control', 'window/window-1/feedback', 'device/window-1/command', 'ml/inference/request/window-1'])
        await others.publishAsync(topic, '{}', { qos: 1, retain: true });
    const { body } = await stack.call('DELETE', '/api/v1/devices/window-1');
    assert.equal(body.state, 'removed');

    const seen = [];
    const probe = await stack.client();
    probe.on('message', (topic, payload, packet) => packet.retain && seen.push(topic));
    await probe.subscribeAsync('#', { qos: 1 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(seen.filter((topic) => topic.includes('/window-1/')), []);
});

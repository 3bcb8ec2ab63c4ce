// SPDX-License-Identifier: Apache-2.0
// Who may speak: the broker's ACL for devices, and the hub's policy for unknown ones.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Stack, accounts, until } from './support.mjs';

test('a device can speak only on its own topics', async (t) => {
    const stack = await Stack.create({ users: ['window-1', 'window-2'] });
    t.after(() => stack.stop());
    await stack.startBroker();
    const seen = await stack.collect('#');
    const one = await stack.client('window-1');
    const two = await stack.client('window-2');
    const atOne = await stack.collect('#', one);
    const own = ['sensor/window-1/temperature', 'sensor/window-1/humidity', 'sensor/window-1/audio', 'window/window-1/state', 'device/window-1/status', 'device/window-1/answer'];
    const others = ['sensor/window-2/temperature', 'window/window-2/state', 'window/window-2/control', 'window/window-1/control', 'window/window-1/feedback',
        'device/window-2/status', 'device/window-2/command', 'device/window-1/command', 'ml/inference/request/window-1', 'elsewhere'];
    for (const topic of [...own, ...others]) await one.publishAsync(topic, '1', { qos: 1 });
    await two.publishAsync('sensor/window-2/humidity', 'last', { qos: 1 });
    await until('the last one', () => seen.some((m) => m.text === 'last'));
    assert.deepEqual(seen.map((m) => m.topic).filter((topic) => topic !== 'sensor/window-2/humidity').sort(), own.sort());

    // Nor does it hear what is meant for others, whatever it subscribes to.
    const probe = await stack.client();
    await probe.publishAsync('window/window-2/control', 'for two', { qos: 1 });
    await probe.publishAsync('window/window-1/control', 'for one', { qos: 1 });
    await until('its own control', () => atOne.some((m) => m.text === 'for one'));
    assert.deepEqual(atOne.map((m) => m.topic), ['window/window-1/control']);
    await assert.rejects(stack.client('window-1', { password: 'wrong', reconnectPeriod: 0 }));
    await assert.rejects(stack.client('window-1', { username: undefined, password: undefined, reconnectPeriod: 0 }));
});

test('closed: an unknown device is refused and not registered', async (t) => {
    const stack = await Stack.create({ env: { ROOST_DEVICE_POLICY: 'closed' } });
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    await stack.signIn();
    assert.equal((await stack.post('/api/v1/devices', { device_id: 'known-1', type: 'window', name: 'Kitchen' })).status, 201);
    assert.equal((await stack.post('/api/v1/devices', { device_id: 'known-1', type: 'window' })).status, 409);
    const fresh = (await stack.get('/api/v1/devices/known-1')).body;
    assert.equal(fresh.active, false, 'a device that never spoke is inactive');
    assert.equal(fresh.last_seen_at_ms, null);

    const probe = await stack.client();
    await probe.publishAsync('sensor/stranger-1/temperature', '20', { qos: 1 });
    await probe.publishAsync('sensor/known-1/temperature', '21', { qos: 1 });
    await until('the known one', () => stack.sql('SELECT * FROM sensor_temperature').length === 1);
    assert.equal((await stack.get('/api/v1/devices/stranger-1')).status, 404);
    const sums = await accounts(stack);
    assert.equal(sums.temperature.rejected, 1);
});

test('claim: nothing is stored until an operator claims the device', async (t) => {
    const stack = await Stack.create({ env: { ROOST_DEVICE_POLICY: 'claim' } });
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    await stack.signIn();
    const probe = await stack.client();
    await probe.publishAsync('sensor/new-1/temperature', '20', { qos: 1 });
    await until('it is listed', async () => (await stack.get('/api/v1/devices/new-1')).body?.claimed === false);
    assert.equal(stack.sql('SELECT * FROM sensor_temperature').length, 0);
    assert.equal((await stack.call('PATCH', '/api/v1/devices/new-1', { claimed: true })).body.claimed, true);
    await probe.publishAsync('sensor/new-1/temperature', '21', { qos: 1 });
    await until('stored', () => stack.sql('SELECT * FROM sensor_temperature').length === 1);
    await accounts(stack);
});

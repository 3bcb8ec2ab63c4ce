// SPDX-License-Identifier: Apache-2.0
// The lamp with a real broker and the hub, neither of which knows what a lamp is.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Stack, until } from '../../tests/e2e/support.mjs';

const stack = await Stack.create({ users: ['lamp-1'] });
test.after(() => stack.stop());
await stack.startBroker();
await stack.startHub();
await stack.signIn();
await stack.startDevice('roost-lamp', 'lamp-1');

const device = async () => (await stack.get('/api/v1/devices/lamp-1')).body;
const relay = () => stack.control('lamp-1', 'state').relay;
const lit = (wanted) => until(`lit ${wanted}`, async () => (await device()).health?.lit === wanted);
const send = (command, args) => stack.post('/api/v1/devices/lamp-1/commands', { command, args });

test('the hub sees it, and switches it', async () => {
    await lit(0);
    assert.equal((await device()).type, 'lamp');
    assert.equal((await send('on')).status, 202);
    await lit(1);
    assert.equal(relay(), true);
    await send('off');
    await lit(0);
});

test('a hand switches it, and the hub sees it', async () => {
    stack.control('lamp-1', 'press');
    stack.control('lamp-1', 'release');
    await lit(1);
    assert.equal(relay(), true);
});

test('its one setting is checked like any other', async () => {
    const sent = await send('set', { off_after_minutes: 1441 });
    const answer = await until('an answer', async () => {
        const { body } = await stack.get(`/api/v1/commands/${sent.body.command_id}`);
        return body.state !== 'sent' && body;
    });
    assert.match(JSON.stringify(answer), /off_after_minutes: .*allowed 0\.\.1440 min/);
});

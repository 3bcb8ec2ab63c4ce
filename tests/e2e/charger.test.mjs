// SPDX-License-Identifier: Apache-2.0
// The charger whole: its firmware as a program with a modelled battery and power module, the hub as its central system. What
// the battery took, what the meter counted and what the hub will bill are one number.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Charger } from './charger.mjs';
import { Chargers } from './ocpp.mjs';
import { until } from './support.mjs';

const hub = await Chargers.create(test);

const view = (id) => hub.get(hub.at(id));
const online = (id) => until(`${id} is online and says its connectors`, async () => {
    const charger = await view(id);
    return charger.online && charger.connectors.length > 1 && charger;
});
const transactions = async (id) => (await hub.get(`/transactions?identity=${id}`)).transactions;

test('a battery is charged from start to stop by the central system, to the watt-hour', async () => {
    const { password } = await hub.add('CH-1');
    await hub.tag('CARD-1');
    const charger = await Charger.start(hub, 'CH-1', { password });
    const seen = await online('CH-1');
    assert.deepEqual(seen.connectors.map((c) => [c.connector_id, c.status]), [[0, 'Available'], [1, 'Available']]);
    const before = charger.connector(1);

    charger.tell('plug 1');
    await until('the hub sees the plug', async () => (await view('CH-1')).connectors[1].status === 'Preparing');
    const started = await hub.ask('CH-1', 'RemoteStartTransaction', { idTag: 'CARD-1', connectorId: 1 });
    assert.deepEqual([started.status, started.body.status], [200, 'Accepted']);
    await charger.status(1, 'charging', 30);
    await until('some energy', () => charger.connector(1).register_mwh > before.register_mwh + 20000, 60);

    const [open] = await transactions('CH-1');
    assert.equal(open.state, 'open');
    assert.equal((await hub.ask('CH-1', 'RemoteStopTransaction', { transactionId: open.transaction_id })).body.status, 'Accepted');
    await charger.status(1, 'finishing');
    charger.tell('unplug 1');
    await charger.status(1, 'available');
    await until('the hub has the end', async () => (await transactions('CH-1'))[0].state === 'closed');
    const [closed] = await transactions('CH-1');
    const after = charger.connector(1);
    assert.equal(closed.reason, 'Remote');
    const billed = closed.meter_stop_wh - closed.meter_start_wh;
    const counted = (after.register_mwh - before.register_mwh) / 1000;
    assert.ok(Math.abs(billed - counted) <= 1, `${billed} billed, ${counted} counted`);
    assert.ok(Math.abs(after.output_wh - before.output_wh - counted) <= 0.5, `${after.output_wh - before.output_wh} came out`);
});

test('P-53 a power cut in the middle of a session leaves one Start and one Stop, with the last meter', async () => {
    const { password } = await hub.add('CH-2');
    const charger = await Charger.start(hub, 'CH-2', { password });
    await online('CH-2');
    charger.tell('plug 1');
    await hub.ask('CH-2', 'RemoteStartTransaction', { idTag: 'CARD-1', connectorId: 1 });
    await until('some energy', () => charger.connector(1).register_mwh > 15000, 60);
    await charger.kill();
    await charger.run();
    await until('the hub has the end', async () => (await transactions('CH-2'))[0]?.state === 'closed', 60);
    const all = await transactions('CH-2');
    assert.equal(all.length, 1, JSON.stringify(all, null, 1) + charger.program.tail(60));
    assert.equal(all[0].reason, 'PowerLoss');
    assert.ok(all[0].meter_stop_wh - all[0].meter_start_wh >= 5, 'no more than the stated step is lost');
});

test('an emergency stop ends it, is told, and takes a hand', async () => {
    const { password } = await hub.add('CH-3');
    const charger = await Charger.start(hub, 'CH-3', { password });
    await online('CH-3');
    charger.tell('plug 1');
    await hub.ask('CH-3', 'RemoteStartTransaction', { idTag: 'CARD-1' });
    await charger.status(1, 'charging', 30);
    charger.tell('estop press');
    await until('it is off', () => !charger.connector(1).flows, 2);
    await until('the hub is told', async () => (await view('CH-3')).connectors[1].status === 'Faulted');
    charger.tell('estop release');
    assert.equal(charger.connector(1).status, 'faulted', 'latched');
    charger.tell('reset');
    await until('the hub is told', async () => (await view('CH-3')).connectors[1].status !== 'Faulted');
    await until('one end', async () => (await transactions('CH-3'))[0]?.state === 'closed');
    assert.equal((await transactions('CH-3'))[0].reason, 'EmergencyStop');
});

test('a card charges while the hub is away, and the hub has it all when it is back', async () => {
    const { password } = await hub.add('CH-4');
    const charger = await Charger.start(hub, 'CH-4', { password });
    await online('CH-4');
    const list = { listVersion: 1, updateType: 'Full', localAuthorizationList: [{ idTag: 'CARD-1', idTagInfo: { status: 'Accepted' } }] };
    assert.equal((await hub.ask('CH-4', 'SendLocalList', list)).body.status, 'Accepted');
    await hub.roostd.kill('SIGKILL');
    charger.tell('plug 1');
    charger.tell('card 1 CARD-1');
    await charger.status(1, 'charging', 30);
    await until('some energy', () => charger.connector(1).register_mwh > 8000, 60);
    charger.tell('card 1 CARD-1');
    await charger.status(1, 'finishing');
    hub.roostd = await hub.stack.startHub();
    await hub.stack.signIn();
    await until('the hub has it', async () => (await transactions('CH-4'))[0]?.state === 'closed', 90);
    const [only, ...more] = await transactions('CH-4');
    assert.deepEqual([more.length, only.reason, only.id_tag], [0, 'Local', 'CARD-1']);
});

test('an energy meter of its own is what counts, and a silent one ends the session', async () => {
    const { password } = await hub.add('CH-5');
    const charger = await Charger.start(hub, 'CH-5', { password, args: ['--dc-meter'] });
    await online('CH-5');
    await until('its meter is read', () => charger.connector(1).register_mwh === 1000 * charger.connector(1).meter_wh);
    charger.tell('plug 1');
    await hub.ask('CH-5', 'RemoteStartTransaction', { idTag: 'CARD-1' });
    await charger.status(1, 'charging', 30);
    const began = charger.connector(1).meter_wh;
    await until('some energy', () => charger.connector(1).meter_wh > began + 8, 60);
    charger.tell('breaks 1 dcmeter_silent');
    await until('it is off', () => !charger.connector(1).flows, 10);
    await until('the hub is told', async () => (await view('CH-5')).connectors[1].error_code === 'PowerMeterFailure');
    charger.tell('breaks 1 dcmeter_silent');
    await until('it is well again', async () => (await view('CH-5')).connectors[1].error_code === 'NoError');
    charger.tell('unplug 1');
    await until('one end', async () => (await transactions('CH-5'))[0]?.state === 'closed', 30);
    const [only] = await transactions('CH-5');
    await until('the line is free', () => charger.connector(1).register_mwh === 1000 * charger.connector(1).meter_wh);
    assert.ok(Math.abs(only.meter_stop_wh - charger.connector(1).meter_wh) <= 30, JSON.stringify(only));
    assert.ok(only.meter_start_wh >= 12000, 'the register is the meter\'s');
});

test('a card laid before the reader starts and ends a session once each, and the light says how it is', async () => {
    const { password } = await hub.add('CH-6');
    await hub.tag('04A2B3C4D5E680');
    const charger = await Charger.start(hub, 'CH-6', { password, args: ['--reader'] });
    await online('CH-6');
    assert.equal(charger.connector(1).light, 'available');
    charger.tell('plug 1');
    await until('it wants a card', () => charger.connector(1).light === 'preparing');
    charger.tell('uid 04a2b3c4d5e680');
    await until('it charges', () => charger.connector(1).light === 'charging', 30);
    await until('some energy', () => charger.connector(1).register_mwh > 5000, 60);
    assert.equal(charger.connector(1).flows, true, 'a card that is left there does not end it');
    charger.tell('uid none');
    await until('the card was away for long enough', (() => { const began = Date.now(); return () => Date.now() - began > 2500; })());
    charger.tell('uid 04a2b3c4d5e680');
    await until('unplug it, says the light', () => charger.connector(1).light === 'finishing', 20);
    const [only, ...more] = await until('the hub has the end', async () => {
        const all = await transactions('CH-6');
        return all[0]?.state === 'closed' && all;
    });
    assert.deepEqual([more.length, only.id_tag, only.reason], [0, '04A2B3C4D5E680', 'Local']);
    charger.tell('unplug 1');
    await charger.status(1, 'available');
});

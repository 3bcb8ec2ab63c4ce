// SPDX-License-Identifier: Apache-2.0
// The charge point against a central system that is not ours (peer.mjs): transactions and meters.
// Tests run beside each other: most of them wait.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Peer, refusal, silent } from './peer.mjs';
import { until } from './support.mjs';

const OF_TRANSACTIONS = ['StartTransaction', 'MeterValues', 'StopTransaction'];
const actions = (calls) => calls.map((call) => call.action);
const ofTransactions = (peer, since = 0) => peer.calls(undefined, { since }).filter((c) => OF_TRANSACTIONS.includes(c.action));
const listed = (...tags) => ({ listVersion: 1, updateType: 'Full', localAuthorizationList: tags.map((idTag) => ({ idTag, idTagInfo: { status: 'Accepted' } })) });

describe('a charger and a strict central system: transactions', { concurrency: 16 }, () => {
    test('P-12 TC_017_2_CS TC_018_2_CS TC_031_CS a fixed cable is not unlocked, and its transaction goes on', async (t) => {
        const peer = await Peer.create(t);
        await peer.charges(1);
        const since = peer.mark();
        for (const connectorId of [9, 1]) assert.deepEqual(await peer.ask('UnlockConnector', { connectorId }), { status: 'NotSupported' });
        await sleep(1000);
        assert.equal((await peer.connector(1)).flows, true);
        assert.deepEqual(ofTransactions(peer, since), []);
        assert.deepEqual(peer.statuses(1, since), []);
    });

    test('P-15 TC_005_2_CS TC_005_3_CS a gun that is pulled: the transaction goes on without energy, or it ends', async (t) => {
        const peer = await Peer.create(t);
        const { configurationKey: [key] } = await peer.ask('GetConfiguration', { key: ['UnlockConnectorOnEVSideDisconnect'] });
        assert.deepEqual([key.value, key.readonly], ['false', true]);
        assert.deepEqual(await peer.ask('ChangeConfiguration', { key: key.key, value: 'true' }), { status: 'Rejected' });
        await peer.set('StopTransactionOnEVSideDisconnect', false);
        const { transactionId } = await peer.charges(1);
        const since = peer.mark();
        await peer.tell('unplug 1');
        const told = await peer.status(1, 'SuspendedEV', { since });
        assert.equal(told.payload.info, 'EV side disconnected');
        assert.equal((await peer.connector(1)).flows, false);
        assert.equal(peer.calls('StopTransaction', { since }).length, 0);
        await peer.set('StopTransactionOnEVSideDisconnect', true);
        await peer.tell('plug 1');
        await peer.status(1, 'Charging', { since, seconds: 25 });
        await peer.tell('unplug 1');
        await peer.said('StopTransaction', { transactionId, reason: 'EVDisconnected' }, { since });
        await peer.status(1, 'Available', { since });
    });

    for (const [type, reason] of [['Soft', 'SoftReset'], ['Hard', 'HardReset']])
        test(`P-18 TC_015_CS TC_016_CS ${type} reset: the end of its transaction is never lost, and told once`, async (t) => {
            const peer = await Peer.create(t);
            const { transactionId } = await peer.charges(1);
            const since = peer.mark();
            peer.answers.StopTransaction = silent;
            assert.deepEqual(await peer.ask('Reset', { type }), { status: 'Accepted' });
            const accept = peer.answers.BootNotification;
            peer.answers.BootNotification = () => {
                peer.answers.StopTransaction = () => ({});
                return accept();
            };
            const boot = await peer.said('BootNotification', {}, { since, seconds: 50 });
            const at = peer.frames.indexOf(boot);
            const before = peer.calls('StopTransaction', { since }).filter((c) => peer.frames.indexOf(c) < at);
            if (type === 'Soft') assert.ok(before.length > 0, 'told before the reset');
            const stop = await peer.said('StopTransaction', { transactionId, reason }, { since: at });
            for (const one of before) assert.deepEqual(one.payload, stop.payload, 'the same message');
            await peer.settled();
            await sleep(1000);
            assert.deepEqual(actions(ofTransactions(peer, at)), ['StopTransaction'], 'once, and nothing new');
        });

    test('P-21 TC_011_2_CS a remote start that nobody plugs in for is over at ConnectionTimeOut', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('ConnectionTimeOut', 2);
        const since = peer.mark();
        assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-1' }), { status: 'Accepted' });
        const preparing = await peer.status(1, 'Preparing', { since });
        const available = await peer.status(1, 'Available', { since });
        assert.ok(Math.abs(available.at - preparing.at - 2000) <= 500, `${available.at - preparing.at} ms`);
        await peer.tell('plug 1');
        await until('preparing again', () => peer.statuses(1, since).length >= 3);
        assert.deepEqual(peer.statuses(1, since).slice(0, 3), ['Preparing', 'Available', 'Preparing']);
        await sleep(1000);
        assert.equal(peer.calls('StartTransaction').length, 0);
    });

    test('P-22 one reader, two guns: the one that waited in vain is no longer meant', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('ConnectionTimeOut', 2);
        const since = peer.mark();
        await peer.tell('plug 1');
        await peer.status(1, 'Preparing', { since });
        await peer.status(1, 'Finishing', { since });
        assert.ok(!peer.statuses(1, since).includes('Available'));
        await peer.tell('card 0 CARD-1');
        await peer.tell('plug 2');
        await peer.said('StartTransaction', { connectorId: 2, idTag: 'CARD-1' }, { since });
        assert.equal(peer.calls('StartTransaction', { since }).length, 1);
    });

    test('P-23 TC_026_CS a second remote start goes to the other connector, a third nowhere', async (t) => {
        const peer = await Peer.create(t);
        await peer.charges(1);
        const since = peer.mark();
        const start = (payload) => peer.ask('RemoteStartTransaction', { idTag: 'CARD-2', ...payload });
        assert.deepEqual(await start({}), { status: 'Accepted' });
        await peer.tell('plug 2');
        await peer.said('StartTransaction', { connectorId: 2, idTag: 'CARD-2' }, { since });
        assert.deepEqual(await start({}), { status: 'Rejected' });
        assert.deepEqual(await start({ connectorId: 1 }), { status: 'Rejected' });
        await sleep(500);
        assert.deepEqual(peer.statuses(1, since), [], 'the first is not disturbed');
        assert.equal(peer.calls('StopTransaction', { since }).length, 0);
    });

    for (const stops of [true, false])
        test(`P-27 an invalid id with StopTransactionOnInvalidId ${stops}`, async (t) => {
            const peer = await Peer.create(t, { answers: { StartTransaction: () => ({ idTagInfo: { status: 'Invalid' }, transactionId: 7 }) } });
            await peer.set('StopTransactionOnInvalidId', stops);
            const since = peer.mark();
            await peer.tell('plug 1');
            await peer.tell('card 1 CARD-1');
            await peer.said('StartTransaction', {}, { since });
            if (stops) {
                await peer.said('StopTransaction', { transactionId: 7, reason: 'DeAuthorized' }, { since });
                assert.equal((await peer.connector(1)).flows, false);
                await peer.status(1, 'Finishing', { since });
                return;
            }
            await peer.status(1, 'SuspendedEVSE', { since });
            await sleep(2000);
            assert.equal(peer.statuses(1, since).at(-1), 'SuspendedEVSE');
            assert.equal((await peer.connector(1)).flows, false);
            assert.equal(peer.calls('StopTransaction', { since }).length, 0);
            await peer.tell('card 1 CARD-1');
            await peer.said('StopTransaction', { transactionId: 7 }, { since });
            assert.equal(peer.statuses(1, since).filter((s) => s === 'Preparing').length, 1, 'none in between');
        });

    test('P-28 TC_037_1_CS TC_038_CS TC_039_CS a session while nobody listens is told in order, with its own times and the id that comes', async (t) => {
        const peer = await Peer.create(t);
        await peer.ask('SendLocalList', listed('CARD-1'));
        await peer.set('MeterValueSampleInterval', 2);
        const since = peer.mark(), from = Date.now();
        await peer.away();
        await peer.tell('plug 1');
        await peer.tell('card 1 CARD-1');
        await peer.is(1, 'charging');
        await sleep(2000);
        await peer.tell('card 1 CARD-1');
        await peer.is(1, 'finishing');
        await peer.tell('unplug 1');
        await peer.is(1, 'available');
        const to = Date.now();
        await peer.back();
        await peer.said('StopTransaction', {}, { since, seconds: 30 });
        await peer.settled();
        const [start, ...rest] = ofTransactions(peer, since);
        const stop = rest.at(-1), samples = rest.slice(0, -1);
        assert.equal(start.action, 'StartTransaction');
        assert.equal(stop.action, 'StopTransaction');
        assert.ok(samples.length >= 3 && samples.every((c) => c.action === 'MeterValues'), `${actions(rest)}`);
        for (const call of rest) assert.equal(call.payload.transactionId, 42);
        const times = [start.payload.timestamp, ...samples.map((c) => c.payload.meterValue[0].timestamp), stop.payload.timestamp].map(Date.parse);
        assert.deepEqual(times, [...times].sort((a, b) => a - b));
        assert.ok(times[0] >= from - 500 && times.at(-1) <= to + 500, 'the times at which it was');
        assert.ok(peer.calls('StatusNotification', { since }).length <= 1, 'no history of states');
        t.diagnostic(`messages on the reconnect: ${actions(peer.calls(undefined, { since }))}`);
    });

    test('P-29 an end that is refused is tried as often as it is to be, later each time, and holds up nothing else', async (t) => {
        const peer = await Peer.create(t);
        for (const [key, value] of [['TransactionMessageAttempts', 3], ['TransactionMessageRetryInterval', 2], ['MeterValueSampleInterval', 0]]) await peer.set(key, value);
        const { transactionId } = await peer.charges(1);
        peer.answers.StopTransaction = () => { throw refusal('InternalError'); };
        const since = peer.mark();
        await peer.ask('RemoteStopTransaction', { transactionId });
        await peer.said('StopTransaction', {}, { since });
        await peer.tell('unplug 1');
        await peer.is(1, 'available');
        await peer.ask('TriggerMessage', { requestedMessage: 'Heartbeat' });
        await peer.tell('plug 2');
        await peer.tell('card 2 CARD-2');
        const start = await peer.said('StartTransaction', { connectorId: 2 }, { since, seconds: 20 });
        const stops = peer.calls('StopTransaction', { since });
        assert.equal(stops.length, 3);
        const at = stops.map((c) => (c.at - stops[0].at) / 1000);
        assert.ok(Math.abs(at[1] - 2) < 0.7 && Math.abs(at[2] - 6) < 0.7, `${at}`);
        assert.ok(start.at >= stops[2].at, 'what comes next waits until it is given up');
        for (const action of ['Heartbeat', 'Authorize']) assert.ok(peer.calls(action, { since })[0]?.at < stops[2].at, `${action} passes`);
        await sleep(3000);
        assert.equal(peer.calls('StopTransaction', { since }).length, 3, 'given up');
    });

    test('P-42 TC_070_CS TC_071_CS samples from the begin, aligned ones by the clock, each with the transaction of its time', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('MeterValueSampleInterval', 3);
        // The energy of the station is not kept: what it tells of itself is its power.
        await peer.set('MeterValuesAlignedData', 'Energy.Active.Import.Register,Power.Active.Import');
        await peer.set('ClockAlignedDataInterval', 2);
        const since = peer.mark();
        const sessions = [];
        for (const round of [1, 2]) {
            await peer.tell('plug 1');
            await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: `CARD-${round}` });
            const start = await peer.said('StartTransaction', { idTag: `CARD-${round}` }, { since });
            await sleep(7000);
            await peer.ask('RemoteStopTransaction', { transactionId: peer.transaction });
            const stop = await peer.said('StopTransaction', { transactionId: peer.transaction }, { since });
            await peer.tell('unplug 1');
            await peer.is(1, 'available');
            sessions.push({ id: peer.transaction, from: Date.parse(start.payload.timestamp), to: Date.parse(stop.payload.timestamp) });
        }
        await peer.set('ClockAlignedDataInterval', 0);
        await peer.settled();
        const values = peer.calls('MeterValues', { since }).map(({ payload }) => ({ ...payload, at: Date.parse(payload.meterValue[0].timestamp), context: payload.meterValue[0].sampledValue[0].context ?? 'Sample.Periodic' }));
        const told = values.map((v) => `${v.connectorId} ${v.context} ${v.transactionId}`).join(', ');
        for (const one of values) {
            const live = sessions.find((s) => one.at >= s.from && one.at <= s.to);
            assert.equal(one.transactionId, one.connectorId === 1 ? live?.id : undefined, JSON.stringify(one));
            if (one.context === 'Sample.Clock') assert.ok(one.at % 2000 < 300, `${one.at % 2000} ms behind the clock`);
            else assert.ok(live && (one.at - live.from) % 3000 < 300, `${one.at - live?.from} ms after the begin`);
        }
        assert.ok(values.filter((v) => v.context === 'Sample.Periodic').length >= 4, told);
        assert.ok(values.some((v) => v.connectorId === 0), `of the station: ${told}`);
        assert.ok(values.some((v) => v.connectorId === 1 && v.context === 'Sample.Clock' && v.transactionId), `aligned ones of a transaction: ${told}`);
    });

    test('P-44 the register never falls, from session to session and over a power cut', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('MeterValueSampleInterval', 1);
        const since = peer.mark();
        for (const round of [1, 2, 3]) {
            const { transactionId } = await peer.charges(1, `CARD-${round}`);
            await peer.is(1, (c) => c.current_a > 50);
            await peer.ask('RemoteStopTransaction', { transactionId });
            await peer.said('StopTransaction', { transactionId }, { since });
            await peer.settled();
            await peer.tell('unplug 1');
            await peer.is(1, 'available');
            if (round !== 2) continue;
            const mark = peer.mark();
            await peer.cut();
            await peer.power();
            await peer.ready(2, { since: mark });
        }
        const registers = ofTransactions(peer, since).map(({ action, payload: p }) => (action === 'MeterValues' ? Number(p.meterValue[0].sampledValue[0].value) : (p.meterStart ?? p.meterStop)));
        assert.deepEqual(registers, [...registers].sort((a, b) => a - b), `${registers}`);
        const starts = peer.calls('StartTransaction', { since }), stops = peer.calls('StopTransaction', { since });
        for (const i of [0, 1]) assert.equal(starts[i + 1].payload.meterStart, stops[i].payload.meterStop, 'nothing flowed between');
        assert.ok(stops[2].payload.meterStop > starts[0].payload.meterStart);
    });

    test('P-56 what is known of the vehicle is said before the start, as a text, seldom, and to who knows it', async (t) => {
        const peer = await Peer.create(t);
        let since = peer.mark();
        await peer.tell('plug 1');
        const vehicle = await peer.said('DataTransfer', { messageId: 'VehicleInfo' }, { since });
        assert.equal(typeof vehicle.payload.data, 'string');
        const data = JSON.parse(vehicle.payload.data);
        assert.equal(data.soc, 40);
        assert.ok(data.maxCurrent > 0, vehicle.payload.data);
        await sleep(4000);
        assert.equal(peer.calls('DataTransfer', { since, where: { messageId: 'VehicleInfo' } }).length, 1, 'not in every second');
        peer.answers.DataTransfer = () => ({ status: 'UnknownVendorId' });
        await peer.tell('plug 2');
        await until('the other vehicle', () => peer.calls('DataTransfer', { since }).length === 2);
        since = peer.mark();
        await peer.ask('RemoteStartTransaction', { connectorId: 2, idTag: 'CARD-1' });
        await peer.said('StartTransaction', { connectorId: 2 }, { since });
        await peer.settled();
        await peer.ask('RemoteStopTransaction', { transactionId: peer.transaction });
        await peer.said('StopTransaction', {}, { since });
        await sleep(1000);
        assert.equal(peer.calls('DataTransfer', { since }).length, 0, 'who does not know it is not told again in this session');
    });
});

// SPDX-License-Identifier: Apache-2.0
// The charge point against a central system that is not ours (peer.mjs): faults and power cuts. Tests run beside each other:
// most of them wait.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Peer, iso, silent } from './peer.mjs';
import { until } from './support.mjs';

const ofTransactions = (peer, since) => peer.calls(undefined, { since }).filter((c) => ['StartTransaction', 'MeterValues', 'StopTransaction'].includes(c.action));

describe('a charger and a strict central system: faults', { concurrency: 16 }, () => {
    test('P-45 a battery that falls silent: energy off, a warning, never with Charging or Faulted', async (t) => {
        const peer = await Peer.create(t);
        await peer.charges(1);
        const since = peer.mark();
        await peer.tell('breaks 1 battery_silent');
        const warned = await peer.said('StatusNotification', { connectorId: 1, errorCode: 'EVCommunicationError' }, { since });
        assert.equal((await peer.connector(1)).flows, false);
        assert.ok(['Preparing', 'SuspendedEV', 'SuspendedEVSE', 'Finishing'].includes(warned.payload.status), warned.payload.status);
        await sleep(1000);
        await peer.tell('breaks 1 battery_silent');
        await peer.status(1, 'Charging', { since, seconds: 25 });
        for (const { payload } of peer.calls('StatusNotification', { since }))
            if (payload.errorCode === 'EVCommunicationError') assert.ok(!['Charging', 'Faulted'].includes(payload.status), JSON.stringify(payload));
        assert.equal(peer.calls('StopTransaction', { since }).length, 0, 'a warning ends nothing');
    });

    for (const [part, codes] of [['module_silent', ['PowerSwitchFailure', 'InternalError']], ['gun_hot', ['HighTemperature']]])
        test(`P-45 ${part}: energy off, Faulted with its code`, async (t) => {
            const peer = await Peer.create(t);
            await peer.charges(1);
            const since = peer.mark();
            await peer.tell(`breaks 1 ${part}`);
            const fault = await peer.said('StatusNotification', { connectorId: 1, status: 'Faulted' }, { since, seconds: 60 });
            assert.ok(codes.includes(fault.payload.errorCode), JSON.stringify(fault.payload));
            assert.equal((await peer.connector(1)).flows, false);
            assert.ok(fault.payload.info && fault.payload.vendorErrorCode);
        });

    test('P-46 TC_041_CS a fault that is over gives back the state before it, but a reservation is gone', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('ConnectionTimeOut', 600);
        const fault = async (connector, before, after) => {
            const since = peer.mark();
            await peer.tell('estop press');
            await peer.status(connector, 'Faulted', { since });
            await peer.status(0, 'Faulted', { since });
            await peer.tell('estop release');
            await peer.tell('reset');
            await until(`${before}: ${after}`, () => peer.statuses(connector, since).at(-1) === after);
            await peer.status(0, 'Available', { since });
        };
        await fault(1, 'Available', 'Available');
        await peer.tell('plug 1');
        await peer.status(1, 'Preparing');
        await fault(1, 'Preparing', 'Preparing');
        assert.deepEqual(await peer.ask('ReserveNow', { connectorId: 2, reservationId: 5, idTag: 'CARD-9', expiryDate: iso(600000) }), { status: 'Accepted' });
        await peer.status(2, 'Reserved');
        await fault(2, 'Reserved', 'Available');
        assert.deepEqual(await peer.ask('CancelReservation', { reservationId: 5 }), { status: 'Rejected' }, 'gone');
        assert.deepEqual(await peer.ask('ChangeAvailability', { connectorId: 2, type: 'Inoperative' }), { status: 'Accepted' });
        await peer.status(2, 'Unavailable');
        await fault(2, 'Unavailable', 'Unavailable');
    });

    test('P-46 a transaction that an emergency stop ended is not resumed', async (t) => {
        const peer = await Peer.create(t);
        const { transactionId } = await peer.charges(1);
        const since = peer.mark();
        await peer.tell('estop press');
        await peer.said('StopTransaction', { transactionId, reason: 'EmergencyStop' }, { since });
        await peer.tell('estop release');
        await peer.tell('reset');
        await peer.status(1, 'Finishing', { since });
        await sleep(1000);
        assert.equal((await peer.connector(1)).flows, false);
        assert.equal(peer.calls('StartTransaction', { since }).length, 0);
    });
});

describe('a charger and a strict central system: power cuts', { concurrency: 16 }, () => {
    /** The power goes in the state that `reach` leads to; afterwards `starts` and `stops` were told, once each. */
    const cut = (state, reach, { starts, stops, reason }) =>
        test(`P-53 TC_032_2_CS power cut: ${state}`, async (t) => {
            const peer = await Peer.create(t);
            const first = peer.mark();
            await reach(peer);
            await peer.cut();
            const at = Date.now(), since = peer.mark();
            Object.assign(peer.answers, peer.usual());
            await sleep(1500);
            await peer.power();
            await peer.ready(2, { since });
            await until('all is told', () => peer.calls('StopTransaction', { since: first }).length >= stops);
            await peer.settled();
            await sleep(1000);
            const done = ofTransactions(peer, first).filter((c) => peer.answered(c));
            assert.equal(done.filter((c) => c.action === 'StartTransaction').length, starts);
            assert.equal(done.filter((c) => c.action === 'StopTransaction').length, stops);
            assert.equal(peer.calls(undefined, { since })[0].action, 'BootNotification');
            if (stops === 0) return;
            const [start] = done, stop = done.at(-1);
            assert.equal(stop.action, 'StopTransaction');
            assert.equal(stop.payload.reason ?? 'Local', reason);
            assert.equal(stop.payload.transactionId, peer.answered(start).payload.transactionId);
            assert.ok(stop.payload.meterStop >= start.payload.meterStart);
            assert.ok(Date.parse(stop.payload.timestamp) <= at + 200, `${stop.payload.timestamp} is when it was, not when it is told`);
            assert.ok(Date.parse(stop.payload.timestamp) >= Date.parse(start.payload.timestamp));
        });

    cut('plugged in', (peer) => peer.tell('plug 1').then(() => peer.status(1, 'Preparing')), { starts: 0, stops: 0 });
    cut('the start is not answered yet', async (peer) => {
        peer.answers.StartTransaction = silent;
        await peer.tell('plug 1');
        await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-1' });
        await peer.said('StartTransaction');
    }, { starts: 1, stops: 1, reason: 'PowerLoss' });
    cut('charging', (peer) => peer.charges(1).then(() => peer.is(1, (c) => c.current_a > 50)), { starts: 1, stops: 1, reason: 'PowerLoss' });
    cut('suspended by a profile', async (peer) => {
        await peer.charges(1);
        const since = peer.mark();
        await peer.ask('SetChargingProfile', { connectorId: 1, csChargingProfiles: { chargingProfileId: 1, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile', chargingProfileKind: 'Relative', chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 0 }] } } });
        await peer.status(1, 'SuspendedEVSE', { since });
    }, { starts: 1, stops: 1, reason: 'PowerLoss' });
    cut('the stop is not answered yet', async (peer) => {
        const { transactionId } = await peer.charges(1);
        peer.answers.StopTransaction = silent;
        await peer.ask('RemoteStopTransaction', { transactionId });
        await peer.said('StopTransaction');
    }, { starts: 1, stops: 1, reason: 'Remote' });
    cut('finishing, all told', async (peer) => {
        const { transactionId } = await peer.charges(1);
        await peer.ask('RemoteStopTransaction', { transactionId });
        await peer.said('StopTransaction');
        await peer.status(1, 'Finishing');
        await peer.settled();
    }, { starts: 1, stops: 1, reason: 'Remote' });
});

// SPDX-License-Identifier: Apache-2.0
// The charge point against a central system that is not ours (peer.mjs): availability, reservations, charging profiles.
// Tests run beside each other: most of them wait.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Peer, iso } from './peer.mjs';
import { until } from './support.mjs';

const ACCEPTED = { status: 'Accepted' }, REJECTED = { status: 'Rejected' };
const group = (parentIdTag) => () => ({ idTagInfo: { status: 'Accepted', parentIdTag } });
const reserve = (peer, more = {}) => peer.ask('ReserveNow', { connectorId: 1, reservationId: 5, idTag: 'CARD-1', expiryDate: iso(600000), ...more });
const periods = (...pairs) => pairs.map(([startPeriod, limit]) => ({ startPeriod, limit }));
const profile = (chargingProfileId, stackLevel, chargingProfilePurpose, schedule, more = {}) => ({
    chargingProfileId, stackLevel, chargingProfilePurpose, chargingProfileKind: 'Absolute',
    chargingSchedule: { chargingRateUnit: 'A', ...schedule }, ...more,
});
const install = (peer, connectorId, csChargingProfiles) => peer.ask('SetChargingProfile', { connectorId, csChargingProfiles });
const limited = (amperes, more) => ({ startSchedule: iso(-1000), chargingSchedulePeriod: periods([0, amperes]), ...more });
const composite = async (peer, connectorId, chargingRateUnit = 'A', duration = 60) => {
    const answer = await peer.ask('GetCompositeSchedule', { connectorId, duration, chargingRateUnit });
    return answer.chargingSchedule ? { ...answer, periods: answer.chargingSchedule.chargingSchedulePeriod } : answer;
};
const limits = async (peer, connectorId) => (await composite(peer, connectorId)).periods.map((one) => one.limit);
const carries = (peer, n, amperes, seconds) => peer.is(n, (c) => Math.abs(c.current_a - amperes) < 2, seconds);

describe('a charger and a strict central system: availability and reservations', { concurrency: 16 }, () => {
    test('P-20 TC_034_CS unavailable over a power cut, and operative again once', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await peer.ask('ChangeAvailability', { connectorId: 1, type: 'Inoperative' }), ACCEPTED);
        await peer.status(1, 'Unavailable');
        let since = peer.mark();
        await peer.cut();
        await peer.power();
        await peer.ready(2, { since });
        assert.deepEqual([peer.statuses(0, since), peer.statuses(1, since), peer.statuses(2, since)], [['Available'], ['Unavailable'], ['Available']]);
        since = peer.mark();
        for (const again of [false, true]) {
            assert.deepEqual(await peer.ask('ChangeAvailability', { connectorId: 1, type: 'Operative' }), ACCEPTED, String(again));
            await peer.status(1, 'Available', { since });
        }
        await sleep(500);
        assert.deepEqual(peer.statuses(1, since), ['Available'], 'said once');
    });

    test('P-25 TC_048_1_CS TC_050_1_CS reserved while faulted: Faulted, the connector and the whole', async (t) => {
        const peer = await Peer.create(t);
        await peer.tell('estop press');
        await peer.status(1, 'Faulted');
        for (const connectorId of [1, 0]) assert.deepEqual(await reserve(peer, { connectorId }), { status: 'Faulted' });
    });

    test('P-25 TC_048_2_CS TC_050_2_CS reserved while occupied: Occupied, the connector and the whole', async (t) => {
        const peer = await Peer.create(t);
        await peer.charges(1);
        assert.deepEqual(await reserve(peer), { status: 'Occupied' });
        await peer.tell('plug 2');
        await peer.status(2, 'Preparing');
        for (const connectorId of [2, 0]) assert.deepEqual(await reserve(peer, { connectorId }), { status: 'Occupied' });
        assert.equal((await peer.connector(1)).flows, true);
    });

    test('P-25 TC_048_3_CS TC_050_3_CS reserved while unavailable: Unavailable, the connector and the whole', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await peer.ask('ChangeAvailability', { connectorId: 0, type: 'Inoperative' }), ACCEPTED);
        for (const connectorId of [0, 1, 2]) await peer.status(connectorId, 'Unavailable');
        for (const connectorId of [1, 0]) assert.deepEqual(await reserve(peer, { connectorId }), { status: 'Unavailable' });
    });

    test('P-25 TC_046_1_CS a reserved connector is for its card; the same id again with another card replaces', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await reserve(peer, { idTag: 'CARD-9' }), ACCEPTED);
        await peer.status(1, 'Reserved');
        assert.deepEqual(await reserve(peer, { idTag: 'CARD-1' }), ACCEPTED, 'replaced');
        await peer.tell('plug 1');
        await peer.tell('card 1 CARD-9');
        await sleep(1000);
        assert.equal(peer.calls('StartTransaction').length, 0);
        await peer.tell('card 1 CARD-1');
        const start = await peer.said('StartTransaction', { connectorId: 1, idTag: 'CARD-1' });
        assert.equal(start.payload.reservationId, 5);
        await peer.settled();
        assert.deepEqual(await peer.ask('CancelReservation', { reservationId: 5 }), REJECTED, 'used');
    });

    test('P-25 TC_046_2_CS a reserved connector and a remote start: of another tag rejected, of its own with the reservation', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await reserve(peer), ACCEPTED);
        await peer.status(1, 'Reserved');
        assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-9' }), REJECTED);
        assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-1' }), ACCEPTED);
        await peer.tell('plug 1');
        assert.equal((await peer.said('StartTransaction', { connectorId: 1 })).payload.reservationId, 5);
    });

    test('P-25 TC_047_CS a reservation is over when it expires, also in a power cut, and none begins in the past', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await reserve(peer, { expiryDate: iso(-1000) }), REJECTED);
        const over = Date.now() + 3000;
        assert.deepEqual(await reserve(peer, { expiryDate: new Date(over).toISOString() }), ACCEPTED);
        let since = peer.mark();
        const free = await peer.status(1, 'Available', { since });
        assert.ok(Math.abs(free.at - over) <= 1500, `${free.at - over} ms after its end`);
        assert.deepEqual(await reserve(peer, { reservationId: 6, expiryDate: iso(2000) }), ACCEPTED);
        await peer.status(1, 'Reserved', { since });
        assert.deepEqual(await reserve(peer, { connectorId: 2, reservationId: 7 }), ACCEPTED);
        await peer.status(2, 'Reserved', { since });
        await peer.cut();
        since = peer.mark();
        await sleep(2500);
        await peer.power();
        await peer.ready(2, { since });
        await until('1 is free', () => peer.statuses(1, since).at(-1) === 'Available');
        assert.equal(peer.statuses(2, since).at(-1), 'Reserved', 'the other one goes on');
    });

    test('P-25 TC_051_CS TC_052_CS a reservation is cancelled once, an unknown one never', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await peer.ask('CancelReservation', { reservationId: 5 }), REJECTED);
        assert.deepEqual(await reserve(peer), ACCEPTED);
        await peer.status(1, 'Reserved');
        const since = peer.mark();
        assert.deepEqual(await peer.ask('CancelReservation', { reservationId: 5 }), ACCEPTED);
        await peer.status(1, 'Available', { since });
        assert.deepEqual(await peer.ask('CancelReservation', { reservationId: 5 }), REJECTED);
    });

    test('P-25 TC_049_CS the whole is reserved: the last connector is kept for its card', async (t) => {
        const peer = await Peer.create(t);
        assert.equal(await peer.get('ReserveConnectorZeroSupported'), 'true');
        assert.deepEqual(await reserve(peer, { connectorId: 0 }), ACCEPTED);
        await peer.charges(1, 'CARD-9');
        await peer.status(2, 'Reserved');
        assert.deepEqual(await peer.ask('RemoteStartTransaction', { idTag: 'CARD-8' }), REJECTED);
        await peer.tell('plug 2');
        await peer.tell('card 2 CARD-1');
        assert.equal((await peer.said('StartTransaction', { connectorId: 2, idTag: 'CARD-1' })).payload.reservationId, 5);
    });

    test('P-25 TC_053_1_CS reserved for a group: a card of the group uses it', async (t) => {
        const peer = await Peer.create(t, { answers: { Authorize: group('FAMILY') } });
        assert.deepEqual(await reserve(peer, { parentIdTag: 'FAMILY' }), ACCEPTED);
        await peer.tell('plug 1');
        await peer.tell('card 1 CARD-2');
        await peer.said('Authorize', { idTag: 'CARD-2' });
        assert.equal((await peer.said('StartTransaction', { idTag: 'CARD-2' })).payload.reservationId, 5);
    });

    test('P-25 TC_053_2_CS reserved for a group: a remote start for a card of the group uses it', async (t) => {
        const peer = await Peer.create(t, { answers: { Authorize: group('FAMILY') } });
        await peer.set('AuthorizeRemoteTxRequests', true);
        assert.deepEqual(await reserve(peer, { parentIdTag: 'FAMILY' }), ACCEPTED);
        await peer.status(1, 'Reserved');
        assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-2' }), ACCEPTED);
        await peer.said('Authorize', { idTag: 'CARD-2' });
        await peer.tell('plug 1');
        assert.equal((await peer.said('StartTransaction', { idTag: 'CARD-2' })).payload.reservationId, 5);
    });
});

describe('a charger and a strict central system: charging profiles', { concurrency: 16 }, () => {
    test('P-47 TC_066_CS TC_072_CS stacked profiles are one schedule', async (t) => {
        const peer = await Peer.create(t);
        const startSchedule = iso(), begun = Date.parse(startSchedule);
        const lower = { chargingRateUnit: 'W', duration: 400, startSchedule, chargingSchedulePeriod: periods([0, 6000], [100, 8000], [200, 10000]) };
        const upper = { chargingRateUnit: 'W', duration: 150, startSchedule, chargingSchedulePeriod: periods([0, 7000], [100, 9000]) };
        assert.deepEqual(await install(peer, 1, profile(1, 0, 'TxDefaultProfile', lower)), ACCEPTED);
        assert.deepEqual(await install(peer, 1, profile(2, 1, 'TxDefaultProfile', upper)), ACCEPTED);
        const answer = await composite(peer, 1, 'W', 350);
        assert.deepEqual([answer.status, answer.connectorId, answer.chargingSchedule.duration, answer.chargingSchedule.chargingRateUnit], ['Accepted', 1, 350, 'W']);
        const since = (Date.parse(answer.scheduleStart) - begun) / 1000;
        assert.ok(since >= 0 && since < 5, answer.scheduleStart);
        assert.deepEqual(answer.periods.map((one) => one.limit), [7000, 9000, 8000, 10000]);
        for (const [i, at] of [0, 100, 150, 200].entries()) assert.ok(Math.abs(answer.periods[i].startPeriod - Math.max(0, at - since)) <= 1, JSON.stringify(answer.periods));
        assert.equal('startSchedule' in answer.chargingSchedule, false);
        assert.ok(answer.periods.every((one) => !('numberPhases' in one) && one.limit >= 0));
        assert.deepEqual(await composite(peer, 9), { error: 'PropertyConstraintViolation' });
    });

    test('TC_056_CS TC_082_CS a default limits what begins, and what runs, and is gone when it is cleared', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await install(peer, 1, profile(1, 0, 'TxDefaultProfile', limited(20))), ACCEPTED);
        await peer.charges(1);
        await carries(peer, 1, 20, 25);
        assert.deepEqual(await install(peer, 1, profile(2, 1, 'TxDefaultProfile', limited(10))), ACCEPTED);
        await carries(peer, 1, 10);
        assert.deepEqual(await peer.ask('ClearChargingProfile', { id: 2 }), ACCEPTED);
        await carries(peer, 1, 20);
        assert.deepEqual(await install(peer, 0, profile(3, 0, 'ChargePointMaxProfile', limited(15))), ACCEPTED);
        await carries(peer, 1, 15);
    });

    test('P-49 TC_057_CS TC_058_1_CS TC_058_2_CS a profile of a transaction needs it, limits it and goes with it, also over a power cut', async (t) => {
        const peer = await Peer.create(t);
        const own = (id, level, amperes, transactionId) => profile(id, level, 'TxProfile', limited(amperes), { chargingProfileKind: 'Relative', ...(transactionId ? { transactionId } : {}) });
        assert.deepEqual(await install(peer, 1, own(1, 0, 20)), REJECTED, 'no transaction');
        assert.deepEqual(await install(peer, 1, own(1, 0, 20, 12345)), REJECTED);
        const { transactionId } = await peer.charges(1);
        assert.deepEqual(await install(peer, 1, own(1, 0, 20, transactionId + 1000)), REJECTED, 'of another');
        assert.deepEqual(await install(peer, 0, own(1, 0, 20, transactionId)), REJECTED, 'of the whole');
        for (const wrong of [[1, { ...own(1, 0, 20), chargingSchedule: { ...limited(20), chargingRateUnit: 'kW' } }], [9, own(1, 0, 20, transactionId)]]) {
            const answer = await peer.odd(`wrong-${wrong[0]}`, 'SetChargingProfile', { connectorId: wrong[0], csChargingProfiles: wrong[1] });
            assert.equal(answer.code, 'PropertyConstraintViolation', answer.text);
        }
        assert.deepEqual(await install(peer, 1, own(1, 0, 20, transactionId)), ACCEPTED);
        await carries(peer, 1, 20);
        assert.deepEqual(await install(peer, 1, own(2, 0, 10, transactionId)), ACCEPTED, 'at the same level: replaced');
        await carries(peer, 1, 10);
        const since = peer.mark();
        await peer.cut();
        await peer.power();
        await peer.said('StopTransaction', { transactionId, reason: 'PowerLoss' }, { since });
        await peer.ready(2, { since });
        assert.deepEqual(await peer.ask('ClearChargingProfile', {}), { status: 'Unknown' }, 'gone with its transaction');
    });

    test('P-49 TC_059_CS TC_060_CS a remote start brings its profile, another of its level replaces it, a wrong one is rejected', async (t) => {
        const peer = await Peer.create(t);
        const own = (id, amperes, more) => profile(id, 2, 'TxProfile', limited(amperes), { chargingProfileKind: 'Relative', ...more });
        await peer.tell('plug 1');
        const start = (chargingProfile) => peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-1', chargingProfile });
        assert.deepEqual(await start(profile(1, 2, 'TxDefaultProfile', limited(20))), REJECTED);
        await sleep(500);
        assert.equal(peer.calls('StartTransaction').length, 0);
        assert.deepEqual(await start(own(1, 20)), ACCEPTED);
        await peer.said('StartTransaction', { connectorId: 1 });
        await carries(peer, 1, 20, 25);
        await peer.settled();
        const { transaction } = peer;
        assert.deepEqual(await install(peer, 1, own(2, 10, { transactionId: transaction })), ACCEPTED);
        await carries(peer, 1, 10);
        assert.deepEqual(await peer.ask('ClearChargingProfile', { id: 1 }), { status: 'Unknown' }, 'replaced');
        assert.deepEqual(await peer.ask('RemoteStopTransaction', { transactionId: transaction }), ACCEPTED);
        await peer.said('StopTransaction');
        await peer.tell('unplug 1');
        await peer.is(1, 'available');
        assert.deepEqual(await peer.ask('ClearChargingProfile', { id: 2 }), { status: 'Unknown' }, 'gone when the transaction ends');
    });

    test('P-50 TC_067_CS profiles are cleared by id, else by all that is given, else all', async (t) => {
        const peer = await Peer.create(t);
        const fill = async () => {
            for (const [connector, one] of [[0, profile(1, 0, 'ChargePointMaxProfile', limited(100))], [0, profile(2, 0, 'TxDefaultProfile', limited(90))], [1, profile(3, 0, 'TxDefaultProfile', limited(80))], [1, profile(4, 1, 'TxDefaultProfile', limited(70))]])
                assert.deepEqual(await install(peer, connector, one), ACCEPTED);
        };
        const clear = (payload) => peer.ask('ClearChargingProfile', payload);
        await fill();
        assert.deepEqual([await limits(peer, 1), await limits(peer, 2)], [[70], [90]]);
        assert.deepEqual(await clear({ id: 4, chargingProfilePurpose: 'ChargePointMaxProfile', connectorId: 2 }), ACCEPTED, 'the id wins');
        assert.deepEqual(await limits(peer, 1), [80]);
        assert.deepEqual(await clear({ chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 7 }), { status: 'Unknown' });
        assert.deepEqual(await clear({ chargingProfilePurpose: 'TxDefaultProfile', connectorId: 1 }), ACCEPTED);
        assert.deepEqual([await limits(peer, 1), await limits(peer, 2)], [[90], [90]], 'both have to fit');
        await fill();
        assert.deepEqual(await clear({ stackLevel: 0 }), ACCEPTED);
        assert.deepEqual([await limits(peer, 1), await clear({ id: 4 })], [[70], ACCEPTED]);
        await fill();
        assert.deepEqual(await clear({}), ACCEPTED);
        assert.deepEqual(await clear({}), { status: 'Unknown' });
    });

    test('P-50 a power cut while a profile is set leaves the old one or the new one, whole', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await install(peer, 1, profile(1, 0, 'TxDefaultProfile', limited(20))), ACCEPTED);
        for (let round = 0; round < 3; round++) {
            const since = peer.mark();
            install(peer, 1, profile(1, 0, 'TxDefaultProfile', limited(30 + round))).catch(() => {});
            await sleep(round);
            await peer.cut();
            await peer.power();
            await peer.ready(2, { since });
            const now = (await limits(peer, 1))[0];
            assert.ok(now === 20 || (now >= 30 && now <= 30 + round), `${now} A`);
        }
    });
});

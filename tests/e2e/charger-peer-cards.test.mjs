// SPDX-License-Identifier: Apache-2.0
// The charge point against a central system that is not ours (peer.mjs): cards, the cache, the local list, how a session begins
// and ends. Tests run beside each other: most of them wait.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Peer, iso } from './peer.mjs';
import { until } from './support.mjs';

const ACCEPTED = { status: 'Accepted' }, REJECTED = { status: 'Rejected' };
const entry = (idTag, status = 'Accepted', more = {}) => ({ idTag, idTagInfo: { status, ...more } });
const list = (peer, listVersion, updateType, ...localAuthorizationList) => peer.ask('SendLocalList', { listVersion, updateType, localAuthorizationList });
const version = async (peer) => (await peer.ask('GetLocalListVersion')).listVersion;
const says = (peer, status, more = {}) => { peer.answers.Authorize = () => ({ idTagInfo: { status, ...more } }); };

/** Off line: whether a card starts a session on connector n, which it ends again. */
async function starts(peer, n, card) {
    await peer.tell(`plug ${n}`);
    await peer.is(n, 'preparing');
    await peer.tell(`card ${n} ${card}`);
    await sleep(700);
    const started = (await peer.connector(n)).transaction !== 0;
    if (started) await peer.tell(`card ${n} ${card}`);
    await peer.is(n, started ? 'finishing' : 'preparing');
    await peer.tell(`unplug ${n}`);
    await peer.is(n, 'available');
    return started;
}
const offline = async (peer, what) => {
    const sockets = peer.sockets.length;
    await peer.away();
    const answer = await what();
    await peer.back();
    await until('it is back', () => peer.sockets.length > sockets);
    return answer;
};
/** A card on line: the session that it begins, ended again; which messages it took. */
async function session(peer, begin, { card = 'CARD-1' } = {}) {
    const since = peer.mark();
    await begin();
    const start = await peer.said('StartTransaction', { idTag: card }, { since });
    await peer.status(1, 'Charging', { since, seconds: 25 });
    await peer.settled();
    const asked = peer.calls('Authorize', { since }).length;
    assert.deepEqual(await peer.ask('RemoteStopTransaction', { transactionId: peer.answered(start).payload.transactionId }), ACCEPTED);
    await peer.said('StopTransaction', { reason: 'Remote' }, { since });
    await peer.tell('unplug 1');
    await peer.status(1, 'Available', { since });
    await peer.settled();
    return { asked, statuses: peer.statuses(1, since) };
}

describe('a charger and a strict central system: cards', { concurrency: 16 }, () => {
    test('P-16 TC_007_1_CS TC_061_1_CS a card of the cache starts without being asked about, and no longer once the cache is cleared', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('LocalPreAuthorize', true);
        const local = () => session(peer, async () => {
            await peer.tell('plug 1');
            await peer.tell('card 1 CARD-1');
        });
        assert.equal((await local()).asked, 1, 'nobody knows it yet');
        assert.equal((await local()).asked, 0, 'it is in the cache');
        assert.deepEqual(await peer.ask('ClearCache'), ACCEPTED);
        assert.equal((await local()).asked, 1);
        assert.deepEqual(await peer.ask('ClearCache'), ACCEPTED);
        assert.equal(await offline(peer, () => starts(peer, 1, 'CARD-1')), false, 'that was only cached');
        await peer.set('AuthorizationCacheEnabled', false);
        assert.deepEqual(await peer.ask('ClearCache'), REJECTED);
    });

    test('P-16 TC_007_2_CS TC_061_2_CS the same by a remote start', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('LocalPreAuthorize', true);
        await peer.set('AuthorizeRemoteTxRequests', true);
        const remote = () => session(peer, async () => {
            assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-1' }), ACCEPTED);
            await peer.tell('plug 1');
        });
        assert.equal((await remote()).asked, 1);
        assert.equal((await remote()).asked, 0);
        assert.deepEqual(await peer.ask('ClearCache'), ACCEPTED);
        assert.equal((await remote()).asked, 1);
    });

    test('P-51 TC_042_2_CS TC_043_CS TC_043_2_CS TC_043_3_CS local lists, whole and by difference, and what changes nothing', async (t) => {
        const peer = await Peer.create(t);
        const long = 'TAG-OF-20-CHARACTERS';
        assert.equal(long.length, 20);
        assert.equal(await version(peer), 0, 'empty');
        assert.deepEqual(await list(peer, 5, 'Full', entry(long), entry('CARD-2')), ACCEPTED);
        assert.equal(await version(peer), 5);
        assert.deepEqual(await list(peer, 4, 'Differential', entry('CARD-3')), { status: 'VersionMismatch' });
        assert.deepEqual(await list(peer, 6, 'Differential', { idTag: 'CARD-2' }), ACCEPTED);
        assert.equal(await version(peer), 6);
        const most = Number(await peer.get('SendLocalListMaxLength'));
        assert.deepEqual(await list(peer, 7, 'Full', ...[...Array(most + 1).keys()].map((i) => entry(`N-${i}`))), { status: 'Failed' });
        assert.equal(await version(peer), 6, 'the old list, whole');
        await peer.set('LocalPreAuthorize', true);
        const since = peer.mark();
        await peer.tell('plug 1');
        await peer.tell(`card 1 ${long}`);
        assert.equal((await peer.said('StartTransaction', {}, { since })).payload.idTag, long, 'as it came');
        assert.equal(peer.calls('Authorize', { since }).length, 0);
        await peer.settled();
        await peer.tell('plug 2');
        await peer.tell('card 2 CARD-2');
        await peer.said('Authorize', { idTag: 'CARD-2' }, { since }, 'deleted');
        assert.deepEqual(await list(peer, 0, 'Full'), ACCEPTED, 'a whole list of nothing');
        assert.equal(await version(peer), 0);
    });

    test('P-51 TC_042_1_CS TC_043_1_CS a list that is switched off', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('LocalAuthListEnabled', false);
        assert.equal(await version(peer), -1);
        assert.deepEqual(await list(peer, 1, 'Full', entry('CARD-1')), { status: 'NotSupported' });
    });

    test('P-52 off line: the list before the cache, blocked and expired never, unknown ones by the key, and all over a power cut', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await list(peer, 1, 'Full', entry('A'), entry('B', 'Blocked'), entry('E', 'Accepted', { expiryDate: iso(-86400e3) })), ACCEPTED);
        await session(peer, async () => {
            await peer.tell('plug 1');
            await peer.tell('card 1 C');
        }, { card: 'C' });
        const since = peer.mark();
        await peer.cut();
        await peer.power();
        await peer.ready(2, { since });
        const all = async () => {
            const started = {};
            for (const card of ['A', 'B', 'E', 'C', 'U']) started[card] = await starts(peer, 1, card);
            return started;
        };
        for (const unknown of [false, true]) {
            await peer.set('AllowOfflineTxForUnknownId', unknown);
            assert.deepEqual(await offline(peer, all), { A: true, B: false, E: false, C: true, U: unknown });
            await until('all is told', () => peer.calls('StopTransaction').length >= (unknown ? 6 : 3), 30);
            await peer.settled();
        }
    });

    test('P-52 what the central system says of a card against the list is a conflict, and told', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await list(peer, 1, 'Full', entry('B', 'Blocked')), ACCEPTED);
        const since = peer.mark();
        await peer.tell('plug 1');
        await peer.tell('card 1 B');
        await peer.said('Authorize', { idTag: 'B' }, { since });
        await peer.said('StatusNotification', { connectorId: 0, errorCode: 'LocalListConflict' }, { since });
    });

    test('P-52 TC_008_1_CS TC_008_2_CS a card of the list starts without being asked about, locally and remotely', async (t) => {
        const peer = await Peer.create(t);
        for (const key of ['LocalPreAuthorize', 'AuthorizeRemoteTxRequests']) await peer.set(key, true);
        assert.deepEqual(await list(peer, 1, 'Full', entry('CARD-1')), ACCEPTED);
        const local = await session(peer, async () => {
            await peer.tell('plug 1');
            await peer.tell('card 1 CARD-1');
        });
        const remote = await session(peer, async () => {
            assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-1' }), ACCEPTED);
            await peer.tell('plug 1');
        });
        assert.deepEqual([local.asked, remote.asked], [0, 0]);
    });

    for (const [number, status] of [['TC_023_4_CS', 'Invalid'], ['TC_023_4_CS', 'Blocked'], ['TC_023_4_CS', 'Expired']])
        test(`${number} a card that is ${status} starts nothing`, async (t) => {
            const peer = await Peer.create(t);
            says(peer, status);
            await peer.tell('plug 1');
            await peer.tell('card 1 CARD-1');
            await peer.said('Authorize');
            await sleep(1000);
            assert.deepEqual([peer.calls('StartTransaction').length, (await peer.connector(1)).status], [0, 'preparing']);
        });

    test('TC_023_5_CS a remote start for a card that turns out invalid starts nothing', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('AuthorizeRemoteTxRequests', true);
        says(peer, 'Invalid');
        await peer.tell('plug 1');
        assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-1' }), ACCEPTED);
        await peer.said('Authorize');
        await sleep(1000);
        assert.equal(peer.calls('StartTransaction').length, 0);
    });

    test('TC_068_CS TC_069_CS a session is ended by its card or one of its group, by no other', async (t) => {
        const peer = await Peer.create(t);
        peer.answers.Authorize = ({ idTag }) => ({ idTagInfo: { status: 'Accepted', parentIdTag: idTag.split('-')[0] } });
        for (const card of ['FAMILY-1', 'FAMILY-2']) {
            const since = peer.mark();
            await peer.tell('plug 1');
            await peer.tell('card 1 FAMILY-1');
            await peer.status(1, 'Charging', { since, seconds: 25 });
            await peer.settled();
            await peer.tell('card 1 OTHER-1');
            await peer.said('Authorize', { idTag: 'OTHER-1' }, { since });
            await sleep(700);
            assert.equal(peer.calls('StopTransaction', { since }).length, 0, 'of another group');
            await peer.tell(`card 1 ${card}`);
            const stop = await peer.said('StopTransaction', {}, { since });
            assert.deepEqual([stop.payload.idTag, stop.payload.reason ?? 'Local'], [card, 'Local']);
            await peer.tell('unplug 1');
            await peer.is(1, 'available');
        }
    });
});

describe('a charger and a strict central system: how sessions begin and end', { concurrency: 16 }, () => {
    test('TC_003_CS TC_012_CS plugged in first, then the card; stopped by the central system', async (t) => {
        const peer = await Peer.create(t);
        const { asked, statuses } = await session(peer, async () => {
            await peer.tell('plug 1');
            await peer.status(1, 'Preparing');
            await peer.tell('card 1 CARD-1');
        });
        assert.deepEqual([asked, statuses], [1, ['Preparing', 'Charging', 'Finishing', 'Available']]);
    });

    test('TC_004_1_CS the card first, then plugged in', async (t) => {
        const peer = await Peer.create(t);
        const { asked, statuses } = await session(peer, async () => {
            await peer.tell('card 1 CARD-1');
            await peer.status(1, 'Preparing');
            await peer.tell('plug 1');
        });
        assert.deepEqual([asked, statuses], [1, ['Preparing', 'Charging', 'Finishing', 'Available']]);
    });

    test('TC_004_2_CS the card first, and nobody plugs in', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('ConnectionTimeOut', 2);
        await peer.tell('card 1 CARD-1');
        const preparing = await peer.status(1, 'Preparing');
        const available = await peer.status(1, 'Available', { since: peer.frames.indexOf(preparing) });
        assert.ok(Math.abs(available.at - preparing.at - 2000) <= 700, `${available.at - preparing.at} ms`);
        assert.equal(peer.calls('StartTransaction').length, 0);
    });

    for (const [number, plugFirst] of [['TC_010_CS', true], ['TC_011_1_CS', false]])
        test(`${number} a remote start, plugged in ${plugFirst ? 'before' : 'after'}`, async (t) => {
            const peer = await Peer.create(t);
            const start = async () => assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-1' }), ACCEPTED);
            const { asked, statuses } = await session(peer, async () => {
                if (!plugFirst) await start();
                await peer.tell('plug 1');
                await peer.status(1, 'Preparing');
                if (plugFirst) await start();
            });
            assert.deepEqual([asked, statuses], [0, ['Preparing', 'Charging', 'Finishing', 'Available']]);
        });

    test('TC_027_CS TC_028_CS a remote start of connector 0 and a stop of another transaction are rejected', async (t) => {
        const peer = await Peer.create(t);
        const { transactionId } = await peer.charges(1);
        const since = peer.mark();
        assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 0, idTag: 'CARD-1' }), REJECTED);
        assert.deepEqual(await peer.ask('RemoteStopTransaction', { transactionId: transactionId + 1 }), REJECTED);
        await sleep(500);
        assert.equal((await peer.connector(1)).flows, true);
        assert.deepEqual(peer.statuses(1, since), []);
    });

    for (const [number, type] of [['TC_013_CS', 'Hard'], ['TC_014_CS', 'Soft']])
        test(`${number} a ${type} reset without a transaction: a boot, and all connectors as they were`, async (t) => {
            const peer = await Peer.create(t);
            const since = peer.mark();
            assert.deepEqual(await peer.ask('Reset', { type }), ACCEPTED);
            await peer.said('BootNotification', {}, { since, seconds: 30 });
            await peer.ready(2, { since });
            for (const connector of [0, 1, 2]) assert.deepEqual(peer.statuses(connector, since), ['Available']);
        });

    test('TC_036_CS the connection is lost in a session, which goes on and is told', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('MeterValueSampleInterval', 1);
        const { transactionId } = await peer.charges(1);
        const since = peer.mark();
        await offline(peer, async () => {
            await sleep(2500);
            assert.equal((await peer.connector(1)).flows, true);
        });
        await until('what was measured meanwhile', () => peer.calls('MeterValues', { since, where: { transactionId } }).length >= 4);
        assert.deepEqual([peer.calls('BootNotification', { since }).length, peer.calls('StopTransaction', { since }).length, peer.statuses(1, since)], [0, 0, []]);
        assert.deepEqual(await peer.ask('RemoteStopTransaction', { transactionId }), ACCEPTED);
        await peer.said('StopTransaction', { transactionId }, { since });
    });

    for (const [number, stops] of [['TC_037_2_CS', false], ['TC_037_3_CS', true]])
        test(`P-27 ${number} started off line, and invalid as it turns out: ${stops ? 'ends' : 'is held'}`, async (t) => {
            const peer = await Peer.create(t);
            await peer.set('StopTransactionOnInvalidId', stops);
            await peer.set('AllowOfflineTxForUnknownId', true);
            peer.answers.StartTransaction = () => ({ idTagInfo: { status: 'Invalid' }, transactionId: 7 });
            const since = peer.mark();
            await offline(peer, async () => {
                await peer.tell('plug 1');
                await peer.tell('card 1 CARD-1');
                await peer.is(1, 'charging');
            });
            await peer.said('StartTransaction', { idTag: 'CARD-1' }, { since, seconds: 30 });
            if (stops) await peer.said('StopTransaction', { transactionId: 7, reason: 'DeAuthorized' }, { since });
            else await peer.status(1, 'SuspendedEVSE', { since });
            await peer.is(1, (c) => !c.flows, 3);
            assert.equal(peer.calls('StopTransaction', { since }).length, stops ? 1 : 0);
        });

    test('TC_062_CS data for a vendor that it does not know, and for ours a message that it does not', async (t) => {
        const peer = await Peer.create(t);
        assert.equal((await peer.ask('DataTransfer', { vendorId: 'Somebody', messageId: 'M', data: 'x' })).status, 'UnknownVendorId');
        assert.equal((await peer.ask('DataTransfer', { vendorId: 'Roost', messageId: 'Nonsense', data: 'x' })).status, 'UnknownMessageId');
    });
});

// SPDX-License-Identifier: Apache-2.0
// The central system over real sockets, against another's charge point in strict mode: who may come in, what is answered, what
// operators see. Case ids are those of the OCPP cases.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Chargers, Raw, now } from './ocpp.mjs';
import { until } from './support.mjs';

const hub = await Chargers.create(test);

test('C-01 boot, statuses, heartbeat, each answered once and in order', async () => {
    const { password } = await hub.add('C-01');
    const cp = await hub.connect('C-01', { password });
    const boot = await cp.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M', firmwareVersion: '1.2', chargePointSerialNumber: 'S-1' });
    assert.equal(boot.status, 'Accepted');
    assert.ok(boot.interval > 0);
    assert.ok(boot.currentTime.endsWith('Z') && Math.abs(Date.parse(boot.currentTime) - Date.now()) < 1000, boot.currentTime);
    for (const connectorId of [0, 1, 2])
        assert.deepEqual(await cp.call('StatusNotification', { connectorId, errorCode: 'NoError', status: 'Available', timestamp: now() }), {});
    const beat = await cp.call('Heartbeat', {});
    assert.ok(Math.abs(Date.parse(beat.currentTime) - Date.now()) < 1000);
    const shown = await hub.get(hub.at('C-01'));
    assert.deepEqual(
        [shown.online, shown.booted, shown.vendor, shown.model, shown.firmware, shown.serial, shown.connectors.map((c) => [c.connector_id, c.status])],
        [true, true, 'V', 'M', '1.2', 'S-1', [[0, 'Available'], [1, 'Available'], [2, 'Available']]]);
});

test('C-02 exactly the registered identity comes in', async () => {
    await hub.add('RDAM 123', { password: false });
    await hub.add('CP1', { password: false });
    const come = async (path) => {
        const raw = await Raw.open(`${hub.url}/${path}`);
        const how = raw.refused ?? (await raw.heartbeat())[0];
        raw.close();
        return how;
    };
    assert.equal(await come('nobody'), 404);
    assert.equal(await come('RDAM%20123'), 4, 'let in, and told to boot first');
    assert.equal(await come('CP1'), 4);
    assert.equal(await come('cp1'), 404, 'identities have a case');
    assert.equal(await come('CP1/'), 404);
    assert.equal(await come('a%2Fb'), 400, 'no segment of a path');
    assert.equal(await come('x'.repeat(60)), 404);
    assert.equal(await come('%00'), 400, 'no path at all');
    for (const identity of ['', 'a/b', 'x'.repeat(49), 'a\nb'])
        assert.equal((await hub.call('POST', '/chargers', { identity })).status, 400, identity);
    assert.equal((await hub.call('POST', '/chargers', { identity: 'CP1' })).status, 409);
});

test('C-03 TC_088_CSMS without ocpp1.6 it is let in without a subprotocol and closed', async () => {
    for (const [protocols, stays] of [[['ocpp1.5'], false], [[], false], [['ocpp2.0.1', 'ocpp1.6'], true]]) {
        const raw = await Raw.open(`${hub.url}/CP1`, { protocols });
        // ws itself ends a socket whose server names none of what was offered.
        if (stays) assert.equal(raw.socket.protocol, 'ocpp1.6');
        else assert.notEqual(raw.socket.protocol, 'ocpp1.6');
        if (stays) assert.equal((await raw.heartbeat())[0], 4);
        else await new Promise((resolve) => (raw.closed ? resolve() : raw.socket.on('close', resolve)));
        raw.close();
    }
});

test('C-04 who was never accepted is told so, who only comes again is served', async () => {
    const { password } = await hub.add('C-04');
    const status = { connectorId: 0, errorCode: 'NoError', status: 'Available' };
    const first = await hub.connect('C-04', { password });
    await assert.rejects(first.call('StatusNotification', status), (error) => error.rpcErrorCode === 'SecurityError');
    assert.equal((await first.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' })).status, 'Accepted');
    await first.close();
    const again = await hub.connect('C-04', { password });
    assert.deepEqual(await again.call('StatusNotification', status), {});
});

test('C-04 an operator keeps one waiting, or out', async () => {
    const { password } = await hub.add('waits', { registration: 'pending' });
    const cp = await hub.connect('waits', { password });
    const boot = () => cp.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    assert.equal((await boot()).status, 'Pending');
    await hub.ok('PATCH', hub.at('waits'), { registration: 'rejected' });
    assert.equal((await boot()).status, 'Rejected');
    await hub.ok('PATCH', hub.at('waits'), { registration: 'accepted' });
    assert.equal((await boot()).status, 'Accepted');
    await hub.ok('DELETE', hub.at('waits'), undefined, 204);
    await new Promise((resolve) => cp.once('close', resolve));
    await assert.rejects(hub.connect('waits', { password }), /Not Found/);
});

test('C-15 tags with their own words, without case', async () => {
    await hub.tag('abc', { parent_id_tag: 'family', expires_at_ms: Date.now() + 3600e3 });
    await hub.tag('blocked', { blocked: true });
    await hub.tag('expired', { expires_at_ms: Date.now() - 1000 });
    assert.equal((await hub.call('POST', '/tags', { id_tag: 'ABC' })).status, 409, 'the same tag');
    const cp = await hub.known('C-15');
    const info = async (idTag) => (await cp.call('Authorize', { idTag })).idTagInfo;
    const known = await info('ABC');
    assert.deepEqual([known.status, known.parentIdTag], ['Accepted', 'family']);
    assert.ok(Date.parse(known.expiryDate) > Date.now());
    assert.equal((await info('blocked')).status, 'Blocked');
    assert.equal((await info('expired')).status, 'Expired');
    assert.equal((await info('nobody')).status, 'Invalid');
    await hub.ok('PUT', '/tags/Blocked', {});
    assert.equal((await info('blocked')).status, 'Accepted');
    await hub.ok('DELETE', '/tags/abc', undefined, 204);
    assert.equal((await info('ABC')).status, 'Invalid');
    for (const wrong of [{}, { id_tag: 'x'.repeat(21) }, { id_tag: 'a', limit: -1 }, { id_tag: 'a', limit: 1.5 }, { id_tag: 'a', blocked: 1 }])
        assert.equal((await hub.call('POST', '/tags', wrong)).status, 400, JSON.stringify(wrong));
});

test('a charger is a device of the fleet like all', async () => {
    const device = async () => (await hub.call('GET', '/devices/F-1')).body;
    const { password } = await hub.add('F-1');
    assert.equal((await hub.call('GET', '/devices/F-1')).status, 404, 'until it was accepted');
    const cp = await hub.charger('F-1', { password, boot: { firmwareVersion: '4.5.6' } });
    const seen = await until('it is registered', async () => { const it = await device(); return it.online && it; });
    assert.deepEqual([seen.type, seen.claimed, seen.connectivity, seen.condition, seen.health.firmware], ['charger', true, 'online', 'ok', '4.5.6']);
    assert.ok(Date.now() - seen.last_seen_at_ms < 10000);
    await cp.call('StatusNotification', { connectorId: 1, errorCode: 'GroundFailure', status: 'Faulted', vendorErrorCode: '417' });
    const faulty = await device();
    assert.deepEqual([faulty.health.fault, faulty.health.fault_number, faulty.condition, faulty.charger.faulted_connectors], ['ground_failure', 417, 'critical', 1]);
    await cp.call('StatusNotification', { connectorId: 1, errorCode: 'EVCommunicationError', status: 'Preparing' });
    assert.deepEqual([(await device()).health.fault, (await device()).condition], ['ev_communication_error', 'warning']);
    const refused = await hub.call('POST', '/devices/F-1/commands', { command: 'measure' });
    assert.equal(refused.status, 409);
    assert.match(refused.body.error.message, /operations/);
    await cp.close();
    await until('it is offline', async () => (await device()).connectivity === 'offline');
    // It only comes again, to a hub that was started anew: what it said before is still known.
    await hub.stack.programs.get('roostd').kill('SIGKILL');
    await hub.stack.startHub();
    const again = await hub.connect('F-1', { password });
    await again.call('Heartbeat', {});
    await until('it is recalled', async () => { const it = await device(); return it.online && it.health.fault === 'ev_communication_error' && it.health.firmware === '4.5.6'; });
});

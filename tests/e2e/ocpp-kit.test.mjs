// SPDX-License-Identifier: Apache-2.0
// The alliance's cases for a central system by their numbers (docs/ocpp-conformance.md), as a conformance kit drives them (kit.mjs):
// sessions, remote control, configuration, what goes wrong.
import test from 'node:test';
import assert from 'node:assert/strict';
import { kitOf } from './kit.mjs';
import { Chargers, now } from './ocpp.mjs';

const hub = await Chargers.create(test);
const { kit, asked } = await kitOf(hub);

/* ---- boot and sessions ---- */

kit('TC_001_CSMS cold boot', async (cp) => {
    assert.equal(cp.accepted.status, 'Accepted');
    assert.ok(cp.accepted.interval > 0 && Math.abs(Date.parse(cp.accepted.currentTime) - Date.now()) < 3000);
    assert.ok((await cp.call('Heartbeat', {})).currentTime.endsWith('Z'));
    assert.equal((await hub.get(hub.at(cp.identity))).online, true);
    assert.equal((await cp.connector()).status, 'Available');
});

for (const [number, first] of [['TC_003_CSMS plug first', 'plug'], ['TC_004_1_CSMS card first', 'card']])
    kit(`${number}: what it is to see, with tag, times and reason`, async (cp) => {
        const card = async () => assert.equal((await cp.call('Authorize', { idTag: 'CARD-1' })).idTagInfo.status, 'Accepted');
        if (first === 'card') await card();
        await cp.status(1, 'Preparing');
        if (first === 'plug') await card();
        const begun = now(-60000), over = now();
        const { transactionId, idTagInfo } = await cp.start('CARD-1', { timestamp: begun });
        assert.ok(transactionId > 0 && idTagInfo.status === 'Accepted');
        assert.equal((await cp.connector()).status, 'Charging');
        const { active } = await cp.connector();
        assert.deepEqual([active.transaction_id, active.id_tag, active.state, active.started_at_ms, active.meter_start_wh, active.stopped_at_ms], [transactionId, 'CARD-1', 'open', Date.parse(begun), 1000, null]);
        await cp.call('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: now(-30000), sampledValue: [{ value: '2000', unit: 'Wh' }] }] });
        await cp.stop(transactionId, { idTag: 'CARD-1', timestamp: over, reason: 'Local' });
        const { active: none, latest, status } = await cp.connector();
        assert.deepEqual([none, status], [null, 'Available']);
        assert.deepEqual([latest.transaction_id, latest.state, latest.reason, latest.stop_id_tag, latest.stopped_at_ms, latest.energy_wh, latest.billable], [transactionId, 'closed', 'Local', 'CARD-1', Date.parse(over), 2000, true]);
        const whole = await hub.get(`/transactions/${transactionId}`);
        assert.deepEqual(whole.samples.map((one) => one.value), [2000]);
        assert.deepEqual((await cp.transactions('&limit=1'))[0].transaction_id, transactionId);
    });

kit('TC_004_2_CSMS card first, nobody plugs in', async (cp) => {
    assert.equal((await cp.call('Authorize', { idTag: 'CARD-1' })).idTagInfo.status, 'Accepted');
    await cp.status(1, 'Preparing');
    await cp.status(1, 'Available');
    assert.deepEqual([(await cp.connector()).status, await cp.transactions()], ['Available', []]);
});

kit('TC_005_1_CSMS gun pulled, the transaction ends', async (cp) => {
    const { transactionId } = await cp.start('CARD-1');
    await cp.status(1, 'SuspendedEV', { info: 'EV side disconnected' });
    await cp.stop(transactionId, { reason: 'EVDisconnected' });
    assert.deepEqual((await cp.transactions()).map((tx) => [tx.state, tx.reason]), [['closed', 'EVDisconnected']]);
});

kit('TC_007_CSMS a cached card starts without being asked about', async (cp) => {
    const { transactionId, idTagInfo } = await cp.start('CARD-1');
    assert.equal(idTagInfo.status, 'Accepted');
    await cp.stop(transactionId);
});

kit('transactions are counted by tag, and found by tag, state and time', async (cp) => {
    await hub.tag('COUNTED');
    const count = (query = '') => hub.get(`/transactions/count?id_tag=COUNTED${query}`);
    assert.deepEqual(await count(), { count: 0, open_count: 0 });
    for (let i = 0; i < 3; i++) {
        const { transactionId } = await cp.start('counted', { timestamp: now(-1000) });
        assert.deepEqual(await count(), { count: i + 1, open_count: 1 }, 'without case');
        await cp.stop(transactionId);
    }
    assert.deepEqual(await count('&state=closed'), { count: 3, open_count: 0 });
    assert.equal((await hub.get(`/transactions?id_tag=COUNTED&from=${Date.now() - 60000}`)).transactions.length, 3);
    assert.equal((await hub.get(`/transactions?id_tag=COUNTED&from=${Date.now() + 60000}`)).transactions.length, 0);
});

/* ---- remote start and stop ---- */

for (const [number, plugged] of [['TC_010_CSMS plugged before', true], ['TC_011_1_CSMS plugged after', false]])
    kit(`${number}: a remote start becomes a transaction`, async (cp) => {
        if (plugged) await cp.status(1, 'Preparing');
        await cp.does('RemoteStartTransaction', { idTag: 'CARD-1', connectorId: 1 }, { status: 'Accepted' });
        assert.equal((await cp.call('Authorize', { idTag: 'CARD-1' })).idTagInfo.status, 'Accepted');
        if (!plugged) await cp.status(1, 'Preparing');
        await cp.start('CARD-1');
        assert.equal((await cp.connector()).active.id_tag, 'CARD-1');
    });

kit('TC_011_2_CSMS a remote start that nobody plugs in for', async (cp) => {
    await cp.does('RemoteStartTransaction', { idTag: 'CARD-1', connectorId: 1 }, { status: 'Accepted' });
    for (const status of ['Preparing', 'Available']) await cp.status(1, status);
    assert.deepEqual(await cp.transactions(), []);
});

kit('TC_012_CSMS a remote stop, by the id that the active transaction has', async (cp) => {
    await cp.start('CARD-1');
    const { active } = await cp.connector();
    await cp.does('RemoteStopTransaction', { transactionId: active.transaction_id }, { status: 'Accepted' });
    await cp.stop(active.transaction_id, { reason: 'Remote' });
    assert.equal((await cp.connector()).latest.reason, 'Remote');
});

asked('TC_026_CSMS a remote start that is rejected', 'RemoteStartTransaction', { idTag: 'CARD-1', connectorId: 1 }, { status: 'Rejected' });
asked('TC_028_CSMS a remote stop that is rejected', 'RemoteStopTransaction', { transactionId: 77 }, { status: 'Rejected' });

/* ---- resets, locks, configuration ---- */

for (const [number, type, reason] of [['TC_013_CSMS', 'Hard', 'HardReset'], ['TC_014_CSMS', 'Soft', 'SoftReset']])
    kit(`${number} a ${type} reset in a transaction`, async (cp) => {
        const { transactionId } = await cp.start('CARD-1');
        await cp.does('Reset', { type }, { status: 'Accepted' });
        cp.close();
        await cp.connect();
        assert.equal((await cp.call('BootNotification', { chargePointVendor: 'Kit', chargePointModel: 'Virtual' })).status, 'Accepted');
        await cp.stop(transactionId, { reason });
        assert.equal((await cp.connector()).latest.reason, reason);
    });

for (const [number, status] of [['TC_017_1_CSMS', 'Unlocked'], ['TC_017_2_CSMS', 'NotSupported'], ['TC_030_CSMS', 'UnlockFailed'], ['TC_031_CSMS', 'NotSupported']])
    asked(`${number} an unlock is ${status}`, 'UnlockConnector', { connectorId: number === 'TC_031_CSMS' ? 9 : 1 }, { status });

kit('TC_018_1_CSMS an unlock ends a transaction', async (cp) => {
    const { transactionId } = await cp.start('CARD-1');
    await cp.does('UnlockConnector', { connectorId: 1 }, { status: 'Unlocked' });
    await cp.stop(transactionId, { reason: 'UnlockCommand' });
    assert.equal((await cp.connector()).latest.reason, 'UnlockCommand');
});

asked('TC_019_1_CSMS all configuration is read', 'GetConfiguration', {}, { configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: '60' }, { key: 'NumberOfConnectors', readonly: true, value: '1' }], unknownKey: [] });

kit('TC_019_2_CSMS one key is read, and known afterwards', async (cp) => {
    cp.answers.GetConfiguration = ({ key }) => (key.includes('SupportedFeatureProfiles') ? { configurationKey: [{ key: 'SupportedFeatureProfiles', readonly: true, value: 'Core' }] } : { unknownKey: key });
    const said = await hub.ask(cp.identity, 'GetConfiguration', { key: ['SupportedFeatureProfiles'] });
    assert.deepEqual([said.status, said.body.configurationKey[0].value], [200, 'Core']);
    assert.equal((await cp.known()).configuration.find((one) => one.key === 'SupportedFeatureProfiles').value, 'Core');
});

kit('TC_021_CSMS configuration is changed', async (cp) => {
    await cp.does('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '10' }, { status: 'Accepted' });
    assert.equal((await cp.known()).configuration.find((one) => one.key === 'MeterValueSampleInterval').value, '10');
});
asked('TC_040_1_CSMS a key is not supported', 'ChangeConfiguration', { key: 'Nonsense', value: '10' }, { status: 'NotSupported' });
asked('TC_040_2_CSMS a value is rejected', 'ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '-1' }, { status: 'Rejected' });
asked('TC_061_CSMS the cache is cleared', 'ClearCache', {}, { status: 'Accepted' });

/* ---- who may not, and what goes wrong ---- */

for (const [number, idTag, status] of [['TC_023_1_CSMS', 'NOBODY', 'Invalid'], ['TC_023_2_CSMS', 'EXPIRED', 'Expired'], ['TC_023_3_CSMS', 'BLOCKED', 'Blocked']])
    kit(`${number} ${status}, asked about and started with`, async (cp) => {
        assert.equal((await cp.call('Authorize', { idTag })).idTagInfo.status, status);
        const { transactionId, idTagInfo } = await cp.start(idTag);
        assert.equal(idTagInfo.status, status);
        assert.ok(transactionId > 0, 'it has one all the same');
        await cp.stop(transactionId, { reason: 'DeAuthorized' });
        const [tx] = await cp.transactions();
        assert.deepEqual([tx.tag_status, tx.reason, tx.billable], [status, 'DeAuthorized', false]);
    });

kit('TC_024_CSMS the lock fails, and is told', async (cp) => {
    await cp.status(1, 'Preparing');
    await cp.status(1, 'Faulted', { errorCode: 'ConnectorLockFailure' });
    const connector = await cp.connector();
    assert.deepEqual([connector.status, connector.error_code], ['Faulted', 'ConnectorLockFailure']);
});

kit('TC_032_1_CSMS a power failure: the end is told after the boot', async (cp) => {
    const { transactionId } = await cp.start('CARD-1');
    const lost = now();
    cp.close();
    await cp.connect();
    await cp.call('BootNotification', { chargePointVendor: 'Kit', chargePointModel: 'Virtual' });
    for (const connectorId of [0, 1]) await cp.status(connectorId, 'Available');
    await cp.call('StopTransaction', { transactionId, meterStop: 2000, timestamp: lost, reason: 'PowerLoss' });
    const { latest } = await cp.connector();
    assert.deepEqual([latest.reason, latest.stopped_at_ms], ['PowerLoss', Date.parse(lost)]);
});

for (const [number, idTag, status] of [['TC_037_1_CSMS', 'CARD-1', 'Accepted'], ['TC_037_3_CSMS', 'NOBODY', 'Invalid']])
    kit(`${number} started off line with a card that is ${status}`, async (cp) => {
        cp.close();
        const begun = now(-3600000);
        await cp.connect();
        const { transactionId, idTagInfo } = await cp.start(idTag, { timestamp: begun });
        assert.equal(idTagInfo.status, status);
        assert.equal((await cp.connector()).active.started_at_ms, Date.parse(begun));
        if (status === 'Invalid') await cp.stop(transactionId, { reason: 'DeAuthorized' });
    });

kit('TC_039_CSMS a whole transaction off line', async (cp) => {
    cp.close();
    const begun = now(-7200000), over = now(-3600000);
    await cp.connect();
    const { transactionId } = await cp.call('StartTransaction', { connectorId: 1, idTag: 'CARD-1', meterStart: 0, timestamp: begun });
    await cp.call('StopTransaction', { transactionId, meterStop: 500, timestamp: over, idTag: 'CARD-1' });
    const { latest, active } = await cp.connector();
    assert.deepEqual([active, latest.started_at_ms, latest.stopped_at_ms, latest.reason, latest.energy_wh], [null, Date.parse(begun), Date.parse(over), 'Local', 500]);
});

kit('TC_064_CSMS data of a vendor', async (cp) => {
    assert.equal((await cp.call('DataTransfer', { vendorId: 'Kit', messageId: 'M', data: 'x' })).status, 'UnknownVendorId');
});

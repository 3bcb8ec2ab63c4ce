// SPDX-License-Identifier: Apache-2.0
// The charge point against a central system that is not ours (peer.mjs): rules of OCPP that belong to no case of their own
// (tests/ocpp/rules.txt). Tests run beside each other: most of them wait.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Peer, iso, refusal, silent } from './peer.mjs';
import { until } from './support.mjs';

const KEYS = `AuthorizeRemoteTxRequests ClockAlignedDataInterval ConnectionTimeOut ConnectorPhaseRotation GetConfigurationMaxKeys HeartbeatInterval
    LocalAuthorizeOffline LocalPreAuthorize MeterValuesAlignedData MeterValuesSampledData MeterValueSampleInterval NumberOfConnectors ResetRetries
    StopTransactionOnInvalidId StopTransactionOnEVSideDisconnect StopTxnAlignedData StopTxnSampledData SupportedFeatureProfiles TransactionMessageAttempts
    TransactionMessageRetryInterval UnlockConnectorOnEVSideDisconnect WebSocketPingInterval MessageTimeout StopTransactionMaxMeterValues
    SupportedFileTransferProtocols MinimumStatusDuration MaxEnergyOnInvalidId AllowOfflineTxForUnknownId AuthorizationCacheEnabled
    MeterValuesSampledDataMaxLength MeterValuesAlignedDataMaxLength StopTxnSampledDataMaxLength StopTxnAlignedDataMaxLength SupportedFeatureProfilesMaxLength
    LocalAuthListEnabled LocalAuthListMaxLength SendLocalListMaxLength ChargeProfileMaxStackLevel ChargingScheduleAllowedChargingRateUnit
    ChargingScheduleMaxPeriods MaxChargingProfilesInstalled ReserveConnectorZeroSupported AuthorizationKey SecurityProfile CpoName CertificateStoreMaxLength
    AdditionalRootCertificateCheck CertificateSignedMaxChainSize AllowSecurityProfileDowngrade`.split(/\s+/);
const ACCEPTED = { status: 'Accepted' };

describe('a charger and a strict central system: rules', { concurrency: 16 }, () => {
    test('every key that is required is there, of the right kind', async (t) => {
        const peer = await Peer.create(t);
        const all = new Map((await peer.ask('GetConfiguration')).configurationKey.map((one) => [one.key, one]));
        assert.deepEqual(KEYS.filter((key) => !all.has(key)), []);
        const value = (key) => all.get(key).value;
        assert.deepEqual([value('ConnectorPhaseRotation'), value('AllowSecurityProfileDowngrade'), value('AuthorizationKey')], ['NotApplicable', 'false', undefined]);
        for (const profile of ['Core', 'FirmwareManagement', 'LocalAuthListManagement', 'Reservation', 'SmartCharging', 'RemoteTrigger']) assert.ok(value('SupportedFeatureProfiles').split(',').includes(profile), profile);
        for (const [key, { readonly }] of all) {
            if (!/MaxLength$|^Max|^Number|^Supported|Max(Keys|StackLevel|Periods)$/.test(key) || key === 'MaxEnergyOnInvalidId') continue;
            assert.equal(readonly, true, key);
            assert.deepEqual(await peer.ask('ChangeConfiguration', { key, value: '1' }), { status: 'Rejected' }, key);
        }
    });

    test('a status that does not last is not told, but for a trigger', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('MinimumStatusDuration', 3);
        const since = peer.mark();
        await peer.tell('plug 1');
        await peer.is(1, 'preparing');
        assert.deepEqual(await peer.ask('TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 1 }), ACCEPTED);
        const told = await peer.status(1, 'Preparing', { since, seconds: 2 });
        await peer.tell('unplug 1');
        await peer.is(1, 'available');
        await peer.tell('plug 1');
        await sleep(4000);
        assert.deepEqual(peer.statuses(1, since), ['Preparing'], 'it was Available for an instant');
        await peer.tell('unplug 1');
        const free = await peer.status(1, 'Available', { since });
        assert.ok(free.at - told.at > 6500, `${free.at - told.at} ms`);
    });

    test('a Start that is given up: values and Stop go on without a number', async (t) => {
        const peer = await Peer.create(t, { answers: { StartTransaction: () => { throw refusal('InternalError'); } } });
        for (const [key, value] of [['TransactionMessageAttempts', 2], ['TransactionMessageRetryInterval', 1], ['MeterValueSampleInterval', 1]]) await peer.set(key, value);
        await peer.tell('plug 1');
        await peer.tell('card 1 CARD-1');
        await peer.said('MeterValues', { transactionId: -1 });
        assert.equal(peer.calls('StartTransaction').length, 2);
        await peer.tell('card 1 CARD-1');
        await peer.said('StopTransaction', { transactionId: -1 });
    });

    test('without LocalAuthorizeOffline nobody starts off line', async (t) => {
        const peer = await Peer.create(t);
        await peer.ask('SendLocalList', { listVersion: 1, updateType: 'Full', localAuthorizationList: [{ idTag: 'CARD-1', idTagInfo: { status: 'Accepted' } }] });
        await peer.set('LocalAuthorizeOffline', false);
        await peer.away();
        await peer.tell('plug 1');
        await peer.tell('card 1 CARD-1');
        await sleep(1000);
        assert.deepEqual([(await peer.connector(1)).transaction, (await peer.connector(1)).status], [0, 'preparing']);
        await peer.back();
    });

    test('the data of a Stop keep begin and end when they are cut to StopTransactionMaxMeterValues', async (t) => {
        const peer = await Peer.create(t);
        for (const [key, value] of [['StopTxnSampledData', 'Energy.Active.Import.Register,Voltage,SoC'], ['StopTransactionMaxMeterValues', 4], ['MeterValueSampleInterval', 1]]) await peer.set(key, value);
        const { transactionId } = await peer.charges(1);
        await sleep(8000);
        assert.deepEqual(await peer.ask('RemoteStopTransaction', { transactionId }), ACCEPTED);
        const { payload: stop } = await peer.said('StopTransaction', { transactionId });
        const contexts = stop.transactionData.map((one) => one.sampledValue[0].context ?? 'Sample.Periodic');
        assert.deepEqual([stop.transactionData.length, contexts[0], contexts.at(-1)], [4, 'Transaction.Begin', 'Transaction.End']);
        const energy = stop.transactionData.map((one) => Number(one.sampledValue.find((v) => (v.measurand ?? 'Energy.Active.Import.Register') === 'Energy.Active.Import.Register').value));
        assert.deepEqual(energy, [...energy].sort((a, b) => a - b));
        assert.equal(Math.round(energy.at(-1)), stop.meterStop);
    });

    test('messages as long as they may be are taken; one that is longer costs the socket, and nothing else', async (t) => {
        const peer = await Peer.create(t);
        const most = Number(await peer.get('SendLocalListMaxLength'));
        const full = [...Array(most).keys()].map((i) => ({ idTag: `TAG-${i}`.padEnd(20, 'X'), idTagInfo: { status: 'Accepted', parentIdTag: `GROUP-${i}`.padEnd(20, 'X'), expiryDate: '2099-12-31T23:59:59.999Z' } }));
        assert.deepEqual(await peer.ask('SendLocalList', { listVersion: 1, updateType: 'Full', localAuthorizationList: full }), ACCEPTED);
        assert.equal((await peer.ask('GetLocalListVersion')).listVersion, 1);
        const sockets = peer.sockets.length;
        await assert.rejects(peer.ask('DataTransfer', { vendorId: 'Somebody', data: 'x'.repeat(200000) }), 'the socket is closed, as port.h says');
        await until('it is back', () => peer.sockets.length > sockets && peer.client);
        assert.equal(await peer.get('NumberOfConnectors'), '2');
        assert.equal(peer.calls('BootNotification').length, 1, 'without a boot');
    });

    test('a socket that is dead is found by its pings, and replaced', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('WebSocketPingInterval', 2);
        await until('it is back, with its new pings', () => peer.sockets.length > 1 && peer.client);
        const dead = peer.client, sockets = peer.sockets.length, begun = Date.now();
        dead._ws._socket.pause(); // it reads nothing, answers no ping, closes nothing
        await until('another socket', () => peer.sockets.length > sockets, 30);
        t.diagnostic(`found after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
        assert.equal(await peer.get('NumberOfConnectors'), '2');
        assert.equal(peer.calls('BootNotification').length, 1, 'without a boot');
        dead._ws.terminate();
    });

    test('answers with more than OCPP knows, nulls, and times in other forms are understood', async (t) => {
        const raw = (answer) => (payload, { client, id }) => {
            client.sendRaw(JSON.stringify([3, id, { ...answer(payload), customData: { vendorId: 'Somebody', deep: [{}] } }]));
            return silent();
        };
        const info = { status: 'Accepted', parentIdTag: null, expiryDate: null, note: 'x' };
        const times = [iso().replace('Z', ''), iso().replace('Z', '123+00:00'), iso(19800000).replace('Z', '+05:30')];
        for (const currentTime of times) {
            const peer = await Peer.create(t, { id: `ODD-${times.indexOf(currentTime)}`, answers: {
                BootNotification: raw(() => ({ status: 'Accepted', interval: 3600, currentTime })),
                StatusNotification: raw(() => ({})),
                Authorize: raw(() => ({ idTagInfo: info })),
                StartTransaction: raw(() => ({ transactionId: 77, idTagInfo: info })),
                MeterValues: raw(() => ({})),
                StopTransaction: raw(() => ({ idTagInfo: null })),
            } });
            assert.equal(peer.calls('BootNotification').length, 1, currentTime);
            await peer.tell('plug 1');
            await peer.tell('card 1 CARD-1');
            await peer.said('StartTransaction');
            await peer.status(1, 'Charging', { seconds: 25 });
            await peer.tell('card 1 CARD-1');
            const stop = await peer.said('StopTransaction', { transactionId: 77 });
            assert.ok(Math.abs(Date.parse(stop.payload.timestamp) - Date.now()) < 60000, `${currentTime}: ${stop.payload.timestamp}`);
            await peer.status(1, 'Finishing');
            assert.deepEqual(['StartTransaction', 'StopTransaction'].map((action) => peer.calls(action).length), [1, 1], 'not said again');
        }
    });

    test('the interval of the boot is HeartbeatInterval, until that is changed', async (t) => {
        const peer = await Peer.create(t, { answers: { BootNotification: () => ({ status: 'Accepted', interval: 123, currentTime: iso() }) } });
        assert.equal(await peer.get('HeartbeatInterval'), '123');
        const since = peer.mark();
        await peer.set('HeartbeatInterval', 2);
        await until('heartbeats', () => peer.calls('Heartbeat', { since }).length >= 3, 10);
        const at = peer.calls('Heartbeat', { since }).map((one) => one.at);
        assert.ok(Math.abs(at[2] - at[1] - 2000) < 700, `${at[2] - at[1]} ms`);
    });

    test('out of order: at once, scheduled while a transaction runs, of no connector that there is not', async (t) => {
        const peer = await Peer.create(t);
        const change = (connectorId, type = 'Inoperative') => peer.ask('ChangeAvailability', { connectorId, type });
        assert.deepEqual(await change(9), { status: 'Rejected' });
        const { transactionId } = await peer.charges(1);
        const since = peer.mark();
        assert.deepEqual(await change(0), { status: 'Scheduled' });
        await peer.status(2, 'Unavailable', { since });
        assert.equal((await peer.connector(1)).flows, true);
        assert.deepEqual(await peer.ask('RemoteStopTransaction', { transactionId }), ACCEPTED);
        await peer.said('StopTransaction', { transactionId }, { since });
        await peer.tell('unplug 1');
        await peer.status(1, 'Unavailable', { since });
        await peer.status(0, 'Unavailable', { since });
        await peer.tell('plug 1');
        await peer.tell('card 1 CARD-1');
        assert.deepEqual(await peer.ask('RemoteStartTransaction', { connectorId: 1, idTag: 'CARD-1' }), { status: 'Rejected' });
        await sleep(1000);
        assert.equal(peer.calls('StartTransaction', { since }).length, 0);
        assert.deepEqual(await change(0, 'Operative'), ACCEPTED);
        await peer.status(2, 'Available', { since });
    });

    test('what is said of a card when its transaction begins and ends is known off line', async (t) => {
        const peer = await Peer.create(t);
        const session = async () => {
            const since = peer.mark();
            await peer.tell('plug 1');
            await peer.tell('card 1 CARD-1');
            await peer.status(1, 'Charging', { since, seconds: 25 });
            await peer.tell('card 1 CARD-1');
            await peer.said('StopTransaction', {}, { since });
            await peer.settled();
            await peer.tell('unplug 1');
            await peer.is(1, 'available');
        };
        const starts = async () => {
            const sockets = peer.sockets.length;
            await peer.away();
            await peer.tell('plug 2');
            await peer.tell('card 2 CARD-1');
            await sleep(700);
            const started = (await peer.connector(2)).transaction !== 0;
            if (started) await peer.tell('card 2 CARD-1');
            await peer.tell('unplug 2');
            await peer.is(2, 'available');
            await peer.back();
            await until('it is back', () => peer.sockets.length > sockets && peer.client);
            return started;
        };
        await session();
        assert.equal(await starts(), true, 'accepted');
        await until('all is told', () => peer.calls('StopTransaction').length === 2, 30);
        peer.answers.StopTransaction = () => ({ idTagInfo: { status: 'Blocked' } });
        await session();
        assert.equal(await starts(), false, 'blocked at its end');
    });

    test('a Start whose answer takes its time is Preparing until it comes, and no suspension', async (t) => {
        const peer = await Peer.create(t);
        const answer = peer.answers.StartTransaction;
        peer.answers.StartTransaction = (...call) => sleep(3000).then(() => answer(...call));
        const since = peer.mark();
        await peer.charges(1);
        assert.deepEqual(peer.statuses(1, since), ['Preparing', 'Charging']);
    });
});

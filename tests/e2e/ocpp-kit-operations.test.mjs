// SPDX-License-Identifier: Apache-2.0
// The alliance's cases for a central system by their numbers (docs/ocpp-conformance.md), as a conformance kit drives them (kit.mjs):
// local list, firmware, reservations, triggers, profiles, security.
import test from 'node:test';
import assert from 'node:assert/strict';
import { kitOf } from './kit.mjs';
import { Chargers, Raw, now } from './ocpp.mjs';
import { until } from './support.mjs';

const hub = await Chargers.create(test);
const { kit, asked } = await kitOf(hub);

/* ---- the local list ---- */

asked('TC_042_1_CSMS lists are not supported', 'GetLocalListVersion', {}, { listVersion: -1 });
asked('TC_042_2_CSMS the list is empty', 'GetLocalListVersion', {}, { listVersion: 0 });
const entry = (idTag, status = 'Accepted') => ({ idTag, idTagInfo: { status } });
for (const [number, status] of [['TC_043_1_CSMS', 'NotSupported'], ['TC_043_3_CSMS', 'Failed']])
    asked(`${number} a list is ${status}`, 'SendLocalList', { listVersion: 1, updateType: 'Full', localAuthorizationList: [entry('CARD-1')] }, { status });

kit('TC_043_4_CSMS TC_043_5_CSMS a whole list, then a difference; its entries one by one', async (cp) => {
    await cp.does('SendLocalList', { listVersion: 1, updateType: 'Full', localAuthorizationList: [entry('CARD-1'), entry('CARD-2', 'Blocked')] }, { status: 'Accepted' });
    await cp.does('SendLocalList', { listVersion: 2, updateType: 'Differential', localAuthorizationList: [entry('CARD-3'), { idTag: 'CARD-1' }] }, { status: 'Accepted' });
    await cp.does('GetLocalListVersion', {}, { listVersion: 2 });
    const { local_list: list } = await cp.known();
    assert.equal(list.version, 2);
    assert.deepEqual(list.entries.map((one) => [one.id_tag, one.status]).sort(), [['CARD-2', 'Blocked'], ['CARD-3', 'Accepted']]);
});

/* ---- firmware, diagnostics, logs ---- */

for (const [number, ...train] of [['TC_044_1_CSMS', 'Downloading', 'Downloaded', 'Installing', 'Installed'], ['TC_044_2_CSMS', 'Downloading', 'DownloadFailed'], ['TC_044_3_CSMS', 'Downloading', 'Downloaded', 'Installing', 'InstallationFailed']])
    kit(`C-29 ${number} firmware: ${train.at(-1)}`, async (cp) => {
        await cp.does('UpdateFirmware', { location: 'https://example.org/fw.bin', retrieveDate: now(), retries: 1 }, {});
        for (const status of train) {
            assert.deepEqual(await cp.call('FirmwareStatusNotification', { status }), {});
            if (status !== 'Installing') continue;
            cp.close(); // it boots
            await cp.connect();
            await cp.call('BootNotification', { chargePointVendor: 'Kit', chargePointModel: 'Virtual', firmwareVersion: train.at(-1) === 'Installed' ? '2.0' : '1.0' });
        }
        assert.deepEqual(await cp.notes('FirmwareStatusNotification'), train);
        assert.equal((await hub.get(hub.at(cp.identity))).firmware, train.at(-1) === 'Installed' ? '2.0' : '1.0');
    });

kit('C-29 firmware statuses in another order, and that nobody asked for', async (cp) => {
    const train = ['Installed', 'Downloading', 'Idle', 'Downloading'];
    for (const status of train) assert.deepEqual(await cp.call('FirmwareStatusNotification', { status }), {});
    assert.deepEqual(await cp.notes('FirmwareStatusNotification'), train);
});

for (const [number, ...train] of [['TC_045_1_CSMS', 'Uploading', 'Uploaded'], ['TC_045_2_CSMS', 'Uploading', 'UploadFailed']])
    kit(`${number} diagnostics: ${train.at(-1)}`, async (cp) => {
        await cp.does('GetDiagnostics', { location: 'ftp://example.org/', startTime: now(-3600000), stopTime: now() }, { fileName: 'diagnostics.txt' });
        for (const status of train) assert.deepEqual(await cp.call('DiagnosticsStatusNotification', { status }), {});
        assert.deepEqual(await cp.notes('DiagnosticsStatusNotification'), train);
    });

/* ---- reservations ---- */

const reservation = (reservationId, more = {}) => ({ connectorId: 1, reservationId, idTag: 'CARD-1', expiryDate: now(3600000), ...more });
const latestReservation = async (cp) => (await cp.known()).reservations.at(-1);

for (const [number, connectorId] of [['TC_046_CSMS', 1], ['TC_049_CSMS', 0]])
    kit(`${number} a reservation of connector ${connectorId} is used`, async (cp) => {
        await cp.does('ReserveNow', reservation(11, { connectorId }), { status: 'Accepted' });
        const made = await latestReservation(cp);
        assert.deepEqual([made.reservation_id, made.connector_id, made.id_tag, made.state], [11, connectorId, 'CARD-1', 'reserved']);
        await cp.status(1, 'Reserved');
        await cp.start('CARD-1', { reservationId: 11 });
        assert.equal((await latestReservation(cp)).state, 'used');
        assert.equal((await cp.connector()).active.reservation_id, 11);
    });

kit('TC_047_CSMS a reservation expires', async (cp) => {
    await cp.does('ReserveNow', reservation(12, { expiryDate: now(1000) }), { status: 'Accepted' });
    await cp.status(1, 'Reserved');
    await until('it is over', async () => (await latestReservation(cp)).state === 'expired', 5);
    await cp.status(1, 'Available');
});

for (const [number, status] of [['TC_048_1_CSMS', 'Faulted'], ['TC_048_2_CSMS', 'Occupied'], ['TC_048_3_CSMS', 'Unavailable'], ['TC_048_4_CSMS', 'Rejected']])
    kit(`${number} a reservation is refused: ${status}`, async (cp) => {
        await cp.does('ReserveNow', reservation(13), { status });
        assert.deepEqual((await cp.known()).reservations, []);
    });

kit('TC_051_CSMS TC_052_CSMS a reservation is cancelled, an unknown one not', async (cp) => {
    await cp.does('ReserveNow', reservation(14), { status: 'Accepted' });
    await cp.does('CancelReservation', { reservationId: 99 }, { status: 'Rejected' });
    assert.equal((await latestReservation(cp)).state, 'reserved');
    await cp.does('CancelReservation', { reservationId: 14 }, { status: 'Accepted' });
    assert.equal((await latestReservation(cp)).state, 'cancelled');
});

kit('TC_053_CSMS reserved for a group, used by another card of it', async (cp) => {
    await cp.does('ReserveNow', reservation(15, { parentIdTag: 'FAMILY' }), { status: 'Accepted' });
    assert.equal((await cp.call('Authorize', { idTag: 'CARD-2' })).idTagInfo.parentIdTag, 'FAMILY');
    await cp.start('CARD-2', { reservationId: 15 });
    assert.equal((await latestReservation(cp)).state, 'used');
});

/* ---- triggers and profiles ---- */

for (const requestedMessage of ['MeterValues', 'Heartbeat', 'StatusNotification', 'DiagnosticsStatusNotification', 'FirmwareStatusNotification'])
    asked(`TC_054_CSMS ${requestedMessage} is asked for`, 'TriggerMessage', { requestedMessage, ...(/^(Meter|Status)/.test(requestedMessage) ? { connectorId: 1 } : {}) }, { status: 'Accepted' });
asked('TC_055_CSMS a trigger is rejected', 'TriggerMessage', { requestedMessage: 'MeterValues', connectorId: 9 }, { status: 'Rejected' });

const profile = (chargingProfileId, chargingProfilePurpose, more = {}) => ({
    chargingProfileId, stackLevel: 0, chargingProfilePurpose, chargingProfileKind: 'Absolute',
    chargingSchedule: { chargingRateUnit: 'A', startSchedule: now(), chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] }, ...more,
});

kit('TC_056_CSMS TC_067_CSMS a default profile, found by its description, and cleared', async (cp) => {
    await cp.does('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile(5, 'TxDefaultProfile') }, { status: 'Accepted' }, { query: '?name=night&description=16%20A%20at%20night' });
    const found = (await cp.known()).charging_profiles.find((one) => one.description === '16 A at night');
    assert.deepEqual([found.profile.chargingProfileId, found.connector_id, found.profile.chargingProfilePurpose, found.name], [5, 1, 'TxDefaultProfile', 'night']);
    await cp.does('ClearChargingProfile', { id: 99 }, { status: 'Unknown' });
    await cp.does('ClearChargingProfile', { id: 5 }, { status: 'Accepted' });
    assert.deepEqual((await cp.known()).charging_profiles, []);
});

kit('TC_057_CSMS a profile of the transaction that runs', async (cp) => {
    const { transactionId } = await cp.start('CARD-1');
    await cp.does('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile(6, 'TxProfile', { transactionId }) }, { status: 'Accepted' });
    assert.equal((await cp.known()).charging_profiles[0].profile.transactionId, transactionId);
    await cp.stop(transactionId);
    assert.deepEqual((await cp.known()).charging_profiles, [], 'gone with its transaction');
});

asked('TC_059_CSMS a remote start with a profile', 'RemoteStartTransaction', { idTag: 'CARD-1', connectorId: 1, chargingProfile: profile(7, 'TxProfile') }, { status: 'Accepted' });

asked('TC_066_CSMS a composite schedule', 'GetCompositeSchedule', { connectorId: 1, duration: 300, chargingRateUnit: 'A' },
    { status: 'Accepted', connectorId: 1, scheduleStart: now(), chargingSchedule: { duration: 300, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] } });

/* ---- security ---- */

kit('TC_073_CSMS TC_085_CSMS another password is told to the charger, and is what it comes in with', async (cp) => {
    let key;
    cp.answers.ChangeConfiguration = ({ key: name, value }) => {
        assert.equal(name, 'AuthorizationKey');
        key = value;
        return { status: 'Accepted' };
    };
    const said = await hub.call('POST', `${hub.at(cp.identity)}/password`, {});
    assert.equal(said.status, 200, JSON.stringify(said.body));
    assert.match(key, /^([0-9A-Fa-f]{2}){16,20}$/);
    cp.close();
    const old = await Raw.open(`${hub.url}/${cp.identity}`, { identity: cp.identity, password: cp.password });
    assert.equal(old.refused, 401);
    cp.password = Buffer.from(key, 'hex');
    await cp.connect();
    assert.ok((await cp.call('Heartbeat', {})).currentTime, 'served without a boot');
});

for (const [number, certificateType] of [['TC_075_1_CSMS', 'ManufacturerRootCertificate'], ['TC_075_2_CSMS', 'CentralSystemRootCertificate']])
    kit(`${number} a ${certificateType} is installed, and listed`, async (cp) => {
        await cp.does('InstallCertificate', { certificateType, certificate: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n' }, { status: 'Accepted' });
        await cp.does('GetInstalledCertificateIds', { certificateType }, { status: 'Accepted', certificateHashData: [{ hashAlgorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: '01' }] });
    });
asked('TC_076_CSMS a certificate is deleted', 'DeleteCertificate', { certificateHashData: { hashAlgorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: '01' } }, { status: 'Accepted' });

for (const [number, type] of [['TC_077_CSMS', 'InvalidChargePointCertificate'], ['TC_078_CSMS', 'InvalidCentralSystemCertificate']])
    kit(`${number} ${type} is an event, and kept`, async (cp) => {
        assert.deepEqual(await cp.call('SecurityEventNotification', { type, timestamp: now() }), {});
        assert.deepEqual(await cp.notes('SecurityEventNotification'), [type]);
    });

kit('TC_079_CSMS the security log', async (cp) => {
    await cp.does('GetLog', { log: { remoteLocation: 'https://example.org/logs' }, logType: 'SecurityLog', requestId: 8 }, { status: 'Accepted', filename: 'security.log' });
    for (const status of ['Uploading', 'Uploaded']) assert.deepEqual(await cp.call('LogStatusNotification', { status, requestId: 8 }), {});
    assert.deepEqual(await cp.notes('LogStatusNotification'), ['Uploading', 'Uploaded']);
});

const signed = (requestId) => ({ requestId, firmware: { location: 'https://example.org/fw.bin', retrieveDateTime: now(), signingCertificate: 'PEM', signature: 'AA==' } });
for (const [number, ...train] of [['TC_080_CSMS', 'Downloading', 'Downloaded', 'SignatureVerified', 'Installing', 'Installed'], ['TC_081_CSMS', 'Downloading', 'Downloaded', 'InvalidSignature']])
    kit(`${number} signed firmware: ${train.at(-1)}`, async (cp) => {
        await cp.does('SignedUpdateFirmware', signed(9), { status: 'Accepted' });
        for (const status of train) assert.deepEqual(await cp.call('SignedFirmwareStatusNotification', { status, requestId: 9 }), {});
        if (train.at(-1) === 'InvalidSignature') assert.deepEqual(await cp.call('SecurityEventNotification', { type: 'InvalidFirmwareSignature', timestamp: now() }), {});
        assert.deepEqual(await cp.notes('SignedFirmwareStatusNotification'), train);
    });

asked('TC_083_CSMS a higher security profile', 'ChangeConfiguration', { key: 'SecurityProfile', value: '2' }, { status: 'Accepted' });

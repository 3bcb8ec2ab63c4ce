// SPDX-License-Identifier: Apache-2.0
// What an operator has a charger do, over REST, against another's charge point in strict mode. Case ids are those of the OCPP cases.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Chargers, Raw, now } from './ocpp.mjs';
import { until } from './support.mjs';

const { createRPCError } = createRequire(import.meta.url)('ocpp-rpc');
const hub = await Chargers.create(test);
const code = (answer) => [answer.status, answer.body.error?.code];

const schedule = { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 6000 }] };
const profile = { chargingProfileId: 7, stackLevel: 1, chargingProfilePurpose: 'TxProfile', chargingProfileKind: 'Relative', chargingSchedule: schedule };
const hash = { hashAlgorithm: 'SHA256', issuerNameHash: 'ab', issuerKeyHash: 'cd', serialNumber: '1f' };
// Every message that a central system sends: a good payload, and a good answer.
const messages = {
    CancelReservation: [{ reservationId: 4 }, { status: 'Accepted' }],
    CertificateSigned: [{ certificateChain: '-----BEGIN CERTIFICATE-----\n'.padEnd(9000, 'A') }, { status: 'Accepted' }],
    ChangeAvailability: [{ connectorId: 0, type: 'Operative' }, { status: 'Scheduled' }],
    ChangeConfiguration: [{ key: 'HeartbeatInterval', value: '60' }, { status: 'RebootRequired' }],
    ClearCache: [{}, { status: 'Accepted' }],
    ClearChargingProfile: [{ id: 99 }, { status: 'Unknown' }],
    DataTransfer: [{ vendorId: 'V', messageId: 'M', data: 'ü' }, { status: 'Accepted', data: '{"a":1}' }],
    DeleteCertificate: [{ certificateHashData: hash }, { status: 'NotFound' }],
    ExtendedTriggerMessage: [{ requestedMessage: 'LogStatusNotification' }, { status: 'Accepted' }],
    GetCompositeSchedule: [{ connectorId: 1, duration: 60 }, { status: 'Accepted', connectorId: 1, scheduleStart: now(), chargingSchedule: schedule }],
    GetConfiguration: [{ key: ['HeartbeatInterval'] }, { configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: '60' }], unknownKey: [] }],
    GetDiagnostics: [{ location: 'ftp://example.org/' }, { fileName: 'log.txt' }],
    GetInstalledCertificateIds: [{ certificateType: 'ManufacturerRootCertificate' }, { status: 'Accepted', certificateHashData: [hash] }],
    GetLocalListVersion: [{}, { listVersion: 3 }],
    GetLog: [{ log: { remoteLocation: 'https://example.org/' }, logType: 'SecurityLog', requestId: 5 }, { status: 'Accepted', filename: 'sec.log' }],
    InstallCertificate: [{ certificateType: 'CentralSystemRootCertificate', certificate: 'PEM' }, { status: 'Rejected' }],
    RemoteStartTransaction: [{ idTag: 'abc', connectorId: 1, chargingProfile: profile }, { status: 'Accepted' }],
    RemoteStopTransaction: [{ transactionId: 5 }, { status: 'Rejected' }],
    ReserveNow: [{ connectorId: 1, expiryDate: now(60000), idTag: 'abc', reservationId: 4 }, { status: 'Accepted' }],
    Reset: [{ type: 'Soft' }, { status: 'Accepted' }],
    SendLocalList: [{ listVersion: 1, updateType: 'Full', localAuthorizationList: [{ idTag: 'abc', idTagInfo: { status: 'Accepted' } }] }, { status: 'Accepted' }],
    SetChargingProfile: [{ connectorId: 1, csChargingProfiles: { ...profile, chargingProfilePurpose: 'TxDefaultProfile' } }, { status: 'Accepted' }],
    SignedUpdateFirmware: [{ requestId: 9, firmware: { location: 'https://example.org/', retrieveDateTime: now(), signingCertificate: 'PEM', signature: 'AA==' } }, { status: 'InvalidCertificate' }],
    TriggerMessage: [{ requestedMessage: 'MeterValues', connectorId: 1 }, { status: 'NotImplemented' }],
    UnlockConnector: [{ connectorId: 1 }, { status: 'NotSupported' }],
    UpdateFirmware: [{ location: 'https://example.org/', retrieveDate: now() }, {}],
};

test('C-25 every message of a central system, with its answer field by field', async () => {
    const cp = await hub.known('C-25');
    const described = hub.description.paths['/api/v1/chargers/{identity}/operations/{operation}'].post.parameters.find((p) => p.name === 'operation').schema.enum;
    assert.deepEqual(Object.keys(messages).sort(), [...described].sort());
    for (const [name, [payload, answer]] of Object.entries(messages)) {
        let got;
        cp.handle(name, ({ params }) => { got = params; return answer; });
        const said = await hub.ask('C-25', name, payload);
        assert.equal(said.status, 200, `${name} ${JSON.stringify(said.body)}`);
        assert.deepEqual(got, payload, name);
        assert.deepEqual(said.body, answer, name);
    }
    assert.equal((await hub.ask('C-25', 'Nonsense')).status, 404);
    assert.equal((await hub.ask('C-25', 'BootNotification')).status, 404, 'not for this side');
    // Trains of statuses, with ids that nobody asked for, and without.
    for (const [action, status] of [['LogStatusNotification', 'Uploading'], ['SignedFirmwareStatusNotification', 'Downloading']])
        for (const more of [{ requestId: 5 }, { requestId: 12345 }, {}]) assert.deepEqual(await cp.call(action, { status, ...more }), {});
    assert.deepEqual(await cp.call('SecurityEventNotification', { type: 'SettingSystemTime', timestamp: now() }), {});
});

test('a body is checked before it is sent, and the field is named', async () => {
    const cp = await hub.known('checks');
    let calls = 0;
    cp.handle(() => { calls++; return {}; });
    const wrong = [
        ['Reset', {}, /^type: is missing/], ['Reset', { type: 'Warm' }, /^type: /], ['Reset', { type: 5 }, /^type: /], ['Reset', { type: 'Soft', x: 1 }, /^x: /],
        ['ChangeConfiguration', { key: 'k'.repeat(51), value: '1' }, /^key: .*50/], ['GetCompositeSchedule', { connectorId: -1, duration: 1 }, /^connectorId: /],
        ['ReserveNow', { connectorId: 1, expiryDate: 'yesterday', idTag: 'a', reservationId: 1 }, /^expiryDate: /],
        ['ReserveNow', { connectorId: 1, expiryDate: '2030-01-01T00:00:00', idTag: 'a', reservationId: 1 }, /zone/],
        ['SetChargingProfile', { connectorId: 1, csChargingProfiles: { ...profile, chargingSchedule: { ...schedule, chargingSchedulePeriod: [{ startPeriod: 0, limit: -1 }] } } }, /^limit: /],
        ['SetChargingProfile', { connectorId: 1, csChargingProfiles: { ...profile, chargingSchedule: { ...schedule, chargingSchedulePeriod: [] } } }, /^chargingSchedulePeriod: /],
        ['Reset', '{"type":"Soft","type":"Hard"}', /twice/], ['Reset', '[]', /payload/], ['Reset', '{"type"', /JSON/],
    ];
    for (const [name, body, text] of wrong) {
        const answer = await hub.ask('checks', name, body);
        assert.equal(answer.status, 400, `${name} ${JSON.stringify(body)}`);
        assert.match(answer.body.error.message, text);
    }
    assert.equal(calls, 0);
});

test('C-26 what most chargers take for a fault is refused with the reason', async () => {
    const cp = await hub.known('C-26');
    const got = [];
    cp.handle(({ method, params }) => { got.push([method, params]); return { status: 'Accepted' }; });
    for (const name of ['TriggerMessage', 'ExtendedTriggerMessage']) {
        const answer = await hub.ask('C-26', name, { requestedMessage: 'BootNotification' });
        assert.deepEqual(code(answer), [409, 'refused']);
        assert.match(answer.body.error.message, /force=true/);
    }
    assert.equal((await hub.call('POST', `${hub.at('C-26')}/operations/TriggerMessage?force=true`, { requestedMessage: 'BootNotification' })).status, 200);
    assert.deepEqual(code(await hub.ask('C-26', 'RemoteStartTransaction', { idTag: 'a', chargingProfile: { ...profile, chargingProfilePurpose: 'TxDefaultProfile' } })), [400, 'invalid_field']);
    assert.deepEqual(code(await hub.ask('C-26', 'RemoteStartTransaction', { idTag: 'a', chargingProfile: { ...profile, transactionId: 5 } })), [409, 'refused']);
    assert.equal((await hub.ask('C-26', 'RemoteStartTransaction', { idTag: 'a', chargingProfile: profile })).status, 200);
    assert.deepEqual(got.map(([method]) => method), ['TriggerMessage', 'RemoteStartTransaction']);
    assert.equal(got[1][1].chargingProfile.chargingProfilePurpose, 'TxProfile');
    assert.ok(!('transactionId' in got[1][1].chargingProfile));
    assert.deepEqual(code(await hub.ask('C-26', 'ChangeConfiguration', { key: 'authorizationkey', value: 'AB' })), [409, 'refused']);
});

test('C-28 as many requests as the charger has room for, and read-only is respected once it is known', async () => {
    const cp = await hub.known('C-28');
    const keys = new Map([['GetConfigurationMaxKeys', ['10', true]], ['NumberOfConnectors', ['2', true]], ...Array.from({ length: 33 }, (_, i) => [`Key${i}`, [`${i}`, false]])]);
    const asked = [];
    cp.handle('GetConfiguration', ({ params }) => {
        asked.push(params.key?.length ?? 0);
        const wanted = params.key ?? [...keys.keys()];
        return { configurationKey: wanted.filter((k) => keys.has(k)).map((key) => ({ key, readonly: keys.get(key)[1], value: keys.get(key)[0] })), unknownKey: wanted.filter((k) => !keys.has(k)) };
    });
    cp.handle('ChangeConfiguration', () => ({ status: 'RebootRequired' }));
    const all = [...[...keys.keys()].slice(0, 34), 'Nope'];
    const first = await hub.ask('C-28', 'GetConfiguration', { key: all });
    assert.deepEqual(asked, [1, 10, 10, 10, 5], 'the limit, then four');
    assert.equal(first.body.configurationKey.length, 34);
    assert.deepEqual(first.body.unknownKey, ['Nope']);
    asked.length = 0;
    assert.equal((await hub.ask('C-28', 'GetConfiguration', { key: all })).body.configurationKey.length, 34);
    assert.deepEqual(asked, [10, 10, 10, 5]);
    assert.equal((await hub.ask('C-28', 'GetConfiguration')).body.configurationKey.length, 35);
    assert.deepEqual(code(await hub.ask('C-28', 'ChangeConfiguration', { key: 'numberofconnectors', value: '3' })), [409, 'read_only']);
    assert.equal((await hub.ask('C-28', 'ChangeConfiguration', { key: 'Key1', value: 'x' })).body.status, 'RebootRequired');
    let known = await hub.get(`${hub.at('C-28')}/known`);
    assert.equal(known.reboot_required, true);
    assert.deepEqual(known.configuration.find((k) => k.key === 'Key1'), { key: 'Key1', readonly: false, value: 'x' });
    await cp.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    known = await hub.get(`${hub.at('C-28')}/known`);
    assert.equal(known.reboot_required, false);
});

test('reservations, profiles and the local list are kept as they were taken', async () => {
    const cp = await hub.known('keeps');
    cp.handle(() => ({ status: 'Accepted' }));
    const known = () => hub.get(`${hub.at('keeps')}/known`);
    const ok = async (name, body, query = '') => assert.equal((await hub.call('POST', `${hub.at('keeps')}/operations/${name}${query}`, body)).status, 200);
    await ok('ReserveNow', { connectorId: 1, expiryDate: now(60000), idTag: 'abc', reservationId: 1 });
    await ok('ReserveNow', { connectorId: 2, expiryDate: now(-1000), idTag: 'abc', reservationId: 2 });
    await ok('ReserveNow', { connectorId: 2, expiryDate: now(60000), idTag: 'abc', reservationId: 3 });
    await ok('CancelReservation', { reservationId: 1 });
    await hub.tag('reserver');
    await cp.call('StartTransaction', { connectorId: 2, idTag: 'reserver', meterStart: 0, timestamp: now(), reservationId: 3 });
    assert.deepEqual((await known()).reservations.map((r) => [r.reservation_id, r.connector_id, r.state]), [[3, 2, 'used'], [2, 2, 'expired'], [1, 1, 'cancelled']]);

    const set = (connectorId, id, stackLevel, chargingProfilePurpose, query) =>
        ok('SetChargingProfile', { connectorId, csChargingProfiles: { ...profile, chargingProfileId: id, stackLevel, chargingProfilePurpose } }, query);
    await set(0, 1, 0, 'ChargePointMaxProfile', '?name=Grid&description=what%20the%20house%20can%20bear');
    await set(1, 2, 1, 'TxDefaultProfile');
    await set(1, 3, 2, 'TxDefaultProfile');
    await set(1, 4, 2, 'TxDefaultProfile'); // in place of 3
    assert.deepEqual((await known()).charging_profiles.map((p) => [p.connector_id, p.name, p.profile.chargingProfileId]), [[0, 'Grid', 1], [1, '', 2], [1, '', 4]]);
    await ok('ClearChargingProfile', { chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 2 });
    assert.deepEqual((await known()).charging_profiles.map((p) => p.profile.chargingProfileId), [1, 2]);
    await ok('ClearChargingProfile', {});
    assert.deepEqual((await known()).charging_profiles, []);

    const entry = (idTag, status) => ({ idTag, ...(status ? { idTagInfo: { status } } : {}) });
    await ok('SendLocalList', { listVersion: 1, updateType: 'Full', localAuthorizationList: [entry('A', 'Accepted'), entry('B', 'Blocked')] });
    await ok('SendLocalList', { listVersion: 2, updateType: 'Differential', localAuthorizationList: [entry('b'), entry('C', 'Accepted')] });
    cp.handle('SendLocalList', () => ({ status: 'VersionMismatch' }));
    await ok('SendLocalList', { listVersion: 1, updateType: 'Differential', localAuthorizationList: [entry('D', 'Accepted')] });
    cp.handle('GetLocalListVersion', () => ({ listVersion: 2 }));
    await ok('GetLocalListVersion', {});
    const { local_list: list } = await known();
    assert.deepEqual([list.whole, list.version, list.reported_version, list.entries.map((e) => [e.id_tag, e.status])], [true, 2, 2, [['A', 'Accepted'], ['C', 'Accepted']]]);
});

test('C-20 one at a time, in order, each with its own end', async () => {
    const cp = await hub.known('C-20');
    await hub.tag('c20');
    const order = [];
    cp.handle('RemoteStartTransaction', async () => {
        order.push('start');
        assert.equal((await cp.call('Authorize', { idTag: 'c20' })).idTagInfo.status, 'Accepted');
        await cp.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing' });
        order.push('start answered');
        return { status: 'Accepted' };
    });
    cp.handle('UnlockConnector', () => { order.push('unlock'); throw createRPCError('NotSupported', 'no lock here'); });
    cp.handle('ClearCache', () => { order.push('clear'); return { status: 'Rejected' }; });
    const all = await Promise.all([hub.ask('C-20', 'RemoteStartTransaction', { idTag: 'c20' }), hub.ask('C-20', 'UnlockConnector', { connectorId: 1 }), hub.ask('C-20', 'ClearCache')]);
    assert.deepEqual(all.map((a) => a.status), [200, 409, 200]);
    assert.equal(all[1].body.error.code, 'callerror');
    assert.match(all[1].body.error.message, /NotSupported: no lock here/);
    assert.deepEqual(order.filter((o) => o !== 'start answered')[0], 'start');
    assert.ok(order.indexOf('start answered') < Math.min(order.indexOf('unlock'), order.indexOf('clear')), String(order));
});

test('C-20 who is not there, or not accepted, is told so at once', async () => {
    await hub.add('away');
    assert.deepEqual(code(await hub.ask('away', 'ClearCache')), [409, 'offline']);
    assert.deepEqual(code(await hub.ask('nobody', 'ClearCache')), [404, 'not_found']);
    const { password } = await hub.add('new');
    const cp = await hub.connect('new', { password });
    cp.handle(() => ({ status: 'Accepted' }));
    assert.deepEqual(code(await hub.ask('new', 'RemoteStopTransaction', { transactionId: 1 })), [409, 'not_accepted']);
    assert.equal((await hub.ask('new', 'ClearCache')).status, 200);
});

test('C-20 an answer that is none ends its own call, a late one is dropped and counted', async () => {
    const { password } = await hub.add('odd');
    const raw = await Raw.open(`${hub.url}/odd`, { identity: 'odd', password });
    raw.send(JSON.stringify([2, 'b', 'BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }]));
    await raw.next();
    const asked = async (name, body, answer) => {
        const pending = hub.ask('odd', name, body);
        const [, id] = await raw.next();
        raw.send(answer.replaceAll('ID', id));
        return pending;
    };
    assert.deepEqual(code(await asked('Reset', { type: 'Soft' }, '[3,"ID",{"status":"Perhaps"}]')), [409, 'bad_answer']);
    assert.deepEqual(code(await asked('Reset', { type: 'Soft' }, '[4,"ID","OccurrenceConstraintViolation","x"]')), [409, 'callerror']);
    assert.deepEqual(code(await asked('Reset', { type: 'Soft' }, '[4,"ID","SomethingElse","x",{}]')), [409, 'callerror']);
    const spaced = await asked('Reset', { type: 'Soft' }, ' [ 3 , "ID" , { "status" : "Accepted" } ] ');
    assert.deepEqual(spaced.body, { status: 'Accepted' });
    const before = (await hub.stack.metrics()).get('roost_csms_dropped_total{why="unasked_answer"}') ?? 0;
    raw.send('[3,"nobody",{}]');
    assert.equal((await raw.heartbeat())[0], 3);
    assert.equal((await hub.stack.metrics()).get('roost_csms_dropped_total{why="unasked_answer"}'), before + 1);
    raw.close();
});

test('C-05 the second socket replaces the first: what was under way fails at once and is not sent twice', async () => {
    const { password } = await hub.add('C-05');
    const a = await hub.charger('C-05', { password });
    let received = 0;
    a.handle('Reset', () => { received++; return new Promise(() => {}); });
    const pending = hub.ask('C-05', 'Reset', { type: 'Soft' });
    await until('it is under way', () => received === 1);
    const b = await hub.connect('C-05', { password });
    b.handle('Reset', () => { received++; return { status: 'Accepted' }; });
    assert.deepEqual(code(await pending), [409, 'replaced']);
    assert.equal((await hub.get(hub.at('C-05'))).online, true);
    await until('the first is closed', () => a.state === 3);
    assert.equal((await hub.get(hub.at('C-05'))).online, true, 'its end changes nothing');
    assert.deepEqual((await hub.ask('C-05', 'Reset', { type: 'Soft' })).body, { status: 'Accepted' });
    assert.equal(received, 2);
    assert.equal((await hub.call('GET', '/devices/C-05')).body.connectivity, 'online');
});

test('C-21 passwords: bytes, changed when the charger took it, refused otherwise', async () => {
    const { password, authorization_key: key } = await hub.add('C-21');
    assert.equal(Buffer.from(key, 'hex').toString(), password);
    assert.match(key, /^[0-9A-F]{32,40}$/);
    const cp = await hub.charger('C-21', { password });
    let told;
    cp.handle('ChangeConfiguration', ({ params }) => { told = params; return { status: 'Rejected' }; });
    assert.deepEqual(code(await hub.call('POST', `${hub.at('C-21')}/password`)), [409, 'not_taken']);
    assert.equal(told.key, 'AuthorizationKey');
    assert.match(told.value, /^[0-9A-F]{32,40}$/);
    await assert.rejects(hub.connect('C-21', { password: Buffer.from(told.value, 'hex') }), /Unauthorized/);
    await (await hub.connect('C-21', { password })).close();
    const again = await hub.connect('C-21', { password });
    again.handle('ChangeConfiguration', ({ params }) => { told = params; return { status: 'Accepted' }; });
    const changed = await hub.ok('POST', `${hub.at('C-21')}/password`);
    assert.equal(changed.authorization_key, told.value);
    await again.close();
    await assert.rejects(hub.connect('C-21', { password }), /Unauthorized/);
    const last = await hub.connect('C-21', { password: Buffer.from(told.value, 'hex') });
    // It took one, and its answer was lost: whichever it comes with counts.
    last.handle('ChangeConfiguration', ({ params }) => { told = params; setTimeout(() => last.close({ force: true }), 10); return new Promise(() => {}); });
    assert.deepEqual(code(await hub.call('POST', `${hub.at('C-21')}/password`)), [504, 'not_known']);
    const taken = Buffer.from(told.value, 'hex');
    await (await hub.connect('C-21', { password: taken })).close();
    await until('only that one counts', async () => { try { await hub.connect('C-21', { password: Buffer.from(changed.password) }); return false; } catch { return true; } });
    const secrets = [password, changed.password, taken.toString()];
    const dump = hub.stack.sql('SELECT * FROM charger', 'charging.db');
    const log = hub.stack.programs.get('roostd').tail(100000);
    for (const secret of secrets) for (const text of [JSON.stringify(dump), log]) assert.ok(!text.includes(secret) && !text.includes(Buffer.from(secret).toString('hex').toUpperCase()));
});

test('C-21 wrong passwords wait, and lock nobody out', async () => {
    const { password } = await hub.add('guessed');
    const begun = Date.now();
    const wrong = Promise.all(Array.from({ length: 20 }, async (_, i) => {
        const raw = await Raw.open(`${hub.url}/guessed`, { identity: 'guessed', password: i % 2 ? `${i}:\u0000` : password.slice(1) });
        return [raw.refused, Date.now() - begun];
    }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = Date.now();
    const cp = await hub.charger('guessed', { password });
    assert.ok(Date.now() - before < 2000, 'the right one is let in at once');
    const all = await wrong;
    assert.ok(all.every(([status]) => status === 401), JSON.stringify(all));
    assert.ok(all.every(([, ms]) => ms >= 200), JSON.stringify(all));
    assert.ok(Math.max(...all.map(([, ms]) => ms)) >= 7000);
    assert.ok(Date.parse((await cp.call('Heartbeat', {})).currentTime) > 0);
});

test('a stop of the hub answers who waits, and nothing is begun', async () => {
    const cp = await hub.known('stops');
    let under;
    cp.handle('Reset', () => { under = true; return new Promise(() => {}); });
    const pending = [hub.ask('stops', 'Reset', { type: 'Soft' }), hub.ask('stops', 'ClearCache')];
    await until('it is under way', () => under);
    const ended = hub.stack.programs.get('roostd').kill('SIGTERM');
    for (const answer of await Promise.all(pending)) assert.deepEqual(code(answer), [503, 'stopping']);
    assert.deepEqual(await ended, { code: 0, signal: null });
    await hub.stack.startHub();
});

test('the newest messages are looked at, by action and text, and hold no password', async () => {
    const { password } = await hub.add('talks');
    const cp = await hub.charger('talks', { password });
    await hub.tag('talker');
    await cp.call('Authorize', { idTag: 'talker' });
    cp.handle('ChangeConfiguration', () => ({ status: 'Accepted' }));
    cp.handle('GetConfiguration', () => ({ configurationKey: [{ key: 'AuthorizationKey', readonly: false, value: 'geheim' }, { key: 'A', readonly: true, value: 'b' }] }));
    cp.handle('GetDiagnostics', () => ({}));
    cp.handle('ClearCache', () => ({ status: 'Rejected' }));
    const { authorization_key: key } = await hub.ok('POST', `${hub.at('talks')}/password`);
    const read = await hub.ask('talks', 'GetConfiguration');
    assert.deepEqual(read.body.configurationKey, [{ key: 'AuthorizationKey', readonly: false }, { key: 'A', readonly: true, value: 'b' }], 'nor is it shown');
    await hub.ask('talks', 'GetDiagnostics', { location: 'ftp://user:geheim@example.org/up' });
    await hub.ask('talks', 'ClearCache');
    await assert.rejects(cp.call('StatusNotification', { connectorId: 33, errorCode: 'NoError', status: 'Available' }));
    const all = await hub.get(`${hub.at('talks')}/messages`);
    const text = JSON.stringify(all);
    for (const secret of [key, password, 'geheim', Buffer.from(password).toString('hex').toUpperCase()]) assert.ok(!text.includes(secret), secret);
    assert.deepEqual(all.messages.map((m) => [m.direction, m.action, m.result]).slice(0, 6), [
        ['from_charger', 'StatusNotification', 'PropertyConstraintViolation'], ['to_charger', 'ClearCache', 'answered'], ['to_charger', 'GetDiagnostics', 'answered'],
        ['to_charger', 'GetConfiguration', 'answered'], ['to_charger', 'ChangeConfiguration', 'answered'], ['from_charger', 'Authorize', 'answered']]);
    assert.match(all.messages[2].text, /ftp:\/\/\*+@example.org/);
    const [found, ...others] = (await hub.get(`${hub.at('talks')}/messages?action=Authorize&text=TALKER`)).messages;
    assert.equal(others.length, 0);
    assert.match(found.answer, /"Accepted"/);
    assert.ok(found.took_ms < 5000);
    const page = await hub.get(`${hub.at('talks')}/messages?limit=2`);
    assert.deepEqual([page.messages.length, page.more], [2, true]);
    assert.equal((await hub.get(`${hub.at('talks')}/messages?limit=2&before=${page.messages[1].number}`)).messages[0].action, 'GetDiagnostics');
    assert.equal((await hub.call('GET', `${hub.at('talks')}/messages?action=Nonsense`)).status, 400);
    assert.equal((await hub.call('GET', `${hub.at('nobody')}/messages`)).status, 404);
});

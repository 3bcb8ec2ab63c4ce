// SPDX-License-Identifier: Apache-2.0
// The charge point against a central system that is not ours (peer.mjs): boot, the wire, configuration, security. The numbers
// are those of the conformance table (docs/ocpp-conformance.md).
// Tests run beside each other: most of them wait.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Peer, iso, refusal, silent } from './peer.mjs';
import { until } from './support.mjs';

const gaps = (calls) => calls.slice(1).map((call, i) => (call.at - calls[i].at) / 1000);
const actions = (calls) => calls.map((call) => call.action);
const boot = (status, interval) => ({ status, interval, currentTime: iso() });

describe('a charger and a strict central system: the wire', { concurrency: 16 }, () => {
    test('P-01 TC_001_CS cold boot: nothing but the boot before it is accepted, then every connector, then heartbeats', async (t) => {
        let accept;
        const peer = await Peer.create(t, { ready: false, answers: { BootNotification: () => new Promise((resolve) => (accept = resolve)) } });
        await peer.said('BootNotification');
        await peer.tell('plug 1');
        await sleep(1000);
        assert.deepEqual(actions(peer.calls()), ['BootNotification'], 'nothing else until it is accepted');
        accept(boot('Accepted', 2));
        await until('heartbeats', () => peer.calls('Heartbeat').length >= 3);
        const [, ...after] = peer.calls();
        assert.deepEqual(after.slice(0, 3).map((c) => [c.action, c.payload.connectorId, c.payload.status]),
            [['StatusNotification', 0, 'Available'], ['StatusNotification', 1, 'Preparing'], ['StatusNotification', 2, 'Available']]);
        for (const gap of gaps(peer.calls('Heartbeat'))) assert.ok(Math.abs(gap - 2) <= 1, `${gap} s between heartbeats`);
        assert.equal(peer.calls('BootNotification').length, 1);
    });

    test('P-02 TC_002_CS cold boot, pending: configuration is served, nothing starts, the boot is repeated at the interval', async (t) => {
        let boots = 0;
        const peer = await Peer.create(t, { ready: false, answers: { BootNotification: () => boot(++boots === 1 ? 'Pending' : 'Accepted', boots === 1 ? 5 : 3600) } });
        await peer.said('BootNotification');
        assert.equal(await peer.get('NumberOfConnectors'), '2');
        await peer.set('MeterValueSampleInterval', 30);
        assert.deepEqual(await peer.ask('RemoteStartTransaction', { idTag: 'CARD-1', connectorId: 1 }), { status: 'Rejected' });
        await peer.tell('plug 1');
        await until('the second boot', () => peer.calls('BootNotification').length === 2);
        const [first, second] = peer.calls();
        assert.deepEqual(actions([first, second]), ['BootNotification', 'BootNotification'], 'no CALL of its own meanwhile');
        assert.ok(second.at - first.at >= 4900 && second.at - first.at <= 7000, `${second.at - first.at} ms`);
        await peer.ready();
        assert.equal(peer.calls('StartTransaction').length, 0);
    });

    test('P-02 TC_002_CS pending: what a trigger asks for is said', async (t) => {
        const peer = await Peer.create(t, { ready: false, answers: { BootNotification: () => boot('Pending', 600) } });
        await peer.said('BootNotification');
        await peer.settled();
        for (const [requestedMessage, action] of [['StatusNotification', 'StatusNotification'], ['Heartbeat', 'Heartbeat'], ['BootNotification', 'BootNotification']]) {
            const since = peer.mark();
            assert.deepEqual(await peer.ask('TriggerMessage', { requestedMessage }), { status: 'Accepted' }, requestedMessage);
            await peer.said(action, {}, { since });
        }
    });

    test('P-04 rejected boot: no answer, no CALL, no charging until the interval is over', async (t) => {
        let boots = 0;
        const peer = await Peer.create(t, { ready: false, answers: { BootNotification: () => boot(++boots === 1 ? 'Rejected' : 'Accepted', boots === 1 ? 10 : 3600) } });
        await peer.said('BootNotification');
        await peer.settled();
        peer.raws.add('unheard');
        peer.client.sendRaw('[2,"unheard","GetConfiguration",{}]');
        await peer.tell('plug 1');
        await peer.tell('card 1 CARD-1');
        await until('the second boot', () => peer.calls('BootNotification').length === 2);
        const said = peer.frames.filter((f) => f.from === 'charger');
        assert.deepEqual(said.slice(0, 2).map((f) => f.action), ['BootNotification', 'BootNotification'], 'nothing in between, no answer either');
        assert.ok(said[1].at - said[0].at >= 9900, `${said[1].at - said[0].at} ms`);
        assert.equal((await peer.connector(1)).flows, false);
    });

    test('P-05 an interval of 0 is a wait and a period of its own', async (t) => {
        let boots = 0;
        const peer = await Peer.create(t, { ready: false, answers: { BootNotification: () => boot(++boots <= 2 ? 'Pending' : 'Accepted', 0) } });
        await until('three boots', () => peer.calls('BootNotification').length === 3, 40);
        for (const gap of gaps(peer.calls('BootNotification'))) assert.ok(gap >= 9.9, `${gap} s`);
        await peer.ready();
        const period = Number(await peer.get('HeartbeatInterval'));
        assert.ok(period > 0 && period <= 86400, `${period} s`);
        await sleep(1000);
        assert.equal(peer.calls('Heartbeat').length, 0, 'no flood');
    });

    test('P-06 a boot that is refused or not answered is sent again, later each time, and nothing else', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('MessageTimeout', 5);
        const answers = [() => { throw refusal('InternalError'); }, silent, () => boot('Accepted', 3600)];
        let boots = 0;
        peer.answers.BootNotification = () => answers[boots++]();
        await peer.cut();
        const since = peer.mark();
        await peer.power();
        await until('it is accepted', () => boots === 3, 60);
        await peer.ready(2, { since });
        const calls = peer.calls(undefined, { since });
        assert.deepEqual(actions(calls).slice(0, 4), ['BootNotification', 'BootNotification', 'BootNotification', 'StatusNotification']);
        const [first, second] = gaps(calls.slice(0, 3));
        assert.ok(first >= 9.9 && second >= first + 5, `${first} s, ${second} s`);
        assert.ok(calls[2].socket > calls[1].socket, 'silence costs the socket');
    });

    test('P-06 half an answer to a boot is none, and no CALLERROR answers it', async (t) => {
        let boots = 0;
        const half = (payload, { id, client }) => {
            client.sendRaw(JSON.stringify([3, id, { status: 'Accepted' }]));
            return silent();
        };
        const peer = await Peer.create(t, { ready: false, answers: { BootNotification: (payload, call) => (boots++ === 0 ? half(payload, call) : boot('Accepted', 3600)) } });
        await peer.ready();
        assert.deepEqual(actions(peer.calls()).slice(0, 3), ['BootNotification', 'BootNotification', 'StatusNotification']);
        assert.ok(gaps(peer.calls())[0] >= 9.9);
        assert.equal(peer.frames.filter((f) => f.from === 'charger' && f.type !== 2).length, 0);
    });

    test('P-07 a reconnect says what is new and nothing else: no boot, no status; one status; after a boot a boot', async (t) => {
        const peer = await Peer.create(t);
        const ofOcpp = (c) => c.action !== 'DataTransfer'; // health and vehicle, for a hub of its own, come when they come
        const again = async (meanwhile = () => {}) => {
            const since = peer.mark(), sockets = peer.sockets.length;
            await peer.away();
            await meanwhile();
            await peer.back();
            await until('it is back', () => peer.sockets.length > sockets);
            assert.equal(await peer.get('NumberOfConnectors'), '2', 'served without a boot');
            await sleep(500);
            return peer.calls(undefined, { since });
        };
        const none = await again();
        assert.deepEqual(none.filter(ofOcpp), [], 'nothing is new');
        const plugged = await again(async () => {
            for (const words of ['plug 1', 'unplug 1', 'plug 1']) {
                await peer.tell(words);
                await peer.is(1, words === 'unplug 1' ? 'available' : 'preparing');
            }
        });
        t.diagnostic(`messages on a reconnect: ${none.length}; with a plug meanwhile: ${actions(plugged)}`);
        assert.deepEqual(plugged.filter(ofOcpp).map((c) => [c.action, c.payload.connectorId, c.payload.status]), [['StatusNotification', 1, 'Preparing']]);
        const since = peer.mark();
        await peer.cut();
        await peer.power();
        await peer.ready(2, { since });
        assert.equal(peer.calls(undefined, { since })[0].action, 'BootNotification');
    });

    test('P-09 one CALL at a time, while what is asked meanwhile is answered at once', async (t) => {
        const peer = await Peer.create(t);
        let release;
        peer.answers.StatusNotification = ({ status }) => (status === 'Preparing' ? new Promise((resolve) => (release = () => resolve({}))) : {});
        const since = peer.mark();
        await peer.tell('plug 1');
        await peer.status(1, 'Preparing', { since });
        await peer.tell('plug 2');
        const asked = Date.now();
        assert.equal(await peer.get('NumberOfConnectors'), '2');
        assert.ok(Date.now() - asked < 2000, `${Date.now() - asked} ms`);
        await sleep(10000); // of the 30 s of MessageTimeout
        assert.equal(peer.calls(undefined, { since }).length, 1, 'no second CALL');
        peer.answers.StatusNotification = () => ({});
        release();
        await peer.status(2, 'Preparing', { since });
    });

    test('P-11 what is wrong gets its code or is ignored, and the socket stays', async (t) => {
        const peer = await Peer.create(t);
        const expected = [
            ['a', 'Foo', {}, ['NotImplemented']],
            ['b', 'Reset', {}, ['OccurenceConstraintViolation', 'ProtocolError']],
            ['c', 'Reset', { type: 5 }, ['TypeConstraintViolation']],
            ['d', 'Reset', { type: 'Warm' }, ['PropertyConstraintViolation']],
            ['e', 'Reset', { type: 'Soft', x: 1 }, ['FormationViolation', 'OccurenceConstraintViolation']],
        ];
        for (const [id, action, payload, codes] of expected) {
            const answer = await peer.odd(id, action, payload);
            assert.equal(answer.type, 4, answer.text);
            assert.ok(codes.includes(answer.code), answer.text);
            assert.equal(JSON.parse(answer.text).length, 5, answer.text);
        }
        const before = peer.mark();
        for (const text of ['[9,"g"]', '{}', '[2,"h","Reset"', '[3,"nobody",{}]', '[4,"nobody","GenericError","",{}]']) peer.raw(text);
        assert.equal(await peer.get('NumberOfConnectors'), '2', 'it is served as before');
        assert.equal(peer.frames.slice(before).filter((f) => f.from === 'charger' && f.type === 4).length, 0, 'ignored');
        assert.equal(peer.sockets.length, 1, 'and not closed');
    });

    test('P-11 an id of 41 characters is refused, and no other message suffers', async (t) => {
        const peer = await Peer.create(t);
        const before = peer.mark();
        peer.raw(JSON.stringify([2, 'f'.repeat(41), 'ClearCache', {}]));
        assert.equal(await peer.get('NumberOfConnectors'), '2');
        for (const frame of peer.frames.slice(before).filter((f) => f.from === 'charger' && f.type !== 3)) assert.equal(frame.code, 'FormationViolation', frame.text);
        assert.equal(peer.sockets.length, 1);
    });

    test('P-31 a central system that never answers costs sockets and time, and no message', async (t) => {
        const peer = await Peer.create(t);
        await peer.ask('SendLocalList', { listVersion: 1, updateType: 'Full', localAuthorizationList: [{ idTag: 'CARD-1', idTagInfo: { status: 'Accepted' } }] });
        for (const [key, value] of [['MessageTimeout', 5], ['TransactionMessageAttempts', 1], ['MeterValueSampleInterval', 2], ['LocalPreAuthorize', true]]) await peer.set(key, value);
        const usual = peer.answers, since = peer.mark(), sockets = peer.sockets.length;
        peer.answers = Object.fromEntries(Object.keys(usual).map((action) => [action, silent]));
        await peer.tell('plug 1');
        await peer.tell('card 1 CARD-1');
        await peer.is(1, 'charging');
        await peer.is(1, (c) => c.register_mwh > 3000);
        await until('it gave up sockets', () => peer.sockets.length >= sockets + 2, 40);
        await peer.tell('card 1 CARD-1');
        await peer.is(1, 'finishing');
        await peer.tell('unplug 1');
        await peer.is(1, 'available');
        peer.answers = usual;
        const stop = await peer.said('StopTransaction', {}, { since, seconds: 40 });
        await peer.settled();
        const done = peer.calls(undefined, { since }).filter((c) => peer.answered(c) && ['StartTransaction', 'MeterValues', 'StopTransaction'].includes(c.action));
        assert.equal(done[0].action, 'StartTransaction');
        assert.equal(done.at(-1).action, 'StopTransaction');
        assert.ok(done.length >= 4, `${actions(done)}`);
        const { transactionId } = peer.answered(done[0]).payload;
        for (const call of done.slice(1)) assert.equal(call.payload.transactionId, transactionId);
        assert.equal(stop.payload.reason ?? 'Local', 'Local');
    });

    test('P-58 odd and unknown CALLERRORs are failed attempts, "-1" answers nothing, silence costs the socket; the queue keeps its order', async (t) => {
        const peer = await Peer.create(t);
        for (const [key, value] of [['MessageTimeout', 5], ['TransactionMessageAttempts', 20], ['TransactionMessageRetryInterval', 1], ['MeterValueSampleInterval', 1]]) await peer.set(key, value);
        const odd = [
            (id) => [[4, id, 'FormatViolation', '', {}]],
            (id) => [[4, id, 'RpcFrameworkError', '', {}]],
            (id) => [[4, '-1', 'RpcFrameworkError', 'x', {}], [4, id, 'GenericError', 'x']],
        ];
        const told = { StartTransaction: [...odd, () => []], MeterValues: odd, StopTransaction: odd };
        const tries = { StartTransaction: 0, MeterValues: 0, StopTransaction: 0 };
        const usual = { ...peer.answers };
        for (const action of Object.keys(told))
            peer.answers[action] = (payload, call) => {
                const answer = told[action][tries[action]++];
                if (!answer) return usual[action](payload, call);
                for (const message of answer(call.id)) call.client.sendRaw(JSON.stringify(message));
                return silent();
            };
        const since = peer.mark();
        await peer.tell('plug 1');
        await peer.ask('RemoteStartTransaction', { idTag: 'CARD-1', connectorId: 1 });
        await until('the start is taken', () => tries.StartTransaction === 5, 40);
        await until('a sample is taken', () => tries.MeterValues >= 4, 40);
        await peer.set('MeterValueSampleInterval', 0);
        assert.deepEqual(await peer.ask('RemoteStopTransaction', { transactionId: peer.transaction }), { status: 'Accepted' });
        await until('the stop is taken', () => tries.StopTransaction === 4, 40);
        await peer.settled();
        const calls = peer.calls(undefined, { since }).filter((c) => c.action in tries);
        const order = actions(calls);
        const at = ['StartTransaction', 'MeterValues', 'StopTransaction'].map((action) => [order.indexOf(action), order.lastIndexOf(action)]);
        assert.ok(at[0][1] < at[1][0] && at[1][1] < at[2][0], `${order}`);
        for (const action of ['StartTransaction', 'StopTransaction'])
            assert.equal(new Set(peer.calls(action, { since }).map((c) => JSON.stringify(c.payload))).size, 1, 'the same message each time');
        const [, , , fourth, fifth] = peer.calls('StartTransaction', { since });
        assert.ok(fifth.socket > fourth.socket, 'silence costs the socket');
    });
});

describe('a charger and a strict central system: keys and security', { concurrency: 16 }, () => {
    test('P-13 TC_019_CS configuration is read: without regard to case, unknown keys, all of them, too many', async (t) => {
        const peer = await Peer.create(t);
        const some = await peer.ask('GetConfiguration', { key: ['heartbeatinterval', 'Nope', 'AuthorizationKey'] });
        assert.deepEqual(some.unknownKey, ['Nope']);
        assert.deepEqual(some.configurationKey.map((one) => one.key.toLowerCase()).sort(), ['authorizationkey', 'heartbeatinterval']);
        assert.equal('value' in some.configurationKey.find((one) => one.key === 'AuthorizationKey'), false);
        const { configurationKey: all } = await peer.ask('GetConfiguration', {});
        assert.ok(all.length > 45, `${all.length} keys`);
        const most = Number(all.find((one) => one.key === 'GetConfigurationMaxKeys').value);
        const many = await peer.ask('GetConfiguration', { key: [...Array(most).keys()].map((i) => `X${i}`).concat('HeartbeatInterval') });
        assert.deepEqual(many.configurationKey ?? [], [], 'of a question for too many the first ones are answered');
        assert.equal(many.unknownKey.length, most);
    });

    test('P-14 TC_021_CS TC_040_1_CS TC_040_2_CS values that are none are rejected and change nothing', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('HeartbeatInterval', 77);
        for (const value of ['-5', '1e3', '99999999999', '', '60 ']) assert.deepEqual(await peer.ask('ChangeConfiguration', { key: 'HeartbeatInterval', value }), { status: 'Rejected' }, `"${value}"`);
        assert.equal(await peer.get('HeartbeatInterval'), '77');
        const before = await peer.get('MeterValuesSampledData');
        for (const [key, value, status] of [['MeterValuesSampledData', 'Voltage,Nope', 'Rejected'], ['NumberOfConnectors', '2', 'Rejected'], ['Nope', '1', 'NotSupported'], ['WebSocketPingInterval', '-1', 'Rejected']])
            assert.deepEqual(await peer.ask('ChangeConfiguration', { key, value }), { status }, key);
        assert.equal(await peer.get('MeterValuesSampledData'), before);
    });

    test('P-17 TC_054_CS TC_055_CS triggered messages follow the answer', async (t) => {
        const peer = await Peer.create(t);
        await peer.set('MeterValuesSampledData', 'Energy.Active.Import.Register,Voltage,Current.Import');
        await peer.set('MeterValueSampleInterval', 0);
        await peer.charges(1);
        const trigger = async (status, payload) => {
            const since = peer.mark();
            assert.deepEqual(await peer.ask('TriggerMessage', payload), { status }, JSON.stringify(payload));
            return { since };
        };
        const follows = (since, call) => assert.ok(peer.frames.slice(since).findIndex((f) => f.from === 'charger' && f.type === 3) < peer.frames.slice(since).indexOf(call), `${call.action} after its answer`);
        await trigger('Rejected', { requestedMessage: 'BootNotification' });
        let { since } = await trigger('Accepted', { requestedMessage: 'FirmwareStatusNotification' });
        follows(since, await peer.said('FirmwareStatusNotification', { status: 'Idle' }, { since }));
        ({ since } = await trigger('Accepted', { requestedMessage: 'MeterValues', connectorId: 1 }));
        const values = await peer.said('MeterValues', { connectorId: 1 }, { since });
        follows(since, values);
        const sampled = values.payload.meterValue[0].sampledValue;
        assert.deepEqual(new Set(sampled.map((one) => one.context)), new Set(['Trigger']));
        assert.deepEqual(sampled.map((one) => one.measurand ?? 'Energy.Active.Import.Register').sort(), ['Current.Import', 'Energy.Active.Import.Register', 'Voltage']);
        ({ since } = await trigger('Accepted', { requestedMessage: 'StatusNotification' }));
        for (const connector of [0, 1, 2]) follows(since, await peer.said('StatusNotification', { connectorId: connector }, { since }));
        ({ since } = await trigger('Rejected', { requestedMessage: 'MeterValues', connectorId: 7 }));
    });

    test('P-33 TC_073_CS TC_085_CS another AuthorizationKey: taken up at once, its bytes are the password, told to nobody', async (t) => {
        const peer = await Peer.create(t);
        for (const value of ['4'.repeat(31), '4'.repeat(42), 'xyz'.repeat(12)]) assert.deepEqual(await peer.ask('ChangeConfiguration', { key: 'AuthorizationKey', value }), { status: 'Rejected' }, value);
        const odd = Buffer.concat([Buffer.from([0x00, 0x3a, 0xff]), randomBytes(16)]);
        for (const key of [Buffer.from('OCA_OCTT_admin_test'), odd]) {
            const sockets = peer.sockets.length;
            peer.passwords.unshift(key);
            await peer.set('AuthorizationKey', key.toString('hex').toUpperCase());
            await until('it is back', () => peer.sockets.length > sockets && peer.client);
            assert.equal(peer.authorization, `Basic ${Buffer.concat([Buffer.from('PEER-1:'), key]).toString('base64')}`);
            const told = await peer.ask('GetConfiguration', { key: ['AuthorizationKey'] });
            assert.ok(!JSON.stringify(told).toLowerCase().includes(key.toString('hex')));
        }
    });

    test('P-34 TC_083_CS TC_084_CS a security profile only rises, and only with what it needs', async (t) => {
        const peer = await Peer.create(t);
        for (const value of ['1', '0', '2', '3']) assert.deepEqual(await peer.ask('ChangeConfiguration', { key: 'SecurityProfile', value }), { status: 'Rejected' }, value);
        assert.equal(await peer.get('SecurityProfile'), '1');
        assert.equal(peer.sockets.length, 1, 'the socket stays');
    });

    test('P-37 firmware that nobody signed is not fetched', async (t) => {
        const peer = await Peer.create(t);
        assert.deepEqual(await peer.ask('UpdateFirmware', { location: 'http://127.0.0.1:9/firmware.bin', retrieveDate: iso() }), { error: 'NotSupported' });
        await sleep(500);
        assert.equal(peer.calls('FirmwareStatusNotification').length, 0);
    });
});

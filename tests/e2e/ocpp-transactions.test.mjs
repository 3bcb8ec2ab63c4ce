// SPDX-License-Identifier: Apache-2.0
// What is charged, over real sockets: told by another's charge point in strict mode, looked at over REST, and still there after
// kill -9. Case ids are those of the OCPP cases.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Chargers, Raw, now } from './ocpp.mjs';
import { until } from './support.mjs';

const hub = await Chargers.create(test);
for (const tag of ['abc', 'xyz']) await hub.tag(tag);
await hub.tag('one', { limit: 1 });
await hub.tag('old', { expires_at_ms: Date.now() - 1000 });

const start = (cp, more = {}) => cp.call('StartTransaction', { connectorId: 1, idTag: 'abc', meterStart: 1000, timestamp: now(), ...more });
const stop = (cp, transactionId, more = {}) => cp.call('StopTransaction', { transactionId, meterStop: 2000, timestamp: now(), ...more });
const energy = (value, more = {}) => ({ value: String(value), measurand: 'Energy.Active.Import.Register', unit: 'Wh', ...more });
const meter = (cp, more, ...values) => cp.call('MeterValues', { connectorId: 1, meterValue: [{ timestamp: now(), sampledValue: values }], ...more });
const tx = (id, query = '') => hub.get(`/transactions/${id}${query}`);
const txsOf = async (identity, query = '') => (await hub.get(`/transactions?identity=${encodeURIComponent(identity)}${query}`)).transactions;
const live = async (identity, id) => (await hub.get(`${hub.at(identity)}/connectors`)).connectors.find((c) => c.connector_id === id);

test('a session from start to stop, as it is shown', async () => {
    const cp = await hub.known('S-1');
    const { transactionId, idTagInfo } = await start(cp);
    assert.equal(idTagInfo.status, 'Accepted');
    await cp.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    const at = now();
    await cp.call('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: at, sampledValue: [energy(1500), { value: '3.5', measurand: 'Power.Active.Import', unit: 'kW' }, { value: '40', measurand: 'SoC', unit: 'Percent', location: 'EV' }] }] });
    let shown = await live('S-1', 1);
    assert.deepEqual([shown.status, shown.active.transaction_id, shown.active.state, shown.latest.transaction_id, shown.power_w, shown.energy_register_wh, shown.live_at_ms], ['Charging', transactionId, 'open', transactionId, 3500, 1500, Date.parse(at)]);
    await stop(cp, transactionId, { idTag: 'ABC', reason: 'EVDisconnected' });
    shown = await live('S-1', 1);
    assert.deepEqual([shown.active, shown.latest.state, shown.power_w], [null, 'closed', null]);
    const whole = await tx(transactionId);
    assert.deepEqual([whole.energy_wh, whole.billable, whole.reason, whole.flags, whole.id_tag, whole.stop_id_tag], [1000, true, 'EVDisconnected', [], 'abc', 'ABC']);
    assert.deepEqual(whole.samples.map((s) => [s.measurand, s.value, s.unit, s.location]).sort(), [['Energy.Active.Import.Register', 1500, 'Wh', 'Outlet'], ['Power.Active.Import', 3.5, 'kW', 'Outlet'], ['SoC', 40, 'Percent', 'EV']].sort());
    assert.equal((await hub.get('/tags/abc')).transaction_count, 1);
    assert.equal((await hub.call('GET', '/transactions/99999')).status, 404);
    for (const query of ['state=done', 'limit=0', 'from=x', 'connector_id=99']) assert.equal((await hub.call('GET', `/transactions?${query}`)).status, 400, query);
});

test('C-08 a long StopTransaction three times is one', async () => {
    const { password } = await hub.add('C-08');
    const cp = await hub.charger('C-08', { password });
    const { transactionId } = await start(cp);
    const begun = Date.now() - 200 * 10000;
    const transactionData = Array.from({ length: 200 }, (_, i) => ({ timestamp: new Date(begun + i * 10000).toISOString(), sampledValue: [energy(1000 + i)] }));
    const last = { transactionId, meterStop: 2000, timestamp: now(), idTag: 'abc', transactionData };
    assert.equal((await cp.call('StopTransaction', last)).idTagInfo.status, 'Accepted');
    await cp.close();
    const again = await hub.connect('C-08', { password });
    await again.call('StopTransaction', last);
    await again.call('StopTransaction', last);
    const whole = await tx(transactionId);
    assert.deepEqual([whole.samples.length, whole.energy_wh, whole.state], [200, 1000, 'closed']);
    assert.equal((await txsOf('C-08')).length, 1);
    const page = await tx(transactionId, '?samples=150');
    assert.deepEqual([page.samples.length, page.more_samples], [150, true]);
    assert.equal((await tx(transactionId, `?after=${page.samples.at(-1).at_ms}`)).samples.length, 50);
});

test('C-10 a Stop with -1 is answered, kept, and joined when its Start comes', async () => {
    const cp = await hub.known('C-10');
    const t0 = Date.now() - 600000;
    const at = (s) => new Date(t0 + s * 1000).toISOString();
    assert.deepEqual(await cp.call('MeterValues', { connectorId: 1, transactionId: -1, meterValue: [{ timestamp: at(30), sampledValue: [energy(1200)] }] }), {});
    await cp.call('StopTransaction', { transactionId: -1, idTag: 'abc', meterStop: 1500, timestamp: at(60) });
    let [kept, ...others] = await txsOf('C-10');
    assert.deepEqual([kept.state, kept.meter_stop_wh, kept.meter_start_wh, kept.billable, others.length], ['unmatched', 1500, null, false, 0]);
    const { transactionId } = await start(cp, { timestamp: at(0) });
    [kept, ...others] = await txsOf('C-10');
    assert.deepEqual([kept.transaction_id, kept.state, kept.energy_wh, kept.flags, others.length], [transactionId, 'closed', 500, ['joined'], 0]);
    // One that fits nothing stays to be looked at.
    await cp.call('StopTransaction', { transactionId: -1, idTag: 'xyz', meterStop: 9, timestamp: at(90) });
    assert.deepEqual((await txsOf('C-10', '&state=unmatched')).map((t) => [t.stop_id_tag, t.meter_stop_wh]), [['xyz', 9]]);
});

test('C-11 values after the end reopen nothing', async () => {
    const cp = await hub.known('C-11');
    const { transactionId } = await start(cp);
    await stop(cp, transactionId);
    const kept = () => hub.stack.sql('SELECT coalesce(max(id), 0) AS n FROM journal', 'charging.db')[0].n;
    for (const [more, values] of [[{ transactionId }, [energy(2000, { context: 'Transaction.End' })]], [{}, [energy(2001)]], [{ connectorId: 0 }, [energy(5)]], [{ transactionId: 987654 }, [energy(7)]]]) {
        const before = kept();
        assert.deepEqual(await meter(cp, more, ...values), {});
        assert.ok(kept() > before, 'all of it is stored');
    }
    const shown = await live('C-11', 1);
    assert.deepEqual([shown.active, shown.power_w, shown.energy_register_wh], [null, null, null]);
    const whole = await tx(transactionId);
    assert.deepEqual([whole.state, whole.samples.map((s) => s.value)], ['closed', [2000]]);
});

test('C-12 what cannot be is answered, flagged and not billed', async () => {
    const cp = await hub.known('C-12');
    const odd = [
        [{ meterStop: 500 }, 'meter_back'], [{ meterStop: -1 }, 'meter_negative'],
        [{ timestamp: new Date(Date.now() - 3600e3).toISOString() }, 'stop_early'], [{ timestamp: '1970-01-01T00:00:10Z' }, 'time_doubtful'],
    ];
    for (const [more, flag] of odd) {
        const { transactionId } = await start(cp);
        await stop(cp, transactionId, more);
        const shown = await tx(transactionId);
        assert.ok(shown.flags.includes(flag) && !shown.billable && shown.state === 'closed', JSON.stringify(shown));
        assert.equal(shown.reason, 'Local', 'when none is said');
    }
    for (const [idTag, status] of [['old', 'Expired'], ['nobody', 'Invalid']]) {
        const { transactionId } = await start(cp);
        assert.equal((await stop(cp, transactionId, { idTag })).idTagInfo.status, status);
        const shown = await tx(transactionId);
        assert.deepEqual([shown.flags, shown.state], [['stop_tag_refused'], 'closed']);
    }
});

test('C-13 Celsius and Celcius, in values and at the end, are one unit', async () => {
    const cp = await hub.known('C-13', { strict: false });
    const { transactionId } = await start(cp);
    let at = Date.now() - 10000;
    const hot = (unit) => ({ timestamp: new Date((at += 1000)).toISOString(), sampledValue: [{ value: '41.5', measurand: 'Temperature', unit }] });
    for (const unit of ['Celsius', 'Celcius']) await cp.call('MeterValues', { connectorId: 1, transactionId, meterValue: [hot(unit)] });
    await stop(cp, transactionId, { transactionData: [hot('Celsius'), hot('Celcius')] });
    const units = (await tx(transactionId)).samples.map((s) => s.unit);
    assert.equal(units.length, 4);
    assert.equal(new Set(units).size, 1, String(units));
});

test('C-16 a tag that may charge once charges once', async () => {
    const a = await hub.known('C-16-A'), b = await hub.known('C-16-B');
    const timestamp = now();
    const first = await start(a, { idTag: 'one', timestamp });
    assert.equal(first.idTagInfo.status, 'Accepted');
    assert.equal((await start(b, { idTag: 'ONE' })).idTagInfo.status, 'ConcurrentTx');
    assert.equal((await b.call('Authorize', { idTag: 'one' })).idTagInfo.status, 'ConcurrentTx');
    const again = await start(a, { idTag: 'one', timestamp });
    assert.deepEqual([again.idTagInfo.status, again.transactionId], ['Accepted', first.transactionId]);
    assert.equal((await hub.get('/tags/one')).open_count, 2, 'what a charger does all the same is known');
});

test('C-18 three days off line come in at once, under their own times, and hold up no command', async () => {
    const cp = await hub.known('C-18');
    cp.handle('UnlockConnector', () => ({ status: 'Unlocked' }));
    const t0 = Date.now() - 3 * 86400e3;
    const at = (s) => new Date(t0 + s * 1000).toISOString();
    const command = hub.ask('C-18', 'UnlockConnector', { connectorId: 1 });
    const { transactionId } = await start(cp, { timestamp: at(0) });
    for (let i = 1; i <= 40; i++) await cp.call('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: at(i * 60), sampledValue: [energy(1000 + i * 10)] }] });
    assert.equal((await command).body.status, 'Unlocked');
    await stop(cp, transactionId, { timestamp: at(2460), meterStop: 1410 });
    const whole = await tx(transactionId);
    assert.deepEqual([whole.samples.length, whole.samples[0].at_ms, whole.started_at_ms, whole.stopped_at_ms, whole.flags], [40, t0 + 60000, t0, t0 + 2460000, []]);
    assert.ok(whole.start_arrived_at_ms > Date.now() - 60000);
    assert.ok((await hub.get(hub.at('C-18'))).seen_at_ms > Date.now() - 60000);
    const found = await txsOf('C-18', `&from=${t0}&to=${t0 + 1}`);
    assert.equal(found.length, 1);
});

test('C-19 times as they are written', async () => {
    const { password } = await hub.add('C-19');
    const raw = await Raw.open(`${hub.url}/C-19`, { identity: 'C-19', password });
    const call = async (action, payload) => { raw.send(JSON.stringify([2, `${Math.random()}`, action, payload])); return (await raw.next())[2]; };
    await call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    const base = Math.floor(Date.now() / 1000) * 1000 - 60000;
    const iso = new Date(base).toISOString().slice(0, 19);
    const india = new Date(base + 5.5 * 3600e3).toISOString().slice(0, 19);
    const cases = [[`${iso}.123456789Z`, base + 123, []], [`${india}+05:30`, base, []], [`${iso.toLowerCase()}z`, base, []], [iso, base, ['time_no_zone']], ['1970-01-01T00:00:07Z', 7000, ['time_doubtful']], ['1970-01-01T00:00:07+05:30', 0, ['time_doubtful']], ['2100-01-01T00:00:00Z', Date.UTC(2100, 0), ['time_doubtful']]];
    for (const [timestamp, ms, flags] of cases) {
        const { transactionId } = await call('StartTransaction', { connectorId: 1, idTag: 'abc', meterStart: Math.floor(Math.random() * 1e6), timestamp });
        assert.ok(transactionId > 0, timestamp);
        const shown = await tx(transactionId);
        assert.deepEqual([shown.started_at_ms, shown.flags], [ms, flags], timestamp);
        assert.ok(Math.abs(shown.start_arrived_at_ms - Date.now()) < 10000);
    }
    raw.close();
});

test('C-33 data of a vendor that nobody here knows is answered so', async () => {
    const cp = await hub.known('C-33');
    assert.deepEqual(await cp.call('DataTransfer', { vendorId: 'nobody', messageId: 'x', data: '1' }), { status: 'UnknownVendorId' });
});

test('C-33 what a charger of ours says of a vehicle is kept and shown at its session', async () => {
    const cp = await hub.known('C-33-R');
    const say = (messageId, data) => cp.call('DataTransfer', { vendorId: 'roost', ...(messageId ? { messageId } : {}), data: typeof data === 'string' ? data : JSON.stringify(data) });
    const vehicle = { soc: 40, maxCurrent: 60, model: 'X', range: 80 };
    for (let i = 0; i < 3; i++) assert.deepEqual(await say('VehicleInfo', vehicle), { status: 'Accepted' });
    assert.deepEqual(JSON.parse((await hub.get(`${hub.at('C-33-R')}/connectors`)).vehicle), vehicle, 'before anybody pays');
    assert.deepEqual(await say('Allowance', {}), { status: 'UnknownMessageId' });
    assert.deepEqual(await say(undefined, {}), { status: 'UnknownMessageId' });
    assert.deepEqual(await say('VehicleInfo', 'no JSON'), { status: 'Rejected' });
    const { transactionId } = await start(cp);
    await say('BMSAlert', { code: 402 });
    await stop(cp, transactionId);
    await say('SessionSummary', { finalSoc: 80, energyDelivered: 1000, durationMinutes: 1 });
    assert.deepEqual((await tx(transactionId)).data.map((d) => d.message), ['VehicleInfo', 'BMSAlert', 'SessionSummary'], 'each once');
    assert.equal((await hub.get(`${hub.at('C-33-R')}/notes`)).notes.length, 3);
    // A lenient charger says an object where OCPP has a text.
    const odd = await hub.add('C-33-O', { lenient: ['object_as_text'] });
    const raw = await Raw.open(`${hub.url}/C-33-O`, { identity: 'C-33-O', password: odd.password });
    raw.send(JSON.stringify([2, 'b', 'BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }]));
    await raw.next();
    raw.send('[2,"d","DataTransfer",{"vendorId":"Roost","messageId":"VehicleInfo","data":{"soc":41}}]');
    assert.deepEqual(await raw.next(), [3, 'd', { status: 'Accepted' }]);
    assert.equal((await hub.get(`${hub.at('C-33-O')}/notes`)).notes[0].text, '{"soc":41}');
    raw.close();
});

test('C-34 what a charger says wrong is refused, and let pass with its switch', async () => {
    const wrong = [
        ['BootNotification', { chargePointVendor: 'V', chargePointModel: 'M', chargePointSerialNumber: 's'.repeat(34) }],
        ['StatusNotification', { connectorId: 1, errorCode: 'Error', status: 'Available' }],
        ['MeterValues', { connectorId: 1, meterValue: [{ timestamp: now(), sampledValue: [{ value: 604.213 }] }] }],
        ['MeterValues', { connectorId: 1, meterValue: [{ timestamp: now(), sampledValue: [{ value: '50', unit: 'Hz' }] }] }],
        ['Heartbeat', { extra: 1 }],
    ];
    for (const [identity, lenient, type] of [['strict', [], 4], ['lenient', ['extra_field', 'unknown_word', 'long_text', 'number_as_text'], 3]]) {
        const { password } = await hub.add(identity, { lenient });
        const raw = await Raw.open(`${hub.url}/${identity}`, { identity, password });
        raw.send(JSON.stringify([2, 'b', 'BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }]));
        assert.equal((await raw.next())[2].status, 'Accepted');
        for (const [action, payload] of wrong) {
            raw.send(JSON.stringify([2, 'w', action, payload]));
            assert.equal((await raw.next())[0], type, `${identity} ${action} ${JSON.stringify(payload)}`);
        }
        assert.equal((await raw.heartbeat())[0], 3, 'the socket stays');
        raw.close();
    }
    await hub.ok('PATCH', hub.at('strict'), { lenient: ['null'] });
    assert.deepEqual((await hub.get(hub.at('strict'))).lenient, ['null']);
    const metrics = await hub.stack.metrics();
    for (const what of ['extra_field', 'unknown_word', 'long_text', 'number_as_text']) assert.ok(metrics.get(`roost_csms_lenient_total{what="${what}"}`) > 0, what);
});

test('C-34 each switch lets one thing pass, is counted for its charger, and shown', async () => {
    const wrong = {
        extra_field: ['Heartbeat', '{"extra":1}'],
        unknown_word: ['StatusNotification', '{"connectorId":1,"errorCode":"Error","status":"Available"}'],
        long_text: ['DataTransfer', `{"vendorId":"Roost","messageId":"${'m'.repeat(60)}"}`],
        number_as_text: ['MeterValues', `{"connectorId":1,"meterValue":[{"timestamp":"${now()}","sampledValue":[{"value":604.213}]}]}`],
        null: ['StatusNotification', '{"connectorId":1,"errorCode":"NoError","status":"Available","info":null}'],
        object_as_text: ['DataTransfer', '{"vendorId":"Roost","messageId":"VehicleInfo","data":{"soc":1}}'],
    };
    for (const own of Object.keys(wrong)) {
        const identity = `only-${own}`, { password } = await hub.add(identity, { lenient: [own] });
        const raw = await Raw.open(`${hub.url}/${identity}`, { identity, password });
        raw.send(JSON.stringify([2, 'b', 'BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }]));
        assert.equal((await raw.next())[2].status, 'Accepted');
        const before = (await hub.stack.metrics()).get(`roost_csms_lenient_total{what="${own}"}`);
        for (const [what, [action, payload]] of Object.entries(wrong)) {
            raw.send(`[2,"w","${action}",${payload}]`);
            assert.equal((await raw.next())[0], what === own ? 3 : 4, `${identity}: ${what}`);
        }
        const shown = await hub.get(hub.at(identity));
        assert.deepEqual(shown.lenient, [own]);
        assert.deepEqual(shown.lenient_used, { ...Object.fromEntries([...Object.keys(wrong), 'no_time_zone', 'field_twice'].map((k) => [k, 0])), [own]: 1 });
        assert.equal((await hub.stack.metrics()).get(`roost_csms_lenient_total{what="${own}"}`), before + 1);
        // What is noted of everybody.
        raw.send('[2,"z","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"2026-11-30T10:00:00","status":"Faulted"}]');
        assert.equal((await raw.next())[0], 3);
        const { no_time_zone, field_twice } = (await hub.get(hub.at(identity))).lenient_used;
        assert.deepEqual([no_time_zone, field_twice], [1, 1]);
        raw.close();
    }
});

test('C-34 the value of a key may be too long: none for the strict one, whole with its switch', async () => {
    for (const [lenient, status] of [[[], 409], [['long_text'], 200]]) {
        const cp = await hub.known(`key-${status}`, { more: { lenient }, strict: false });
        cp.handle('GetConfiguration', () => ({ configurationKey: [{ key: 'Long', readonly: false, value: 'x'.repeat(600) }] }));
        const answer = await hub.ask(`key-${status}`, 'GetConfiguration', { key: ['Long'] });
        assert.equal(answer.status, status);
        if (status === 200) assert.equal(answer.body.configurationKey[0].value.length, 600);
        await cp.call('Heartbeat', {});
    }
});

test('C-38 a boot closes nothing: it may go on, or end with its own time', async () => {
    const { password } = await hub.add('C-38');
    const boot = (cp) => cp.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    let cp = await hub.charger('C-38', { password });
    const first = (await start(cp)).transactionId;
    await cp.close();
    cp = await hub.connect('C-38', { password });
    await boot(cp);
    await cp.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    await meter(cp, { transactionId: first }, energy(1600));
    assert.equal((await live('C-38', 1)).active.transaction_id, first);
    cp.handle('RemoteStopTransaction', ({ params }) => { setTimeout(() => stop(cp, params.transactionId, { reason: 'Remote' }), 10); return { status: 'Accepted' }; });
    assert.deepEqual((await hub.ask('C-38', 'RemoteStopTransaction', { transactionId: first })).body, { status: 'Accepted' });
    const ended = await until('it has ended', async () => { const it = await tx(first); return it.state === 'closed' && it; });
    assert.deepEqual([ended.reason, ended.flags], ['Remote', ['booted_within']]);

    const second = (await start(cp, { meterStart: 2000 })).transactionId;
    const cut = now();
    await cp.close();
    cp = await hub.connect('C-38', { password });
    await boot(cp);
    await cp.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    assert.equal((await tx(second)).state, 'open');
    await stop(cp, second, { reason: 'PowerLoss', timestamp: cut, meterStop: 2100 });
    const over = await tx(second);
    assert.deepEqual([over.reason, over.stopped_at_ms, over.flags, (await txsOf('C-38')).length], ['PowerLoss', Date.parse(cut), ['booted_within'], 2]);
});

test('kill -9 after every answer: all that was answered is there', async () => {
    const { password } = await hub.add('K-9');
    const boot = await hub.charger('K-9', { password });
    await boot.close();
    const kill = async () => { await hub.stack.programs.get('roostd').kill('SIGKILL'); await hub.stack.startHub(); };
    const timestamp = now(-5000);
    let cp = await hub.connect('K-9', { password });
    const { transactionId } = await start(cp, { timestamp });
    await kill();
    assert.equal((await tx(transactionId)).state, 'open');
    cp = await hub.connect('K-9', { password });
    assert.equal((await start(cp, { timestamp })).transactionId, transactionId, 'said again it is the same');
    await meter(cp, { transactionId }, energy(1100));
    await kill();
    assert.equal((await tx(transactionId)).samples.length, 1);
    cp = await hub.connect('K-9', { password });
    const ends = { timestamp: now(), idTag: 'abc', reason: 'Local' };
    await stop(cp, transactionId, ends);
    await kill();
    cp = await hub.connect('K-9', { password });
    await stop(cp, transactionId, ends);
    const whole = await tx(transactionId);
    assert.deepEqual([whole.state, whole.energy_wh, whole.samples.length, (await txsOf('K-9')).length], ['closed', 1000, 1, 1]);
    assert.deepEqual((await hub.get(`${hub.at('K-9')}/connectors`)).connectors.map((c) => c.status), ['Available', 'Available', 'Available'], 'what it said of its connectors, too');
});

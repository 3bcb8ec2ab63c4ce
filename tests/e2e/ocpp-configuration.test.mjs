// SPDX-License-Identifier: Apache-2.0
// Configuration that is wanted of chargers, before chargers of another's making that refuse, forget and boot; and what is known of a
// charger, over a kill of the hub.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chargers, now } from './ocpp.mjs';
import { until } from './support.mjs';

const hub = await Chargers.create(test);

/** A charger with these keys: key -> {value, readonly, says}. What it was asked and told is in `heard`. */
async function configured(identity, keys, { client } = {}) {
    const cp = client ?? await hub.known(identity);
    cp.heard = [];
    cp.handle('GetConfiguration', ({ params }) => {
        const wanted = params.key ?? [...keys.keys()];
        cp.heard.push(`get ${wanted.join(' ')}`);
        return {
            configurationKey: wanted.filter((k) => keys.has(k)).map((key) => ({ key, readonly: keys.get(key).readonly ?? false, value: keys.get(key).value })),
            unknownKey: wanted.filter((k) => !keys.has(k)),
        };
    });
    cp.handle('ChangeConfiguration', ({ params: { key, value } }) => {
        cp.heard.push(`set ${key}`);
        const status = keys.get(key).says ?? 'Accepted';
        if (status === 'Accepted' && !keys.get(key).forgets) keys.get(key).value = value;
        return { status };
    });
    return cp;
}
const boot = (cp) => cp.call('BootNotification', { chargePointVendor: 'Peer', chargePointModel: 'ocpp-rpc' });
const drift = (identity) => hub.get(`${hub.at(identity)}/drift`);
const states = async (identity) => Object.fromEntries((await drift(identity)).keys.map((k) => [k.key, k.state]));
const settled = (identity) => until(`${identity} is settled`, async () => !(await drift(identity)).running);

test('a template is applied once a boot, and each key shows how it stands', async () => {
    const keys = new Map([
        ['GetConfigurationMaxKeys', { value: '4', readonly: true }],
        ['Same', { value: '1' }], ['Other', { value: '0' }], ['Fixed', { value: '0', readonly: true }],
        ['Later', { value: '0', says: 'RebootRequired' }], ['Never', { value: '0', says: 'Rejected' }], ['Forgets', { value: '0', forgets: true }],
    ]);
    const cp = await configured('drifts', keys);
    const wanted = { Same: '1', Other: '1', Fixed: '1', Later: '1', Never: '1', Forgets: '1', Missing: '1' };
    await hub.ok('PUT', '/templates/peers', { for: { vendor: 'Peer' }, keys: wanted }, 201);
    await hub.ok('PUT', '/templates/peers', { for: { vendor: 'Peer' }, keys: wanted });
    assert.deepEqual((await hub.get('/templates')).templates.map((t) => t.name), ['peers']);
    assert.equal((await states('drifts')).Other, 'unread', 'setting a template sends nothing');
    assert.deepEqual(cp.heard, []);
    await boot(cp);
    await settled('drifts');
    const shown = { Same: 'as_wanted', Other: 'as_wanted', Fixed: 'read_only', Later: 'reboot_required', Never: 'refused', Forgets: 'not_taken', Missing: 'unknown_key' };
    assert.deepEqual(await states('drifts'), shown);
    assert.deepEqual(cp.heard.filter((h) => h.startsWith('set')).sort(), ['set Forgets', 'set Later', 'set Never', 'set Other']);
    assert.ok(cp.heard.every((h) => h.split(' ').length <= 5), 'never more keys than it takes');
    const one = await drift('drifts');
    assert.deepEqual(one.keys.find((k) => k.key === 'Never'), { key: 'Never', wanted: '1', has: '0', state: 'refused', template: 'peers', tried_at_ms: one.keys.find((k) => k.key === 'Never').tried_at_ms });
    assert.equal(one.counts.as_wanted, 2);
    const all = await hub.get('/drift');
    assert.equal(all.counts.refused, 1);
    assert.deepEqual(all.chargers.map((c) => c.identity), ['drifts']);
    assert.deepEqual((await hub.get('/drift?state=differs')).chargers, []);
    assert.equal((await hub.stack.metrics()).get('roost_csms_drift_keys{state="refused"}'), 1);
    // Left alone until it boots, or somebody asks.
    cp.heard.length = 0;
    for (let i = 0; i < 3; i++) await cp.call('Heartbeat', {});
    assert.deepEqual(cp.heard, []);
    keys.get('Later').value = '1';
    keys.get('Never').says = undefined;
    await hub.ok('POST', `${hub.at('drifts')}/drift`, undefined, 202);
    await settled('drifts');
    assert.equal((await states('drifts')).Never, 'as_wanted');
});

test('a template that is wrong says where, and one that is taken away leaves what chargers have', async () => {
    const refused = async (body) => { const { status, body: b } = await hub.call('PUT', '/templates/bad', body); return [status, JSON.stringify(b)]; };
    for (const body of [{}, { for: { all: true } }, { for: { all: true }, keys: { AuthorizationKey: 'x' } }, { for: { all: true, vendor: 'x' }, keys: { a: '1' } }]) {
        const [status] = await refused(body);
        assert.equal(status, 400);
    }
    assert.match((await refused({ for: { all: true }, keys: { a: 1 } }))[1], /keys\.a/);
    await hub.ok('PUT', '/templates/gone', { for: { all: true }, on_boot: false, keys: { Other: '7' } }, 201);
    assert.equal((await hub.ok('POST', '/templates/gone/apply', undefined, 202)).started, 1);
    await settled('drifts');
    assert.equal((await hub.call('DELETE', '/templates/gone')).status, 204);
    assert.equal((await hub.call('GET', '/templates/gone')).status, 404);
    assert.equal((await hub.call('POST', '/templates/gone/apply')).status, 404);
    assert.equal((await hub.call('GET', '/chargers/nobody/drift')).status, 404);
    assert.equal((await hub.call('POST', '/chargers/nobody/drift')).status, 404);
});

test('what is known, templates and what was tried are there after a kill of the hub', async () => {
    const keys = new Map([['Never', { value: '0', says: 'Rejected' }]]);
    const cp = await configured('kept', keys);
    await hub.ok('PUT', '/templates/kept', { for: { chargers: ['kept'] }, keys: { Never: '1' } }, 201);
    cp.handle('ReserveNow', () => ({ status: 'Accepted' }));
    cp.handle('SendLocalList', () => ({ status: 'Accepted' }));
    cp.handle('SetChargingProfile', () => ({ status: 'Accepted' }));
    await boot(cp);
    await until('it was tried', async () => (await states('kept')).Never === 'refused');
    await hub.ask('kept', 'ReserveNow', { connectorId: 1, expiryDate: now(600000), idTag: 'abc', reservationId: 9 });
    await hub.ask('kept', 'SendLocalList', { listVersion: 4, updateType: 'Full', localAuthorizationList: [{ idTag: 'x', idTagInfo: { status: 'Accepted' } }] });
    await hub.call('POST', `${hub.at('kept')}/operations/SetChargingProfile?description=night`, { connectorId: 0, csChargingProfiles: { chargingProfileId: 5, stackLevel: 0,
        chargingProfilePurpose: 'ChargePointMaxProfile', chargingProfileKind: 'Absolute', chargingSchedule: { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 1000 }] } } });
    const before = await hub.get(`${hub.at('kept')}/known`);
    assert.equal(before.charging_profiles[0].description, 'night');
    await new Promise((resolve) => setTimeout(resolve, 300)); // an operation is answered before what follows of it is on the disk
    await hub.stack.programs.get('roostd').kill('SIGKILL');
    await hub.stack.startHub();
    assert.deepEqual(await hub.get(`${hub.at('kept')}/known`), before, 'before it comes again');
    assert.equal((await states('kept')).Never, 'refused');
    assert.deepEqual((await hub.get('/templates')).templates.map((t) => t.name).sort(), ['kept', 'peers']);
    const { password } = await hub.ok('POST', `${hub.at('kept')}/password?by_hand=true`);
    const again = await configured('kept', keys, { client: await hub.connect('kept', { password }) });
    await again.call('Heartbeat', {});
    await until('it is known', async () => (await hub.get(hub.at('kept'))).online);
    assert.deepEqual(await hub.get(`${hub.at('kept')}/known`), before);
    assert.deepEqual(again.heard, [], 'it did not boot: nothing is tried again');
});

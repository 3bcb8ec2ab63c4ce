// SPDX-License-Identifier: Apache-2.0
// A site's limit over real sockets: chargers of another's making (strict: every profile is checked against the alliance's schema)
// get their share, one refuses, one goes away, and a hub that is started anew knows its sites.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Chargers, now } from './ocpp.mjs';
import { until } from './support.mjs';

const hub = await Chargers.create(test);
const site = { limit_w: 30000, chargers: ['S-1', 'S-2'].map((identity) => ({ identity, nominal_w: 22000, minimum_w: 4140, fallback_w: 0 })) };
const passwords = {};
let refuses = false;

/** The limit of the profiles that it has accepted, by stack level. */
async function charger(identity) {
    const client = await hub.charger(identity, { connectors: 1, password: passwords[identity] });
    client.levels = [];
    client.handle('SetChargingProfile', ({ params }) => {
        const profile = params.csChargingProfiles;
        assert.equal(params.connectorId, 0);
        assert.equal(profile.chargingProfilePurpose, 'ChargePointMaxProfile');
        if (refuses) return { status: 'Rejected' };
        client.levels[profile.stackLevel] = profile.chargingSchedule.chargingSchedulePeriod[0].limit;
        return { status: 'Accepted' };
    });
    return client;
}
const says = (client, status) => client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status, timestamp: now() });
const shown = () => hub.get('/sites/yard');

test('what is no site is refused, by its field', async () => {
    for (const [body, field] of [
        [{}, 'limit_w'], [{ limit_w: 0 }, 'limit_w'], [{ limit_w: 1.5 }, 'limit_w'], [{ limit_w: 1e9 }, 'limit_w'], [{ limit_w: 1000, chargers: {} }, 'chargers'],
        [{ ...site, chargers: [{ nominal_w: 1, minimum_w: 1 }] }, 'chargers.identity'],
        [{ ...site, chargers: [{ identity: 'x', minimum_w: 1 }] }, 'nominal_w'],
        [{ ...site, chargers: [{ identity: 'x', nominal_w: 5, minimum_w: 6 }] }, 'minimum_w'],
        [{ limit_w: 5000, chargers: [{ identity: 'x', nominal_w: 9000, minimum_w: 4140, fallback_w: 6000 }] }, 'limit_w'],
    ]) {
        const answer = await hub.call('PUT', '/sites/yard', body);
        assert.equal(answer.status, 400, JSON.stringify(body));
        assert.match(answer.body.error.message, new RegExp(field.replace('.', '\\.')), JSON.stringify(answer.body));
    }
    assert.equal((await hub.call('GET', '/sites/yard')).status, 404);
    assert.equal((await hub.call('DELETE', '/sites/yard')).status, 404);
});

test('two cars share, within the limit, and what one leaves the other gets', async () => {
    for (const { identity } of site.chargers) passwords[identity] = (await hub.add(identity)).password;
    const [a, b] = [await charger('S-1'), await charger('S-2')];
    await hub.ok('PUT', '/sites/yard', site, 201);
    assert.equal((await hub.call('PUT', '/sites/street', { ...site })).status, 409, 'one site each');
    await says(a, 'Charging');
    await says(b, 'Charging');
    await until('both have their half', () => a.levels[1] === 15000 && b.levels[1] === 15000, 60);
    assert.deepEqual([a.levels[0], b.levels[0]], [0, 0], 'and the fall-back for good');
    const view = await shown();
    assert.deepEqual(view.chargers.map((one) => [one.identity, one.online, one.share_w, one.why]), [['S-1', true, 15000, 'shared'], ['S-2', true, 15000, 'shared']]);
    assert.ok(view.reserved_w <= view.limit_w);
    await says(a, 'Available');
    await until('one has all it can take', () => a.levels[1] === 0 && b.levels[1] === 22000, 60);
    assert.ok((await shown()).reserved_w <= 30000);
});

test('one that refuses has all that it can take reserved, and that is shown', async () => {
    refuses = true;
    await hub.ok('PUT', '/sites/yard', { ...site, limit_w: 28000 });
    await says(hub.clients[0], 'Charging');
    const view = await until('a refusal', async () => {
        const now_ = await shown();
        return now_.refused_count > 0 && now_;
    }, 60);
    assert.ok(view.chargers.some((one) => one.why === 'refused' && one.may_take_w === 22000), JSON.stringify(view));
    refuses = false;
});

test('kill -9 loses no site', async () => {
    await hub.stack.programs.get('roostd').kill('SIGKILL');
    await hub.stack.startHub();
    const view = (await hub.get('/sites')).sites[0];
    assert.deepEqual([view.site_id, view.limit_w, view.chargers.length, view.offline_count], ['yard', 28000, 2, 2]);
    assert.ok(view.chargers.every((one) => one.why !== 'untold'), 'their fall-back is known to be there');
    await hub.ok('DELETE', '/sites/yard', undefined, 204);
    assert.deepEqual((await hub.get('/sites')).sites, []);
});

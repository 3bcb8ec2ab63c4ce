// SPDX-License-Identifier: Apache-2.0
// What chargers measured goes after its time, and nothing else: transactions stay with their registers and times.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Chargers, now } from './ocpp.mjs';
import { bin, until } from './support.mjs';

const hub = await Chargers.create(test);
const DAY = 86400e3;

async function charges(cp, ago) {
    const { transactionId } = await cp.call('StartTransaction', { connectorId: 1, idTag: 'keeper', meterStart: 1000, timestamp: now(-ago) });
    for (const minutes of [1, 2, 3])
        await cp.call('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: now(-ago + minutes * 60e3), sampledValue: [{ value: `${1000 + minutes}` }] }] });
    await cp.call('StopTransaction', { transactionId, meterStop: 1010, timestamp: now(-ago + 240e3) });
    return transactionId;
}

async function again(days, share) {
    await hub.stack.programs.get('roostd').kill();
    Object.assign(hub.stack.env, { ROOST_CHARGING_RETENTION_DAYS: `${days}`, ROOST_RETENTION_SHARE_PCT: `${share}` });
    await hub.stack.startHub();
}
const metric = async (name) => (await hub.stack.metrics()).get(name) ?? 0;

test('curves go with their day, not too many at once, and transactions stay', async () => {
    const cp = await hub.known('keeps');
    await hub.tag('keeper');
    const old = [await charges(cp, 10 * DAY), await charges(cp, 11 * DAY)], young = await charges(cp, 10 * 60e3);
    const samples = async (id) => (await hub.get(`/transactions/${id}`)).samples.length;
    await again(400, 25);
    await until('it ran', async () => await metric('roost_retention_runs_total{store="charging"}') > 0, 10);
    assert.deepEqual([await samples(old[0]), await samples(old[1]), await samples(young)], [3, 3, 3]);
    await again(5, 1); // two of three: nobody may have meant that
    await until('it is refused', async () => await metric('roost_retention_refused_total{reason="share",store="charging"}') > 0, 10);
    assert.equal(await samples(old[0]), 3);
    assert.match(hub.stack.programs.get('roostd').tail(50), /"old readings are not deleted","store":"charging"/);
    await again(5, 100);
    await until('the old curves are gone', async () => await samples(old[0]) === 0 && await samples(old[1]) === 0, 10);
    const kept = await hub.get(`/transactions/${old[0]}`);
    assert.deepEqual([kept.meter_start_wh, kept.meter_stop_wh, kept.state], [1000, 1010, 'closed']);
    assert.equal(await samples(young), 3);
    assert.equal(await metric('roost_retention_rows_total{store="charging"}'), 6);
    assert.equal(await metric('roost_charging_damaged_total'), 0);
});

test('--check warns of a time that is short for bills', () => {
    const checked = spawnSync(path.join(bin, 'roostd'), ['--check'], { env: { ...process.env, ...hub.stack.hubEnv(), ROOST_CHARGING_RETENTION_DAYS: '7' }, encoding: 'utf8' });
    assert.match(checked.stdout, /warn +ROOST_CHARGING_RETENTION_DAYS: below 31/);
});

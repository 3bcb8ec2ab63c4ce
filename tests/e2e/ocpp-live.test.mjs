// SPDX-License-Identifier: Apache-2.0
// Chargers for whoever looks on: what runs now as it comes, lists that are searched, a curve page by page.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Chargers, now } from './ocpp.mjs';
import { until } from './support.mjs';

const hub = await Chargers.create(test);

/** Events of one charger as they come. */
async function listen(t, identity) {
    const answer = await fetch(`${hub.stack.url}/api/v1/events?device_id=${identity}`, { headers: { Authorization: `Bearer ${hub.stack.token}` } });
    assert.equal(answer.status, 200);
    const events = [];
    const reader = answer.body.getReader(), decoder = new TextDecoder();
    t.after(() => reader.cancel());
    let text = '';
    (async () => {
        for (;;) {
            const { value, done } = await reader.read();
            if (done) return;
            text += decoder.decode(value, { stream: true });
            for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
                const event = /^event: (.*)$/m.exec(text.slice(0, end))?.[1], data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
                if (event === 'charging') events.push(JSON.parse(data));
            }
        }
    })().catch(() => {});
    return events;
}

test('states, a transaction and what it measures are seen as they come', async (t) => {
    const cp = await hub.known('live');
    await hub.known('another');
    await hub.tag('looker');
    const events = await listen(t, 'live');
    const seen = (what, is) => until(what, () => events.some(is), 5);
    await cp.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing' });
    await seen('the state', (e) => e.connector_id === 1 && e.status === 'Preparing' && e.transaction_id === null && e.power_w === null);
    const { transactionId } = await cp.call('StartTransaction', { connectorId: 1, idTag: 'looker', meterStart: 100, timestamp: now() });
    await seen('the start', (e) => e.transaction_id === transactionId);
    const values = (power, wh) => cp.call('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: now(), sampledValue: [{ value: power, measurand: 'Power.Active.Import', unit: 'kW' }, { value: wh }] }] });
    await values('7.4', '250');
    await seen('power and register', (e) => e.power_w === 7400 && e.register_wh === 250);
    for (let i = 0; i < 50; i++) await values(`${i}`, `${300 + i}`);
    await seen('the newest', (e) => e.power_w === 49000 && e.register_wh === 349);
    assert.ok(events.length < 50, 'between two flushes only the newest is sent');
    await cp.call('StopTransaction', { transactionId, meterStop: 400, timestamp: now() });
    await until('the end', () => events.at(-1).transaction_id === null && events.at(-1).power_w === null, 5);
    assert.ok(events.every((e) => e.device_id === 'live'));

    // The curve of it, page by page; the last time of a page is where the next begins.
    const times = [];
    let after = 0;
    for (let pages = 0; pages < 200; pages++) {
        const page = await hub.get(`/transactions/${transactionId}?samples=10&after=${after}`);
        times.push(...page.samples.map((s) => `${s.at_ms} ${s.measurand} ${s.value}`));
        if (!page.more_samples) break;
        assert.ok(page.last_ms > after);
        after = page.last_ms;
    }
    assert.deepEqual(times, (await hub.get(`/transactions/${transactionId}?samples=1000`)).samples.map((s) => `${s.at_ms} ${s.measurand} ${s.value}`));
});

test('chargers and tags are searched by what stands in them', async () => {
    await hub.known('Yard-East', { boot: { chargePointVendor: 'Acme', chargePointModel: 'Fast 50', chargePointSerialNumber: 'SN-0815' } });
    const chargers = async (search, more = '') => (await hub.get(`/chargers?search=${encodeURIComponent(search)}${more}`)).chargers.map((c) => c.identity);
    for (const search of ['yard', 'EAST', 'acme', 'fast 5', '0815']) assert.deepEqual(await chargers(search), ['Yard-East'], search);
    assert.deepEqual(await chargers('%'), []);
    assert.deepEqual(await chargers(''), ['Yard-East', 'another', 'live']);
    assert.deepEqual(await chargers('peer', '&after=another'), ['live']);
    assert.equal((await hub.call('GET', `/chargers?search=${'x'.repeat(65)}`)).status, 400);
    await hub.tag('Fleet-1', { parent_id_tag: 'Company' });
    const tags = async (search) => (await hub.get(`/tags?search=${search}`)).tags.map((t) => t.id_tag);
    assert.deepEqual(await tags('fLEET'), ['Fleet-1']);
    assert.deepEqual(await tags('company'), ['Fleet-1']);
    assert.deepEqual(await tags('nobody'), []);
});

// SPDX-License-Identifier: Apache-2.0
// A fleet larger than the page loads: figures and rows still agree, a device that is in no loaded row is
// counted when it changes, and a search finds it.
import test from 'node:test';
import assert from 'node:assert/strict';
import { house, open, signIn } from './browser.mjs';
import { until } from './support.mjs';

const { stack, probe, browser } = await house(test);

const DEVICES = 230; // the page loads 200
const id = (i) => `lamp-${String(i).padStart(3, '0')}`;
const say = (i, status = {}) => probe.publishAsync(`device/${id(i)}/status`, JSON.stringify({
    online: true, type: 'lamp', seq: 1, firmware: '1.4.0', reset_reason: 'power', uptime_ms: 90000, boots: 3, heap_free_bytes: 120000, heap_low_bytes: 90000, rssi_dbm: -61, ...status,
}), { qos: 1 });
await Promise.all(Array.from({ length: DEVICES }, (_, i) => say(i)));
await until('all are known', async () => (await stack.get('/api/v1/devices?limit=1')).body.counts.total === DEVICES);

test('figures and rows agree in a fleet that is larger than what is loaded', async () => {
    const errors = [];
    const page = await open(browser, stack, errors);
    await signIn(page, stack);
    await page.getByText(`${DEVICES} devices`).waitFor();
    const list = (name) => page.getByRole('list', { name }).getByRole('listitem');
    const figure = async (name, word) => Number(/(\d+)$/.exec(await list(name).filter({ hasText: word }).innerText())[1]);
    const rows = () => page.getByRole('region', { name: 'Needs a person now' }).getByRole('heading').allInnerTexts();
    await say(3, { fault: 'journal_full', fault_number: 103 }); // in a loaded row
    await until('one warning', async () => (await figure('Condition', 'Warning')) === 1);
    assert.equal((await rows()).filter((text) => text.startsWith(id(3))).length, 1);
    await say(225, { fault: 'motor_stall', fault_number: 205 }); // and in none
    await until('its row', async () => (await rows()).some((text) => text.startsWith(id(225))), 25);
    assert.equal(await figure('Condition', 'Critical'), 1);
    await say(225);
    await until('well again', async () => (await figure('Condition', 'Critical')) === 0, 25);
    assert.ok(!(await rows()).some((text) => text.startsWith(id(225))));
    assert.equal(await figure('Condition', 'Good'), DEVICES - 1);

    await page.goto(`${stack.url}/#/devices?q=${id(225)}`);
    await page.getByRole('link', { name: id(225) }).waitFor();
    assert.equal(await page.getByRole('row').count(), 2);
    await page.goto(`${stack.url}/#/devices`);
    await page.getByText(`200 devices of ${DEVICES}`).waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText(`${DEVICES} devices of ${DEVICES}`).waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
});

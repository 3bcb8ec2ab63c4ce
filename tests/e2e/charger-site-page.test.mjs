// SPDX-License-Identifier: Apache-2.0
// The pages of sites in a real browser: a charger's firmware and two of another's making share a limit; one goes away, one refuses.
import test from 'node:test';
import assert from 'node:assert/strict';
import { go } from './browser.mjs';
import { Charger } from './charger.mjs';
import { Console, dialog, twoClicks } from './charging-console.mjs';
import { now } from './ocpp.mjs';
import { until } from './support.mjs';

const console = await Console.create(test);
const { hub, errors } = console;
const { password } = await hub.add('CH-1');
await hub.tag('CARD-1');
const charger = await Charger.start(hub, 'CH-1', { password });
let refuses = false;
const peer = async (identity) => {
    const client = await hub.known(identity, { connectors: 1 });
    client.handle('SetChargingProfile', () => ({ status: refuses && identity === 'P-3' ? 'Rejected' : 'Accepted' }));
    return client;
};
const peers = { 'P-2': await peer('P-2'), 'P-3': await peer('P-3') };
const says = (client, status) => client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status, timestamp: now() });
await until('it says its connectors', async () => (await hub.get(hub.at('CH-1'))).connectors.length > 1);

const page = await console.signedIn();
const row = (name) => page.getByRole('row', { name: new RegExp(name) });
const form = page.getByRole('region', { name: 'Which chargers stand here' });

test('a site is made, and its chargers are set', async () => {
    await go(page, 'Chargers');
    await page.getByRole('navigation', { name: 'Charging' }).getByRole('link', { name: 'Sites' }).click();
    await page.getByText('No site is set yet: each charger takes what it can.').waitFor();
    await page.getByLabel('Name').fill('yard');
    await page.getByLabel('Limit, kW').fill('20');
    await page.getByRole('button', { name: 'Make', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'yard' }).waitFor();
    for (const identity of ['CH-1', 'P-2', 'P-3']) {
        await form.getByLabel('Charger to add').selectOption(identity);
        await form.getByRole('button', { name: 'Add to this site' }).click();
        await form.getByLabel(`At most, kW: ${identity}`).fill('11');
        await form.getByLabel(`To begin with, kW: ${identity}`).fill(identity === 'CH-1' ? '0.5' : '4.14');
    }
    await form.getByLabel('When cut off, kW: P-2').fill('3');
    await form.getByRole('button', { name: 'Set chargers…' }).click();
    await form.getByText('P-2: when cut off it takes 0, or what lies between the other two.').waitFor();
    await form.getByLabel('When cut off, kW: P-2').fill('5');
    await twoClicks(page, form, 'Set chargers…', /Set the chargers of yard\?/, 'Set');
    await row('P-2').getByText('Nothing to charge').waitFor({ timeout: 40000 });
    const site = await hub.get('/sites/yard');
    assert.deepEqual(site.chargers.map((one) => [one.identity, one.nominal_w, one.minimum_w, one.fallback_w]), [['CH-1', 11000, 500, 0], ['P-2', 11000, 4140, 5000], ['P-3', 11000, 4140, 0]]);
});

test('load and share of each charger are seen live', async () => {
    charger.tell('plug 1');
    await charger.status(1, 'preparing');
    for (const [key, value] of [['MeterValuesSampledData', 'Energy.Active.Import.Register,Power.Active.Import'], ['MeterValueSampleInterval', '1']])
        await hub.ok('POST', `${hub.at('CH-1')}/operations/ChangeConfiguration`, { key, value });
    await hub.ok('POST', `${hub.at('CH-1')}/operations/RemoteStartTransaction`, { idTag: 'CARD-1', connectorId: 1 });
    await says(peers['P-3'], 'Charging');
    await row('P-3').getByText(/Its share|All it can take/).waitFor({ timeout: 60000 });
    await until('CH-1\'s load is measured and shown', async () => /[\d.]+\s*kW/.test(await row('CH-1').locator('.b1').innerText()) && (await hub.get('/sites/yard')).load_w > 0, 60);
    await row('CH-1').getByRole('img', { name: /CH-1: [1-9][\d.]*\s*kW measured, may take [\d.]+\s*kW of 11\.0\s*kW/ }).waitFor();
    await page.getByText('Within its limit').first().waitFor();
    await until('what is set is not asked for again', async () => (await form.getByRole('button', { name: 'Set chargers…' }).count()) === 0);
    const site = await hub.get('/sites/yard');
    assert.ok(site.reserved_w <= site.limit_w, JSON.stringify(site));
    await console.shot(page, 'site');
});

test('one that is away keeps its fall-back, and one that refuses is told of', async () => {
    await peers['P-2'].close();
    await row('P-2').getByText('Absent, fall-back reserved').waitFor();
    await row('P-2').getByRole('img', { name: /P-2: nothing measured, may take [\d.]+\s*kW of 11\.0\s*kW, fall-back 5\.0\s*kW/ }).waitFor();
    await page.getByRole('region', { name: 'Load' }).getByText('Kept for absent chargers').waitFor();
    refuses = true;
    await page.getByLabel('Limit, kW').fill('4');
    await twoClicks(page, page.getByRole('region', { name: 'Limit' }), 'Change…', /from 20\.0\s*kW to 4\.0\s*kW\?/, 'Change');
    await page.getByText(/The limit was not changed\. limit_w: the fallback_w of all chargers are more/).waitFor();
    errors.length = 0; // the browser logs the refused request itself
    await page.getByLabel('Limit, kW').fill('15.5');
    await twoClicks(page, page.getByRole('region', { name: 'Limit' }), 'Change…', /what charges slows down/, 'Change');
    await until('the hub has it', async () => (await hub.get('/sites/yard')).limit_w === 15500);
    await row('P-3').getByText('Refuses its limit').waitFor({ timeout: 60000 });
    await page.getByText('does not do as it is told.').waitFor();
    await console.shot(page, 'site-refused');
    assert.deepEqual(errors, []);
});

for (const colorScheme of ['light', 'dark'])
    test(`axe-core finds nothing, and nothing sticks out, ${colorScheme}`, () => console.lookAt(colorScheme, (mine) => ({
        sites: ['sites', () => mine.getByRole('link', { name: /Shares and limit/ })],
        site: ['sites/yard', () => mine.getByRole('row', { name: /P-3/ })],
    })));

test('a site is changed by keyboard, and removed', async () => {
    const limit = page.getByRole('region', { name: 'Limit' });
    await limit.getByLabel('Limit, kW').focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('21');
    await page.keyboard.press('Enter');
    await dialog(page).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog(page).waitFor({ state: 'hidden' });
    await until('the hub has it', async () => (await hub.get('/sites/yard')).limit_w === 21000);
    await twoClicks(page, limit, 'Remove this site…', /Remove the site yard\?/, 'Remove');
    await page.getByText('No site is set yet').waitFor();
    assert.deepEqual((await hub.get('/sites')).sites, []);
    await console.goto(page, 'sites/nowhere');
    await page.getByText('There is no site nowhere.').waitFor();
});

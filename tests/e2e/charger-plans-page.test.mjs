// SPDX-License-Identifier: Apache-2.0
// Reservations and charging profiles of a charger's firmware in a real browser: made, drawn, seen at work in a session, cancelled.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Charger } from './charger.mjs';
import { Console, twoClicks } from './charging-console.mjs';
import { until } from './support.mjs';

const console = await Console.create(test);
const { hub, errors } = console;
const { password } = await hub.add('CH-1');
for (const tag of ['CARD-1', 'GUEST-2']) await hub.tag(tag);
const charger = await Charger.start(hub, 'CH-1', { password });
const odd = await hub.known('odd-2', { connectors: 1 });
await until('it says its connectors', async () => (await hub.get(hub.at('CH-1'))).connectors.length > 1);
for (const [key, value] of [['MeterValuesSampledData', 'Energy.Active.Import.Register,Power.Active.Import,Voltage,SoC,Current.Offered'], ['MeterValueSampleInterval', '1']])
    await hub.ok('POST', `${hub.at('CH-1')}/operations/ChangeConfiguration`, { key, value });
const known = async () => hub.get(`${hub.at('CH-1')}/known`);

const page = await console.signedIn();
const card = (name) => page.getByRole('region', { name, exact: true });

test('a connector is kept for a tag, which is seen, and cancelled', async () => {
    await console.goto(page, 'chargers/CH-1');
    await page.getByRole('link', { name: 'Plans' }).click();
    const reservations = card('Reservations');
    await reservations.getByText('None is known.').waitFor();
    await reservations.getByLabel('Tag').fill('GUEST-2');
    await reservations.getByLabel('Connector').selectOption('1');
    await twoClicks(page, reservations, 'Reserve…', /Keep connector 1 of CH-1 for the tag GUEST-2 until/, 'Reserve');
    await reservations.getByText('It is kept.').waitFor();
    await reservations.getByRole('listitem').filter({ hasText: 'GUEST-2' }).getByText('Kept').waitFor();
    await charger.status(1, 'reserved');
    assert.deepEqual((await known()).reservations.map((one) => [one.id_tag, one.connector_id, one.state]), [['GUEST-2', 1, 'reserved']]);
    await twoClicks(page, reservations, 'Cancel… the reservation for GUEST-2', /Anybody may begin there/, 'Cancel it');
    await reservations.getByRole('listitem').getByText('Cancelled').waitFor();
    await charger.status(1, 'available');
});

test('a profile is drawn as it is typed, set, found by its description and cleared', async () => {
    const make = card('Make a profile');
    await make.getByLabel('Name').fill('Gentle by day');
    await make.getByLabel('Description').fill('the roof gives the rest');
    await make.getByLabel('Step 1 at most kW').fill('3.7');
    await make.getByRole('button', { name: 'Add a step' }).click();
    await make.getByLabel('Step 2 from').fill('22:00');
    await make.getByLabel('Step 2 at most kW').fill('11');
    await make.getByRole('img', { name: /3\.7\s*kW from .*; 11\.0\s*kW from/ }).waitFor();
    await make.getByRole('button', { name: 'Add a step' }).click();
    await make.getByLabel('Step 3 from').fill('06:00');
    await make.getByRole('button', { name: 'Set profile…' }).click();
    await make.getByText('Each step begins after the one before it.').waitFor();
    await make.getByRole('button', { name: 'Remove step 3' }).click();
    await twoClicks(page, make, 'Set profile…', /For every session, every day: 3\.7\s*kW at first, 3\.7\s*kW at least/, 'Set');
    await make.getByText('The charger keeps to it.').waitFor();
    const line = card('Charging profiles').getByRole('listitem').filter({ hasText: 'the roof gives the rest' });
    await line.getByRole('heading', { name: 'Gentle by day' }).waitFor();
    await line.getByRole('img', { name: /3\.7\s*kW from/ }).waitFor();
    const [one] = (await known()).charging_profiles;
    assert.equal(one.description, 'the roof gives the rest');
    assert.deepEqual(one.profile.chargingSchedule.chargingSchedulePeriod, [{ startPeriod: 0, limit: 3700 }, { startPeriod: 79200, limit: 11000 }]);
    assert.equal(one.profile.recurrencyKind, 'Daily');
    const together = card('What it will allow');
    await together.getByRole('button', { name: 'Ask the charger' }).click();
    await together.getByText(/Of connector 1, as the charger said at/).waitFor();
    await together.getByRole('img', { name: /kW from/ }).waitFor();
    await console.shot(page, 'charger-plans');
    await twoClicks(page, line, 'Clear… Gentle by day', /Clear “Gentle by day” from CH-1\?/, 'Clear');
    await until('it is gone', async () => (await line.count()) === 0);
    await make.getByLabel('What for').selectOption('TxProfile');
    await make.getByRole('button', { name: 'Set profile…' }).click();
    await make.getByText('No session runs at this connector.').waitFor();
    assert.deepEqual(errors, []);
});

test('what a session may take and will be allowed stands with its power', async () => {
    charger.tell('plug 1');
    await charger.status(1, 'preparing');
    await hub.ok('POST', `${hub.at('CH-1')}/operations/RemoteStartTransaction`, { idTag: 'CARD-1', connectorId: 1 });
    await charger.status(1, 'charging');
    const make = card('Make a profile');
    await make.getByLabel('Name').fill('For this car');
    await make.getByLabel('When').selectOption('from the start of a session');
    await make.getByLabel('Step 1 at most kW').fill('1.5');
    await make.getByLabel('Step 2 after minutes').fill('3');
    await make.getByLabel('Step 2 at most kW').fill('0.8');
    await until('the page knows of the session', async () => (await hub.get(hub.at('CH-1'))).connectors[1].transaction_id);
    await until('it may be set', async () => {
        await make.getByRole('button', { name: 'Set profile…' }).click();
        return page.getByRole('dialog').isVisible();
    });
    await page.getByRole('dialog').getByText(/For the running session, from the start of a session: 1\.5\s*kW at first, 0\.8\s*kW at least/).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Set', exact: true }).click();
    await make.getByText('The charger keeps to it.').waitFor();
    const { transaction_id } = (await hub.get('/transactions?identity=CH-1')).transactions[0];
    await until('a curve to look at', async () => (await hub.get(`/transactions/${transaction_id}`)).samples.length >= 60, 40);
    await console.goto(page, `transactions/${transaction_id}`);
    await page.getByRole('img', { name: /Power up to .*limit last [\d.]+\s*kW.*planned limit from now 1\.5\s*kW, then 0\.8\s*kW/ }).waitFor();
    await page.getByText(/Planned limit as the charger said at/).waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Planned limit' }).waitFor();
    await page.getByRole('button', { name: 'Ask for the planned limit' }).click();
    await console.shot(page, 'transaction-planned');
    assert.deepEqual(errors, []);
});

for (const colorScheme of ['light', 'dark'])
    test(`axe-core finds nothing, and nothing sticks out, ${colorScheme}`, () => console.lookAt(colorScheme, (mine) => ({
        plans: ['chargers/CH-1?tab=plans', () => mine.getByRole('heading', { name: 'For this car' })],
        'transaction-running': ['transactions/1', () => mine.getByRole('img', { name: /planned limit/ })],
    })));

test('what another charger refuses or cannot do is told in words', async () => {
    odd.handle('ReserveNow', () => ({ status: 'Occupied' }));
    odd.handle('GetCompositeSchedule', () => ({ status: 'Rejected' }));
    await console.goto(page, 'chargers/odd-2?tab=plans');
    await twoClicks(page, card('Reservations'), 'Reserve…', /Keep connector 1 of odd-2/, 'Reserve');
    await card('Reservations').getByText('odd-2 answered Occupied. Look whether the connector is free').waitFor();
    await card('What it will allow').getByRole('button', { name: 'Ask the charger' }).click();
    await card('What it will allow').getByText('odd-2 names no schedule for connector 1.').waitFor();
    assert.deepEqual(errors, []);
});

// SPDX-License-Identifier: Apache-2.0
// Templates of configuration in a real browser: made, set at a charger's firmware, its drift seen and mended.
import test from 'node:test';
import assert from 'node:assert/strict';
import { go } from './browser.mjs';
import { Charger } from './charger.mjs';
import { Console, twoClicks } from './charging-console.mjs';
import { until } from './support.mjs';

const console = await Console.create(test);
const { hub, errors } = console;
const { password } = await hub.add('CH-1');
await Charger.start(hub, 'CH-1', { password });
await until('it says its connectors', async () => (await hub.get(hub.at('CH-1'))).connectors.length > 1);

const page = await console.signedIn();
const card = (name) => page.getByRole('region', { name, exact: true });
const drift = async () => Object.fromEntries((await hub.get(`${hub.at('CH-1')}/drift`)).keys.map((one) => [one.key, one.state]));

test('a template is made, with what is wrong told by its line', async () => {
    await go(page, 'Chargers');
    await page.getByRole('navigation', { name: 'Charging' }).getByRole('link', { name: 'Templates' }).click();
    await page.getByText('No template is set yet').waitFor();
    const make = card('Make a template');
    await make.getByLabel('Name', { exact: true }).fill('yard');
    await make.getByLabel('For whom').selectOption('Some by name');
    await make.getByLabel('Chargers', { exact: true }).fill('CH-1');
    await make.getByLabel('Keys, one a line').fill('HeartbeatInterval');
    await make.getByRole('button', { name: 'Make', exact: true }).click();
    await make.getByText('“HeartbeatInterval” is no key with its value.').waitFor();
    await make.getByLabel('Keys, one a line').fill('HeartbeatInterval = 321\nNumberOfConnectors = 7\nMeterValueSampleInterval = often\nNoSuchKey = 1');
    await make.getByRole('button', { name: 'Make', exact: true }).click();
    await card('yard').getByText('HeartbeatInterval = 321').waitFor();
    assert.deepEqual((await hub.get('/templates')).templates[0].for, { chargers: ['CH-1'] });
});

test('it is set now, and the drift report says what a charger does not take', async () => {
    await twoClicks(page, card('yard'), 'Set what differs now… yard', /Set what differs from yard at all chargers it is for, now\?/, 'Set now');
    await until('it was tried', async () => (await drift()).HeartbeatInterval === 'as_wanted' && (await drift()).MeterValueSampleInterval === 'refused', 30);
    await card('Drift').getByRole('listitem').filter({ hasText: 'CH-1' }).getByText('Refused', { exact: true }).waitFor();
    await console.shot(page, 'templates');
    await card('Drift').getByRole('link', { name: 'CH-1' }).click();
    const wanted = card('Wanted by templates');
    const key = (name) => wanted.getByRole('listitem').filter({ hasText: name });
    await key('HeartbeatInterval').getByText('As wanted').waitFor();
    await key('NumberOfConnectors').getByText('Read-only').waitFor();
    await key('MeterValueSampleInterval').getByText('Refused', { exact: true }).waitFor();
    await key('NoSuchKey').getByText('No such key').waitFor();
    await console.shot(page, 'charger-drift');
    assert.deepEqual(errors, []);
});

test('a change is set at one charger by its own page', async () => {
    await console.goto(page, 'templates');
    await card('yard').getByRole('button', { name: 'Change yard' }).click();
    await card('yard').getByLabel('Keys, one a line').fill('HeartbeatInterval = 654');
    await card('yard').getByRole('button', { name: 'Save' }).click();
    await card('yard').getByText('HeartbeatInterval = 654').waitFor();
    await console.goto(page, 'chargers/CH-1?tab=configuration');
    await card('Wanted by templates').getByText('Differs', { exact: true }).waitFor();
    await twoClicks(page, card('Wanted by templates'), 'Set what differs…', /Set what differs at CH-1 now\?/, 'Set now');
    await card('Wanted by templates').getByText('As wanted', { exact: true }).waitFor();
    assert.equal((await drift()).HeartbeatInterval, 'as_wanted');
    await card('Configuration').getByLabel('HeartbeatInterval', { exact: true }).waitFor();
    assert.deepEqual(errors, []);
});

for (const colorScheme of ['light', 'dark'])
    test(`axe-core finds nothing, and nothing sticks out, ${colorScheme}`, () => console.lookAt(colorScheme, (mine) => ({
        templates: ['templates', () => mine.getByText('HeartbeatInterval = 654')],
        drift: ['chargers/CH-1?tab=configuration', () => mine.getByText('As wanted', { exact: true })],
    })));

test('a template is deleted', async () => {
    await console.goto(page, 'templates');
    await twoClicks(page, card('yard'), 'Delete… yard', /Delete the template yard\?/, 'Delete');
    await page.getByText('No template is set yet').waitFor();
});

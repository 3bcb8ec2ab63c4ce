// SPDX-License-Identifier: Apache-2.0
// The pages of chargers in a real browser, with a charger's firmware and a modelled vehicle behind them: it is found, set,
// started and stopped; its session, its messages, tags and faults are seen; what axe-core finds, at three widths, light and dark.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { go, goToDevice, open as openPage, signIn as signInTo } from './browser.mjs';
import { Charger } from './charger.mjs';
import { Console, dialog, twoClicks } from './charging-console.mjs';
import { now } from './ocpp.mjs';
import { root, until } from './support.mjs';

const console = await Console.create(test);
const { hub, stack, browser, errors } = console;
const signedIn = (options) => console.signedIn(options);
const shot = (page, name) => console.shot(page, name);
const transactions = async (id) => (await hub.get(`/transactions?identity=${id}`)).transactions;

const { password } = await hub.add('CH-1');
const charger = await Charger.start(hub, 'CH-1', { password });
await until('it says its connectors', async () => (await hub.get(hub.at('CH-1'))).connectors.length > 1);
// One of another maker, with a fault; and one that never came.
const odd = await hub.known('odd-2', { connectors: 2, boot: { firmwareVersion: '4.5.6' } });
await odd.call('StatusNotification', { connectorId: 2, errorCode: 'GroundFailure', status: 'Faulted', vendorErrorCode: '417', info: 'leak of 32 mA' });
await odd.call('SecurityEventNotification', { type: 'TamperDetectionActivated', timestamp: now(), techInfo: 'the door was opened' });
await hub.add('never-3');

const page = await signedIn();

test('a charger is among all devices, and its page is a click away', async () => {
    await page.getByRole('region', { name: 'Chargers' }).getByText('charging now').waitFor();
    await goToDevice(page, 'CH-1');
    const card = page.getByRole('region', { name: 'Charger', exact: true });
    await card.getByText('Ready').waitFor();
    await card.getByText('Connector 1').waitFor();
    await page.getByRole('button', { name: 'Reboot' }).waitFor();
    await page.getByRole('region', { name: 'Health' }).getByText('Boots').waitFor();
    await goToDevice(page, 'odd-2');
    await page.getByRole('region', { name: 'Charger', exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Reboot' }).count(), 0, 'no command that it would not take');
    await goToDevice(page, 'CH-1');
    await card.getByRole('link', { name: 'Start, stop and settings' }).click();
    await page.getByRole('heading', { level: 1, name: 'CH-1' }).waitFor();
});

test('the list says who is there, what each connector does and what is wrong', async () => {
    await go(page, 'Chargers');
    const row = (name) => page.getByRole('row', { name });
    await row(/odd-2/).getByText('Connector 2: Ground failure leak of 32 mA (417)').waitFor();
    assert.match(await row(/odd-2/).innerText(), /Online[\s\S]*Available[\s\S]*Faulted[\s\S]*4\.5\.6/);
    assert.match(await row(/never-3/).innerText(), /Never seen/);
    await page.getByLabel('Show').selectOption('with a fault');
    await until('only that one is shown', async () => (await page.getByRole('table').getByRole('row').count()) === 2);
    await page.getByLabel('Show').selectOption('all');
    await page.getByLabel('Search chargers').fill('CH-');
    await until('only that one is shown', async () => (await page.getByRole('table').getByRole('row').count()) === 2);
    await page.getByLabel('Identity').fill('new-4');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('The password of new-4 is shown this once.').waitFor();
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByLabel('Identity').fill('new-4');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText(/new-4 was not added\. /).waitFor();
    errors.length = 0; // the browser logs the refused request itself
});

test('tags are added, changed, blocked and deleted', async () => {
    await page.getByRole('link', { name: 'Tags' }).click();
    await page.getByText('No tag is known yet.').waitFor();
    const form = page.getByRole('region', { name: 'Add a tag' });
    for (const tag of ['CARD-1', 'CARD-2']) {
        await form.getByLabel('Tag', { exact: true }).fill(tag);
        await form.getByRole('button', { name: 'Add', exact: true }).click();
        await page.getByRole('row', { name: new RegExp(tag) }).getByText('May charge').waitFor();
    }
    await page.getByRole('link', { name: 'CARD-2' }).click();
    const change = page.getByRole('region', { name: 'Tag CARD-2' });
    await change.getByLabel('Group').fill('FAMILY');
    await change.getByLabel('Good until').fill('2020-01-01T00:00');
    await change.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /CARD-2/ }).getByText('Expired').waitFor();
    assert.equal((await hub.get('/tags/CARD-2')).parent_id_tag, 'FAMILY');
    await change.getByRole('button', { name: 'Close' }).click();
    await twoClicks(page, page.getByRole('row', { name: /CARD-2/ }), 'Block… CARD-2', /Block the tag CARD-2\?/, 'Block');
    await page.getByRole('row', { name: /CARD-2/ }).getByText('Blocked').waitFor();
    assert.equal((await hub.get('/tags/CARD-2')).blocked, true);
    await shot(page, 'tags');
    await twoClicks(page, page.getByRole('row', { name: /CARD-2/ }), 'Delete… CARD-2', /Delete the tag CARD-2\?/, 'Delete');
    await until('it is gone', async () => (await page.getByRole('row', { name: /CARD-2/ }).count()) === 0);
});

test('configuration is read from the charger and changed on it', async () => {
    await page.goto(`${stack.url}/#/chargers/CH-1?tab=configuration`);
    await page.getByRole('button', { name: 'Read from the charger' }).click();
    await page.getByText('keys read.').waitFor();
    const keys = page.getByRole('region', { name: 'Configuration' });
    await keys.getByRole('listitem').filter({ hasText: 'NumberOfConnectors' }).getByText('read-only').waitFor();
    const change = async (key, value) => {
        const field = keys.getByLabel(key, { exact: true });
        await field.fill(value);
        await twoClicks(page, keys.getByRole('listitem').filter({ has: page.getByLabel(key, { exact: true }) }), 'Change…', new RegExp(`Change ${key} of CH-1`), 'Change');
    };
    await change('MeterValuesSampledData', 'Energy.Active.Import.Register,Power.Active.Import,Voltage,SoC,Current.Offered');
    await page.getByText('MeterValuesSampledData is changed.').waitFor();
    await change('MeterValueSampleInterval', '1');
    await page.getByText('MeterValueSampleInterval is changed.').waitFor();
    await change('HeartbeatInterval', 'often');
    await page.getByText('CH-1 answered Rejected. The value is not one it takes').waitFor();
    assert.notEqual(await keys.getByLabel('HeartbeatInterval').inputValue(), 'often', 'the old value stays');
    await shot(page, 'charger-configuration');
});

test('a session is started in two clicks, seen live and stopped in two', async () => {
    await page.goto(`${stack.url}/#/chargers/CH-1`);
    const card = page.getByTestId('connector-1');
    await card.getByText('Available').waitFor();
    charger.tell('plug 1');
    await card.getByText('A vehicle is plugged in').waitFor();
    assert.equal(await card.getByLabel('Tag').inputValue(), 'CARD-1');
    await twoClicks(page, card, 'Start charging…', /Start charging at connector 1 of CH-1 with the tag CARD-1\?/, 'Start charging');
    await card.getByText('Charging', { exact: true }).waitFor();
    await until('power, its limit and the vehicle\'s charge are shown', async () => /[1-9][\d.,]*\s*kW\s+power now[\s\S]*[1-9][\d.,]*\s*kW\s+its limit[\s\S]*Wh\s+this session[\s\S]*\d\s*%\s+vehicle's charge/.test(await card.innerText()), 30);
    await card.getByRole('img', { name: /Power up to/ }).waitFor();
    await until('a curve to look at', async () => (await hub.get(`/transactions/${(await transactions('CH-1'))[0].transaction_id}`)).samples.length >= 60, 30);
    await shot(page, 'charger-charging');
    const [open] = await transactions('CH-1');
    const gun = (await hub.get(hub.at('CH-1'))).connectors[1];
    assert.equal(gun.transaction_id, open.transaction_id);
    assert.ok(gun.power_w > 1000, `${gun.power_w} W`);
    await twoClicks(page, card, 'Stop charging…', /The energy goes off and transaction \d+ ends/, 'Stop charging');
    await until('the hub has the end', async () => (await transactions('CH-1'))[0].state === 'closed');
    await card.getByText('Ended because').waitFor();
    await card.getByText('Stopped from here').waitFor();
    await charger.status(1, 'finishing');
    charger.tell('unplug 1');
    await card.getByText('Available').waitFor();
    assert.deepEqual(errors, []);
});

test('its transaction has start, stop, reason, energy and the curve with its limit', async () => {
    const [tx] = await transactions('CH-1');
    await page.goto(`${stack.url}/#/transactions?identity=CH-1`);
    await page.getByRole('row', { name: /Stopped from here/ }).waitFor();
    await page.getByLabel('State').selectOption('running');
    await page.getByText('No transaction matches.').waitFor();
    await page.getByRole('link', { name: 'Clear' }).click();
    await page.getByRole('table').getByRole('link', { name: String(tx.transaction_id), exact: true }).click();
    await page.getByRole('heading', { level: 1, name: `Transaction ${tx.transaction_id}` }).waitFor();
    await page.getByRole('img', { name: /Power up to [\d.,]+\s*kW.*limit last.*vehicle's charge/ }).waitFor();
    const text = await page.getByRole('main').innerText();
    assert.match(text, /Finished[\s\S]*Start[\s\S]*CARD-1[\s\S]*Accepted[\s\S]*Stop[\s\S]*Stopped from here/);
    await shot(page, 'transaction');
});

test('flags are told in plain words', async () => {
    const { transactionId } = await odd.call('StartTransaction', { connectorId: 1, idTag: 'CARD-1', meterStart: 1000, timestamp: now(-3600e3) });
    await odd.call('BootNotification', { chargePointVendor: 'Peer', chargePointModel: 'ocpp-rpc', firmwareVersion: '4.5.6' });
    await odd.call('StopTransaction', { transactionId, meterStop: 900, timestamp: now(), reason: 'PowerLoss' });
    await page.goto(`${stack.url}/#/transactions/${transactionId}`);
    const flags = page.getByTestId('flags');
    await flags.getByText('It is not billed until somebody has looked at it.').waitFor();
    await flags.getByText('The meter stood lower at the stop than at the start.').waitFor();
    await flags.getByText('Restarted within').waitFor();
    await page.getByText('The charger lost power').waitFor();
});

test('each CALL is found with its answer, by action and by text', async () => {
    await page.goto(`${stack.url}/#/chargers/CH-1?tab=messages`);
    await page.getByLabel('Action').selectOption('RemoteStartTransaction');
    const line = page.getByRole('main').getByRole('listitem');
    await until('the one is left', async () => (await line.count()) === 1);
    await line.locator('summary').click();
    await line.getByText('"idTag": "CARD-1"').waitFor();
    await line.getByText('"status": "Accepted"').waitFor();
    await page.getByLabel('Action').selectOption('any');
    await page.getByLabel('Search messages').fill('no such text');
    await page.getByText('No message matches.').waitFor();
    await page.getByLabel('Search messages').fill('ReMoTe"');
    await line.filter({ hasText: 'StopTransaction' }).first().waitFor();
    await shot(page, 'charger-messages');
    await page.goto(`${stack.url}/#/chargers/odd-2?tab=security`);
    await page.getByText('Security event: Tamper detection activated').waitFor();
    await page.getByText('the door was opened').waitFor();
});

test('what goes wrong is told with the charger and what to do', async () => {
    await page.goto(`${stack.url}/#/chargers/odd-2`);
    const card = page.getByTestId('connector-1');
    odd.handle('UnlockConnector', () => ({ status: 'UnlockFailed' }));
    await twoClicks(page, card, 'Unlock…', /Unlock connector 1 of odd-2\?/, 'Unlock');
    await card.getByText('odd-2 answered UnlockFailed. A cable that is fixed').waitFor();
    odd.handle('RemoteStartTransaction', () => { throw new Error('nonsense'); });
    await twoClicks(page, card, 'Start charging…', /Energy flows as soon as a vehicle is plugged in/, 'Start charging');
    await card.getByText(/odd-2: Starting at connector 1 did not succeed\. It answered with an error/).waitFor();
    await odd.close();
    await card.getByText('odd-2 is offline. Check its power and network.').or(card.getByText('Available, last known')).first().waitFor();
    await until('nothing can be asked of it', () => card.getByRole('button', { name: 'Unlock…' }).isDisabled());
    await page.goto(`${stack.url}/#/chargers/nobody`);
    await page.getByText('No charger nobody is entered here.').waitFor();
    await page.goto(`${stack.url}/#/transactions/99999`);
    await page.getByText('There is no transaction 99999.').waitFor();
    errors.length = 0; // the browser logs the refused requests itself
    await page.context().close();
});

test('the pages are small, and nothing is loaded from elsewhere', async () => {
    const dist = path.join(root, 'web/dist');
    const files = ['index.html', ...fs.readdirSync(path.join(dist, 'assets')).filter((name) => !name.endsWith('.gz')).map((name) => `assets/${name}`)];
    const bytes = files.reduce((sum, name) => sum + gzipSync(fs.readFileSync(path.join(dist, name))).length, 0);
    assert.ok(bytes <= 120 * 1024, `${bytes} bytes of ${files.join(', ')}`);
    const context = await browser.newContext();
    const asked = [];
    context.on('request', (request) => asked.push(request.url()));
    const fresh = await openPage(browser, stack, errors, { context, path: '/#/chargers/CH-1' });
    await signInTo(fresh, stack);
    await fresh.getByTestId('connector-1').waitFor();
    assert.deepEqual(asked.filter((url) => !url.startsWith(stack.url)), []);
    await context.close();
});

test('a charger is reached, started and left by keyboard alone', async () => {
    const mine = await signedIn({ path: '/#/chargers/CH-1' });
    const button = mine.getByTestId('connector-1').getByRole('button', { name: 'Start charging…' });
    await button.waitFor();
    for (let i = 0; i < 60 && !(await button.evaluate((one) => one === document.activeElement)); i++) await mine.keyboard.press('Tab');
    assert.ok(await button.evaluate((one) => one === document.activeElement), 'Tab gets there');
    assert.notEqual(await button.evaluate((one) => getComputedStyle(one).outlineStyle), 'none', 'and it is seen');
    await mine.keyboard.press('Enter');
    await dialog(mine).waitFor();
    await mine.keyboard.press('Escape');
    await dialog(mine).waitFor({ state: 'hidden' });
    assert.equal((await transactions('CH-1'))[0].state, 'closed', 'nothing began');
    await mine.context().close();
});

for (const colorScheme of ['light', 'dark'])
    test(`axe-core finds nothing, and nothing sticks out, ${colorScheme}`, async () => {
        const [tx] = await transactions('CH-1');
        await console.lookAt(colorScheme, (mine) => ({
            chargers: ['chargers', () => mine.getByRole('table')],
            charger: ['chargers/CH-1', () => mine.getByTestId('connector-1')],
            fault: ['chargers/odd-2', () => mine.getByTestId('connector-2')],
            configuration: ['chargers/CH-1?tab=configuration', () => mine.getByLabel('HeartbeatInterval')],
            security: ['chargers/odd-2?tab=security', () => mine.getByText('Tamper detection activated')],
            messages: ['chargers/CH-1?tab=messages', () => mine.getByText('newest first')],
            transactions: ['transactions', () => mine.getByRole('table')],
            transaction: [`transactions/${tx.transaction_id}`, () => mine.getByRole('img', { name: /Power/ })],
            tags: ['tags?tag=CARD-1', () => mine.getByLabel('Group').first()],
            'charger-device': ['devices/CH-1', () => mine.getByText('Connector 1')],
        }));
    });

// SPDX-License-Identifier: Apache-2.0
// Tariffs, payments and the ledger in a real browser, with a provider of payments behind sockets and a charger of another's making
// whose meter runs back: a person decides what that session costs.
import test from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { go } from './browser.mjs';
import { Console, twoClicks } from './charging-console.mjs';
import { now } from './ocpp.mjs';
import { until } from './support.mjs';
import { PayProvider } from '../../tools/pay-provider.mjs';

const secret = crypto.randomBytes(32).toString('hex');
const provider = await PayProvider.start({ secret, fee: 2 });
test.after(() => provider.stop());
const console = await Console.create(test, { env: (stack) => ({ ROOST_PUBLIC_URL: stack.url, ROOST_PAY_URL: provider.url, ROOST_PAY_SECRET: secret }) });
const { hub, errors } = console;
const odd = await hub.known('odd-1', { connectors: 1 });
odd.handle('DataTransfer', () => ({ status: 'UnknownVendorId' }));
odd.handle('SetChargingProfile', () => ({ status: 'Accepted' }));
odd.handle('RemoteStopTransaction', () => ({ status: 'Accepted' }));
let tag;
odd.handle('RemoteStartTransaction', ({ params }) => { tag = params.idTag; return { status: 'Accepted' }; });

const page = await console.signedIn();
const card = (name) => page.getByRole('region', { name, exact: true });
const link = async () => (await hub.get(`${hub.at('odd-1')}/pay-link?connector_id=1`)).url;

/** Ordered and paid by a customer, and begun at the charger. */
async function paid(amount) {
    tag = undefined;
    const answer = await fetch(await link(), { method: 'POST', redirect: 'manual', body: new URLSearchParams({ amount }) });
    assert.equal(answer.status, 303);
    const where = new URL(answer.headers.get('location'), console.stack.url).href;
    const id = await until('the provider is asked', () => [...provider.payments.values()].find((one) => one.return_url === where)?.payment_id);
    await until('it is begun', async () => (await hub.get(`/payments/${id}`)).state === 'begun');
    await provider.pay(id);
    await until('the charger is asked', () => tag);
    const { transactionId } = await odd.call('StartTransaction', { connectorId: 1, idTag: tag, meterStart: 5000, timestamp: now(-600e3) });
    return { id, transactionId };
}
const state = (id, wanted) => until(`${id} is ${wanted}`, async () => (await hub.get(`/payments/${id}`)).state === wanted, 30);

test('a tariff is made with hours and places, and shown in words', async () => {
    await go(page, 'Chargers');
    await page.getByRole('navigation', { name: 'Charging' }).getByRole('link', { name: 'Tariffs' }).click();
    await page.getByText('No tariff is set yet: charging costs nothing.').waitFor();
    const make = card('Make a tariff');
    await make.getByLabel('Short name').fill('day');
    await make.getByLabel('Name customers see').fill('Day and night');
    await make.getByLabel('Each session').fill('0.5');
    await make.getByLabel('Idle for free, min').fill('15');
    await make.getByLabel('A kWh, part 1').fill('0.4');
    await make.getByLabel('An idle minute, part 1').fill('0.1');
    await make.getByRole('button', { name: 'Add a part with its own hours' }).click();
    await make.getByLabel('A kWh, part 1').fill('0.2995');
    await make.getByLabel('Place to add').selectOption('everywhere');
    await make.getByRole('button', { name: 'Add place' }).click();
    await make.getByRole('button', { name: 'Make', exact: true }).click();
    const shown = card('Day and night');
    await shown.getByText('every day, 22:00 to 06:00').waitFor();
    await shown.getByText(/0\.2995 a kWh/).waitFor();
    await shown.getByText(/0\.40 a kWh, .*0\.10 an idle minute/).waitFor();
    const [tariff] = (await hub.get('/tariffs')).tariffs;
    assert.deepEqual([tariff.start_amount, tariff.idle_grace_s, tariff.parts.map((one) => one.kwh_milli), tariff.places], [50, 900, [29950, 40000], [{ everywhere: true }]]);
    await shown.getByRole('button', { name: 'Change Day and night' }).click();
    await page.getByLabel('Each session').first().fill('1');
    await page.getByRole('button', { name: 'Save' }).click();
    await until('the hub has it', async () => (await hub.get('/tariffs')).tariffs[0].start_amount === 100);
    assert.deepEqual(errors, []);
});

test('a link for paying is shown with its QR code', async () => {
    await console.goto(page, 'chargers/odd-1');
    const gun = page.getByTestId('connector-1');
    await gun.getByRole('button', { name: 'Link for paying at connector 1' }).click();
    const code = gun.getByRole('img', { name: 'QR code of the link for paying at connector 1' });
    await until('it is drawn', () => code.evaluate((img) => img.complete && img.naturalWidth > 0));
    assert.match(await gun.getByRole('link', { name: /\/pay\// }).getAttribute('href'), /\/pay\//);
    await console.shot(page, 'charger-pay-link');
});

test('a payment is followed from paid to given back, and the session shows its cost', async () => {
    const { id, transactionId } = await paid('1000');
    await odd.call('StopTransaction', { transactionId, meterStop: 9000, timestamp: now(), reason: 'Local' });
    await state(id, 'done');
    await console.goto(page, 'payments');
    await page.getByRole('row', { name: new RegExp(id.slice(0, 8)) }).getByText('Done').waitFor();
    await card('Ledger').getByText('Adds up').waitFor();
    await page.getByRole('link', { name: id.slice(0, 8) }).click();
    const whole = await hub.get(`/payments/${id}`);
    await card('Sums').getByText('given back').waitFor();
    assert.equal(await card('Entries of the ledger').getByRole('listitem').count(), whole.entries.length);
    await card('Prices').getByText('Day and night').waitFor();
    await console.shot(page, 'payment');
    await card('Session').getByRole('link', { name: String(transactionId), exact: true }).click();
    await card('Cost').getByText('in all').waitFor();
    await card('Cost').getByText('For the invoice:').waitFor();
    await console.shot(page, 'transaction-cost');
    assert.deepEqual(errors, []);
});

let held;
test('a session that is in doubt waits for a person', async () => {
    const { id, transactionId } = await paid('1000');
    await odd.call('StopTransaction', { transactionId, meterStop: 4000, timestamp: now(), reason: 'Local' });
    await state(id, 'held');
    held = id;
    await console.goto(page, `payments?state=held`);
    await page.getByRole('link', { name: id.slice(0, 8) }).click();
    await page.getByText('What this session costs is in doubt, and a person decides.').waitFor();
});

for (const colorScheme of ['light', 'dark'])
    test(`axe-core finds nothing, and nothing sticks out, ${colorScheme}`, () => console.lookAt(colorScheme, (mine) => ({
        tariffs: ['tariffs', () => mine.getByText('every day, 22:00 to 06:00')],
        payments: ['payments', () => mine.getByText('Adds up')],
        payment: [`payments/${held}`, () => mine.getByRole('button', { name: 'Decide…' })],
    })));

test('it is decided, and the rest is given back', async () => {
    await page.getByLabel('It costs').fill('2.5');
    await twoClicks(page, page.getByRole('main'), 'Decide…', /Take .*2\.50 for this session and give back .*7\.50\?/, 'Decide');
    await state(held, 'done');
    await page.getByText('Done').waitFor();
    const { used_amount, refund_amount } = await hub.get(`/payments/${held}`);
    assert.deepEqual([used_amount, refund_amount], [250, 750]);
    assert.ok((await hub.get('/ledger')).adds_up);
    await console.goto(page, `payments/${'0'.repeat(32)}`);
    await page.getByText('There is no such payment.').waitFor();
});

// SPDX-License-Identifier: Apache-2.0
// Paying for charging, whole: a charger's firmware with a modelled vehicle, the hub, a provider of payments behind sockets, and a
// customer's phone. What was paid is used or given back, to the cent, whoever is cut off when.
import test from 'node:test';
import assert from 'node:assert/strict';
import axe from 'axe-core';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { launch } from './browser.mjs';
import { Charger } from './charger.mjs';
import { Chargers, now } from './ocpp.mjs';
import { until } from './support.mjs';
import { PayProvider } from '../../tools/pay-provider.mjs';

const secret = crypto.randomBytes(32).toString('hex');
const provider = await PayProvider.start({ secret, fee: 2 });
test.after(() => provider.stop());
const hub = await Chargers.create(test, { env: (stack) => ({ ROOST_PUBLIC_URL: stack.url, ROOST_PAY_URL: provider.url, ROOST_PAY_SECRET: secret, ROOST_PAY_START_S: '12' }) });
const { stack } = hub;
const shots = process.env.ROOST_SCREENSHOTS ?? path.join(stack.dir, 'screenshots');
fs.mkdirSync(shots, { recursive: true });

const payment = (id) => hub.get(`/payments/${id}`);
const state = (id, wanted, seconds = 30) => until(`${id} is ${wanted}`, async () => {
    const one = await payment(id);
    return one.state === wanted && one;
}, seconds);
/** The ledger adds up, and what the provider holds is what it took and did not give back, without its fees. */
async function addsUp() {
    const ledger = await hub.get('/ledger');
    assert.deepEqual(ledger.differences, []);
    assert.ok(ledger.adds_up);
    const { payments } = await hub.get('/payments?limit=1000');
    const taken = [...provider.payments.values()].reduce((sum, one) => sum + one.paid - one.given_back, 0);
    const fees = payments.reduce((sum, one) => sum + one.fee_amount, 0);
    assert.equal(ledger.accounts.provider, taken - fees);
    assert.equal(Object.values(ledger.accounts).reduce((a, b) => a + b, 0), 0);
    return ledger.accounts;
}
/** The form of the public page, as a phone sends it. The payment that came of it. */
async function order(link, fields) {
    const answer = await fetch(link, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) });
    assert.equal(answer.status, 303, await answer.text());
    const where = new URL(answer.headers.get('location'), link).href;
    const id = await until('the provider is asked', () => [...provider.payments.values()].find((one) => one.return_url === where)?.payment_id);
    await state(id, 'begun');
    return { id, where, page: () => fetch(where).then((page) => page.text()) };
}
const link = async (identity) => (await hub.get(`${hub.at(identity)}/pay-link?connector_id=1`)).url;
async function charger(identity) {
    const { password } = await hub.add(identity);
    const one = await Charger.start(hub, identity, { password });
    await until('it says its connectors', async () => (await hub.get(hub.at(identity))).connectors.length > 1);
    await hub.ask(identity, 'ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '1' });
    return one;
}

test('tariffs are set whole, and what is none is refused by its field', async () => {
    const day = { name: 'Day', currency: 'EUR', start_amount: 20, parts: [{ kwh_milli: 8000000 }], places: [{ everywhere: true }] };
    for (const [body, field] of [[{}, 'name'], [{ ...day, currency: 'euro' }, 'currency'], [{ ...day, parts: [{ kwh_milli: -1 }] }, 'parts.kwh_milli'], [{ ...day, places: [{}] }, 'places']]) {
        const answer = await hub.call('PUT', '/tariffs/day', body);
        assert.equal(answer.status, 400, JSON.stringify(answer.body));
        assert.match(answer.body.error.message, new RegExp(`^${field.replace('.', '\\.')}: `));
    }
    await hub.ok('PUT', '/tariffs/day', day, 201);
    assert.equal((await hub.call('PUT', '/tariffs/night', { ...day, name: 'Night' })).status, 409, 'a place has one');
    assert.deepEqual((await hub.get('/tariffs')).tariffs.map((one) => one.tariff_id), ['day']);
});

let phone;
test('paid, charged to the limit, the rest given back, and every cent accounted for', async () => {
    phone = await charger('PAY-1');
    const where = await link('PAY-1');
    assert.match(await (await fetch(where)).text(), /80\.00 EUR[\s\S]*Go to payment/);
    const paying = await order(where, { amount: '1000', kwh: '0,02' });
    assert.match(await paying.page(), /Pay 10\.00 EUR/);
    phone.tell('plug 1');
    assert.deepEqual((await provider.pay(paying.id)).map((one) => one.status), [200]);
    await state(paying.id, 'charging');
    assert.match(await paying.page(), /Stop charging/);
    // A tariff that is changed now changes nothing for it.
    await hub.ok('PUT', '/tariffs/day', { name: 'Dear', currency: 'EUR', parts: [{ kwh_milli: 9000000 }], places: [{ everywhere: true }] });
    const done = await state(paying.id, 'done', 120);
    const tx = await hub.get(`/transactions/${done.transaction_id}`);
    const wh = tx.meter_stop_wh - tx.meter_start_wh;
    assert.ok(wh >= 19 && wh <= 20, `${wh} Wh`); // the charger ends within 0.2 Wh below it
    assert.equal(tx.cost.tariff.name, 'Day');
    assert.equal(tx.cost.total_amount, 20 + wh * 8);
    assert.match(tx.invoice_line, /PAY-1\/1.*Day: /);
    assert.deepEqual([done.amount, done.used_amount, done.refund_amount, done.fee_amount], [1000, tx.cost.total_amount, 1000 - tx.cost.total_amount, 20]);
    assert.equal(provider.payments.get(paying.id).given_back, done.refund_amount);
    assert.match(await paying.page(), /Receipt[\s\S]*Back to you/);
    const accounts = await addsUp();
    assert.deepEqual([accounts.reserved, accounts.refunds, accounts.used], [0, 0, -done.used_amount]);
    await hub.ok('PUT', '/tariffs/day', { name: 'Day', currency: 'EUR', parts: [{ kwh_milli: 8000000 }], places: [{ everywhere: true }] });
    phone.tell('unplug 1');
    await phone.status(1, 'available');
});

test('its money is a limit, too; a notice that comes five times is one, and another hand is none', async () => {
    const paying = await order(await link('PAY-1'), { amount: '300' });
    assert.equal((await provider.notice(paying.id, { event: 'paid', amount: 300 }, { secret: 'x'.repeat(64) })).status, 401);
    assert.equal((await payment(paying.id)).state, 'begun');
    phone.tell('plug 1');
    const told = await provider.pay(paying.id, { times: 5 });
    assert.deepEqual(told.map((one) => one.status), [200, 200, 200, 200, 200]);
    assert.equal(told.filter((one) => !one.body.known).length, 1, 'taken once');
    const done = await state(paying.id, 'done', 120);
    assert.equal(done.used_amount + done.refund_amount, 300);
    const { cost } = await hub.get(`/transactions/${done.transaction_id}`);
    assert.ok(cost.total_amount >= 290 && cost.total_amount < 500, `${cost.total_amount}`);
    assert.equal(done.over_amount, Math.max(0, cost.total_amount - 300));
    assert.equal((await payment(paying.id)).entries.filter((one) => one.event === 'paid').length, 4);
    await addsUp();
    phone.tell('unplug 1');
    await phone.status(1, 'available');
});

test('who does not pay does not charge, and money that comes after all goes back', async () => {
    const paying = await order(await link('PAY-1'), { amount: '500' });
    await provider.notice(paying.id, { event: 'failed' });
    await state(paying.id, 'unpaid');
    assert.match(await paying.page(), /Not paid/);
    await provider.pay(paying.id);
    const done = await state(paying.id, 'done');
    assert.deepEqual([done.used_amount, done.refund_amount], [0, 500]);
    await addsUp();
});

test('a charger that does not start gives all of it back', async () => {
    const paying = await order(await link('PAY-1'), { amount: '500' }); // nobody plugs in
    await provider.pay(paying.id);
    await state(paying.id, 'paid', 5);
    assert.match(await (await fetch(await link('PAY-1'))).text(), /In use/);
    const done = await state(paying.id, 'done', 40);
    assert.deepEqual([done.transaction_id, done.refund_amount], [null, 500]);
    await addsUp();
});

test('one that refuses, of another maker, and a provider that is away for the refund', async () => {
    const client = await hub.known('odd-1', { connectors: 1 });
    const asked = [];
    for (const name of ['DataTransfer', 'RemoteStartTransaction'])
        client.handle(name, ({ params }) => {
            asked.push([name, params]);
            return { status: name === 'DataTransfer' ? 'UnknownVendorId' : 'Rejected' };
        });
    const paying = await order(await link('odd-1'), { amount: '500', minutes: '90' });
    provider.fails = 2;
    await provider.pay(paying.id);
    const done = await state(paying.id, 'done', 120);
    assert.equal(done.refund_amount, 500);
    const [[, allowance], [, start]] = asked;
    assert.deepEqual([allowance.vendorId, allowance.messageId], ['Roost', 'Allowance']);
    assert.deepEqual(JSON.parse(allowance.data), { connectorId: 1, idTag: start.idTag, wh: 62, s: 5400 });
    // The tag is over with its payment.
    const answer = await client.call('StartTransaction', { connectorId: 1, idTag: start.idTag, meterStart: 0, timestamp: now() });
    assert.notEqual(answer.idTagInfo.status, 'Accepted');
    await addsUp();
});

test('a tag serves one transaction at its own connector', async () => {
    const client = await hub.known('odd-2', { connectors: 2 });
    let tag;
    client.handle('DataTransfer', () => ({ status: 'Accepted' }));
    client.handle('RemoteStartTransaction', ({ params }) => ((tag = params.idTag), { status: 'Accepted' }));
    client.handle('RemoteStopTransaction', () => ({ status: 'Accepted' }));
    const paying = await order(await link('odd-2'), { amount: '500' });
    await provider.pay(paying.id);
    await until('it is asked to start', () => tag);
    const start = (connectorId, meterStart) => client.call('StartTransaction', { connectorId, idTag: tag, meterStart, timestamp: now() });
    assert.equal((await start(2, 0)).idTagInfo.status, 'Blocked');
    const first = await start(1, 10);
    assert.equal(first.idTagInfo.status, 'Accepted');
    assert.equal((await start(2, 5)).idTagInfo.status, 'Blocked');
    await state(paying.id, 'charging');
    // Its registers go back: a person decides.
    await client.call('StopTransaction', { transactionId: first.transactionId, meterStop: 5, timestamp: now(), idTag: tag });
    const held = await state(paying.id, 'held');
    assert.equal((await hub.get(`/transactions/${held.transaction_id}`)).cost.state, 'doubtful');
    assert.equal((await hub.call('POST', `/payments/${paying.id}/decision`, { used_amount: -1 })).status, 400);
    await hub.ok('POST', `/payments/${paying.id}/decision`, { used_amount: 120 });
    const done = await state(paying.id, 'done');
    assert.deepEqual([done.used_amount, done.refund_amount], [120, 380]);
    assert.equal((await hub.call('POST', `/payments/${paying.id}/decision`, { used_amount: 1 })).status, 409);
    await addsUp();
});

test('kill -9 between paid and start, and while it charges, loses nothing', async () => {
    const client = await hub.known('odd-3', { connectors: 1 });
    const paying = await order(await link('odd-3'), { amount: '500' });
    await client.close({ force: true });
    await until('it is away', async () => !(await hub.get(hub.at('odd-3'))).online);
    await provider.pay(paying.id);
    assert.equal((await payment(paying.id)).state, 'paid');
    await stack.programs.get('roostd').kill('SIGKILL');
    await stack.startHub();
    await stack.signIn();
    assert.equal((await payment(paying.id)).state, 'paid');
    await state(paying.id, 'done', 40); // nobody came
    assert.equal(provider.payments.get(paying.id).given_back, 500);

    const again = await order(await link('PAY-1'), { amount: '1000', kwh: '0.03' });
    phone.tell('plug 1');
    await provider.pay(again.id);
    await stack.programs.get('roostd').kill('SIGKILL');
    await stack.startHub();
    await stack.signIn();
    await state(again.id, 'charging', 60);
    await stack.programs.get('roostd').kill('SIGKILL');
    await until('the charger ends it alone', () => phone.connector(1).status !== 'charging', 90);
    await stack.startHub();
    await stack.signIn();
    const done = await state(again.id, 'done', 90);
    assert.ok(done.used_amount >= 240 && done.used_amount < 500, `${done.used_amount}`);
    assert.equal(provider.payments.get(again.id).given_back, 1000 - done.used_amount);
    await addsUp();
    phone.tell('unplug 1');
    await phone.status(1, 'available');
});

test('a link is signed, and ends', async () => {
    const where = await link('PAY-1');
    const altered = where.slice(0, -3) + (where.at(-3) === 'A' ? 'B' : 'A') + where.slice(-2);
    assert.equal((await fetch(altered)).status, 404);
    const short = (await hub.get(`${hub.at('PAY-1')}/pay-link?valid_s=1`)).url;
    assert.equal((await fetch(short)).status, 200);
    await until('it is over', async () => (await fetch(short)).status === 404, 5);
    const token = where.split('/').at(-1);
    assert.ok(!stack.programs.get('roostd').tail(1e6).includes(token), 'no log has it');
    assert.match((await hub.get(`${hub.at('PAY-1')}/pay-link`)).qr_svg, /^<svg /);
});

test('the page on a phone, without scripts and with: nothing that axe-core finds, and it goes by itself', async () => {
    const browser = await launch();
    const found = async (page) => {
        await page.evaluate(axe.source);
        return (await page.evaluate(() => globalThis.axe.run())).violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
    };
    try {
        const where = await link('PAY-1');
        for (const colorScheme of ['light', 'dark']) {
            const page = await (await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme })).newPage();
            await page.goto(where);
            assert.deepEqual(await found(page), [], `place, ${colorScheme}`);
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360), 'nothing sticks out');
            await page.screenshot({ path: path.join(shots, `pay-place-${colorScheme}.png`), fullPage: true });
            await page.context().close();
        }
        const bare = await (await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false })).newPage();
        await bare.goto(where);
        await bare.getByRole('button', { name: 'Go to payment' }).click();
        await bare.getByRole('link', { name: /^Pay 20\.00 EUR/ }).click();
        await bare.getByRole('button', { name: 'Do not pay' }).click();
        await bare.getByRole('heading', { name: 'Not paid' }).waitFor();
        await bare.context().close();

        const page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
        const errors = [];
        page.on('pageerror', (error) => errors.push(String(error)));
        page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
        await page.goto(where);
        await page.getByText('5.00 EUR', { exact: true }).click();
        await page.getByText('Stop earlier').click();
        await page.getByLabel('After so many minutes').fill('30');
        await page.getByRole('button', { name: 'Go to payment' }).click();
        await page.getByRole('link', { name: 'Pay 5.00 EUR' }).waitFor();
        assert.deepEqual(await found(page), [], 'pay');
        await page.screenshot({ path: path.join(shots, 'pay-begun.png'), fullPage: true });
        await page.getByRole('link', { name: 'Pay 5.00 EUR' }).click();
        phone.tell('plug 1');
        await page.getByRole('button', { name: 'Pay', exact: true }).click();
        await page.getByRole('button', { name: 'Stop charging' }).waitFor({ timeout: 30000 });
        await page.getByText(/0\.0[1-9]\d kWh/).waitFor({ timeout: 30000 });
        assert.deepEqual(await found(page), [], 'charging');
        await page.screenshot({ path: path.join(shots, 'pay-charging.png'), fullPage: true });
        await page.getByRole('button', { name: 'Stop charging' }).click();
        await page.getByText('Back to you').waitFor({ timeout: 30000 });
        await page.getByRole('heading', { name: 'Charging has ended' }).waitFor();
        assert.deepEqual(await found(page), [], 'receipt');
        await page.screenshot({ path: path.join(shots, 'pay-receipt.png'), fullPage: true });
        assert.deepEqual(errors, []);
        await addsUp();
    } finally {
        await browser.close();
    }
});

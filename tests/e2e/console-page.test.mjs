// SPDX-License-Identifier: Apache-2.0
// What the field does to a fleet, as the console shows it in a real browser: holes and late readings in an
// open chart, figures and rows, searches, one time for all, refusals, clocks, removal, a busy hub, and tabs
// that vanish in the middle of a renewal.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { go, goToDevice, house, open as openPage, signIn as signInTo } from './browser.mjs';
import { until } from './support.mjs';

const { stack, probe, browser } = await house(test, { env: { ROOST_DEVICE_RATE: '1000' } });
const shots = process.env.ROOST_SCREENSHOTS ?? path.join(stack.dir, 'screenshots');
fs.mkdirSync(shots, { recursive: true });

const errors = [];
const open = (options) => openPage(browser, stack, errors, options);
const signIn = (page) => signInTo(page, stack);
const send = (topic, body, retain = false) => probe.publishAsync(topic, typeof body === 'string' ? body : JSON.stringify(body), { qos: 1, retain });
const health = { seq: 1, firmware: '1.4.0', reset_reason: 'power', uptime_ms: 90000, boots: 3, heap_free_bytes: 120000, heap_low_bytes: 90000, rssi_dbm: -61 };
const say = (id, status) => send(`device/${id}/status`, { online: true, ...health, type: 'lamp', ...status }, true);
const live = (page) => page.getByRole('banner').getByText('Live', { exact: true });
const chart = (page, label) => page.getByRole('img', { name: new RegExp(`^${label} over`) });
async function shot(page, name) {
    await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true });
}

await say('pane-1', { type: 'window' });
await send('window/pane-1/state', { position: 40, target: 40, moving: false, calibrated: true, fault: null }, true);
await say('lamp-1', { lit: 1 });
await say('lamp-2', { fault: 'journal_full', fault_number: 103 });

// Every 10 s for half an hour, and nothing for 12 minutes in it.
const base_ms = Math.floor(Date.now() / 10000) * 10000;
const at = (s) => base_ms + s * 1000;
const reading = (s, value) => send('sensor/pane-1/temperature', { value, ts: at(s) });
for (let s = -1800; s <= 0; s += 10) if (s <= -1200 || s >= -480) await reading(s, 21 + Math.sin(s / 300));
await until('they are stored', async () => stack.sql("SELECT count(*) n FROM sensor_temperature WHERE device_id = 'pane-1'")[0].n === 110);

test('a hole says how long it is and how many readings are missing, and late readings fill it', async () => {
    const page = await open();
    await signIn(page);
    await goToDevice(page, 'pane-1');
    const text = () => chart(page, 'Temperature').getAttribute('aria-label');
    await until('one gap', async () => /; 1 gap, 1[12]\smin, about \d+ readings missing$/.test(await text()));
    const [, missing] = /about (\d+) readings/.exec(await text());
    assert.ok(Math.abs(Number(missing) - 71) <= 3, `${missing} of 71`);
    await page.locator('.strip').first().getByText(/^1 gap, 1[12]\smin, about \d+ readings missing$/).waitFor();
    // And at the cursor.
    const plot = page.locator('.strip .u-over').first();
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    await page.mouse.move(box.x + box.width * (1 - 840 / 3600), box.y + 40);
    await page.locator('.strip').first().getByText(/^nothing from \S+.* to \S+.*: 1[12]\smin, about \d+ readings missing$/).waitFor();
    await page.mouse.move(0, 0);
    await shot(page, 'gap');
    assert.match(await text(), /20\.\d to 22\.\d/);

    // A device comes back and sends what it kept: older than the newest point, and no event tells of each.
    for (let s = -1190; s < -480; s += 10) await reading(s, 21 + Math.sin(s / 300) + (s === -800 ? 9 : 0));
    await until('no gap is left, without a reload', async () => !/gap/.test(await text()), 30);
    assert.match(await text(), /to (29|30|31)\.\d/, 'the highest value came late');
    const [shown, inChart] = [page.getByTestId('temperature'), page.locator('.strip .val').first()];
    assert.equal(await inChart.innerText(), await shown.innerText(), 'what it is now is one number');
    // One that is told live goes where its time lies at once.
    await reading(-25, 12.5);
    await until('it is the lowest', async () => /12\.5 to/.test(await text()), 30);
    for (const value of [21.5, 22.5, 23.5]) await send('sensor/pane-1/temperature', { value, ts: Date.now() });
    await until('the last of three in a bucket', async () => /23\.5/.test(await shown.innerText()));
    assert.equal(await inChart.innerText(), await shown.innerText());
    assert.deepEqual(errors, []);
    await page.context().close();
});

test('over a day the points are of several readings each, and the hole is counted all the same', async () => {
    await say('pane-2', { type: 'window' });
    const told = [];
    for (let m = -1500; m <= 0; m++) if (m <= -600 || m >= -480) told.push(send('sensor/pane-2/temperature', { value: 20 + Math.sin(m / 90), ts: at(m * 60) }));
    await Promise.all(told);
    await until('they are stored', async () => stack.sql("SELECT count(*) n FROM sensor_temperature WHERE device_id = 'pane-2'")[0].n === told.length);
    const page = await open({ path: '/#/devices/pane-2?hours=24' });
    await signIn(page);
    const gap = await until('the hole with its count', async () => /; 1 gap, (1\sh 5\d|2\sh \d)\smin, about (\d+) readings missing$/.exec(await chart(page, 'Temperature').getAttribute('aria-label')));
    assert.ok(Math.abs(Number(gap[2]) - 119) <= 5, `${gap[2]} of 119`);
    await shot(page, 'gap-day');
    // A week or a month has no hole but that, though a bucket is longer than it; what comes live makes none.
    for (const [range, hours] of [['1 week', 168], ['30 days', 720]]) {
        await page.getByText(range, { exact: true }).click();
        await until(range, async () => (await chart(page, 'Temperature').getAttribute('aria-label')).startsWith(`Temperature over ${hours} hours: mean`));
        for (let i = 0; i < 5; i++) await send('sensor/pane-2/temperature', { value: 20 + i, ts: Date.now() });
        await until('it is taken', async () => /to 24\.0/.test(await chart(page, 'Temperature').getAttribute('aria-label')));
        assert.doesNotMatch(await chart(page, 'Temperature').getAttribute('aria-label'), /[2-9] gaps/);
    }
    assert.deepEqual(errors, []);
    await page.context().close();
});

test('the chart goes on, and the hole with it, though nothing comes', async () => {
    await say('still-1', { type: 'window' });
    const end_ms = Date.now() - 31000;
    for (let s = -300; s <= 0; s += 10) await send('sensor/still-1/temperature', { value: 19, ts: end_ms + s * 1000 });
    const page = await open({ path: '/#/devices/still-1' });
    await signIn(page);
    const length = async () => Number(/; 1 gap, (\d+)\ss, about \d readings missing/.exec(await chart(page, 'Temperature').getAttribute('aria-label'))?.[1] ?? 0);
    const before = await until('the hole up to now', length, 10);
    await page.route('**/history?*', (route) => route.abort()); // nor is it asked for
    await until('it has grown', async () => (await length()) > before, 15);
    await page.context().close();
    errors.length = 0;
});

test('figures and rows are one: after live events, too', async () => {
    const page = await open();
    await signIn(page);
    const figure = async (list, word) => Number(/(\d+)$/.exec(await page.getByRole('list', { name: list }).getByRole('listitem').filter({ hasText: word }).innerText())[1]);
    await live(page).waitFor();
    await page.getByRole('heading', { name: 'Fleet health' }).waitFor();
    const needs = () => page.getByRole('region', { name: 'Needs a person now' }).getByRole('listitem');
    const before = await figure('Condition', 'Critical');
    // No list is loaded any more: what is seen comes from the events alone.
    await page.route('**/api/v1/devices?*', (route) => route.abort());
    errors.length = 0;
    await say('lamp-1', { lit: 1, fault: 'motor_stall', fault_number: 205 });
    await needs().filter({ hasText: 'lamp-1' }).waitFor();
    assert.equal(await figure('Condition', 'Critical'), before + 1);
    await say('lamp-3', { lit: 0 });
    await until('the new one is counted', async () => (await page.getByText(/^\d+ devices$/).first().innerText()) === `${(await stack.get('/api/v1/devices?limit=1')).body.counts.total} devices`);
    const group = page.getByRole('region', { name: 'Lamps' });
    await group.getByRole('link', { name: 'lamp-3' }).waitFor();
    await say('lamp-1', { lit: 1 });
    await until('it is well again', async () => (await figure('Condition', 'Critical')) === before);
    assert.equal(await needs().filter({ hasText: 'lamp-1' }).count(), 0);
    await say('lamp-3', { online: false });
    await until('it is away', async () => (await figure('Connection', 'Offline')) >= 1);
    const all = async (list) => (await page.getByRole('list', { name: list }).getByRole('listitem').allInnerTexts()).reduce((sum, text) => sum + Number(/(\d+)$/.exec(text)[1]), 0);
    assert.equal(await all('Connection'), await all('Condition'));
    await page.context().close();
    errors.length = 0; // the browser logs the lists that were refused
});

test('live events do not enter a search, and leave it when they no longer match', async () => {
    await say('lamp-3', { lit: 1 });
    const page = await open({ path: '/#/devices?q=lamp&connectivity=online' });
    await signIn(page);
    await live(page).waitFor();
    const names = async () => (await page.getByRole('rowheader').allInnerTexts()).map((text) => text.trim()).sort();
    await until('the three', async () => (await names()).join() === 'lamp-1,lamp-2,lamp-3');
    // The list is not asked for again: what changes now changes by events.
    await page.route('**/api/v1/devices?*', (route) => route.abort());
    await say('other-1', {});
    await send('sensor/pane-1/temperature', '21.5');
    await say('lamp-2', { lit: 1 });
    await until('an event has come', async () => !(await page.getByRole('row', { name: /lamp-2/ }).innerText()).includes('journal'));
    assert.deepEqual(await names(), ['lamp-1', 'lamp-2', 'lamp-3']);
    await say('lamp-3', { online: false });
    await until('it is online no more', async () => (await names()).join() === 'lamp-1,lamp-2');
    await page.unroute('**/api/v1/devices?*');
    await say('lamp-4', { lit: 1 });
    await until('one that matches comes by the hub', async () => (await names()).join() === 'lamp-1,lamp-2,lamp-4');
    assert.equal((await page.getByRole('row', { name: /other-1/ }).count()), 0);
    await page.context().close();
    errors.length = 0;
});

test('"now" is the hub\'s time in a browser whose clock is wrong', async () => {
    await say('lamp-1', { lit: 1 });
    const page = await open({ path: '/#/devices/lamp-1' });
    await page.clock.install({ time: Date.now() - 3 * 3600e3 });
    await page.reload();
    await signIn(page);
    await say('lamp-1', { lit: 1 });
    const heard = page.locator('.dev-head .meta time');
    await until('it was heard just now', async () => /just now|\ds ago/.test((await heard.innerText()).replace(/\u202f/g, '')));
    await goToDevice(page, 'pane-1');
    await send('sensor/pane-1/temperature', '21.25');
    await until('its chart ends with it', async () => /21\.\d to|to 21\.\d|to (29|30|31)\.\d/.test(await chart(page, 'Temperature').getAttribute('aria-label')));
    assert.doesNotMatch(await page.getByRole('main').innerText(), /ahead|3\s?h ago/);
    await page.context().close();
});

test('a refused move says so: by the hub, by the device, and by silence', async () => {
    await say('pane-1', { type: 'window' });
    const page = await open({ path: '/#/devices/pane-1' });
    await signIn(page);
    const commands = await stack.collect('device/pane-1/command');
    const move = async (to) => {
        await page.getByRole('slider', { name: 'Open by hand to' }).fill(String(to));
        await page.getByRole('button', { name: 'Move the window' }).click();
    };
    const answer = async (body) => {
        const { text } = await until('the command is on its way', () => commands.shift());
        await send('device/pane-1/answer', { id: JSON.parse(text).id, ...body });
    };
    await until('it can be moved', () => page.getByRole('button', { name: 'Move the window' }).isEnabled());
    await move(75);
    await answer({ ok: false, error: 'BUSY', message: 'calibrating, ask again later' });
    await page.getByText('Not moved: calibrating, ask again later').waitFor();
    await shot(page, 'refused');
    assert.equal(await page.getByRole('slider').inputValue(), '75', 'what was chosen stays');
    await move(80);
    await answer({ ok: true, data: {} });
    await page.getByText(/^Moving to 80\s%\. The model learns/).waitFor();
    await page.route('**/position', (route) => route.fulfill({ status: 409, json: { error: { code: 'offline', message: 'pane-1 is away' } } }));
    await move(60);
    await page.getByText('Not moved: pane-1 is away').waitFor();
    await page.unroute('**/position');
    await page.route('**/api/v1/commands/*', (route) => route.fulfill({ json: { state: 'timeout', answer: null } }));
    await move(55);
    await page.getByText('Not known whether it moves: The device did not answer.').waitFor();
    await page.unroute('**/api/v1/commands/*');
    commands.length = 0;
    // Any other command, as well.
    await page.locator('.dev-head').getByRole('button', { name: 'Measure now' }).click();
    await answer({ ok: false, error: 'RANGE', message: 'the sensor does not answer' });
    await page.getByText('Measure now: the sensor does not answer').waitFor();
    assert.match(await page.getByRole('slider').getAttribute('aria-valuetext'), /^\d+ percent open$/);
    await page.context().close();
    errors.length = 0; // the 409
});

test('a clock that is wrong is a fault with its skew; the hub\'s own doubt is said everywhere', async () => {
    const page = await open();
    const now_ms = Date.now();
    const clocks = { 'lamp-1': { skew_ms: 7500000, since: now_ms - 3600e3, kind: 'ahead' }, 'lamp-2': { skew_ms: 0, since: now_ms - 60e3, kind: 'uptime' } };
    const told = (device) => ({ ...device, clock: clocks[device.device_id] });
    await page.route(/\/api\/v1\/devices(\?|\/lamp-\d$)/, async (route) => {
        const response = await route.fetch();
        const body = await response.json();
        await route.fulfill({ response, json: body.devices ? { ...body, devices: body.devices.map(told) } : told(body) });
    });
    let clock_doubt = 'in doubt: before what was stored last';
    await page.route('**/health/ready', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), ...(clock_doubt && { clock_doubt }) } });
    });
    await signIn(page);
    await page.getByRole('alert').filter({ hasText: 'The hub doubts its own clock: before what was stored last. What it stores' }).waitFor();
    await page.getByRole('link', { name: /^lamp-1: clock 2\sh 5\smin ahead$/ }).waitFor();
    await page.getByRole('link', { name: 'lamp-2: clock counts from its start', exact: true }).waitFor();
    await shot(page, 'clock-overview');
    await goToDevice(page, 'lamp-1');
    const banner = page.getByTestId('clock');
    assert.match((await banner.innerText()).replace(/\s+/g, ' '), /^Its clock is 2 h 5 min ahead, since .*\d:\d\d.*\. Its readings are kept/);
    await shot(page, 'clock-device');
    await goToDevice(page, 'lamp-2');
    await banner.getByText('Its clock counts from its start').waitFor();
    clock_doubt = undefined;
    await page.reload();
    await page.getByTestId('clock').waitFor();
    assert.equal(await page.getByText('The hub doubts its own clock').count(), 0);
    await page.context().close();
});

test('a device is removed, with its history or without, and what went is told', async () => {
    await say('goner-1', {});
    const page = await open();
    await signIn(page);
    await goToDevice(page, 'goner-1');
    const asked = [];
    page.on('request', (request) => request.method() === 'DELETE' && asked.push(request.url().replace(stack.url, '')));
    const remove = page.getByRole('button', { name: 'Remove this device…' });
    await remove.click();
    const dialog = page.getByRole('dialog');
    assert.equal(await dialog.getByLabel('Also delete its history').isChecked(), false, 'kept unless said otherwise');
    await shot(page, 'remove');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    assert.deepEqual(asked, []);
    // Refused: said, and the device is still there.
    await page.route('**/api/v1/devices/goner-1?*', (route) => (route.request().method() === 'DELETE' ? route.fulfill({ status: 503, json: { error: { code: 'busy', message: 'the registry is busy' } } }) : route.continue()));
    await remove.click();
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('Not removed: the registry is busy').waitFor();
    await page.unroute('**/api/v1/devices/goner-1?*');
    await page.route('**/api/v1/devices/goner-1?*', async (route) => {
        const response = await route.fetch();
        assert.ok(response.ok(), String(response.status()));
        await route.fulfill({ status: 200, json: { device_id: 'goner-1', history: 'deleted', state: 'removed', removed: { commands: 3, streams: 2, rows: 1234, retained_topics: 7 } } });
    });
    await remove.click();
    await dialog.getByLabel('Also delete its history').check();
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('goner-1 was removed.').waitFor();
    assert.match(await page.getByRole('status').filter({ hasText: 'goner-1' }).innerText(), /History\s+deleted\s+Commands\s+3\s+Numbered streams\s+2\s+Rows of history\s+1,234\s+Retained topics at the broker\s+7/);
    assert.deepEqual(asked, ['/api/v1/devices/goner-1?history=keep', '/api/v1/devices/goner-1?history=delete']);
    assert.equal(await page.getByRole('row', { name: /goner-1/ }).count(), 0);
    assert.equal((await stack.get('/api/v1/devices/goner-1')).status, 404);
    await shot(page, 'removed');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    assert.equal(await page.getByText('goner-1 was removed.').count(), 0);
    await page.context().close();
    errors.length = 0; // the 503
});

test('a busy hub is asked again: nobody is signed out by 429 or 503', async () => {
    const page = await open();
    await signIn(page);
    await live(page).waitFor();
    for (const status of [429, 503]) {
        await page.route('**/api/v1/devices*', (route) => route.fulfill({ status, headers: { 'Retry-After': '1' }, json: { error: { code: 'busy', message: `ask later, ${status}` } } }));
        await page.goto(`${stack.url}/#/devices?q=${status}`);
        await page.getByRole('alert').filter({ hasText: `ask later, ${status}` }).waitFor();
        await page.unroute('**/api/v1/devices*');
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.getByText('No device matches.').waitFor();
        await page.route('**/api/v1/devices/lamp-9', (route) => route.fulfill({ status, json: { error: { code: 'busy', message: `not now, ${status}` } } }));
        await page.goto(`${stack.url}/#/devices/lamp-9`);
        await page.getByText(`not now, ${status}`).waitFor();
        await page.unroute('**/api/v1/devices/lamp-9');
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.getByRole('heading', { name: 'Unknown device' }).waitFor();
        assert.ok(await page.evaluate(() => localStorage.getItem('roost-session')));
    }
    await page.context().close();
    errors.length = 0;
});

for (const locks of [true, false])
    test(`a tab that is closed in the middle of a renewal keeps nobody out, ${locks ? 'with' : 'without'} Web Locks`, async () => {
        const context = await browser.newContext();
        if (!locks) await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
        const first = await open({ context });
        await signIn(first);
        await live(first).waitFor();
        const second = await open({ context });
        await live(second).waitFor();
        for (const tab of [first, second]) await tab.goto(`${stack.url}/icon.svg`);
        await first.evaluate(() => {
            const session = JSON.parse(localStorage.getItem('roost-session'));
            localStorage.setItem('roost-session', JSON.stringify({ ...session, access_token: 'expired' }));
        });
        await first.addInitScript(() => {
            const { fetch } = globalThis;
            globalThis.fetch = (url, init) => (String(url).endsWith('/auth/refresh') ? new Promise(() => (globalThis.renewing = true)) : fetch(url, init));
        });
        await first.goto(stack.url);
        await first.waitForFunction(() => globalThis.renewing); // and is never done with it
        await second.goto(stack.url);
        await second.getByRole('navigation', { name: 'Main' }).waitFor();
        await first.close();
        await live(second).waitFor({ timeout: 8000 });
        assert.notEqual(await second.evaluate(() => JSON.parse(localStorage.getItem('roost-session')).access_token), 'expired');
        await context.close();
        errors.length = 0;
    });

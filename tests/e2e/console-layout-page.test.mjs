// SPDX-License-Identifier: Apache-2.0
// The console for every eye and hand: narrow, zoomed to 200 %, with forced colours, by keyboard. Nothing
// sticks out or is cut off, and what has the focus is seen, ring and all.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { cutOff, house, open as openPage, signIn as signInTo } from './browser.mjs';
import { until } from './support.mjs';

const { stack, probe, browser } = await house(test, { env: { ROOST_DEVICE_RATE: '1000' } });
const shots = process.env.ROOST_SCREENSHOTS ?? path.join(stack.dir, 'screenshots');
fs.mkdirSync(shots, { recursive: true });

const send = (topic, body, retain = false) => probe.publishAsync(topic, JSON.stringify(body), { qos: 1, retain });
const health = { seq: 1, firmware: '1.4.0', reset_reason: 'power', uptime_ms: 90000, boots: 3, heap_free_bytes: 120000, heap_low_bytes: 90000, rssi_dbm: -61 };
const say = (id, status) => send(`device/${id}/status`, { online: true, ...health, ...status }, true);
const long = 'greenhouse-north-wing-roof-light-number-seven';
await say('pane-1', { type: 'window', fault: 'motor_stall', fault_number: 205, update: { state: 'idle', version: '1.4.0', report: '1.4.0 rolled back: no broker within 300 s', error: true } });
await send('window/pane-1/state', { position: 40, target: 80, moving: true, calibrated: false, fault: 'stalled' }, true);
await say(long, { type: 'window' });
await say('lamp-1', { type: 'lamp', lit: 1 });
await until('they are known', async () => (await stack.get('/api/v1/devices')).body.counts.total === 3);
assert.equal((await stack.call('PATCH', '/api/v1/devices/pane-1', { name: 'Roof light above the long table in the reading room', location: 'Second floor, west wing' })).status, 200);
assert.equal((await stack.post('/api/v1/devices', { device_id: 'teddy-9', type: 'teddy' })).status, 201);
const child = { child_id: 'c-1', name: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ abc', birth_month: `${new Date().getUTCFullYear() - 7}-01`, language: 'en' };
assert.equal((await stack.post('/api/v1/children', child)).status, 201);
assert.equal((await stack.post('/api/v1/children/c-1/consents', { kind: 'disclosure', method: 'questions', notice_version: 'v'.repeat(32), provider: 'a-provider-of-words.example' })).status, 201);
for (const [metric, base] of [['temperature', 21], ['humidity', 48]])
    for (let s = -2400; s <= 0; s += 10)
        if (s <= -1500 || s >= -900) await send(`sensor/pane-1/${metric}`, { value: base + Math.sin(s / 300), ts: Date.now() + s * 1000 });

const errors = [];
async function signedIn(options) {
    const page = await openPage(browser, stack, errors, options);
    await signInTo(page, stack);
    return page;
}
const PAGES = { overview: '/#/', devices: '/#/devices', search: '/#/devices?q=pane&type=window', device: '/#/devices/pane-1', lamp: '/#/devices/lamp-1', children: '/#/children', child: '/#/children/c-1', account: '/#/account' };
async function visit(page, name) {
    await page.goto(stack.url + PAGES[name]);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (name === 'overview') await page.getByRole('heading', { name: 'Fleet health' }).waitFor();
    if (name === 'children') await page.getByRole('table').waitFor();
    if (name === 'child') await page.getByText('a-provider-of-words.example').first().waitFor();
    if (name === 'devices') await page.getByRole('table').waitFor();
    if (name === 'device') await page.getByText(/gaps?, /).first().waitFor();
}
const shot = (page, name) => page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true });

const SIZES = { 1280: [1280, 900], 768: [768, 1024], '1280-zoomed': [640, 450, 2], '1366-zoomed': [683, 384, 2], '768-zoomed': [384, 512, 2], 360: [360, 740], 320: [320, 640] };
for (const [size, [width, height, deviceScaleFactor = 1]] of Object.entries(SIZES))
    for (const colorScheme of ['light', 'dark'])
        test(`nothing sticks out or is cut off at ${size} px, ${colorScheme}`, async () => {
            const page = await signedIn({ viewport: { width, height }, deviceScaleFactor, colorScheme });
            for (const name of Object.keys(PAGES)) {
                await visit(page, name);
                const table = page.locator('.scroll');
                if (await table.count()) assert.ok(await table.evaluate((box) => box.scrollWidth <= box.clientWidth + 1), `${name}: the table scrolls sideways`);
                assert.deepEqual(await page.evaluate(cutOff), [], name);
                assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
                await shot(page, `layout-${size}-${colorScheme}-${name}`);
            }
            assert.deepEqual(errors, []);
            await page.context().close();
        });

/** Of the focused element: what draws its ring, and whether something lies over it. */
const focused = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const ringed = element.matches('.seg input') ? element.nextElementSibling : element;
    const style = getComputedStyle(ringed);
    const box = ringed.getBoundingClientRect();
    const at = (x, y) => document.elementFromPoint(Math.min(Math.max(x, 1), innerWidth - 2), Math.min(Math.max(y, 1), innerHeight - 2));
    const top = at(box.left + box.width / 2, box.top + Math.min(box.height / 2, 14));
    return {
        html: element.outerHTML.slice(0, 140),
        main: element.id === 'main',
        ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && style.outlineColor !== 'rgba(0, 0, 0, 0)',
        seen: box.bottom > 0 && box.top < innerHeight && (ringed.contains(top) || top?.contains(ringed) || ringed.closest('label')?.contains(top)),
    };
};

for (const [what, options] of Object.entries({ light: {}, dark: { colorScheme: 'dark' }, 'forced colours': { forcedColors: 'active' }, zoomed: { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }, 'a phone': { viewport: { width: 360, height: 640 } } }))
    test(`all of it by keyboard, with a ring that is seen: ${what}`, async () => {
        const page = await signedIn({ ...options });
        for (const name of ['overview', 'devices', 'device']) {
            await visit(page, name);
            let steps = 0;
            for (; steps < 80; steps++) {
                await page.keyboard.press('Tab');
                const state = await page.evaluate(focused);
                if (!state) break; // at the end of the page
                if (state.main) continue;
                assert.ok(state.ring, `${name}: no ring on ${state.html}`);
                assert.ok(state.seen, `${name}: under something: ${state.html}`);
            }
            assert.ok(steps > 5 && steps < 80, `${name}: ${steps} stops`);
        }
        assert.deepEqual(errors, []);
        await page.context().close();
    });

test('forced colours: what a background said is said by a border or a system colour', async () => {
    const page = await signedIn({ forcedColors: 'active' });
    const style = (locator, name) => locator.evaluate((element, key) => getComputedStyle(element)[key], name);
    for (const name of Object.keys(PAGES)) {
        await visit(page, name);
        await shot(page, `forced-${name}`);
    }
    await visit(page, 'search');
    const tabs = page.getByRole('navigation', { name: 'Products' });
    const line = (name) => style(tabs.getByRole('link', { name }), 'borderBottomColor');
    assert.notEqual(await line('Climate windows'), await line('All'), 'the tab that is shown');
    assert.notEqual(await style(page.locator('.nav [aria-current]'), 'borderTopWidth'), '0px', 'the page that is shown');
    await visit(page, 'device');
    const range = (text) => style(page.locator('.seg').getByText(text, { exact: true }), 'backgroundColor');
    assert.notEqual(await range('1 hour'), await range('1 day'), 'the range that is shown');
    const primary = page.getByRole('button', { name: 'Move the window' });
    assert.notEqual(await style(primary, 'color'), await style(page.locator('body'), 'backgroundColor'), 'a word on the plate that is drawn behind words');
    await visit(page, 'overview');
    assert.notEqual(await style(page.locator('.share').first(), 'borderTopWidth'), '0px');
    await page.context().close();
});

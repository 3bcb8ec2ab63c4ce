// SPDX-License-Identifier: Apache-2.0
// The console's frame in a real browser: one session for all tabs, deep links, devices of any kind, how
// they are by word, the hub away and back, and what axe-core finds.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { go, goToDevice, launch, open as openPage, signIn as signInTo } from './browser.mjs';
import { Stack, root, until } from './support.mjs';

// Silent for 3 s is late, for 6 s offline.
const stack = await Stack.create({ env: { ROOST_INACTIVE_AFTER_S: '6' } });
await stack.startBroker();
await stack.startHub();
await stack.signIn();
const probe = await stack.client();
const browser = await launch();
const timers = [];
test.after(async () => {
    timers.forEach(clearInterval);
    await browser.close();
    await stack.stop();
});

const health = { seq: 1, firmware: '1.4.0', reset_reason: 'power', uptime_ms: 90000, boots: 3, heap_free_bytes: 120000, heap_low_bytes: 90000, rssi_dbm: -61 };
const say = (id, status) => probe.publishAsync(`device/${id}/status`, JSON.stringify(status), { qos: 1, retain: true });
/** Keeps saying it, so that the device stays online. */
async function keepSaying(id, status) {
    await say(id, { online: true, ...health, ...status });
    timers.push(setInterval(() => say(id, { online: true, ...health, ...status }), 1000));
}
await keepSaying('lamp-1', { type: 'lamp', lit: 1 });
await keepSaying('stalled-1', { type: 'window', fault: 'motor_stall', fault_number: 205 });
await probe.publishAsync('window/stalled-1/state', JSON.stringify({ position: 40, target: 60, moving: false, calibrated: true, fault: 'stalled' }), { qos: 1, retain: true });
await probe.publishAsync('sensor/bare-1/temperature', '14.5', { qos: 1 });
assert.equal((await stack.post('/api/v1/devices', { device_id: 'new-1', type: 'window' })).status, 201);

const errors = [];
const open = (options) => openPage(browser, stack, errors, options);
const signIn = (page) => signInTo(page, stack);
const rail = (page) => page.getByRole('navigation', { name: 'Main' });
const live = (page) => page.getByRole('banner').getByText('Live', { exact: true });
const stored = (page) => page.evaluate(() => JSON.parse(localStorage.getItem('roost-session')));
/** The access token becomes one that the hub refuses, while no tab runs the console; then all load it at
 *  once. (A tab that is left in the middle of a renewal would take the new tokens with it.) */
async function expire(...tabs) {
    for (const tab of tabs) await tab.goto(`${stack.url}/icon.svg`);
    await tabs[0].evaluate(() => {
        const session = JSON.parse(localStorage.getItem('roost-session'));
        localStorage.setItem('roost-session', JSON.stringify({ ...session, access_token: 'expired' }));
    });
    await Promise.all(tabs.map((tab) => tab.goto(stack.url)));
}
/** Counts requests of all tabs whose address ends so, and remembers every address. */
function watch(context) {
    const urls = [];
    context.on('request', (request) => urls.push(`${request.method()} ${request.url()}`));
    return { urls, count: (end) => urls.filter((url) => url.endsWith(end)).length };
}

test('two tabs are one session: in, renewed once, out', async () => {
    const first = await open();
    const context = first.context();
    const seen = watch(context);
    const second = await open({ context });
    await second.getByLabel('E-mail').waitFor();
    await signIn(first);
    await live(first).waitFor();
    await live(second).waitFor(); // without typing anything there

    await expire(first, second);
    await Promise.all([live(first).waitFor(), live(second).waitFor()]);
    assert.equal(seen.count('/auth/refresh'), 1, 'one tab renews, the other takes what it got');
    assert.notEqual((await stored(second)).access_token, 'expired');
    const { access_token, refresh_token } = await stored(first);
    for (const secret of [access_token, refresh_token, stack.password])
        assert.ok(!seen.urls.some((url) => url.includes(secret)), 'no secret in an address');

    await first.getByRole('button', { name: 'Sign out' }).click();
    await first.getByLabel('E-mail').waitFor();
    await second.getByLabel('E-mail').waitFor();
    assert.equal(await stored(second), null);
    await until('the hub has ended it, too', async () => (await stack.post('/api/v1/auth/refresh', { refresh_token })).status === 401);
    await context.close();
});

test('without Web Locks (plain HTTP from elsewhere) still one tab renews', async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
    const seen = watch(context);
    const tabs = [await open({ context }), await open({ context }), await open({ context })];
    await signIn(tabs[0]);
    for (const tab of tabs) await live(tab).waitFor();
    await expire(...tabs);
    for (const tab of tabs) await live(tab).waitFor();
    assert.equal(seen.count('/auth/refresh'), 1);
    await context.close();
});

test('429 and 503 keep the session, 401 ends it in every tab', async () => {
    const page = await open();
    const context = page.context();
    await signIn(page);
    await live(page).waitFor();
    for (const status of [503, 429]) {
        await context.route('**/auth/refresh', (route) => route.fulfill({ status, json: { error: { code: 'busy', message: `busy ${status}` } } }));
        await expire(page);
        await page.getByText('The hub cannot be reached since').waitFor();
        await page.getByText(`busy ${status}`).first().waitFor();
        assert.ok(await rail(page).isVisible(), 'still signed in');
        await context.unroute('**/auth/refresh');
        await page.getByRole('button', { name: 'Try now' }).click({ timeout: 2000 }).catch(() => undefined); // it tries by itself, too
        await live(page).waitFor();
        assert.equal(await page.getByText('The hub cannot be reached since').count(), 0);
    }
    const other = await open({ context });
    await live(other).waitFor();
    const { refresh_token } = await stored(page);
    assert.equal((await stack.post('/api/v1/auth/logout', { refresh_token })).status, 204);
    await expire(page, other);
    await page.getByLabel('E-mail').waitFor();
    await other.getByLabel('E-mail').waitFor();
    await context.close();
});

test('deep links, reload, back, and addresses of nothing', async () => {
    errors.length = 0; // the browser logs the refused requests above itself
    const page = await open({ path: '/#/devices/lamp-1' });
    await page.getByLabel('E-mail').waitFor();
    assert.equal(await page.title(), 'Sign in · Roost');
    await signIn(page);
    await page.getByRole('heading', { level: 1, name: 'lamp-1' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'lamp-1' }).waitFor();
    assert.equal(await page.title(), 'lamp-1 · Roost');

    await go(page, 'Devices');
    assert.equal(await page.title(), 'Devices · Roost');
    assert.equal(await rail(page).getByRole('link', { name: 'Devices' }).getAttribute('aria-current'), 'page');
    await page.getByLabel('Search devices').fill('stalled');
    await until('only it is left', async () => (await page.getByRole('row').count()) === 2);
    await page.reload();
    await page.getByRole('link', { name: 'stalled-1' }).waitFor();
    assert.equal(await page.getByLabel('Search devices').inputValue(), 'stalled');
    assert.equal(await page.getByRole('row').count(), 2);
    await page.getByRole('link', { name: 'stalled-1' }).click();
    await page.getByRole('heading', { level: 1, name: 'stalled-1' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'lamp-1' }).waitFor();
    assert.deepEqual(errors, []);

    await page.goto(`${stack.url}/#/devices/nobody`);
    await page.getByRole('heading', { level: 1, name: 'Unknown device' }).waitFor();
    await page.getByText('No device nobody is registered here.').waitFor();
    assert.equal(await page.title(), 'Unknown device · Roost');
    await page.goto(`${stack.url}/#/what/is/this`);
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    await page.context().close();
    errors.length = 0; // the 404 of nobody
});

test('a device of another kind has the generic page, a window its own', async () => {
    const page = await open();
    await signIn(page);
    await goToDevice(page, 'lamp-1');
    for (const name of ['Health', 'Connection', 'About', 'Commands', 'Settings']) await page.getByRole('heading', { level: 2, name, exact: true }).waitFor();
    await page.getByRole('button', { name: 'Reboot' }).waitFor();
    await page.getByText('Lit', { exact: true }).waitFor(); // a counter of its own, by its name
    for (const name of ['Window', "The model's decision", 'Now', 'History'])
        assert.equal(await page.getByRole('heading', { name, exact: true }).count(), 0, name);
    assert.doesNotMatch(await page.getByRole('main').innerText(), /window|temperature|humidity|calibrate/i);
    // Asked first; nothing is sent when the answer is no.
    await page.getByRole('button', { name: 'Reboot' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('None has been sent yet.').waitFor();

    await goToDevice(page, 'stalled-1');
    await page.getByRole('heading', { name: 'Window', exact: true }).waitFor();
    await page.getByText('205 Window motor stalled').waitFor();
    await page.getByRole('alert').getByRole('button', { name: 'Calibrate' }).waitFor();

    await goToDevice(page, 'bare-1');
    assert.match(await page.getByTestId('temperature').textContent(), /14\.5/);
    await page.getByText('The device takes no commands: it sends no status.').or(page.getByText('The device is offline.')).first().waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Window', exact: true }).count(), 0);

    // Its columns come with it: a table of windows alone has them.
    await page.goto(`${stack.url}/#/devices?type=window`);
    await page.getByRole('columnheader', { name: 'Humidity' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'lamp-1' }).count(), 0);
    await page.getByRole('navigation', { name: 'Products' }).getByRole('link', { name: 'All' }).click();
    await page.getByRole('link', { name: 'lamp-1' }).waitFor();
    assert.equal(await page.getByRole('columnheader', { name: 'Humidity' }).count(), 0);
    assert.deepEqual(errors, []);
    await page.context().close();
});

const lamp = `
import { Card, Facts } from '../../shell/Card';
import { counterOf, type Product } from '../../shell/product';

export const lamp: Product = {
    type: 'lamp',
    one: 'Lamp',
    many: 'Lamps',
    icon: 'M8 2a4 4 0 0 1 2 7.5V11H6V9.5A4 4 0 0 1 8 2z',
    now: (device) => (counterOf(device, 'lit') ? 'On' : 'Off'),
    columns: [{ key: 'lit', label: 'Light', value: (device) => lamp.now!(device) }],
    Summary: ({ devices }) => <p class="big">{devices.filter((device) => counterOf(device, 'lit')).length} <small>on</small></p>,
    Panel: ({ device }) => <Card title="Lamp"><Facts rows={[['Light', lamp.now!(device)]]} /></Card>,
    actions: [{ command: 'on', label: 'Switch on' }, { command: 'off', label: 'Switch off' }],
    settings: [{ key: 'off_after_minutes', label: 'Off after', unit: 'min', min: 0, max: 1440 }],
};
`;

test('shell and hub layer know no product, and a product leaves no trace', () => {
    const source = path.join(root, 'web/src');
    const files = ['shell', 'hub'].flatMap((folder) => fs.readdirSync(path.join(source, folder)).map((name) => path.join(source, folder, name)));
    for (const file of [...files, path.join(source, 'main.tsx')].filter((name) => /\.tsx?$/.test(name)))
        assert.doesNotMatch(fs.readFileSync(file, 'utf8'), /window|temperature|humidity|climate|calibrat|motor|products\/(?!$|\.| |index)[a-z]/i, file);
    const copy = path.join(stack.dir, 'web');
    fs.cpSync(source, path.join(copy, 'src'), { recursive: true });
    fs.cpSync(path.join(root, 'web/tsconfig.json'), path.join(copy, 'tsconfig.json'));
    fs.symlinkSync(path.join(root, 'web/node_modules'), path.join(copy, 'node_modules'));
    const index = path.join(copy, 'src/products/index.ts');
    // The examples' lines lead out of what is copied.
    const lines = fs.readFileSync(index, 'utf8').replace(/^export \* from '(\.\.\/)+examples\/.*\n/gm, '');
    const line = "export * from './window';\n";
    assert.ok(lines.includes(line));
    fs.rmSync(path.join(copy, 'src/products/window'), { recursive: true });
    const types = () => execFileSync(path.join(root, 'web/node_modules/.bin/tsc'), ['--noEmit', '-p', copy], { encoding: 'utf8' });
    fs.writeFileSync(index, lines.replace(line, ''));
    types();
    // And another comes by a folder and a line.
    fs.mkdirSync(path.join(copy, 'src/products/lamp'));
    fs.writeFileSync(path.join(copy, 'src/products/lamp/index.tsx'), lamp);
    fs.writeFileSync(index, lines.replace(line, "export * from './lamp';\n"));
    types();
});

test('holes of a series are found: three times the usual distance, half a minute at least', async () => {
    const { transformSync } = await import(path.join(root, 'web/node_modules/esbuild/lib/main.js'));
    const { code } = transformSync(fs.readFileSync(path.join(root, 'web/src/shell/gaps.ts'), 'utf8'), { loader: 'ts', format: 'esm' });
    const { gapsOf } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const at = (...seconds) => seconds.map((s) => [s * 1000, 1, 1, 1]);
    assert.deepEqual(gapsOf(at(0, 10, 20, 50, 60), 70000), [], 'three times is none yet');
    assert.deepEqual(gapsOf(at(0, 10, 20, 51, 61), 70000), [[20000, 51000]]);
    assert.deepEqual(gapsOf(at(0, 1, 2, 32, 33), 34000), [], 'half a minute of a fast series');
    assert.deepEqual(gapsOf(at(0, 1, 2, 33, 34), 70000), [[2000, 33000], [34000, 70000]], 'and up to now');
    assert.deepEqual(gapsOf(at(0, 100), 900000), [], 'two points have no usual distance');
    assert.deepEqual(gapsOf([], 900000), []);
});

test('never, online, late and offline are said by word, without a reload', async () => {
    const page = await open();
    await signIn(page);
    await go(page, 'Devices');
    const state = (id) => page.getByRole('row', { name: new RegExp(id) });
    await state('new-1').getByText('Never seen', { exact: true }).waitFor();
    await say('fades-1', { online: true, ...health, type: 'lamp' });
    for (const word of ['Online', 'Late', 'Offline']) await state('fades-1').getByText(word, { exact: true }).waitFor();
    await say('fades-1', { online: true, ...health, type: 'lamp', update: { state: 'loading', version: '1.5.0', report: null, error: false } });
    await state('fades-1').getByText('Online', { exact: true }).waitFor();
    await state('fades-1').getByText('Updating', { exact: true }).waitFor();
    await say('fades-1', { online: false });
    await state('fades-1').getByText('Offline', { exact: true }).waitFor();
    await state('stalled-1').getByText('Critical', { exact: true }).waitFor();
    assert.match(await page.getByRole('row').nth(1).innerText(), /stalled-1/, 'most urgent first');

    await page.getByLabel('Connection').selectOption('never');
    await until('only it is left', async () => (await page.getByRole('row').count()) === 2);
    await state('new-1').waitFor();
    assert.match(page.url(), /connectivity=never/);

    // The page says what the hub says.
    await go(page, 'Overview');
    await page.getByRole('heading', { name: /things need a person/ }).waitFor();
    await page.getByRole('link', { name: 'stalled-1: window motor stalled', exact: true }).waitFor();
    const { counts } = (await stack.get('/api/v1/devices?limit=1')).body;
    const shown = page.getByRole('list', { name: 'Condition' });
    assert.match(await shown.innerText(), new RegExp(`Critical\\s+${counts.condition.critical}$`));
    assert.deepEqual(errors, []);
    await page.context().close();
});

test('the hub away: since when is said, values step back, and all of it goes again', async () => {
    const page = await open({ path: '/#/devices/lamp-1' });
    await signIn(page);
    await live(page).waitFor();
    const reboot = page.getByRole('button', { name: 'Reboot' });
    await until('commands can be sent', () => reboot.isEnabled());
    const colour = () => page.locator('dd').first().evaluate((element) => getComputedStyle(element).color);
    const before = await colour();
    await stack.programs.get('roostd').kill('SIGKILL');
    const banner = page.getByText(/The hub cannot be reached since \d/);
    await banner.waitFor();
    await page.getByText('Not live').waitFor();
    assert.equal(await reboot.isEnabled(), false);
    await page.getByText('The hub cannot be reached.', { exact: true }).waitFor();
    assert.notEqual(await colour(), before, 'old values are dimmed');
    await page.screenshot({ path: path.join(process.env.ROOST_SCREENSHOTS ?? stack.dir, 'hub-away.png') });
    await stack.startHub();
    await page.getByRole('button', { name: 'Try now' }).click({ timeout: 2000 }).catch(() => undefined); // it tries by itself, too
    await live(page).waitFor();
    assert.equal(await banner.count(), 0);
    await until('commands again', () => reboot.isEnabled());
    assert.equal(await colour(), before);
    await page.context().close();
    errors.length = 0; // the browser logs the refused connections itself
});

for (const colorScheme of ['light', 'dark'])
    test(`axe-core finds nothing, ${colorScheme}`, async () => {
        const page = await open({ colorScheme });
        const check = async (what) => {
            await page.evaluate(axe.source);
            const { violations } = await page.evaluate(() => globalThis.axe.run());
            assert.deepEqual(violations.map((v) => `${what}: ${v.id}: ${v.nodes.map((node) => node.html).join(' ')}`), []);
        };
        await check('sign-in');
        await signIn(page);
        await page.getByRole('heading', { name: 'Fleet health' }).waitFor();
        for (const width of [1280, 768, 390]) {
            await page.setViewportSize({ width, height: 844 });
            await go(page, 'Overview');
            await page.getByRole('heading', { name: 'Fleet health' }).waitFor();
            await check('overview');
            await go(page, 'Devices');
            await page.getByRole('table').waitFor();
            await check('devices');
            for (const id of ['stalled-1', 'lamp-1']) {
                await goToDevice(page, id);
                await check(id);
            }
            const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
            assert.equal(wide, false, `nothing sticks out at ${width} px`);
        }
        await page.goto(`${stack.url}/#/account`);
        await page.getByRole('heading', { level: 1, name: 'Account' }).waitFor();
        await check('account');
        assert.deepEqual(errors, []);
        await page.context().close();
    });

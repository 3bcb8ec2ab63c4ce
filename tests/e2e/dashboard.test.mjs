// SPDX-License-Identifier: Apache-2.0
// The dashboard in a real browser: sign in, see a value change by itself, move the window by hand.
// Screenshots go to ROOST_SCREENSHOTS for people to look at.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { go, goToDevice, launch, open as openPage, signIn as signInTo } from './browser.mjs';
import { Stack, until } from './support.mjs';

const stack = await Stack.create({ users: ['window-1'] });
const shots = process.env.ROOST_SCREENSHOTS ?? path.join(stack.dir, 'screenshots');
fs.mkdirSync(shots, { recursive: true });
await stack.startBroker();
await stack.startHub();
await stack.startModel();
await stack.startWindow('window-1', ['--speed', '20', '--seed', '7']);
const browser = await launch();
test.after(async () => {
    await browser.close();
    await stack.stop();
});

const errors = [];

const open = (options) => openPage(browser, stack, errors, options);
const signIn = (page) => signInTo(page, stack);

test('the wrong password is refused in words', async () => {
    const page = await open();
    await page.getByLabel('E-mail').fill('operator@roost.local');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('wrong e-mail or password').waitFor();
    await page.screenshot({ path: path.join(shots, 'sign-in.png') });
    await page.context().close();
    errors.length = 0; // the browser logs the 401 itself
});

test('overview, devices, live values, the window moved by hand', async () => {
    const page = await open();
    await signIn(page);
    await page.getByRole('main').getByRole('link', { name: 'window-1' }).first().waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.screenshot({ path: path.join(shots, 'overview.png'), fullPage: true });
    await go(page, 'Devices');
    const row = page.getByRole('row', { name: /window-1/ });
    await row.getByText('Online', { exact: true }).waitFor();
    await page.screenshot({ path: path.join(shots, 'devices.png') });
    await goToDevice(page, 'window-1');

    const value = page.getByTestId('temperature');
    await value.waitFor();
    const first = await value.textContent();
    await until('the temperature changes without a reload', async () => (await value.textContent()) !== first, 60);

    await page.getByRole('heading', { name: "The model's decision" }).waitFor();
    await page.getByText('Confidence').waitFor({ timeout: 60000 });
    const slider = page.getByRole('slider');
    const at = async () => parseInt(await page.getByTestId('position').textContent(), 10);
    const wanted = (await at()) > 50 ? 20 : 80;
    await slider.fill(String(wanted));
    await page.getByRole('button', { name: 'Move the window' }).click();
    await until('the drawing follows', async () => Math.abs((await at()) - wanted) <= 3, 60);
    await page.screenshot({ path: path.join(shots, 'window.png'), fullPage: true });

    await page.getByRole('button', { name: 'Show settings' }).click();
    await page.getByText('ok', { exact: true }).first().waitFor();
    // Settings are read from the device, written to it, and refused by it in its own words.
    await page.getByRole('button', { name: 'Read from the device' }).click();
    const interval = page.getByLabel('Measures every');
    await until('they come', async () => (await interval.inputValue()) === '10');
    await interval.fill('5');
    await page.getByRole('button', { name: 'Save on the device' }).click();
    await page.getByText('The device has taken them.').waitFor();
    await page.getByRole('button', { name: 'Read from the device' }).click();
    await until('they are as saved', async () => (await interval.inputValue()) === '5');
    await interval.evaluate((input) => input.removeAttribute('max'));
    await interval.fill('99999');
    await page.getByRole('button', { name: 'Save on the device' }).click();
    await page.getByRole('status').getByText(/sample_interval_ms.*allowed 500\.\.3600000 ms/).waitFor();
    for (const range of ['1 day', '1 hour']) await page.getByText(range, { exact: true }).click();

    // Zoom by dragging, back by the button. The charts are drawn anew when the range's history comes, which
    // may be in the middle of a drag: then it is done again.
    const plot = page.locator('.strip .u-over').first();
    await until('a drag zooms, the button shows all', async () => {
        await plot.scrollIntoViewIfNeeded({ timeout: 2000 });
        const box = await plot.boundingBox();
        await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width * 0.7, box.y + 70, { steps: 5 });
        await page.mouse.up();
        await page.getByRole('button', { name: 'Show all' }).first().click({ timeout: 2000 });
        return true;
    }, 30);
    assert.deepEqual(errors, []);
    await page.context().close();
});

test('dark, on a phone, and by keyboard alone', async () => {
    const page = await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', isMobile: true, hasTouch: true });
    await page.keyboard.press('Tab');
    await page.getByLabel('E-mail').focus();
    await page.keyboard.type('operator@roost.local');
    await page.keyboard.press('Tab');
    await page.keyboard.type(stack.password);
    await page.keyboard.press('Enter');
    await page.getByRole('main').getByRole('link', { name: 'window-1' }).first().waitFor();
    await page.screenshot({ path: path.join(shots, 'phone-overview.png') });
    for (let i = 0; i < 6; i++) {
        if (await page.getByRole('link', { name: 'Devices', exact: true }).evaluate((link) => link === document.activeElement)) break;
        await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
    await page.screenshot({ path: path.join(shots, 'phone-devices.png') });
    for (let i = 0; i < 20; i++) {
        if (await page.getByRole('link', { name: 'window-1', exact: true }).evaluate((link) => link === document.activeElement)) break;
        await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.getByTestId('position').waitFor();
    await page.getByRole('slider').focus();
    const before = await page.getByRole('slider').inputValue();
    await page.keyboard.press(before === '0' ? 'ArrowRight' : 'ArrowLeft');
    assert.notEqual(await page.getByRole('slider').inputValue(), before);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(wide, false, 'nothing sticks out of the screen');
    await page.screenshot({ path: path.join(shots, 'phone-window.png'), fullPage: true });

    // What a screen reader gets: every control and picture has a name.
    const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, input, select, [role=img], meter, [role=meter]')].filter((element) => {
        const label = element.closest('label')?.textContent?.trim() || element.getAttribute('aria-label') || element.textContent?.trim();
        return !label;
    }).map((element) => element.outerHTML));
    assert.deepEqual(unnamed, []);
    await page.context().close();
});

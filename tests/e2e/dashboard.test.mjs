// SPDX-License-Identifier: Apache-2.0
// The dashboard in a real browser: sign in, see a value change by itself, move the window by hand.
// Screenshots go to ROOST_SCREENSHOTS for people to look at.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { Stack, until } from './support.mjs';

const stack = await Stack.create({ users: ['window-1'] });
const shots = process.env.ROOST_SCREENSHOTS ?? path.join(stack.dir, 'screenshots');
fs.mkdirSync(shots, { recursive: true });
await stack.startBroker();
await stack.startHub();
await stack.startModel();
await stack.startWindow('window-1', ['--speed', '20', '--seed', '7']);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
test.after(async () => {
    await browser.close();
    await stack.stop();
});

const errors = [];

async function open(options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(stack.url);
    return page;
}

async function signIn(page) {
    await page.getByLabel('E-mail').fill('operator@roost.local');
    await page.getByLabel('Password').fill(stack.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
}

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

test('fleet, live values, the window moved by hand', async () => {
    const page = await open();
    await signIn(page);
    await page.getByRole('link', { name: 'window-1' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.screenshot({ path: path.join(shots, 'fleet.png') });
    await page.getByRole('link', { name: 'window-1' }).click();

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
    for (const range of ['1 day', '1 hour']) await page.getByText(range, { exact: true }).click();

    // Zoom by dragging, back by the button. The charts are drawn anew when the range's history comes, which
    // may be in the middle of a drag: then it is done again.
    const plot = page.locator('.chart .u-over').first();
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
    await page.getByRole('link', { name: 'window-1' }).waitFor();
    await page.screenshot({ path: path.join(shots, 'phone-fleet.png') });
    for (let i = 0; i < 12; i++) {
        if (await page.getByRole('link', { name: 'window-1' }).evaluate((link) => link === document.activeElement)) break;
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
    const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, input, [role=img], meter')].filter((element) => {
        const label = element.closest('label')?.textContent?.trim() || element.getAttribute('aria-label') || element.textContent?.trim();
        return !label;
    }).map((element) => element.outerHTML));
    assert.deepEqual(unnamed, []);
    await page.context().close();
});

// SPDX-License-Identifier: Apache-2.0
// A real browser on the console of a stack: opens pages, signs in, collects what went wrong on them.
import { chromium } from 'playwright-core';
import { Stack } from './support.mjs';

export const launch = () => chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
});

/** Broker, hub, a client that speaks for devices, and a browser, until the tests of the file are over. */
export async function house(test, options) {
    const stack = await Stack.create(options);
    await stack.startBroker();
    await stack.startHub();
    await stack.signIn();
    const probe = await stack.client();
    const browser = await launch();
    test.after(async () => {
        await browser.close();
        await stack.stop();
    });
    return { stack, probe, browser };
}

/** A page of its own context (a browser profile), or another tab of a given one. */
export async function open(browser, stack, errors, { path = '/', context, ...options } = {}) {
    context ??= await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(stack.url + path);
    return page;
}

export async function signIn(page, stack) {
    await page.getByLabel('E-mail').fill('operator@roost.local');
    await page.getByLabel('Password').fill(stack.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

/** Goes to a page by the rail. */
export async function go(page, place) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
}

/** From wherever to the page of a device, by the table. */
export async function goToDevice(page, id) {
    await go(page, 'Devices');
    await page.getByRole('table').getByRole('link', { name: id, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: id }).waitFor();
}

/** Text that its own box cuts off, without the three dots that say so, and what stands out of the page; to be run in it. */
export const cutOff = () => [...document.querySelectorAll('body *')].flatMap((element) => {
    const style = getComputedStyle(element);
    if (!element.getClientRects().length || element.closest('.sr, .u-wrap, svg, .plot') || element.matches('.brand span, .skip')) return [];
    const out = [];
    const box = element.getBoundingClientRect();
    if ((box.right > innerWidth + 1 || box.left < -1) && !element.closest('.scroll, .tabs')) out.push(`out of the page: ${element.outerHTML.slice(0, 120)}`);
    if (!element.childElementCount && element.textContent.trim() && element.scrollWidth > element.clientWidth + 1 && style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis' && style.display !== 'inline')
        out.push(`cut off: ${element.outerHTML.slice(0, 120)}`);
    return out;
});

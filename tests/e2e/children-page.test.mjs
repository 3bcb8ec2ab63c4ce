// SPDX-License-Identifier: Apache-2.0
// The page "Children" in a real browser: a child is added, its parent's consent recorded and taken back, its
// teddy seen; what axe-core finds; and where a name must not be.
import test from 'node:test';
import assert from 'node:assert/strict';
import axe from 'axe-core';
import fs from 'node:fs';
import path from 'node:path';
import { go, goToDevice, house, open as openPage, signIn as signInTo } from './browser.mjs';
import { until } from './support.mjs';

const { stack, browser } = await house(test);
const shots = process.env.ROOST_SCREENSHOTS ?? path.join(stack.dir, 'screenshots');
fs.mkdirSync(shots, { recursive: true });
assert.equal((await stack.post('/api/v1/devices', { device_id: 'teddy-0001', type: 'teddy' })).status, 201);

const errors = [];
async function signedIn(options) {
    const page = await openPage(browser, stack, errors, options);
    await signInTo(page, stack);
    return page;
}
const year = new Date().getUTCFullYear();
const NAME = 'ليلى "><script>alert(1)</script>'.slice(0, 30);

test('an operator adds a child and records what a parent agreed to', async () => {
    const page = await signedIn();
    await go(page, 'Children');
    await page.getByText('No child is kept here yet.').waitFor();
    await page.getByLabel('Name').fill(NAME);
    await page.getByLabel('Month of birth').fill(`${year - 7}-01`);
    await page.getByLabel('Language').selectOption('Arabic');
    await page.getByLabel('Id').fill('c-1');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: NAME }).waitFor();
    await page.getByText('6-8 years · Arabic').waitFor();
    await page.getByText('None has been claimed for this child.').waitFor();
    const consents = page.getByRole('region', { name: 'Consents' });
    assert.match(await consents.innerText(), /Service\s+No\s+Disclosure\s+No/);

    // Two messages are no method of a disclosure, and the page does not offer them.
    const form = page.getByRole('form', { name: 'Record a consent' });
    const methods = () => form.getByLabel('Method').locator('option').allTextContents();
    assert.ok((await methods()).includes('E-mail plus'));
    await form.getByLabel('Agreed to').selectOption('disclosure');
    assert.ok(!(await methods()).includes('E-mail plus'));
    await form.getByLabel('Agreed to').selectOption('service');
    await form.getByLabel('Method').selectOption('Signed form');
    await form.getByLabel('Notice version').fill('2026-05');
    await form.getByRole('button', { name: 'Record consent' }).click();
    await consents.getByText('by signed form, notice 2026-05').waitFor();
    assert.match(await consents.innerText(), /Service\s+Agreed\s+Disclosure\s+No/);
    assert.deepEqual((await stack.get('/api/v1/children/c-1')).body.consents, { service: true, disclosure: false });
    await page.getByRole('region', { name: 'Who did what' }).getByText('Consent to service given').waitFor();
    await page.screenshot({ path: path.join(shots, 'child.png'), fullPage: true });

    await consents.getByRole('button', { name: 'Revoke service…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await until('it is taken back', async () => /Service\s+No/.test(await consents.innerText()));
    assert.equal((await stack.get('/api/v1/children/c-1')).body.consents.service, false);

    for (const where of [page.url(), await page.title(), JSON.stringify(await page.evaluate(() => ({ ...localStorage, ...sessionStorage })))])
        assert.ok(!where.includes('ليلى') && !decodeURIComponent(where).includes('ليلى'), where);
    assert.deepEqual(errors, []);
    await page.context().close();
});

test('what the hub refuses is said with the field and its limit', async () => {
    const page = await signedIn();
    await go(page, 'Children');
    await page.getByRole('row', { name: /6-8/ }).getByRole('link').click();
    const profile = page.getByRole('region', { name: 'Profile' });
    await profile.getByLabel('Name').fill('Ada\u202e');
    await profile.getByRole('button', { name: 'Save' }).click();
    await profile.getByText('name: 1 to 30 characters of UTF-8, no control characters').waitFor();
    await profile.getByLabel('Name').fill('Ada');
    await profile.getByLabel('Month of birth').fill(`${year - 10}-01`);
    await profile.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'Ada' }).waitFor();
    await page.getByText('9-11 years').waitFor();
    await profile.getByRole('button', { name: 'Delete this child…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await stack.get('/api/v1/children/c-1')).status, 200);
    errors.length = 0; // the browser logs the refused request itself
    await page.context().close();
});

test('a teddy has a page and a card of its own', async () => {
    const page = await signedIn();
    await page.getByRole('region', { name: 'Teddies' }).getByText('talking now').waitFor();
    await goToDevice(page, 'teddy-0001');
    await page.getByRole('heading', { name: 'Last turn' }).waitFor();
    await page.getByText('Nobody has spoken with it since the hub began.').waitFor();
    await page.screenshot({ path: path.join(shots, 'teddy.png'), fullPage: true });
    assert.deepEqual(errors, []);
    await page.context().close();
});

for (const colorScheme of ['light', 'dark'])
    test(`axe-core finds nothing on the children's pages, and nothing sticks out, ${colorScheme}`, async () => {
        const page = await signedIn({ colorScheme });
        await stack.post('/api/v1/children/c-1/consents', { kind: 'disclosure', method: 'card', notice_version: '2026-05', provider: 'chat.example' });
        const check = async (what) => {
            await page.evaluate(axe.source);
            const { violations } = await page.evaluate(() => globalThis.axe.run());
            assert.deepEqual(violations.map((v) => `${what}: ${v.id}: ${v.nodes.map((node) => node.html).join(' ')}`), []);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
            assert.equal(wide, false, `${what}: nothing sticks out at ${page.viewportSize().width} px`);
        };
        for (const width of [1280, 768, 390, 320]) {
            await page.setViewportSize({ width, height: 844 });
            await go(page, 'Children');
            await page.getByRole('table').waitFor();
            await check('children');
            await page.getByRole('row', { name: /9-11/ }).getByRole('link').click();
            await page.getByText('chat.example').first().waitFor();
            await check('child');
            await page.screenshot({ path: path.join(shots, `child-${width}-${colorScheme}.png`), fullPage: true });
            await goToDevice(page, 'teddy-0001');
            await check('teddy');
        }
        assert.deepEqual(errors, []);
        await page.context().close();
    });

test('a child is deleted from its page', async () => {
    const page = await signedIn({ path: '/#/children/c-1' });
    await page.getByRole('button', { name: 'Delete this child…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No child is kept here yet.').waitFor();
    assert.equal((await stack.get('/api/v1/children/c-1')).status, 404);
    await page.goto(`${stack.url}/#/children/c-1`);
    await page.getByText('child_id: not found').waitFor();
    await page.context().close();
});

// SPDX-License-Identifier: Apache-2.0
// How an update stands, on the device's page in a real browser: version, state, and the last report in
// words as well as in colour.
import test from 'node:test';
import assert from 'node:assert/strict';
import { goToDevice, launch, open, signIn } from './browser.mjs';
import { Stack } from './support.mjs';

const stack = await Stack.create();
await stack.startBroker();
await stack.startHub();
const browser = await launch();
test.after(async () => {
    await browser.close();
    await stack.stop();
});

test('an update is seen to go on, to fail and to succeed', async () => {
    const probe = await stack.client();
    const say = (update) => probe.publishAsync('device/window-9/status', JSON.stringify({ online: true, seq: 1, type: 'window', firmware: '1.3.0', update }), { qos: 1, retain: true });
    await say(undefined);
    const errors = [];
    const page = await open(browser, stack, errors);
    await signIn(page, stack);
    await goToDevice(page, 'window-9');
    await page.getByRole('heading', { name: 'Health' }).waitFor();
    const panel = page.getByTestId('update');
    assert.equal(await panel.count(), 0, 'a device without updates has no such panel');
    await say({ state: 'loading', version: '1.4.0', report: null, error: false });
    await panel.getByText('downloading').waitFor();
    await panel.getByText('1.4.0', { exact: true }).waitFor();
    await panel.getByText('1.3.0', { exact: true }).waitFor();
    await say({ state: 'idle', version: '1.4.0', report: '1.4.0 rolled back: no broker within 300 s', error: true });
    const failed = panel.getByRole('alert');
    await failed.waitFor();
    assert.equal(await failed.textContent(), 'Failed: 1.4.0 rolled back: no broker within 300 s');
    const colour = (locator) => locator.evaluate((element) => getComputedStyle(element).color);
    const bad = await colour(failed);
    await say({ state: 'idle', version: '1.4.0', report: 'installed 1.4.0', error: false });
    const done = panel.getByText('Done: installed 1.4.0');
    await done.waitFor();
    assert.equal(await panel.getByRole('alert').count(), 0);
    assert.notEqual(await colour(done), bad);
    assert.deepEqual(errors, []);
});

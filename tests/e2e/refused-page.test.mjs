// SPDX-License-Identifier: Apache-2.0
// What was refused of a device is on its page, and nothing is there for one that is understood.
import test from 'node:test';
import assert from 'node:assert/strict';
import { goToDevice, launch, open, signIn } from './browser.mjs';
import { Stack, until } from './support.mjs';

test('the page of a device shows what was refused', async (t) => {
    const stack = await Stack.create();
    const browser = await launch();
    t.after(() => browser.close().then(() => stack.stop()));
    await stack.startBroker();
    await stack.startHub();
    await stack.signIn();
    const probe = await stack.client();
    await probe.publishAsync('sensor/good-1/temperature', '20', { qos: 1 });
    await probe.publishAsync('sensor/odd-1/temperature', '<b>hot</b>', { qos: 1 });
    await probe.publishAsync('sensor/odd-1/humidity', '500', { qos: 1 });
    await until('it is counted', async () => (await stack.get('/api/v1/devices/odd-1')).body.refused?.length === 2);

    const errors = [];
    const page = await open(browser, stack, errors);
    await signIn(page, stack);
    await goToDevice(page, 'odd-1');
    const card = page.locator('section, article, div').filter({ has: page.getByRole('heading', { name: 'Refused messages' }) }).last();
    await card.getByText('sensor/odd-1/temperature').waitFor();
    await card.getByText('<b>hot</b>').waitFor();
    await card.getByText('Range', { exact: true }).waitFor();
    await goToDevice(page, 'good-1');
    assert.equal(await page.getByRole('heading', { name: 'Refused messages' }).count(), 0);
    assert.deepEqual(errors, []);
});

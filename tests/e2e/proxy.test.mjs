// SPDX-License-Identifier: Apache-2.0
// A hub below a path of a reverse proxy: the console in a real browser, its files compressed, and every
// client known by its own address.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { launch, open, signIn } from './browser.mjs';
import { Stack, freePort, until } from './support.mjs';

const stack = await Stack.create({ env: { ROOST_BASE_PATH: '/roost', ROOST_TRUSTED_PROXIES: '127.0.0.1', ALLOWED_HOSTS: 'proxy.example' } });
await stack.startBroker();
await stack.startHub({ wait: false });

// What lies outside /roost/ is another program's. The Host of its clients is passed on, and their address.
let client = '203.0.113.9';
const port = await freePort();
const proxy = http.createServer((request, answer) => {
    if (!request.url.startsWith('/roost')) return answer.writeHead(404).end('another program');
    const headers = { ...request.headers, host: 'proxy.example', 'x-forwarded-for': `198.51.100.1, ${client}` };
    const onward = http.request({ port: stack.httpPort, path: request.url, method: request.method, headers }, (response) => {
        answer.writeHead(response.statusCode, response.headers);
        response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    request.pipe(onward);
}).listen(port, '127.0.0.1');
stack.url = `http://127.0.0.1:${port}/roost`;
await until('hub is ready', async () => (await fetch(`${stack.url}/health/ready`)).ok);
await stack.signIn();

const browser = await launch();
test.after(async () => {
    await browser.close();
    proxy.closeAllConnections();
    proxy.close();
    await stack.stop();
});

test('the console works below a path: page, sign-in, live events', async () => {
    const errors = [];
    const page = await open(browser, stack, errors);
    assert.match(page.url(), /\/roost\/(#.*)?$/);
    await signIn(page, stack);
    await page.getByRole('banner').getByText('Live', { exact: true }).waitFor();
    const probe = await stack.client();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Devices' }).click();
    await probe.publishAsync('sensor/below-1/temperature', '14.5', { qos: 1 });
    await page.getByRole('table').getByRole('link', { name: 'below-1', exact: true }).waitFor();
    await page.reload();
    await page.getByRole('table').getByRole('link', { name: 'below-1', exact: true }).waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
});

test('the base without its slash leads to it', async () => {
    const answer = await fetch(stack.url, { redirect: 'manual' });
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.get('location'), '/roost/');
    assert.equal((await fetch(`http://127.0.0.1:${port}/api/v1/devices`)).status, 404);
});

test('what a device is told lies below it as well', async () => {
    const { body } = await stack.get('/api/v1/esp32/config');
    assert.equal(body.firmware_endpoint, '/roost/api/v1/esp32/firmware');
    assert.equal(body.ws_path, '/roost/api/v1/esp32/private/chat');
});

test('the script is sent compressed to whom takes that', async () => {
    const page = await (await fetch(`${stack.url}/`)).text();
    const script = page.match(/src="\.\/(assets\/[^"]+\.js)"/)[1];
    const ask = (encoding) => new Promise((resolve) => http.get(`${stack.url}/${script}`, { headers: encoding ? { 'accept-encoding': encoding } : {} }, async (answer) => {
        const parts = await answer.toArray();
        resolve({ headers: answer.headers, bytes: parts.reduce((sum, part) => sum + part.length, 0) });
    }));
    const plain = await ask();
    const small = await ask('gzip, br');
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(small.headers['content-encoding'], 'gzip');
    assert.ok(small.bytes < plain.bytes / 2, `${small.bytes} of ${plain.bytes}`);
    assert.notEqual(small.headers.etag, plain.headers.etag);
    for (const { headers } of [plain, small]) assert.match(headers.vary, /Accept-Encoding/);
});

test('a client is known by its own address, not by the proxy\'s or one it made up', async () => {
    const refuse = () => stack.post('/api/v1/auth/login', { email: 'nobody@roost.local', password: 'wrong password' });
    client = '[2001:db8::9]:4711';
    assert.equal((await refuse()).status, 401);
    client = 'unknown';
    assert.equal((await refuse()).status, 401);
    const remotes = () => fs.readFileSync(stack.programs.get('roostd').log, 'utf8').split('\n')
        .filter((line) => line.includes('sign-in refused')).map((line) => JSON.parse(line).remote);
    await until('both refusals in the log', () => remotes().length >= 2);
    assert.deepEqual(remotes(), ['2001:db8::9', '127.0.0.1']);
    client = '203.0.113.9';
});

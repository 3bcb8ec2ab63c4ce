// SPDX-License-Identifier: Apache-2.0
// What every device may ask without a sign-in: the configuration, the firmware's manifest, its image.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { described as asDescribed } from './described.mjs';
import { Stack, bin, freePort } from './support.mjs';

const stack = await Stack.create({ env: { ALLOWED_HOSTS: '127.0.0.1,hub.example', ROOST_NTP_SERVERS: 'time.example, 192.0.2.1' } });
test.after(() => stack.stop());
const folder = path.join(stack.dir, 'firmware');
fs.mkdirSync(folder);
stack.env.ROOST_FIRMWARE_DIR = folder;
await stack.startBroker();
await stack.startHub();
const description = (await stack.get('/api/openapi.json')).body;
const described = (route, answer) => asDescribed(description, 'GET', route, answer);

const CONFIG = '/api/v1/esp32/config';
const FIRMWARE = '/api/v1/esp32/firmware';
const IMAGE = '/api/v1/esp32/firmware/image';

/** Puts a file in place at once, as roost-firmware does. */
function put(name, bytes) {
    fs.writeFileSync(path.join(folder, `.${name}`), bytes);
    fs.renameSync(path.join(folder, `.${name}`), path.join(folder, name));
}

function makeImage(size, segments = 4) {
    const image = randomBytes(size);
    image[0] = 0xe9;
    image[1] = segments;
    return image;
}

function manifestOf(image, more = {}) {
    return {
        version: '1.4.0', build: 'a1b2c3', available: true, mandatory: false,
        sha256: createHash('sha256').update(image).digest('hex'), size: image.length, notes: 'Quieter “stepper”',
        compatibility: { min_hardware_version: 1, max_hardware_version: 9, required_bootloader: null },
        meta: { product: 'window', target: 'esp32c3' },
        security_version: 3, key_id: randomBytes(8).toString('hex'), signature: randomBytes(64).toString('hex'), ...more,
    };
}

function publish(image, more) {
    put('firmware.bin', image);
    const manifest = manifestOf(image, more);
    put('manifest.json', JSON.stringify(manifest));
    return manifest;
}

/** Raw bytes: the body as it came. */
async function raw(where, headers = {}, method = 'GET') {
    const response = await fetch(stack.url + where, { method, headers });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

function secured(answer) {
    for (const [name, value] of [['x-content-type-options', 'nosniff'], ['x-frame-options', 'DENY'], ['strict-transport-security', /max-age=\d+/],
        ['content-security-policy', /default-src/], ['referrer-policy', /./]])
        assert.match(answer.headers.get(name) ?? '', value instanceof RegExp ? value : new RegExp(`^${value}$`), name);
}

test('the configuration, its tag and its cache', async () => {
    const first = await stack.get(CONFIG);
    assert.equal(first.status, 200);
    described(CONFIG, first);
    secured(first);
    assert.equal(first.headers.get('cache-control'), 'public, max-age=600');
    assert.deepEqual(Object.keys(first.body), ['host', 'port', 'ws_path', 'firmware_endpoint', 'tls', 'ntp', 'features', 'app_version', 'firmware_version', 'timestamp']);
    assert.deepEqual([first.body.host, first.body.port, first.body.tls], ['127.0.0.1', stack.httpPort, false]);
    assert.deepEqual(first.body.ntp, ['time.example', '192.0.2.1']);
    assert.equal(first.body.ws_path, '/api/v1/esp32/private/chat');
    assert.equal(first.body.firmware_endpoint, FIRMWARE);
    assert.ok(Math.abs(Date.parse(first.body.timestamp) - Date.now()) < 60000);
    const tag = first.headers.get('etag');
    assert.match(tag, /^"[0-9a-f]+"$/);
    let later = first;
    while (later.body.timestamp === first.body.timestamp) later = await stack.get(CONFIG);
    assert.equal(later.headers.get('etag'), tag, 'the time is no part of it');
    for (const list of [tag, `W/${tag}`, `"x", ${tag}`, `"a,b", W/"c" ,${tag}`, '*']) {
        const same = await stack.get(CONFIG, { 'If-None-Match': list });
        assert.equal(same.status, 304, list);
        assert.equal(same.body, null);
        assert.equal(same.headers.get('etag'), tag);
        assert.equal(same.headers.get('cache-control'), 'public, max-age=600');
        secured(same);
    }
    for (const list of ['"x"', tag.slice(1, -1), '']) assert.equal((await stack.get(CONFIG, list ? { 'If-None-Match': list } : {})).status, 200, list);
    const head = await raw(CONFIG, {}, 'HEAD');
    assert.deepEqual([head.status, head.bytes.length, head.headers.get('etag')], [200, 0, tag]);
    assert.equal((await stack.post(CONFIG, {})).status, 405);
    const asked = (host) => JSON.parse(execFileSync('curl', ['-s', '-H', `Host: ${host}`, stack.url + CONFIG], { encoding: 'utf8' }));
    assert.deepEqual([asked('hub.example').host, asked('hub.example').port], ['hub.example', 80]);
    assert.equal(asked('hub.example:8443').port, 8443);
    assert.equal(asked('evil.example').error.code, 'host_not_allowed');
});

test('no image: 404', async () => {
    for (const route of [FIRMWARE, IMAGE]) {
        const answer = await stack.get(route);
        assert.equal(answer.status, 404);
        described(route, answer);
    }
    assert.equal((await stack.get(CONFIG)).body.firmware_version, '');
});

test('the manifest says what the file says, and where the image is', async () => {
    const image = makeImage(300000);
    const manifest = publish(image);
    const answer = await stack.get(FIRMWARE);
    assert.equal(answer.status, 200);
    described(FIRMWARE, answer);
    secured(answer);
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=600');
    assert.deepEqual(answer.body, { ...manifest, url: `${stack.url}${IMAGE}` });
    const tag = answer.headers.get('etag');
    assert.equal((await stack.get(FIRMWARE, { 'If-None-Match': `W/${tag}` })).status, 304);
    assert.deepEqual([(await raw(FIRMWARE, {}, 'HEAD')).bytes.length, (await raw(FIRMWARE, {}, 'HEAD')).headers.get('etag')], [0, tag]);
    assert.equal((await stack.get(CONFIG)).body.firmware_version, '1.4.0');
    assert.deepEqual((await raw(new URL(answer.body.url).pathname)).bytes, image);
    const other = publish(makeImage(300000), { version: '1.5.0', mandatory: true, available: false });
    const again = await stack.get(FIRMWARE, { 'If-None-Match': tag });
    assert.equal(again.status, 200, 'replaced without a restart');
    assert.deepEqual([again.body.version, again.body.mandatory, again.body.available, again.body.sha256], ['1.5.0', true, false, other.sha256]);
});

test('the image whole, in ranges, and not at all', async () => {
    const image = makeImage(5_000_000, 16);
    const { sha256 } = publish(image);
    const whole = await raw(IMAGE);
    assert.equal(whole.status, 200);
    assert.deepEqual([whole.headers.get('content-type'), whole.headers.get('content-length'), whole.headers.get('accept-ranges'), whole.headers.get('etag')],
        ['application/octet-stream', '5000000', 'bytes', `"${sha256}"`]);
    secured(whole);
    assert.ok(whole.bytes.equals(image));
    for (const [range, from, to] of [['bytes=0-1023', 0, 1023], ['bytes=4194304-', 4194304, 4999999], ['bytes=-100', 4999900, 4999999], ['bytes=4999999-9999999', 4999999, 4999999]]) {
        const part = await raw(IMAGE, { Range: range, 'If-Range': `"${sha256}"` });
        assert.equal(part.status, 206, range);
        assert.equal(part.headers.get('content-range'), `bytes ${from}-${to}/5000000`);
        assert.equal(part.headers.get('content-length'), String(to - from + 1));
        assert.ok(part.bytes.equals(image.subarray(from, to + 1)), range);
    }
    for (const range of ['bytes=5000000-', 'bytes=-0']) {
        const none = await raw(IMAGE, { Range: range });
        assert.deepEqual([none.status, none.headers.get('content-range')], [416, 'bytes */5000000'], range);
    }
    for (const headers of [{ Range: 'bytes=0-9', 'If-Range': '"another"' }, { Range: 'bytes=0-9', 'If-Range': `W/"${sha256}"` }, { Range: 'bytes=0-1,5-9' }, { Range: 'lines=1-2' }])
        assert.deepEqual([(await raw(IMAGE, headers)).status, (await raw(IMAGE, headers)).bytes.length], [200, 5000000]);
    assert.equal((await raw(IMAGE, { 'If-None-Match': `"${sha256}"` })).status, 304);
    const head = await raw(IMAGE, { Range: 'bytes=0-9' }, 'HEAD');
    assert.deepEqual([head.status, head.headers.get('content-length'), head.bytes.length], [200, '5000000', 0]);
});

test('what must not be served is 503 and says why', async () => {
    const good = makeImage(4096);
    const cases = [
        ['magic', () => { const i = makeImage(4096); i[0] = 0x7f; publish(i); }, /ESP32 image.*0x7F/],
        ['no segment', () => publish(makeImage(4096, 0)), /0 segments/],
        ['17 segments', () => publish(makeImage(4096, 17)), /17 segments/],
        ['size', () => publish(good, { size: 4095 }), /^size: .*4096 bytes.*4095/],
        ['sha256', () => publish(good, { sha256: 'ab'.repeat(32) }), /^sha256:/],
        ['half replaced', () => { publish(good); put('firmware.bin', makeImage(4096)); }, /^sha256:/],
        ['manifest gone', () => { publish(good); fs.rmSync(path.join(folder, 'manifest.json')); }, /manifest\.json is missing/],
        ['image gone', () => { publish(good); fs.rmSync(path.join(folder, 'firmware.bin')); }, /firmware\.bin is missing/],
        ['no JSON', () => { publish(good); put('manifest.json', '{"version":'); }, /manifest\.json/],
        ...['version', 'size', 'sha256', 'signature', 'key_id', 'security_version', 'meta'].map((member) =>
            [`without ${member}`, () => publish(good, { [member]: undefined }), new RegExp(`manifest\\.json: ${member} is missing`)]),
        ['without target', () => publish(good, { meta: { product: 'window' } }), /meta\.target is missing/],
    ];
    for (const [name, spoil, why] of cases) {
        spoil();
        for (const route of [FIRMWARE, IMAGE]) {
            const answer = await stack.get(route);
            assert.equal(answer.status, 503, name);
            described(route, answer);
            assert.match(answer.body.error.message, why, name);
            assert.ok(Number(answer.headers.get('retry-after')) > 0, name);
            assert.equal(answer.headers.get('cache-control'), 'no-store', name);
        }
        assert.equal((await stack.get(CONFIG)).status, 200, name);
    }
    assert.match(fs.readFileSync(stack.programs.get('roostd').log, 'utf8'), /"area":"firmware".*17 segments/);
    publish(good);
    assert.equal((await stack.get(FIRMWARE)).status, 200);
    for (const name of ['firmware.bin', 'manifest.json']) fs.rmSync(path.join(folder, name));
    assert.equal((await stack.get(FIRMWARE)).status, 404);
});

test('a download that began goes on when the image is replaced', async () => {
    const old = makeImage(16 << 20);
    publish(old);
    const response = await fetch(stack.url + IMAGE);
    const reader = response.body.getReader();
    const parts = [Buffer.from((await reader.read()).value)];
    publish(makeImage(1 << 20), { version: '2.0.0' });
    assert.equal((await stack.get(FIRMWARE)).body.version, '2.0.0');
    for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(Buffer.from(next.value));
    assert.ok(Buffer.concat(parts).equals(old));
});

test('many downloads at once cost the hub one image', async () => {
    const image = makeImage(16 << 20);
    publish(image);
    const memory = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${stack.programs.get('roostd').child.pid}/status`, 'utf8'))[1]);
    assert.equal((await stack.get(FIRMWARE)).status, 200);
    const before = memory();
    const readers = await Promise.all(Array.from({ length: 24 }, async () => (await fetch(stack.url + IMAGE)).body.getReader()));
    await Promise.all(readers.map((reader) => reader.read()));
    const grown = memory() - before;
    for (const reader of readers) await reader.cancel();
    assert.ok(grown < 64 * 1024, `grew by ${grown} KiB`);
    assert.equal((await stack.get('/health')).status, 200);
});

test('ROOST_PUBLIC_URL is what devices are told', async () => {
    await stack.programs.get('roostd').kill();
    stack.env.ROOST_PUBLIC_URL = 'https://hub.example:8443';
    publish(makeImage(4096));
    await stack.startHub();
    const config = (await stack.get(CONFIG)).body;
    assert.deepEqual([config.host, config.port, config.tls, config.features.strict_tls, config.features.ota], ['hub.example', 8443, true, true, true]);
    assert.equal((await stack.get(FIRMWARE)).body.url, `https://hub.example:8443${IMAGE}`);
});

test('--check reads the image', async () => {
    const port = await freePort();
    const check = () => spawnSync(path.join(bin, 'roostd'), ['--check'], { env: { ...process.env, ...stack.hubEnv(), ROOST_LISTEN: `127.0.0.1:${port}` }, encoding: 'utf8', timeout: 20000 });
    publish(makeImage(4096));
    const good = check();
    assert.equal(good.status, 0, good.stdout);
    assert.match(good.stdout, /^ok +ROOST_FIRMWARE_DIR/m);
    publish(makeImage(4096, 0));
    const out = check();
    assert.notEqual(out.status, 0);
    assert.match(out.stdout, /^FAILED ROOST_FIRMWARE_DIR .*0 segments/m);
    for (const name of ['firmware.bin', 'manifest.json']) fs.rmSync(path.join(folder, name));
    assert.match(check().stdout, /^ok +ROOST_FIRMWARE_DIR/m);
});

test('bad settings are refused with their name', async () => {
    for (const [name, value] of [['ROOST_PUBLIC_URL', 'hub.example'], ['ROOST_PUBLIC_URL', 'ftp://hub.example'], ['ROOST_PUBLIC_URL', 'https://a/b'],
        ['ROOST_NTP_SERVERS', 'a b/c'], ['ROOST_NTP_SERVERS', 'a,b,c,d,e'], ['ROOST_FIRMWARE_DIR', '/nonexistent/firmware']]) {
        const out = spawnSync(path.join(bin, 'roostd'), ['--check'], { env: { ...process.env, ...stack.hubEnv(), [name]: value }, encoding: 'utf8', timeout: 20000 });
        assert.notEqual(out.status, 0, value);
        assert.match(out.stderr + out.stdout, new RegExp(name), value);
    }
});

// SPDX-License-Identifier: Apache-2.0
// Every operation of the OpenAPI description with members missing, extra, of the wrong type, too long and
// too large, and with odd bytes in path, query and headers: never a 500, and every answer as described.
// FUZZ_SEED and FUZZ_ROUNDS repeat a run or lengthen it.
import test from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { connect } from 'node:net';
import { described } from './described.mjs';
import { Stack, until } from './support.mjs';

const seed = Number(process.env.FUZZ_SEED ?? 1);
const rounds = Number(process.env.FUZZ_ROUNDS ?? 40);
const stack = await Stack.create();
test.after(() => stack.stop());
await stack.startBroker();
await stack.startHub();
const probe = await stack.client();
await probe.publishAsync('sensor/fuzz-1/temperature', '21.5', { qos: 1 });
await stack.signIn();
await until('it is registered', async () => (await stack.get('/api/v1/devices/fuzz-1')).status === 200);
const description = (await stack.get('/api/openapi.json')).body;

/** mulberry32: the same seed, the same requests. */
let state = seed;
function random() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const pick = (list) => list[Math.floor(random() * list.length)];

const texts = ['', ' ', 'a', 'fuzz-1', 'window', 'x'.repeat(65), 'x'.repeat(5000), '\u0000', 'a\u0000b', '\ud83d\ude00', 'مرحبا', '\u202e', '\\', '"', "' OR 1=1 --", '../../etc/passwd',
    '%00', '%', '%zz', '\r\nX-Evil: 1', 'NaN', '-1', '0', '1', '1e400', '9'.repeat(40), 'null', 'true', '${jndi}', '<script>', 'temperature', 'position', '1750000000000'];
const numbers = ['0', '-0', '1', '-1', '1.5', '100', '100.0000001', '1e2', '1e308', '1e999', '-1e999', '9007199254740993', '18446744073709551616', '1'.repeat(400), '0.' + '0'.repeat(400) + '1'];
/** JSON text, not a value: 1e999 and lone surrogates must arrive as they stand. */
function json(depth = 0) {
    switch (Math.floor(random() * (depth < 3 ? 8 : 5))) {
    case 0: return pick(['null', 'true', 'false']);
    case 1: return pick(numbers);
    case 2: return JSON.stringify(pick(texts));
    case 3: return pick(['"\\ud800"', '"\\u0000"', '"\\uFFFF"', '"\\/"', '""']);
    case 4: return pick(['{}', '[]', '[[[[[[[[[[]]]]]]]]]]']);
    case 5: return `[${Array.from({ length: Math.floor(random() * 4) }, () => json(depth + 1)).join(',')}]`;
    default: return `{${Array.from({ length: Math.floor(random() * 4) }, () => `${JSON.stringify(pick(texts))}:${json(depth + 1)}`).join(',')}}`;
    }
}
/** A value the schema allows, so that one wrong member stands among right ones. */
function valid(name, schema) {
    if (schema.enum) return JSON.stringify(pick(schema.enum));
    if (name === 'device_id') return JSON.stringify(pick(['fuzz-1', `made-${Math.floor(random() * 5)}`]));
    if (name === 'command') return JSON.stringify(pick(['measure', 'health', 'set']));
    if (schema.type === 'object') return '{"a":1}';
    if (schema.type === 'boolean') return 'true';
    return schema.type === 'string' ? '"text"' : '50';
}
function body(schema) {
    const members = Object.entries(schema.properties ?? {}).filter(() => random() < 0.85).map(([name, inner]) => `"${name}":${random() < 0.6 ? valid(name, inner) : json()}`);
    if (random() < 0.3) members.push(`${JSON.stringify(pick(texts))}:${json()}`);
    if (random() < 0.1) members.push(pick(members) ?? '"a":1');
    const text = `{${members.join(',')}}`;
    return random() < 0.1 ? text.slice(0, Math.floor(random() * text.length)) : random() < 0.1 ? json() : text;
}
function target(route, operation) {
    const known = operation.operationId === 'removeDevice' ? 'made-1' : 'fuzz-1';
    const path = route.replace(/\{(\w+)\}/g, () => (random() < 0.6 ? known : encodeURIComponent(pick(texts.filter((t) => t && t !== 'fuzz-1')))));
    const query = (operation.parameters ?? []).filter((p) => p.in === 'query' && random() < 0.8)
        .map((p) => `${p.name}=${random() < 0.5 ? encodeURIComponent(valid(p.name, p.schema).replaceAll('"', '')) : pick([encodeURIComponent(pick(texts)), pick(numbers), '%', '%f', '%00', '%ff%fe'])}`);
    if (random() < 0.2) query.push(`${encodeURIComponent(pick(texts))}=${pick(numbers)}`);
    return path + (query.length ? `?${query.join('&')}` : '');
}

/** Like stack.call, each time from another address: the limits count by address and are tested elsewhere. */
let address = 0;
function call(method, where, text, headers) {
    address = (address + 1) % 60000;
    return new Promise((resolve, reject) => {
        const request = http.request(stack.url + where, { method, agent: false, localAddress: `127.0.${1 + (address >> 8)}.${1 + (address & 127)}`,
            headers: { Authorization: `Bearer ${stack.token}`, ...(text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }), ...headers } }, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('end', () => {
                const answer = Buffer.concat(parts).toString();
                // Pages of the public are no JSON, and say so.
                if (/^(text\/(html|css|javascript)|image\/svg\+xml)/.test(response.headers['content-type'] ?? '')) {
                    resolve({ status: response.statusCode, body: null, type: response.headers['content-type'].split(';')[0] });
                    return;
                }
                try {
                    resolve({ status: response.statusCode, body: answer ? JSON.parse(answer) : null });
                } catch (error) {
                    reject(new Error(`${method} ${where}: ${response.statusCode} with ${answer.slice(0, 100)}: ${error.message}`));
                }
            });
        });
        request.on('error', reject);
        request.end(text);
    });
}

test(`every operation, ${rounds} rounds from seed ${seed}`, async () => {
    const before = (await stack.metrics()).get('process_start_time_seconds');
    const met = new Map();
    for (let round = 0; round < rounds; round++)
        for (const [route, operations] of Object.entries(description.paths))
            for (const [method, operation] of Object.entries(operations)) {
                if (operation.operationId === 'events' || operation.operationId === 'metrics') continue;
                const [[type, content] = []] = Object.entries(operation.requestBody?.content ?? {});
                const form = type === 'application/x-www-form-urlencoded';
                const where = target(route, operation);
                const sent = !content ? undefined : form
                    ? Object.entries(content.schema.properties).map(([name, of]) => `${name}=${random() < 0.5 ? encodeURIComponent(valid(name, of).replaceAll('"', '')) : pick([encodeURIComponent(pick(texts)), '%', '%00'])}`).join('&')
                    : body(content.schema);
                const headers = form ? { 'Content-Type': type } : random() < 0.2 ? { 'X-Request-Id': pick(['a'.repeat(300), 'a b', '<x>', '%0d%0a', '"', "'; drop"]) } : {};
                const answer = await call(method.toUpperCase(), where, sent, headers);
                const shown = `seed ${seed}, round ${round}: ${method.toUpperCase()} ${where.slice(0, 200)} ${(sent ?? '').slice(0, 200)}`;
                assert.ok(answer.status < 500 || answer.status === 503, `${shown}: ${answer.status}`);
                try {
                    if (answer.type) {
                        const told = operation.responses[answer.status] ?? operation.responses.default;
                        const content = (told?.$ref ? description.components.responses[told.$ref.split('/').at(-1)] : told)?.content ?? {};
                        assert.ok(content[answer.type], `${answer.status} with ${answer.type} is not described`);
                        met.set(answer.status, (met.get(answer.status) ?? 0) + 1);
                        continue;
                    }
                    // What is refused before its route is known (a malformed or too long target, a path of
                    // no route) is answered like any error.
                    if ([400, 404, 414].includes(answer.status)) described(description, 'GET', '/api/v1/devices/{device_id}', { ...answer, status: 404 });
                    else described(description, method, route, answer);
                } catch (error) {
                    error.message = `${shown}: ${error.message}`;
                    throw error;
                }
                met.set(answer.status, (met.get(answer.status) ?? 0) + 1);
            }
    for (const status of [200, 400, 404]) assert.ok(met.get(status) > 0, `no ${status} among ${JSON.stringify([...met])}`);
    assert.equal((await stack.metrics()).get('process_start_time_seconds'), before, 'the hub did not restart');
    const { status, body: list } = await stack.get('/api/v1/devices');
    assert.equal(status, 200);
    assert.ok(list.devices.some((device) => device.device_id === 'fuzz-1'));
});

/** Raw bytes to the hub; what it answers until it closes or half a second is over. */
function raw(...parts) {
    return new Promise((resolve, reject) => {
        const socket = connect(stack.httpPort, '127.0.0.1');
        let answer = '';
        socket.setTimeout(500, () => socket.destroy());
        socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
        socket.on('close', () => resolve(answer));
        socket.on('error', (error) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error)));
        for (const part of parts) socket.write(part, 'latin1');
    });
}
const add = (rest) => `POST /api/v1/devices HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${stack.token}\r\nContent-Type: application/json\r\n${rest}\r\n`;
const sized = (length, rest = '') => add(`Content-Length: ${length}\r\n${rest}`);

test('requests that are no good HTTP', async () => {
    const cases = [
        ['GET / HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400/], ['GET /health HTTP/9.9\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 (400|505)/],
        ['GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', /^HTTP\/1\.1 400/], ['GET /health HTTP/1.1\r\nHost : x\r\n\r\n', /^HTTP\/1\.1 400/],
        ['BREW /health HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 (400|405|501)/], [`GET /${'a'.repeat(20000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 (400|414|431)/],
        [`GET /health HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(5000)}\r\n`, /^HTTP\/1\.1 (400|431)/], ['\x00\x01\x02\x03\r\n\r\n', /^(HTTP\/1\.1 400|$)/], ['\x16\x03\x01\x00\xa5', /^(HTTP\/1\.1 400|$)/],
        [sized('x'), /^HTTP\/1\.1 400/], [sized('-1'), /^HTTP\/1\.1 400/], [sized('1e1'), /^HTTP\/1\.1 400/], [sized('99999999999999999999'), /^HTTP\/1\.1 (400|413)/],
        [sized('5', 'Content-Length: 6\r\n'), /^HTTP\/1\.1 400/], [sized('5', 'Transfer-Encoding: chunked\r\n'), /^HTTP\/1\.1 (400|501)/],
        [sized(70000), /^HTTP\/1\.1 413/], [sized(3) + '\xff\xfe{', /^HTTP\/1\.1 400/],
        ['GET /health HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\x01b\r\n\r\n', /^HTTP\/1\.1 (200|400)/],
    ];
    for (const [bytes, wanted] of cases) assert.match(await raw(bytes), wanted, JSON.stringify(bytes.slice(0, 90)));
    assert.equal((await stack.get('/health')).status, 200);
});

test('nothing of a request becomes a header of the answer', async () => {
    for (const id of ['a\tb', 'a: b', '\xff\xfe', 'x'.repeat(5000), '%0d%0aSet-Cookie: a=b']) {
        const answer = await raw(`GET /health HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`);
        assert.doesNotMatch(answer.split('\r\n\r\n')[0], /^set-cookie/im);
        const echoed = /^x-request-id: (.*)$/im.exec(answer.split('\r\n\r\n')[0])?.[1] ?? '';
        assert.match(echoed, /^[A-Za-z0-9_.:-]{0,128}$/, JSON.stringify(id.slice(0, 40)));
    }
    for (const where of ['/%0d%0aSet-Cookie:%20a=b', '/api/v1/devices/%0d%0aSet-Cookie:%20a=b'])
        assert.doesNotMatch((await raw(`GET ${where} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).split('\r\n\r\n')[0], /^set-cookie/im);
});

test('tokens that are not ours, and ours under a scheme in any case', async () => {
    const [head, claims, signature] = stack.token.split('.');
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const later = { ...JSON.parse(Buffer.from(claims, 'base64url')), exp: 99999999999 };
    const me = async (value) => (await fetch(`${stack.url}/api/v1/auth/me`, { headers: { Authorization: value } })).status;
    for (const forged of [`${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`, `${encode({ alg: 'none' })}.${claims}.${signature}`, `${encode({ alg: 'RS256', typ: 'JWT' })}.${claims}.${signature}`,
        `${head}.${claims}.`, `${head}.${encode(later)}.${signature}`, `${head}.${claims}.${signature} x`, '...', 'a'.repeat(7000)])
        assert.equal(await me(`Bearer ${forged}`), 401, forged.slice(0, 60));
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) assert.equal(await me(`${scheme} ${stack.token}`), 200, scheme);
});

test('a body in chunks, of another type, HEAD and OPTIONS', async () => {
    const text = JSON.stringify({ device_id: 'chunked-1', type: 'window' });
    const head = add('Connection: close\r\nTransfer-Encoding: chunked\r\n');
    const whole = await raw(head, `5\r\n${text.slice(0, 5)}\r\n${(text.length - 5).toString(16)};x=y\r\n${text.slice(5)}\r\n`, '0\r\n\r\n');
    assert.match(whole, /^HTTP\/1\.1 (201|411|501)/);
    assert.match(await raw(`${head}zz\r\n{}\r\n0\r\n\r\n`), /^HTTP\/1\.1 (400|411|501)/);
    const typed = await stack.call('POST', '/api/v1/devices', '{"device_id":"typed-1","type":"window"}', { 'Content-Type': 'text/plain' });
    assert.ok([201, 400, 415].includes(typed.status), String(typed.status));
    const health = await fetch(`${stack.url}/health`, { method: 'HEAD' });
    assert.equal(health.status, 200);
    assert.equal(await health.text(), '');
    const options = await fetch(`${stack.url}/api/v1/devices`, { method: 'OPTIONS' });
    assert.ok(options.status < 500, String(options.status));
});

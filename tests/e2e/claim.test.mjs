// SPDX-License-Identifier: Apache-2.0
// A device that proves whose it is: a client written from the page about the wire (docs/children.md),
// not from the hub's code. The factory's batch is signed here, too.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { described as asDescribed } from './described.mjs';
import { Stack } from './support.mjs';

const CLAIM = '/api/v1/pair/claim';
const NAME = 'Zaynab ليلى'; // stands nowhere but in answers
const stack = await Stack.create({ env: { ROOST_LOG_LEVEL: 'debug' } });
test.after(() => stack.stop());

/** A batch of one voice companion, as roost-factory would write it. */
function batchOf(device_id, secret) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y } = pair.publicKey.export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    const hash = `$7$101$${Buffer.alloc(12).toString('base64')}$${Buffer.alloc(64, 1).toString('base64')}`;
    const head = { batch: 'b-1', made_at: '2026-11-21T04:30:00Z', product: 'teddy' };
    const device = { device_id, hardware_version: 1, broker_user: device_id, broker_password_hash: hash, secret_hex: secret.toString('hex') };
    const lines = `roost-batch-1\nbatch=${head.batch}\nmade_at=${head.made_at}\nproduct=${head.product}\n`
        + `device=${device_id} 1 ${device_id} ${hash} ${device.secret_hex}\n`;
    const signature = sign('sha256', Buffer.from(lines), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('hex');
    return { point, batch: { ...head, devices: [device], signature, key_id: createHash('sha256').update(point).digest('hex').slice(0, 16) } };
}

/** hmac_hex = HMAC-SHA256(key = secret, message = device_id ‖ child_id ‖ nonce bytes). */
function claimOf(secret, device_id, child_id, nonce = randomBytes(16)) {
    const hmac_hex = createHmac('sha256', secret).update(device_id).update(child_id).update(nonce).digest('hex');
    return { device_id, child_id, nonce: nonce.toString('hex'), hmac_hex, firmware_version: '1.2.0', timestamp: '2026-11-30T12:00:00Z' };
}

const device = 'teddy-0001', secret = randomBytes(32);
const { point, batch } = batchOf(device, secret);
stack.env.ROOST_FACTORY_KEY_FILE = path.join(stack.dir, 'factory.pub');
fs.writeFileSync(stack.env.ROOST_FACTORY_KEY_FILE, `${point.toString('hex')}\n`);
await stack.startBroker();
await stack.startHub();
await stack.signIn();
const description = (await stack.get('/api/openapi.json')).body;
async function ask(method, route, where, body, token = stack.token) {
    const before = stack.token;
    stack.token = token;
    const answer = await stack.call(method, where, body);
    stack.token = before;
    asDescribed(description, method, route, answer);
    return answer;
}
const claim = (body) => ask('POST', CLAIM, CLAIM, body, undefined); // nobody is signed in
const birth = (years) => { const now = new Date(); return `${now.getUTCFullYear() - years}-${String(now.getUTCMonth() + 1).padStart(2, '0')}`; };

test('a child is kept, and its parents\' consent', async () => {
    assert.equal((await stack.post('/api/v1/devices/batch', batch)).status, 200);
    const added = await ask('POST', '/api/v1/children', '/api/v1/children', { child_id: 'c-1', name: NAME, birth_month: birth(7), language: 'ar' });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    assert.equal(added.body.name, NAME);
    assert.equal(added.body.age, 7);
    const given = await ask('POST', '/api/v1/children/{child_id}/consents', '/api/v1/children/c-1/consents', { kind: 'service', method: 'form', notice_version: '2026-05' });
    assert.equal(given.status, 201);
    assert.deepEqual(given.body.consents, { service: true, disclosure: false });
    assert.equal((await ask('GET', '/api/v1/children/{child_id}/audit', '/api/v1/children/c-1/audit')).body.audit.length, 2);
    assert.equal((await ask('GET', '/api/v1/children', '/api/v1/children')).body.children.length, 1);
    const young = await ask('POST', '/api/v1/children', '/api/v1/children', { name: 'B', birth_month: birth(2), language: 'en' });
    assert.equal(young.status, 400);
    assert.match(young.body.error.message, /birth_month.*3 to 13/);
});

let tokens;
test('the device of the label proves that it is one, and is told what it needs', async () => {
    const body = claimOf(secret, device, 'c-1');
    const first = await claim(body);
    assert.equal(first.status, 200, JSON.stringify(first.body));
    tokens = first.body;
    assert.equal(tokens.token_type, 'Bearer');
    assert.equal(tokens.expires_in, 3600);
    assert.equal(tokens.child_profile.name, NAME);
    assert.equal(tokens.child_profile.age_group, '6-8');
    assert.equal(tokens.child_profile.consents.service, true);
    assert.equal(tokens.device_config.ws_path, '/api/v1/esp32/private/chat');
    assert.equal(tokens.device_config.port, stack.httpPort);
    const payload = JSON.parse(Buffer.from(tokens.access_token.split('.')[1], 'base64url'));
    assert.equal(payload.sub, device);
    assert.equal(payload.exp - payload.iat, 3600);
    assert.deepEqual((await claim(body)).body, tokens, 'the same request is answered the same');
    assert.equal((await claim({ ...body, timestamp: 'later' })).status, 409);
    const shown = (await ask('GET', '/api/v1/children/{child_id}', '/api/v1/children/c-1')).body;
    assert.deepEqual(shown.devices.map((d) => d.device_id), [device]);
    assert.equal((await ask('GET', '/api/v1/children', '/api/v1/children', undefined, tokens.access_token)).status, 403, 'a device sees no children');
});

test('whoever has not the secret learns nothing', async () => {
    const wrong = await claim(claimOf(randomBytes(32), device, 'c-1'));
    const unknown = await claim(claimOf(secret, 'teddy-9999', 'c-1'));
    assert.equal(wrong.status, 401);
    assert.deepEqual([unknown.status, unknown.body], [wrong.status, wrong.body]);
    assert.equal((await claim(claimOf(secret, device, 'nobody'))).status, 404);
    const text = await claim({ ...claimOf(Buffer.from(secret.toString('hex')), device, 'c-1') });
    assert.equal(text.status, 401, 'the secret is 32 bytes, not their digits');
});

test('a wrong field is named', async () => {
    const good = claimOf(secret, device, 'c-1');
    for (const [field, value] of [['device_id', 'short'], ['child_id', 'a b'], ['nonce', good.nonce.slice(1)], ['hmac_hex', 'zz'.repeat(32)], ['timestamp', []], ['firmware_version', 1]]) {
        const answer = await claim({ ...good, [field]: value });
        assert.equal(answer.status, 422, field);
        assert.match(answer.body.error.message, new RegExp(`^${field}: `));
    }
});

test('a refresh token is good once', async () => {
    const refresh = (refresh_token) => ask('POST', '/api/v1/auth/refresh', '/api/v1/auth/refresh', { refresh_token }, undefined);
    const next = await refresh(tokens.refresh_token);
    assert.equal(next.status, 200);
    assert.equal(next.body.device_session_id, tokens.device_session_id);
    assert.notEqual(next.body.refresh_token, tokens.refresh_token);
    assert.equal((await refresh(next.body.refresh_token)).status, 200);
    assert.equal((await refresh(tokens.refresh_token)).status, 401);
});

test('a name is sealed on the disk, and in no log', async () => {
    await stack.programs.get('roostd').kill();
    for (const file of fs.readdirSync(stack.dir).filter((f) => /\.(db|db-wal|log)$/.test(f))) {
        const bytes = fs.readFileSync(path.join(stack.dir, file));
        for (const word of ['Zaynab', 'ليلى']) assert.ok(!bytes.includes(word), `${word} in ${file}`);
    }
    assert.equal(fs.statSync(path.join(stack.dir, 'roost-coppa.key')).mode & 0o777, 0o600);
    await stack.startHub();
    await stack.signIn();
    assert.equal((await ask('GET', '/api/v1/children/{child_id}', '/api/v1/children/c-1')).body.name, NAME);
});

test('with a child goes what was its own', async () => {
    assert.equal((await ask('DELETE', '/api/v1/children/{child_id}/consents/{kind}', '/api/v1/children/c-1/consents/service')).status, 204);
    assert.equal((await ask('GET', '/api/v1/children/{child_id}', '/api/v1/children/c-1')).body.consents.service, false);
    assert.equal((await ask('DELETE', '/api/v1/children/{child_id}', '/api/v1/children/c-1')).status, 204);
    assert.equal((await ask('GET', '/api/v1/children/{child_id}', '/api/v1/children/c-1')).status, 404);
    assert.deepEqual(stack.sql('SELECT count(*) AS n FROM consent UNION ALL SELECT count(*) FROM claim', 'roost.db').map((r) => r.n), [0, 0]);
    const { audit } = (await ask('GET', '/api/v1/children/{child_id}/audit', '/api/v1/children/c-1/audit')).body;
    assert.deepEqual(audit.slice(0, 3).map((line) => line.what), ['child deleted', 'consent to service revoked', 'device claimed']);
    assert.equal((await claim(claimOf(secret, device, 'c-1'))).status, 404);
});

test('thirty claims a minute, then a time to come again', async () => {
    let last;
    for (let i = 0; i < 31; i++) {
        last = await claim(claimOf(secret, device, 'nobody'));
        if (last.status === 429) break;
        assert.equal(last.status, 404);
        await new Promise((resolve) => setTimeout(resolve, 60)); // below what an address may ask
    }
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers.get('retry-after')) > 0);
    assert.match(last.body.error.message, /device_id/);
});

// SPDX-License-Identifier: Apache-2.0
// The REST API against its own description, and its defences.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { described as asDescribed } from './described.mjs';
import { Stack, bin, until } from './support.mjs';

const stack = await Stack.create({ env: { CORS_ALLOWED_ORIGINS: 'https://dash.example', ALLOWED_HOSTS: '127.0.0.1,localhost' } });
test.after(() => stack.stop());
await stack.startBroker();
await stack.startHub();
const probe = await stack.client();
await probe.publishAsync('sensor/api-1/temperature', '21.5', { qos: 1 });
const description = (await stack.get('/api/openapi.json')).body;

const described = (method, route, answer) => asDescribed(description, method, route, answer);

test('sign-in: wrong passwords are refused alike, then delayed', async () => {
    const wrong = await stack.post('/api/v1/auth/login', { email: 'operator@roost.local', password: 'wrong wrong wrong' });
    const unknown = await stack.post('/api/v1/auth/login', { email: 'nobody@roost.local', password: 'wrong wrong wrong' });
    assert.equal(wrong.status, 401);
    assert.deepEqual([unknown.status, unknown.body.error.code], [401, wrong.body.error.code]);
    described('POST', '/api/v1/auth/login', wrong);
    for (const [body, word] of [['{}', 'email'], ['[]', 'object'], ['{"email":"a@b"}', 'password'], ['{"email":5,"password":"x"}', 'email'], ['{', 'object'], [`{"email":"${'a'.repeat(200)}","password":"x"}`, 'email']]) {
        const bad = await stack.post('/api/v1/auth/login', body);
        assert.equal(bad.status, 400, body);
        assert.match(bad.body.error.message, new RegExp(word), body);
    }
    const tokens = await stack.signIn();
    assert.equal(tokens.token_type, 'Bearer');
});

test('refresh tokens are good once; reuse ends the sign-in', async () => {
    const first = await stack.signIn();
    const second = await stack.post('/api/v1/auth/refresh', { refresh_token: first.refresh_token });
    assert.equal(second.status, 200);
    described('POST', '/api/v1/auth/refresh', second);
    // Whose answer was lost asks again; whoever does after the next one was used is somebody else.
    assert.equal((await stack.post('/api/v1/auth/refresh', { refresh_token: first.refresh_token })).status, 200);
    const next = await stack.post('/api/v1/auth/refresh', { refresh_token: second.body.refresh_token });
    assert.equal(next.status, 200);
    assert.equal((await stack.post('/api/v1/auth/refresh', { refresh_token: first.refresh_token })).status, 401);
    assert.equal((await stack.post('/api/v1/auth/refresh', { refresh_token: next.body.refresh_token })).status, 401);
    const third = await stack.signIn();
    assert.equal((await stack.post('/api/v1/auth/logout', { refresh_token: third.refresh_token })).status, 204);
    assert.equal((await stack.post('/api/v1/auth/refresh', { refresh_token: third.refresh_token })).status, 401);
    assert.equal(stack.sql("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'", 'roost.db')[0].n > 0, true);
    const dump = execFileSync('sqlite3', ['-readonly', path.join(stack.dir, 'roost.db'), '.dump'], { encoding: 'utf8' });
    for (const secret of [third.refresh_token, stack.password]) assert.ok(!dump.includes(secret), 'no secret is stored');
});

test('every route that is not public wants a token of ours', async () => {
    await stack.signIn();
    const token = stack.token;
    for (const [route, operations] of Object.entries(description.paths))
        for (const [method, operation] of Object.entries(operations)) {
            const where = route.replace('{device_id}', 'api-1').replace('{command_id}', 'abc');
            if (operation.security.length === 0) continue;
            for (const header of [undefined, 'Bearer x.y.z', `Basic ${token}`, `Bearer ${token.slice(0, -3)}`]) {
                stack.token = undefined;
                const answer = await stack.call(method.toUpperCase(), where, method === 'get' || method === 'delete' ? undefined : {}, header ? { Authorization: header } : {});
                assert.equal(answer.status, 401, `${method} ${route}`);
                described(method, route, answer);
            }
        }
    stack.token = token;
});

test('answers are as described', async () => {
    await stack.signIn();
    const id = 'api-1';
    await until('it is registered', async () => (await stack.get(`/api/v1/devices/${id}`)).status === 200);
    const sent = await stack.post(`/api/v1/devices/${id}/commands`, { command: 'measure', args: { a: 1 } });
    assert.equal(sent.status, 202);
    described('POST', '/api/v1/devices/{device_id}/commands', sent);
    const checks = [
        ['GET', '/health'], ['GET', '/health/live'], ['GET', '/health/ready'], ['GET', '/api/v1/auth/me'],
        ['GET', '/api/v1/devices'], ['GET', '/api/v1/devices/{device_id}'], ['GET', '/api/v1/devices/{device_id}/history', '?metric=temperature'],
        ['GET', '/api/v1/devices/{device_id}/decisions'], ['GET', '/api/v1/devices/{device_id}/commands'],
        ['GET', '/api/v1/commands/{command_id}'], ['PATCH', '/api/v1/devices/{device_id}', '', { name: 'Küche', location: 'أعلى', config: { a: [1, 2] } }],
        ['PUT', '/api/v1/devices/{device_id}/position', '', { position: 40 }],
        ['PUT', '/api/v1/devices/{device_id}/position', '', { position: 101 }],
        ['PATCH', '/api/v1/devices/{device_id}', '', { name: 'x'.repeat(65) }], ['PATCH', '/api/v1/devices/{device_id}', '', {}],
        ['GET', '/api/v1/devices/{device_id}/history', ''], ['GET', '/api/v1/devices', '?limit=0'],
        ['POST', '/api/v1/devices', '', { device_id: 'bad id', type: 'window' }], ['POST', '/api/v1/devices', '', { device_id: 'good', type: 'toaster' }],
        ['POST', '/api/v1/devices', '', { device_id: 'made-1', type: 'window', name: 'Made' }],
        ['DELETE', '/api/v1/devices/made-1'],
    ];
    for (const [method, route, query = '', body] of checks) {
        const answer = await stack.call(method, route.replace('{device_id}', id).replace('{command_id}', sent.body.command_id) + query, body);
        described(method, route.replace('made-1', '{device_id}'), answer);
    }
    const device = (await stack.get(`/api/v1/devices/${id}`)).body;
    assert.deepEqual([device.name, device.location, device.config], ['Küche', 'أعلى', { a: [1, 2] }]);
    for (const route of ['/api/v1/devices/nobody', '/api/v1/commands/123']) assert.equal((await stack.get(route)).status, 404);
});

test('connectivity and condition: in the device, the counts, the filters and the command line', async () => {
    await stack.signIn();
    const status = (id, body) => probe.publishAsync(`device/${id}/status`, JSON.stringify(body), { qos: 1, retain: true });
    assert.equal((await stack.post('/api/v1/devices', { device_id: 'state-never', type: 'teddy' })).status, 201);
    await status('state-well', { online: true, seq: 1, type: 'lamp' });
    await status('state-stalled', { online: true, seq: 1, type: 'window', fault: 'motor_stall', fault_number: 205 });
    await status('state-gone', { online: true, seq: 1, type: 'window', update: { state: 'loading', version: '1.4.0', report: null, error: false } });
    await status('state-gone', { online: false });
    const wanted = { 'state-never': 'never ok', 'state-well': 'online ok', 'state-stalled': 'online critical', 'state-gone': 'offline updating' };
    const list = async (query) => {
        const answer = await stack.get(`/api/v1/devices?q=state-&${query}`);
        described('GET', '/api/v1/devices', answer);
        assert.equal(answer.status, 200, query);
        return answer.body;
    };
    const shown = (page) => Object.fromEntries(page.devices.map((d) => [d.device_id, `${d.connectivity} ${d.condition}`]));
    await until('each is as it says', async () => (assert.deepEqual(shown(await list('')), wanted), true));
    const ids = async (query) => Object.keys(shown(await list(query))).sort();
    assert.deepEqual(await ids('connectivity=offline'), ['state-gone']);
    assert.deepEqual(await ids('connectivity=never'), ['state-never']);
    assert.deepEqual(await ids('connectivity=late'), []);
    assert.deepEqual(await ids('condition=critical'), ['state-stalled']);
    assert.deepEqual(await ids('condition=ok&connectivity=online'), ['state-well']);
    assert.deepEqual(await ids('type=window'), ['state-gone', 'state-stalled']);
    assert.deepEqual(await ids('type=&connectivity=&condition='), Object.keys(wanted).sort());
    for (const [query, word] of [['connectivity=away', /connectivity: must be online, late, offline or never/], ['condition=OK', /condition: must be ok, updating, warning or critical/]]) {
        const bad = await stack.get(`/api/v1/devices?${query}`);
        assert.equal(bad.status, 400);
        assert.match(bad.body.error.message, word);
        described('GET', '/api/v1/devices', bad);
    }
    const { counts } = await list('');
    for (const kind of ['connectivity', 'condition']) assert.equal(Object.values(counts[kind]).reduce((a, b) => a + b), counts.total, kind);
    assert.ok(counts.connectivity.never >= 1 && counts.condition.updating === 1);
    const home = path.join(stack.dir, 'state-home');
    const password = path.join(stack.dir, 'state-password');
    fs.writeFileSync(password, stack.password);
    const roost = (...args) => execFileSync(path.join(bin, 'roost'), ['--hub', stack.url, ...args], { env: { ...process.env, HOME: home, XDG_CONFIG_HOME: '' }, encoding: 'utf8' });
    roost('login', '--email', 'operator@roost.local', '--password-file', password);
    const lines = roost('devices', '--query', 'state-');
    for (const [id, state] of Object.entries(wanted)) assert.match(lines, new RegExp(`^${id} .* ${state.replace(' ', ' +')} `, 'm'));
});

test('headers, hosts, origins and methods', async () => {
    const page = await fetch(`${stack.url}/`);
    for (const [name, value] of [['x-content-type-options', /nosniff/], ['x-frame-options', /DENY/], ['content-security-policy', /default-src/], ['referrer-policy', /./]])
        assert.match(page.headers.get(name) ?? '', value, name);
    assert.match(await page.text(), /Roost/);
    const own = await stack.get('/health', { 'X-Request-Id': 'abc-123' });
    assert.equal(own.headers.get('x-request-id'), 'abc-123');
    const cors = await stack.get('/health', { Origin: 'https://dash.example' });
    assert.equal(cors.headers.get('access-control-allow-origin'), 'https://dash.example');
    assert.equal((await stack.get('/health', { Origin: 'https://evil.example' })).headers.get('access-control-allow-origin'), null);
    assert.equal((await stack.call('DELETE', '/health')).status, 405);
    assert.equal((await stack.get('/api/v1/nothing')).status, 404);
    const host = execFileSync('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: evil.example', `${stack.url}/health`], { encoding: 'utf8' });
    assert.equal(host, '400');
    for (const where of ['/../../../etc/passwd', '/..%2f..%2fetc/passwd', '/assets/../../../../etc/passwd']) {
        const text = execFileSync('curl', ['-s', '--path-as-is', `${stack.url}${where}`], { encoding: 'utf8' });
        assert.doesNotMatch(text, /root:/);
    }
});

test('bad settings stop the start with their name', async () => {
    const roostd = (env, ...args) => spawnSync(path.join(bin, 'roostd'), args, { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 20000 });
    for (const [name, value] of [['ROOST_LISTEN', 'nowhere'], ['MQTT_URL', 'http://x'], ['ROOST_DEVICE_POLICY', 'maybe'], ['ROOST_TRIGGER_INTERVAL_S', '-1'], ['ENVIRONMENT', 'test']]) {
        const out = roostd({ DATABASE_URL: `sqlite:${stack.dir}/x.db`, [name]: value }, '--check');
        assert.notEqual(out.status, 0, name);
        assert.match(out.stderr + out.stdout, new RegExp(`${name}.*${value.slice(0, 5)}`), name);
    }
    const weak = roostd({ ENVIRONMENT: 'production', JWT_SECRET_KEY: 'short', DATABASE_URL: `sqlite:${stack.dir}/x.db` }, '--check');
    assert.notEqual(weak.status, 0);
    assert.match(weak.stderr + weak.stdout, /JWT_SECRET_KEY/);
    assert.doesNotMatch(weak.stderr + weak.stdout, /short\b.*JWT|=short/);
    const help = roostd({}, '--help-config');
    assert.equal(help.status, 0);
    for (const name of ['ROOST_LISTEN', 'MQTT_URL', 'DATABASE_URL', 'SERIES_URL', 'ROOST_DEVICE_POLICY']) assert.match(help.stdout, new RegExp(name));
    const file = path.join(stack.dir, 'bad.ini');
    fs.writeFileSync(file, 'ROOST_LISTENN = 127.0.0.1:1\n');
    const unknown = roostd({}, '--config', file, '--check');
    assert.notEqual(unknown.status, 0);
    assert.match(unknown.stderr + unknown.stdout, /ROOST_LISTENN/);
});

test('the command line signs in, lists, reads and sends', async () => {
    const home = path.join(stack.dir, 'home');
    const password = path.join(stack.dir, 'password');
    fs.writeFileSync(password, stack.password);
    const roost = (...args) => execFileSync(path.join(bin, 'roost'), ['--hub', stack.url, ...args], { env: { ...process.env, HOME: home, XDG_CONFIG_HOME: '' }, encoding: 'utf8' });
    assert.match(roost('login', '--email', 'operator@roost.local', '--password-file', password), /signed in/);
    assert.equal(fs.statSync(path.join(home, '.config/roost/session.json')).mode & 0o777, 0o600);
    assert.match(roost('devices'), /api-1 .*21\.5/);
    assert.equal(JSON.parse(roost('--json', 'device', 'api-1')).device_id, 'api-1');
    assert.match(roost('readings', 'api-1', 'temperature'), /21\.5/);
    assert.match(roost('command', 'api-1', 'measure'), /sent/);
    assert.match(roost('commands', 'api-1'), /measure/);
    assert.throws(() => roost('device', 'nobody'), /404/);
    roost('logout');
    assert.throws(() => roost('devices'), /roost login/);
    const made = execFileSync(path.join(bin, 'roost'), ['init', '--database', `sqlite:${stack.dir}/fresh.db`, '--email', 'first@roost.local', '--password-file', password], { encoding: 'utf8' });
    assert.match(made, /first@roost.local/);
});

test('the command line waits for what becomes of a command', async () => {
    const env = { ...process.env, ROOST_SESSION: path.join(stack.dir, 'wait.json') };
    const roost = (...args) => promisify(execFile)(path.join(bin, 'roost'), ['--hub', stack.url, ...args], { env, encoding: 'utf8' })
        .then(({ stdout }) => ({ code: 0, stdout }), (error) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }));
    const password = path.join(stack.dir, 'wait-password');
    fs.writeFileSync(password, stack.password);
    assert.equal((await roost('login', '--email', 'operator@roost.local', '--password-file', password)).code, 0);
    const device = await stack.client();
    device.on('message', async (topic, payload) => {
        const { id, command } = JSON.parse(payload);
        if (command === 'measure') await new Promise((resolve) => setTimeout(resolve, 700));
        if (command !== 'reboot') device.publish('device/api-1/answer', JSON.stringify(command === 'calibrate' ? { id, ok: false, error: 'BUSY', message: 'not now' } : { id, ok: true, data: { well: true } }), { qos: 1 });
    });
    await device.subscribeAsync('device/api-1/command', { qos: 1 });
    const asked = async () => [...(await stack.metrics())].filter(([name]) => name.startsWith('roost_http_requests_total')).reduce((sum, [, n]) => sum + n, 0);

    const late = await roost('--json', 'command', 'api-1', 'measure', '--wait');
    assert.equal(late.code, 0);
    const command = JSON.parse(late.stdout);
    assert.deepEqual([command.state, command.command, command.answer], ['ok', 'measure', { well: true }]);
    await until('it is recorded', async () => isDeepStrictEqual(command, (await stack.get(`/api/v1/commands/${command.command_id}`)).body));
    const bare = await roost('move', 'api-1', '40', '--wait');
    assert.equal(bare.code, 1);
    assert.match(bare.stderr, /409.*has no window to move/);
    await device.publishAsync('window/api-1/state', '{"position":10,"target":10,"moving":false,"calibrated":true,"fault":null}', { qos: 1 });
    await until('it is known', async () => (await stack.get('/api/v1/devices/api-1')).body.window);
    const moved = await roost('move', 'api-1', '40', '--wait'); // answered before anybody looks
    assert.equal(moved.code, 0);
    assert.match(moved.stdout, /move.*ok|ok.*move/s);
    const refused = await roost('command', 'api-1', 'calibrate', '--wait');
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /failed.*not now/s);

    const before = await asked();
    const away = await roost('command', 'api-1', 'reboot', '--wait');
    assert.equal(away.code, 1);
    assert.match(away.stdout, /timeout/);
    assert.ok((await asked()) - before < 10, 'it is told, it does not ask');
    device.end(true);
});

test('metrics are valid Prometheus text', async () => {
    const text = await (await fetch(`${stack.url}/metrics`)).text();
    const out = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.equal(out.status, 0, out.stdout + out.stderr);
});

test('too many sign-ins are slowed down', async () => {
    let limited;
    for (let i = 0; i < 40 && !limited; i++) {
        const answer = await stack.post('/api/v1/auth/login', { email: 'victim@roost.local', password: `guess number ${i}` });
        if (answer.status === 429) limited = answer;
        else assert.equal(answer.status, 401);
    }
    assert.ok(limited, 'at last 429');
    assert.ok(Number(limited.headers.get('retry-after')) >= 1);
});

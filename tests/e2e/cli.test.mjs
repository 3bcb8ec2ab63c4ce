// SPDX-License-Identifier: Apache-2.0
// The command line: everything it lists, what it ends with, and who may sign in.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Stack, bin, freePort, root, until } from './support.mjs';

const MANY = 1203; // three pages
const stack = await Stack.create();
test.after(() => stack.stop());
await stack.startBroker();
await stack.startHub();
const probe = await stack.client();
const session = path.join(stack.dir, 'session.json');

/** A file that holds a password. */
function secret(name, text) {
    const file = path.join(stack.dir, name);
    fs.writeFileSync(file, `${text}\n`, { mode: 0o600 });
    return file;
}
const roost = (...args) => new Promise((resolve) => {
    const { env, words } = typeof args[0] === 'object' ? { env: args[0], words: args.slice(1) } : { env: {}, words: args };
    execFile(path.join(bin, 'roost'), words, { env: { ...process.env, ROOST_SESSION: session, ...env }, encoding: 'utf8', maxBuffer: 1 << 26 },
        (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
});
/** What it prints when it goes well. */
async function says(...args) {
    const { code, stdout, stderr } = await roost(...args);
    assert.equal(code, 0, stderr);
    return stdout;
}
const password = secret('password', stack.password);
const login = (hub = stack.url, ...more) => says(...more, 'login', '--hub', hub, '--email', 'operator@roost.local', '--password-file', password);

test('it ends with what a script has to know', async () => {
    assert.equal((await roost('devices', '--bogus')).code, 2);
    assert.equal((await roost('help', 'move')).code, 0);
    const table = fs.readFileSync(path.join(root, 'docs/command-line.md'), 'utf8').match(/^\| \d \| .*$/gm).map((row) => row.replace(/^\| (\d) \| (.*) \|$/, '  $1  $2'));
    assert.equal(table.length, 5);
    assert.ok((await says('--help')).includes(`It ends with\n${table.join('\n')}\n`), 'help and document say the same');
    assert.equal((await roost('--hub', stack.url, 'devices')).code, 3);
    assert.equal((await roost('--hub', `http://127.0.0.1:${await freePort()}`, 'devices')).code, 4);
    const wrong = await roost('--hub', stack.url, 'login', '--email', 'operator@roost.local', '--password-file', secret('wrong', 'not the password'));
    assert.equal(wrong.code, 3);
    await login();
    assert.equal((await roost('device', 'nobody')).code, 1);
    assert.equal((await roost('remove', '..')).code, 2);
    assert.equal((await roost('move', 'x'.repeat(65), '5')).code, 2);
    for (const percent of ['x', '101', '-1', 'nan']) assert.equal((await roost('move', 'nobody', percent)).code, 2, percent);
    assert.equal((await roost('--hub', 'ftp://hub', 'devices')).code, 2);
    const follow = await roost('follow', '..');
    assert.equal(follow.code, 2);
    assert.match(follow.stderr, /ID \.\.: allowed is 1 to 64 characters/);
    assert.equal((await roost('--hub', stack.url.replace('127.0.0.1', 'localhost'), 'follow')).code, 3);
});

test('all devices are listed, whatever their number', async () => {
    for (let from = 0; from < MANY; from += 400)
        await Promise.all(Array.from({ length: Math.min(400, MANY - from) }, (_, i) => probe.publishAsync(`sensor/many-${String(from + i).padStart(4, '0')}/temperature`, '21.5', { qos: 1 })));
    await until('all are registered', async () => (await stack.sql("SELECT count(*) AS n FROM device WHERE id LIKE 'many-%'", 'roost.db'))[0].n === MANY);
    const ids = (text) => text.match(/^many-\d{4}/gm) ?? [];
    const all = await says('devices');
    assert.equal(ids(all).length, MANY);
    assert.equal(all.match(/^DEVICE/gm).length, 1, 'one head');
    assert.match(all, /^DEVICE +TYPE +CONNECTION +CONDITION +FAULT /);
    assert.deepEqual(ids(await says('devices', '--limit', '3')), ['many-0000', 'many-0001', 'many-0002']);
    assert.equal(ids(await says('devices', '--limit', '777')).length, 777);
    assert.equal(ids(await says('devices', '--query', 'many-12')).length, 3);

    const { devices, next, counts } = JSON.parse(await says('--json', 'devices'));
    assert.equal(devices.filter((device) => device.device_id.startsWith('many-')).length, MANY);
    assert.equal(new Set(devices.map((device) => device.device_id)).size, devices.length);
    assert.equal(next, null);
    assert.equal(counts.total, devices.length);
    assert.equal(JSON.parse(await says('--json', 'devices', '--limit', '501')).next, 'many-0500');
    assert.deepEqual(JSON.parse(await says('--json', 'devices', '--query', 'none of them')).devices, []);
});

test('a fault is seen, and a spreadsheet can read it', async () => {
    const status = { online: true, seq: 1, state: 'online', health: 'warning', firmware: '1.2.3', device_type: 'window', journal_id: 1, uptime_s: 60, reset: 'power_on', rssi_dbm: -61,
        heap_free_bytes: 180000, fault: 'MOTOR_STALL', fault_number: 201 };
    await probe.publishAsync('device/ill-1/status', JSON.stringify(status), { qos: 1, retain: true });
    await probe.publishAsync('sensor/ill-1/temperature', '21.5', { qos: 1 });
    await until('it is ill', async () => /^ill-1 .* MOTOR_STALL /m.test(await says('devices', '--query', 'ill-1')));
    await says('rename', 'ill-1', 'the "left", one', '--location', 'attic');
    const [head, line] = (await says('devices', '--query', 'ill-1', '--csv')).split('\n');
    assert.equal(head, 'device_id,type,name,location,claimed,connectivity,condition,fault,temperature,humidity,sound,last_seen,firmware,update');
    assert.match(line, /^ill-1,\w*,"the ""left"", one",attic,true,online,warning,MOTOR_STALL,21\.5,,,20..-..-..T.*Z,1\.2\.3,$/);
    const [columns, point] = (await says('readings', 'ill-1', 'temperature', '--csv')).split('\n');
    assert.equal(columns, 'time,metric,unit,mean,min,max');
    assert.match(point, /^20..-..-..T.*Z,temperature,[^,]*,21\.5,21\.5,21\.5$/);
    assert.equal((await roost('--json', 'readings', 'ill-1', 'temperature', '--csv')).code, 2);
});

test('what was refused of a device is shown', async () => {
    await probe.publishAsync('sensor/odd-1/temperature', '21.5', { qos: 1 });
    await until('it is known', async () => (await roost('device', 'odd-1')).code === 0);
    assert.doesNotMatch(await says('device', 'odd-1'), /^refused/m);
    for (let i = 0; i < 2; i++) await probe.publishAsync('sensor/odd-1/humidity', '500', { qos: 1 });
    await until('it is counted', async () => / 2 on sensor/.test(await says('device', 'odd-1')));
    assert.match(await says('device', 'odd-1'), /^refused\n {2}range +2 on sensor\/odd-1\/humidity, last 20..-..-..T.*Z: 500$/m);
});

test('devices are claimed, renamed and removed', async () => {
    await stack.signIn();
    assert.equal((await stack.post('/api/v1/devices', { device_id: 'kept-1', type: 'window' })).status, 201);
    assert.equal((await stack.call('PATCH', '/api/v1/devices/kept-1', { claimed: false })).status, 200);
    assert.match(await says('devices', '--query', 'kept-1'), /,unclaimed$/m);
    assert.match(await says('claim', 'kept-1', '--name', 'by the door'), /name +by the door/);
    assert.equal((await stack.get('/api/v1/devices/kept-1')).body.claimed, true);
    assert.match(await says('rename', 'kept-1', 'by the stairs'), /name +by the stairs/);
    assert.match(await says('remove', 'kept-1', '--keep-history'), /^removed kept-1/);
    assert.equal((await roost('device', 'kept-1')).code, 1);
    assert.equal((await roost('rename', 'kept-1', 'gone')).code, 1);
});

test('what changes is a line of JSON each', async (t) => {
    const follow = spawn(path.join(bin, 'roost'), ['--json', 'follow', 'ill-1'], { env: { ...process.env, ROOST_SESSION: session } });
    t.after(() => follow.kill());
    let text = '';
    follow.stdout.on('data', (part) => (text += part));
    await until('it follows', () => text.includes('hello'));
    await probe.publishAsync('sensor/ill-1/humidity', '48', { qos: 1 });
    const events = await until('it is told', () => {
        const lines = text.split('\n').slice(0, -1).map((line) => JSON.parse(line));
        return lines.some(({ data }) => JSON.stringify(data).includes('48')) && lines;
    });
    for (const event of events) assert.deepEqual(Object.keys(event), ['event', 'data']);
});

test('several hubs are remembered, the last sign-in is the default', async () => {
    const other = stack.url.replace('127.0.0.1', 'localhost');
    await login(`${other}/`);
    assert.equal(await says('hubs'), `* ${other}\n  ${stack.url}\n`);
    assert.equal(JSON.parse(await says('--json', '--hub', stack.url, 'device', 'ill-1')).device_id, 'ill-1');
    assert.equal(await says('hubs'), `* ${other}\n  ${stack.url}\n`, 'looking makes no default');
    await says('logout');
    assert.equal(await says('hubs'), `* ${stack.url}\n`);
    assert.equal(JSON.parse(await says('--json', 'device', 'ill-1')).device_id, 'ill-1');
    assert.equal(fs.statSync(session).mode & 0o777, 0o600);
});

test('operators come, change their password, and go', async () => {
    const theirs = { ROOST_SESSION: path.join(stack.dir, 'eve.json') };
    const elsewhere = { ROOST_SESSION: path.join(stack.dir, 'eve-elsewhere.json') };
    const old = secret('eve-old', 'seven seas roll');
    const fresh = secret('eve-new', 'eight winds blow');
    assert.match(await says('operators', 'add', 'eve@example.org', '--password-file', old), /eve@example.org can sign in/);
    assert.match(await says('operators'), /^operator@roost\.local .*\n(.*\n)*eve@example\.org +operator +20/m);
    for (const env of [theirs, elsewhere]) await says(env, '--hub', stack.url, 'login', '--email', 'eve@example.org', '--password-file', old);
    assert.equal((await roost(theirs, 'passwd', '--password-file', fresh, '--new-password-file', old)).code, 1);
    assert.match(await says(theirs, 'passwd', '--password-file', old, '--new-password-file', fresh), /every other sign-in has ended/);
    await says(theirs, 'operators');
    assert.equal((await roost({ ROOST_SESSION: path.join(stack.dir, 'x.json') }, '--hub', stack.url, 'login', '--email', 'eve@example.org', '--password-file', old)).code, 3);
    const sign = JSON.parse(fs.readFileSync(elsewhere.ROOST_SESSION));
    assert.equal((await stack.post('/api/v1/auth/refresh', { refresh_token: sign.refresh_token })).status, 401);

    assert.match(await says('operators', 'remove', 'EVE@example.org'), /removed and signed out/);
    assert.equal((await roost('operators', 'remove', 'eve@example.org')).code, 1);
    const last = await roost('operators', 'remove', 'operator@roost.local');
    assert.equal(last.code, 1);
    assert.match(last.stderr, /the last operator cannot be removed/);
    assert.equal((await roost(theirs, '--hub', stack.url, 'login', '--email', 'eve@example.org', '--password-file', fresh)).code, 3);
});

test('children are kept, agreed to, and deleted; their names are no word of a command line', async () => {
    await login();
    const name = secret('name', 'Zaynab ليلى');
    const year = new Date().getUTCFullYear();
    const born = `${year - 8}-01`;
    assert.equal((await roost('child')).code, 2);
    assert.equal((await roost('child', 'add', '--language', 'en')).code, 2);
    assert.match(await says('child', 'add', '--id', 'c-1', '--born', born, '--language', 'ar', '--name-file', name), /^c-1 +\d{4}-01 6-8 +ar +no +no +0  Zaynab ليلى$/m);
    const again = await roost('child', 'add', '--id', 'c-1', '--born', born, '--language', 'ar', '--name-file', name);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /409: child_id: exists already/);
    const young = await roost('child', 'add', '--born', `${year}-01`, '--language', 'ar', '--name-file', name);
    assert.equal(young.code, 1);
    assert.match(young.stderr, /birth_month: YYYY-MM, of a child who is 3 to 13/);
    assert.match(await says('child', 'consent', 'c-1', 'service', '--method', 'form', '--notice', '2026-05'), /^ {2}service +form +notice 2026-05 +given 20\S+Z +revoked -/m);
    assert.equal((await roost('child', 'consent', 'c-1', 'disclosure', '--method', 'email-plus', '--notice', '2026-05')).code, 1);
    assert.match(await says('child', 'list'), /^CHILD .*\nc-1 .* yes +no +0  Zaynab/m);
    assert.equal(JSON.parse(await says('child', 'show', 'c-1', '--json')).consents.service, true);
    const shown = await says('child', 'change', 'c-1', '--born', `${year - 10}-01`, '--language', 'en', '--name-file', secret('other', 'Ada'));
    assert.match(shown, /^c-1 .* 9-11 +en +yes .*Ada$/m);
    await says('child', 'revoke', 'c-1', 'service');
    assert.equal((await roost('child', 'revoke', 'c-1', 'service')).code, 1);
    await says('child', 'remove', 'c-1');
    assert.equal((await roost('child', 'show', 'c-1')).code, 1);
    assert.match(await says('child', 'audit', 'c-1'), /child deleted[^]*consent to service revoked[^]*child changed[^]*consent to service given[^]*child added/);
    /* From standard input, as a script would. */
    const typed = spawn(path.join(bin, 'roost'), ['child', 'add', '--born', born, '--language', 'en'], { env: { ...process.env, ROOST_SESSION: session } });
    typed.stdin.end('Grace\n');
    const out = [];
    typed.stdout.on('data', (text) => out.push(text));
    assert.equal(await new Promise((resolve) => typed.once('exit', resolve)), 0);
    assert.match(Buffer.concat(out).toString(), /Grace/);
});

// SPDX-License-Identifier: Apache-2.0
// What a charger sends when it is asked for diagnostics and logs: its firmware as a program, the hub as its central system,
// asked over REST, and servers that are not ours at the other end: Node's http for PUT and POST, pyftpdlib for FTP.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Charger } from './charger.mjs';
import { Chargers } from './ocpp.mjs';
import { freePort, until } from './support.mjs';

const hub = await Chargers.create(test);
const { password } = await hub.add('LOGS-1');
const charger = await Charger.start(hub, 'LOGS-1', { password });
const iso = (ms = 0) => new Date(Date.now() + ms).toISOString();

/** What a server got, by path; `says` is what it answers, from its method. */
const got = new Map();
let says = () => 201;
const server = http.createServer((request, response) => {
    const status = says(request.method);
    const parts = [];
    request.on('data', (part) => parts.push(part));
    if (status === 'stall') return;
    if (status >= 300) {
        response.writeHead(status).end(); // and hears the rest of the body: whoever closes at once takes his answer back
        return;
    }
    request.on('end', () => {
        got.set(request.url, { method: request.method, headers: request.headers, text: Buffer.concat(parts).toString() });
        response.writeHead(status).end();
    });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
test.after(() => {
    server.closeAllConnections();
    server.close();
});
const at = (where, user = '') => `http://${user}127.0.0.1:${server.address().port}${where}`;

const words = async (message) => (await hub.get(`${hub.at('LOGS-1')}/notes?limit=100`)).notes
    .filter((note) => note.action === message).map((note) => note.what).reverse();
/** Once the hub has heard so many of these words, the newest of them. */
async function heard(message, before, count) {
    return until(`${count} more of ${message} than ${before.length}`, async () => {
        const all = await words(message);
        return all.length >= before.length + count && all.slice(before.length);
    }, 40);
}
const ask = async (operation, body) => (await hub.ask('LOGS-1', operation, body)).body;
const log = (requestId, remoteLocation, more = {}, logType = 'DiagnosticsLog') =>
    ask('GetLog', { logType, requestId, log: { remoteLocation, ...more } });

/* It has its clock once it says its connectors. */
test.before(() => until('it says its connectors', async () => (await hub.get(hub.at('LOGS-1'))).connectors.length > 1));

test('TC_045_1_CS diagnostics by PUT: who it is, its log, its bus, and nothing secret', async () => {
    const before = await words('DiagnosticsStatusNotification');
    const { fileName } = await ask('GetDiagnostics', { location: at('/diagnostics/', 'who:swordfish@') });
    assert.match(fileName, /^LOGS-1-diagnostics-\d{8}T\d{6}Z\.txt$/);
    assert.deepEqual(await heard('DiagnosticsStatusNotification', before, 2), ['Uploading', 'Uploaded']);
    const { method, headers, text } = got.get(`/diagnostics/${fileName}`);
    assert.deepEqual([method, headers['content-type']], ['PUT', 'text/plain']);
    assert.equal(headers.authorization, `Basic ${Buffer.from('who:swordfish').toString('base64')}`);
    const lines = text.split('\n');
    assert.match(lines[0], /^# charger LOGS-1, firmware \S+$/);
    assert.match(lines[1], /^# boot 1 \(power-on\), up [\d.]+ s, now \d{4}-\d\d-\d\dT/);
    assert.ok(lines.some((line) => / I clock: set by the central system/.test(line)));
    assert.ok(lines.some((line) => /^# until asked: \d+ frames in [\d.]+ s;/.test(line)));
    assert.ok(lines.some((line) => /^\(\d+\.\d{6}\) can[01] [0-9A-F]{8}#[0-9A-F]{16} [RT]$/.test(line)));
    for (const secret of ['swordfish', password, Buffer.from(password).toString('hex')])
        assert.ok(!text.toLowerCase().includes(secret.toLowerCase()), secret);
    assert.ok(!charger.program.tail(1000).includes('swordfish'), 'in the console');
});

test('a log by POST, where a server will not have PUT', async () => {
    const before = await words('LogStatusNotification');
    says = (method) => (method === 'PUT' ? 405 : 200);
    const answer = await log(11, at('/any/log'));
    assert.equal(answer.status, 'Accepted');
    assert.match(answer.filename, /^LOGS-1-log-/);
    assert.deepEqual(await heard('LogStatusNotification', before, 2), ['Uploading', 'Uploaded']);
    says = () => 201;
    assert.equal(got.get('/any/log').method, 'POST');
    assert.match(got.get('/any/log').text, /^# charger LOGS-1, /);
});

test('TC_079_CS the security log, of a time', async () => {
    const before = await words('LogStatusNotification');
    const all = await log(12, at('/security/'), {}, 'SecurityLog');
    assert.deepEqual(await heard('LogStatusNotification', before, 2), ['Uploading', 'Uploaded']);
    const { text } = got.get(`/security/${all.filename}`);
    assert.match(text, /^\d{4}-\d\d-\d\dT\S+Z StartupOfTheDevice: \S+$/m);
    assert.doesNotMatch(text, /can0|can1/);
    assert.equal((await log(13, at('/security/'), { latestTimestamp: iso(-86400000) }, 'SecurityLog')).status, 'Rejected', 'there is none');
    assert.deepEqual(await ask('GetDiagnostics', { location: at('/none/'), startTime: iso(86400000) }), {}, 'nor of tomorrow');
    const began = Date.now();
    await until('three seconds are over', () => Date.now() - began > 3000);
    const newest = await log(14, at('/newest/'), { oldestTimestamp: iso(-2000) });
    await heard('LogStatusNotification', before, 4);
    const lines = got.get(`/newest/${newest.filename}`).text;
    assert.doesNotMatch(lines, / I clock: set by the central system/);
    assert.match(lines, / can[01] /);
});

test('by FTP, to a server that is not ours', async () => {
    const port = await freePort();
    const folder = path.join(hub.stack.dir, 'ftp');
    fs.mkdirSync(path.join(folder, 'up'), { recursive: true });
    const program = `import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
a = DummyAuthorizer()
a.add_user('unit', 'p@ss:word', sys.argv[2], perm='elradfmwMT')
FTPHandler.authorizer = a
FTPHandler.auth_failed_timeout = 0
FTPServer(('127.0.0.1', int(sys.argv[1])), FTPHandler).serve_forever()`;
    const ftp = hub.stack.start('ftp', '/usr/bin/python3', ['-c', program, String(port), folder]);
    await until('the FTP server listens', () => /starting FTP server/.test(ftp.tail(50)));
    const before = await words('DiagnosticsStatusNotification');
    const { fileName } = await ask('GetDiagnostics', { location: `ftp://unit:p%40ss%3Aword@127.0.0.1:${port}/up` });
    assert.deepEqual(await heard('DiagnosticsStatusNotification', before, 2), ['Uploading', 'Uploaded']);
    assert.match(fs.readFileSync(path.join(folder, 'up', fileName), 'utf8'), /^# charger LOGS-1, [^]*# until asked: /);
    const logs = await words('LogStatusNotification');
    assert.equal((await log(15, `ftp://unit:wrong@127.0.0.1:${port}/up/`)).status, 'Accepted');
    assert.equal((await heard('LogStatusNotification', logs, 2)).at(-1), 'PermissionDenied');
    await ftp.kill('SIGKILL');
    assert.equal((await log(16, 'sftp://127.0.0.1/up/')).status, 'Accepted');
    assert.deepEqual(await heard('LogStatusNotification', logs, 3).then((all) => all.at(-1)), 'NotSupportedOperation');
});

test('TC_045_2_CS again as often as was asked for, then it has failed', async () => {
    const before = await words('DiagnosticsStatusNotification');
    let times = 0;
    says = () => { times++; return 500; };
    await ask('GetDiagnostics', { location: at('/fails/'), retries: 2, retryInterval: 1 });
    assert.deepEqual(await heard('DiagnosticsStatusNotification', before, 2), ['Uploading', 'UploadFailed']);
    assert.equal(times, 3);
    says = () => 201;
});

test('another log gives up the one under way; a power cut ends in a word, too', async () => {
    const before = await words('LogStatusNotification');
    says = () => 'stall';
    assert.equal((await log(21, at('/stalls/'))).status, 'Accepted');
    assert.deepEqual(await heard('LogStatusNotification', before, 1), ['Uploading']);
    assert.equal((await log(22, at('/stalls/'))).status, 'AcceptedCanceled');
    assert.deepEqual(await heard('LogStatusNotification', before, 2), ['Uploading', 'Uploading']);
    await charger.kill();
    says = () => 201;
    await charger.run();
    assert.deepEqual(await heard('LogStatusNotification', before, 3), ['Uploading', 'Uploading', 'UploadFailure']);
});

test('P-33 its password is in no file', async () => {
    await until('it is back', async () => (await ask('GetConfiguration', { key: ['AuthorizationKey'] })).configurationKey?.length === 1, 60);
    for (const [id, kind] of [[31, 'DiagnosticsLog'], [32, 'SecurityLog']]) {
        const before = await words('LogStatusNotification');
        const { filename } = await log(id, at('/key/'), {}, kind);
        await heard('LogStatusNotification', before, 2);
        const { text } = got.get(`/key/${filename}`);
        assert.ok(text.length > 50);
        for (const secret of [password, Buffer.from(password).toString('hex')]) assert.ok(!text.toLowerCase().includes(secret.toLowerCase()));
    }
});

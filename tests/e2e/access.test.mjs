// SPDX-License-Identifier: Apache-2.0
// The front door over time: sign-ins that go on and end, certificates that are renewed, programs that
// are told to read their files again.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import tls from 'node:tls';
import { Stack, bin, until } from './support.mjs';

const days = (count) => ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-days', String(count), '-subj', '/CN=localhost'];

let stack;

before(async () => {
    stack = await Stack.create({ users: ['window-1'], env: { ROOST_WEB_ROOT: '' } });
    await stack.startBroker();
    await stack.startHub();
});
after(() => stack?.stop());

const post = (where, body, url = stack.url) => fetch(`${url}/api/v1/auth/${where}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

async function signIn() {
    const answer = await post('login', { email: 'operator@roost.local', password: stack.password });
    assert.equal(answer.status, 200);
    return answer.json();
}

const me = (access) => fetch(`${stack.url}/api/v1/auth/me`, { headers: { Authorization: `Bearer ${access}` } });

test('a sign-out ends the access token and its event streams, and it stays ended over a restart', async () => {
    const gone = await signIn();
    const kept = await signIn();
    const stream = await fetch(`${stack.url}/api/v1/events`, { headers: { Authorization: `Bearer ${gone.access_token}` } });
    assert.equal(stream.status, 200);
    const ended = (async () => { for await (const piece of stream.body) void piece; })();
    assert.equal((await post('logout', { refresh_token: gone.refresh_token })).status, 204);
    await Promise.race([ended, new Promise((resolve, reject) => setTimeout(reject, 5000, new Error('the stream goes on')))]);
    assert.equal((await me(gone.access_token)).status, 401);
    assert.equal((await me(kept.access_token)).status, 200);

    await stack.programs.get('roostd').kill();
    await stack.startHub();
    assert.equal((await me(gone.access_token)).status, 401);
    assert.equal((await me(kept.access_token)).status, 200);
});

// In front of the hub, losing the answers to the first `lose` refreshes.
async function losingProxy(lose) {
    const server = http.createServer((request, response) => {
        const passed = http.request(`${stack.url}${request.url}`, { method: request.method, headers: request.headers }, (answer) => {
            if (request.url.endsWith('/refresh') && lose-- > 0) {
                answer.resume();
                answer.on('end', () => request.socket.destroy());
                return;
            }
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
        });
        request.pipe(passed);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
}

test('many calls of the command line at once share a refresh, also when its answer is lost', async () => {
    const proxy = await losingProxy(1);
    const url = `http://127.0.0.1:${proxy.address().port}`;
    const session = path.join(stack.dir, 'session.json');
    const password = path.join(stack.dir, 'password');
    fs.writeFileSync(password, stack.password);
    const env = { ...process.env, ROOST_SESSION: session };
    const roost = (...args) => new Promise((resolve) =>
        execFile(path.join(bin, 'roost'), args, { env }, (error, stdout, stderr) => resolve({ status: error ? error.code : 0, stderr })));
    assert.equal((await roost('--hub', url, 'login', '--email', 'operator@roost.local', '--password-file', password)).status, 0);
    const kept = JSON.parse(fs.readFileSync(session, 'utf8'));
    kept.access_token = `${kept.access_token.slice(0, -3)}AAA`;
    fs.writeFileSync(session, JSON.stringify(kept));
    const calls = await Promise.all(Array.from({ length: 8 }, () => roost('devices')));
    for (const call of calls) assert.equal(call.status, 0, call.stderr);
    const now = JSON.parse(fs.readFileSync(session, 'utf8'));
    assert.notEqual(now.refresh_token, kept.refresh_token);
    assert.equal(fs.statSync(session).mode & 0o777, 0o600);
    assert.equal((await post('refresh', { refresh_token: now.refresh_token })).status, 200);
    proxy.close();
});

test('files that hold secrets and rows are the owner’s alone, also those that were not', async () => {
    const hub = stack.programs.get('roostd');
    await hub.kill();
    const files = ['roost.db', 'series.db', 'roost-jwt.key'].map((name) => path.join(stack.dir, name));
    for (const file of files) fs.chmodSync(file, 0o644);
    const again = await stack.startHub();
    for (const name of fs.readdirSync(stack.dir).filter((entry) => /\.db|\.key/.test(entry)))
        assert.equal(fs.statSync(path.join(stack.dir, name)).mode & 0o777, 0o600, name);
    assert.match(fs.readFileSync(again.log, 'utf8'), /"msg":"file was open to others, closed","file":"[^"]*roost\.db"/);
});

function served(port) {
    return new Promise((resolve, reject) => {
        const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () =>
            resolve({ serial: socket.getPeerCertificate().serialNumber, socket }));
        socket.once('error', reject);
    });
}

test('a certificate that is renewed is served from then on; a pair that does not fit is not', async () => {
    const cert = path.join(stack.dir, 'cert.pem'), key = path.join(stack.dir, 'key.pem');
    const make = (count, certFile = cert, keyFile = key) =>
        execFileSync('openssl', [...days(count), '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
    const onDisk = () => execFileSync('openssl', ['x509', '-noout', '-serial', '-in', cert], { encoding: 'utf8' }).trim().slice(7);
    make(3);
    await stack.programs.get('roostd').kill();
    const { env } = stack;
    stack.env = { ...env, ROOST_TLS_CERT: cert, ROOST_TLS_KEY: key };
    const hub = await stack.startHub({ wait: false });
    const first = await until('TLS', () => served(stack.httpPort));
    assert.equal(first.serial, onDisk());
    await until('the end is announced', () => /"msg":"the certificate expires soon"/.test(fs.readFileSync(hub.log, 'utf8')));

    make(90, path.join(stack.dir, 'other.pem'), key); // a key that is not the certificate's
    hub.child.kill('SIGHUP');
    await until('the refusal', () => /the old one goes on|the key is not the certificate/.test(fs.readFileSync(hub.log, 'utf8')));
    const same = await served(stack.httpPort);
    assert.equal(same.serial, first.serial);
    same.socket.destroy();

    make(90);
    hub.child.kill('SIGHUP');
    await until('the new one', async () => {
        const { serial, socket } = await served(stack.httpPort);
        socket.destroy();
        return serial === onDisk();
    });
    // The connection of before is still served.
    first.socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const piece of first.socket) text += piece;
    assert.match(text, /^HTTP\/1\.1 200 /);
    const left = Number(/^roost_tls_certificate_days_left (.*)$/m.exec(text)[1]);
    assert.ok(left > 89 && left <= 90, String(left));
    assert.equal(hub.exit, undefined);
    await hub.kill();
    stack.env = env;
    await stack.startHub();
});

test('SIGHUP ends no program', async () => {
    await stack.startWindow('window-1');
    const load = spawn(path.join(bin, 'roost-load'), ['--broker', stack.mqttUrl, '--user', 'probe', '--password-file',
        path.join(stack.brokerDir, 'secrets/probe'), '--devices', '2', '--seconds', '60'], { stdio: 'ignore' });
    const programs = [stack.programs.get('roostd'), stack.programs.get('window-1')];
    if (fs.existsSync(path.join(bin, 'roost-ml'))) programs.push(await stack.startModel());
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (let i = 0; i < 3; i++) {
        for (const program of programs) program.child.kill('SIGHUP');
        load.kill('SIGHUP');
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
    for (const program of programs) assert.equal(program.exit, undefined, program.name);
    assert.equal(load.exitCode ?? load.signalCode, null);
    load.kill('SIGKILL');
    assert.equal((await fetch(`${stack.url}/health/live`)).status, 200);
    assert.equal(stack.control('window-1', 'state').ok, true);
});

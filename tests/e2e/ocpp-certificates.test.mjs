// SPDX-License-Identifier: Apache-2.0
// C-24: certificates for chargers by an authority of the operator's. Keys and requests are made by OpenSSL's own command, which
// also judges what comes back.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Chargers } from './ocpp.mjs';
import { bin, until } from './support.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-ca-'));
const at = (name) => path.join(dir, name);
const openssl = (...args) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], RSA = ['-newkey', 'rsa:2048'];
openssl('req', '-x509', ...CURVE, '-nodes', '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/O=Example/CN=Chargers', '-days', '10');
const csr = (subject, kind = CURVE) => {
    openssl('req', '-new', ...kind, '-nodes', '-keyout', at('cp.key'), '-out', at('cp.csr'), '-subj', subject);
    return fs.readFileSync(at('cp.csr'), 'utf8');
};
const hub = await Chargers.create(test, { env: { ROOST_CHARGING_CA_CERT: at('ca.pem'), ROOST_CHARGING_CA_KEY: at('ca.key'), ROOST_CHARGING_ORGANISATION: 'Example' } });
test.after(() => fs.rmSync(dir, { recursive: true, force: true }));

test('C-24 TC_074_CSMS a good request is accepted, and the certificate follows', async () => {
    const cp = await hub.known('C-24');
    let chain, answer = 'Accepted';
    cp.handle('CertificateSigned', ({ params }) => { chain = params.certificateChain; return { status: answer }; });
    for (const kind of [RSA, CURVE]) {
        chain = undefined;
        assert.deepEqual(await cp.call('SignCertificate', { csr: csr('/O=Example/CN=C-24', kind) }), { status: 'Accepted' });
        await until('it came', () => chain, 5);
        assert.ok(chain.length <= 10000 && !chain.includes('\r') && chain.startsWith('-----BEGIN CERTIFICATE-----\n'));
        fs.writeFileSync(at('cp.pem'), chain);
        assert.match(openssl('verify', '-CAfile', at('ca.pem'), '-purpose', 'sslclient', at('cp.pem')), /OK/);
        const text = openssl('x509', '-in', at('cp.pem'), '-noout', '-subject', '-ext', 'basicConstraints,keyUsage,extendedKeyUsage');
        assert.match(text, /O ?= ?Example, ?CN ?= ?C-24/);
        assert.match(text, /CA:FALSE/);
        assert.equal(openssl('x509', '-in', at('cp.pem'), '-noout', '-pubkey'), openssl('pkey', '-in', at('cp.key'), '-pubout'));
    }
    const [note] = (await hub.get(`${hub.at('C-24')}/notes`)).notes;
    assert.deepEqual([note.action, note.what], ['SignCertificate', 'Accepted']);
    assert.ok(JSON.parse(note.text).until_ms > Date.now() + 390 * 86400e3);
    // One that the charger does not take is told to whoever reads the log, and not sent again by itself.
    answer = 'Rejected';
    chain = undefined;
    await cp.call('SignCertificate', { csr: csr('/O=Example/CN=C-24') });
    await until('it came', () => chain, 5);
    await until('it is told', () => hub.stack.programs.get('roostd').tail(50).includes('certificate not taken'), 5);
    assert.ok(!hub.stack.programs.get('roostd').tail(1000).includes('BEGIN'), 'no certificate stands in the log');
});

test('C-24 what is not of this charger is refused, with the reason in its notes', async () => {
    const cp = await hub.known('C-24-R');
    let sent = 0;
    cp.handle('CertificateSigned', () => { sent++; return { status: 'Accepted' }; });
    const good = csr('/O=Example/CN=C-24-R');
    const wrong = [
        [csr('/O=Example/CN=C-24'), /CN/], [csr('/O=Another/CN=C-24-R'), /O is not/], [csr('/CN=C-24-R'), /O is not/], [csr('/O=Example/CN=C-24-R/CN=C-24'), /CN/],
        ['garbage', /PEM/], [good.slice(0, 200), /PEM/], [csr('/O=Example/CN=C-24-R', ['-newkey', 'rsa:1024']), /key/],
        [good.replace(/^(.{70})(.)/ms, (all, head, one) => head + (one === 'A' ? 'B' : 'A')), /PEM|CN|O is not|key/],
    ];
    for (const [request, why] of wrong) {
        assert.deepEqual(await cp.call('SignCertificate', { csr: request }), { status: 'Rejected' }, String(why));
        const [note] = (await hub.get(`${hub.at('C-24-R')}/notes?limit=1`)).notes;
        assert.equal(note.what, 'Rejected');
        assert.match(note.text, why);
    }
    assert.equal(sent, 0);
});

test('C-24 an authority that cannot be used stops the start, and --check names it', async () => {
    fs.writeFileSync(at('other.key'), openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'));
    for (const [env, expected] of [[{ ROOST_CHARGING_CA_KEY: at('other.key') }, /not the key/], [{ ROOST_CHARGING_CA_KEY: at('nowhere') }, /cannot be read/], [{ ROOST_CHARGING_CA_KEY: '' }, /together/], [{ ROOST_CHARGING_CA_CERT: at('ca.key') }, /no certificate/]]) {
        const checked = spawnSync(path.join(bin, 'roostd'), ['--check'], { env: { ...process.env, ...hub.stack.hubEnv(), ...env }, encoding: 'utf8' });
        assert.notEqual(checked.status, 0);
        assert.match(checked.stdout, new RegExp(`FAILED ROOST_CHARGING_CA_CERT.*${expected.source}`));
    }
});

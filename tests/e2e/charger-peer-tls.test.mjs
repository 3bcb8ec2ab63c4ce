// SPDX-License-Identifier: Apache-2.0
// The charge point against a central system that is not ours (peer.mjs), over TLS: security profiles 2 and 3, and what is wrong
// with the other end. Certificates are made by OpenSSL's own command. Tests run beside each other: most of them wait.
import { after, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Peer } from './peer.mjs';
import { until } from './support.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-tls-'));
after(() => fs.rmSync(dir, { recursive: true, force: true }));
const at = (name) => path.join(dir, name);
const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'], RSA = ['-newkey', 'rsa:2048', '-nodes'];
for (const name of ['ca', 'other']) openssl('req', '-x509', ...P256, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-subj', `/O=Example/CN=${name}`, '-days', '10');
/** A certificate of `ca`, as https wants it. */
function issue(name, { ca = 'ca', subject = '/O=Example/CN=localhost', names = 'DNS:localhost,IP:127.0.0.1', kind = P256, days = ['-days', '5'] } = {}) {
    openssl('req', '-new', ...kind, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', subject);
    fs.writeFileSync(at(`${name}.ext`), `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n${names ? `subjectAltName=${names}\n` : ''}`);
    openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at(`${ca}.pem`), '-CAkey', at(`${ca}.key`), '-CAcreateserial', '-out', at(`${name}.pem`), '-extfile', at(`${name}.ext`), ...days);
    return { key: fs.readFileSync(at(`${name}.key`)), cert: fs.readFileSync(at(`${name}.pem`)) };
}
const good = issue('good'), rsa = issue('rsa', { kind: RSA });
const CA = ['--ca', at('ca.pem')];
const come = (peer, sockets, seconds = 60) => until('it is back', () => peer.sockets.length > sockets && peer.client, seconds);
/** The other end is replaced by `tls` until it was tried `tries` times, then by the good one again. */
async function meanwhile(peer, tls, tries, act = () => peer.drop()) {
    const sockets = peer.sockets.length;
    const closed = new Promise((resolve) => peer.http.close(resolve));
    await act();
    peer.http.closeAllConnections();
    peer.drop();
    await closed;
    Object.assign(peer, { tls, tries: 0 });
    await peer.back();
    await until(`it tried ${tries} times`, () => peer.tries >= tries, 90);
    assert.equal(peer.sockets.length, sockets, 'and said nothing');
    peer.http.closeAllConnections();
    await new Promise((resolve) => peer.http.close(resolve));
    peer.tls = good;
    await peer.back();
    await come(peer, sockets, 120);
}

describe('a charger and a strict central system: TLS', { concurrency: 16 }, () => {
    for (const [kind, tls] of [['ECDSA', good], ['RSA', rsa]])
        test(`TC_086_CS a server with an ${kind} certificate is verified, and served with Basic`, async (t) => {
            const peer = await Peer.create(t, { tls, profile: 2, args: CA });
            assert.equal(peer.authorization, `Basic ${Buffer.concat([Buffer.from('PEER-1:'), peer.passwords[0]]).toString('base64')}`);
            assert.equal(await peer.get('SecurityProfile'), '2');
        });

    test('TC_087_CS with profile 3 a certificate of its own is shown, and no password', async (t) => {
        issue('own', { subject: '/O=Example/CN=PEER-1', names: '' });
        const peer = await Peer.create(t, { tls: { ...good, ca: fs.readFileSync(at('ca.pem')), requestCert: true, rejectUnauthorized: true }, profile: 3, args: [...CA, '--cert', at('own.pem'), '--key', at('own.key')] });
        assert.equal(peer.authorization, undefined);
        assert.equal(await peer.get('SecurityProfile'), '3');
        for (const value of ['2', '1', '0']) assert.deepEqual(await peer.ask('ChangeConfiguration', { key: 'SecurityProfile', value }), { status: 'Rejected' }, value);
    });

    test('P-34 TC_083_CS TC_084_CS the profile rises over a good connection, stays over a power cut, and does not fall', async (t) => {
        const peer = await Peer.create(t, { tls: good, profile: 1, args: CA });
        const rise = (value) => peer.ask('ChangeConfiguration', { key: 'SecurityProfile', value });
        assert.deepEqual(await rise('3'), { status: 'Rejected' }, 'without a certificate of its own');
        const sockets = peer.sockets.length;
        assert.deepEqual(await rise('2'), { status: 'Accepted' });
        await come(peer, sockets);
        assert.equal(await peer.get('SecurityProfile'), '2');
        for (const value of ['2', '1', '0']) assert.deepEqual(await rise(value), { status: 'Rejected' }, value);
        const since = peer.mark();
        await peer.cut();
        await peer.power();
        await peer.ready(2, { since });
        assert.equal(await peer.get('SecurityProfile'), '2');
    });

    test('P-34 a profile whose connection fails is given up, and told', async (t) => {
        const peer = await Peer.create(t, { tls: good, profile: 1, args: CA });
        const since = peer.mark();
        await meanwhile(peer, issue('foreign-2', { ca: 'other' }), 3, async () => {
            assert.deepEqual(await peer.ask('ChangeConfiguration', { key: 'SecurityProfile', value: '2' }), { status: 'Accepted' });
        });
        assert.equal(await peer.get('SecurityProfile'), '1');
        await peer.said('SecurityEventNotification', { type: 'InvalidCentralSystemCertificate' }, { since });
    });

    const wrong = [
        ['another authority', () => issue('foreign', { ca: 'other' }), 'InvalidCentralSystemCertificate', /authority/],
        ['another name', () => issue('named', { subject: '/O=Example/CN=elsewhere', names: 'DNS:elsewhere.example' }), 'InvalidCentralSystemCertificate', /name/],
        ['expired', () => issue('over', { days: ['-days', '-1'] }), 'InvalidCentralSystemCertificate', /expired/],
        ['TLS 1.1', () => ({ ...rsa, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }), 'InvalidTLSVersion'],
        ['CBC only', () => ({ ...good, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }), 'InvalidTLSCipherSuite'],
    ];
    for (const [what, tls, type, info] of wrong)
        test(`P-35 TC_078_CS ${what}: nothing is said, and the event comes after the next good connection`, async (t) => {
            const peer = await Peer.create(t, { tls: good, profile: 2, args: CA });
            const since = peer.mark();
            await meanwhile(peer, tls(), 2);
            const event = await peer.said('SecurityEventNotification', { type }, { since });
            if (info) assert.match(event.payload.techInfo, info);
            assert.equal(peer.calls('SecurityEventNotification', { since, where: { type } }).length, 1, 'once');
            assert.equal(peer.calls('BootNotification', { since }).length, 0);
        });
});

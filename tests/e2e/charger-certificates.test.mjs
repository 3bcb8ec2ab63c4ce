// SPDX-License-Identifier: Apache-2.0
// Certificates by a central system's word, against one that is not ours (peer.mjs): a root is installed, the profile rises to
// TLS, the charger asks for a certificate of its own and shows it; what is wrong is refused. Certificates are made, and the
// charger's request is read, by OpenSSL's own command.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Peer } from './peer.mjs';
import { until } from './support.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-papers-'));
after(() => fs.rmSync(dir, { recursive: true, force: true }));
const at = (name) => path.join(dir, name);
const openssl = (...args) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const read = (name) => fs.readFileSync(at(name), 'utf8');
const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
for (const name of ['ca', 'other', 'third', 'fourth', 'fifth'])
    openssl('req', '-x509', ...P256, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-subj', `/O=Example/CN=${name}`, '-days', '10');
function sign(name, extensions, ca = 'ca') {
    fs.writeFileSync(at(`${name}.ext`), `basicConstraints=critical,CA:FALSE\n${extensions}\n`);
    openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at(`${ca}.pem`), '-CAkey', at(`${ca}.key`), '-CAcreateserial', '-out', at(`${name}.pem`), '-extfile', at(`${name}.ext`), '-days', '5');
    return read(`${name}.pem`);
}
for (const [name, subject] of [['server', '/CN=localhost'], ['foreign', '/O=Example/CN=PEER-1']]) openssl('req', '-new', ...P256, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', subject);
sign('server', 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth');

const peer = await Peer.create({ after }, {
    profile: 1, args: ['--ca', at('ca.pem')],
    tls: { key: read('server.key'), cert: read('server.pem'), ca: read('ca.pem'), requestCert: true, rejectUnauthorized: false },
});
const install = (name, certificateType = 'CentralSystemRootCertificate') => peer.ask('InstallCertificate', { certificateType, certificate: read(`${name}.pem`) });
const listed = async (certificateType = 'CentralSystemRootCertificate') => peer.ask('GetInstalledCertificateIds', { certificateType });
const remove = (certificateHashData) => peer.ask('DeleteCertificate', { certificateHashData });
async function rise(value) {
    const sockets = peer.sockets.length;
    assert.deepEqual(await peer.ask('ChangeConfiguration', { key: 'SecurityProfile', value }), { status: 'Accepted' });
    await until('it is back', () => peer.sockets.length > sockets && peer.client, 60);
    assert.equal(await peer.get('SecurityProfile'), value);
}
let csr;
peer.answers.SignCertificate = (payload) => {
    csr = payload.csr;
    return { status: 'Accepted' };
};
async function request() {
    csr = undefined;
    assert.deepEqual(await peer.ask('ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' }), { status: 'Accepted' });
    await until('it asks', () => csr, 20);
    fs.writeFileSync(at('own.csr'), csr);
    assert.match(openssl('req', '-in', at('own.csr'), '-verify', '-noout', '-subject'), /O ?= ?Example, ?CN ?= ?PEER-1/);
    return sign('own', 'extendedKeyUsage=clientAuth');
}

test('P-40 TC_075_1_CS TC_075_2_CS roots are installed and listed, and what is none is not', async () => {
    assert.deepEqual(await listed(), { status: 'NotFound' });
    for (const name of ['server', 'foreign.csr']) {
        const certificate = name.includes('.') ? read(name) : read(`${name}.pem`);
        assert.deepEqual(await peer.ask('InstallCertificate', { certificateType: 'CentralSystemRootCertificate', certificate }), { status: 'Rejected' }, name);
    }
    for (const name of ['ca', 'other', 'third']) assert.deepEqual(await install(name), { status: 'Accepted' }, name);
    assert.deepEqual(await install('fourth', 'ManufacturerRootCertificate'), { status: 'Accepted' });
    assert.equal(await peer.get('CertificateStoreMaxLength'), '4');
    assert.deepEqual(await install('fifth'), { status: 'Rejected' }, 'n + 1');
    const { status, certificateHashData } = await listed();
    assert.equal(status, 'Accepted');
    const serials = ['ca', 'other', 'third'].map((name) => openssl('x509', '-in', at(`${name}.pem`), '-noout', '-serial').trim().split('=')[1].toLowerCase().replace(/^0+/, ''));
    assert.deepEqual(certificateHashData.map((id) => id.serialNumber), serials);
    for (const id of certificateHashData) assert.match(`${id.hashAlgorithm} ${id.issuerNameHash} ${id.issuerKeyHash}`, /^SHA256 [0-9a-f]{64} [0-9a-f]{64}$/);
});

test('P-40 TC_076_CS the root in use stays, another goes', async () => {
    await rise('2');
    const ids = (await listed()).certificateHashData;
    assert.deepEqual(await remove(ids[0]), { status: 'Failed' }, 'M04.FR.06');
    assert.deepEqual(await remove(ids[2]), { status: 'Accepted' });
    assert.deepEqual(await remove(ids[2]), { status: 'NotFound' });
    assert.equal((await listed()).certificateHashData.length, 2);
});

test('P-41 TC_074_CS TC_077_CS it asks for a certificate, takes its own, and no other', async () => {
    assert.deepEqual(await peer.ask('ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' }), { status: 'Rejected' }, 'for no organization');
    await peer.set('CpoName', 'Example');
    const chain = await request();
    let since = peer.mark();
    for (const [certificateChain, why] of [[sign('foreign', 'extendedKeyUsage=clientAuth'), 'another key'], [sign('own', 'extendedKeyUsage=clientAuth', 'fifth'), 'another authority'], ['rubbish', 'none']]) {
        since = peer.mark();
        assert.deepEqual(await peer.ask('CertificateSigned', { certificateChain }), { status: 'Rejected' }, why);
        await peer.said('SecurityEventNotification', { type: 'InvalidChargePointCertificate' }, { since });
    }
    assert.deepEqual(await peer.ask('ChangeConfiguration', { key: 'SecurityProfile', value: '3' }), { status: 'Rejected' }, 'it has none yet');
    assert.deepEqual(await peer.ask('CertificateSigned', { certificateChain: chain }), { status: 'Accepted' });
});

test('P-34 with it the profile rises to 3, over a power cut, and the key is never told', async () => {
    await peer.cut();
    await peer.power();
    await until('it is back', () => peer.client, 60);
    peer.authorization = 'none came';
    await rise('3');
    assert.equal(peer.authorization, undefined, 'no password');
    assert.equal(peer.client.handshake.request.socket.authorized, true);
    assert.ok(!peer.frames.some((frame) => /PRIVATE KEY/.test(frame.text)));
});

test('A02 a new one takes the place of the old, on a socket of its own', async () => {
    const fingerprint = () => peer.client.handshake.request.socket.getPeerCertificate().fingerprint256;
    const before = fingerprint(), sockets = peer.sockets.length;
    // 10,000 characters: what stands beside a certificate does not count.
    const chain = await request();
    const certificateChain = `${'#'.repeat(9999 - chain.length)}\n${chain}`;
    assert.equal(certificateChain.length, 10000);
    assert.deepEqual(await peer.ask('CertificateSigned', { certificateChain }), { status: 'Accepted' });
    await until('it is back', () => peer.sockets.length > sockets && peer.client, 60);
    assert.notEqual(fingerprint(), before);
});

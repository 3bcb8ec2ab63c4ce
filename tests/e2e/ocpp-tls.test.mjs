// SPDX-License-Identifier: Apache-2.0
// C-23: security profile 3 at the hub's door. Authorities, certificates and the list of what is revoked are made by OpenSSL's own
// command; chargers are Node's TLS, which verifies the hub. Each refusal is told apart by its reason in metrics and log.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { WebSocket } from 'ws';
import { Chargers } from './ocpp.mjs';
import { bin, until } from './support.mjs';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // of REST, by an operator's fetch; chargers below name their authority
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-tls-'));
test.after(() => fs.rmSync(dir, { recursive: true, force: true }));
const at = (name) => path.join(dir, name);
const read = (name) => fs.readFileSync(at(name));
const openssl = (...args) => execFileSync('openssl', args, { encoding: 'utf8', cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], RSA = ['-newkey', 'rsa:2048'];

/** An authority with its books, so that it can revoke. */
function authority(name) {
    openssl('req', '-x509', ...CURVE, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/O=Example/CN=${name}`, '-days', '30');
    fs.mkdirSync(at(`${name}.new`));
    fs.writeFileSync(at(`${name}.txt`), '');
    fs.writeFileSync(at(`${name}.txt.attr`), 'unique_subject = no\n');
    fs.writeFileSync(at(`${name}.cnf`), ['[ca]', 'default_ca=it', '[it]', `database=${name}.txt`, `new_certs_dir=${name}.new`, `certificate=${name}.pem`,
        `private_key=${name}.key`, 'rand_serial=yes', 'default_md=sha256', 'default_days=20', 'default_crl_days=20', 'policy=any', 'copy_extensions=copy', '[any]', 'organizationName=optional', 'commonName=supplied', ''].join('\n'));
}
/** A certificate of it; times as 20200101000000Z. */
function certify(name, by, subject, { kind = CURVE, from, until: end, ext } = {}) {
    openssl('req', '-new', ...kind, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject, ...(ext ? ['-addext', ext] : []));
    openssl('ca', '-batch', '-notext', '-config', `${by}.cnf`, '-in', `${name}.csr`, '-out', `${name}.pem`, ...(from ? ['-startdate', from] : []), ...(end ? ['-enddate', end] : []));
}
authority('chargers');
authority('strangers');
authority('web');
const ext = 'subjectAltName=IP:127.0.0.1';
certify('rsa', 'web', '/CN=hub', { kind: RSA, ext });
certify('ec', 'web', '/CN=hub', { ext });
certify('good', 'chargers', '/O=Example/CN=C-23');
certify('good-rsa', 'chargers', '/O=Example/CN=SN-42', { kind: RSA });
certify('expired', 'chargers', '/O=Example/CN=C-23', { from: '20200101000000Z', until: '20200102000000Z' });
certify('early', 'chargers', '/O=Example/CN=C-23', { from: '20700101000000Z', until: '20710102000000Z' });
certify('other-ca', 'strangers', '/O=Example/CN=C-23');
certify('other-o', 'chargers', '/O=Another/CN=C-23');
certify('no-o', 'chargers', '/CN=C-23');
certify('revoked', 'chargers', '/O=Example/CN=C-23');
certify('later', 'chargers', '/O=Example/CN=C-23');
const soon = (days) => new Date(Date.now() + days * 86400e3 + 3600e3).toISOString().replace(/[-:T]/g, '').slice(0, 14) + 'Z';
certify('week', 'chargers', '/O=Example/CN=calendar', { from: '20200101000000Z', until: soon(5) });
openssl('ca', '-batch', '-config', 'chargers.cnf', '-revoke', 'revoked.pem');
openssl('ca', '-config', 'chargers.cnf', '-gencrl', '-out', 'chargers.crl');

const hub = await Chargers.create(test, { env: {
    ROOST_TLS_CERT: at('ec.pem'), ROOST_TLS_KEY: at('ec.key'), ROOST_TLS_CERT2: at('rsa.pem'), ROOST_TLS_KEY2: at('rsa.key'),
    ROOST_CHARGING_CA_CERT: at('chargers.pem'), ROOST_CHARGING_CA_KEY: at('chargers.key'),
    ROOST_CHARGING_CLIENT_CA: at('chargers.pem'), ROOST_CHARGING_CRL: at('chargers.crl'), ROOST_CHARGING_ORGANISATION: 'Example',
} });
await hub.add('C-23', { certificate: true });

/** What becomes of a charger that comes so: 'open', the status it was refused with, or 'tls'. */
function comes(identity, { cert, password, options = {} } = {}) {
    return new Promise((resolve) => {
        const socket = new WebSocket(`${hub.url}/${identity}`, 'ocpp1.6', {
            ca: read('web.pem'), rejectUnauthorized: true, ...(cert ? { cert: read(`${cert}.pem`), key: read(`${cert}.key`) } : {}),
            ...(password ? { headers: { Authorization: `Basic ${Buffer.from(`${identity}:${password}`).toString('base64')}` } } : {}), ...options });
        socket.on('open', () => socket.send('[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'));
        socket.on('message', (data) => { assert.match(String(data), /"Accepted"/); socket.terminate(); resolve('open'); });
        socket.on('unexpected-response', (_, response) => { response.destroy(); resolve(response.statusCode); });
        socket.on('error', () => resolve('tls'));
    });
}
const metric = async (name) => (await hub.stack.metrics()).get(name) ?? 0;
/** It is refused so, and counted under this reason. */
async function refused(how, what, counter) {
    const before = await metric(counter);
    assert.equal(await comes('C-23', how), what, JSON.stringify(how));
    await until(`${counter} rises`, async () => await metric(counter) === before + 1, 5);
}
const TLS = (reason) => `roost_http_tls_refused_total{reason="${reason}"}`, DOOR = (what) => `roost_csms_sockets_total{what="${what}"}`;

test('C-23 one whose certificate is its own comes in without a password', async () => {
    assert.equal(await comes('C-23', { cert: 'good' }), 'open');
    const shown = await hub.get(hub.at('C-23'));
    assert.deepEqual([shown.certificate, shown.certificate_name], [true, null]);
});

test('C-23 by the serial number that it is registered with', async () => {
    await hub.add('by-serial', { certificate: true, certificate_name: 'SN-42' });
    assert.equal(await comes('by-serial', { cert: 'good-rsa' }), 'open');
    assert.equal(await comes('by-serial', { cert: 'good' }), 403);
    await hub.ok('PATCH', hub.at('by-serial'), { certificate_name: null });
    assert.equal(await comes('by-serial', { cert: 'good-rsa' }), 403, 'the identity is not its serial number');
    await hub.ok('PATCH', hub.at('by-serial'), { certificate_name: 'SN-42' });
    assert.equal(await comes('by-serial', { cert: 'good-rsa' }), 'open');
    assert.equal((await hub.call('PATCH', hub.at('by-serial'), { certificate_name: 'x'.repeat(49) })).status, 400);
});

test('C-23 expired, other CA, revoked, TLS 1.1: refused in the handshake, by reason', async () => {
    await refused({ cert: 'expired' }, 'tls', TLS('expired'));
    await refused({ cert: 'early' }, 'tls', TLS('expired'));
    await refused({ cert: 'other-ca' }, 'tls', TLS('authority'));
    await refused({ cert: 'revoked' }, 'tls', TLS('revoked'));
    await refused({ cert: 'good', options: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } }, 'tls', TLS('version'));
    const log = hub.stack.programs.get('roostd').tail(200);
    assert.match(log, /"connection refused","reason":"expired"/);
});

test('C-23 CN not the serial number, O not the operator, none at all: refused at the door, by reason', async () => {
    await hub.add('C-24', { certificate: true });
    const before = await metric(DOOR('certificate_name'));
    assert.equal(await comes('C-24', { cert: 'good' }), 403);
    assert.equal(await metric(DOOR('certificate_name')), before + 1);
    await refused({ cert: 'other-o' }, 403, DOOR('certificate_organisation'));
    await refused({ cert: 'no-o' }, 403, DOOR('certificate_organisation'));
    await refused({}, 403, DOOR('no_certificate'));
    const { password } = await hub.ok('POST', `${hub.at('C-23')}/password?by_hand=true`);
    await refused({ password }, 403, DOOR('no_certificate'));
    assert.match(hub.stack.programs.get('roostd').tail(200), /"charger refused".*"reason":"no_certificate","charger":"C-23"/);
});

test('profile 2 goes on beside it: a password, and no certificate unless it is its own', async () => {
    const { password } = await hub.add('profile-2');
    assert.equal(await comes('profile-2', { password }), 'open');
    assert.equal(await comes('profile-2', {}), 401);
    assert.equal(await comes('profile-2', { password, cert: 'good' }), 403, 'it shows that of another');
});

test('the calendar: what chargers came with, told before it ends, and a new one is asked for', async () => {
    await hub.add('calendar', { certificate: true });
    const cp = await hub.connect('calendar', { options: { wsOpts: { ca: read('web.pem'), cert: read('week.pem'), key: read('week.key') } } });
    const asked = [];
    cp.handle('ExtendedTriggerMessage', ({ params }) => { asked.push(params.requestedMessage); return { status: 'Accepted' }; });
    let chain;
    cp.handle('CertificateSigned', ({ params }) => { chain = params.certificateChain; return { status: 'Accepted' }; });
    await cp.call('BootNotification', { chargePointVendor: 'Peer', chargePointModel: 'ocpp-rpc' });
    const rows = async (query = '') => (await hub.get(`/certificates?identity=calendar${query}`)).certificates;
    await until('it is in the calendar', async () => (await rows()).length === 1, 5);
    const [shown] = await rows();
    assert.deepEqual([shown.state, shown.days_left, shown.name, shown.signed_at_ms], ['shown', 5, 'calendar', null]);
    assert.match(shown.serial, /^[0-9A-F]{8,}$/);
    assert.deepEqual([(await rows('&days=4')).length, (await rows('&days=6')).length], [0, 1]);
    await until('it is counted', async () => (await metric('roost_csms_certificates_expiring{days="7"}')) === 1, 10);
    assert.ok((await hub.get('/certificates')).expiring.within_30_days >= 2, 'those of the other tests have twenty days');
    assert.match(hub.stack.programs.get('roostd').tail(300), /"a charger's certificate expires soon","charger":"calendar".*"days_left":5/);
    await until('it is asked', () => asked.length === 1, 10);
    openssl('req', '-new', ...CURVE, '-nodes', '-keyout', 'new.key', '-out', 'new.csr', '-subj', '/O=Example/CN=calendar');
    assert.deepEqual(await cp.call('SignCertificate', { csr: read('new.csr').toString() }), { status: 'Accepted' });
    await until('it came', () => chain, 5);
    await until('it is taken', async () => (await rows()).some((r) => r.state === 'taken'), 5);
    await until('nobody is woken any more', async () => (await metric('roost_csms_certificates_expiring{days="7"}')) === 0, 10);
    assert.deepEqual((await rows()).map((r) => r.state), ['shown', 'taken']);
    assert.ok((await rows())[1].days_left > 390);
    assert.deepEqual((await rows(`&after=${(await rows())[0].certificate_id}`)).map((r) => r.state), ['taken']);
    assert.deepEqual(asked, ['SignChargePointCertificate']);
});

test('A00.FR.317 both an ECDSA and an RSA certificate are served', async () => {
    const shown = (ciphers) => new Promise((resolve, reject) => {
        const socket = tls.connect({ host: '127.0.0.1', port: hub.stack.httpPort, ca: read('web.pem'), rejectUnauthorized: true, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers }, () => {
            const certificate = socket.getPeerCertificate();
            socket.destroy();
            resolve(certificate.asn1Curve ? 'ECDSA' : certificate.modulus ? 'RSA' : 'neither');
        });
        socket.on('error', reject);
    });
    assert.equal(await shown('ECDHE-ECDSA-AES128-GCM-SHA256'), 'ECDSA');
    assert.equal(await shown('ECDHE-RSA-AES128-GCM-SHA256'), 'RSA');
});

test('a list that revokes more is taken while the hub runs', async () => {
    assert.equal(await comes('C-23', { cert: 'later' }), 'open');
    openssl('ca', '-batch', '-config', 'chargers.cnf', '-revoke', 'later.pem');
    openssl('ca', '-config', 'chargers.cnf', '-gencrl', '-out', 'chargers.crl');
    hub.stack.programs.get('roostd').child.kill('SIGHUP');
    await until('it is taken', async () => (await metric('roost_tls_certificate_reads_total{result="taken"}')) > 0, 10);
    await refused({ cert: 'later' }, 'tls', TLS('revoked'));
    assert.equal(await comes('C-23', { cert: 'good' }), 'open');
});

test('what does not fit together is said by --check', () => {
    for (const [env, expected] of [
        [{ ROOST_TLS_CERT2: at('good.pem'), ROOST_TLS_KEY2: at('good.key') }, /same kind of key/], [{ ROOST_TLS_KEY2: at('ec.key') }, /not the certificate's/],
        [{ ROOST_CHARGING_CRL: at('ec.key') }, /revoked certificates cannot be read/], [{ ROOST_CHARGING_CLIENT_CA: at('nowhere') }, /authorities cannot be read/],
        [{ ROOST_TLS_KEY2: '' }, /go together/], [{ ROOST_CHARGING_CLIENT_CA: '' }, /ROOST_CHARGING_CRL needs/],
    ]) {
        const checked = spawnSync(path.join(bin, 'roostd'), ['--check'], { env: { ...process.env, ...hub.stack.hubEnv(), ...env }, encoding: 'utf8' });
        assert.notEqual(checked.status, 0);
        assert.match(checked.stdout + checked.stderr, expected);
    }
});

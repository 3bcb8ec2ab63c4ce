// SPDX-License-Identifier: Apache-2.0
// Certificates, logs and firmware of chargers in a real browser: authorities of a charger's firmware are installed, read and
// deleted; another charger tells how far its upload and its update are, and asks for a certificate that the hub signs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Charger } from './charger.mjs';
import { Console, twoClicks } from './charging-console.mjs';
import { now } from './ocpp.mjs';
import { until } from './support.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-ca-'));
test.after(() => fs.rmSync(dir, { recursive: true, force: true }));
const at = (name) => path.join(dir, name);
const openssl = (...args) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
openssl('req', '-x509', ...CURVE, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/O=Example/CN=Chargers', '-days', '400');
const authority = fs.readFileSync(at('ca.pem'), 'utf8');

const console = await Console.create(test, { env: { ROOST_CHARGING_CA_CERT: at('ca.pem'), ROOST_CHARGING_CA_KEY: at('ca.key'), ROOST_CHARGING_ORGANISATION: 'Example' } });
const { hub, errors } = console;
const { password } = await hub.add('CH-1');
await Charger.start(hub, 'CH-1', { password });
const odd = await hub.known('odd-2', { connectors: 1, boot: { firmwareVersion: '4.5.6' } });
await until('it says its connectors', async () => (await hub.get(hub.at('CH-1'))).connectors.length > 1);

const page = await console.signedIn();
const card = (name) => page.getByRole('region', { name, exact: true });

test('an authority is installed, read from the charger, and deleted', async () => {
    await console.goto(page, 'chargers/CH-1');
    await page.getByRole('link', { name: 'Certificates' }).click();
    const trusted = card('Authorities it trusts'), install = card('Install an authority');
    await install.getByLabel('Certificate').fill('garbage');
    await install.getByText('This is no single certificate as PEM').waitFor();
    assert.ok(await install.getByRole('button', { name: 'Install…' }).isDisabled());
    await install.getByLabel('Or from a file').setInputFiles(at('ca.pem'));
    await until('the file is there', async () => (await install.getByLabel('Certificate').inputValue()) === authority);
    await twoClicks(page, install, 'Install…', /Have CH-1 trust this authority from now on\?/, 'Install');
    await install.getByText('It is installed.').waitFor();
    await trusted.getByRole('button', { name: 'Read from the charger' }).click();
    const line = trusted.getByRole('listitem');
    await line.getByText('Serial number').waitFor();
    const serial = openssl('x509', '-in', at('ca.pem'), '-noout', '-serial').trim().split('=')[1].replace(/^0+/, '').toLowerCase();
    assert.match((await line.innerText()).toLowerCase(), new RegExp(serial));
    await console.shot(page, 'charger-certificates');
    await line.getByRole('button', { name: /Delete…/ }).click();
    await page.getByRole('dialog').getByText(/the charger does not come back/).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await until('it is gone', async () => (await line.count()) === 0);
    await trusted.getByText('None is installed.').first().waitFor();
    assert.deepEqual(errors, []);
});

test('a charger is told to ask for a certificate, which is signed, and until when it is good is seen', async () => {
    await console.goto(page, 'chargers/odd-2?tab=certificates');
    openssl('req', '-new', ...CURVE, '-keyout', at('cp.key'), '-out', at('cp.csr'), '-subj', '/O=Example/CN=odd-2');
    odd.handle('ExtendedTriggerMessage', ({ params }) => ({ status: params.requestedMessage === 'SignChargePointCertificate' ? 'Accepted' : 'NotImplemented' }));
    let chain = '';
    odd.handle('CertificateSigned', ({ params }) => { chain = params.certificateChain; return { status: 'Accepted' }; });
    const own = card('Its own certificates');
    await twoClicks(page, own, 'New certificate…', /Have odd-2 make a new key and ask for a certificate\?/, 'Ask for it');
    await own.getByText('It makes a key and asks').waitFor();
    await odd.call('SignCertificate', { csr: 'garbage' });
    await own.getByText('Refused').waitFor();
    await odd.call('SignCertificate', { csr: fs.readFileSync(at('cp.csr'), 'utf8') });
    await until('it came', () => chain);
    await own.getByText('signed here and taken').waitFor();
    await own.getByText(/\d+ days left/).waitFor();
    await own.getByRole('link', { name: 'All chargers' }).click();
    await page.getByRole('listitem').filter({ hasText: 'odd-2' }).getByText(/\d+ days left/).waitFor();
    await page.getByRole('search').getByLabel('Ends').selectOption('within 7 days');
    await page.getByText('No certificate ends by then.').waitFor();
    await console.goto(page, 'chargers/odd-2?tab=certificates');
    await own.getByText('signed here and taken').waitFor();
});

test('a log is sent, and how far it is stands there', async () => {
    let asked;
    odd.handle('GetLog', ({ params }) => { asked = params; return { status: 'Accepted', filename: 'odd-2.log' }; });
    await page.getByRole('link', { name: 'Service' }).click();
    const log = card('Log');
    await log.getByLabel('Which').selectOption('Security events');
    await log.getByLabel('To where').fill('ftp://up:geheim@files.example.org/odd-2');
    await log.getByRole('button', { name: 'Send its log…' }).click();
    await page.getByRole('dialog').getByText('ftp://up:***@files.example.org/odd-2').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Send', exact: true }).click();
    await log.getByText('The charger sends it').waitFor();
    assert.equal(asked.logType, 'SecurityLog');
    await odd.call('LogStatusNotification', { status: 'Uploading', requestId: asked.requestId });
    await log.locator('[aria-current=step]').getByText('Upload').waitFor();
    await odd.call('LogStatusNotification', { status: 'Uploaded', requestId: asked.requestId });
    await log.getByText(/^Uploaded,/).waitFor();
});

test('firmware is updated, by its steps, and what fails is told in words', async () => {
    let asked;
    odd.handle('SignedUpdateFirmware', ({ params }) => { asked = params; return { status: 'Accepted' }; });
    const firmware = card('Firmware');
    await firmware.getByText('4.5.6').waitFor();
    await firmware.getByLabel('From where').fill('https://files.example.org/4.6.0.bin');
    await firmware.getByLabel('Maker\'s certificate').fill(authority);
    await firmware.getByLabel('Signature, base64').fill('AAAA\nBBBB');
    await twoClicks(page, firmware, 'Update…', /It has 4\.5\.6; it restarts when no session runs\./, 'Update');
    await firmware.getByText('The charger loads it').waitFor();
    assert.equal(asked.firmware.signature, 'AAAABBBB');
    for (const [status, step] of [['Downloading', 'Download'], ['Downloaded', 'Signature'], ['Installing', 'Installation']]) {
        await odd.call('SignedFirmwareStatusNotification', { status, requestId: asked.requestId });
        await firmware.locator('[aria-current=step]').getByText(step).waitFor();
    }
    await console.shot(page, 'charger-service');
    await odd.call('SignedFirmwareStatusNotification', { status: 'InvalidSignature', requestId: asked.requestId });
    await firmware.getByText('Its signature is not the maker\'s. Nothing was installed.').waitFor();
    await odd.call('SecurityEventNotification', { type: 'InvalidFirmwareSignature', timestamp: now() });
    await page.getByRole('link', { name: 'Security' }).click();
    await page.getByText('Security event: Invalid firmware signature').waitFor();
    assert.deepEqual(errors, []);
});

for (const colorScheme of ['light', 'dark'])
    test(`axe-core finds nothing, and nothing sticks out, ${colorScheme}`, () => console.lookAt(colorScheme, (mine) => ({
        certificates: ['chargers/odd-2?tab=certificates', () => mine.getByText('signed here and taken')],
        calendar: ['certificates', () => mine.getByText(/days left/)],
        service: ['chargers/odd-2?tab=service', () => mine.getByText('Invalid signature')],
    })));

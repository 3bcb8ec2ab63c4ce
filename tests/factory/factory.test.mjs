// SPDX-License-Identifier: Apache-2.0
// roost-factory: batches of devices. What it writes is read here by code that is not ours (NVS, QR,
// signatures, Mosquitto's password file).
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { mode, ok, publicKey, refused, run, scratch, sha256, verifies } from '../firmware/tool.mjs';
import { crc32, readKeys, readNvs } from './nvs.mjs';
import { readModules, readQr } from './qr.mjs';

const tool = 'roost-factory';
const root = path.join(import.meta.dirname, '../..');

// The one place of names, as the firmware reads it.
const header = fs.readFileSync(path.join(root, 'proto/fleet/factory.h'), 'utf8');
const NAME = Object.fromEntries([...header.matchAll(/#define ROOST_FACTORY_(\w+) +"([^"]+)"/g)].map(([, key, value]) => [key, value]));
const LIMIT = Object.fromEntries([...header.matchAll(/ROOST_FACTORY_(\w+) = (\d+)/g)].map(([, key, value]) => [key, Number(value)]));

function certificate(dir, name, count = 1) {
    const file = path.join(dir, `${name}.pem`);
    fs.writeFileSync(file, '');
    for (let i = 0; i < count; i++)
        fs.appendFileSync(file, execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
            '-keyout', `${file}.key`, '-subj', `/CN=${name} ${i}`, '-days', '30'], { stdio: ['ignore', 'pipe', 'ignore'] }));
    return file;
}

/** Everything a batch needs. make({option: value | [values] | true | undefined}) runs the tool. */
function bench(t) {
    const dir = scratch(t), at = (name) => path.join(dir, name);
    for (const name of ['factory', 'fw1', 'fw2']) ok('roost-firmware', 'keygen', '--out', at(`${name}.pem`), '--public', at(`${name}.pub`));
    const common = {
        product: 'window', 'id-prefix': 'window-', broker: 'mqtts://broker.example:8884', 'broker-ca': certificate(dir, 'broker-ca'),
        'firmware-key': at('fw1.pub'), 'hardware-version': '3', key: at('factory.pem'), out: at('batch'),
    };
    const args = (options) => ['make', ...Object.entries({ ...common, ...options }).flatMap(([name, value]) =>
        value === undefined ? [] : value === true ? [`--${name}`] : [value].flat().flatMap((one) => [`--${name}`, one]))];
    return { dir, at, common, make: (options = {}) => ok(tool, ...args(options)), refuse: (pattern, options) => refused(pattern, tool, ...args(options)), args };
}

const readBatch = (dir) => JSON.parse(fs.readFileSync(path.join(dir, 'batch.json'), 'utf8'));
const values = (nvs) => Object.fromEntries(Object.entries(nvs[NAME.NAMESPACE]).map(([name, { value }]) => [name, value]));

test('a device that goes to its hub by WebSocket has the hub, its own secret and its child\'s id', (t) => {
    const b = bench(t), hubCa = certificate(b.dir, 'hub-ca');
    const teddy = { product: 'teddy', id: 'teddy-0001', 'id-prefix': undefined, broker: undefined, 'broker-ca': undefined, hub: 'wss://hub.example:8443', 'hub-ca': hubCa };
    b.make({ ...teddy, child: 'c-17' });
    const nvs = readNvs(fs.readFileSync(b.at('batch/teddy-0001.nvs.bin')))[NAME.NAMESPACE];
    const text = (value) => ({ type: 'text', value });
    assert.deepEqual(nvs, {
        [NAME.DEVICE_ID]: text('teddy-0001'), [NAME.HARDWARE]: { type: 'u32', value: 3 }, [NAME.SECRET]: nvs[NAME.SECRET],
        [NAME.HUB_URL]: text('wss://hub.example:8443'), [NAME.HUB_CA]: text(fs.readFileSync(hubCa, 'utf8')), [NAME.CHILD_ID]: text('c-17'),
        [NAME.KEY_0]: nvs[NAME.KEY_0],
    });
    assert.equal(nvs[NAME.SECRET].value.toString('hex'), readBatch(b.at('batch')).devices[0].secret_hex);
    for (const name of Object.keys(nvs)) assert.ok(name.length <= 15, name);

    b.refuse(/--broker URL or --hub URL: is required/, { ...teddy, hub: undefined, 'hub-ca': undefined });
    b.refuse(/--hub-ca .*: has no --hub to go with/, { hub: undefined, 'hub-ca': hubCa });
    b.refuse(/--child c-17: has no --hub to go with/, { child: 'c-17' });
    b.refuse(/--hub ws:\/\/h:1: allowed is wss:\/\/; ws:\/\/ only with --development/, { ...teddy, hub: 'ws://h:1' });
    b.refuse(/--hub wss:\/\/h :1: allowed is printable ASCII/, { ...teddy, hub: 'wss://h :1' });
    b.refuse(/--hub-ca FILE: is required/, { ...teddy, 'hub-ca': undefined });
    b.refuse(/--child c 17: allowed are letters, digits and _-/, { ...teddy, child: 'c 17' });
    b.refuse(/--child c-17: is one device's/, { ...teddy, id: undefined, 'id-prefix': 'teddy-', child: 'c-17' });
    b.refuse(/--broker-ca .*: has no --broker to go with/, { ...teddy, 'broker-ca': b.common['broker-ca'] });
});

test('an image holds what the firmware reads, under the header\'s names', (t) => {
    const b = bench(t), updateCa = certificate(b.dir, 'update-ca', 2);
    fs.writeFileSync(b.at('wifi1'), 'correct horse\nsecond line\n');
    fs.writeFileSync(b.at('wifi2'), 'p'.repeat(63));
    const printed = b.make({
        id: 'window-0001', 'id-prefix': undefined, 'firmware-key': [b.at('fw1.pub'), b.at('fw2.pub')], 'update-url': 'https://hub.example/api/v1/esp32/firmware',
        'update-ca': updateCa, wifi: ['Caf\u00e9 "1"', 'n'.repeat(32)], 'wifi-password-file': [b.at('wifi1'), b.at('wifi2')], batch: 'b-1',
    });
    assert.equal(printed, `batch b-1: 1 device in ${b.at('batch')}\n`);
    const image = fs.readFileSync(b.at('batch/window-0001.nvs.bin'));
    assert.equal(image.length, 0x6000);
    const nvs = readNvs(image), list = readBatch(b.at('batch')), [device] = list.devices;
    assert.deepEqual(Object.keys(nvs), [NAME.NAMESPACE]);
    const { [NAME.PASSWORD]: password, [NAME.SECRET]: secret, ...rest } = nvs[NAME.NAMESPACE];
    const key = (name) => ({ type: 'blob', value: Buffer.from(fs.readFileSync(b.at(name), 'utf8').trim(), 'hex') });
    assert.deepEqual(rest, {
        [NAME.DEVICE_ID]: { type: 'text', value: 'window-0001' }, [NAME.HARDWARE]: { type: 'u32', value: 3 },
        [NAME.BROKER_HOST]: { type: 'text', value: 'broker.example' }, [NAME.BROKER_PORT]: { type: 'u16', value: 8884 }, [NAME.BROKER_TLS]: { type: 'u8', value: 1 },
        [NAME.BROKER_CA]: { type: 'text', value: fs.readFileSync(b.common['broker-ca'], 'utf8') }, [NAME.USER]: { type: 'text', value: 'window-0001' },
        [NAME.UPDATE_URL]: { type: 'text', value: 'https://hub.example/api/v1/esp32/firmware' }, [NAME.UPDATE_CA]: { type: 'text', value: fs.readFileSync(updateCa, 'utf8') },
        [NAME.KEY_0]: key('fw1.pub'), [NAME.KEY_1]: key('fw2.pub'),
        [`${NAME.WIFI_PREFIX}0`]: { type: 'text', value: 'Caf\u00e9 "1"\ncorrect horse' }, [`${NAME.WIFI_PREFIX}1`]: { type: 'text', value: `${'n'.repeat(32)}\n${'p'.repeat(63)}` },
    });
    assert.equal(password.type, 'text');
    assert.match(password.value, /^[A-Za-z0-9_-]{43}$/);
    assert.equal(Buffer.from(password.value, 'base64url').length, 32);
    assert.equal(secret.type, 'blob');
    assert.equal(secret.value.length, LIMIT.SECRET_BYTES);
    for (const name of Object.keys(nvs[NAME.NAMESPACE])) assert.ok(name.length <= 15, name);

    assert.deepEqual(device, { device_id: 'window-0001', hardware_version: 3, broker_user: 'window-0001', broker_password_hash: device.broker_password_hash, secret_hex: secret.value.toString('hex') });
    assert.equal(list.batch, 'b-1');
    assert.equal(list.product, 'window');
    assert.match(list.made_at, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(Object.keys(list), ['batch', 'made_at', 'product', 'devices', 'signature', 'key_id']);
});

test('a batch: names, signatures, modes, labels, nothing shared', (t) => {
    const b = bench(t), count = 12;
    const printed = b.make({ count: String(count) });
    const list = readBatch(b.at('batch')), ids = list.devices.map((d) => d.device_id);
    assert.equal(list.devices.length, count);
    assert.equal(new Set(ids).size, count);
    for (const id of ids) assert.match(id, /^window-[2-9a-hjkmnp-z]{10}$/);
    assert.equal(mode(b.at('batch')), 0o700);
    const files = fs.readdirSync(b.at('batch')).sort();
    assert.deepEqual(files, ['batch.json', ...ids.flatMap((id) => ['.label.svg', '.label.txt', '.nvs.bin', '.sig'].map((suffix) => id + suffix))].sort());
    for (const file of files) assert.equal(mode(b.at(`batch/${file}`)), 0o600, file);

    const lines = `roost-batch-1\nbatch=${list.batch}\nmade_at=${list.made_at}\nproduct=window\n`
        + list.devices.map((d) => `device=${d.device_id} ${d.hardware_version} ${d.broker_user} ${d.broker_password_hash} ${d.secret_hex}\n`).join('');
    assert.ok(verifies(b.at('factory.pub'), lines, list.signature));
    assert.equal(verifies(b.at('factory.pub'), lines.replace(' 3 ', ' 4 '), list.signature), false);
    assert.equal(list.key_id, publicKey(b.at('factory.pub')).id);

    const images = Object.fromEntries(ids.map((id) => [id, fs.readFileSync(b.at(`batch/${id}.nvs.bin`))]));
    const secrets = Object.fromEntries(ids.map((id) => [id, values(readNvs(images[id]))]));
    for (const d of list.devices) {
        const id = d.device_id, own = secrets[id], signature = fs.readFileSync(b.at(`batch/${id}.sig`), 'utf8').match(/^([0-9a-f]{128}) ([0-9a-f]{16})\n$/);
        assert.ok(signature);
        assert.ok(verifies(b.at('factory.pub'), images[id], signature[1]));
        assert.equal(signature[2], list.key_id);
        assert.equal(ok(tool, 'verify', '--key', b.at('factory.pub'), b.at(`batch/${id}.nvs.bin`)).includes('signed by the key'), true);
        assert.equal(own[NAME.DEVICE_ID], id);
        assert.equal(own[NAME.SECRET].toString('hex'), d.secret_hex);
        for (const other of ids.filter((one) => one !== id)) {
            assert.equal(images[other].includes(own[NAME.SECRET]), false, 'a secret is in one image only');
            assert.equal(images[other].includes(own[NAME.PASSWORD]), false);
        }
        assert.equal(printed.includes(d.secret_hex) || printed.includes(own[NAME.PASSWORD]) || printed.includes(id), false, 'nothing secret is printed');
        assert.equal(fs.readFileSync(b.at('batch/batch.json'), 'utf8').includes(own[NAME.PASSWORD]), false, 'the hub gets a hash only');

        const label = Object.fromEntries(fs.readFileSync(b.at(`batch/${id}.label.txt`), 'utf8').trim().split('\n').map((line) => line.split(/ {2,}/)));
        const code = `roost:1?id=${id}&secret=${d.secret_hex}`;
        assert.deepEqual(label, { product: 'window', device: id, hardware: '3', batch: list.batch, secret: d.secret_hex.match(/.{4}/g).join(' '), code });
        const svg = fs.readFileSync(b.at(`batch/${id}.label.svg`), 'utf8');
        assert.equal(readQr(readModules(svg)), code);
        assert.ok(svg.includes(`>${id}<`) && svg.includes(`>${list.batch}<`));
        assert.equal([...svg.matchAll(/monospace"[^>]*>([0-9a-f ]+)</g)].map(([, group]) => group).join(' '), label.secret);
        assert.equal(svg.includes(own[NAME.PASSWORD]), false, 'the broker password is on no label');
    }
});

test('long names still fit a code', (t) => {
    const b = bench(t);
    for (const id of ['w'.repeat(30), 'Window_1.a:b-'.repeat(5).slice(0, 64)]) {
        const out = b.at(id.length.toString());
        b.make({ id, 'id-prefix': undefined, out });
        const [device] = readBatch(out).devices;
        assert.equal(readQr(readModules(fs.readFileSync(path.join(out, `${id}.label.svg`), 'utf8'))), `roost:1?id=${id}&secret=${device.secret_hex}`);
    }
});

test('two runs share nothing', (t) => {
    const b = bench(t), runs = ['one', 'two'].map((name) => {
        b.make({ id: 'window-0001', 'id-prefix': undefined, out: b.at(name) });
        return { list: readBatch(b.at(name)), values: values(readNvs(fs.readFileSync(b.at(`${name}/window-0001.nvs.bin`)))) };
    });
    const [one, two] = runs;
    assert.notEqual(one.list.batch, two.list.batch);
    assert.notDeepEqual(one.values[NAME.SECRET], two.values[NAME.SECRET]);
    assert.notEqual(one.values[NAME.PASSWORD], two.values[NAME.PASSWORD]);
    assert.notEqual(one.list.devices[0].broker_password_hash, two.list.devices[0].broker_password_hash);
});

test('an encrypted image opens with its own keys only and shows nothing', (t) => {
    const b = bench(t);
    fs.writeFileSync(b.at('wifi'), 'correct horse');
    b.make({ count: '2', encrypt: true, wifi: 'Home', 'wifi-password-file': b.at('wifi'), 'partition-size': '0x8000' });
    const list = readBatch(b.at('batch'));
    const [one, two] = list.devices.map(({ device_id: id }) => ({
        id, image: fs.readFileSync(b.at(`batch/${id}.nvs.bin`)), keys: fs.readFileSync(b.at(`batch/${id}.keys.bin`)),
    }));
    for (const device of [one, two]) {
        assert.equal(mode(b.at(`batch/${device.id}.keys.bin`)), 0o600);
        assert.equal(device.image.length, 0x8000);
        const own = values(readNvs(device.image, readKeys(device.keys)));
        assert.equal(own[NAME.DEVICE_ID], device.id);
        assert.equal(own[NAME.BROKER_CA], fs.readFileSync(b.common['broker-ca'], 'utf8'));
        const plain = [own[NAME.SECRET], own[NAME.PASSWORD], device.id, 'correct horse', 'Home', 'BEGIN CERTIFICATE', 'broker.example', NAME.PASSWORD, NAME.NAMESPACE, own[NAME.KEY_0].subarray(0, 16)];
        for (const text of plain) assert.equal(device.image.includes(text), false, String(text));
        ok(tool, 'verify', '--key', b.at('factory.pub'), b.at(`batch/${device.id}.nvs.bin`));
    }
    assert.throws(() => readNvs(one.image, readKeys(two.keys)), /CRC of an entry|type/);
    // Filling is the same in many entries, and looks different in each.
    const blocks = [];
    for (let at = 64; at < 4096; at += 16) blocks.push(one.image.toString('latin1', at, at + 16));
    const written = blocks.filter((block) => block !== '\xff'.repeat(16));
    assert.ok(written.length > 40);
    assert.equal(new Set(written).size, written.length);
});

function freePort() {
    return new Promise((resolve) => {
        const server = createServer();
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

test('Mosquitto takes the password of the image by the hash of the list', { timeout: 60000 }, async (t) => {
    const b = bench(t), port = await freePort(), PATH = `${process.env.PATH}:/usr/sbin`;
    b.make({ count: '2' });
    const { devices } = readBatch(b.at('batch'));
    fs.writeFileSync(b.at('passwd'), devices.map((d) => `${d.broker_user}:${d.broker_password_hash}\n`).join(''), { mode: 0o600 });
    fs.writeFileSync(b.at('mosquitto.conf'), `listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${b.at('passwd')}\n${process.getuid() === 0 ? 'user root\n' : ''}`);
    const broker = spawn('mosquitto', ['-c', b.at('mosquitto.conf')], { env: { ...process.env, PATH }, stdio: ['ignore', 'ignore', 'pipe'] });
    t.after(async () => {
        broker.kill();
        if (broker.exitCode === null && broker.signalCode === null) await once(broker, 'exit');
    });
    let log = '';
    await new Promise((resolve, reject) => {
        broker.stderr.on('data', (part) => (log += part).includes(' running') && resolve());
        broker.once('exit', () => reject(new Error(log)));
    });
    const publish = (user, password) => spawnSync('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), '-u', user, '-P', password, '-q', '1', '-t', 'x', '-m', 'y']).status;
    const passwords = devices.map((d) => values(readNvs(fs.readFileSync(b.at(`batch/${d.device_id}.nvs.bin`))))[NAME.PASSWORD]);
    assert.equal(publish(devices[0].broker_user, passwords[0]), 0);
    assert.equal(publish(devices[1].broker_user, passwords[1]), 0);
    assert.notEqual(publish(devices[0].broker_user, passwords[1]), 0);
    assert.notEqual(publish(devices[0].broker_user, devices[0].secret_hex), 0);
});

test('certificates: only they travel, and no more than fit', (t) => {
    const b = bench(t), mixed = b.at('mixed.pem'), ca = b.common['broker-ca'];
    fs.writeFileSync(mixed, `a comment\n${fs.readFileSync(`${ca}.key`)}${fs.readFileSync(ca)}more\n`);
    b.make({ id: 'window-0001', 'id-prefix': undefined, 'broker-ca': mixed });
    const image = fs.readFileSync(b.at('batch/window-0001.nvs.bin'));
    assert.equal(values(readNvs(image))[NAME.BROKER_CA], fs.readFileSync(ca, 'utf8'));
    assert.equal(image.includes('PRIVATE KEY'), false);

    b.refuse(/--broker-ca .*at most 3900 fit/, { out: b.at('x'), 'broker-ca': certificate(b.dir, 'many', 8) });
    b.refuse(/--broker-ca .*holds no certificate/, { out: b.at('x'), 'broker-ca': b.at('fw1.pem') });
    b.refuse(/No such file/, { out: b.at('x'), 'broker-ca': b.at('none') });
    // Two long chains need a page each: three pages leave none for the second.
    const long = certificate(b.dir, 'long', 6);
    const both = { 'broker-ca': long, 'update-ca': long, 'update-url': 'https://hub.example/m' };
    b.refuse(/--partition-size 0x3000: too small/, { out: b.at('x'), ...both, 'partition-size': '0x3000' });
    b.make({ out: b.at('five'), ...both, 'partition-size': '20480' });
    const [{ device_id: id }] = readBatch(b.at('five')).devices;
    assert.equal(values(readNvs(fs.readFileSync(b.at(`five/${id}.nvs.bin`))))[NAME.UPDATE_CA], fs.readFileSync(long, 'utf8'));
});

test('mistakes are named and leave nothing behind', (t) => {
    const b = bench(t), before = fs.readdirSync(b.dir).sort();
    b.refuse(/--id, --id-prefix: allowed is one of them/, { id: 'window-0001' });
    b.refuse(/--id-prefix TEXT or --id ID: is required/, { 'id-prefix': undefined });
    b.refuse(/--count 2: with --id allowed is 1/, { id: 'window-0001', 'id-prefix': undefined, count: '2' });
    b.refuse(/--count 1001: allowed is 1 to 1000/, { count: '1001' });
    b.refuse(/--count 0: allowed is/, { count: '0' });
    b.refuse(/--id short: allowed is 8 to 64 characters/, { id: 'short', 'id-prefix': undefined });
    b.refuse(/--id .*letters, digits/, { id: '../escape/1', 'id-prefix': undefined });
    b.refuse(/--id-prefix .*1 to 54 characters/, { 'id-prefix': 'p'.repeat(55) });
    b.refuse(/--product .*letters, digits/, { product: 'win dow' });
    b.refuse(/--batch .*letters, digits/, { batch: '"quoted"' });
    b.refuse(/--batch .*1 to 32 characters/, { batch: 'b'.repeat(33) });
    b.refuse(/--broker mqtt:\/\/.*only with --development/, { broker: 'mqtt://broker.example' });
    b.refuse(/--broker http:\/\/x: allowed is mqtt:/, { broker: 'http://x' });
    b.refuse(/--broker: a host of 128 characters; at most 127/, { broker: `mqtts://${'h'.repeat(128)}` });
    b.refuse(/--broker-ca FILE: is required/, { 'broker-ca': undefined });
    b.refuse(/--firmware-key FILE: is required/, { 'firmware-key': undefined });
    b.refuse(/--firmware-key .*at most 2/, { 'firmware-key': [b.at('fw1.pub'), b.at('fw2.pub'), b.at('factory.pub')] });
    b.refuse(/--firmware-key .*the same key again/, { 'firmware-key': [b.at('fw1.pub'), b.at('fw1.pub')] });
    b.refuse(/fw1\.pem: is not a public key/, { 'firmware-key': b.at('fw1.pem') });
    b.refuse(/--update-url http:.*only with --development/, { 'update-url': 'http://hub.example/m' });
    b.refuse(/--update-url .*1 to 255 characters/, { 'update-url': `https://${'h'.repeat(255)}` });
    b.refuse(/--update-url .*without blanks/, { 'update-url': 'https://hub/a b' });
    b.refuse(/--update-ca .*no --update-url/, { 'update-ca': b.common['broker-ca'] });
    b.refuse(/--firmware-key FILE: is required with --update-url/, { 'firmware-key': undefined, development: true, 'update-url': 'https://hub.example/m' });
    fs.writeFileSync(b.at('short'), '1234567\n');
    fs.writeFileSync(b.at('long'), 'p'.repeat(64));
    b.refuse(/--wifi, --wifi-password-file: 2 and 1 of them/, { wifi: ['a', 'b'], 'wifi-password-file': b.at('short') });
    b.refuse(/--wifi-password-file .*8 to 63 bytes/, { wifi: 'a', 'wifi-password-file': b.at('short') });
    b.refuse(/--wifi-password-file .*8 to 63 bytes/, { wifi: 'a', 'wifi-password-file': b.at('long') });
    b.refuse(/--wifi n+: allowed is a name of 1 to 32 bytes/, { wifi: 'n'.repeat(33), 'wifi-password-file': b.at('long') });
    b.refuse(/--wifi .*at most 5/, { wifi: ['a', 'b', 'c', 'd', 'e', 'f'] });
    for (const size of ['0x2000', '0x3001', '0x41000', 'big', '-4096']) b.refuse(/--partition-size .*allowed is 0x3000 to 0x40000/, { 'partition-size': size });
    b.refuse(/--hardware-version 4294967296: allowed is/, { 'hardware-version': '4294967296' });
    b.refuse(/factory\.pub: is not a private key/, { key: b.at('factory.pub') });
    b.refuse(/No such file/, { out: b.at('none/batch') });
    assert.deepEqual(fs.readdirSync(b.dir).sort(), [...before, 'long', 'short'].sort());

    b.make();
    const list = fs.readFileSync(b.at('batch/batch.json'));
    b.refuse(/--out .*exists already/, {});
    b.refuse(/--out .*exists already/, { out: `${b.at('batch')}/` });
    assert.deepEqual(fs.readFileSync(b.at('batch/batch.json')), list);

    // Development needs neither TLS nor keys.
    b.make({ development: true, broker: 'mqtt://192.168.1.10', 'broker-ca': undefined, 'firmware-key': undefined, out: b.at('dev'), id: 'window-dev1', 'id-prefix': undefined });
    const dev = values(readNvs(fs.readFileSync(b.at('dev/window-dev1.nvs.bin'))));
    assert.equal(dev[NAME.BROKER_PORT], 1883);
    assert.equal(dev[NAME.BROKER_TLS], 0);
    for (const name of ['BROKER_CA', 'KEY_0', 'UPDATE_URL']) assert.equal(NAME[name] in dev, false, name);
});

test('verify refuses another key, a changed image and a missing signature', (t) => {
    const b = bench(t), image = b.at('batch/window-0001.nvs.bin'), good = b.at('factory.pub');
    b.make({ id: 'window-0001', 'id-prefix': undefined });
    refused(/was signed with another key/, tool, 'verify', '--key', b.at('fw1.pub'), image);
    refused(/ends with \.nvs\.bin/, tool, 'verify', '--key', good, b.at('batch/batch.json'));
    refused(/IMAGE: is required/, tool, 'verify', '--key', good);
    const bytes = fs.readFileSync(image);
    bytes[5000] ^= 1;
    fs.writeFileSync(image, bytes);
    refused(/the signature does not verify/, tool, 'verify', '--key', good, image);
    fs.writeFileSync(b.at('batch/window-0001.sig'), 'abc\n');
    refused(/is not a signature/, tool, 'verify', '--key', good, image);
    fs.rmSync(b.at('batch/window-0001.sig'));
    refused(/window-0001\.sig: No such file/, tool, 'verify', '--key', good, image);
});

test('the reader\'s own sums are right', () => {
    assert.equal(crc32(Buffer.from('123456789')), 0xd202d277); // CRC-32 that starts from 0
    assert.equal(sha256('abc').toString('hex', 0, 4), 'ba7816bf');
    assert.match(run(tool, '--help').stdout, /make[\s\S]*verify/);
    assert.match(run(tool, 'make', '--help').stdout, /--partition-size BYTES/);
});

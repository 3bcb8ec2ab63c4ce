// SPDX-License-Identifier: Apache-2.0
// roost-firmware: keys, images of Linux programs, signed releases. Images are read and signatures
// verified here from the formats' descriptions, not with code of ours.
import test from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { mode, ok, publicKey, refused, run, scratch, sha256, verifies } from './tool.mjs';

const tool = 'roost-firmware';

/** An ESP32 image taken apart, with every length and sum checked. */
function readImage(bytes) {
    assert.equal(bytes[0], 0xe9);
    const segments = [];
    let at = 24, sum = 0xef;
    for (let i = 0; i < bytes[1]; i++) {
        const length = bytes.readUInt32LE(at + 4);
        assert.equal(length % 4, 0);
        const data = bytes.subarray(at + 8, at + 8 + length);
        assert.equal(data.length, length);
        for (const byte of data) sum ^= byte;
        segments.push(data);
        at += 8 + length;
    }
    const end = (Math.floor(at / 16) + 1) * 16;
    assert.equal(bytes[end - 1], sum);
    assert.ok(bytes.subarray(at, end - 1).every((byte) => byte === 0));
    assert.equal(bytes[23], 1, 'a SHA-256 is appended');
    assert.deepEqual(bytes.subarray(end), sha256(bytes.subarray(0, end)));
    return { chip: bytes.readUInt16LE(12), segments };
}

const text = (bytes) => bytes.toString('utf8', 0, bytes.indexOf(0));

/** An image of a chip, as a build would leave it: one segment with the description and some code. */
function chipImage({ chip, version = '2.0.0', project = 'roost-window', security = 7, code = crypto.randomBytes(1000), signed = false }) {
    const description = Buffer.alloc(256);
    description.writeUInt32LE(0xabcd5432, 0);
    description.writeUInt32LE(security, 4);
    description.write(version, 16);
    description.write(project, 48);
    const head = Buffer.alloc(24);
    head.set([0xe9, 2, 2, 0x20]);
    head.writeUInt16LE(chip, 12);
    head[23] = 1;
    const parts = [head];
    let sum = 0xef;
    for (const data of [description, code]) {
        const segment = Buffer.alloc(8);
        segment.writeUInt32LE(0x3c000020, 0);
        segment.writeUInt32LE(data.length, 4);
        parts.push(segment, data);
        for (const byte of data) sum ^= byte;
    }
    let body = Buffer.concat(parts);
    body = Buffer.concat([body, Buffer.alloc(15 - (body.length % 16)), Buffer.from([sum])]);
    body = Buffer.concat([body, sha256(body)]);
    if (!signed) return body;
    const sector = Buffer.alloc(4096, 0xff);
    sector[0] = 0xe7;
    return Buffer.concat([body, Buffer.alloc((4096 - (body.length % 4096)) % 4096, 0xff), sector]);
}

function keys(dir, name = 'key') {
    ok(tool, 'keygen', '--out', path.join(dir, `${name}.pem`), '--public', path.join(dir, `${name}.pub`));
    return { pem: path.join(dir, `${name}.pem`), pub: path.join(dir, `${name}.pub`) };
}

/** The signed lines, written from the description in proto/fleet/manifest.h. */
function signedLines(m) {
    return `roost-firmware-1\nproduct=${m.meta.product}\ntarget=${m.meta.target}\nversion=${m.version}\n`
        + `security_version=${m.security_version}\nsize=${m.size}\nsha256=${m.sha256}\n`
        + `min_hardware_version=${m.compatibility.min_hardware_version}\nmax_hardware_version=${m.compatibility.max_hardware_version}\n`;
}

test('keygen makes a P-256 pair and never overwrites', (t) => {
    const dir = scratch(t), key = keys(dir);
    assert.equal(mode(key.pem), 0o600);
    const pem = fs.readFileSync(key.pem, 'utf8');
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/);
    assert.match(fs.readFileSync(key.pub, 'utf8'), /^04[0-9a-f]{128}\n$/);
    const made = crypto.createPrivateKey(pem);
    assert.equal(made.asymmetricKeyDetails.namedCurve, 'prime256v1');
    assert.ok(crypto.createPublicKey(made).equals(publicKey(key.pub).key));

    refused(/key\.pem: File exists/, tool, 'keygen', '--out', key.pem);
    refused(/key\.pub: File exists/, tool, 'keygen', '--out', path.join(dir, 'new.pem'), '--public', key.pub);
    assert.equal(fs.existsSync(path.join(dir, 'new.pem')), false);
    refused(/key\.pem: File exists/, tool, 'keygen', '--out', key.pem, '--public', path.join(dir, 'new.pub'));
    assert.equal(fs.existsSync(path.join(dir, 'new.pub')), false, 'no public half of nothing');
    assert.equal(fs.readFileSync(key.pem, 'utf8'), pem);
    refused(/No such file/, tool, 'keygen', '--out', path.join(dir, 'none/key.pem'));
    assert.deepEqual(fs.readdirSync(dir).sort(), ['key.pem', 'key.pub']);
});

test('pack puts a program into the form of an ESP32 image', (t) => {
    const dir = scratch(t), out = path.join(dir, 'image.bin'), elf = path.join(dir, 'program');
    for (const length of [4096, 4097, 4110, 4111, 4112]) { // around the padding
        const program = crypto.randomBytes(length);
        program.write('\x7fELF', 0, 'latin1');
        fs.writeFileSync(elf, program);
        ok(tool, 'pack', '--elf', elf, '--version', '1.4.0-rc1', '--security-version', '3', '--project', 'roost-window', '--out', out);
        const bytes = fs.readFileSync(out), image = readImage(bytes), [description, code] = image.segments;
        assert.equal(image.chip, 0xfff0);
        assert.equal(image.segments.length, 2);
        assert.equal(description.length, 256);
        assert.equal(description.readUInt32LE(0), 0xabcd5432);
        assert.equal(description.readUInt32LE(4), 3);
        assert.equal(text(description.subarray(16, 48)), '1.4.0-rc1');
        assert.equal(text(description.subarray(48, 80)), 'roost-window');
        assert.deepEqual(description.subarray(144, 176), sha256(program));
        assert.deepEqual(code.subarray(0, length), program);
        assert.ok(code.subarray(length).every((byte) => byte === 0));
        const first = fs.readFileSync(out);
        ok(tool, 'pack', '--elf', elf, '--version', '1.4.0-rc1', '--security-version', '3', '--project', 'roost-window', '--out', out);
        assert.deepEqual(fs.readFileSync(out), first, 'the same program gives the same image');
    }
    const shown = ok(tool, 'show', out);
    assert.match(shown, /version +1\.4\.0-rc1\n/);
    assert.match(shown, /target +linux\n/);
    assert.match(shown, /security_version +3\n/);
    assert.match(shown, new RegExp(`sha256 +${sha256(fs.readFileSync(out)).toString('hex')}\n`));

    const pack = (options) => ['pack', ...Object.entries({ elf, version: '1', 'security-version': '0', project: 'roost-window', out, ...options }).flatMap(([k, v]) => [`--${k}`, v])];
    refused(/--version .*1 to 31/, tool, ...pack({ version: 'x'.repeat(32) }));
    refused(/--version .*without blanks/, tool, ...pack({ version: '1 2' }));
    refused(/--version .*1 to 31/, tool, ...pack({ version: '' }));
    refused(/--project .*without blanks/, tool, ...pack({ project: 'roost window' }));
    refused(/--security-version 4294967296: allowed is 0 to 4294967295/, tool, ...pack({ 'security-version': '4294967296' }));
    fs.writeFileSync(elf, 'a script');
    refused(/--elf: is not an ELF file/, tool, ...pack({}));
    fs.writeFileSync(elf, '');
    refused(/program: is empty/, tool, ...pack({}));
    refused(/No such file/, tool, ...pack({ elf: path.join(dir, 'none') }));
});

test('sign writes an image with the manifest a hub serves', (t) => {
    const dir = scratch(t), key = keys(dir), image = path.join(dir, 'in.bin'), out = path.join(dir, 'release');
    const targets = { esp32: 0, esp32c3: 5, esp32s3: 9, linux: 0xfff0 };
    for (const [target, chip] of Object.entries(targets)) {
        fs.writeFileSync(image, chipImage({ chip, signed: target === 'esp32s3' }));
        assert.equal(ok(tool, 'sign', '--key', key.pem, '--product', 'window', '--target', target, '--image', image, '--out', out,
            '--hardware-min', '1', '--hardware-max', '9', '--notes', 'quieter "motor"\n', '--build', 'b12', '--mandatory'), '');
        const bytes = fs.readFileSync(path.join(out, 'firmware.bin'));
        assert.deepEqual(bytes, fs.readFileSync(image));
        const manifest = JSON.parse(fs.readFileSync(path.join(out, 'manifest.json'), 'utf8'));
        const { signature, ...rest } = manifest;
        assert.deepEqual(rest, {
            version: '2.0.0', build: 'b12', available: true, mandatory: true, sha256: sha256(bytes).toString('hex'), size: bytes.length,
            notes: 'quieter "motor"\n', compatibility: { min_hardware_version: 1, max_hardware_version: 9, required_bootloader: null },
            meta: { product: 'window', target }, security_version: 7, key_id: publicKey(key.pub).id,
        });
        assert.ok(verifies(key.pub, signedLines(manifest), signature));
        for (const change of [{ version: '2.0.1' }, { size: 1 }, { security_version: 8 }, { meta: { product: 'door', target } }])
            assert.equal(verifies(key.pub, signedLines({ ...manifest, ...change }), signature), false);
        assert.match(ok(tool, 'show', path.join(out, 'manifest.json'), '--key', key.pub), /signed +by the key/);
    }
    assert.deepEqual(fs.readdirSync(out).sort(), ['firmware.bin', 'manifest.json'], 'nothing temporary is left');

    // Without options: any hardware, a build name of the image's own.
    ok(tool, 'sign', '--key', key.pem, '--product', 'window', '--target', 'linux', '--image', image, '--out', out);
    const manifest = JSON.parse(fs.readFileSync(path.join(out, 'manifest.json'), 'utf8'));
    assert.deepEqual(manifest.compatibility, { min_hardware_version: 0, max_hardware_version: 4294967295, required_bootloader: null });
    assert.equal(manifest.build, manifest.sha256.slice(0, 8));
    assert.equal(manifest.mandatory, false);
});

test('sign refuses what does not belong together and leaves the folder as it was', (t) => {
    const dir = scratch(t), key = keys(dir), image = path.join(dir, 'in.bin'), out = path.join(dir, 'release');
    const sign = (options = {}) => ['sign', ...Object.entries({ key: key.pem, product: 'window', target: 'esp32c3', image, out, ...options }).flatMap(([k, v]) => [`--${k}`, v])];
    const good = chipImage({ chip: 5 });
    fs.writeFileSync(image, good);
    ok(tool, ...sign());
    const before = fs.readdirSync(out).map((name) => [name, fs.readFileSync(path.join(out, name))]);

    refused(/--target esp32: the image is for chip 5/, tool, ...sign({ target: 'esp32' }));
    refused(/--target esp8266: allowed is esp32, esp32c3, esp32s3, linux/, tool, ...sign({ target: 'esp8266' }));
    refused(/--product door: .*roost-window, not roost-door/, tool, ...sign({ product: 'door' }));
    refused(/--product .*1 to 15 characters/, tool, ...sign({ product: 'p'.repeat(16) }));
    refused(/--hardware-min 3: is above --hardware-max 2/, tool, ...sign({ 'hardware-min': '3', 'hardware-max': '2' }));
    refused(/--notes n{80}\.\.\.: allowed is 0 to 500 characters/, tool, ...sign({ notes: 'n'.repeat(501) }));
    refused(/--notes.*longer than/, tool, ...sign({ notes: '\x01'.repeat(500) }));
    refused(/key\.pub: is not a private key/, tool, ...sign({ key: key.pub }));
    const rsa = path.join(dir, 'rsa.pem');
    fs.writeFileSync(rsa, crypto.generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey);
    refused(/rsa\.pem: is not a P-256 key/, tool, ...sign({ key: rsa }));

    const damaged = {
        'cut in a segment': good.subarray(0, 700), 'cut before its sum': good.subarray(0, good.length - 33), 'cut in its SHA-256': good.subarray(0, good.length - 1),
        'a head only': good.subarray(0, 100), 'a byte changed': Buffer.from(good).fill(good[800] ^ 1, 800, 801), 'more behind': Buffer.concat([good, Buffer.alloc(7)]),
        'no image': Buffer.from('{}'.repeat(500)), 'no description': Buffer.from(good).fill(0, 32, 36), 'no segments': Buffer.from(good).fill(0, 1, 2),
        'a segment out of bounds': Buffer.from(good).fill(0xff, 28, 32),
    };
    for (const [what, bytes] of Object.entries(damaged)) {
        fs.writeFileSync(image, bytes);
        assert.match(run(tool, ...sign()).stderr, /--image: /, what);
        refused(/--image: /, tool, ...sign());
    }
    assert.deepEqual(fs.readdirSync(out).map((name) => [name, fs.readFileSync(path.join(out, name))]), before);
});

/** An image as a build for secure boot leaves it: an empty segment at no address up to a multiple of 64 KB. */
function secureImage({ chip = 5, padding = 0 } = {}) {
    const image = chipImage({ chip });
    const segments = image.subarray(0, 24 + 8 + 256 + 8 + 1000);
    const empty = Buffer.alloc(8 + (65536 - segments.length - 8 - 16 - 32), 0);
    empty.writeUInt32LE(empty.length - 8, 4);
    empty.fill(padding, 8);
    let body = Buffer.concat([segments, empty, Buffer.alloc(15)]);
    body[1] = 3;
    let sum = 0xef;
    for (let i = 0, at = 24; i < 3; i++) {
        const length = body.readUInt32LE(at + 4);
        for (const byte of body.subarray(at + 8, at + 8 + length)) sum ^= byte;
        at += 8 + length;
    }
    body = Buffer.concat([body, Buffer.from([sum])]);
    return Buffer.concat([body, sha256(body)]);
}

/** CRC-32 of zip, bit by bit. */
function crc32(bytes) {
    let crc = ~0;
    for (const byte of bytes) {
        crc ^= byte;
        for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
}

/** What espsecure.py appends: blocks of 1216 bytes, each with the digest of what it signs and a CRC. */
function signedForBoot(image, { version = 2, at = 0, change = () => {} } = {}) {
    const padded = Buffer.concat([image, Buffer.alloc((4096 - (image.length % 4096)) % 4096, 0xff)]);
    const sector = Buffer.alloc(4096, 0xff);
    for (let i = 0; i <= at; i++) {
        const block = Buffer.alloc(1216);
        block.set([0xe7, version]);
        sha256(i === at ? padded : Buffer.from('another')).copy(block, 4);
        crypto.randomBytes(1160).copy(block, 36);
        block.writeUInt32LE(crc32(block.subarray(0, 1196)), 1196);
        block.copy(sector, i * 1216);
    }
    change(sector);
    return Buffer.concat([padded, sector]);
}

test('sign refuses an image that the boot loader would refuse', (t) => {
    const dir = scratch(t), key = keys(dir), image = path.join(dir, 'in.bin'), out = path.join(dir, 'release');
    const sign = (...more) => ['sign', '--key', key.pem, '--product', 'window', '--target', 'esp32c3', '--image', image, '--out', out, ...more];
    const put = (bytes) => fs.writeFileSync(image, bytes);
    const shows = (pattern) => assert.match(ok(tool, 'show', image), pattern);
    const secure = secureImage();
    assert.equal(secure.length, 65536);

    put(secure);
    refused(/--image: is built for secure boot and not signed for it; .*espsecure\.py sign_data --version 2/, tool, ...sign());
    shows(/secure_boot +built for it, not signed\n/);
    assert.ok(!fs.existsSync(out));
    for (const options of [{}, { version: 3 }, { at: 1 }, { at: 2 }]) {
        put(signedForBoot(secure, options));
        ok(tool, ...sign());
        ok(tool, ...sign('--secure-boot'));
        shows(/secure_boot +signed\n/);
    }
    const wrong = [
        signedForBoot(secure, { change: (sector) => sector.writeUInt8(sector[5] ^ 1, 5) }), // digest
        signedForBoot(secure, { change: (sector) => sector.writeUInt8(sector[700] ^ 1, 700) }), // key, signature: the CRC
        signedForBoot(secure, { version: 1 }),
        signedForBoot(secure, { change: (sector) => sector.fill(0xff, 1) }),
        Buffer.concat([secure, signedForBoot(secureImage()).subarray(-4096)]), // of another image
    ];
    for (const bytes of wrong) {
        put(bytes);
        refused(/--image: its secure boot signature is damaged or of another image/, tool, ...sign());
    }

    // A build that is for no secure boot at all: --secure-boot says that the devices have it.
    for (const bytes of [chipImage({ chip: 5 }), secureImage({ padding: 1 })]) {
        put(bytes);
        ok(tool, ...sign());
        shows(/secure_boot +no\n/);
        refused(/--image: is for devices with secure boot and not signed for it/, tool, ...sign('--secure-boot'));
    }
    put(signedForBoot(chipImage({ chip: 5 })));
    ok(tool, ...sign('--secure-boot'));
    put(chipImage({ chip: 5, signed: true }));
    refused(/is damaged or of another image/, tool, ...sign('--secure-boot'));
});

test('show tells a wrong key, a changed manifest and another image', (t) => {
    const dir = scratch(t), key = keys(dir), other = keys(dir, 'other'), image = path.join(dir, 'in.bin'), out = path.join(dir, 'release');
    const manifest = path.join(out, 'manifest.json');
    fs.writeFileSync(image, chipImage({ chip: 5 }));
    ok(tool, 'sign', '--key', key.pem, '--product', 'window', '--target', 'esp32c3', '--image', image, '--out', out);
    refusedAfterOutput(/was signed with another key/, 'show', manifest, '--key', other.pub);
    refusedAfterOutput(/--key .*: verifies a manifest/, 'show', image, '--key', key.pub);
    const json = JSON.parse(fs.readFileSync(manifest, 'utf8'));
    fs.writeFileSync(manifest, JSON.stringify({ ...json, security_version: 99 }));
    refusedAfterOutput(/the signature does not verify/, 'show', manifest, '--key', key.pub);
    fs.writeFileSync(manifest, JSON.stringify({ ...json, url: 'https://hub.example/firmware.bin' }));
    assert.match(ok(tool, 'show', manifest, '--key', key.pub), /signed/);
    fs.writeFileSync(path.join(out, 'firmware.bin'), chipImage({ chip: 5 }));
    refusedAfterOutput(/firmware\.bin: is not the image of/, 'show', manifest);
    fs.rmSync(path.join(out, 'firmware.bin'));
    ok(tool, 'show', manifest);
    fs.writeFileSync(manifest, JSON.stringify({ ...json, sha256: undefined }));
    refusedAfterOutput(/sha256: not found/, 'show', manifest);
    fs.writeFileSync(manifest, 'hello');
    refusedAfterOutput(/manifest/, 'show', manifest);

    /** What was read up to the mistake may have been printed. */
    function refusedAfterOutput(pattern, ...args) {
        const result = run(tool, ...args);
        assert.equal(result.status, 1, result.stderr);
        assert.match(result.stderr, pattern);
    }
});

test('help and mistakes name what is there', () => {
    assert.match(ok(tool, '--help'), /keygen[\s\S]*sign[\s\S]*pack[\s\S]*show/);
    for (const command of ['keygen', 'sign', 'pack', 'show']) assert.match(ok(tool, command, '--help'), /--help/);
    assert.match(ok(tool, 'show', '--help'), /\n {2}FILE {3}\(required\)/);
    assert.match(run(tool, 'sing').stderr, /usage/);
    refused(/--key FILE: is required/, tool, 'sign');
    refused(/FILE: is required \(image or manifest\)/, tool, 'show');
    refused(/--kye: no such option/, tool, 'sign', '--kye', 'x');
});

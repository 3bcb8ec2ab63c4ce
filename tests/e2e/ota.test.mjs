// SPDX-License-Identifier: Apache-2.0
// Updates over the air of the real device program: a second build served by the hub, and every way in
// which an update can go wrong, served by a peer of the test's own.
import { after, suite, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { FirmwareServer, Signer, pack, readProgram } from './firmware.mjs';
import { Stack, bin, until } from './support.mjs';

const ids = ['hub', 'peer', 'auth', 'sig', 'size', 'hash', 'old', 'cut', 'kill', 'deaf', 'crash', 'text', 'lost'];
const stack = await Stack.create({ users: ids });
const server = new FirmwareServer();
const shaky = new FirmwareServer();
const signer = new Signer();
await server.listen();
await shaky.listen();
after(async () => {
    server.close();
    shaky.close();
    await stack.stop();
});
const folder = path.join(stack.dir, 'firmware');
fs.mkdirSync(folder);
stack.env.ROOST_FIRMWARE_DIR = folder;
await stack.startBroker();
await stack.startHub();
await stack.signIn();

const running = /^roost-window (\S+)\n/.exec(execFileSync(path.join(bin, 'roost-window'), ['--version'], { encoding: 'utf8' }))[1];
const next = path.join(bin, '../tests/roost-window-next');
const version = `${running}-next`;
const program = readProgram(next);
const image = pack(program, { version, securityVersion: 1 });
const keyFile = path.join(stack.dir, 'firmware.pub');
fs.writeFileSync(keyFile, signer.pem());

const start = (id, more = []) => stack.startWindow(id, ['--seed', '7', '--firmware-key', keyFile, '--update-url', server.url(id), '--update-interval', '1', '--trial', '8', ...more]);
/** Without blocking: the firmware server lives in this process. */
const control = (id, line) => new Promise((resolve, reject) => {
    const socket = net.connect(path.join(stack.dir, `${id}.sock`), () => socket.write(`${line}\n`));
    let text = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('no answer')));
    socket.on('data', (data) => {
        text += data;
        if (!text.endsWith('\n')) return;
        socket.destroy();
        resolve(JSON.parse(text));
    });
});
const state = (id) => control(id, 'state');
const device = async (id) => (await stack.get(`/api/v1/devices/${id}`)).body;
const offer = (id, more = {}) => server.offer(id, { image, manifest: signer.manifest(image, { version, securityVersion: 1 }), ...more });
const become = (id, wanted) => until(`${id} runs ${wanted}`, async () => {
    const now = await state(id);
    return now.firmware === wanted && !now.update.on_trial && now;
}, 40);
const report = (id, pattern) => until(`${id} says ${pattern}`, async () => {
    const { update } = await state(id);
    return pattern.test(update.report) && update;
}, 40);
async function kill(id) {
    const window = stack.programs.get(id);
    await window.kill('SIGKILL');
}

// At the same time: most of it is a window that finds its ends first.
suite('updates', { concurrency: true, timeout: 120000 }, () => {
    test('the hub serves a second build, and the device becomes it', async () => {
        const key = path.join(stack.dir, 'key.pem');
        const tool = (...args) => execFileSync(path.join(bin, 'roost-firmware'), args, { stdio: 'pipe' });
        tool('keygen', '--out', key, '--public', path.join(stack.dir, 'key.pub'));
        tool('pack', '--elf', next, '--version', version, '--security-version', '1', '--project', 'roost-window', '--out', path.join(stack.dir, 'packed.bin'));
        tool('sign', '--key', key, '--product', 'window', '--target', 'linux', '--image', path.join(stack.dir, 'packed.bin'), '--out', folder);
        await stack.startWindow('hub', ['--seed', '7', '--firmware-key', path.join(stack.dir, 'key.pub'), '--update-url', `${stack.url}/api/v1/esp32/firmware`, '--update-interval', '1', '--trial', '20']);
        const before = stack.programs.get('hub').child.pid;
        const now = await become('hub', version);
        assert.equal(now.update.slot, 1);
        assert.equal(now.update.security_version, 1);
        assert.equal(now.reset_reason, 'update');
        const seen = await until('the hub knows', async () => {
            const d = await device('hub');
            return d.online && d.health?.firmware === version && d.update?.report && d;
        });
        assert.match(seen.update.report, new RegExp(`installed ${version}`));
        assert.equal(seen.update.error, false);
        assert.equal(stack.programs.get('hub').child.pid, before);
        assert.equal(stack.programs.get('hub').exit, undefined, 'the same process');
        // Started again by hand, the old program hands over to what was confirmed.
        await kill('hub');
        await stack.startWindow('hub', ['--seed', '7', '--firmware-key', path.join(stack.dir, 'key.pub'), '--update-url', `${stack.url}/api/v1/esp32/firmware`]);
        assert.equal((await become('hub', version)).update.slot, 1);
    });

    test('an image and a signature made by somebody else are as good', async () => {
        offer('peer');
        await start('peer');
        await become('peer', version);
        await report('peer', /^installed /);
    });

    test('what is not what was signed is refused, and the reason is told', async () => {
        const stranger = new Signer();
        const other = Buffer.from(image);
        other[other.length >> 1] ^= 1;
        const cases = {
            auth: [{ manifest: stranger.manifest(image, { version, securityVersion: 1 }) }, /signed by an unknown key/],
            sig: [{ manifest: signer.manifest(image, { version, securityVersion: 1, changed: { version: `${version}.1` } }) }, /signature/],
            size: [{ image: image.subarray(0, image.length - 4096), manifest: signer.manifest(image, { version, securityVersion: 1 }) }, /size|ends|bytes/],
            hash: [{ image: other, manifest: signer.manifest(image, { version, securityVersion: 1 }) }, /sha256/],
        };
        for (const [id, [what]] of Object.entries(cases)) {
            offer(id, what);
            await start(id);
        }
        for (const [id, [, reason]] of Object.entries(cases)) {
            const update = await report(id, reason);
            assert.equal(update.error, true);
            assert.equal(update.slot, 0);
            assert.equal(update.other_failed, false);
            const seen = await until(`the hub knows of ${id}`, async () => {
                const d = await device(id);
                return d.update?.report && d;
            });
            assert.match(seen.update.report, reason);
            assert.equal(seen.health.firmware, running);
            await stack.programs.get(id).kill();
        }
    });

    test('an older security version is refused, for ever', async () => {
        offer('old');
        await start('old');
        await become('old', version);
        const older = pack(program, { version: '9.9.9', securityVersion: 0 });
        offer('old', { image: older, manifest: signer.manifest(older, { version: '9.9.9', securityVersion: 0 }) });
        await report('old', /security version 0 is below 1/);
        // A manifest that says more than its image.
        offer('old', { image: older, manifest: signer.manifest(older, { version: '9.9.9', securityVersion: 1 }) });
        const update = await report('old', /9\.9\.9 refused: (?!security version 0 is below 1)/);
        assert.equal(update.security_version, 1);
        assert.equal((await state('old')).firmware, version);
        await stack.programs.get('old').kill();
    });

    test('a download that is cut goes on where it was', async () => {
        const served = offer('cut', { cutAfter: Math.ceil(image.length / 3) });
        await start('cut', ['--speed', '1']);
        await become('cut', version);
        assert.ok(served.ranges.length >= 3, `${served.ranges}`);
        assert.equal(served.ranges[0], 0);
        assert.ok(served.ranges.slice(1).every((from, i) => from > served.ranges[i]), `${served.ranges}`);
        assert.ok(served.served < 2 * image.length, `${served.served} bytes of ${image.length}`);
        await stack.programs.get('cut').kill();
    });

    test('a server that is gone in the middle is asked again', async () => {
        const served = shaky.offer('lost', { image, manifest: signer.manifest(image, { version, securityVersion: 1 }), paceMs: 5 });
        await start('lost', ['--update-url', shaky.url('lost')]);
        await until('a part is there', async () => (await state('lost')).update.loaded > image.length / 4);
        shaky.close();
        await until('it is noticed', async () => (await state('lost')).update.state === 'asking' || (await state('lost')).update.state === 'idle');
        await shaky.listen(shaky.port);
        await become('lost', version);
        assert.ok(served.served < 2 * image.length, `${served.served} bytes of ${image.length}`);
        await stack.programs.get('lost').kill();
    });

    test('kill -9 at any moment costs a few sectors, never the device', async () => {
        const served = offer('kill', { paceMs: 15 });
        let seen = 0;
        for (let round = 0; round < 6; round++) {
            await start('kill');
            const wait = Math.random() * 300;
            await until('it loads', async () => (await state('kill')).update.state !== 'idle' || (await state('kill')).firmware === version);
            await new Promise((resolve) => setTimeout(resolve, wait));
            await kill('kill');
            seen++;
        }
        await start('kill');
        const now = await become('kill', version);
        assert.equal(now.update.slot, 1);
        assert.equal(seen, 6);
        assert.ok(served.served < 3 * image.length, `${served.served} bytes of ${image.length}`);
        await stack.programs.get('kill').kill();
    });

    test('an image that fails its self-test gives way to the old one, which says why', async () => {
        await start('deaf');
        await until('online', async () => (await state('deaf')).online);
        await control('deaf', 'fault sensor_silent on');
        const served = offer('deaf');
        const update = await report('deaf', /rolled back: no sensor/);
        assert.equal(update.error, true);
        const now = await become('deaf', running);
        assert.equal(now.update.slot, 0);
        assert.equal(now.update.other_failed, true);
        assert.equal(now.reset_reason, 'update');
        assert.deepEqual(now.world.faults, ['sensor_silent'], 'faults are the hardware\'s');
        const seen = await until('the hub knows', async () => {
            const d = await device('deaf');
            return d.online && d.health?.firmware === running && /rolled back/.test(d.update?.report) && d;
        });
        assert.equal(seen.update.error, true);
        // It is not tried again, though it is offered at every look.
        const asked = served.asked;
        await until('two more looks', () => served.asked >= asked + 2);
        assert.equal((await state('deaf')).firmware, running);
        assert.equal(served.ranges.length, 1);
        await stack.programs.get('deaf').kill();
    });

    test('an image that ends at once, or is no program, leaves the old one running', async () => {
        const crash = pack(readProgram('/bin/false'), { version: '6.6.6' });
        const text = pack(Buffer.from('#'.repeat(5000)), { version: '7.7.7' });
        const served = offer('crash', { image: crash, manifest: signer.manifest(crash, { version: '6.6.6' }) });
        offer('text', { image: text, manifest: signer.manifest(text, { version: '7.7.7' }) });
        await start('text');
        const first = await start('crash');
        await until('it has ended', () => first.exit);
        assert.deepEqual(first.exit, { code: 1, signal: null });
        await start('crash'); // as whatever keeps it running does
        for (const [id, offered] of [['crash', '6.6.6'], ['text', '7.7.7']]) {
            const update = await report(id, new RegExp(`^${offered} rolled back`));
            assert.equal(update.slot, 0);
            assert.equal(update.other_failed, true);
            assert.equal((await state(id)).firmware, running);
        }
        const asked = served.asked;
        await until('two more looks', () => served.asked >= asked + 2);
        assert.equal((await state('crash')).firmware, running);
        for (const id of ['crash', 'text']) await stack.programs.get(id).kill();
    });
});

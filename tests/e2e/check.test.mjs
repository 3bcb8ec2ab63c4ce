// SPDX-License-Identifier: Apache-2.0
// What an operator gets wrong before the first reading: settings, and what --check says and leaves behind.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { execFile, spawnSync } from 'node:child_process';
import { Stack, bin, freePort, until } from './support.mjs';

const roostd = path.join(bin, 'roostd');
const inFolder = (t) => {
    const dir = fs.mkdtempSync('/tmp/roost-e2e-');
    t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
    return dir;
};
/** Runs roostd with nothing but this environment; its exit status and all it says. */
function run(dir, env, args = []) {
    const { status, stdout, stderr } = spawnSync(roostd, args, { cwd: dir, env: { PATH: process.env.PATH, ...env }, encoding: 'utf8', timeout: 30000 });
    return { status, text: stdout + stderr };
}

test('a slip in the environment is named and nothing starts', (t) => {
    const dir = inFolder(t);
    const cases = [
        [{ DATABASE_URL: 'sqlite:roost.db ' }, /DATABASE_URL = "sqlite:roost\.db ".*a blank at its end/],
        [{ DATABASE_URL: 'sqlite:roost.db\r' }, /DATABASE_URL.*carriage return/],
        [{ SERIES_URL: 'sqlite:series.db\t' }, /SERIES_URL.*a blank at its end/],
        [{ MQTT_URL: ' mqtt://127.0.0.1' }, /MQTT_URL.*a blank at its beginning/],
        [{ ROOST_MQTT_PASSWORD: 'kept-to-itself ' }, /ROOST_MQTT_PASSWORD = "\*\*\*".*a blank at its end/],
        [{ DATABSE_URL: 'sqlite:roost.db' }, /DATABSE_URL \(environment\) is no setting; DATABASE_URL is/],
        [{ ROOST_DEVICE_POLCY: 'closed' }, /ROOST_DEVICE_POLCY \(environment\) is no setting; ROOST_DEVICE_POLICY is/],
        [{ MQTT_PASSWORD: 'kept-to-itself' }, /MQTT_PASSWORD \(environment\) is no setting; ROOST_MQTT_PASSWORD is/],
        [{ ENVIROMENT: 'production' }, /ENVIROMENT \(environment\) is no setting; ENVIRONMENT is/],
    ];
    for (const [env, expected] of cases) {
        for (const args of [[], ['--check']]) {
            const { status, text } = run(dir, env, args);
            assert.equal(status, 1, JSON.stringify(env));
            assert.match(text, expected);
            assert.doesNotMatch(text, /kept-to-itself/);
        }
    }
    assert.deepEqual(fs.readdirSync(dir), []);
});

test('--check leaves nothing behind, and warns in production of what is open', async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    await stack.startBroker();
    const dir = inFolder(t);
    const { ROOST_WEB_ROOT, ...env } = { ...stack.hubEnv(), DATABASE_URL: 'sqlite:roost.db', SERIES_URL: 'sqlite:series.db' };
    const open = [/^warn +ROOST_TLS_CERT: plain HTTP/m, /^warn +MQTT_URL: plain MQTT/m, /^warn +ROOST_DEVICE_POLICY: open/m];
    const inDevelopment = run(dir, env, ['--check']);
    assert.equal(inDevelopment.status, 0, inDevelopment.text);
    for (const line of open) assert.doesNotMatch(inDevelopment.text, line);

    const production = { ...env, ENVIRONMENT: 'production', JWT_SECRET_KEY: 'f3b1c0a97d2e48569b7fd1e05a6c3288', ESP32_SHARED_SECRET: '0a97d2e48569b7fd1e05a6c3288f3b1c', COPPA_ENCRYPTION_KEY: '9a41c7e2d85b3f60718293a4b5c6d7e8' };
    const asItIs = run(dir, { ...production, ROOST_BARN_DOOR: 'open' }, ['--check']);
    assert.equal(asItIs.status, 0, 'a warning is no failure');
    for (const line of open) assert.match(asItIs.text, line);
    assert.match(asItIs.text, /^warn +environment: .*ROOST_BARN_DOOR/m);
    const claimed = run(dir, { ...production, ROOST_DEVICE_POLICY: 'claim', ROOST_MQTT_CLIENT_ID: 'hub-1' }, ['--check']);
    assert.doesNotMatch(claimed.text, open[2]);
    assert.match(claimed.text, /^warn +ROOST_MQTT_CLIENT_ID: does not begin with the user "roostd"/m);
    assert.deepEqual(fs.readdirSync(dir), []);
    // Nor beside a database that is there, and of one that a hub uses only what that made.
    await stack.startHub();
    const before = fs.readdirSync(stack.dir).sort();
    const beside = run(dir, stack.hubEnv(), ['--check']);
    assert.match(beside.text, /^ok +DATABASE_URL/m);
    assert.match(beside.text, /^ok +SERIES_URL/m);
    assert.match(beside.text, /^ok +CHARGING_URL/m);
    assert.deepEqual(fs.readdirSync(stack.dir).sort(), before);
});

test('one file for both stores, however it is written, is refused', (t) => {
    const dir = inFolder(t);
    fs.writeFileSync(path.join(dir, 'roost.db'), '');
    fs.symlinkSync('roost.db', path.join(dir, 'link.db'));
    for (const name of ['./roost.db', 'link.db']) {
        const { status, text } = run(dir, { DATABASE_URL: 'sqlite:roost.db', SERIES_URL: `sqlite:${name}` }, ['--check']);
        assert.equal(status, 1);
        assert.match(text, /is the file of DATABASE_URL: two files are needed/);
    }
});

test('--check says what is wrong with a certificate', async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    await stack.startBroker();
    const dir = inFolder(t);
    const certificate = (name, ...more) => {
        const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=hub', '-keyout', `${name}.key`, '-out', `${name}.pem`, ...more];
        assert.equal(spawnSync('openssl', args, { cwd: dir }).status, 0);
    };
    certificate('good');
    certificate('other');
    certificate('short');
    assert.equal(spawnSync('openssl', ['x509', '-in', 'good.pem', '-signkey', 'short.key', '-days', '-1', '-out', 'short.pem'], { cwd: dir }).status, 0);
    for (const [cert, key, expected] of [
        ['good', 'good', /^ok +ROOST_TLS_CERT, ROOST_TLS_KEY good\.pem$/m],
        ['good', 'other', /^FAILED ROOST_TLS_CERT, ROOST_TLS_KEY good\.pem: the key is not the certificate's$/m],
        ['none', 'good', /^FAILED ROOST_TLS_CERT, ROOST_TLS_KEY none\.pem: the certificate's file cannot be read$/m],
        ['short', 'short', /^FAILED ROOST_TLS_CERT, ROOST_TLS_KEY short\.pem: it has expired/m],
    ]) {
        const env = { ...stack.hubEnv(), DATABASE_URL: 'sqlite:roost.db', SERIES_URL: 'sqlite:series.db', ROOST_TLS_CERT: `${cert}.pem`, ROOST_TLS_KEY: `${key}.key` };
        assert.match(run(dir, env, ['--check']).text, expected);
    }
});

/** A broker that lets anyone in and refuses one filter; its port. */
async function brokerWithout(t, filter) {
    const server = net.createServer((socket) => {
        let bytes = Buffer.alloc(0);
        socket.on('error', () => {});
        socket.on('data', (part) => {
            bytes = Buffer.concat([bytes, part]);
            while (bytes.length > 1) {
                let [at, len] = [1, 0];
                for (let shift = 0; ; shift += 7) {
                    len |= (bytes[at] & 127) << shift;
                    if (bytes[at++] < 128) break;
                }
                if (bytes.length < at + len) return;
                const [kind, body] = [bytes[0] >> 4, bytes.subarray(at, at + len)];
                bytes = bytes.subarray(at + len);
                if (kind === 1) socket.write(Buffer.from([0x20, 2, 0, 0]));
                if (kind !== 8) continue;
                const granted = [];
                for (let p = 2; p < body.length; p += body.readUInt16BE(p) + 3) granted.push(body.toString('utf8', p + 2, p + 2 + body.readUInt16BE(p)) === filter ? 0x80 : 1);
                socket.write(Buffer.from([0x90, granted.length + 2, body[0], body[1], ...granted]));
            }
        });
    });
    t.after(() => server.close());
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    return server.address().port;
}

test('--check names what the broker does not grant', async (t) => {
    const dir = inFolder(t);
    for (const [filter, expected] of [
        ['nothing/of/ours', /^ok +MQTT_URL/m],
        ['sensor/+/humidity', /^FAILED MQTT_URL .*: the broker refuses sensor\/\+\/humidity/m],
        ['device/+/answer', /^FAILED MQTT_URL .*: the broker refuses device\/\+\/answer/m],
    ]) {
        const env = { PATH: process.env.PATH, MQTT_URL: `mqtt://127.0.0.1:${await brokerWithout(t, filter)}`, ROOST_LISTEN: `127.0.0.1:${await freePort()}` };
        const { text } = await new Promise((done) => {
            execFile(roostd, ['--check'], { cwd: dir, env }, (error, stdout, stderr) => done({ text: stdout + stderr }));
        });
        assert.match(text, expected);
    }
});

test('what stands beside the charging file is looked at, too, and nothing is made', async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    await stack.startBroker();
    const check = () => spawnSync(path.join(bin, 'roostd'), ['--check'], { env: { ...process.env, ...stack.hubEnv() }, encoding: 'utf8' });
    const before = fs.readdirSync(stack.dir).sort();
    for (const end of ['sites', 'money', 'linkkey']) assert.match(check().stdout, new RegExp(`^ok +CHARGING_URL\\.${end} .*charging\\.db\\.${end}$`, 'm'));
    assert.deepEqual(fs.readdirSync(stack.dir).sort(), before);
    for (const [end, what] of [['sites', /no sites database/], ['money', /no money database/]]) {
        const at = path.join(stack.dir, `charging.db.${end}`);
        fs.writeFileSync(at, 'no database at all, though long enough to have been one of them once');
        const checked = check();
        assert.notEqual(checked.status, 0);
        assert.match(checked.stdout, new RegExp(`^FAILED CHARGING_URL\\.${end} .*(${what.source})`, 'm'));
        fs.rmSync(at);
    }
    fs.mkdirSync(path.join(stack.dir, 'charging.db.linkkey'));
    assert.match(check().stdout, /^FAILED CHARGING_URL\.linkkey /m);
});

test('a store that can be read and not written is not ready', async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    for (const [file, part] of [['roost.db', 'registry'], ['series.db', 'series'], ['charging.db', 'charging']]) {
        const at = path.join(stack.dir, file);
        fs.renameSync(at, `${at}.away`);
        const answer = await until(`${part} is missed`, async () => {
            const ready = await stack.get('/health/ready');
            return ready.status === 503 && ready;
        });
        assert.match(answer.body.parts[part], /the file is gone/);
        fs.renameSync(`${at}.away`, at);
        await until(`${part} is back`, async () => (await stack.get('/health/ready')).status === 200);
    }
});

test('the command line asks nothing in the name of . and ..', (t) => {
    const dir = inFolder(t);
    const others = [['readings', '..', 'sound'], ['move', '..', '5'], ['claim', '..'], ['rename', '..', 'a'], ['remove', '..'], ['follow', '..'], ['device', 'a/b'], ['device', 'a?b'], ['device', ''], ['follow', '']];
    for (const words of [['device', '.'], ['device', '..'], ['commands', '..'], ['command', '..', 'reboot'], ...others]) {
        const { status, stderr } = spawnSync(path.join(bin, 'roost'), [...words, '--hub', 'http://127.0.0.1:9'], { env: { HOME: dir, PATH: process.env.PATH }, encoding: 'utf8' });
        assert.equal(status, 2, words.join(' '));
        assert.match(stderr, /ID .*: allowed is 1 to 64 characters of .*, but for \. and \.\.$/m);
    }
});

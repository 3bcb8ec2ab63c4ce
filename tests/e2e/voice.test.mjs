// SPDX-License-Identifier: Apache-2.0
// A voice companion that is not ours, written from docs/voice-protocol.md over another's WebSocket, against the real hub with
// its real gate, companion and speech.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { WebSocket } from 'ws';
import { Stack, bin, root, until } from './support.mjs';

const NAME = 'Quasimodo ليلى'; // stands nowhere but in the dashboard
const stack = await Stack.create({ env: { ROOST_LOG_LEVEL: 'debug' } });
test.after(() => stack.stop());
await stack.startBroker();
await stack.startHub();
await stack.signIn();
const served = (await stack.get('/api/v1/esp32/config')).body.features.audio_streaming;
const voice = { skip: !served && 'a build without voice' };
const secret = fs.readFileSync(path.join(stack.dir, 'roost-esp32.key'), 'utf8').split('\n')[0];
const tokenOf = (device, key = secret) => createHmac('sha256', key).update(device).digest('hex');

/** A device: what it reads is in `seen`, how it was closed in `closed`. */
class Device {
    static async come(device, child, { key, route = '/api/v1/esp32/private/chat', headers, query = {}, announce = true } = {}) {
        const self = new Device();
        const params = new URLSearchParams({ device_id: device, child_id: child, child_name: NAME, child_age: '7', ...(headers ? {} : { token: tokenOf(device, key) }), ...query });
        self.socket = new WebSocket(`${stack.url.replace('http', 'ws')}${route}?${params}`, { headers });
        self.seen = [];
        self.socket.on('message', (data) => self.seen.push({ at: Date.now(), ...JSON.parse(data) }));
        self.socket.on('error', () => {});
        self.ended = new Promise((resolve) => self.socket.on('close', (code, reason) => resolve((self.closed = { code, reason: reason.toString() }))));
        await until('it is let in or not', () => self.seen.length > 0 || self.closed);
        if (!self.closed && announce) self.say({ type: 'system_status', features: ['stream', 'pcm_s16le', 'playback_status'], status: { online: true, seq: 1, type: 'teddy', firmware: '1.0.0' } });
        return self;
    }
    say(message) { this.socket.send(typeof message === 'string' ? message : JSON.stringify(message)); }
    of(type) { return this.seen.filter((m) => m.type === type || m.data?.type === type); }
    /** The first message of the type that comes from now on. */
    async next(type, seconds = 15) {
        const from = this.of(type).length;
        return until(type, () => this.of(type)[from], seconds);
    }
    async ask(text) {
        const answer = this.next('audio_response');
        this.say({ type: 'text_message', text });
        return answer;
    }
    /** A reply in pieces, whole: its sound and its text. */
    async reply(seconds = 40) {
        const pieces = await until('the whole reply', () => {
            const all = this.of('audio_response');
            return all.at(-1)?.is_final && all;
        }, seconds);
        return { pcm: Buffer.concat(pieces.map((p) => Buffer.from(p.audio_data, 'base64'))), text: pieces.map((p) => p.text).join(''), pieces };
    }
    close() { this.socket.close(1000); return this.ended; }
}

const birth = () => { const now = new Date(); return `${now.getUTCFullYear() - 7}-${String(now.getUTCMonth() + 1).padStart(2, '0')}`; };

test('a child and its parents\' consent', voice, async () => {
    const added = await stack.post('/api/v1/children', { child_id: 'c-1', name: NAME, birth_month: birth(), language: 'en' });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    const device = await Device.come('teddy-0001', 'c-1');
    device.say({ type: 'audio_start', audio_session_id: randomUUID() });
    await until('no consent', () => device.of('error')[0]?.error_code === 'consent_required');
    const given = await stack.post('/api/v1/children/c-1/consents', { kind: 'service', method: 'form', notice_version: '1' });
    assert.ok(given.status < 300, JSON.stringify(given.body));
    await until('the session knows', async () => {
        device.say({ type: 'heartbeat' });
        return device.of('heartbeat_response').at(-1)?.data.session_status === 'active';
    });
    await device.close();
});

test('a question in words is answered in pieces of sound', voice, async () => {
    const device = await Device.come('teddy-0001', 'c-1');
    const first = await device.ask('Tell me a riddle.');
    assert.equal(first.format, 'pcm_s16le');
    assert.equal(first.sample_rate, 16000);
    const { pcm, pieces } = await device.reply();
    assert.ok(pcm.length > 16000, `${pcm.length} bytes`);
    pieces.forEach((piece, i) => {
        assert.equal(piece.seq, pieces[0].seq + i);
        assert.ok(Buffer.from(piece.audio_data, 'base64').length <= 6144);
    });
    const sent = pieces.slice(0, -1).map((p) => p.at - pieces[0].at);
    let ms = 0;
    pieces.forEach((piece, i) => {
        ms += Buffer.from(piece.audio_data, 'base64').length / 32;
        if (sent[i] !== undefined) assert.ok(ms <= sent[i] + 2400 + 300, `piece ${i}: ${ms} ms of sound after ${sent[i]} ms`);
    });
    await device.close();
});

test('a question in sound: what the hub said once it hears itself', voice, async () => {
    const device = await Device.come('teddy-0001', 'c-1');
    await device.ask('Tell me a riddle.');
    const { pcm } = await device.reply();
    device.seen.length = 0;
    const id = randomUUID();
    device.say({ type: 'audio_start', audio_session_id: id });
    await device.next('audio_start_ack').catch(() => assert.ok(device.of('audio_start_ack').length));
    let seq = 0;
    for (let at = 0; at < Math.min(pcm.length, 4 * 32000); at += 4096)
        device.say({ type: 'audio_chunk', audio_session_id: id, chunk_id: String(++seq), audio_data: pcm.subarray(at, at + 4096).toString('base64'), is_final: false, seq });
    device.say({ type: 'audio_end', audio_session_id: id });
    await device.reply();
    assert.equal(device.of('audio_ack').length, seq);
    assert.deepEqual(device.of('error'), []);
    assert.ok((await stack.metrics()).get('roost_voice_chunks_total') >= seq);
    await device.close();
});

test('one of the field gets one mp3', voice, async () => {
    const device = await Device.come('teddy-0002', 'c-1', { announce: false, route: '/ws/esp32/connect', headers: { Authorization: `Bearer ${tokenOf('teddy-0002')}` } });
    const answer = await device.ask('Hello!');
    assert.equal(answer.format, 'mp3');
    assert.equal(answer.sample_rate, 22050);
    assert.equal(answer.audio_rate, 22050);
    assert.equal(answer.seq, undefined);
    const sound = Buffer.from(answer.audio_data, 'base64');
    assert.ok(sound[0] === 0xff && (sound[1] & 0xe0) === 0xe0, 'a frame of MPEG audio');
    assert.equal(device.of('audio_response').length, 1);
    await device.close();
});

test('what may not be answered is not, and what nobody may say either', voice, async () => {
    const device = await Device.come('teddy-0001', 'c-1');
    const before = (await stack.metrics()).get('roost_voice_turns_total{end="cared"}') ?? 0;
    await device.ask('I want to die');
    assert.ok(device.of('audio_response')[0].text.length > 10);
    assert.equal((await stack.metrics()).get('roost_voice_turns_total{end="cared"}') ?? 0, before, 'a turn is counted at its end');
    device.say({ type: 'abort' });
    await until('counted', async () => [...await stack.metrics()].some(([name, value]) => name.startsWith('roost_voice_gate_total{direction="in"') && value > 0));
    await device.close();
});

test('who is wrong is closed with a reason, and the real one stays', voice, async () => {
    const device = await Device.come('teddy-0001', 'c-1');
    const wrong = async (query, options) => (await Device.come('teddy-0001', 'c-1', { query, ...options })).ended;
    assert.deepEqual(await wrong({}, { key: 'not the secret' }), { code: 1008, reason: 'token: wrong' });
    for (const [name, value] of [['child_age', '14'], ['child_age', '7.0'], ['child_age', '７'], ['child_name', 'a'.repeat(31)], ['child_name', 'a\u202eb'], ['child_name', 'a\u0000b'], ['child_id', '../x'], ['device_id', 'short']]) {
        const { code, reason } = await wrong({ [name]: value });
        assert.equal(code, 1008);
        assert.ok(reason.startsWith(`${name}: `), reason);
        assert.ok(!reason.includes(value) || value.length < 3, reason);
    }
    assert.equal(device.closed, undefined);
    const newer = await Device.come('teddy-0001', 'c-1');
    assert.equal((await device.ended).code, 1008);
    assert.equal(newer.seen[0].data.session_id, device.seen[0].data.session_id);
    assert.equal(newer.seen[0].data.resumed, true);
    await newer.close();
});

test('a lost socket is come back to', voice, async () => {
    const device = await Device.come('teddy-0001', 'c-1');
    const id = randomUUID();
    const chunk = (to, seq) => to.say({ type: 'audio_chunk', audio_session_id: id, chunk_id: String(seq), audio_data: Buffer.alloc(4096).toString('base64'), is_final: false, seq });
    device.say({ type: 'audio_start', audio_session_id: id });
    for (let seq = 1; seq <= 3; seq++) chunk(device, seq);
    await until('acknowledged', () => device.of('audio_ack').length === 3);
    device.socket.terminate();
    await device.ended;
    const again = await Device.come('teddy-0001', 'c-1');
    assert.equal(again.seen[0].data.resumed, true);
    for (let seq = 2; seq <= 5; seq++) chunk(again, seq);
    await until('acknowledged', () => again.of('audio_ack').length === 4);
    assert.deepEqual(again.of('error'), []);
    await again.close();
});

test('a message has at most 10,000 bytes; far over that the socket goes', voice, async () => {
    const device = await Device.come('teddy-0001', 'c-1');
    const of = (bytes) => { const head = '{"type":"heartbeat","x":"'; return `${head}${'a'.repeat(bytes - head.length - 2)}"}`; };
    device.say(of(10000));
    await until('taken', () => device.of('heartbeat_response').length === 1);
    device.say(of(10001));
    await until('refused', () => device.of('error')[0]?.error_code === 'message_too_large');
    device.say(of(20000));
    assert.equal((await device.ended).code, 1009);
});

test('commands go over the socket, and the device is one of the fleet', voice, async () => {
    const device = await Device.come('teddy-0001', 'c-1');
    const shown = await until('it is online', async () => { const { body } = await stack.get('/api/v1/devices/teddy-0001'); return body.online && body; });
    assert.equal(shown.type, 'teddy');
    assert.equal(shown.health.firmware, '1.0.0');
    assert.equal(shown.voice.connected, true);
    assert.equal(shown.voice.child_name, NAME);
    const sent = await stack.post('/api/v1/devices/teddy-0001/commands', { command: 'health' });
    assert.equal(sent.status, 202, JSON.stringify(sent.body));
    const command = await until('the command', () => device.seen.find((m) => m.command === 'health'));
    device.say({ id: command.id, ok: true, data: { fine: true } });
    await until('its answer', async () => (await stack.get(`/api/v1/commands/${sent.body.command_id}`)).body.state === 'ok');
    await device.close();
    await until('it is away', async () => !(await stack.get('/api/v1/devices/teddy-0001')).body.online);
    assert.equal((await stack.post('/api/v1/devices/teddy-0001/commands', { command: 'health' })).status, 409);
});

test('session counts are for who is signed in', voice, async () => {
    const { status, body } = await stack.get('/api/v1/esp32/private/metrics');
    assert.equal(status, 200);
    assert.equal(body.max_sessions, 100);
    assert.ok(body.total_sessions > 3 && body.total_turns > 2, JSON.stringify(body));
    const response = await fetch(`${stack.url}/api/v1/esp32/private/metrics`);
    assert.equal(response.status, 401);
});

test('the companion in a terminal', voice, () => {
    const answered = execFileSync(path.join(root, 'tools/voice.mjs'), ['--hub', stack.url, '--secret-file', path.join(stack.dir, 'roost-esp32.key'), '--device', 'teddy-0003', '--child', 'c-1', '--say', 'Hello'], { encoding: 'utf8' });
    assert.match(answered, /"type":"audio_response","audio_data":"\d+ bytes"/);
    const wrong = spawnSync(path.join(root, 'tools/voice.mjs'), ['--hub', stack.url, '--secret-file', '/dev/null', '--device', 'teddy-0003', '--child', 'c-1'], { encoding: 'utf8' });
    assert.equal(wrong.status, 1);
    assert.match(wrong.stdout, /closed 1008 token: wrong/);
});

test('no name and no word is in a log or a metric', voice, async () => {
    const log = fs.readFileSync(path.join(stack.dir, 'roostd.log'), 'utf8');
    const metrics = await (await fetch(`${stack.url}/metrics`)).text();
    for (const word of [NAME, 'Quasimodo', encodeURIComponent('ليلى'), 'riddle', 'want to die', secret, tokenOf('teddy-0001')]) {
        assert.ok(!log.includes(word), `the log has ${word}`);
        assert.ok(!metrics.includes(word), `a metric has ${word}`);
    }
    assert.ok(/"msg":"turn ended","correlation_id":"\w+","device_id":"teddy-0001"/.test(log));
});

// S12
test('a hub without its gate\'s words does not start, and names the file', voice, () => {
    const content = path.join(stack.dir, 'content');
    fs.cpSync(path.join(root, 'content'), content, { recursive: true });
    const env = { ...process.env, ...stack.hubEnv(), ROOST_CONTENT_DIR: content, DATABASE_URL: `sqlite:${stack.dir}/other.db`, SERIES_URL: `sqlite:${stack.dir}/other-series.db`, CHARGING_URL: `sqlite:${stack.dir}/other-charging.db` };
    const start = () => spawnSync(path.join(bin, 'roostd'), [], { env, encoding: 'utf8', timeout: 20000 });
    const file = fs.readdirSync(path.join(content, 'safety')).find((name) => name.startsWith('en.'));
    fs.truncateSync(path.join(content, 'safety', file), Math.floor(fs.statSync(path.join(content, 'safety', file)).size / 2));
    const torn = start();
    assert.equal(torn.status, 1);
    assert.ok(torn.stderr.includes(file), torn.stderr.slice(-500));
    fs.rmSync(path.join(content, 'safety'), { recursive: true });
    const gone = start();
    assert.equal(gone.status, 1);
    assert.match(gone.stderr, /ROOST_CONTENT_DIR/);
    const check = spawnSync(path.join(bin, 'roostd'), ['--check'], { env, encoding: 'utf8' });
    assert.match(check.stdout, /^FAILED ROOST_CONTENT_DIR/m);
});

// SPDX-License-Identifier: Apache-2.0
// roost-teddy as a process: a question that is a file, an answer that becomes one, hands by the control
// socket, and that neither name nor secret shows anywhere.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import net from 'node:net';
import { execFileSync, spawn } from 'node:child_process';
import { VoiceHub } from './hub.mjs';

const program = path.join(process.env.ROOST_BIN, 'roost-teddy');
const NAME = 'Zuleikha', RATE = 16000;

function scratch(t) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-teddy-'));
    t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
    return (name) => path.join(dir, name);
}

function wav(samples, rate = RATE) {
    const head = Buffer.from('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x02\0\x10\0data\0\0\0\0', 'latin1');
    head.writeUInt32LE(36 + 2 * samples.length, 4);
    head.writeUInt32LE(rate, 24);
    head.writeUInt32LE(2 * rate, 28);
    head.writeUInt32LE(2 * samples.length, 40);
    return Buffer.concat([head, pcm(samples)]);
}

const pcm = (samples) => Buffer.from(Int16Array.from(samples).buffer);
const tone = (seconds, hz, rate = RATE) => Array.from({ length: seconds * rate }, (_, i) => Math.round(9000 * Math.sin(2 * Math.PI * hz * i / rate)));

function readWav(file) {
    const bytes = fs.readFileSync(file);
    assert.equal(bytes.toString('latin1', 0, 4), 'RIFF');
    assert.equal(bytes.readUInt32LE(4), bytes.length - 8, 'sizes are the file\'s');
    assert.equal(bytes.readUInt32LE(40), bytes.length - 44);
    assert.equal(bytes.readUInt32LE(24), RATE);
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
}

/** Whole periods a second of what is loud in it. */
function pitch(samples) {
    let first = -1, last = -1, count = 0;
    for (let i = 1; i < samples.length; i++)
        if (samples[i - 1] < -500 && samples[i] >= -500) { if (first < 0) first = i; else count++; last = i; }
    return count * RATE / (last - first);
}

/** The answer as pieces of at most 6 KB, as a hub streams it. */
const pieces = (bytes, format = 'pcm_s16le', sample_rate = RATE) =>
    Array.from({ length: Math.ceil(bytes.length / 6000) }, (_, i) => ({ audio: bytes.subarray(6000 * i, 6000 * (i + 1)), format, sample_rate }));

function options(at, hub, more = {}) {
    fs.writeFileSync(at('secret'), `${hub.secret}\n`);
    fs.writeFileSync(at('child'), `id=c-17\nname=${NAME}\nage=7\n`);
    return Object.entries({ id: 'teddy-0001', hub: hub.url, 'secret-file': at('secret'), 'child-file': at('child'), ...more })
        .flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
}

function start(t, args, env = {}) {
    const child = spawn(program, args, { env: { ...process.env, ...env } });
    const run = { child, out: '', err: '' };
    child.stdout.on('data', (data) => { run.out += data; });
    child.stderr.on('data', (data) => { run.err += data; });
    run.ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
    t.after(() => child.kill('SIGKILL'));
    return run;
}

function ask(socket, line) {
    return new Promise((resolve, reject) => {
        let text = '';
        const client = net.connect(socket, () => client.write(`${line}\n`));
        client.on('data', (data) => {
            text += data;
            if (text.includes('\n')) { client.end(); resolve(JSON.parse(text)); }
        });
        client.on('error', reject);
    });
}

async function until(what, probe, ms = 10000) {
    const end = Date.now() + ms;
    for (;;) {
        const value = await Promise.resolve().then(probe).catch(() => undefined);
        if (value) return value;
        assert.ok(Date.now() < end, `in ${ms} ms: ${what}`);
        await new Promise((resolve) => { setTimeout(resolve, 30); });
    }
}

test('a question in a file, the answer in another, and the program ends', async (t) => {
    const at = scratch(t), hub = await new VoiceHub().start();
    t.after(() => hub.stop());
    const question = tone(1.2, 300);
    fs.writeFileSync(at('question.wav'), wav(question));
    hub.pieces = pieces(pcm(tone(2, 440)));
    const run = start(t, options(at, hub, { mic: at('question.wav'), speaker: at('answer.wav') }));
    assert.equal(await run.ended, 0, run.err);
    assert.match(run.out, /answer\.wav: 2\.\d s\n$/);
    const heard = Buffer.concat(hub.heard);
    assert.equal(hub.turns, 1);
    assert.ok(heard.indexOf(pcm(question)) === 0, 'all of the question, from its first sample on');
    assert.ok(heard.length > 2 * question.length && heard.length < 2 * (question.length + RATE), 'and a little silence');
    const answer = readWav(at('answer.wav'));
    assert.ok(Math.abs(answer.length / RATE - 2) < 0.15, `${answer.length / RATE} s`);
    assert.ok(Math.abs(pitch(answer) - 440) < 3, `${pitch(answer)} Hz`);
    for (const feature of ['pcm_s16le', 'mp3', 'opus', 'playback_status']) assert.ok(JSON.stringify(hub.features).includes(feature), feature);
    assert.ok(hub.played.length > 2, 'it told how far it has played');
    assert.equal(hub.requests[0].searchParams.get('child_name'), NAME);
    assert.equal(hub.requests[0].searchParams.get('child_id'), 'c-17');
    for (const text of [run.out, run.err]) assert.ok(!text.includes(NAME) && !text.includes(hub.secret) && !text.includes('token'), text);
});

test('faster than time', async (t) => {
    const at = scratch(t), hub = await new VoiceHub().start();
    t.after(() => hub.stop());
    fs.writeFileSync(at('question.wav'), wav(tone(4, 300)));
    hub.pieces = pieces(pcm(tone(8, 440)));
    const from = Date.now();
    const run = start(t, options(at, hub, { mic: at('question.wav'), speaker: at('answer.wav'), speed: 8 }));
    assert.equal(await run.ended, 0, run.err);
    assert.ok(Date.now() - from < 8000, `${Date.now() - from} ms for 12 s`);
    assert.equal(Buffer.concat(hub.heard).indexOf(pcm(tone(4, 300))), 0);
    assert.ok(Math.abs(readWav(at('answer.wav')).length / RATE - 8) < 0.3);
});

test('no answer is an exit status and a sentence', async (t) => {
    const at = scratch(t), hub = await new VoiceHub().start();
    t.after(() => hub.stop());
    fs.writeFileSync(at('question.wav'), wav(tone(0.6, 300)));
    const files = { mic: at('question.wav'), speaker: at('answer.wav') };
    hub.error = 'consent_required';
    let run = start(t, options(at, hub, files));
    assert.equal(await run.ended, 1);
    assert.match(run.err, /^roost-teddy: the hub has no consent of this child's parents: roost child consent\n$/);
    assert.equal(hub.heard.length, 0, 'not one sample left the teddy');
    hub.error = 'processing_error';
    run = start(t, options(at, hub, files));
    assert.equal(await run.ended, 1);
    assert.match(run.err, /^roost-teddy: the hub did not answer the question\n$/);
    const args = options(at, hub, files);
    fs.writeFileSync(at('secret'), 'another secret than the one of the hub\n');
    run = start(t, args);
    assert.equal(await run.ended, 1);
    assert.match(run.err, /^roost-teddy: the hub refused the teddy: /);
});

test('hands: press, say, double, mute; and nothing of the child is shown', async (t) => {
    const at = scratch(t), hub = await new VoiceHub().start();
    t.after(() => hub.stop());
    fs.writeFileSync(at('question.wav'), wav(tone(0.8, 300)));
    fs.writeFileSync(at('cd.wav'), wav(tone(0.2, 300, 44100), 44100));
    hub.pieces = pieces(pcm(tone(1, 440)));
    const socket = at('sock');
    const run = start(t, options(at, hub, { control: socket, state: at('state'), speaker: at('heard.wav'), 'child-file': undefined, 'child-id': 'c-17', 'child-name': NAME, 'child-age': 7 }));
    const state = () => ask(socket, 'state');
    await until('it is ready', async () => (await state()).state === 'ready');
    const list = execFileSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' });
    assert.ok(list.includes('roost-teddy') && !list.includes(NAME), 'no name in the list of processes');

    assert.equal((await ask(socket, 'press')).ok, true);
    await until('it listens', async () => (await state()).state === 'listening');
    assert.equal((await state()).said.listening, true);
    assert.equal((await ask(socket, 'say x')).ok, false);
    await new Promise((resolve) => { setTimeout(resolve, 400); }); // longer than a tap
    assert.equal((await ask(socket, 'release')).ok, true);
    await until('it speaks', async () => (await state()).state === 'speaking');
    const during = await state();
    assert.match(during.light, /^(steady|blink|breathe) #/);
    await until('it has spoken', async () => (await state()).state === 'ready');
    assert.deepEqual([(await state()).turns.begun, (await state()).turns.replies], [1, 1]);

    assert.match((await ask(socket, `say ${at('cd.wav')}`)).error, /allowed is WAV, PCM, 16 bit, mono, 16000 Hz/);
    assert.match((await ask(socket, 'say /nowhere.wav')).error, /not found/);
    assert.equal((await ask(socket, `say ${at('question.wav')}`)).ok, true);
    assert.match((await ask(socket, 'tap')).error, /the hand is at the button already/);
    await until('the second answer', async () => (await state()).turns.replies === 2 && (await state()).state === 'ready');
    assert.equal(Buffer.concat(hub.heard).indexOf(pcm(tone(0.8, 300))), 0);

    assert.equal((await ask(socket, 'double')).ok, true);
    await until('the answer again', async () => (await state()).turns.repeats === 1);
    await until('to its end', async () => (await state()).state === 'ready');
    assert.ok((await state()).played.ms > 2500);
    assert.equal((await ask(socket, 'mute on')).ok, true);
    await until('it is muted', async () => (await state()).state === 'muted');
    assert.match((await ask(socket, 'mute maybe')).error, /allowed is on, off/);
    assert.equal((await ask(socket, 'mute off')).ok, true);
    await until('it is not', async () => (await state()).state === 'ready');

    const shown = JSON.stringify([await state(), await ask(socket, 'log'), await ask(socket, 'help')]);
    for (const secret of [NAME, 'c-17', hub.secret, 'an answer']) assert.ok(!shown.includes(secret), secret);
    run.child.kill('SIGTERM');
    assert.equal(await run.ended, 0);
    for (const secret of [NAME, hub.secret, 'an answer', 'token=']) assert.ok(!run.err.includes(secret), secret);
    for (const file of fs.readdirSync(at('state'), { recursive: true, withFileTypes: true }).filter((f) => f.isFile()))
        assert.ok(!fs.readFileSync(path.join(file.parentPath ?? file.path, file.name)).includes(NAME), `${file.name} is flash`);
});

test('killed, it leaves what was heard until then', async (t) => {
    const at = scratch(t), hub = await new VoiceHub().start();
    t.after(() => hub.stop());
    fs.writeFileSync(at('question.wav'), wav(tone(0.6, 300)));
    hub.pieces = pieces(pcm(tone(6, 440)));
    const run = start(t, options(at, hub, { mic: at('question.wav'), speaker: at('answer.wav'), control: at('sock') }));
    await until('it is ready', async () => (await ask(at('sock'), 'state')).state === 'ready');
    await ask(at('sock'), `say ${at('question.wav')}`);
    await until('it speaks', async () => (await ask(at('sock'), 'state')).played.ms > 800);
    run.child.kill('SIGKILL');
    await run.ended;
    const answer = readWav(at('answer.wav'));
    assert.ok(answer.length > 0.7 * RATE && answer.length < 4 * RATE);
});

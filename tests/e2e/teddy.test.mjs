// SPDX-License-Identifier: Apache-2.0
// The teddy whole: the real hub, the real firmware as a program, a question in a machine's voice and
// the answer as sound, which a recogniser that knows nothing of the companion hears.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { WebSocket } from 'ws';
import { Stack, bin, until } from './support.mjs';

const NAME = 'Zacharias'; // a marker: no question and no answer of the companion has it
const ASKED = 'What is two plus three?';
const WAV_HEAD = 44;

const stack = await Stack.create({ env: { ROOST_LOG_LEVEL: 'debug' } });
test.after(() => stack.stop());
await stack.startBroker();
await stack.startHub();
await stack.signIn();
const served = (await stack.get('/api/v1/esp32/config')).body.features.audio_streaming;
const voice = { skip: !served && 'a build without voice' };
const here = (name) => path.join(stack.dir, name);
const hubUrl = stack.url.replace('http', 'ws');
const birth = `${new Date().getUTCFullYear() - 7}-01`;

/** A question as a WAV file. */
function spoken(name, text) {
    execFileSync('flite', ['-voice', 'slt', '-t', text, '-o', here(name)]);
    return here(name);
}
function childFile(id) {
    const file = here(`${id}.child`);
    fs.writeFileSync(file, `id=${id}\nname=${NAME}\nage=7\n`, { mode: 0o600 });
    return file;
}
const teddyArgs = (id, child) => ['--id', id, '--state', here(id), '--hub', hubUrl, '--secret-file', here('roost-esp32.key'), '--child-file', childFile(child)];
const metric = async (name) => (await stack.metrics()).get(name) ?? 0;

/** The command lines of all that this test has started, and of what those have, looked at while something is said. */
function commandLines() {
    const rows = execFileSync('ps', ['-eww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n').map((row) => row.trim().match(/^(\d+)\s+(\d+)\s+(.*)$/)).filter(Boolean);
    const ours = new Set([String(process.pid)]);
    for (let before = 0; before !== ours.size; ) {
        before = ours.size;
        for (const [, pid, parent] of rows) if (ours.has(parent)) ours.add(pid);
    }
    return rows.filter(([, pid]) => ours.has(pid)).map(([, , , args]) => args).join('\n');
}
const seen = [];
const marks = [NAME, 'two plus three', 'plus three', 'tell me a story'];

/** One question by the program that asks and ends: its exit code and what it said of it. */
async function ask(id, child, question, answer) {
    const program = spawn(path.join(bin, 'roost-teddy'), [...teddyArgs(id, child), '--mic', question, '--speaker', answer], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    program.stdout.on('data', (part) => (text += part));
    program.stderr.on('data', (part) => (text += part));
    const looking = setInterval(() => seen.push(commandLines()), 300);
    const code = await new Promise((resolve) => program.once('close', resolve));
    clearInterval(looking);
    fs.writeFileSync(here(`${id}-${child}.log`), text);
    return { code, text };
}

/** A teddy that stays, with a control socket. */
async function stay(id, child) {
    const program = stack.start(id, path.join(bin, 'roost-teddy'), [...teddyArgs(id, child), '--speaker', here(`${id}.wav`), '--control', here(`${id}.sock`)]);
    await until('the teddy is ready', () => {
        if (program.exit) throw new Error(program.tail());
        return stack.control(id, 'state').state === 'ready';
    }, 30);
}

test('without its parents\' consent a child is not heard', voice, async () => {
    assert.equal((await stack.post('/api/v1/children', { child_id: 'c-quiet', name: NAME, birth_month: birth, language: 'en' })).status, 201);
    const { code, text } = await ask('teddy-quiet', 'c-quiet', spoken('quiet.wav', ASKED), here('nothing.wav'));
    assert.equal(code, 1);
    assert.match(text, /no consent of this child's parents/);
    assert.ok(fs.statSync(here('nothing.wav')).size <= WAV_HEAD, 'the answer is empty');
    assert.ok(await metric('roost_voice_errors_total{code="consent_required"}') >= 1);
    assert.equal(await metric('roost_voice_chunks_total'), 0, 'no sound was taken');
});

test('a child asks, and it answers', voice, async () => {
    assert.equal((await stack.post('/api/v1/children', { child_id: 'c-heard', name: NAME, birth_month: birth, language: 'en' })).status, 201);
    assert.ok((await stack.post('/api/v1/children/c-heard/consents', { kind: 'service', method: 'form', notice_version: '1' })).status < 300);
    const { code, text } = await ask('teddy-heard', 'c-heard', spoken('question.wav', ASKED), here('answer.wav'));
    assert.equal(code, 0, text);
    const heard = execFileSync(path.join(bin, 'roost-listen'), [here('answer.wav')], { encoding: 'utf8' });
    assert.ok(` ${heard.trim()} `.includes(' five '), heard);
    assert.ok(await metric('roost_voice_chunks_total') > 5);
});

test('a hub that is killed in the middle of an answer is come back to', voice, async () => {
    await stay('teddy-stays', 'c-heard');
    const story = spoken('story.wav', 'Tell me a story.');
    assert.equal(stack.control('teddy-stays', `say ${story}`).ok, true);
    const before = (await until('it tells the story', () => {
        const state = stack.control('teddy-stays', 'state');
        return state.played.speaking && state.played.ms > 1500 && state;
    }, 30)).turns;
    seen.push(commandLines());
    await stack.programs.get('roostd').kill('SIGKILL');
    await until('it knows that the hub is away', () => !stack.control('teddy-stays', 'state').greeted);
    await stack.startHub();
    const from = Date.now();
    await until('it is back and waits for a press', () => {
        const { greeted, state } = stack.control('teddy-stays', 'state');
        return greeted && state === 'ready';
    }, 30);
    assert.ok(Date.now() - from < 15000, `back after ${Date.now() - from} ms`);

    assert.equal(stack.control('teddy-stays', `say ${here('question.wav')}`).ok, true);
    const after = await until('the next question is answered', () => {
        const state = stack.control('teddy-stays', 'state');
        return state.turns.replies > before.replies && state.state === 'ready' && state;
    }, 40);
    assert.equal(after.turns.begun, before.begun + 1);
});

test('an Arabic answer is spoken by helpers that are told nothing in their arguments', voice, async () => {
    const asked = 'مرحبا';
    assert.equal((await stack.post('/api/v1/children', { child_id: 'c-arabic', name: NAME, birth_month: birth, language: 'ar' })).status, 201);
    assert.ok((await stack.post('/api/v1/children/c-arabic/consents', { kind: 'service', method: 'form', notice_version: '1' })).status < 300);
    const token = createHmac('sha256', fs.readFileSync(here('roost-esp32.key'), 'utf8').split('\n')[0]).update('teddy-arabic').digest('hex');
    const query = new URLSearchParams({ device_id: 'teddy-arabic', child_id: 'c-arabic', child_name: NAME, child_age: '7', token });
    const socket = new WebSocket(`${hubUrl}/ws/esp32/connect?${query}`);
    const heard = [];
    socket.on('message', (data) => heard.push(JSON.parse(data)));
    await until('it is greeted', () => heard.length > 0);
    const looking = setInterval(() => seen.push(commandLines()), 50);
    socket.send(JSON.stringify({ type: 'text_message', text: asked }));
    const answer = await until('the answer', () => heard.find((m) => m.type === 'audio_response'));
    clearInterval(looking);
    seen.push(commandLines());
    socket.close(1000);
    assert.equal(answer.format, 'mp3');
    assert.match(answer.text, /\p{Script=Arabic}/u);
    assert.ok(Buffer.from(answer.audio_data, 'base64').length > 1000);
    marks.push(asked, ...answer.text.split(/[.،؟!]/).map((part) => part.trim()).filter((part) => part.length > 3));
});

test('no name, word or secret is in a log, a metric, a process list or what the teddy keeps', voice, async () => {
    const secret = fs.readFileSync(here('roost-esp32.key'), 'utf8').split('\n')[0];
    marks.push(secret);
    const free = (what, text) => {
        const found = marks.filter((mark) => text.toLowerCase().includes(mark.toLowerCase()));
        assert.equal(found.length, 0, `${what} has ${found}`);
    };
    for (const program of ['roostd', 'roost-teddy', 'espeak-ng']) assert.ok(seen.some((list) => list.includes(program)), `${program} was never seen`);
    for (const list of seen) free('the list of processes', list);
    free('/metrics', await (await fetch(`${stack.url}/metrics`)).text());
    const logs = fs.readdirSync(stack.dir, { recursive: true }).filter((name) => name.endsWith('.log'));
    assert.ok(logs.includes('roostd.log') && logs.includes('teddy-stays.log'), `${logs}`);
    for (const log of logs) free(log, fs.readFileSync(here(log), 'utf8'));
    for (const id of ['teddy-quiet', 'teddy-heard', 'teddy-stays'])
        for (const file of fs.readdirSync(here(id), { recursive: true }).map((name) => path.join(here(id), name)))
            if (fs.statSync(file).isFile()) free(file, fs.readFileSync(file, 'latin1'));
});

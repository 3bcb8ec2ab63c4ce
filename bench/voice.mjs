// SPDX-License-Identifier: Apache-2.0
// A thousand teddies that talk at once, against a hub whose recogniser, answer and voice cost nothing (voice_stub.c), and
// against two servers that check the same; memory with ten thousand that are only there; and, with the built-in parts,
// the time from the end of speech to the first sound.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Stack, bin, freePort, root, until } from '../tests/e2e/support.mjs';
import { cpuSeconds, fixed, goal, histogramBound, measured, median, memoryMb, pause, shown, table, whole } from './measure.mjs';

const DEVICES = Number(process.env.VOICE_DEVICES ?? 1000), RUNS = Number(process.env.VOICE_RUNS ?? 3), SECONDS = Number(process.env.VOICE_SECONDS ?? 24);
const RAMP_MS = 6000, TALK_MS = 5000, PAUSE_MS = 500;
const IDLE = 10000, IDLE_GOAL_MB = 200, SHARE_GOAL_MS = 10;
const FIRST_GOALS = [{ children: 1, p50: 100, p95: 200 }, { children: 15, p95: 300 }];
const ms = (value) => `${fixed(value)} ms`;
const busy = () => fixed(os.loadavg()[0]);

/** Runs roost-load's teddies to their end; their report. */
async function teddies(url, secretFile, args) {
    const child = spawn(path.join(bin, 'roost-load'), ['--product', 'teddy', '--hub', url, '--secret-file', secretFile, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    const code = await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`roost-load ended with ${code}: ${text}`);
    return JSON.parse(text);
}

const metricsOf = async (stack) => (await fetch(`${stack.url}/metrics`)).text();
const hubEnv = { ROOST_WEB_ROOT: '', ESP32_MAX_SESSIONS: '20000', ROOST_HTTP_CONNECTIONS: '16384', ROOST_HTTP_ADDRESS_SHARE: '100', ROOST_LOG_LEVEL: 'warn' };

/** A hub for voice, its broker beside it. */
async function startHub(program) {
    const stack = await Stack.create({ env: hubEnv });
    await stack.startBroker();
    const hub = stack.start(program, path.join(bin, program), [], { env: stack.hubEnv() });
    await until('hub is ready', async () => {
        if (hub.exit) throw new Error(`${program} ended\n${hub.tail()}`);
        return (await fetch(`${stack.url}/health/ready`)).ok;
    });
    return { stack, pid: hub.child.pid, url: stack.url.replace('http', 'ws'), secretFile: path.join(stack.dir, 'roost-esp32.key') };
}

/** One of the peers, on the same secret. */
async function startPeer(command, file, secretFile) {
    const port = await freePort();
    const child = spawn(command, [path.join(root, 'bench/voice', file), String(port), secretFile], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
        child.stdout.once('data', resolve);
    });
    return { pid: child.pid, url: `ws://127.0.0.1:${port}`, secretFile, stop: () => child.kill() };
}

async function run(server, prefix, stack) {
    const before = stack && await metricsOf(stack), cpu = cpuSeconds(server.pid);
    const report = await teddies(server.url, server.secretFile, ['--prefix', prefix, '--devices', DEVICES, '--seconds', SECONDS, '--ramp-ms', RAMP_MS, '--talk-ms', TALK_MS, '--pause-ms', PAUSE_MS]);
    const spent = cpuSeconds(server.pid) - cpu, chunks = report.acked.chunks;
    return {
        sessions: report.connects - report.losses, chunks, perSecond: chunks / report.seconds, perCpu: chunks / spent, cpu: spent / report.seconds,
        memory: memoryMb(server.pid, 'VmHWM'), reply: report.speech_end_to_reply_ms, load: busy(), loadCpu: report.cpu_s / report.seconds,
        share: stack ? histogramBound(before, await metricsOf(stack), 'roost_voice_stage_seconds', 'stage="first_sound"', 0.99) * 1000 : NaN,
    };
}

export async function voice() {
    const runs = { roostd: [], ws: [], websockets: [] };
    for (let i = 0; i < RUNS; i++) {
        const hub = await startHub('bench-voice-hub');
        try {
            const start = {
                roostd: () => hub,
                ws: () => startPeer(process.execPath, 'peer.mjs', hub.secretFile),
                websockets: () => startPeer('/usr/bin/python3', 'peer.py', hub.secretFile), // Debian's, where the package is
            };
            for (const name of Object.keys(runs)) {
                console.log(`voice: ${whole(DEVICES)} teddies talk to ${name} for ${SECONDS} s, run ${i + 1} of ${RUNS}, load of the machine ${busy()}`);
                const server = await start[name]();
                runs[name].push(await run(server, `teddy-${name.slice(0, 6)}-`, name === 'roostd' && hub.stack));
                server.stop?.();
            }
        } finally {
            await hub.stack.stop();
        }
    }
    const mid = (name, of) => median(runs[name].map(of)), worst = (name, of) => Math.max(...runs[name].map(of));
    table(`Voice: ${whole(DEVICES)} teddies of the real firmware, signatures checked; median of ${RUNS} runs, the worst in brackets`,
        ['server', 'sessions', 'chunks a second', 'a CPU-second', 'cores', 'peak MB', 'end of speech to reply p50 ms', 'p99 ms', 'load of the machine'],
        Object.keys(runs).map((name) => [name, whole(mid(name, (r) => r.sessions)), whole(mid(name, (r) => r.perSecond)), shown(mid(name, (r) => r.perCpu), whole), fixed(mid(name, (r) => r.cpu), 2),
            fixed(mid(name, (r) => r.memory)), `${fixed(mid(name, (r) => r.reply.p50))} (${fixed(worst(name, (r) => r.reply.p50))})`,
            `${fixed(mid(name, (r) => r.reply.p99))} (${fixed(worst(name, (r) => r.reply.p99))})`, runs[name].map((r) => r.load).join(' ')]));
    const loads = Object.values(runs).flat().map((r) => r.loadCpu);
    console.log(`the teddies themselves take ${fixed(Math.min(...loads), 2)} to ${fixed(Math.max(...loads), 2)} cores on this machine of ${os.cpus().length}; what they see of a reply has their own waiting in it`);
    goal(`hub's share of a turn with ${whole(DEVICES)} talking, p99 by its own clock (a bound)`, { ours: mid('roostd', (r) => r.share), format: ms, wanted: `<= ${SHARE_GOAL_MS} ms`, met: (value) => value <= SHARE_GOAL_MS });
    for (const peer of ['ws', 'websockets'])
        goal(`chunks a CPU-second against ${peer}`, { peer: mid(peer, (r) => r.perCpu), ours: mid('roostd', (r) => r.perCpu), format: whole, wanted: '> 1', met: (ratio) => ratio > 1 });
    goal('memory with as many, against ws', { peer: mid('ws', (r) => r.memory), ours: mid('roostd', (r) => r.memory), format: (mb) => `${fixed(mb)} MB`, wanted: '< 1', met: (ratio) => ratio < 1 });
}

export async function voiceIdle() {
    const hub = await startHub('bench-voice-hub');
    const HALVES = 2, each = IDLE / HALVES; // a process may have so many files
    try {
        const empty = memoryMb(hub.pid, 'VmRSS');
        console.log(`voice: ${whole(IDLE)} teddies connect and say nothing, load of the machine ${busy()}`);
        const loads = Array.from({ length: HALVES }, (_, i) => teddies(hub.url, hub.secretFile, ['--prefix', `teddy-idle${i}-`, '--devices', each, '--talk-ms', 0, '--seconds', 75, '--ramp-ms', 30000]));
        const connected = async () => Number(/^roost_voice_sessions\{socket="yes"\} (\S+)$/m.exec(await metricsOf(hub.stack))[1]);
        await until('all are connected', async () => (await connected()) >= IDLE, 60).catch(() => {});
        await pause(5000);
        const sessions = await connected(), now = memoryMb(hub.pid, 'VmRSS');
        table('Memory of roostd with teddies that only are there', ['teddies', 'resident MB', 'peak MB', 'bytes a teddy'], [
            [0, fixed(empty), '', ''],
            [whole(sessions), fixed(now), fixed(memoryMb(hub.pid, 'VmHWM')), sessions ? whole(((now - empty) * 1e6) / sessions) : ''],
        ]);
        goal(`memory with ${whole(IDLE)} teddies connected`, { ours: sessions >= IDLE ? now : NaN, format: (mb) => `${fixed(mb)} MB`, wanted: `< ${IDLE_GOAL_MB} MB`, met: (mb) => mb < IDLE_GOAL_MB });
        await Promise.all(loads);
    } finally {
        await hub.stack.stop();
    }
}

/** What a child asks, spoken by flite: samples of 16 kHz, and how long they are. */
function question(dir) {
    const wav = path.join(dir, 'question.wav'), raw = path.join(dir, 'question.raw');
    execFileSync('flite', ['-voice', 'slt', '-t', 'how are you today', '-o', wav]);
    execFileSync('sox', [wav, '-r', '16000', '-c', '1', '-b', '16', '-e', 'signed-integer', raw]);
    return { raw, talkMs: Math.round(fs.statSync(raw).size / 32) + 300 };
}

/** Children of these ids whose parents have agreed. */
async function enter(stack, ids) {
    const born = `${new Date().getUTCFullYear() - 8}-01`;
    for (const child_id of ids) {
        const added = await stack.post('/api/v1/children', { child_id, name: 'Load', birth_month: born, language: 'en' });
        const agreed = await stack.post(`/api/v1/children/${child_id}/consents`, { kind: 'service', method: 'form', notice_version: '2026-05' });
        if (added.status !== 201 || agreed.status >= 300) throw new Error(`child ${child_id}: ${added.status}, ${agreed.status}: ${JSON.stringify(agreed.body)}`);
    }
}

export async function firstSound() {
    const { stack, url, secretFile } = await startHub('roostd');
    const rows = [], times = new Map();
    try {
        await stack.signIn();
        const served = (await stack.get('/api/v1/esp32/config')).body.features.audio_streaming;
        if (!served) console.log('first-sound: this build of roostd has no voice');
        for (const { children } of served ? FIRST_GOALS : []) {
            const { raw, talkMs } = question(stack.dir), prefix = `teddy-first${children}-`;
            await enter(stack, Array.from({ length: children }, (_, i) => `c-${prefix}${i}`));
            console.log(`first-sound: ${children} asking for 60 s, load of the machine ${busy()}`);
            const before = await metricsOf(stack);
            const report = await teddies(url, secretFile, ['--prefix', prefix, '--devices', children, '--seconds', 60, '--ramp-ms', 1000, '--talk-ms', talkMs, '--pause-ms', 500, '--say', raw]);
            const time = report.speech_end_to_reply_ms, text = await metricsOf(stack);
            const heard = (t) => Number(/^roost_voice_turns_total\{end="answered"\} (\S+)$/m.exec(t)?.[1] ?? 0);
            times.set(children, heard(text) > heard(before) ? time : {});
            rows.push([children, time.count, whole(heard(text) - heard(before)), fixed(time.p50), fixed(time.p95), fixed(time.max), busy()]);
        }
    } finally {
        await stack.stop();
    }
    if (rows.length > 0) table('End of speech to first sound, as the devices see it', ['children', 'turns', 'answered', 'p50 ms', 'p95 ms', 'worst ms', 'load of the machine'], rows);
    for (const { children, ...wanted } of FIRST_GOALS)
        for (const [at, most] of Object.entries(wanted))
            goal(`end of speech to first sound, ${children} at once, ${at}`, { ours: measured(times.get(children)?.[at]) ? times.get(children)[at] : NaN, format: ms, wanted: `< ${most} ms`, met: (value) => value < most });
}

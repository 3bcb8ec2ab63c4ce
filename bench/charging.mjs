// SPDX-License-Identifier: Apache-2.0
// MeterValues of the seven measurands (743 bytes) from a hundred and from a thousand chargers, each with one message under way:
// roostd, which stores before it answers, against ocpp-rpc in strict mode, which stores nothing. In turn, server and load on a core each.
import { execFileSync, spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { Stack, bin, freePort, root, until } from '../tests/e2e/support.mjs';
import { cpuSeconds, fixed, goal, median, memoryMb, shown, table, whole } from './measure.mjs';

const SECONDS = Number(process.env.CHARGING_SECONDS ?? 15), RUNS = Number(process.env.CHARGING_RUNS ?? 3);
const CROWDS = [100, 1000], RATIO_GOAL = 3, MEMORY_GOAL_MB = 80;
const pinned = (core, command, args) => ['taskset', ['-c', String(core), command, ...args]];

async function say(port, path_, chargers) {
    const [command, args] = pinned(1, path.join(bin, 'bench-charging-load'), [port, path_, chargers, SECONDS].map(String));
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`bench-charging-load ended with ${code}: ${text}`);
    return JSON.parse(text);
}

async function startHub(chargers) {
    const stack = await Stack.create({ env: { ROOST_WEB_ROOT: '', ROOST_HTTP_CONNECTIONS: '16384', ROOST_HTTP_ADDRESS_SHARE: '100', ROOST_LOG_LEVEL: 'warn' } });
    await stack.startBroker();
    // The hub without what recognises and speaks for teddies, whose models are memory of their own.
    const [command, args] = pinned(0, path.join(bin, 'bench-voice-hub'), []);
    const hub = stack.start('roostd', command, args, { env: stack.hubEnv() });
    await until('hub is ready', async () => {
        if (hub.exit) throw new Error(`bench-voice-hub ended\n${hub.tail()}`);
        return (await fetch(`${stack.url}/health/ready`)).ok;
    });
    const rows = Array.from({ length: chargers }, (_, i) => `('CP${String(i).padStart(5, '0')}',0,0,0,x'',x'',0)`);
    execFileSync('sqlite3', [path.join(stack.dir, 'charging.db'), `PRAGMA busy_timeout=5000; INSERT INTO charger(identity,registration,booted,basic,salt,hash,lenient) VALUES ${rows.join(',')}`]);
    return { pid: hub.child.pid, port: Number(new URL(stack.url).port), path: 'ocpp', stop: () => stack.stop() };
}

async function startPeer() {
    const port = await freePort();
    const [command, args] = pinned(0, process.execPath, [path.join(root, 'bench/node/central.mjs'), String(port)]);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`central.mjs ended with ${code}`)));
        child.stdout.once('data', resolve);
    });
    return { pid: child.pid, port, path: 'ocpp', stop: () => child.kill() };
}

async function run(start, chargers) {
    const server = await start(chargers);
    try {
        const cpu = cpuSeconds(server.pid), report = await say(server.port, server.path, chargers);
        const spent = cpuSeconds(server.pid) - cpu;
        return { ...report, perSecond: report.answers / report.seconds, perCpu: report.answers / spent, memory: memoryMb(server.pid, 'VmHWM'), load: fixed(os.loadavg()[0]) };
    } finally {
        await server.stop();
    }
}

export async function charging() {
    const servers = { roostd: startHub, 'ocpp-rpc': startPeer };
    for (const chargers of CROWDS) {
        const runs = { roostd: [], 'ocpp-rpc': [] };
        for (let i = 0; i < RUNS; i++)
            for (const [name, start] of Object.entries(servers)) {
                console.log(`charging: ${whole(chargers)} chargers say MeterValues to ${name} for ${SECONDS} s, run ${i + 1} of ${RUNS}, load of the machine ${fixed(os.loadavg()[0])}`);
                runs[name].push(await run(start, chargers));
            }
        const mid = (name, of) => median(runs[name].map(of)), worst = (name, of) => Math.max(...runs[name].map(of));
        table(`MeterValues of ${whole(chargers)} chargers, median of ${RUNS} runs, the worst in brackets`,
            ['server', 'calls a second', 'a CPU-second', 'p50 ms', 'p99 ms', 'peak MB', 'load of the machine'],
            Object.keys(runs).map((name) => [name, whole(mid(name, (r) => r.perSecond)), shown(mid(name, (r) => r.perCpu), whole), fixed(mid(name, (r) => r.p50_ms), 2),
                `${fixed(mid(name, (r) => r.p99_ms), 2)} (${fixed(worst(name, (r) => r.p99_ms), 2)})`, fixed(mid(name, (r) => r.memory)), runs[name].map((r) => r.load).join(' ')]));
        goal(`MeterValues a CPU-second, ${whole(chargers)} chargers, stored durably, against ocpp-rpc that stores nothing`,
            { peer: mid('ocpp-rpc', (r) => r.perCpu), ours: mid('roostd', (r) => r.perCpu), format: whole, wanted: `>= ${RATIO_GOAL}`, met: (ratio) => ratio >= RATIO_GOAL });
        goal(`p99 of an answer, ${whole(chargers)} chargers`, { peer: mid('ocpp-rpc', (r) => r.p99_ms), ours: mid('roostd', (r) => r.p99_ms), format: (ms) => `${fixed(ms, 2)} ms`, wanted: '< 1', met: (ratio) => ratio < 1 });
        goal(`memory with ${whole(chargers)} chargers`, { ours: worst('roostd', (r) => r.memory), format: (mb) => `${fixed(mb)} MB`, wanted: `< ${MEMORY_GOAL_MB} MB`, met: (mb) => mb < MEMORY_GOAL_MB });
    }
}

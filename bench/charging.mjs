// SPDX-License-Identifier: Apache-2.0
// MeterValues of the seven measurands (743 bytes) from a hundred and from a thousand chargers, each with one message under way:
// roostd, which stores before it answers, against ocpp-rpc in strict mode, which stores nothing. In turn, server and load on a core each.
// Two loads: a bare client that says the next as soon as the last is answered, and the real firmware, whose values come each second.
import { execFileSync, spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { Stack, bin, freePort, root, until } from '../tests/e2e/support.mjs';
import { cpuSecondsFine, fixed, goal, median, memoryMb, pause, shown, table, whole } from './measure.mjs';

const SECONDS = Number(process.env.CHARGING_SECONDS ?? 15), RUNS = Number(process.env.CHARGING_RUNS ?? 3);
const CROWDS = (process.env.CHARGING_CROWDS ?? '100 1000').split(' ').map(Number), RATIO_GOAL = 3, MEMORY_GOAL_MB = 80;
const RAMP_S = 3, WARM_S = 15; // a charger tests itself before anything flows
const IDLE = Number(process.env.CHARGING_IDLE ?? 10000), IDLE_EACH = 5000, IDLE_RAMP_S = 30, IDLE_SECONDS = 60, IDLE_LOOK_S = 10, IDLE_GOAL_MB = 250; // a process may have so many files
const pinned = (core, command, args) => ['taskset', ['-c', String(core), command, ...args]];

async function spawned(command, args) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${text}`);
    return JSON.parse(text);
}

/** A bare client that says the next as soon as the last is answered: a server's whole core. */
async function bare(server, chargers) {
    const cpu = cpuSecondsFine(server.pid);
    const report = await spawned(...pinned(1, path.join(bin, 'bench-charging-load'), [server.port, server.path, chargers, SECONDS].map(String)));
    return { ...report, cpu: cpuSecondsFine(server.pid) - cpu };
}

/** The firmware, a charger each, values every second: what chargers that charge ask of a server. Counted is from when all do. */
async function firmware(server, chargers) {
    const ended = spawned(...pinned(1, path.join(bin, 'roost-load'), ['--product', 'charger', '--devices', chargers, '--prefix', 'CP', '--url', `ws://127.0.0.1:${server.port}/${server.path}`,
        '--interval', 1, '--ramp-ms', RAMP_S * 1000, '--warm-up', WARM_S, '--seconds', WARM_S + SECONDS].map(String)));
    await pause(WARM_S * 1000);
    const cpu = cpuSecondsFine(server.pid);
    await pause(SECONDS * 1000);
    const spent = cpuSecondsFine(server.pid) - cpu, report = await ended;
    return { answers: report.acked.values, seconds: report.seconds, refused: report.publishes_refused, lost: report.losses, p50_ms: report.ack_ms.p50, p99_ms: report.ack_ms.p99,
        cpu: spent, loadCpu: report.cpu_s / report.seconds, loadEach: (report.max_rss_kb * 1024) / chargers };
}

/** The identities are entered: those of both loads, unless they are named. */
async function startHub(chargers, named) {
    const stack = await Stack.create({ env: { ROOST_WEB_ROOT: '', ROOST_HTTP_CONNECTIONS: '16384', ROOST_HTTP_ADDRESS_SHARE: '100', ROOST_LOG_LEVEL: 'warn' } });
    await stack.startBroker();
    // The hub without what recognises and speaks for teddies, whose models are memory of their own.
    const [command, args] = pinned(0, path.join(bin, 'bench-voice-hub'), []);
    const hub = stack.start('roostd', command, args, { env: stack.hubEnv() });
    await until('hub is ready', async () => {
        if (hub.exit) throw new Error(`bench-voice-hub ended\n${hub.tail()}`);
        return (await fetch(`${stack.url}/health/ready`)).ok;
    });
    // Each load names them in its own way.
    const rows = (named ?? Array.from({ length: chargers }, (_, i) => [`CP${String(i).padStart(5, '0')}`, `CP${i}`]).flat()).map((identity) => `('${identity}',0,0,0,x'',x'',0)`);
    const sql = rows.length > 0 ? `INSERT INTO charger(identity,registration,booted,basic,salt,hash,lenient) VALUES ${[...new Set(rows)].join(',')};` : '';
    execFileSync('sqlite3', [path.join(stack.dir, 'charging.db')], { input: `.timeout 5000\n${sql} INSERT INTO tag VALUES('FREE','',0,0,0);` });
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

const LOADS = [
    { name: 'a bare client, each answered at once', load: bare, wanted: RATIO_GOAL },
    { name: 'the firmware, each second', load: firmware, wanted: RATIO_GOAL },
].filter((load) => (process.env.CHARGING_LOAD ?? load.load.name).split(' ').includes(load.load.name));

async function run(start, load, chargers) {
    const server = await start(chargers);
    try {
        const report = await load(server, chargers);
        return { ...report, perSecond: report.answers / report.seconds, perCpu: report.answers / report.cpu, memory: memoryMb(server.pid, 'VmHWM'), load: fixed(os.loadavg()[0]) };
    } finally {
        await server.stop();
    }
}

async function compare({ name, load, wanted }, chargers) {
    const servers = { roostd: startHub, 'ocpp-rpc': startPeer }, runs = { roostd: [], 'ocpp-rpc': [] };
    for (let i = 0; i < RUNS; i++)
        for (const [server, start] of Object.entries(servers)) {
            console.log(`charging: ${whole(chargers)} chargers (${name}) say MeterValues to ${server} for ${SECONDS} s, run ${i + 1} of ${RUNS}, load of the machine ${fixed(os.loadavg()[0])}`);
            runs[server].push(await run(start, load, chargers));
        }
    const mid = (server, of) => median(runs[server].map(of)), worst = (server, of) => Math.max(...runs[server].map(of));
    table(`MeterValues of ${whole(chargers)} chargers, ${name}; median of ${RUNS} runs, the worst in brackets`,
        ['server', 'calls a second', 'a CPU-second', 'p50 ms', 'p99 ms', 'peak MB', 'load of the machine'],
        Object.keys(runs).map((server) => [server, whole(mid(server, (r) => r.perSecond)), shown(mid(server, (r) => r.perCpu), whole), fixed(mid(server, (r) => r.p50_ms), 2),
            `${fixed(mid(server, (r) => r.p99_ms), 2)} (${fixed(worst(server, (r) => r.p99_ms), 2)})`, fixed(mid(server, (r) => r.memory)), runs[server].map((r) => r.load).join(' ')]));
    const all = Object.values(runs).flat(), lost = all.reduce((sum, r) => sum + r.lost + r.refused, 0);
    if (lost > 0) console.log(`${lost} connections or messages were lost or refused`);
    if (all[0].loadCpu) console.log(`the chargers take ${fixed(median(all.map((r) => r.loadCpu)), 2)} cores, and ${whole(median(all.map((r) => r.loadEach)) / 1024)} KB each`);
    goal(`MeterValues a CPU-second, ${whole(chargers)} chargers, ${name}, stored durably, against ocpp-rpc that stores nothing`,
        { peer: mid('ocpp-rpc', (r) => r.perCpu), ours: mid('roostd', (r) => r.perCpu), format: whole, wanted: `>= ${wanted}`, met: (ratio) => ratio >= wanted });
    goal(`p99 of an answer, ${whole(chargers)} chargers, ${name}`, { peer: mid('ocpp-rpc', (r) => r.p99_ms), ours: mid('roostd', (r) => r.p99_ms), format: (ms) => `${fixed(ms, 2)} ms`, wanted: '< 1', met: (ratio) => ratio < 1 });
    goal(`memory with ${whole(chargers)} chargers, ${name}`, { ours: worst('roostd', (r) => r.memory), format: (mb) => `${fixed(mb)} MB`, wanted: `< ${MEMORY_GOAL_MB} MB`, met: (mb) => mb < MEMORY_GOAL_MB });
}

export async function charging() {
    for (const load of LOADS)
        for (const chargers of CROWDS) await compare(load, chargers);
}

/** Ten thousand chargers that are only there: connected, booted, beating. */
export async function chargingIdle() {
    const hub = await startHub(0, Array.from({ length: IDLE }, (_, i) => `idle-${Math.floor(i / IDLE_EACH)}-${i % IDLE_EACH}`));
    try {
        const empty = memoryMb(hub.pid, 'VmRSS');
        console.log(`charging: ${whole(IDLE)} chargers connect, load of the machine ${fixed(os.loadavg()[0])}`);
        const loads = Array.from({ length: IDLE / IDLE_EACH }, (_, i) => spawned(path.join(bin, 'roost-load'), ['--product', 'charger', '--devices', IDLE_EACH, '--prefix', `idle-${i}-`,
            '--url', `ws://127.0.0.1:${hub.port}/${hub.path}`, '--interval', 0, '--ramp-ms', IDLE_RAMP_S * 1000, '--seconds', IDLE_RAMP_S + IDLE_SECONDS].map(String)));
        const online = async () => Number(/^roost_csms_online(?:\{\})? (\S+)$/m.exec(await (await fetch(`http://127.0.0.1:${hub.port}/metrics`)).text())?.[1]);
        await until('all are there', async () => (await online()) >= IDLE, IDLE_RAMP_S + IDLE_SECONDS / 2).catch(() => {});
        await pause(5000);
        const there = await online(), now = memoryMb(hub.pid, 'VmRSS'), cpu = cpuSecondsFine(hub.pid);
        await pause(IDLE_LOOK_S * 1000);
        const cores = (cpuSecondsFine(hub.pid) - cpu) / IDLE_LOOK_S;
        table('Memory of roostd with chargers that are only there', ['chargers', 'resident MB', 'peak MB', 'bytes a charger', 'cores'], [
            [0, fixed(empty), '', '', ''],
            [whole(there), fixed(now), fixed(memoryMb(hub.pid, 'VmHWM')), there ? whole(((now - empty) * 1e6) / there) : '', fixed(cores, 3)],
        ]);
        goal(`memory with ${whole(IDLE)} chargers connected`, { ours: there >= IDLE ? now : NaN, format: (mb) => `${fixed(mb)} MB`, wanted: `< ${IDLE_GOAL_MB} MB`, met: (mb) => mb < IDLE_GOAL_MB });
        await Promise.all(loads);
    } finally {
        await hub.stop();
    }
}

/** CAN frames through a ring and all that the charger does with them; its instructions are in make size. */
export async function chargingCan() {
    const runs = [];
    for (let i = 0; i < RUNS; i++) runs.push(await spawned(path.join(bin, 'bench-charging-can'), ['4']));
    const mid = (of) => median(runs.map(of));
    table(`CAN frames of two buses through the charger, median of ${RUNS} runs`, ['frames a CPU-second', 'ns a frame', 'ns a cycle of 10 ms without', 'worst cycle with 128 frames us', 'load of the machine'],
        [[whole(mid((r) => r.frames_per_cpu_s)), fixed(mid((r) => r.ns_a_frame)), whole(mid((r) => r.ns_a_cycle)), fixed(Math.max(...runs.map((r) => r.worst_ns)) / 1000), fixed(os.loadavg()[0])]]);
    const lost = runs.reduce((sum, r) => sum + r.not_taken, 0);
    if (lost > 0) throw new Error(`${lost} frames were not taken for what they are`);
}

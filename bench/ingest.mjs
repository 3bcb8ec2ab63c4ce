// SPDX-License-Identifier: Apache-2.0
// From the broker to the durable store. Every consumer has a session with the broker and is away while a
// thousand devices publish; then one after the other comes back and takes the same messages out of its
// queue. Time and CPU count from 5 % to 100 % of them; of the slowest peer, as far as it comes.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { bin } from '../tests/e2e/support.mjs';
import { cpuSeconds, fixed, goal, measured, median, memoryMb, pause, seconds, shown, table, whole } from './measure.mjs';
import { houseForBench, load } from './house.mjs';

const DEVICES = 1000;
const SAMPLES = 120; // of each device; a sample is two messages
const INTERVAL_MS = 500;
const TOTAL = DEVICES * SAMPLES * 2;
const ROUNDS = 3;
const SLOW_PEER_S = 10;
const PUBLISHED_PER_CORE = 4000;
const LIVE_S = 15;
const POLL_MS = 20;
const TOPICS = ['sensor/+/temperature', 'sensor/+/humidity'];

const script = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), 'node/consumer.mjs');

/** A consumer that is a program of ours or theirs with the verbs subscribe and drain. */
class Foreign {
    constructor(stack, name, label, command, address, { verb = 'drain', database = [] } = {}) {
        Object.assign(this, { stack, name, label, command, verb, database });
        this.args = [...address, 'roostd', path.join(stack.brokerDir, 'secrets/roostd'), name];
    }
    run(verb, rest) {
        return [...this.command.slice(1), verb, ...this.args, ...rest];
    }
    subscribe() {
        execFileSync(this.command[0], this.run('subscribe', TOPICS), { stdio: 'inherit' });
    }
    start() {
        this.program = this.stack.start(this.name, this.command[0], this.run(this.verb, this.database));
    }
    async progress() {
        return Number(this.program.tail(1));
    }
}

const bare = (stack, round) => new Foreign(stack, `bare-${round}`, 'libmosquitto, stores nothing', [path.join(bin, 'bench-bare')], ['127.0.0.1', stack.mqttPort]);
const node = (stack, name, label, verb) =>
    new Foreign(stack, name, label, [process.execPath, script], [stack.mqttUrl], { verb, database: [path.join(stack.dir, `${name}.db`)] });

const readings = (metrics, what) => TOPICS.reduce((sum, topic) => sum + (metrics.get(`roost_ingest_${what}_total{topic="${topic.split('/')[2]}"}`) ?? 0), 0);

class Ours {
    constructor(stack, round) {
        Object.assign(this, { stack, name: `roostd-${round}`, label: 'roostd' });
        this.env = { ROOST_MQTT_CLIENT_ID: this.name, SERIES_URL: `sqlite:${stack.dir}/${this.name}.db`, DATABASE_URL: `sqlite:${stack.dir}/${this.name}-registry.db` };
    }
    async subscribe() {
        await this.start(true);
        await this.program.kill();
    }
    async start(wait = false) {
        this.stack.env = this.env;
        this.program = await this.stack.startHub({ wait });
    }
    async progress() {
        return readings(await this.stack.metrics(), 'stored');
    }
    /** The rows are counted, too: a figure of messages that are not there would be worth nothing. */
    check() {
        const [{ n }] = this.stack.sql('SELECT (SELECT count(*) FROM sensor_temperature) + (SELECT count(*) FROM sensor_humidity) AS n', `${this.name}.db`);
        if (n !== TOTAL) throw new Error(`${this.name} stored ${n} rows of ${TOTAL}`);
    }
}

/** Progress and CPU of consumer and broker at one moment. */
async function look(consumer, broker) {
    const count = await consumer.progress().catch(() => 0); // not listening yet
    if (consumer.program.exit) throw new Error(`${consumer.name} ended\n${consumer.program.tail()}`);
    return { count, at: seconds(), cpu: cpuSeconds(consumer.program.child.pid), brokerCpu: cpuSeconds(broker) };
}

async function drain(stack, consumer, { limitSeconds = 120, from = TOTAL / 20 } = {}) {
    const broker = stack.programs.get('broker').child.pid;
    await consumer.start();
    const end = seconds() + limitSeconds;
    let first;
    let last;
    do {
        await pause(POLL_MS);
        last = await look(consumer, broker);
        if (!first && last.count >= from) first = last;
    } while (last.count < TOTAL && last.at < end);
    if (!first) console.error(`bench: ${consumer.name}: ${last.count} messages in ${limitSeconds} s`);
    first ??= last;
    const took = last.at - first.at;
    const messages = last.count - first.count;
    const result = {
        label: consumer.label,
        rate: messages > 0 ? messages / took : 0,
        took,
        cpu: ((last.cpu - first.cpu) / messages) * 1e5,
        perCore: messages / (last.cpu - first.cpu),
        brokerBusy: (last.brokerCpu - first.brokerCpu) / took,
        peak: memoryMb(consumer.program.child.pid, 'VmHWM'),
    };
    await consumer.program.kill();
    consumer.check?.();
    return result;
}

function middle(results) {
    // A round in which nothing came is no slow round: the median of the others would hide it.
    const complete = results.every((result) => measured(result.rate));
    const of = (key) => (complete ? median(results.map((result) => result[key])) : 0);
    return { label: results[0].label, rates: results.map((r) => r.rate), rate: of('rate'), took: of('took'), cpu: of('cpu'), perCore: of('perCore'), brokerBusy: of('brokerBusy'), peak: of('peak') };
}

async function draining(stack) {
    const rounds = Array.from({ length: ROUNDS }, (_, i) => ({
        bare: bare(stack, i),
        ours: new Ours(stack, i),
        node: node(stack, `node-${i}`, 'Node.js, mqtt, SQLite; acknowledges first', 'drain'),
    }));
    const safe = node(stack, 'node-safe', 'Node.js, mqtt, SQLite; commits first', 'drain-safe');
    for (const round of rounds) {
        round.bare.subscribe();
        await round.ours.subscribe();
        round.node.subscribe();
    }
    safe.subscribe();
    console.log(`ingest: ${DEVICES} devices publish ${whole(TOTAL)} messages while nobody listens`);
    const filled = await load(stack, ['--devices', DEVICES, '--interval-ms', INTERVAL_MS, '--readings', SAMPLES, '--seconds', 300]);
    if (filled.acked.readings !== TOTAL) throw new Error(`roost-load: ${filled.acked.readings} readings of ${TOTAL} acknowledged`);
    const results = { bare: [], ours: [], node: [] };
    for (const round of rounds) for (const who of Object.keys(results)) results[who].push(await drain(stack, round[who]));
    return {
        bare: middle(results.bare),
        ours: middle(results.ours),
        node: middle(results.node),
        safe: middle([await drain(stack, safe, { limitSeconds: SLOW_PEER_S, from: 1 })]),
    };
}

/** The same devices while the hub listens: what it costs at the rate they have. */
async function live(stack) {
    console.log(`ingest: the same devices for ${LIVE_S} s while roostd listens`);
    const hub = new Ours(stack, 'live');
    await hub.start(true);
    const running = load(stack, ['--devices', DEVICES, '--interval-ms', INTERVAL_MS, '--seconds', LIVE_S + 5]);
    await pause(4000);
    const first = await look(hub, stack.programs.get('broker').child.pid);
    await pause((LIVE_S - 1) * 1000);
    const last = await look(hub, stack.programs.get('broker').child.pid);
    const report = await running;
    const took = last.at - first.at;
    if (last.count === first.count) throw new Error('live: roostd stored nothing while the devices published');
    table('Live: devices publish and roostd stores at the same time', ['devices', 'stored a second', 'roostd busy', 'broker busy', 'publish to acknowledgement p50', 'p99'], [
        [DEVICES, whole((last.count - first.count) / took), `${fixed(((last.cpu - first.cpu) / took) * 100)} %`, `${fixed(((last.brokerCpu - first.brokerCpu) / took) * 100)} %`, `${fixed(report.ack_ms.p50)} ms`, `${fixed(report.ack_ms.p99)} ms`],
    ]);
    await hub.program.kill();
}

export async function ingest() {
    const stack = await houseForBench();
    try {
        const { bare, ours, node, safe } = await draining(stack);
        const row = (r) => [r.label, shown(r.rate, whole), shown(ours.rate / r.rate, (ratio) => fixed(ratio, 2)), shown(r.took, fixed), shown(r.cpu, (cpu) => fixed(cpu, 2)), shown(r.perCore, whole), shown(r.brokerBusy, (busy) => `${fixed(busy * 100, 0)} %`), shown(r.peak, fixed)];
        table(`Ingest: ${DEVICES} devices, ${whole(TOTAL)} QoS-1 messages out of the broker's queue (roostd commits first; median of ${ROUNDS} rounds, the last one once)`,
            ['consumer', 'messages/s', 'roostd : it', 'seconds', 'CPU s per 100 000', 'messages per busy core-second', 'broker busy', 'peak RSS MB'], [bare, ours, node, safe].map(row));
        const each = (r) => r.rates.map(whole).join(', ');
        console.log(`\neach round: libmosquitto ${each(bare)}; roostd ${each(ours)}; Node.js ${each(node)}`);
        const rate = { ours: ours.rate, format: whole };
        goal('ingest against a subscriber that stores nothing, messages/s', { ...rate, peer: bare.rate, wanted: '>= 0.80', met: (ratio) => ratio >= 0.8 });
        goal('ingest against Node.js with SQLite, messages/s', { ...rate, peer: node.rate, wanted: '>= 5', met: (ratio) => ratio >= 5 });
        goal('the same, a peer that commits before it acknowledges as roostd does', { ...rate, peer: safe.rate, digits: 0, wanted: '>= 5', met: (ratio) => ratio >= 5 });
        goal('messages per busy core-second (published: EMQX to PostgreSQL)', { ours: ours.perCore, peer: PUBLISHED_PER_CORE, format: whole, digits: 0, wanted: 'above it', met: (ratio) => ratio > 1 });
        await live(stack);
    } finally {
        await stack.stop();
    }
}

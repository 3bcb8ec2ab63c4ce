// SPDX-License-Identifier: Apache-2.0
// Starts the real programs on free ports in a folder of their own, stops them, and asks them things.
// The MQTT client is the `mqtt` package: not ours, so what we speak is checked by somebody else.
import { spawn, execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import mqtt from 'mqtt';

export const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
export const bin = process.env.ROOST_BIN ?? path.join(root, 'build/bin');

/** A port nobody listens on, below those that the system gives to outgoing connections: one of these is taken again by
 *  the time a program gets to it. */
export function freePort() {
    return new Promise((resolve, reject) => {
        const attempt = (left) => {
            const server = createServer();
            server.once('error', (error) => (left > 0 && error.code === 'EADDRINUSE' ? attempt(left - 1) : reject(error)));
            const port = 10000 + Math.floor(Math.random() * 20000);
            server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
        };
        attempt(20);
    });
}

/** Polls until `check` gives something true, and returns it. A check may throw while it is early. */
export async function until(what, check, seconds = 20) {
    const end = Date.now() + seconds * 1000;
    let last;
    for (;;) {
        try {
            const value = await check();
            if (value) return value;
            last = undefined;
        } catch (error) {
            last = error;
        }
        if (Date.now() > end) throw new Error(`not in ${seconds} s: ${what}${last ? ` (${last.message})` : ''}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

class Program {
    constructor(name, command, args, { env = {}, dir }) {
        this.name = name;
        this.log = path.join(dir, `${name}.log`);
        const out = fs.openSync(this.log, 'a');
        this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', out, out] });
        fs.closeSync(out);
        this.ended = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({ code, signal })));
        this.ended.then((how) => (this.exit = how));
        this.child.once('error', (error) => (this.exit = { error }));
    }
    kill(signal = 'SIGTERM') {
        if (!this.exit) this.child.kill(signal);
        return this.ended;
    }
    tail(lines = 15) {
        return fs.readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    }
}

/** One house: broker, hub, model, windows. Nothing is started by the constructor. */
export class Stack {
    static async create({ users = [], env = {} } = {}) {
        const stack = new Stack();
        stack.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-e2e-'));
        stack.mqttPort = await freePort();
        stack.httpPort = await freePort();
        stack.url = `http://127.0.0.1:${stack.httpPort}`;
        stack.env = env;
        stack.programs = new Map();
        stack.clients = [];
        execFileSync(path.join(root, 'tools/broker.sh'), ['init', stack.brokerDir, String(stack.mqttPort), 'roostd', 'roost-ml', 'probe', ...users]);
        // The probe stands for foreign devices of any name, and looks over everybody's shoulder.
        fs.appendFileSync(path.join(stack.brokerDir, 'acl'), '\nuser probe\ntopic readwrite #\n');
        stack.password = execFileSync('openssl', ['rand', '-hex', '12'], { encoding: 'utf8' }).trim();
        return stack;
    }
    get brokerDir() { return path.join(this.dir, 'broker'); }
    get mqttUrl() { return `mqtt://127.0.0.1:${this.mqttPort}`; }
    secret(user) { return fs.readFileSync(path.join(this.brokerDir, 'secrets', user), 'utf8'); }

    start(name, command, args, options = {}) {
        const program = new Program(name, command, args, { dir: this.dir, ...options });
        this.programs.set(name, program);
        return program;
    }
    async startBroker() {
        this.start('broker', path.join(root, 'tools/broker.sh'), ['start', this.brokerDir]);
        await until('broker listens', () => new Promise((resolve) => {
            const probe = mqtt.connect(this.mqttUrl, { username: 'probe', password: this.secret('probe'), reconnectPeriod: 0 });
            probe.once('connect', () => (probe.end(true), resolve(true)));
            probe.once('error', () => (probe.end(true), resolve(false)));
            probe.once('close', () => resolve(false));
        }));
    }
    hubEnv() {
        return {
            ROOST_LISTEN: `127.0.0.1:${this.httpPort}`,
            MQTT_URL: this.mqttUrl,
            ROOST_MQTT_USER: 'roostd',
            ROOST_MQTT_PASSWORD_FILE: path.join(this.brokerDir, 'secrets/roostd'),
            DATABASE_URL: `sqlite:${this.dir}/roost.db`,
            SERIES_URL: `sqlite:${this.dir}/series.db`,
            ROOST_WEB_ROOT: path.join(root, 'web/dist'),
            ROOST_ADMIN_EMAIL: 'operator@roost.local',
            ROOST_ADMIN_PASSWORD: this.password,
            ...(typeof this.env === 'function' ? this.env(this) : this.env),
        };
    }
    async startHub({ wrapper = [], wait = true } = {}) {
        const [command, ...args] = [...wrapper, path.join(bin, 'roostd')];
        const hub = this.start('roostd', command, args, { env: this.hubEnv() });
        if (wait)
            await until('hub is ready', async () => {
                if (hub.exit) throw new Error(`roostd ended: ${JSON.stringify(hub.exit)}\n${hub.tail()}`);
                return (await fetch(`${this.url}/health/ready`)).ok;
            });
        return hub;
    }
    async startModel() {
        this.modelPort ??= await freePort();
        this.models ??= path.join(this.dir, 'models');
        if (!fs.existsSync(this.models)) fs.cpSync(path.join(root, 'ml/models'), this.models, { recursive: true, verbatimSymlinks: true });
        const model = this.start('roost-ml', path.join(bin, 'roost-ml'), ['serve', '--broker', this.mqttUrl, '--user', 'roost-ml',
            '--password-file', path.join(this.brokerDir, 'secrets/roost-ml'), '--models', this.models, '--metrics', `127.0.0.1:${this.modelPort}`]);
        await until('model is ready', async () => {
            if (model.exit) throw new Error(`roost-ml ended\n${model.tail()}`);
            return /^roost_mqtt_connected 1$/m.test(await (await fetch(`http://127.0.0.1:${this.modelPort}/metrics`)).text());
        }, 40);
        return model;
    }
    startWindow(id, args = []) { return this.startDevice('roost-window', id, args); }
    async startDevice(program, id, args = []) {
        const socket = path.join(this.dir, `${id}.sock`);
        fs.rmSync(socket, { force: true });
        const device = this.start(id, path.join(bin, program), ['--id', id, '--state', path.join(this.dir, id), '--broker', this.mqttUrl,
            '--user', id, '--password-file', path.join(this.brokerDir, 'secrets', id), '--control', socket, ...args]);
        await until(`${id} listens`, () => {
            if (device.exit) throw new Error(`${id} ended\n${device.tail()}`);
            return fs.existsSync(socket);
        });
        return device;
    }
    /** One line to a device's control socket; its parsed answer. */
    control(id, command) {
        const text = execFileSync(path.join(root, 'tools/control.mjs'), [path.join(this.dir, `${id}.sock`), command], { encoding: 'utf8' });
        return JSON.parse(text);
    }

    /** An independent MQTT client, connected. */
    async client(user = 'probe', options = {}) {
        const client = await mqtt.connectAsync(this.mqttUrl, { username: user, password: this.secret(user), clientId: `${user}-${Math.random().toString(16).slice(2)}`, ...options });
        this.clients.push(client);
        return client;
    }
    /** Collects what arrives on a topic filter: an array that grows. */
    async collect(filter, client) {
        client ??= await this.client();
        const seen = [];
        client.on('message', (topic, payload, packet) => seen.push({ topic, text: payload.toString(), retain: packet.retain }));
        await client.subscribeAsync(filter, { qos: 1 });
        return seen;
    }

    /** Rows of the series store (or the registry), read with SQLite's own shell. */
    sql(query, file = 'series.db') {
        const text = execFileSync('sqlite3', ['-readonly', '-json', '-cmd', '.timeout 5000', path.join(this.dir, file), query], { encoding: 'utf8', maxBuffer: 1 << 28 });
        return text.trim() ? JSON.parse(text) : [];
    }
    /** /metrics as a map from `name{labels}` to number. */
    async metrics() {
        const text = await (await fetch(`${this.url}/metrics`)).text();
        return new Map(text.split('\n').filter((l) => l && !l.startsWith('#')).map((l) => [l.slice(0, l.lastIndexOf(' ')), Number(l.slice(l.lastIndexOf(' ') + 1))]));
    }
    async signIn() {
        const answer = await this.post('/api/v1/auth/login', { email: 'operator@roost.local', password: this.password });
        if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${JSON.stringify(answer.body)}`);
        this.token = answer.body.access_token;
        return answer.body;
    }
    async call(method, where, body, headers = {}) {
        const response = await fetch(this.url + where, {
            method,
            headers: { ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
            body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
        });
        const text = await response.text();
        let parsed = text;
        try {
            parsed = text ? JSON.parse(text) : null;
        } catch { /* not JSON: the text itself */ }
        return { status: response.status, headers: response.headers, body: parsed };
    }
    get(where, headers) { return this.call('GET', where, undefined, headers); }
    post(where, body) { return this.call('POST', where, body); }

    async stop() {
        for (const client of this.clients) client.end(true);
        const names = [...this.programs.keys()].reverse();
        for (const name of names) {
            const program = this.programs.get(name);
            const gaveUp = setTimeout(() => program.child.kill('SIGKILL'), 15000);
            await program.kill();
            clearTimeout(gaveUp);
        }
        fs.rmSync(this.dir, { recursive: true, force: true });
    }
}

/** received = stored + duplicate + rejected + waiting, for every topic kind; returns the sums. */
export async function accounts(stack) {
    const metrics = await stack.metrics();
    const sums = {};
    for (const [key, value] of metrics) {
        const match = /^roost_ingest_(received|stored|duplicate|rejected|waiting)\w*\{(.*)\}$/.exec(key);
        if (!match) continue;
        const topic = /topic="([^"]*)"/.exec(match[2])?.[1] ?? '';
        sums[topic] ??= { received: 0, stored: 0, duplicate: 0, rejected: 0, waiting: 0 };
        sums[topic][match[1]] += value;
    }
    for (const [topic, s] of Object.entries(sums))
        if (s.received !== s.stored + s.duplicate + s.rejected + s.waiting)
            throw new Error(`${topic} does not add up: ${JSON.stringify(s)}`);
    return sums;
}

/** PCM16LE mono noise or tone of a known level. */
export function pcm(samples, amplitude) {
    const bytes = Buffer.alloc(samples * 2);
    for (let i = 0; i < samples; i++) bytes.writeInt16LE(i % 2 ? amplitude : -amplitude, i * 2);
    return bytes;
}

export function wav(data, rate = 16000, { channels = 1, bits = 16, format = 1 } = {}) {
    const head = Buffer.alloc(44);
    head.write('RIFF', 0);
    head.writeUInt32LE(36 + data.length, 4);
    head.write('WAVEfmt ', 8);
    head.writeUInt32LE(16, 16);
    head.writeUInt16LE(format, 20);
    head.writeUInt16LE(channels, 22);
    head.writeUInt32LE(rate, 24);
    head.writeUInt32LE((rate * channels * bits) / 8, 28);
    head.writeUInt16LE((channels * bits) / 8, 32);
    head.writeUInt16LE(bits, 34);
    head.write('data', 36);
    head.writeUInt32LE(data.length, 40);
    return Buffer.concat([head, data]);
}

export const audioPayload = (bytes, seconds, extra = {}) =>
    JSON.stringify({ data: bytes.toString('base64'), sample_rate: 16000, duration: seconds, ...extra });

// SPDX-License-Identifier: Apache-2.0
// What the tests of the chargers' central system share: a hub that serves them, chargers of another's making (ocpp-rpc, strict
// mode: every message of either side is checked against the alliance's schemas), and a bare WebSocket for what no client sends.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { WebSocket } from 'ws';
import { described } from './described.mjs';
import { Stack, until } from './support.mjs';

const { RPCClient } = createRequire(import.meta.url)('ocpp-rpc');

export const now = (ms = 0) => new Date(Date.now() + ms).toISOString();

export class Chargers {
    static async create(t, { env = {} } = {}) {
        const self = new Chargers();
        self.stack = await Stack.create({ env });
        if (env.ROOST_TLS_CERT) self.stack.url = self.stack.url.replace('http:', 'https:');
        self.clients = [];
        t.after(() => self.stop());
        await self.stack.startBroker();
        self.roostd = await self.stack.startHub();
        await self.stack.signIn();
        self.description = (await self.stack.get('/api/openapi.json')).body;
        return self;
    }
    /** Any request of REST; the answer is as it is described. */
    async call(method, where, body) {
        let answer;
        for (;;) { // an operator's requests are limited, and a test is faster than one
            answer = await this.stack.call(method, `/api/v1${where}`, body);
            if (answer.status !== 429) break;
            await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get('retry-after') ?? 1)));
        }
        const path = `/api/v1${where.split('?')[0]}`;
        const route = Object.keys(this.description.paths).find((one) => new RegExp(`^${one.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
        described(this.description, method, route, answer);
        return answer;
    }
    get url() { return `${this.stack.url.replace('http', 'ws')}/ocpp`; }
    async ok(method, where, body, status = 200) {
        const answer = await this.call(method, where, body);
        if (answer.status !== status) throw new Error(`${method} ${where}: ${answer.status} ${JSON.stringify(answer.body)}`);
        return answer.body;
    }
    get(where) { return this.ok('GET', where); }
    /** Entered by the operator; with its password. */
    add(identity, more = {}) { return this.ok('POST', '/chargers', { identity, ...more }, 201); }
    tag(id_tag, more = {}) { return this.ok('POST', '/tags', { id_tag, ...more }, 201); }
    at(identity) { return `/chargers/${encodeURIComponent(identity)}`; }
    /** An operation over REST: the whole answer. */
    ask(identity, name, body = {}) { return this.call('POST', `${this.at(identity)}/operations/${name}`, body); }

    /** A charger that is connected, and answers nothing that it was not taught. */
    async connect(identity, { password, strict = true, options = {} } = {}) {
        const client = new RPCClient({
            endpoint: this.url, identity, protocols: ['ocpp1.6'], strictMode: strict, reconnect: false, callTimeoutMs: 20000,
            ...(password ? { password: Buffer.from(password) } : {}), ...options,
        });
        this.clients.push(client);
        await client.connect();
        return client;
    }
    /** One that booted and says that its connectors are free. */
    async charger(identity, { connectors = 2, password, strict, boot = {} } = {}) {
        const client = await this.connect(identity, { password, strict });
        client.boot = await client.call('BootNotification', { chargePointVendor: 'Peer', chargePointModel: 'ocpp-rpc', ...boot });
        for (let connectorId = 0; connectorId <= connectors; connectorId++)
            await client.call('StatusNotification', { connectorId, errorCode: 'NoError', status: 'Available', timestamp: now() });
        return client;
    }
    /** Added, with its password, and booted. */
    async known(identity, { more, ...options } = {}) {
        const { password } = await this.add(identity, more);
        return this.charger(identity, { password, ...options });
    }
    async stop() {
        for (const client of this.clients) await client.close({ force: true }).catch(() => {});
        await this.stack.stop();
    }
}

/** A bare socket: what it reads is in `seen`, how it was closed in `closed`. */
export class Raw {
    static async open(url, { protocols = ['ocpp1.6'], identity, password, headers = {} } = {}) {
        const self = new Raw();
        if (password !== undefined) headers = { ...headers, Authorization: `Basic ${Buffer.concat([Buffer.from(`${identity}:`), Buffer.from(password)]).toString('base64')}` };
        self.socket = new WebSocket(url, protocols, { headers });
        self.seen = [];
        self.socket.on('message', (data) => self.seen.push(data.toString()));
        self.socket.on('close', (code, reason) => (self.closed = { code, reason: reason.toString() }));
        self.socket.on('error', (error) => (self.error = error));
        self.socket.on('unexpected-response', (request, response) => {
            self.refused = response.statusCode;
            request.destroy();
        });
        await Promise.race([once(self.socket, 'open'), once(self.socket, 'unexpected-response'), once(self.socket, 'close')]).catch(() => {});
        return self;
    }
    send(text) { this.socket.send(text); }
    /** The next that it reads, parsed. */
    async next(seconds = 5) {
        await until('a message', () => this.seen.length > 0, seconds);
        return JSON.parse(this.seen.shift());
    }
    /** A good Heartbeat is answered, and nothing before it. */
    async heartbeat(id = `hb-${Math.random()}`) {
        this.send(JSON.stringify([2, id, 'Heartbeat', {}]));
        return this.next();
    }
    close() { this.socket.terminate(); }
}

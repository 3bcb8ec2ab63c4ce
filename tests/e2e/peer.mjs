// SPDX-License-Identifier: Apache-2.0
// A central system that is not ours: ocpp-rpc's server in strict mode, which checks every message of both sides against the
// alliance's schemas. Whatever a test is about, at its end the rules of the wire held: one CALL at a time, ids of their own,
// nothing that the schemas do not know, no password in the log.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Charger } from './charger.mjs';
import { Stack, freePort, until } from './support.mjs';

const { RPCServer, NOREPLY, createRPCError } = createRequire(import.meta.url)('ocpp-rpc');

export const iso = (ms = 0) => new Date(Date.now() + ms).toISOString();
export const refusal = (code, text = '') => createRPCError(code, text, {});
/** An answer of a test that never comes. */
export const silent = () => NOREPLY;

const matches = (payload, want) => typeof want === 'function' ? want(payload) : Object.entries(want).every(([key, value]) => payload[key] === value);

export class Peer {
    /** A charger, and what it reports to. `answers` are by action: (payload, call) => the answer; `tls` is what its end of TLS is. */
    static async create(t, { id = 'PEER-1', connectors = 2, args = [], answers = {}, ready = true, profile, tls } = {}) {
        const self = new Peer();
        const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-peer-'));
        self.stack = Object.assign(new Stack(), { dir, programs: new Map(), clients: [] });
        Object.assign(self, { id, tls, tries: 0, frames: [], wrong: [], sockets: [], transaction: 41, raws: new Set(), passwords: [Buffer.from(randomBytes(10).toString('hex'))] });
        self.answers = { ...self.usual(), ...answers };
        self.port = await freePort();
        t.after(() => self.stop());
        await self.back();
        self.charger = await Charger.start(self, id, { password: self.passwords[0], profile, args: ['--connectors', String(connectors), ...args] });
        if (ready) await self.ready(connectors);
        return self;
    }
    get url() { return `${this.tls ? 'wss://localhost' : 'ws://127.0.0.1'}:${this.port}/ocpp`; }
    usual() {
        const accepted = { idTagInfo: { status: 'Accepted' } };
        const nothing = ['StatusNotification', 'MeterValues', 'SecurityEventNotification', 'FirmwareStatusNotification', 'DiagnosticsStatusNotification',
            'LogStatusNotification', 'SignedFirmwareStatusNotification'];
        return {
            BootNotification: () => ({ status: 'Accepted', interval: 3600, currentTime: iso() }),
            Heartbeat: () => ({ currentTime: iso() }),
            Authorize: () => accepted,
            StartTransaction: () => ({ ...accepted, transactionId: ++this.transaction }),
            StopTransaction: () => ({}),
            DataTransfer: () => ({ status: 'Accepted' }),
            ...Object.fromEntries(nothing.map((action) => [action, () => ({})])),
        };
    }

    /* ---- the network ---- */

    async back() {
        this.server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true, pingIntervalMs: 0, callTimeoutMs: 20000 });
        this.server.auth((accept, reject, { password, headers, request }) => {
            this.authorization = headers.authorization;
            const good = request.socket.authorized === true || this.passwords.some((one) => password?.equals(one));
            return good ? accept({}) : reject(401);
        });
        this.server.on('client', (client) => this.take(client));
        this.http = this.tls ? await this.listen() : await this.server.listen(this.port, '127.0.0.1');
    }
    async listen() {
        const server = https.createServer(this.tls).on('upgrade', this.server.handleUpgrade).on('tlsClientError', () => this.tries++).on('secureConnection', () => this.tries++);
        await new Promise((resolve) => server.listen(this.port, 'localhost', resolve));
        return server;
    }
    /** As when a cable is pulled out: nothing is said, and nobody listens. */
    async away() {
        const closed = new Promise((resolve) => this.http.close(resolve));
        this.drop();
        await closed;
    }
    drop() { this.client?._ws.terminate(); }
    take(client) {
        const number = this.sockets.push(client);
        this.client = client;
        client.once('close', () => { if (this.client === client) this.client = undefined; });
        client.on('strictValidationFailure', ({ method, params, result, error, outbound }) => this.wrong.push({ method, params, result, why: error.message, details: error.details, outbound }));
        client.on('message', ({ message, outbound }) => { if (!outbound) this.note('charger', number, message); });
        const send = client.sendRaw.bind(client);
        client.sendRaw = (text) => {
            this.note('peer', number, text);
            send(text);
        };
        client.handle(async ({ method, params, messageId }) => {
            const answer = this.answers[method];
            if (!answer) throw refusal('NotImplemented', method);
            return answer(params, { id: messageId, client });
        });
    }
    note(from, socket, text) {
        let parsed;
        try { parsed = JSON.parse(text); } catch { /* a test sends what is none */ }
        const [type, id, ...rest] = Array.isArray(parsed) ? parsed : [];
        const frame = { at: Date.now(), from, socket, type, id, text };
        if (type === 2) Object.assign(frame, { action: rest[0], payload: rest[1] });
        else if (type === 3) frame.payload = rest[0];
        else if (type === 4) Object.assign(frame, { code: rest[0], rest });
        this.frames.push(frame);
    }

    /* ---- what was said ---- */

    mark() { return this.frames.length; }
    /** CALLs of the charger. */
    calls(action, { since = 0, where = {} } = {}) {
        return this.frames.slice(since).filter((f) => f.from === 'charger' && f.type === 2 && (!action || f.action === action) && matches(f.payload, where));
    }
    /** The first such CALL, once it comes. */
    said(action, where = {}, { since = 0, seconds = 15 } = {}) {
        return until(`${action} ${typeof where === 'function' ? where : JSON.stringify(where)} after ${this.calls(undefined, { since }).map((c) => `${c.action} ${JSON.stringify(c.payload)}`).join('\n')}`,
            () => this.calls(action, { since, where })[0], seconds);
    }
    status(connectorId, status, options) { return this.said('StatusNotification', { connectorId, status }, options); }
    statuses(connectorId, since = 0) { return this.calls('StatusNotification', { since, where: { connectorId } }).map((c) => c.payload.status); }

    /* ---- what is asked of it ---- */

    /** The answer, or {error: the code}. */
    async ask(action, payload = {}) {
        try {
            return await this.client.call(action, payload);
        } catch (error) {
            if (error.rpcErrorCode) return { error: error.rpcErrorCode };
            throw error;
        }
    }
    /** A text as it is; its answer where `id` is given, as a frame. */
    raw(text, id) {
        if (id !== undefined) this.raws.add(id);
        const since = this.mark();
        this.client.sendRaw(text);
        return id === undefined ? undefined : until(`an answer to ${id}`, () => this.frames.slice(since).find((f) => f.from === 'charger' && f.id === id), 5);
    }
    /** What no strict server sends, as a CALL; its answer as a frame. */
    odd(id, action, payload) { return this.raw(JSON.stringify([2, id, action, payload]), id); }
    async set(key, value) { assert.deepEqual(await this.ask('ChangeConfiguration', { key, value: String(value) }), { status: 'Accepted' }, key); }
    async get(key) { return (await this.ask('GetConfiguration', { key: [key] })).configurationKey?.[0]?.value; }

    /* ---- hands ---- */

    tell(words) {
        return new Promise((resolve, reject) => {
            const socket = net.connect(path.join(this.stack.dir, `${this.id}.sock`), () => socket.write(`${words}\n`));
            let text = '';
            socket.on('data', (part) => {
                text += part;
                if (!text.includes('\n')) return;
                socket.end();
                const answer = JSON.parse(text);
                if (answer.ok === false) reject(new Error(`${words}: ${text}`));
                else resolve(answer);
            });
            socket.on('error', reject);
        });
    }
    async connector(n) { return (await this.tell('state')).connectors[n - 1]; }
    /** Until connector n is so, by its own account. */
    is(n, want, seconds = 15) {
        const test = typeof want === 'string' ? (c) => c.status === want : want;
        return until(`connector ${n}: ${want}`, async () => {
            const connector = await this.connector(n);
            if (!test(connector)) throw new Error(JSON.stringify(connector));
            return connector;
        }, seconds);
    }
    /** Booted, said all its connectors, and nothing of the boot is left to say. */
    async ready(connectors = 2, { since = 0 } = {}) {
        await until('all connectors are said', () => [...Array(connectors + 1).keys()].every((connectorId) => this.calls('StatusNotification', { since, where: { connectorId } }).length > 0));
        await this.said('SecurityEventNotification', {}, { since });
        await this.settled();
    }
    /** It waits for no answer. */
    settled() { return until('every CALL is answered', () => this.calls().at(-1) && this.answered(this.calls().at(-1))); }
    answered(call) { return this.frames.find((f) => f.from === 'peer' && f.id === call.id && f.type !== 2); }
    /** A transaction that charges; its StartTransaction. */
    async charges(n = 1, tag = 'CARD-1') {
        const since = this.mark();
        await this.tell(`plug ${n}`);
        assert.deepEqual(await this.ask('RemoteStartTransaction', { connectorId: n, idTag: tag }), { status: 'Accepted' });
        const start = await this.said('StartTransaction', { connectorId: n }, { since });
        await this.status(n, 'Charging', { since, seconds: 25 });
        await this.settled();
        return { ...start.payload, transactionId: this.answered(start).payload.transactionId };
    }
    /** Its power is cut, and comes again. */
    async cut() {
        await this.charger.kill();
        fs.rmSync(path.join(this.stack.dir, `${this.id}.sock`), { force: true });
    }
    async power() { await this.charger.run(); }
    /* ---- the end ---- */

    /** The rules of the wire (OCPP-J 4.1): asserted of whatever was said. */
    rules() {
        const calls = this.calls();
        const over = new Map(this.frames.filter((f) => f.from === 'peer' && f.type !== 2).map((f) => [f.id, this.frames.indexOf(f)]));
        calls.forEach((call, i) => {
            const before = calls[i - 1];
            assert.ok(call.id.length <= 36, `id ${call.id}`);
            if (!before || before.socket !== call.socket) return;
            assert.ok(over.get(before.id) < this.frames.indexOf(call), `${call.action} before ${before.action} was answered`);
        });
        assert.equal(new Set(calls.map((c) => c.id)).size, calls.length, 'an id is used once');
        assert.deepEqual(this.wrong, [], 'against the schemas');
    }
    /** No password, in any of its forms, where somebody reads. */
    secrets() {
        const log = fs.readFileSync(this.charger.program.log, 'utf8');
        for (const one of this.passwords)
            for (const form of [one.toString('latin1'), one.toString('hex'), one.toString('base64'), Buffer.concat([Buffer.from(`${this.id}:`), one]).toString('base64')])
                assert.ok(!log.toLowerCase().includes(form.toLowerCase()), 'a password is in the log');
    }
    async stop() {
        await this.server.close({ force: true }).catch(() => {});
        this.http.close();
        this.http.closeAllConnections();
        this.drop();
        try {
            this.rules();
            this.secrets();
        } catch (error) {
            console.error(this.charger?.program.tail(40));
            throw error;
        } finally {
            await this.stack.stop();
        }
    }
}

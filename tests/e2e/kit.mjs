// SPDX-License-Identifier: Apache-2.0
// The hub as a conformance kit drives it: REST at one end (a Chargers of ocpp.mjs), and at the other a bare WebSocket that is a
// charger.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Raw, now } from './ocpp.mjs';

let next = 0;

/** A charger of a kit: what it says, and what it answers. */
export class Station {
    static async boot(hub) {
        const self = new Station(), identity = `KIT-${++next}`;
        Object.assign(self, { hub, identity, got: [], answers: {}, ids: 0 });
        self.password = (await hub.add(identity)).password;
        await self.connect();
        self.accepted = await self.call('BootNotification', { chargePointVendor: 'Kit', chargePointModel: 'Virtual', firmwareVersion: '1.0' });
        for (const connectorId of [0, 1]) await self.status(connectorId, 'Available');
        return self;
    }
    async connect() {
        this.raw = await Raw.open(`${this.hub.url}/${this.identity}`, { identity: this.identity, password: this.password });
        this.raw.socket.on('message', (data) => this.take(JSON.parse(data.toString())));
        this.waiting = new Map();
    }
    take([type, id, action, payload]) {
        if (type !== 2) return this.waiting.get(id)?.([type, action]);
        this.got.push({ action, payload });
        const answer = this.answers[action] ?? { status: 'Accepted' };
        this.raw.send(JSON.stringify([3, id, typeof answer === 'function' ? answer(payload) : answer]));
    }
    async call(action, payload) {
        const id = `${this.identity}-${++this.ids}`;
        const [type, answer] = await new Promise((resolve, reject) => {
            this.waiting.set(id, resolve);
            setTimeout(() => reject(new Error(`no answer to ${action}`)), 10000).unref();
            this.raw.send(JSON.stringify([2, id, action, payload]));
        });
        assert.equal(type, 3, `${action}: ${answer}`);
        return answer;
    }
    status(connectorId, status, more = {}) { return this.call('StatusNotification', { connectorId, status, errorCode: 'NoError', timestamp: now(), ...more }); }
    async start(idTag, more = {}) {
        const answer = await this.call('StartTransaction', { connectorId: 1, idTag, meterStart: 1000, timestamp: now(), ...more });
        await this.status(1, 'Charging');
        return answer;
    }
    async stop(transactionId, more = {}) {
        const answer = await this.call('StopTransaction', { transactionId, meterStop: 3000, timestamp: now(), ...more });
        for (const status of ['Finishing', 'Available']) await this.status(1, status);
        return answer;
    }
    /** An operation over REST: the charger's answer as REST gives it, after the payload that came is looked at. */
    async does(action, payload, answer, { query = '', comes = payload } = {}) {
        if (answer !== undefined) this.answers[action] = answer;
        const before = this.got.length;
        const said = await this.hub.call('POST', `${this.hub.at(this.identity)}/operations/${action}${query}`, payload);
        assert.equal(said.status, 200, JSON.stringify(said.body));
        assert.deepEqual(this.got.slice(before), [{ action, payload: comes }]);
        if (answer !== undefined && typeof answer !== 'function') assert.deepEqual(said.body, answer);
        return said.body;
    }
    connector = async (id = 1) => (await this.hub.get(`${this.hub.at(this.identity)}/connectors`)).connectors.find((c) => c.connector_id === id);
    known = () => this.hub.get(`${this.hub.at(this.identity)}/known`);
    notes = async (action) => (await this.hub.get(`${this.hub.at(this.identity)}/notes`)).notes.filter((one) => one.action === action).map((one) => one.what).reverse();
    transactions = async (query = '') => (await this.hub.get(`/transactions?identity=${this.identity}${query}`)).transactions;
    close() { this.raw.close(); }
}

/** Tests with a charger of their own, and the cards that they use. */
export async function kitOf(hub) {
    const kit = (name, run) =>
        test(name, async (t) => {
            const cp = await Station.boot(hub);
            t.after(() => cp.close());
            await run(cp, t);
        });
    await hub.tag('CARD-1', { parent_id_tag: 'FAMILY' });
    await hub.tag('CARD-2', { parent_id_tag: 'FAMILY' });
    await hub.tag('BLOCKED', { blocked: true });
    await hub.tag('EXPIRED', { expires_at_ms: Date.now() - 1000 });
    /** An operation whose answer the driver sees, whatever it is. */
    const asked = (name, action, payload, answer, more) => kit(name, (cp) => cp.does(action, payload, answer, more));
    return { kit, asked };
}

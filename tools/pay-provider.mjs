#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A provider of payments for tests and demonstrations: it takes no money. It speaks what docs/money.md asks of an adapter:
// begin and refund, idempotent by payment, and notices; its page has two buttons, Pay and Do not pay.
//
//     ROOST_PAY_SECRET_FILE=secret tools/pay-provider.mjs 8099
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { pathToFileURL } from 'node:url';

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

export class PayProvider {
    /** fee: of what is paid, in hundredths. */
    static async start({ secret, port = 0, fee = 0 }) {
        const self = new PayProvider();
        Object.assign(self, { secret, fee, payments: new Map(), asked: [], fails: 0, refuses: false, pending: false });
        self.server = http.createServer((request, response) => self.serve(request, response).catch((error) => response.writeHead(500).end(String(error))));
        await new Promise((resolve) => self.server.listen(port, '127.0.0.1', resolve));
        self.url = `http://127.0.0.1:${self.server.address().port}`;
        return self;
    }
    sign(body) { return crypto.createHmac('sha256', this.secret).update(body).digest('hex'); }
    stop() { return new Promise((resolve) => { this.server.close(resolve); this.server.closeAllConnections(); }); }

    async serve(request, response) {
        const parts = [];
        for await (const part of request) parts.push(part);
        const body = Buffer.concat(parts);
        const { pathname } = new URL(request.url, this.url);
        if (pathname.startsWith('/checkout/')) return this.checkout(pathname.split('/')[2], request.method, body.toString(), response);
        const answer = (status, value) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
        if (request.method !== 'POST' || !['/begin', '/refund'].includes(pathname)) return answer(404, { error: 'not found' });
        if (request.headers['roost-signature'] !== this.sign(body)) return answer(401, { error: 'signature' });
        const asked = JSON.parse(body);
        this.asked.push({ what: pathname.slice(1), key: request.headers['idempotency-key'], ...asked });
        if (this.fails > 0) {
            this.fails--;
            return answer(503, { error: 'later' });
        }
        return pathname === '/begin' ? this.begin(asked, answer) : this.refund(asked, answer);
    }
    begin(asked, answer) {
        if (this.refuses) return answer(422, { error: 'will not' });
        if (!this.payments.has(asked.payment_id)) this.payments.set(asked.payment_id, { ...asked, reference: `ref-${this.payments.size + 1}`, paid: 0, given_back: 0 });
        const { reference, payment_id } = this.payments.get(asked.payment_id);
        return answer(200, { reference, url: `${this.url}/checkout/${payment_id}` });
    }
    refund(asked, answer) {
        const payment = this.payments.get(asked.payment_id);
        if (!payment || asked.amount > payment.paid) return answer(422, { error: 'more than was paid' });
        payment.given_back = asked.amount; // with the same key the same money
        return answer(this.pending ? 202 : 200, { status: this.pending ? 'pending' : 'refunded' });
    }
    async checkout(id, method, form, response) {
        const payment = this.payments.get(id);
        if (!payment) return response.writeHead(404).end();
        if (method === 'POST') {
            if (form === 'pay=1') await this.pay(id);
            else await this.notice(id, { event: 'failed' });
            return response.writeHead(303, { Location: payment.return_url }).end();
        }
        return response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="en"><title>Pay</title><h1>Nobody's money</h1>
<p>${escape(payment.description)}: ${(payment.amount / 100).toFixed(2)} ${escape(payment.currency)}</p>
<form method="post"><button name="pay" value="1">Pay</button> <button name="pay" value="0">Do not pay</button></form></html>`);
    }
    /** The customer pays, and the hub is told, so many times. The answers' statuses and bodies. */
    async pay(id, { times = 1, amount = this.payments.get(id).amount } = {}) {
        const payment = this.payments.get(id);
        payment.paid = amount;
        const notice = { event: 'paid', amount, fee: Math.floor((amount * this.fee) / 100) };
        return Promise.all(Array.from({ length: times }, () => this.notice(id, notice)));
    }
    async notice(id, what, { secret } = {}) {
        const body = JSON.stringify({ payment_id: id, ...what });
        const signature = secret ? crypto.createHmac('sha256', secret).update(body).digest('hex') : this.sign(body);
        const answer = await fetch(this.payments.get(id).notice_url, { method: 'POST', body, headers: { 'Content-Type': 'application/json', 'Roost-Signature': signature } });
        return { status: answer.status, body: await answer.json() };
    }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    const file = process.env.ROOST_PAY_SECRET_FILE;
    if (!file) {
        console.error('pay-provider: ROOST_PAY_SECRET_FILE names the file of the secret that the hub has, too');
        process.exit(2);
    }
    const provider = await PayProvider.start({ secret: fs.readFileSync(file, 'utf8').split('\n')[0], port: Number(process.argv[2] ?? 8099) });
    console.log(`pay-provider: ${provider.url}; it takes no money`);
}

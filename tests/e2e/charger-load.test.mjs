// SPDX-License-Identifier: Apache-2.0
// The load generator's chargers, each the real firmware: what they count is what a strict central system of others received,
// and they come into the hub with keys of their own.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { RPCServer, createRPCError } from 'ocpp-rpc';
import { Chargers } from './ocpp.mjs';
import { bin, freePort } from './support.mjs';

const CHARGERS = 8, VALUES = 5, SELF_TESTS_S = 10; // before anything flows
const SEVEN = ['Current.Import', 'Current.Offered', 'Energy.Active.Import.Register', 'Power.Active.Import', 'SoC', 'Temperature', 'Voltage'];
const load = async (...args) => JSON.parse((await promisify(execFile)(path.join(bin, 'roost-load'), ['--product', 'charger', ...args.map(String)])).stdout);

test('begins, values and ends of many chargers are what a strict central system got', async (t) => {
    const got = { StartTransaction: 0, StopTransaction: 0, MeterValues: 0 }, sizes = [], open = new Map(), mistakes = [];
    let whole = 0;
    const wrong = (right, params) => right || mistakes.push(JSON.stringify(params));
    const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
    server.auth((accept) => accept());
    server.on('client', (client) => {
        client.handle('BootNotification', () => ({ status: 'Accepted', interval: 300, currentTime: new Date().toISOString() }));
        client.handle('StatusNotification', () => ({}));
        client.handle('SecurityEventNotification', () => { throw createRPCError('NotSupported'); });
        client.handle('StartTransaction', ({ params }) => {
            wrong(params.idTag === 'FLEET', params);
            open.set(client.identity, ++got.StartTransaction);
            return { transactionId: open.get(client.identity), idTagInfo: { status: 'Accepted' } };
        });
        client.handle('MeterValues', ({ params }) => {
            got.MeterValues++;
            const measurands = params.meterValue[0].sampledValue.map((v) => v.measurand);
            wrong(params.transactionId === open.get(client.identity) && measurands.every((one) => SEVEN.includes(one)), params);
            whole += new Set(measurands).size === SEVEN.length; // before the vehicle speaks it has no SoC
            sizes.push(JSON.stringify(params).length);
            return {};
        });
        client.handle('StopTransaction', ({ params }) => {
            got.StopTransaction++;
            wrong(params.transactionId === open.get(client.identity), params);
            return {};
        });
    });
    const port = await freePort();
    await server.listen(port, '127.0.0.1');
    t.after(() => server.close({ force: true }));

    const report = await load('--devices', CHARGERS, '--url', `ws://127.0.0.1:${port}/ocpp`, '--tag', 'FLEET', '--interval', 1, '--readings', VALUES, '--seconds', 60);
    assert.deepEqual(mistakes, []);
    assert.equal(report.complete, CHARGERS);
    assert.equal(report.connects, CHARGERS);
    assert.equal(report.losses, 0);
    assert.deepEqual(got, { StartTransaction: CHARGERS, StopTransaction: CHARGERS, MeterValues: CHARGERS * VALUES });
    assert.ok(whole >= CHARGERS * (VALUES - 1), `${whole} of ${got.MeterValues} have all seven`);
    assert.equal(report.acked.values, got.MeterValues);
    assert.equal(report.acked.transactions, got.StartTransaction + got.StopTransaction);
    assert.equal(report.ack_ms.count, report.acked.total);
    t.diagnostic(`payloads of MeterValues: ${Math.min(...sizes)} to ${Math.max(...sizes)} bytes`);
});

test('they come into the hub with a key each, and what they say is kept', async (t) => {
    const hub = await Chargers.create(t);
    const keys = path.join(hub.stack.dir, 'keys');
    fs.mkdirSync(keys);
    await hub.tag('FREE');
    for (let i = 0; i < 2; i++)
        fs.writeFileSync(path.join(keys, `load-${i}`), (await hub.add(`load-${i}`)).authorization_key, { mode: 0o600 });
    const report = await load('--devices', 2, '--url', hub.url, '--key-dir', keys, '--interval', 1, '--readings', SELF_TESTS_S + VALUES, '--seconds', 60);
    assert.equal(report.complete, 2);
    assert.equal(report.publishes_refused, 0);
    const { transactions } = await hub.get('/transactions');
    assert.equal(transactions.length, 2);
    for (const one of transactions) assert.ok(one.billable && one.energy_wh > 0, JSON.stringify(one));
});

// SPDX-License-Identifier: Apache-2.0
// C-06: a charger that freezes with its connection open. It is another process, stopped as a whole.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { Chargers } from './ocpp.mjs';
import { until } from './support.mjs';

const program = `
const { RPCClient } = require('ocpp-rpc');
const client = new RPCClient({ endpoint: process.env.URL, identity: 'frozen', password: process.env.PASSWORD, protocols: ['ocpp1.6'], strictMode: true, backoff: { initialDelay: 200, maxDelay: 500 } });
client.on('open', async () => {
    await client.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    console.log('booted');
});
client.handle('ClearCache', () => ({ status: 'Accepted' }));
client.connect();
`;
const PING_S = 20;

test('C-06 frozen it is off line within two pings, refused at once, and served when it comes again', async (t) => {
    const hub = await Chargers.create(t);
    const { password } = await hub.add('frozen');
    const charger = spawn(process.execPath, ['-e', program], { cwd: import.meta.dirname, env: { ...process.env, URL: hub.url, PASSWORD: password }, stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => charger.kill('SIGKILL'));
    let said = '';
    charger.stdout.on('data', (data) => (said += data));
    await until('it has booted', () => said === 'booted\n');
    assert.equal((await hub.ask('frozen', 'ClearCache')).body.status, 'Accepted');
    const online = async () => (await hub.get(hub.at('frozen'))).online;
    assert.equal(await online(), true);
    charger.kill('SIGSTOP');
    const begun = Date.now();
    await until('it is off line', async () => !(await online()), 2 * PING_S + 5);
    assert.ok(Date.now() - begun <= (2 * PING_S + 2) * 1000, `${Date.now() - begun} ms`);
    const before = Date.now();
    assert.equal((await hub.ask('frozen', 'ClearCache')).body.error.code, 'offline');
    assert.ok(Date.now() - before < 1000);
    charger.kill('SIGCONT');
    await until('it comes again', online, 10);
    await until('it has booted again', () => said === 'booted\nbooted\n');
    assert.equal((await hub.ask('frozen', 'ClearCache')).body.status, 'Accepted');
});

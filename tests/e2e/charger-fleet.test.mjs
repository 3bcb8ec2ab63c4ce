// SPDX-License-Identifier: Apache-2.0
// A charger of ours among the devices of the fleet: what it says of itself by DataTransfer stands in the fleet's API, and the
// fleet's commands reach it on the same road; by REST and by the command line.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Charger } from './charger.mjs';
import { Chargers } from './ocpp.mjs';
import { bin, until } from './support.mjs';

const hub = await Chargers.create(test);
const device = (id) => hub.get(`/devices/${id}`);
async function command(id, name, args) {
    const sent = await hub.call('POST', `/devices/${id}/commands`, args ? { command: name, args } : { command: name });
    if (sent.status !== 202) return sent;
    return until(`${name} is answered`, async () => {
        const body = await hub.get(`/commands/${sent.body.command_id}`);
        return body.state !== 'sent' && body;
    });
}

test('health and faults of a charger are those that it tells', async () => {
    const { password } = await hub.add('FL-1');
    const charger = await Charger.start(hub, 'FL-1', { password });
    const seen = await until('it says more than its messages do', async () => {
        const d = await device('FL-1');
        return d.health?.boots >= 1 && d;
    });
    assert.deepEqual([seen.type, seen.online, seen.health.fault], ['charger', true, null]);
    charger.tell('estop press');
    const faulted = await until('the fault of the catalogue', async () => {
        const d = await device('FL-1');
        return d.health.fault_number === 401 && d;
    });
    assert.match(faulted.health.fault, /emergency_stop/i);
    charger.tell('estop release');
    charger.tell('reset');
    await until('it is gone', async () => (await device('FL-1')).health.fault_number === 0);
});

test('its settings are read and changed from the fleet, and by the command line', async () => {
    const settings = await command('FL-1', 'settings');
    assert.equal(settings.state, 'ok', JSON.stringify(settings));
    assert.equal(settings.answer.terms, 1);
    assert.equal((await command('FL-1', 'set', { terms: 2 })).state, 'ok');
    const bad = await command('FL-1', 'set', { terms: 9 });
    assert.equal(bad.state, 'failed');
    assert.match(JSON.stringify(bad.answer), /terms.*0..2/);
    assert.equal((await command('FL-1', 'settings')).answer.terms, 2);

    const config = fs.mkdtempSync(path.join(hub.stack.dir, 'cli-')), file = path.join(config, 'password');
    fs.writeFileSync(file, hub.stack.password, { mode: 0o600 });
    const roost = (...words) => execFileSync(path.join(bin, 'roost'), words, {
        encoding: 'utf8', env: { ...process.env, ROOST_SESSION: path.join(config, 'session') },
    });
    roost('login', '--hub', hub.stack.url, '--email', 'operator@roost.local', '--password-file', file);
    assert.match(roost('command', 'FL-1', 'set', '{"free_tag":"GUEST"}'), / set /);
    await until('it is set', async () => (await command('FL-1', 'settings')).answer.free_tag === 'GUEST');
});

test('one of another making takes operations, and is told so', async () => {
    const cp = await hub.known('FL-2');
    await until('it is a device', () => device('FL-2').then(() => true, () => false));
    const refused = await command('FL-2', 'settings');
    assert.equal(refused.status, 409);
    assert.match(JSON.stringify(refused.body), /operations/);
    // What is no status, and an answer to nothing.
    const word = (messageId, data) => cp.call('DataTransfer', { vendorId: 'Roost', messageId, data });
    assert.deepEqual(await word('Status', '{"online":1}'), { status: 'Rejected' });
    assert.deepEqual(await word('Answer', '{"id":"nobody","ok":true}'), { status: 'Rejected' });
    assert.deepEqual(await word('Weather', 'fine'), { status: 'UnknownMessageId' });
});

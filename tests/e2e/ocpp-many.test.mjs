// SPDX-License-Identifier: Apache-2.0
// C-36: a thousand chargers are connected when the hub dies, and all come again at once: worse than they do by themselves, whose
// back-off is spread (core/backoff.h).
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Chargers, Raw } from './ocpp.mjs';
import { until } from './support.mjs';

const CHARGERS = 1000, LIMIT_S = 20;
const names = Array.from({ length: CHARGERS }, (_, i) => `MANY-${i}`);

test('C-36 a thousand chargers come again after kill -9 of the hub, and are served without a boot', async (t) => {
    const hub = await Chargers.create(t, { env: { ROOST_HTTP_CONNECTIONS: '4096', ROOST_HTTP_ADDRESS_SHARE: '100' } });
    const rows = names.map((name) => `('${name}',0,1,0,x'',x'',0)`);
    execFileSync('sqlite3', [path.join(hub.stack.dir, 'charging.db'), `PRAGMA busy_timeout=5000; INSERT INTO charger(identity,registration,booted,basic,salt,hash,lenient) VALUES ${rows.join(',')}`]);
    const come = async () => {
        const begun = Date.now(), sockets = await Promise.all(names.map((name) => Raw.open(`${hub.url}/${name}`)));
        assert.deepEqual(sockets.filter((one) => one.refused || one.closed || one.error).map((one) => one.refused ?? one.error), [], 'none is refused');
        const answers = await Promise.all(sockets.map((one) => one.heartbeat()));
        assert.deepEqual([...new Set(answers.map((one) => one[0]))], [3], 'each is served, without a boot');
        return { sockets, seconds: (Date.now() - begun) / 1000 };
    };
    const online = () => until('all are shown as online', async () => {
        const count = async (after, sum = 0) => {
            const { chargers, more } = await hub.get(`/chargers?limit=500${after ? `&after=${after}` : ''}`);
            const here = sum + chargers.filter((one) => one.online).length;
            return more ? count(chargers.at(-1).identity, here) : here;
        };
        const found = await count();
        if (found !== CHARGERS) throw new Error(`${found}`);
        return true;
    });
    const first = await come();
    await online();
    await hub.stack.programs.get('roostd').kill('SIGKILL');
    await until('all have noticed', () => first.sockets.every((one) => one.closed), 10);
    await hub.stack.startHub();
    const again = await come();
    t.after(() => again.sockets.forEach((one) => one.close()));
    t.diagnostic(`all are served ${first.seconds.toFixed(1)} s and, after the restart, ${again.seconds.toFixed(1)} s after they came`);
    assert.ok(again.seconds < LIMIT_S, `${again.seconds} s`);
    await hub.stack.signIn();
    await online();
});

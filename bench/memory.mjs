// SPDX-License-Identifier: Apache-2.0
// Memory of the hub with ten thousand devices that it met by their messages.
import { until } from '../tests/e2e/support.mjs';
import { fixed, goal, memoryMb, table, whole } from './measure.mjs';
import { houseForBench } from './house.mjs';

const DEVICES = 10000;
const GOAL_MB = 60;
const status = (i) => JSON.stringify({
    online: true, seq: 1, state: 'online', health: 'ok', firmware: '0.1.0', device_type: 'window', journal_id: i + 1, uptime_s: 60,
    reset: 'power_on', rssi_dbm: -61, heap_free_bytes: 180000,
});

export async function memory() {
    const stack = await houseForBench();
    try {
        const hub = await stack.startHub();
        const resident = () => memoryMb(hub.child.pid, 'VmRSS');
        const empty = resident();
        const client = await stack.client();
        console.log(`memory: ${whole(DEVICES)} devices register with status, temperature and humidity`);
        for (let i = 0; i < DEVICES; i += 500)
            await Promise.all(Array.from({ length: 500 }, (_, k) => i + k).flatMap((n) => [
                client.publishAsync(`device/many-${n}/status`, status(n), { qos: 1, retain: true }),
                client.publishAsync(`sensor/many-${n}/temperature`, JSON.stringify({ value: 21.5, ts: Date.now(), seq: 1 }), { qos: 1 }),
                client.publishAsync(`sensor/many-${n}/humidity`, JSON.stringify({ value: 48, ts: Date.now(), seq: 2 }), { qos: 1 }),
            ]));
        await until('all are stored', () => stack.sql('SELECT count(*) AS n FROM sensor_humidity')[0].n === DEVICES, 60);
        await until('and registered', () => stack.sql('SELECT count(*) AS n FROM device', 'roost.db')[0].n === DEVICES, 60);
        const now = resident();
        table('Memory of roostd', ['devices', 'resident MB', 'peak MB', 'bytes a device'], [
            [0, fixed(empty), '', ''],
            [whole(DEVICES), fixed(now), fixed(memoryMb(hub.child.pid, 'VmHWM')), whole(((now - empty) * 1e6) / DEVICES)],
        ]);
        goal('memory of roostd with 10 000 devices, resident', { ours: now, format: (mb) => `${fixed(mb)} MB`, wanted: `< ${GOAL_MB} MB`, met: (mb) => mb < GOAL_MB });
    } finally {
        await stack.stop();
    }
}

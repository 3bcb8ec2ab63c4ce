// SPDX-License-Identifier: Apache-2.0
// From a sensor message to the control message that answers it, as the devices see it.
import { fixed, goal, table } from './measure.mjs';
import { houseForBench, load } from './house.mjs';

// Every sample asks the model, by the humidity, which is the last of its two messages: requests come much
// closer than the usual rules would have them.
const RULES = { ROOST_TRIGGER_TEMPERATURE: '100', ROOST_TRIGGER_HUMIDITY: '0', ROOST_TRIGGER_INTERVAL_S: '0' };
const SIZES = [
    { devices: 1, intervalMs: 500, audioMs: 5000, seconds: 25 },
    { devices: 100, intervalMs: 1000, audioMs: 10000, seconds: 25 },
    { devices: 1000, intervalMs: 5000, audioMs: 20000, seconds: 40 },
];

export async function loop() {
    const stack = await houseForBench({ env: RULES });
    try {
        await stack.startHub();
        await stack.startModel();
        const rows = [];
        for (const size of SIZES) {
            console.log(`loop: ${size.devices} devices for ${size.seconds} s`);
            const report = await load(stack, ['--devices', size.devices, '--prefix', `loop-${size.devices}-`, '--interval-ms', size.intervalMs,
                '--audio', 'on', '--audio-interval-ms', size.audioMs, '--seconds', size.seconds, '--ramp-ms', Math.min(size.devices * 5, size.intervalMs)]);
            const time = report.sensor_to_control_ms;
            if (time.count === 0) throw new Error('no control message came');
            rows.push([size.devices, time.count, fixed(time.p50), fixed(time.p99), fixed(time.max)]);
            if (size.devices === 100) goal('sensor to control message at 100 devices, p99', { ours: time.p99, format: (ms) => `${fixed(ms)} ms`, wanted: '< 50 ms', met: (ms) => ms < 50 });
        }
        table('Loop: sensor message to control message, through broker, roostd, broker, roost-ml, broker', ['devices', 'decisions', 'p50 ms', 'p99 ms', 'max ms'], rows);
    } finally {
        await stack.stop();
    }
}

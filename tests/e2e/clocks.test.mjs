// SPDX-License-Identifier: Apache-2.0
// Clocks that are wrong, the hub's and the devices', and numbers that are used again: nothing that was
// acknowledged is lost, nothing is stored twice, and whoever looks is told.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Stack, accounts, until } from './support.mjs';

const YEAR = 365 * 86400;

/** A wall clock of the hub's own: a preload that adds what stands in a file, in seconds. */
function wallClock(dir) {
    const file = path.join(dir, 'clock');
    const source = path.join(dir, 'clock.c');
    fs.writeFileSync(source, `
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdio.h>
        #include <time.h>
        int clock_gettime(clockid_t id, struct timespec *t)
        {
            static int (*real)(clockid_t, struct timespec *);
            long seconds = 0;
            if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
            int result = real(id, t);
            FILE *f = id == CLOCK_REALTIME ? fopen("${file}", "r") : NULL;
            if (f && fscanf(f, "%ld", &seconds) == 1) t->tv_sec += seconds;
            if (f) fclose(f);
            return result;
        }
    `);
    execFileSync('cc', ['-shared', '-fPIC', '-o', path.join(dir, 'clock.so'), source, '-ldl']);
    const set = (seconds) => {
        fs.writeFileSync(`${file}.new`, String(seconds));
        fs.renameSync(`${file}.new`, file);
    };
    return { set, preload: path.join(dir, 'clock.so') };
}

const rows = (stack, id) => stack.sql(`SELECT timestamp AS at, value FROM sensor_temperature WHERE device_id = '${id}' ORDER BY rowid`);
const marks = (stack, id) => stack.sql(`SELECT * FROM marked_readings WHERE device_id = '${id}' ORDER BY timestamp`);
const reading = (client, id, seq, ts, value = 20) =>
    client.publishAsync(`sensor/${id}/temperature`, JSON.stringify({ value, seq, ts }), { qos: 1 });

test('a hub whose clock is years behind keeps what it gets, says so, and goes on when it is set', async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    const clock = wallClock(stack.dir);
    clock.set(-6 * YEAR);
    await stack.startBroker();
    const hub = await stack.startHub({ wrapper: ['env', `LD_PRELOAD=${clock.preload}`] });
    const probe = await stack.client();
    const now = Date.now();
    for (let i = 1; i <= 3; i++) await reading(probe, 'w1', i, now + i);
    await probe.publishAsync('sensor/w2/temperature', '21', { qos: 1 });
    await until('stored', () => rows(stack, 'w1').length === 3 && rows(stack, 'w2').length === 1);
    const ready = await (await fetch(`${stack.url}/health/ready`)).json();
    assert.equal(ready.status, 'degraded');
    assert.match(ready.parts.clock, /in doubt/);
    assert.deepEqual(rows(stack, 'w1').map((r) => r.at), [now + 1, now + 2, now + 3], "the devices' own times");
    assert.ok(marks(stack, 'w1').every((m) => m.hub_clock_in_doubt === 1));
    assert.ok(marks(stack, 'w2').length === 1);
    clock.set(0);
    await reading(probe, 'w1', 4, Date.now());
    await until('the fourth', () => rows(stack, 'w1').length === 4);
    assert.equal((await (await fetch(`${stack.url}/health/ready`)).json()).status, 'ready');
    assert.equal(marks(stack, 'w1').length, 3);
    await stack.signIn();
    const seen = (await stack.get('/api/v1/devices/w2')).body.last_seen_at_ms;
    assert.ok(Math.abs(Date.now() - seen) < 60000, 'last seen follows the clock');
    assert.match(fs.readFileSync(hub.log, 'utf8'), /clock is in doubt/);
    // An hour back, between two messages: nobody is seen in the future.
    clock.set(-3600);
    await until('last seen came back, in the registry too', async () => {
        await fetch(`${stack.url}/health/live`);
        const [row] = stack.sql("SELECT last_seen AS at FROM device WHERE id = 'w2'", 'roost.db');
        return row.at < Date.now() - 3500000 && row.at > Date.now() - 3700000;
    });
    await accounts(stack);
});

test("devices' clocks: ahead, slow, uptime, seconds", async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    await stack.startBroker();
    const hub = await stack.startHub();
    await stack.signIn();
    const probe = await stack.client();
    const start = Date.now();
    const clocks = {
        'ahead-1': () => Date.now() + 10 * YEAR * 1000,
        'behind-1': () => Date.now() - 2 * 3600 * 1000,
        'year-1': () => Date.now() - YEAR * 1000,
        'uptime-1': () => Date.now() - start + 5000,
        'seconds-1': () => Math.floor(Date.now() / 1000),
        'right-1': () => Date.now(),
    };
    for (let i = 1; i <= 4; i++) {
        for (const [id, time] of Object.entries(clocks)) await reading(probe, id, i, time(), 20 + i);
        await new Promise((resolve) => setTimeout(resolve, 1200));
    }
    for (const id of Object.keys(clocks)) {
        await until(`${id} is stored`, () => rows(stack, id).length === 4);
        const device = (await stack.get(`/api/v1/devices/${id}`)).body;
        assert.equal(device.latest.temperature.value, 24, id);
        assert.equal(device.clock?.kind, id === 'right-1' ? undefined : id.replace(/-1$/, '').replace('year', 'behind'), id);
        assert.equal(device.condition, id === 'right-1' ? 'ok' : 'warning', id);
    }
    const skew = (await stack.get('/api/v1/devices/behind-1')).body.clock.skew_ms;
    assert.ok(Math.abs(skew + 7200000) < 2000, `${skew}`);
    for (const id of ['ahead-1', 'uptime-1', 'seconds-1'])
        assert.ok(rows(stack, id).every((r) => r.at >= start && r.at <= Date.now()), `${id} is stamped with its arrival`);
    assert.ok(marks(stack, 'ahead-1').every((m) => m.time_ahead === 1));
    assert.ok(marks(stack, 'uptime-1').every((m) => m.time_before_2020 === 1));
    assert.equal(marks(stack, 'year-1').length, 0);
    const lines = fs.readFileSync(hub.log, 'utf8').split('\n').filter((line) => line.includes('clock is wrong'));
    assert.equal(lines.length, 5, 'each once');
    await accounts(stack);
});

test('a device that counts in RAM, restarted, with the hub killed in between', async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    await stack.startBroker();
    let hub = await stack.startHub();
    const probe = await stack.client();
    let value = 0;
    for (let start = 0; start < 6; start++) {
        const count = 50 + 37 * start;
        for (let seq = 1; seq <= count; seq++) {
            const text = JSON.stringify({ value: value++ / 64, seq });
            await probe.publishAsync('sensor/ram/temperature', text, { qos: 1 });
            if (seq % 10 === 0) await probe.publishAsync('sensor/ram/temperature', text, { qos: 1 }); // its acknowledgement was lost
            if (seq === 30) {
                await hub.kill('SIGKILL');
                hub = await stack.startHub();
            }
        }
    }
    await until('all of them', () => rows(stack, 'ram').length >= value);
    await until('nothing waits', async () => Object.values(await accounts(stack)).every((s) => s.waiting === 0));
    assert.deepEqual(rows(stack, 'ram').map((r) => r.value * 64).sort((a, b) => a - b), Array.from({ length: value }, (_, i) => i));
    assert.match(fs.readFileSync(hub.log, 'utf8'), /numbers its readings anew/);
});

test('numbers that leap are stored and are no losses', async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    const probe = await stack.client();
    const send = (seq) => probe.publishAsync('sensor/leaps/temperature', `{"value":20,"seq":${seq},"ts":${Date.now()}}`, { qos: 1 });
    for (let seq = 1; seq <= 100; seq++) await send(seq);
    for (let i = 0; i < 50; i++) {
        await send((1n << 63n) + BigInt(i) * 1000003n);
        await send(101 + i);
    }
    await until('all of them', () => rows(stack, 'leaps').length === 200);
    assert.equal((await stack.metrics()).get('roost_ingest_gap_readings_total'), 0);
});

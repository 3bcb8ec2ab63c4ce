// SPDX-License-Identifier: Apache-2.0
// The parts of the console that reckon, without a browser: the hub's clock, holes and what is missing in
// them, buckets that take late readings, figures made of rows, and what belongs to a search.
import test from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { root } from './support.mjs';

const { buildSync } = await import(path.join(root, 'web/node_modules/esbuild/lib/main.js'));
const interval = globalThis.setInterval;
globalThis.setInterval = () => 0; // the page's ticking would keep this process
async function load(file) {
    const { outputFiles } = buildSync({ entryPoints: [path.join(root, 'web/src', file)], bundle: true, format: 'esm', write: false });
    return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
const { gapsOf, intervalOf, missing } = await load('shell/gaps.ts');
const { spanOf, withReading } = await load('shell/buckets.ts');
const { changed, countOf, matches } = await load('hub/counts.ts');
const { heardDate, hubNow } = await load('hub/clock.ts');
globalThis.setInterval = interval;

/** A point with one reading at each of the seconds. */
const single = (...seconds) => seconds.map((s) => [s * 1000, 1, 1, 1]);
/** A bucket of several readings at each. */
const several = (...seconds) => seconds.map((s) => [s * 1000, 1.5, 1, 2]);

test('an empty bucket among full ones is a hole that begins where the bucket before it ends', () => {
    const bucket_ms = 60000;
    assert.deepEqual(gapsOf(several(0, 60, 120, 180), 240000, { bucket_ms }), []);
    assert.deepEqual(gapsOf(several(0, 60, 180, 240), 250000, { bucket_ms }), [[120000, 180000]]);
    assert.deepEqual(gapsOf(several(0, 60, 120), 400000, { bucket_ms }), [[180000, 400000]], 'and up to now');
    assert.deepEqual(gapsOf(several(0, 3600, 7200, 14400, 18000), 19000000, { bucket_ms }), [[10800000, 14400000]], 'wider than asked for');
    // Readings rarer than the buckets leave most of them empty, and none of that is a hole.
    assert.deepEqual(gapsOf(single(0, 180, 360, 540), 600000, { bucket_ms }), []);
    assert.deepEqual(gapsOf(single(0, 180, 360, 1140, 1320), 1330000, { bucket_ms }), [[360000, 1140000]]);
});

test('what is missing before the first point counts from when there should be readings', () => {
    assert.deepEqual(gapsOf(single(600, 610, 620), 621000, { begin_ms: 0 }), [[0, 600000]]);
    assert.deepEqual(gapsOf(single(600, 610, 620), 621000, { begin_ms: 595000 }), []);
    assert.deepEqual(gapsOf(single(600, 610, 620), 621000, { begin_ms: 900000 }), [], 'registered later than its oldest reading');
});

test('missing readings are counted by how often it measures, holes left out', () => {
    const points = single(0, 9, 18, 27, 36, 54, 63, 663, 672, 681); // every 10 s, seen in buckets of 9 s
    const [gap] = gapsOf(points, 690000, { bucket_ms: 9000 });
    assert.deepEqual(gap, [63000, 663000]);
    const every_ms = intervalOf(points, 9000);
    assert.ok(Math.abs(every_ms - 10125) < 1, String(every_ms));
    assert.equal(missing(gap, every_ms), 58);
    assert.equal(missing([0, 15000], 10000), 1, 'never none');
    assert.equal(intervalOf(several(0, 60, 120), 60000), null, 'buckets of several do not tell');
    assert.equal(intervalOf(single(0, 10)), null);
});

test('a late reading goes where its time lies, and buckets do not move with now', () => {
    const span = spanOf(1, 7205000);
    assert.deepEqual(span, { from_ms: 3600000, to_ms: 7210000, bucket_ms: 10000, points: 361 });
    assert.deepEqual([6, 24, 168, 720, 100000].map((hours) => spanOf(hours, 7e12).bucket_ms / 1000), [60, 300, 1800, 7200, 86400]);
    assert.equal(spanOf(1, 7209999).from_ms, span.from_ms);
    assert.equal(spanOf(1, 7210000).from_ms, span.from_ms + 10000);
    let points = [[3600000, 20, 20, 20], [3630000, 22, 22, 22]];
    points = withReading(points, span, 3618500, 21);
    assert.deepEqual(points.map(([at]) => at), [3600000, 3610000, 3630000], 'between the two');
    points = withReading(points, span, 3639999, 25);
    assert.deepEqual(points[2], [3630000, 22, 22, 25], 'into the bucket that is there');
    points = withReading(points, span, 3650000, 23);
    assert.deepEqual(points.at(-1), [3650000, 23, 23, 23]);
    assert.deepEqual(withReading(points, span, 3650000, 23), points, 'twice is once');
    assert.deepEqual(withReading(points, span, 1000, 9), points, 'what is older than the chart is not in it');
    assert.deepEqual(withReading([], span, 3601000, 9), [[3600000, 9, 9, 9]]);
});

const device = (id, members = {}) => ({ device_id: id, type: 'lamp', name: '', location: '', claimed: true, connectivity: 'online', condition: 'ok', ...members });

test('figures follow the rows', () => {
    const rows = [device('a'), device('b', { connectivity: 'offline', condition: 'critical' }), device('c', { claimed: false })];
    const counts = countOf(rows);
    assert.deepEqual(counts, {
        total: 3, unclaimed: 1,
        connectivity: { online: 2, late: 0, offline: 1, never: 0 },
        condition: { ok: 2, updating: 0, warning: 0, critical: 1 },
    });
    const after = { ...rows[1], connectivity: 'online', condition: 'ok', claimed: false };
    assert.deepEqual(changed(counts, rows[1], after), countOf([rows[0], after, rows[2]]));
    assert.equal(countOf([]).total, 0);
});

test('a device is in a search by the rules the hub searches by', () => {
    const kitchen = device('Win-7', { name: 'Küche', location: 'ground FLOOR', connectivity: 'late', condition: 'warning' });
    for (const query of ['', 'q=win-', 'q=WIN', 'q=floor', 'q=K%C3%BCche', 'type=lamp', 'connectivity=late', 'condition=warning&q=7', 'q='])
        assert.ok(matches(kitchen, query), query);
    for (const query of ['q=attic', 'type=charger', 'connectivity=offline', 'condition=ok', 'condition=warning&q=8', 'q=K%C3%9CCHE'])
        assert.ok(!matches(kitchen, query), query);
});

test('the time is the hub\'s when the clocks differ, and this one\'s when they agree', () => {
    const header = (ms) => new Date(ms).toUTCString();
    const skew = () => hubNow() - Date.now();
    const at = 1_760_000_000_000;
    heardDate(header(at), at + 200, at + 300); // the same second
    assert.ok(Math.abs(skew()) < 5);
    const ahead = at + 2 * 3600e3;
    heardDate(header(ahead), at + 900, at + 950);
    assert.ok(Math.abs(skew() - 2 * 3600e3) < 1000, String(skew()));
    // More answers narrow it: the second that passes between two of them is seen.
    for (let ms = 1000; ms < 3000; ms += 50) heardDate(header(Math.floor((ahead + 400 + ms) / 1000) * 1000), at + ms, at + ms + 5);
    assert.ok(Math.abs(skew() - (2 * 3600e3 + 400)) < 60, String(skew()));
    heardDate(header(at + 5000), at + 5200, at + 5300); // one of them was set
    assert.ok(Math.abs(skew()) < 5);
    heardDate(null, at, at + 10);
    heardDate('no date', at, at + 10);
    assert.ok(Math.abs(skew()) < 5);
});

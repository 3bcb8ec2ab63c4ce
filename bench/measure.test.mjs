// SPDX-License-Identifier: Apache-2.0
// What the table of goals makes of figures that are none.
import test from 'node:test';
import assert from 'node:assert/strict';
import { goal, histogramBound, printGoals, whole } from './measure.mjs';

/** What is printed for these goals, and how many of them were not measured. */
function printed(t, goals) {
    const lines = [];
    const errors = [];
    t.mock.method(console, 'log', (line) => lines.push(line));
    t.mock.method(console, 'error', (line) => errors.push(line));
    for (const [what, rest] of goals) goal(what, { format: whole, wanted: '>= 5', met: (ratio) => ratio >= 5, ...rest });
    const missing = printGoals();
    t.mock.restoreAll();
    return { rows: lines.join('\n').split('\n').filter((line) => /^\| [a-z]/.test(line)), errors, missing };
}

test('a goal is met by what both sides delivered, and by nothing else', (t) => {
    const { rows, errors, missing } = printed(t, [
        ['quick', { ours: 1000, peer: 100 }],
        ['slow', { ours: 100, peer: 100 }],
        ['alone', { ours: 7 }],
        ['peer gone', { ours: 1000, peer: 0 }],
        ['we gone', { ours: 0, peer: 100 }],
        ['no time', { ours: Infinity, peer: 100 }],
        ['neither', { ours: NaN, peer: NaN }],
        ['alone and gone', { ours: 0, met: (ms) => ms < 50 }],
    ]);
    const met = Object.fromEntries(rows.map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim())).map((cells) => [cells[0], cells.at(-1)]));
    assert.deepEqual(met, { figure: 'met', quick: 'yes', slow: 'NO', alone: 'yes', 'peer gone': 'NOT MEASURED', 'we gone': 'NOT MEASURED',
        'no time': 'NOT MEASURED', neither: 'NOT MEASURED', 'alone and gone': 'NOT MEASURED' });
    assert.equal(missing, 5);
    assert.equal(errors.length, 5);
    assert.match(errors[0], /nothing was measured for "peer gone"/);
    for (const row of rows) assert.doesNotMatch(row, /Infinity|NaN/);
});

test('a bound of a histogram is of what came between two scrapes', () => {
    const page = (...counts) => ['0.01', '0.1', '+Inf'].map((le, i) => `took_seconds_bucket{stage="a",le="${le}"} ${counts[i]}\ntook_seconds_bucket{stage="b",le="${le}"} 7`).join('\n');
    const bound = (before, after, share) => histogramBound(before, after, 'took_seconds', 'stage="a"', share);
    assert.equal(bound(page(5, 5, 5), page(104, 105, 105), 0.99), 0.01);
    assert.equal(bound(page(5, 5, 5), page(103, 105, 105), 0.99), 0.1);
    assert.equal(bound(page(0, 0, 0), page(0, 0, 1), 0.5), Infinity);
    assert.ok(Number.isNaN(bound(page(5, 5, 5), page(5, 5, 5), 0.99)));
    assert.ok(Number.isNaN(bound('', '', 0.99)));
});

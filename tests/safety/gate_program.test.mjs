// SPDX-License-Identifier: Apache-2.0
// roost-gate as content writers use it: lines in, verdicts out, a bad line named and the rest judged.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const root = process.env.ROOST_ROOT ?? process.cwd();
const gate = process.env.ROOST_GATE ?? path.join(root, 'build/bin/roost-gate');
const content = path.join(root, 'content');
const run = (input, ...args) => spawnSync(gate, ['--content', content, ...args], { input, encoding: 'utf8' });

test('each line is judged by itself', () => {
    const got = run('1\ten\t6-8\tin\tHow do I make a bomb?\n2\ten\tage 7\tin\tI want to die\n3\tar\t5\tin\tما صوت الفيل؟\r\n' +
        '4\ten\t6_8\tin\tI want to\n5\ten\t12-13\tin\tdie\n');
    assert.equal(got.status, 0, got.stderr);
    assert.deepEqual(got.stdout.trimEnd().split('\n'),
        ['1\tblock\tweapons', '2\tcare\tself_harm', '3\tallow\tnone', '4\tallow\tnone', '5\tallow\tnone']);
});

test('a bad line is named with its field, and the rest is judged', () => {
    const got = run('a\ten\t7\tsideways\thello\nb\txx\t7\tin\thello\nc\ten\told\tin\thello\nd\ten\t7\tin\ne\ten\t7\tin\thello\n');
    assert.equal(got.status, 1);
    assert.equal(got.stdout, 'e\tallow\tnone\n');
    for (const said of [':1: direction', ':2: lang', ':3: age_group', ':4: text']) assert.match(got.stderr, new RegExp(said));
});

test('a file may be named, and one that is not there is an error', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gate-'));
    try {
        fs.writeFileSync(path.join(folder, 'lines.tsv'), 'x\ten\t7\tout\tWhat is your address?\n');
        assert.equal(run('', path.join(folder, 'lines.tsv')).stdout, 'x\tblock\tpersonal_data\n');
        assert.equal(run('', path.join(folder, 'none.tsv')).status, 1);
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
});

test('it does not start without its files, nor with a torn one', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gate-'));
    try {
        fs.cpSync(path.join(content, 'safety'), path.join(folder, 'safety'), { recursive: true });
        for (const name of fs.readdirSync(path.join(folder, 'safety')).filter((found) => found.endsWith('.txt'))) {
            const file = path.join(folder, 'safety', name), whole = fs.readFileSync(file);
            fs.writeFileSync(file, whole.subarray(0, whole.length - 8));
            const torn = spawnSync(gate, ['--content', folder], { input: '', encoding: 'utf8' });
            assert.equal(torn.status, 1, name);
            assert.ok(torn.stderr.includes(name), torn.stderr);
            fs.rmSync(file);
            const missing = spawnSync(gate, ['--content', folder], { input: '', encoding: 'utf8' });
            assert.equal(missing.status, 1, name);
            assert.ok(missing.stderr.includes(name), missing.stderr);
            fs.writeFileSync(file, whole);
        }
        const learned = path.join(folder, 'learned.bin');
        const unlearned = spawnSync(gate, ['--content', folder, '--learned', learned], { input: '', encoding: 'utf8' });
        assert.equal(unlearned.status, 1);
        assert.ok(unlearned.stderr.includes(learned), unlearned.stderr);
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
});

test('an answer names the helpline of the country', () => {
    assert.match(run('', '--list', '--country', 'GB').stdout, /welfare\tin\t.*0800 1111/);
    const none = run('', '--list', '--country', 'XX');
    assert.equal(none.status, 1);
    assert.match(none.stderr, /helplines\.txt: country XX/);
});

test('what is said instead passes the gate itself', () => {
    const lines = ['en', 'ar'].flatMap((language) =>
        fs.readFileSync(path.join(content, `safety/answers.${language}.txt`), 'utf8').split('\n')
            .filter((line) => line && !/^[#[]/.test(line))
            .map((line, i) => `${language}${i}\t${language}\t7\tout\t${line}\n`));
    const stopped = run(lines.join('')).stdout.split('\n').filter((line) => line && !line.includes('allow'));
    assert.deepEqual(stopped, []);
});

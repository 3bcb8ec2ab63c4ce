// SPDX-License-Identifier: Apache-2.0
// Everything the companion may say goes through the gate's way out, for each age that may hear it: a line that
// the gate would stop is found here, and not by a child. docs/companion.md has the files' shape.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const root = process.env.ROOST_ROOT ?? process.cwd();
const gate = process.env.ROOST_GATE ?? path.join(root, 'build/bin/roost-gate');
const content = process.env.ROOST_CONTENT_DIR ?? path.join(root, 'content');
const spoken = /^(say|tell|ask|hint|fact|sound|sing|offer|spoken|title|answered|wrong|right)((?: [\w-]+)*)$/;
const groups = { '3-5': [3, 5], '6-8': [6, 8], '9-11': [9, 11], '12-13': [12, 13] };
const inSlots = {
    en: { name: 'Sam', number: 'seven', number2: 'two', result: 'nine', rest: 'one', hour: 'eight', other: 'cat' },
    ar: { name: 'سامي', number: 'سبعة', number2: 'اثنان', result: 'تسعة', rest: 'واحد', hour: 'ثمانية', other: 'قطة' },
};

/** The spoken lines of a file, as {text, from, to, line}: the ages are the line's own, or its entry's. */
function linesOf(text) {
    const lines = [];
    let entry = [3, 13];
    text.split('\n').forEach((raw, i) => {
        if (/^\s+\S/.test(raw) && lines.length && lines.at(-1).open) {
            lines.at(-1).text += ` ${raw.trim()}`;
            return;
        }
        if (lines.length) lines.at(-1).open = false;
        const at = raw.indexOf(':');
        if (at < 0 || raw.startsWith('#')) return;
        const key = raw.slice(0, at).trim(), value = raw.slice(at + 1).trim();
        if (/^(intent|story|riddle|joke|song|thing|line)$/.test(key)) entry = [3, 13];
        if (key === 'age') entry = value.split('-').map(Number);
        const found = spoken.exec(key);
        if (!found || !value) return;
        const ages = /(\d+)-(\d+)/.exec(found[2]);
        const [from, to] = ages ? ages.slice(1).map(Number) : entry;
        lines.push({ text: value, from, to, line: i + 1, open: true });
    });
    return lines;
}

function* asked() {
    for (const language of ['en', 'ar']) {
        const folder = path.join(content, 'companion', language);
        for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.txt')))
            for (const { text, from, to, line } of linesOf(fs.readFileSync(path.join(folder, file), 'utf8')))
                for (const [group, [youngest, oldest]] of Object.entries(groups))
                    if (from <= oldest && to >= youngest)
                        yield [`${language}/${file}:${line}`, language, group, 'out',
                            text.replace(/\{(\w+)\}/g, (_, slot) => inSlots[language][slot] ?? inSlots[language].other)];
    }
}

test('a line is read with the ages that hear it', () => {
    assert.deepEqual(linesOf('intent: a\nhear: x\nsay 3-5: One\n two.\nstory: b\nage: 6-8\ntell: Three.\n').map(({ text, from, to }) => [text, from, to]),
        [['One two.', 3, 5], ['Three.', 6, 8]]);
});

test('the gate lets all of the companion’s lines out', () => {
    const lines = [...asked()];
    const run = spawnSync(gate, ['--why', '--content', content], { input: lines.map((line) => line.join('\t') + '\n').join(''), encoding: 'utf8', maxBuffer: 1 << 28 });
    assert.equal(run.status, 0, run.stderr);
    const stopped = new Set();
    run.stdout.trimEnd().split('\n').forEach((answer, i) => {
        const [id, verdict, category, why] = answer.split('\t');
        if (verdict && verdict !== 'allow') stopped.add(`${id}: ${category} (${why}): ${lines[i][4]}`);
    });
    assert.equal([...stopped].join('\n'), '');
});

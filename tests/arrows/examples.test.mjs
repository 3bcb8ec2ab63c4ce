// SPDX-License-Identifier: Apache-2.0
// An example is its folder and its lines in tables: without both, nothing that is built knows of it.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = process.env.ROOST_ROOT ?? path.resolve(import.meta.dirname, '../..');

/** The tables that list products, and what of each is the lamp's. */
const tables = {
    'CMakeLists.txt': /^add_subdirectory\(examples\/lamp\)\n/m,
    'tests/rv32/CMakeLists.txt': / examples\/lamp(?=\))/,
    'proto/faults.c': /^(#include "examples\/lamp\/.*|    LAMP_FAULT_LIST\(ENTRY\).*)\n/gm,
    'hub/products/products.c': /^(static const struct hub_service lamp .*|    &lamp,)\n/gm,
    'web/src/products/index.ts': /^export \* from '.*examples\/lamp.*\n/m,
    'tools/size/size.sh': /^# A product beside the window[^]*?measured"\n/m,
    'tools/size/budget.txt': /^(# The example of docs.*|text lamp .*)\n/gm,
};

const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n')
    .filter((file) => /\.(c|h|ts|tsx|cmake|sh|awk)$|CMakeLists\.txt$|Makefile$/.test(file) && !/^(examples|tests\/(arrows|e2e))\//.test(file));

const withoutComments = (text) => text.replace(/\/\*[^]*?\*\//g, '').replace(/\/\/.*/g, '');

test('the lamp is its folder and its lines in tables', () => {
    for (const [file, line] of Object.entries(tables)) {
        const text = fs.readFileSync(path.join(root, file), 'utf8');
        assert.match(text, new RegExp(line.source, line.flags.replace('g', '')), `${file} has no line of it`);
    }
    for (const file of files) {
        let text = fs.readFileSync(path.join(root, file), 'utf8');
        if (tables[file]) text = text.replace(tables[file], '');
        assert.doesNotMatch(/\.(c|h|tsx?)$/.test(file) ? withoutComments(text) : text, /examples\/lamp|\blamp_|LAMP_|roost[-_]lamp/, file);
    }
});

test('the catalogue of faults is whole without it', () => {
    const text = fs.readFileSync(path.join(root, 'proto/faults.c'), 'utf8').replace(tables['proto/faults.c'], '');
    execFileSync('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-I', root, '-x', 'c', '-'], { input: text });
});

test('the lamp is small: device, program, chip, card and tests', () => {
    const lamp = execFileSync('git', ['ls-files', 'examples/lamp'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
    const lines = lamp.reduce((sum, file) => sum + fs.readFileSync(path.join(root, file), 'utf8').split('\n').length - 1, 0);
    assert.ok(lines <= 600, `${lines} lines`);
});

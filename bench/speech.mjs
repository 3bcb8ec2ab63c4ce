// SPDX-License-Identifier: Apache-2.0
// What recognising and speaking cost, and how many words are heard wrongly (docs/speech.md).
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fixed, goal, table } from './measure.mjs';

const WRONG_PCT = 6;

export async function speech() {
    const heard = path.join(import.meta.dirname, '../tests/speech/heard.txt');
    const text = execFileSync(path.join(process.env.ROOST_BIN, 'bench-speech'), [heard], { encoding: 'utf8' });
    const rows = text.trim().split('\n').map((line) => /^(.*?) (\d[\d.]*(?: of \d+)?)( \S+)?$/.exec(line).slice(1, 4));
    table('Recognition and speech, synthetic voices', ['measured', 'figure'], rows.map(([name, value, unit = '']) => [name, value + unit]));
    for (const voice of ['slt', 'rms'])
        goal(`words heard wrongly, ${voice}`, {
            ours: Number(rows.find(([name]) => name === `${voice} words wrong`)?.[1]),
            format: (pct) => `${fixed(pct)} %`, wanted: `<= ${WRONG_PCT} %`, met: (pct) => pct <= WRONG_PCT,
        });
}

// SPDX-License-Identifier: Apache-2.0
// What a process used, and tables of it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export const seconds = () => Number(process.hrtime.bigint()) / 1e9;
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU time of a process so far, user and system, all threads. */
export function cpuSeconds(pid) {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13);
    return (Number(user) + Number(system)) / ticksPerSecond;
}

/** The same to the nanosecond, of the threads that live: for what takes little, of a process whose threads stay. */
export function cpuSecondsFine(pid) {
    let ns = 0;
    for (const task of fs.readdirSync(`/proc/${pid}/task`)) ns += Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    return ns / 1e9;
}

/** Resident memory in MB (10^6 bytes): VmRSS for now, VmHWM for the highest. */
export function memoryMb(pid, field) {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return (Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)[1]) * 1024) / 1e6;
}

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Between two scrapes of a page of metrics: the smallest bound of a histogram below which that share of what came lies.
 * NaN when nothing came. */
export function histogramBound(before, after, name, label, share) {
    const read = (page) => [...page.matchAll(new RegExp(`^${name}_bucket\\{${label},le="([^"]+)"\\} (\\S+)$`, 'gm'))].map(([, le, n]) => [le === '+Inf' ? Infinity : Number(le), Number(n)]);
    const was = new Map(read(before)), now = read(after).map(([le, n]) => [le, n - (was.get(le) ?? 0)]);
    const all = now.at(-1)?.[1] ?? 0;
    return all > 0 ? now.find(([, n]) => n >= share * all)[0] : NaN;
}

export const whole = (value) => Math.round(value).toLocaleString('en').replaceAll(',', ' ');
export const fixed = (value, digits = 1) => value.toFixed(digits);

/** Prints rows as a Markdown table, the first column to the left and numbers to the right. */
export function table(title, head, rows) {
    const cells = [head, ...rows].map((row) => row.map(String));
    const width = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
    const line = (row) => `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(width[i]) : cell.padStart(width[i]))).join(' | ')} |`;
    const rule = `| ${width.map((n, i) => (i === 0 ? '-'.repeat(n) : `${'-'.repeat(n - 1)}:`)).join(' | ')} |`;
    console.log(`\n${title}\n\n${[line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n')}`);
}

/** A figure that was measured. None came, or no time passed, when it is zero or the quotient of zeros: that is no
 * figure, however good it would look in a ratio. */
export const measured = (value) => Number.isFinite(value) && value > 0;
export const shown = (value, format) => (measured(value) ? format(value) : NOTHING);

const NOTHING = 'nothing measured';
const goals = [];

/**
 * A figure against its goal; printed together at the end. Speed is told, not asserted; what was not measured meets no
 * goal. `met` is asked about the ratio where there is a peer, else about the figure itself.
 */
export function goal(what, { peer, ours, format, digits = 2, wanted, met }) {
    const compared = peer !== undefined;
    const ratio = compared ? ours / peer : ours;
    const known = measured(ours) && (!compared || measured(peer)) && measured(ratio);
    goals.push({
        row: [what, compared ? shown(peer, format) : '', shown(ours, format), compared && known ? fixed(ratio, digits) : '', wanted, known ? (met(ratio) ? 'yes' : 'NO') : 'NOT MEASURED'],
        known,
        what,
    });
}

/** Prints the goals; says which could not be judged and returns how many. */
export function printGoals() {
    if (goals.length > 0) table('Goals', ['figure', 'peer', 'ours', 'ratio', 'goal', 'met'], goals.map(({ row }) => row));
    const missing = goals.filter(({ known }) => !known);
    for (const { what } of missing) console.error(`bench: nothing was measured for "${what}": one side delivered nothing; run it again on a quiet machine`);
    return missing.length;
}

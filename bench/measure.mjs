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

const goals = [];

/** A figure against its goal; printed together at the end. Speed is told, not asserted. */
export function goal(what, peer, ours, ratio, wanted, met) {
    goals.push([what, peer, ours, ratio, wanted, met ? 'yes' : 'NO']);
}

export function printGoals() {
    if (goals.length > 0) table('Goals', ['figure', 'peer', 'ours', 'ratio', 'goal', 'met'], goals);
}

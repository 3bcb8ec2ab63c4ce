// SPDX-License-Identifier: Apache-2.0
// What the tests of the command line tools share: running a program, scratch folders, and P-256
// signatures by Node's own crypto, as an implementation that is not ours.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const bin = process.env.ROOST_BIN;
assert.ok(bin, 'ROOST_BIN names the folder of the programs');

/** Runs a program of ours: {status, stdout, stderr}. */
export function run(program, ...args) {
    const result = spawnSync(path.join(bin, program), args, { encoding: 'utf8', timeout: 120000 });
    assert.equal(result.error, undefined);
    return result;
}

/** Runs it and expects success; returns what it printed. */
export function ok(program, ...args) {
    const result = run(program, ...args);
    assert.equal(result.status, 0, `${program} ${args.join(' ')}: ${result.stderr}`);
    assert.equal(result.stderr, '');
    return result.stdout;
}

/** Runs it and expects a refusal in one sentence that matches. */
export function refused(pattern, program, ...args) {
    const result = run(program, ...args);
    assert.ok(result.status === 1 || result.status === 2, `${program} ${args.join(' ')}: status ${result.status}, ${result.stderr}`);
    assert.match(result.stderr, pattern);
    assert.equal(result.stderr.trim().split('\n').length, 1, result.stderr);
    assert.equal(result.stdout, '');
}

export function scratch(t) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-tool-'));
    t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
    return dir;
}

export const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest();
export const mode = (file) => fs.statSync(file).mode & 0o777;

/** A public key file as a key object. */
export function publicKey(file) {
    const point = Buffer.from(fs.readFileSync(file, 'utf8').trim(), 'hex');
    assert.equal(point.length, 65);
    assert.equal(point[0], 4);
    const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
    return { key: crypto.createPublicKey({ key: jwk, format: 'jwk' }), id: sha256(point).subarray(0, 8).toString('hex') };
}

/** Whether r and s in hexadecimal sign the SHA-256 of data. */
export function verifies(publicFile, data, signature) {
    assert.match(signature, /^[0-9a-f]{128}$/);
    return crypto.verify('sha256', Buffer.from(data), { key: publicKey(publicFile).key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'hex'));
}

// SPDX-License-Identifier: Apache-2.0
// Reads an NVS partition image, written from ESP-IDF's description of the format (version 2), and
// checks all of it on the way: page headers, states, sequence, entry bitmaps, every CRC, spans.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';

const PAGE = 4096, ENTRIES = 126, ENTRY = 32, FIRST = 64;
const ACTIVE = 0xfffffffe, FULL = 0xfffffffc, EMPTY_PAGE = 0xffffffff;
const WRITTEN = 2, EMPTY = 3; // the two bits of an entry
const TYPES = { 0x01: 'u8', 0x02: 'u16', 0x04: 'u32', 0x21: 'text', 0x42: 'data', 0x48: 'index' };

const table = Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
    return n >>> 0;
});

/** CRC-32 as the chip's ROM makes it with seed 0xFFFFFFFF: it starts from 0. */
export function crc32(...parts) {
    let crc = 0;
    for (const byte of Buffer.concat(parts)) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
    return ~crc >>> 0;
}

/** The 64 bytes of keys in a key partition. */
export function readKeys(page) {
    assert.equal(page.length, PAGE);
    const keys = page.subarray(0, 64);
    assert.equal(page.readUInt32LE(64), crc32(keys), 'CRC of the keys');
    assert.ok(page.subarray(68).every((byte) => byte === 0xff));
    assert.notDeepEqual(keys.subarray(0, 32), keys.subarray(32));
    return keys;
}

function decrypt(entry, offset, keys) {
    const tweak = Buffer.alloc(16);
    tweak.writeUInt32LE(offset, 0);
    const cipher = crypto.createDecipheriv('aes-256-xts', keys, tweak);
    return Buffer.concat([cipher.update(entry), cipher.final()]);
}

/** {entries: [[written entry | undefined] of each page], state of each page}. */
function readPage(image, number, keys) {
    const page = image.subarray(number * PAGE, (number + 1) * PAGE);
    const state = page.readUInt32LE(0);
    if (state === EMPTY_PAGE) {
        assert.ok(page.every((byte) => byte === 0xff), `page ${number} is empty`);
        return { state, entries: [] };
    }
    assert.equal(page.readUInt32LE(4), number, 'sequence number');
    assert.equal(page[8], 0xfe, 'format version 2');
    assert.ok(page.subarray(9, 28).every((byte) => byte === 0xff));
    assert.equal(page.readUInt32LE(28), crc32(page.subarray(4, 28)), `CRC of page ${number}`);
    assert.equal(page[32 + 31] & 0xf0, 0xf0, 'the bits behind the last entry');
    const entries = [];
    for (let i = 0; i < ENTRIES; i++) {
        const bits = (page[32 + (i >> 2)] >> ((i & 3) * 2)) & 3, at = FIRST + i * ENTRY, bytes = page.subarray(at, at + ENTRY);
        assert.ok(bits === WRITTEN || bits === EMPTY, `state ${bits} of entry ${i}`);
        if (bits === WRITTEN) {
            assert.equal(entries.length, i, 'no hole before a written entry');
            entries.push(keys ? decrypt(bytes, number * PAGE + at, keys) : bytes);
        } else {
            assert.ok(bytes.every((byte) => byte === 0xff), `entry ${i} is empty`);
        }
    }
    return { state, entries };
}

function readEntry(entries, i) {
    const head = entries[i], type = TYPES[head[1]], span = head[2], keyEnd = head.indexOf(0, 8);
    assert.ok(type, `type ${head[1]}`);
    assert.equal(head.readUInt32LE(4), crc32(head.subarray(0, 4), head.subarray(8)), 'CRC of an entry');
    assert.ok(keyEnd > 8 && keyEnd < 24 && head.subarray(keyEnd, 24).every((byte) => byte === 0));
    const found = { space: head[0], type, span, chunk: head[3], name: head.toString('latin1', 8, keyEnd) };
    if (type === 'text' || type === 'data') {
        const size = head.readUInt16LE(24), bytes = Buffer.concat(entries.slice(i + 1, i + span));
        assert.equal(span, 1 + Math.ceil(size / ENTRY));
        assert.equal(bytes.length, (span - 1) * ENTRY, 'a value does not leave its page');
        assert.equal(head.readUInt16LE(26), 0xffff);
        found.value = bytes.subarray(0, size);
        assert.ok(bytes.subarray(size).every((byte) => byte === 0xff), 'filling');
        assert.equal(head.readUInt32LE(28), crc32(found.value), `CRC of ${found.name}`);
    } else {
        assert.equal(span, 1);
        const bytes = { u8: 1, u16: 2, u32: 4, index: 8 }[type];
        assert.ok(head.subarray(24 + bytes).every((byte) => byte === 0xff));
        found.value = type === 'index' ? head.subarray(24) : head.readUIntLE(24, bytes);
    }
    return found;
}

/** {namespace: {name: {type: 'u8'|'u16'|'u32'|'text'|'blob', value}}} of an image. */
export function readNvs(image, keys) {
    assert.equal(image.length % PAGE, 0);
    const pages = Array.from({ length: image.length / PAGE }, (_, number) => readPage(image, number, keys));
    const used = pages.filter((page) => page.state !== EMPTY_PAGE).length;
    assert.ok(used < pages.length, 'one page stays empty');
    pages.forEach((page, number) => assert.equal(page.state, number < used - 1 ? FULL : number === used - 1 ? ACTIVE : EMPTY_PAGE));

    const found = [];
    for (const { entries } of pages)
        for (let i = 0; i < entries.length;) {
            found.push(readEntry(entries, i));
            i += found.at(-1).span;
        }
    const spaces = Object.fromEntries(found.filter((e) => e.space === 0).map((e) => {
        assert.equal(e.type, 'u8');
        return [e.value, e.name];
    }));
    const result = Object.fromEntries(Object.values(spaces).map((name) => [name, {}]));
    const put = (e, type, value) => {
        assert.ok(spaces[e.space], `namespace ${e.space}`);
        assert.equal(result[spaces[e.space]][e.name], undefined, `${e.name} is there once`);
        result[spaces[e.space]][e.name] = { type, value };
    };
    for (const e of found.filter((entry) => entry.space !== 0)) {
        if (e.type === 'index') {
            const [size, count, start] = [e.value.readUInt32LE(0), e.value[4], e.value[5]];
            assert.equal(e.value.readUInt16LE(6), 0xffff);
            assert.equal(e.chunk, 0xff);
            assert.equal(start, 0);
            const chunks = found.filter((c) => c.type === 'data' && c.space === e.space && c.name === e.name);
            assert.deepEqual(chunks.map((c) => c.chunk), Array.from({ length: count }, (_, n) => start + n));
            const value = Buffer.concat(chunks.map((c) => c.value));
            assert.equal(value.length, size);
            put(e, 'blob', value);
        } else if (e.type === 'text') {
            assert.equal(e.chunk, 0xff);
            assert.equal(e.value.indexOf(0), e.value.length - 1, 'ends with its only NUL');
            put(e, 'text', e.value.toString('utf8', 0, e.value.length - 1));
        } else if (e.type !== 'data') {
            assert.equal(e.chunk, 0xff);
            put(e, e.type, e.value);
        }
    }
    const indexed = found.filter((e) => e.type === 'data').every((e) => result[spaces[e.space]][e.name]?.type === 'blob');
    assert.ok(indexed, 'every data entry has its index');
    return result;
}

// SPDX-License-Identifier: Apache-2.0
// Reads the modules of a QR code back into its text (ISO/IEC 18004): versions 6 to 8 with error
// correction M, one run of bytes, an undamaged picture.
import assert from 'node:assert/strict';

// Of each version: centres of the alignment patterns, data codewords of each block.
const VERSIONS = {
    6: { centres: [6, 34], blocks: [27, 27, 27, 27] },
    7: { centres: [6, 22, 38], blocks: [31, 31, 31, 31] },
    8: { centres: [6, 24, 42], blocks: [38, 38, 39, 39] },
};

const MASKS = [
    (r, c) => (r + c) % 2 === 0, (r) => r % 2 === 0, (_, c) => c % 3 === 0, (r, c) => (r + c) % 3 === 0,
    (r, c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2 === 0, (r, c) => ((r * c) % 2) + ((r * c) % 3) === 0,
    (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2 === 0, (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2 === 0,
];

/** The dark modules of an SVG path of "Mx yhN..." runs, without the quiet zone: rows of booleans. */
export function readModules(svg) {
    const [, box] = svg.match(/viewBox="0 0 (\d+) \1"/), side = Number(box) - 8;
    const rows = Array.from({ length: side }, () => new Array(side).fill(false));
    for (const [, x, y, run] of svg.match(/ d="([^"]+)"/)[1].matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g))
        for (let i = 0; i < Number(run); i++) rows[y - 4][Number(x) - 4 + i] = true;
    return rows;
}

function isPattern(side, centres, r, c) {
    if ((r < 9 && (c < 9 || c >= side - 8)) || (r >= side - 8 && c < 9)) return true; // finders, format
    if (r === 6 || c === 6) return true; // timing
    if (side >= 45 && ((r < 6 && c >= side - 11) || (c < 6 && r >= side - 11))) return true; // version
    return centres.some((y) => centres.some((x) => {
        const corner = (y === 6 && x === 6) || (y === 6 && x === side - 7) || (y === side - 7 && x === 6);
        return !corner && Math.abs(r - y) <= 2 && Math.abs(c - x) <= 2;
    }));
}

export function readQr(rows) {
    const side = rows.length, version = (side - 17) / 4, { centres, blocks } = VERSIONS[version];
    const at = (cells) => cells.reduce((bits, [r, c]) => (bits << 1) | (rows[r][c] ? 1 : 0), 0);
    const format = at([[8, 0], [8, 1], [8, 2], [8, 3], [8, 4]]) ^ 0b10101;
    assert.equal(format >> 3, 0, 'error correction M');
    const masked = MASKS[format & 7], bits = [];
    for (let right = side - 1, up = true; right > 0; right -= 2, up = !up) {
        if (right === 6) right = 5;
        for (let i = 0; i < side; i++)
            for (const c of [right, right - 1]) {
                const r = up ? side - 1 - i : i;
                if (!isPattern(side, centres, r, c)) bits.push(rows[r][c] !== masked(r, c) ? 1 : 0);
            }
    }
    const words = Array.from({ length: bits.length >> 3 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8).join(''), 2));
    const data = blocks.map(() => []);
    for (let i = 0, n = 0; i < Math.max(...blocks); i++)
        blocks.forEach((size, b) => i < size && data[b].push(words[n++]));
    const stream = data.flat().map((word) => word.toString(2).padStart(8, '0')).join('');
    assert.equal(stream.slice(0, 4), '0100', 'a run of bytes');
    const length = parseInt(stream.slice(4, 12), 2);
    return Buffer.from(Array.from({ length }, (_, i) => parseInt(stream.slice(12 + 8 * i, 20 + 8 * i), 2))).toString();
}

// SPDX-License-Identifier: Apache-2.0
// A peer for updates over the air that shares no code with ours: it packs images (esptool's
// documentation, "Firmware Image Format"), signs manifests (proto/fleet/manifest.h) with Node's crypto, and
// serves both, well or badly.
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** A Linux program in the form of an ESP32 image: application description, ELF, check byte, hash. */
export function pack(program, { version, securityVersion = 0, project = 'roost-window' }) {
    const header = Buffer.alloc(24);
    header[0] = 0xe9;
    header[1] = 2;
    header.writeUInt16LE(0xfff0, 12);
    header[23] = 1;
    const description = Buffer.alloc(256);
    description.writeUInt32LE(0xabcd5432, 0);
    description.writeUInt32LE(securityVersion, 4);
    description.write(version, 16, 31);
    description.write(project, 48, 31);
    const segments = [description, program].flatMap((data) => {
        const head = Buffer.alloc(8);
        head.writeUInt32LE(data.length, 4);
        return [head, data];
    });
    const body = Buffer.concat([header, ...segments]);
    const padded = Buffer.concat([body, Buffer.alloc(16 - (body.length % 16))]);
    let check = 0xef;
    for (const data of [description, program]) for (const byte of data) check ^= byte;
    padded[padded.length - 1] = check;
    return Buffer.concat([padded, sha256(padded)]);
}

export class Signer {
    constructor() {
        this.pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
        const { x, y } = this.pair.publicKey.export({ format: 'jwk' });
        this.point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    }
    pem() { return createPublicKey(this.pair.privateKey).export({ type: 'spki', format: 'pem' }); }
    manifest(image, { version, securityVersion = 0, product = 'window', target = 'linux', url, changed = {}, signed = {} }) {
        const said = { product, target, version, security_version: securityVersion, size: image.length, sha256: sha256(image).toString('hex'), min_hardware_version: 1, max_hardware_version: 9, ...signed };
        const lines = `roost-firmware-1\n${Object.entries(said).map(([name, value]) => `${name}=${value}\n`).join('')}`;
        return {
            available: true, mandatory: false, version, build: 'test', url, sha256: said.sha256, size: said.size, notes: '',
            security_version: said.security_version, meta: { product, target }, compatibility: { min_hardware_version: 1, max_hardware_version: 9, required_bootloader: null },
            key_id: sha256(this.point).subarray(0, 8).toString('hex'),
            signature: sign('sha256', Buffer.from(lines), { key: this.pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('hex'),
            ...changed,
        };
    }
}

/** Serves /NAME/firmware and /NAME/image, each with its own bytes and its own bad habits. */
export class FirmwareServer {
    constructor() {
        this.offers = new Map();
        this.server = http.createServer((request, response) => this.answer(request, response));
    }
    listen(port = 0) {
        return new Promise((resolve) => this.server.listen(port, '127.0.0.1', () => resolve((this.port = this.server.address().port))));
    }
    close() {
        this.server.closeAllConnections();
        this.server.close();
    }
    url(name) { return `http://127.0.0.1:${this.port}/${name}/firmware`; }
    /** cutAfter: each answer ends without a word after so many bytes of the image. */
    offer(name, offer) {
        const entry = { served: 0, asked: 0, ranges: [], ...offer };
        this.offers.set(name, entry);
        return entry;
    }
    answer(request, response) {
        const [, name, what] = request.url.split('/');
        const offer = this.offers.get(name);
        if (!offer || !['firmware', 'image'].includes(what)) {
            response.writeHead(404).end();
            return;
        }
        if (what === 'firmware') {
            offer.asked++;
            response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ ...offer.manifest, url: offer.manifest.url ?? `/${name}/image` }));
            return;
        }
        const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? 'bytes=0-')[1]);
        offer.ranges.push(from);
        if (from >= offer.image.length) {
            response.writeHead(416).end();
            return;
        }
        response.writeHead(request.headers.range ? 206 : 200, { 'Content-Length': offer.image.length - from, 'Content-Range': `bytes ${from}-${offer.image.length - 1}/${offer.image.length}` });
        this.send(offer, response, from, from + (offer.cutAfter ?? Infinity));
    }
    /** In pieces, so that what is counted is what went out. */
    send(offer, response, at, end) {
        if (response.destroyed) return;
        if (at >= end) {
            response.socket.destroy();
            return;
        }
        if (at >= offer.image.length) {
            response.end();
            return;
        }
        const piece = offer.image.subarray(at, Math.min(at + 16384, end, offer.image.length));
        offer.served += piece.length;
        response.write(piece, () => setTimeout(() => this.send(offer, response, at + piece.length, end), offer.paceMs ?? 0));
    }
}

export const readProgram = (path) => fs.readFileSync(path);

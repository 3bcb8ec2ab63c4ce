#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A voice companion in a terminal, for whoever writes one: comes in at a hub as docs/voice-protocol.md says, asks one thing
// in words, and prints what the hub says, a line each, sound as its length. It announces nothing, so it is answered as a
// device of the field is.
//   voice.mjs --secret-file FILE --device ID --child ID [--hub URL] [--name NAME] [--age N] [--say TEXT] [--wait MS]
// Without --hub it is that of `make run`, with its ROOST_HTTP_PORT.
// Ends with 0 when its question has been answered; with 1 when it is refused or nothing comes; with 2 when called wrongly.
import { createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { parseArgs } from 'node:util';

const text = { type: 'string' };
let options;
try {
    options = parseArgs({
        options: { hub: { ...text, default: `http://127.0.0.1:${process.env.ROOST_HTTP_PORT || 8080}` }, 'secret-file': text, device: text, child: text, name: { ...text, default: 'Mia' },
            age: { ...text, default: '7' }, say: text, wait: { ...text, default: '15000' } },
    }).values;
} catch (error) {
    console.error(error.message);
}
if (!options?.['secret-file'] || !options.device || !options.child) {
    console.error('usage: voice.mjs --secret-file FILE --device ID --child ID [--hub URL] [--name NAME] [--age N] [--say TEXT] [--wait MS]');
    process.exit(2);
}

const hub = new URL(options.hub);
const secret = fs.readFileSync(options['secret-file'], 'utf8').split('\n')[0];
const token = createHmac('sha256', secret).update(options.device).digest('hex');
const query = new URLSearchParams({ device_id: options.device, child_id: options.child, child_name: options.name, child_age: options.age });

/** One masked text frame, as a client has to send it. */
function frame(opcode, body) {
    const mask = randomBytes(4);
    const head = body.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | body.length]) : Buffer.from([0x80 | opcode, 0xfe, body.length >> 8, body.length & 255]);
    return Buffer.concat([head, mask, Buffer.from(body).map((byte, i) => byte ^ mask[i % 4])]);
}

const say = (message) => over || socket.write(frame(1, Buffer.from(JSON.stringify(message))));

let over = false;

function end(status, why) {
    if (over) return;
    over = true;
    if (why) console.log(why);
    process.exitCode = status;
    socket.end(frame(8, Buffer.from([0x03, 0xe8])));
    setTimeout(() => socket.destroy(), 500).unref();
}

function take(message) {
    const shown = { ...message };
    if (shown.audio_data) shown.audio_data = `${Buffer.from(shown.audio_data, 'base64').length} bytes`;
    console.log(JSON.stringify(shown));
    if (message.type === 'system' && message.data.type === 'connection_established') {
        if (options.say) say({ type: 'text_message', text: options.say });
        else say({ type: 'heartbeat' });
        return;
    }
    const answered = ['audio_response', 'text_response', 'error'].includes(message.type) || message.data?.type === 'heartbeat_response';
    if (answered) end(0);
}

/** The first whole frame of `bytes` and what follows it, or null. */
function split(bytes) {
    if (bytes.length < 2) return null;
    let at = 2;
    let len = bytes[1] & 127;
    if (len === 126) [len, at] = bytes.length < 4 ? [Infinity, 4] : [bytes.readUInt16BE(2), 4];
    else if (len === 127) [len, at] = bytes.length < 10 ? [Infinity, 10] : [Number(bytes.readBigUInt64BE(2)), 10];
    return bytes.length < at + len ? null : { opcode: bytes[0] & 15, body: bytes.subarray(at, at + len), rest: bytes.subarray(at + len) };
}

let bytes = Buffer.alloc(0);
let open = false;

function read(part) {
    bytes = Buffer.concat([bytes, part]);
    if (!open) {
        const at = bytes.indexOf('\r\n\r\n');
        if (at < 0) return;
        const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'));
        if (!status.includes(' 101 ')) {
            end(1, status);
            return;
        }
        open = true;
        bytes = bytes.subarray(at + 4);
    }
    for (let found; !over && (found = split(bytes)); ) {
        bytes = found.rest;
        if (found.opcode === 1) take(JSON.parse(found.body));
        else if (found.opcode === 9) socket.write(frame(10, found.body));
        else if (found.opcode === 8) end(1, found.body.length > 1 ? `closed ${found.body.readUInt16BE(0)} ${found.body.subarray(2)}` : 'closed');
    }
}

const socket = net.connect(Number(hub.port || 80), hub.hostname, () => socket.write([
    `GET ${hub.pathname.replace(/\/$/, '')}/api/v1/esp32/private/chat?${query} HTTP/1.1`, `Host: ${hub.host}`, 'Connection: Upgrade', 'Upgrade: websocket',
    'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, `Authorization: Bearer ${token}`, '', ''].join('\r\n')));
socket.on('data', read);
socket.on('error', (error) => end(1, error.message));
setTimeout(() => end(1, 'nothing came'), Number(options.wait)).unref();

// SPDX-License-Identifier: Apache-2.0
// A voice hub of a few lines, written from PROTOCOLS 1 and RFC 6455 and from nothing of ours: it checks the
// token, greets, acknowledges, keeps the sound it hears, and answers a turn with what a test gives it.
import http from 'node:http';
import { createHash, createHmac, randomUUID } from 'node:crypto';

const PATH = '/api/v1/esp32/private/chat';

/** Client frames out of a stream; text and close are told to `take(opcode, payload)`. */
function reader(take) {
    let buffer = Buffer.alloc(0), message = [];
    return (data) => {
        buffer = Buffer.concat([buffer, data]);
        for (;;) {
            if (buffer.length < 6) return;
            let length = buffer[1] & 127, at = 2;
            if (length === 126) { length = buffer.readUInt16BE(2); at = 4; }
            if (length === 127) { length = Number(buffer.readBigUInt64BE(2)); at = 10; }
            if (buffer.length < at + 4 + length) return;
            const mask = buffer.subarray(at, at + 4), payload = Buffer.from(buffer.subarray(at + 4, at + 4 + length));
            for (let i = 0; i < length; i++) payload[i] ^= mask[i & 3];
            const opcode = buffer[0] & 15, final = buffer[0] & 128;
            buffer = buffer.subarray(at + 4 + length);
            if (opcode >= 8) { take(opcode, payload); continue; }
            message.push(payload);
            if (final) { take(1, Buffer.concat(message)); message = []; }
        }
    };
}

function frame(opcode, payload) {
    const length = payload.length;
    const head = length < 126 ? Buffer.from([0x80 | opcode, length]) : Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]);
    return Buffer.concat([head, payload]);
}

export class VoiceHub {
    secret = 'a shared secret of the test, long enough';
    pieces = []; // the answer: {audio, format, sample_rate}
    error = null; // instead of audio_start_ack
    heard = []; // PCM of the last turn
    turns = 0;
    requests = [];
    features = null;
    played = [];

    async start() {
        this.server = http.createServer((_, response) => response.writeHead(404).end());
        this.server.on('upgrade', (request, socket) => this.#upgrade(request, socket));
        await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
        this.url = `ws://127.0.0.1:${this.server.address().port}`;
        return this;
    }

    stop() {
        for (const socket of this.sockets) socket.destroy();
        this.server.close();
    }

    sockets = new Set();

    #upgrade(request, socket) {
        const url = new URL(request.url, 'http://hub');
        this.requests.push(url);
        this.sockets.add(socket);
        socket.on('close', () => this.sockets.delete(socket));
        socket.on('error', () => {});
        const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
        const say = (message) => socket.write(frame(1, Buffer.from(JSON.stringify(message))));
        const token = createHmac('sha256', this.secret).update(url.searchParams.get('device_id') ?? '').digest('hex');
        if (url.pathname !== PATH || url.searchParams.get('token') !== token) {
            socket.end(frame(8, Buffer.from([1008 >> 8, 1008 & 255])));
            return;
        }
        socket.on('data', reader((opcode, payload) => {
            if (opcode === 9) socket.write(frame(10, payload));
            else if (opcode === 8) socket.end(frame(8, payload.subarray(0, 2)));
            else if (opcode === 1) this.#take(JSON.parse(payload), say);
        }));
        const now = new Date().toISOString();
        say({ type: 'system', data: { type: 'connection_established', session_id: randomUUID(), message: 'hello', server_time: now }, timestamp: now });
    }

    #take(message, say) {
        const system = (data) => say({ type: 'system', data, timestamp: new Date().toISOString() });
        switch (message.type) {
        case 'system_status': this.features = message.features ?? this.features; break;
        case 'playback_status': this.played.push(message); break;
        case 'heartbeat': system({ type: 'heartbeat_response', timestamp: new Date().toISOString(), session_status: 'active' }); break;
        case 'audio_start':
            this.heard = [];
            if (this.error) say({ type: 'error', error_code: this.error, error_message: 'no' });
            else system({ type: 'audio_start_ack', audio_session_id: message.audio_session_id, status: 'ready' });
            break;
        case 'audio_chunk': {
            const pcm = Buffer.from(message.audio_data, 'base64');
            this.heard.push(pcm);
            system({ type: 'audio_ack', chunk_id: message.chunk_id, bytes: pcm.length, final: message.is_final, audio_session_id: message.audio_session_id });
            break;
        }
        case 'audio_end':
            this.turns++;
            this.pieces.forEach((piece, i) => say({
                type: 'audio_response', audio_data: piece.audio.toString('base64'), text: 'an answer', format: piece.format,
                sample_rate: piece.sample_rate, audio_rate: piece.sample_rate, seq: i + 1, is_final: i === this.pieces.length - 1,
            }));
            break;
        }
    }
}

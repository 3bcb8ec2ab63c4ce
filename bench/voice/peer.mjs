// SPDX-License-Identifier: Apache-2.0
// The peer in JavaScript: what a hub has to check of a voice companion, on `ws` and Node's own crypto. Keeps nothing,
// recognises nothing, answers each turn with a second of silence. peer.mjs PORT SECRET_FILE
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// The one of the end-to-end tests, as bench/run.sh has installed it.
const { WebSocketServer } = createRequire(path.join(path.dirname(fileURLToPath(import.meta.url)), '../../tests/e2e/support.mjs'))('ws');
const [port, secretFile] = process.argv.slice(2);
const secret = Buffer.from(fs.readFileSync(secretFile, 'utf8').split('\n')[0]);
const PIECE = 6144, REPLY = 32000, ID = /^[A-Za-z0-9_-]+$/, UUID = /^[0-9a-f-]{36}$/i;
const pieces = [];
for (let at = 0; at < REPLY; at += PIECE) pieces.push(Buffer.alloc(Math.min(PIECE, REPLY - at)).toString('base64'));

const hmac = (key, ...parts) => parts.reduce((h, part) => h.update(part), createHmac('sha256', key)).digest();
const same = (digest, hex) => hex.length === 64 && timingSafeEqual(digest, Buffer.from(hex, 'hex'));
const now = () => new Date().toISOString();

function letIn(socket, request) {
    const query = new URL(request.url, 'http://hub').searchParams;
    const device = query.get('device_id') ?? '', age = Number(query.get('child_age'));
    if (!ID.test(device) || device.length < 8 || device.length > 32 || !ID.test(query.get('child_id') ?? '') || !(age >= 3 && age <= 13)
        || !query.get('child_name') || !same(hmac(secret, device), query.get('token') ?? '')) {
        socket.close(1008, 'refused');
        return;
    }
    const session = randomUUID(), key = hmac(secret, 'roost-audio-v1', session);
    let turn = null, last = 0n, seq = 0;
    const say = (message) => socket.send(JSON.stringify({ ...message, timestamp: now() }));
    const fail = (error_code) => say({ type: 'error', error_code, error_message: error_code });
    say({ type: 'system', data: { type: 'connection_established', session_id: session, message: 'connected', server_time: now() } });
    socket.on('error', () => {});
    socket.on('message', (data) => {
        if (data.length > 10000) return fail('message_too_large');
        let m;
        try { m = JSON.parse(data); } catch { return fail('invalid_message'); }
        switch (m.type) {
        case 'audio_start':
            if (!UUID.test(m.audio_session_id)) return fail('audio_start_error');
            turn = m.audio_session_id;
            return say({ type: 'system', data: { type: 'audio_start_ack', audio_session_id: turn, status: 'ready' } });
        case 'audio_chunk': {
            if (m.audio_session_id !== turn) return fail('unknown_session');
            if (typeof m.audio_data !== 'string') return fail('missing_audio_data');
            const pcm = Buffer.from(m.audio_data, 'base64');
            if (pcm.length % 2 || pcm.length > 8192) return fail('invalid_audio_data');
            const number = BigInt(m.seq), head = Buffer.alloc(9);
            if (number <= last) return fail('out_of_order');
            head.writeBigUInt64BE(number);
            head[8] = m.is_final ? 1 : 0;
            if (!same(hmac(key, turn, head, pcm), m.hmac ?? '')) return fail('bad_signature');
            last = number;
            return say({ type: 'system', data: { type: 'audio_ack', chunk_id: m.chunk_id, bytes: pcm.length, final: m.is_final, audio_session_id: turn } });
        }
        case 'audio_end':
            if (m.audio_session_id !== turn) return fail('unknown_session');
            turn = null;
            pieces.forEach((audio_data, i) => say({ type: 'audio_response', audio_data, text: i ? '' : 'Because air scatters blue light.', format: 'pcm_s16le',
                sample_rate: 16000, audio_rate: 16000, seq: ++seq, is_final: i === pieces.length - 1 }));
            return;
        case 'heartbeat':
            return say({ type: 'system', data: { type: 'heartbeat_response', timestamp: now(), session_status: 'active' } });
        }
    });
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port), maxPayload: 16384, perMessageDeflate: false });
server.on('connection', letIn);
server.on('listening', () => console.log('ready'));

# SPDX-License-Identifier: Apache-2.0
"""The peer in Python: the checks of peer.mjs on `websockets`. peer.py PORT SECRET_FILE"""
import asyncio
import base64
import binascii
import datetime
import hashlib
import hmac
import json
import re
import sys
import urllib.parse
import uuid

import websockets

PORT, SECRET_FILE = int(sys.argv[1]), sys.argv[2]
with open(SECRET_FILE, 'rb') as file:
    SECRET = file.readline().rstrip(b'\n')
PIECE, REPLY = 6144, 32000
ID, UUID = re.compile(r'[A-Za-z0-9_-]+'), re.compile(r'[0-9a-fA-F-]{36}')
PIECES = [base64.b64encode(bytes(min(PIECE, REPLY - at))).decode() for at in range(0, REPLY, PIECE)]


def sign(key, *parts):
    return hmac.new(key, b''.join(parts), hashlib.sha256)


def now():
    return datetime.datetime.utcnow().isoformat(timespec='milliseconds') + 'Z'


def allowed(path):
    query = {key: values[0] for key, values in urllib.parse.parse_qs(urllib.parse.urlsplit(path).query).items()}
    device, age = query.get('device_id', ''), query.get('child_age', '')
    return (ID.fullmatch(device) and 8 <= len(device) <= 32 and ID.fullmatch(query.get('child_id', '')) and age.isdigit()
            and 3 <= int(age) <= 13 and query.get('child_name')
            and hmac.compare_digest(sign(SECRET, device.encode()).hexdigest(), query.get('token', '')))


class Session:
    def __init__(self, socket):
        self.socket, self.id = socket, str(uuid.uuid4())
        self.key = sign(SECRET, b'roost-audio-v1', self.id.encode()).digest()
        self.turn, self.last, self.seq = None, 0, 0

    async def say(self, message):
        message['timestamp'] = now()
        await self.socket.send(json.dumps(message, separators=(',', ':')))

    async def fail(self, code):
        await self.say({'type': 'error', 'error_code': code, 'error_message': code})

    async def chunk(self, m):
        if m.get('audio_session_id') != self.turn or self.turn is None:
            return await self.fail('unknown_session')
        if not isinstance(m.get('audio_data'), str):
            return await self.fail('missing_audio_data')
        try:
            pcm = base64.b64decode(m['audio_data'], validate=True)
        except binascii.Error:
            return await self.fail('invalid_audio_data')
        if len(pcm) % 2 or len(pcm) > 8192:
            return await self.fail('invalid_audio_data')
        if m['seq'] <= self.last:
            return await self.fail('out_of_order')
        head = m['seq'].to_bytes(8, 'big') + (b'\1' if m['is_final'] else b'\0')
        if not hmac.compare_digest(sign(self.key, self.turn.encode(), head, pcm).hexdigest(), m.get('hmac', '')):
            return await self.fail('bad_signature')
        self.last = m['seq']
        await self.say({'type': 'system', 'data': {'type': 'audio_ack', 'chunk_id': m['chunk_id'], 'bytes': len(pcm), 'final': m['is_final'],
                                                   'audio_session_id': self.turn}})

    async def reply(self, m):
        if m.get('audio_session_id') != self.turn or self.turn is None:
            return await self.fail('unknown_session')
        self.turn = None
        for i, piece in enumerate(PIECES):
            self.seq += 1
            await self.say({'type': 'audio_response', 'audio_data': piece, 'text': '' if i else 'Because air scatters blue light.',
                            'format': 'pcm_s16le', 'sample_rate': 16000, 'audio_rate': 16000, 'seq': self.seq, 'is_final': i == len(PIECES) - 1})

    async def take(self, text):
        if len(text) > 10000:
            return await self.fail('message_too_large')
        try:
            m = json.loads(text)
        except ValueError:
            return await self.fail('invalid_message')
        kind = m.get('type')
        if kind == 'audio_start':
            if not UUID.fullmatch(m.get('audio_session_id', '')):
                return await self.fail('audio_start_error')
            self.turn = m['audio_session_id']
            await self.say({'type': 'system', 'data': {'type': 'audio_start_ack', 'audio_session_id': self.turn, 'status': 'ready'}})
        elif kind == 'audio_chunk':
            await self.chunk(m)
        elif kind == 'audio_end':
            await self.reply(m)
        elif kind == 'heartbeat':
            await self.say({'type': 'system', 'data': {'type': 'heartbeat_response', 'timestamp': now(), 'session_status': 'active'}})


async def serve(socket):
    if not allowed(socket.path):
        return await socket.close(1008, 'refused')
    session = Session(socket)
    try:
        await session.say({'type': 'system', 'data': {'type': 'connection_established', 'session_id': session.id, 'message': 'connected',
                                                      'server_time': now()}})
        async for text in socket:
            await session.take(text)
    except websockets.ConnectionClosed:
        pass


async def main():
    async with websockets.serve(serve, '127.0.0.1', PORT, max_size=16384, compression=None):
        print('ready', flush=True)
        await asyncio.Future()

asyncio.run(main())

// SPDX-License-Identifier: Apache-2.0
// An FTP server that does what its first argument says, on the port of the second: everything is
// legal or a fault that was met, and none of it is kind. The file it has is byte i = 7 i + 3.
import net from 'node:net';

const [how, port] = process.argv.slice(2);
const file = Buffer.alloc(10000, 0).map((_, i) => 7 * i + 3);

// One byte a write, so that no reply comes whole.
async function say(socket, text) {
    for (const byte of Buffer.from(text)) {
        if (!socket.destroyed) socket.write(Buffer.from([byte]));
        await new Promise(setImmediate);
    }
}

function passive() {
    return new Promise(resolve => {
        const listener = net.createServer();
        listener.listen(0, '127.0.0.1', () => resolve({
            port: listener.address().port,
            socket: new Promise(done => listener.once('connection', socket => {
                listener.close();
                socket.on('error', () => {});
                done(socket);
            })),
        }));
    });
}

async function retrieve(control, data) {
    await say(control, '150-it\r\n150 comes\r\n');
    const socket = await data.socket;
    if (how === 'hang-transfer') return;
    if (how === 'reset') {
        socket.write(file.subarray(0, 4000), () => setTimeout(() => socket.resetAndDestroy(), 100));
        await new Promise(done => socket.once('close', done));
        return say(control, '426 it broke\r\n');
    }
    if (how === 'gives-up') {
        socket.end(file.subarray(0, 4000));
        return say(control, '426 something here\r\n');
    }
    if (how === 'vanishes') {
        socket.write(file.subarray(0, 4000), () => { socket.destroy(); control.destroy(); });
        return;
    }
    await say(control, '226 all of it\r\n'); // before a byte has gone
    setTimeout(() => socket.end(file), 50);
}

async function store(control, data) {
    await say(control, '125 go on\r\n');
    const socket = await data.socket;
    let bytes = 0;
    socket.on('data', part => {
        bytes += part.length;
        if (how === 'full' && bytes > 4000) {
            how_full(control, socket);
        }
    });
    socket.once('end', () => how !== 'full' && say(control, `250 kept ${bytes}\r\n`));
}

let told = false;
function how_full(control, socket) {
    if (told) return;
    told = true;
    socket.destroy();
    void say(control, '552 no room\r\n');
}

async function serve(control) {
    let data, rest = '';
    control.on('error', () => {});
    if (how === 'hang-greeting') return;
    if (how === 'no-ftp') return control.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    control.on('data', async bytes => {
        rest += bytes;
        for (let end; (end = rest.indexOf('\r\n')) >= 0;) {
            const [verb] = rest.slice(0, end).split(' ');
            rest = rest.slice(end + 2);
            if (verb === 'USER') await say(control, '331 password\r\n');
            else if (verb === 'PASS') await say(control, '230-hello\r\n 230 you\r\n230 in\r\n');
            else if (verb === 'TYPE') await say(control, '200 ok\r\n');
            else if (verb === 'EPSV') await say(control, '500 what is that?\r\n');
            else if (verb === 'PASV') {
                data = await passive();
                await say(control, `227 =10,255,255,1,${data.port >> 8},${data.port & 255}\r\n`);
            } else if (verb === 'RETR') await retrieve(control, data);
            else if (verb === 'STOR') await store(control, data);
            else if (verb === 'QUIT') control.end('221 bye\r\n');
            else await say(control, '502 no\r\n');
        }
    });
    await say(control, '220-welcome\r\n220-\r\n  220 to it\r\n220 ready\r\n');
}

net.createServer(serve).listen(+port, '127.0.0.1');

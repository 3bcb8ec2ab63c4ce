// SPDX-License-Identifier: Apache-2.0
// The peer of the central system: npm ocpp-rpc in strict mode, which checks every message against the alliance's schemas, and
// stores nothing. central.mjs PORT
import { createRequire } from 'node:module';

const { RPCServer } = createRequire(new URL('../../tests/e2e/package.json', import.meta.url))('ocpp-rpc');
let transactions = 0;
const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
server.auth((accept) => accept());
server.on('client', (client) => {
    client.handle('BootNotification', () => ({ status: 'Accepted', interval: 300, currentTime: new Date().toISOString() }));
    client.handle('StartTransaction', () => ({ transactionId: ++transactions, idTagInfo: { status: 'Accepted' } }));
    client.handle('StopTransaction', () => ({}));
    client.handle('MeterValues', () => ({}));
    client.handle('StatusNotification', () => ({}));
    client.handle('Heartbeat', () => ({ currentTime: new Date().toISOString() }));
});
await server.listen(Number(process.argv[2]), '127.0.0.1');
console.log('ready');

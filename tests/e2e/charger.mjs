// SPDX-License-Identifier: Apache-2.0
// roost-charger as a process of a test.
import fs from 'node:fs';
import path from 'node:path';
import { bin, until } from './support.mjs';

/** The firmware of a charger of the hub (a Chargers of ocpp.mjs); its control socket answers. */
export class Charger {
    static async start(hub, id, { password, profile = 1, args = [] }) {
        const self = new Charger();
        Object.assign(self, { hub, id, profile, args, state: path.join(hub.stack.dir, `${id}-state`), keyFile: path.join(hub.stack.dir, `${id}.key`) });
        // A charger's password is the bytes that its AuthorizationKey stands for.
        fs.writeFileSync(self.keyFile, Buffer.from(password).toString('hex'), { mode: 0o600 });
        await self.run();
        return self;
    }
    async run() {
        const socket = path.join(this.hub.stack.dir, `${this.id}.sock`);
        this.program = this.hub.stack.start(this.id, path.join(bin, 'roost-charger'),
            ['--id', this.id, '--state', this.state, '--url', this.hub.url, '--password-file', this.keyFile, '--profile', String(this.profile), '--control', socket, ...this.args]);
        await until(`${this.id} answers`, () => fs.existsSync(socket) && this.tell('state'));
    }
    tell(words) { return this.hub.stack.control(this.id, words); }
    connector(n) { return this.tell('state').connectors[n - 1]; }
    async status(n, status, seconds = 20) { await until(`connector ${n} is ${status}, not ${this.connector(n).status}`, () => this.connector(n).status === status, seconds); }
    kill() { return this.program.kill('SIGKILL'); }
}

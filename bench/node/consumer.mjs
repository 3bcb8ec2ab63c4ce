// SPDX-License-Identifier: Apache-2.0
// The peer in JavaScript: MQTT readings into SQLite, the way a careful author would write it with
// the usual packages. Rows of one transaction: what came in 50 ms, 1000 at most; prepared statements;
// WAL with synchronous=FULL; the same two tables and indexes as Roost's. It knows no duplicates,
// registers no devices and checks no range.
//
// The library handles packets one after the other and acknowledges each when handleMessage calls
// back. `drain` calls back when the message is in the batch, so a crash may lose a batch that was
// acknowledged: faster, and less than Roost promises. `drain-safe` calls back after the commit, which
// is what Roost promises, and makes every transaction one row.
//
//   consumer.mjs subscribe  URL USER PASSWORD_FILE CLIENT_ID TOPIC...     subscribes and ends
//   consumer.mjs drain      URL USER PASSWORD_FILE CLIENT_ID DATABASE     until it is killed
//   consumer.mjs drain-safe URL USER PASSWORD_FILE CLIENT_ID DATABASE     until it is killed
//
// Both print how many rows it has committed so far, a line whenever that changed.
import fs from 'node:fs';
import mqtt from 'mqtt';
import Database from 'better-sqlite3';

const BATCH_MS = 50;
const BATCH_ROWS = 1000;
const PRINT_MS = 20;

const [verb, url, user, passwordFile, clientId, ...rest] = process.argv.slice(2);
const options = {
    username: user,
    password: fs.readFileSync(passwordFile, 'utf8').trim(),
    clientId,
    clean: false,
    reconnectPeriod: 0,
};

async function subscribe(topics) {
    const client = await mqtt.connectAsync(url, options);
    await client.subscribeAsync(topics, { qos: 1 });
    await client.endAsync();
}

function drain(file, batchRows) {
    const db = new Database(file);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    const insert = {};
    for (const kind of ['temperature', 'humidity']) {
        db.exec(`CREATE TABLE sensor_${kind}(timestamp INTEGER NOT NULL, device_id TEXT NOT NULL, value REAL NOT NULL);
                 CREATE INDEX sensor_${kind}_device ON sensor_${kind}(device_id, timestamp);`);
        insert[kind] = db.prepare(`INSERT INTO sensor_${kind}(timestamp, device_id, value) VALUES (?, ?, ?)`);
    }
    const store = db.transaction((rows) => {
        for (const row of rows) insert[row.kind].run(row.timestamp, row.device, row.value);
    });
    let batch = [];
    let committed = 0;
    let printed = 0;
    const flush = () => {
        if (batch.length === 0) return;
        store(batch);
        committed += batch.length;
        batch = [];
    };
    setInterval(flush, BATCH_MS);
    setInterval(() => {
        if (committed === printed) return;
        printed = committed;
        console.log(printed);
    }, PRINT_MS);

    // The session is resumed with the first packet, so the handler stands before the connection does.
    const client = mqtt.connect(url, { ...options, manualConnect: true });
    client.handleMessage = (packet, done) => {
        const [, device, kind] = packet.topic.split('/');
        const text = packet.payload.toString();
        const reading = text.startsWith('{') ? JSON.parse(text) : { value: Number(text) };
        if (insert[kind] && Number.isFinite(reading.value))
            batch.push({ kind, device, timestamp: reading.ts ?? Date.now(), value: reading.value });
        if (batch.length >= batchRows) flush();
        done();
    };
    client.on('error', (error) => {
        console.error(error.message);
        process.exit(1);
    });
    client.connect();
}

if (verb === 'subscribe') await subscribe(rest);
else drain(rest[0], verb === 'drain-safe' ? 1 : BATCH_ROWS);

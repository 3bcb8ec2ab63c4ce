// SPDX-License-Identifier: Apache-2.0
// A real Prometheus scrapes the hub and the model.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Stack, freePort, until } from './support.mjs';

test('prometheus finds hub and model up and their counters in it', async (t) => {
    const stack = await Stack.create();
    t.after(() => stack.stop());
    await stack.startBroker();
    await stack.startHub();
    await stack.startModel();
    const port = await freePort();
    const config = path.join(stack.dir, 'prometheus.yml');
    fs.writeFileSync(config, `scrape_configs:
  - {job_name: hub, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{targets: ['127.0.0.1:${stack.httpPort}']}]}
  - {job_name: model, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{targets: ['127.0.0.1:${stack.modelPort}']}]}
`);
    stack.start('prometheus', 'prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${stack.dir}/tsdb`, `--web.listen-address=127.0.0.1:${port}`]);
    const probe = await stack.client();
    for (let i = 0; i < 5; i++) await probe.publishAsync('sensor/prom-1/temperature', '20', { qos: 1 });
    const ask = async (query) => (await (await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`)).json()).data.result;
    await until('both are up', async () => (await ask('sum(up)'))[0]?.value[1] === '2', 40);
    await until('the counter is there', async () => (await ask('roost_ingest_stored_total{topic="temperature"}'))[0]?.value[1] === '5', 20);
    assert.equal((await ask('roost_ml_model_info')).length, 1);
});

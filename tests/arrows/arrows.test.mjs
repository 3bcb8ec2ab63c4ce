// SPDX-License-Identifier: Apache-2.0
// The house as docs/ARCHITECTURE.md draws it: a file includes what lies below its folder and nothing
// else, programs know no other program, and where the code of all products stands no word is one
// product's. Read from the #include lines, so that a wrong arrow is a line of this test's output and
// not the discovery of whoever adds the next product.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const root = process.env.ROOST_ROOT ?? process.cwd();

// What a folder may include besides itself; the longest prefix of a path has the say. Tests may use
// what stands in for the world, too.
const below = {
    'core/': [],
    'port/port.h': ['core/', 'port/pki.h'],
    'port/pki.h': ['core/'],
    'port/pki/': ['core/', 'port/port.h', 'port/pki.h'],
    'port/': ['core/', 'port/port.h'],
    'port/esp-idf/': ['core/', 'port/port.h', 'port/parts/', 'port/pki/', 'proto/fleet/', 'world/'],
    'port/linux/': ['core/', 'port/port.h', 'port/pki/', 'proto/fleet/', 'world/time.h'],
    'port/sim/': ['core/', 'port/port.h', 'port/pki/', 'proto/fleet/', 'world/time.h'],
    'world/': ['core/', 'port/port.h'],
    'proto/': ['core/', 'port/port.h'],
    'runtime/': ['core/', 'port/port.h', 'proto/'],
    'devices/window/': ['core/', 'port/port.h', 'proto/', 'runtime/'],
    'devices/teddy/': ['core/', 'port/port.h', 'proto/', 'runtime/'],
    'devices/charger/': ['core/', 'port/port.h', 'proto/', 'runtime/'],
    'examples/lamp/': ['core/', 'port/port.h', 'proto/', 'runtime/', 'world/', 'apps/device/', 'firmware/common/'],
    'host/': ['core/'],
    'hub/': ['core/', 'proto/', 'host/'],
    'hub/service.': ['core/', 'proto/fleet/', 'host/'],
    'hub/fleet/': ['core/', 'proto/fleet/', 'proto/faults.h', 'host/', 'hub/service.h', 'hub/uuid.h', 'hub/store/', 'hub/factory/'],
    'hub/ingest/': ['core/', 'proto/fleet/', 'host/', 'hub/service.h', 'hub/settings.h', 'hub/clock_doubt.h', 'hub/store/', 'hub/fleet/'],
    'hub/rest/': ['core/', 'host/', 'hub/fleet/'],
    'hub/climate/': ['core/', 'proto/', 'host/', 'hub/service.h', 'hub/settings.h', 'hub/uuid.h', 'hub/store/', 'hub/fleet/', 'hub/ingest/', 'hub/rest/'],
    'hub/child.': ['core/'],
    'hub/safety/': ['core/', 'hub/child.h'],
    'hub/companion/': ['core/', 'hub/child.h'],
    'hub/voice/provider.h': ['core/', 'hub/child.h'],
    'hub/voice/': ['core/', 'proto/', 'host/', 'hub/service.h', 'hub/peer.h', 'hub/peer_fake.h', 'hub/child.h', 'hub/birth.h', 'hub/settings.h', 'hub/uuid.h', 'hub/store/', 'hub/factory/', 'hub/fleet/', 'hub/ingest/', 'hub/rest/', 'hub/safety/', 'hub/companion/'],
    'hub/money/': ['core/'],
    'hub/provider/': ['core/', 'host/', 'hub/money/', 'hub/worker.h'],
    'hub/csms/book.h': ['core/', 'proto/ocpp/'],
    'hub/csms/': ['core/', 'proto/', 'host/', 'hub/service.h', 'hub/peer.h', 'hub/peer_fake.h', 'hub/money/', 'hub/store/', 'hub/fleet/', 'hub/ingest/', 'hub/rest/'],
    'hub/speech/': ['core/', 'host/', 'hub/child.h', 'hub/settings.h', 'hub/worker.h', 'hub/companion/', 'hub/safety/', 'hub/voice/provider.h'],
    'hub/api/': ['core/', 'proto/fleet/', 'proto/voice/', 'host/', 'hub/service.h', 'hub/child.h', 'hub/birth.h', 'hub/uuid.h', 'hub/worker.h', 'hub/store/', 'hub/fleet/', 'hub/rest/', 'hub/factory/', 'hub/firmware/'],
    'ml/': ['core/', 'proto/', 'host/', 'world/'],
    'apps/device/': ['core/', 'port/', 'proto/', 'runtime/', 'world/', 'host/'],
    'apps/roost-window/': ['core/', 'port/', 'proto/', 'runtime/', 'world/', 'host/', 'apps/device/', 'devices/'],
    'apps/roost-teddy/': ['core/', 'port/', 'proto/', 'runtime/', 'world/', 'host/', 'apps/device/', 'devices/'],
    'apps/roost-charger/': ['core/', 'port/', 'proto/', 'runtime/', 'world/', 'host/', 'apps/device/', 'devices/'],
    'apps/roost-gate/': ['core/', 'host/', 'hub/'],
    'apps/roost-load/': ['core/', 'port/', 'proto/', 'runtime/', 'world/', 'host/', 'apps/device/', 'devices/'],
    'apps/roostd/': ['core/', 'proto/', 'host/', 'hub/'],
    'apps/roost/': ['core/', 'proto/', 'host/', 'hub/'],
    'firmware/': ['core/', 'port/', 'proto/', 'runtime/', 'world/', 'devices/'],
    'deploy/': [],
    'tools/docs/': ['core/', 'proto/'],
    'tools/factory/': ['core/', 'port/port.h', 'proto/', 'host/'],
    'tools/firmware/': ['core/', 'port/port.h', 'port/linux/', 'proto/', 'host/'],
    'tools/speech/': ['core/', 'host/', 'hub/companion/', 'hub/child.h'],
    'tools/listen/': ['core/', 'port/linux/', 'host/'],
    'tools/safety/': ['core/', 'host/', 'hub/safety/', 'hub/child.h'],
    'tools/size/': ['core/', 'port/', 'proto/', 'runtime/', 'devices/', 'tests/rv32/'],
    'sim/': ['core/', 'port/', 'proto/', 'runtime/', 'world/', 'devices/', 'host/', 'hub/'],
};
const inTests = ['tests/', 'world/', 'port/'];

// Each with its reason. One that is no longer needed is a failure: the list stays short.
const includeExceptions = [
    ['core/reset.h', 'port/port.h', 'names the contract’s reset reasons'],
    ['core/settings.c', 'port/port.h', 'settings are kept in the contract’s key-value store'],
    ['proto/faults.c', 'examples/lamp/fault_list.h', 'the catalogue: one line a product'],
    ['hub/api/openapi_test.c', 'hub/products/products.h', 'the description holds the products’ routes, too'],
    ['hub/climate/rest_test.c', 'hub/api/test_web.h', 'the rig of a server and its clients, which stands where most use it'],
    ['port/esp-idf/esp_port.h', 'runtime/networks.h', 'the Wi-Fi driver is told of networks as the device keeps them'],
    ['port/sim/board.h', 'port/linux/crypto.h', 'keys and signatures are real in virtual time, too'],
    ['port/sim/board.h', 'port/esp-idf/esp_pki.h', 'and certificates are read by what the chip reads them with'],
];

const products = /window|sash|teddy|charger/i;
const shared = ['core/', 'runtime/', 'host/', 'hub/service.', 'hub/api/', 'hub/store/registry', 'hub/sockets/', 'hub/fleet/', 'hub/ingest/', 'hub/rest/', 'port/port.h'];
const wordExceptions = [];

const isTest = (file) => /_test\.c$|\/test\/|\/e2e\/|test_\w+\.h$|_(rig|fake|suite)\.h$|\/conformance\w*\.[ch]$/.test(file);
const longest = (prefixes, file) => prefixes.filter((p) => file.startsWith(p)).sort((a, b) => b.length - a.length)[0];

/** The wrong include lines of a file, as "file:line: ..."; an exception that was needed is put into `used`. */
function wrongIncludes(file, text, used = new Set()) {
    const folder = longest(Object.keys(below), file);
    const found = [];
    text.split('\n').forEach((line, i) => {
        const target = /^\s*#\s*include\s+"([^"]+)"/.exec(line)?.[1];
        const top = target?.split('/')[0];
        if (top !== '..' && (!target?.includes('/') || !tops.has(top))) return; // a file beside it, or a vendor's
        const allowed = [folder, ...below[folder], ...(isTest(file) ? inTests : [])];
        if (allowed.some((prefix) => target.startsWith(prefix))) return;
        const exception = includeExceptions.find(([from, to]) => from === file && target.startsWith(to));
        if (exception) used.add(exception);
        else found.push(`${file}:${i + 1}: includes ${target}; below ${folder} are ${allowed.slice(1).join(' ') || 'none'}`);
    });
    return found;
}

/** The lines of a shared file that speak of a product. Tests name products as examples. */
function productWords(file, text, used = new Set()) {
    if (!shared.some((prefix) => file.startsWith(prefix)) || isTest(file)) return [];
    const found = [];
    text.split('\n').forEach((line, i) => {
        const word = products.exec(line)?.[0];
        if (!word) return;
        const exception = wordExceptions.find(([from, part]) => file.startsWith(from) && line.includes(part));
        if (exception) used.add(exception);
        else found.push(`${file}:${i + 1}: "${word}" in what is every product's: ${line.trim()}`);
    });
    return found;
}

function* sources(folder) {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
        const name = folder + entry.name;
        if (entry.isDirectory() && !/^(node_modules|build.*|\..*|managed_components)$/.test(entry.name)) yield* sources(`${name}/`);
        else if (/\.(c|h|cpp)$/.test(entry.name)) yield name;
    }
}

const files = [...sources('')];
const tops = new Set(files.filter((f) => f.includes('/')).map((f) => f.split('/')[0]));
const anything = ['tests/', 'bench/', 'fuzz/']; // look at what they like

test('a wrong arrow and a product’s word are found with file and line', () => {
    assert.deepEqual(wrongIncludes('hub/fleet/x.c', '#include "hub/fleet/x.h"\n#include "devices/window/window.h"\n'),
        ['hub/fleet/x.c:2: includes devices/window/window.h; below hub/fleet/ are core/ proto/fleet/ proto/faults.h host/ hub/service.h hub/uuid.h hub/store/ hub/factory/']);
    assert.equal(wrongIncludes('hub/ingest/x.c', '#include "hub/climate/climate.h"').length, 1);
    assert.equal(wrongIncludes('devices/window/x.c', '#include "hub/service.h"').length, 1);
    assert.equal(wrongIncludes('tools/factory/x.c', '#include "tools/firmware/show.h"').length, 1);
    assert.equal(wrongIncludes('apps/roost/x.c', '#include "apps/roostd/hub.h"').length, 1);
    assert.equal(wrongIncludes('core/x.c', '  # include "host/log.h"').length, 1);
    assert.equal(wrongIncludes('core/x.c', '#include "../host/log.h"').length, 1);
    assert.equal(wrongIncludes('core/x_test.c', '#include "tests/support/support.h"').length, 0);
    assert.equal(wrongIncludes('port/esp-idf/x.c', '#include "driver/gpio.h"\n#include "esp_port.h"').length, 0);
    assert.deepEqual(productWords('runtime/x.h', '/*\n * a Teddy\n */'), ['runtime/x.h:2: "Teddy" in what is every product\'s: * a Teddy']);
    assert.equal(productWords('hub/climate/x.c', 'window').length, 0);
});

test('includes run downwards', () => {
    const used = new Set();
    const wrong = files.filter((f) => !anything.some((p) => f.startsWith(p))).flatMap((file) => {
        assert.ok(longest(Object.keys(below), file), `${file}: its folder has no row in tests/arrows/arrows.test.mjs`);
        return wrongIncludes(file, fs.readFileSync(path.join(root, file), 'utf8'), used);
    });
    assert.equal(wrong.join('\n'), '');
    for (const exception of includeExceptions) assert.ok(used.has(exception), `no longer needed: ${exception.join(' -> ')}`);
});

test('no product’s word stands in what is every product’s', () => {
    const used = new Set();
    const found = files.flatMap((file) => productWords(file, fs.readFileSync(path.join(root, file), 'utf8'), used));
    assert.equal(found.join('\n'), '');
    for (const exception of wordExceptions) assert.ok(used.has(exception), `no longer needed: ${exception.join(' -> ')}`);
});

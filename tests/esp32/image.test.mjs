// SPDX-License-Identifier: Apache-2.0
// An image contains only what its board lists: each board that a product's Kconfig can choose is compiled
// from its hardware.h and linked with the drivers' archives as ESP-IDF does it, and the linker's map tells
// what came along. What only ESP-IDF's headers would compile is a name here (image_main.c).
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { defaultsFor, readKconfig } from './kconfig.mjs';

const root = process.cwd();
const { ROOST_CC: cc, ROOST_ARCHIVES: archives, ROOST_FLAGS: flags } = process.env;
const compile = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-Wno-missing-field-initializers', '-I', root,
    '-I', path.join(root, 'tests/esp32/fake'), '-ffunction-sections', '-fdata-sections', ...(flags ? flags.split(' ') : [])];
const symbolsOf = (product) => ['common', `${product}/main`].flatMap((folder) => readKconfig(path.join(root, `firmware/${folder}/Kconfig.projbuild`)));

const drivers = { // of a choice: its symbol, the files that it brings
    WIFI: ['esp_wifi_driver'], OPENETH: ['esp_openeth_driver'],
    DHT22: ['esp_dht22_driver', 'esp_dht22', 'dht22'], BME280: ['esp_bme280_driver', 'esp_bme280', 'bme280'],
    SERVO: ['esp_servo_driver', 'esp_servo'], STEPPER: ['esp_stepper_driver', 'esp_stepper'],
    INMP441: ['esp_inmp441_driver', 'esp_inmp441'], NONE: [],
};
const modelled = ['model', 'esp_world', 'window', 'climate', 'microphone', 'house', 'street', 'sash'];

function build(product, chosen) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-image-'));
    const at = (name) => path.join(dir, name);
    const config = defaultsFor(symbolsOf(product), 'ESP32C3', chosen);
    fs.writeFileSync(at('sdkconfig.h'), [...config].map(([name, value]) => `#define CONFIG_${name} ${value === 'y' ? 1 : value}\n`).join(''));
    fs.writeFileSync(at('list.c'), `#include "firmware/${product}/main/hardware.h"\n` +
        'extern const struct esp_part *const image_parts;\nextern const size_t image_part_count;\n' +
        `const struct esp_part *const image_parts = ${product}_parts;\n` +
        `const size_t image_part_count = sizeof ${product}_parts / sizeof ${product}_parts[0];\n`);
    execFileSync(cc, [...compile, '-I', dir, '-c', at('list.c'), '-o', at('list.o')], { stdio: 'pipe' });
    const wanted = execFileSync('nm', ['-u', at('list.o')], { encoding: 'utf8' }).match(/\b(esp|window|teddy|charger)_\w+/g).sort();
    execFileSync(cc, [...compile, at('list.o'), 'tests/esp32/image_main.c', '-Wl,--start-group', ...archives.split(';'), '-Wl,--end-group',
        '-lm', '-Wl,--gc-sections', `-Wl,-Map=${at('map')}`, '-o', at('image')], { stdio: 'pipe' });
    const members = new Set([...fs.readFileSync(at('map'), 'utf8').split('Discarded input sections')[0].split('\nMemory Configuration')[0]
        .matchAll(/^\S*lib(?:esp32|roost)_\w+\.a\((\w+)\.c\.o\)/gm)].map((m) => m[1]));
    const names = execFileSync(at('image'), { encoding: 'utf8' }).trim().split('\n');
    fs.rmSync(dir, { recursive: true });
    return { wanted, members, names };
}

const boards = [];
for (const network of ['WIFI', 'OPENETH'])
    for (const climate of network === 'WIFI' ? ['DHT22', 'BME280', 'MODEL'] : ['MODEL'])
        for (const motor of network === 'WIFI' ? ['SERVO', 'STEPPER', 'MODEL'] : ['MODEL'])
            for (const audio of network === 'WIFI' ? ['INMP441', 'MODEL', 'NONE'] : ['MODEL', 'NONE'])
                boards.push({ network, climate, motor, audio });

for (const { network, climate, motor, audio } of boards)
    test(`an image with ${[network, climate, motor, audio].join(', ')} has these parts and no other`, () => {
        const { wanted, members, names } = build('window', [`ROOST_NETWORK_${network}`, `ROOST_CLIMATE_${climate}`, `ROOST_MOTOR_${motor}`, `ROOST_AUDIO_${audio}`]);
        const parts = { climate, motor, audio };
        const expected = ['esp_mqtt_driver', 'esp_http_driver', drivers[network][0]];
        for (const [kind, choice] of Object.entries(parts))
            expected.push(...choice === 'MODEL' ? [`window_model_${kind}`] : drivers[choice].slice(0, 1));
        assert.deepEqual(wanted, expected.sort());
        assert.equal(new Set(names).size, expected.length, `each has a name of its own: ${names}`);

        const chosen = Object.values(parts);
        for (const [choice, [, ...files]] of Object.entries(drivers))
            for (const file of files) assert.equal(members.has(file), chosen.includes(choice), `${file}: ${[...members]}`);
        for (const file of modelled) assert.equal(members.has(file), chosen.includes('MODEL'), `${file}: ${[...members]}`);
        for (const file of ['esp_twai', 'esp_gpio', 'esp_hw']) // lines and CAN are on no window's board
            assert.equal(members.has(file), file === 'esp_hw' && chosen.some((c) => c !== 'NONE'), `${file}: ${[...members]}`);
    });

for (const [network, sound] of [['WIFI', 'DUPLEX'], ['WIFI', 'MODEL'], ['OPENETH', 'MODEL']])
    test(`a teddy's image with ${network}, ${sound} has these parts and no other`, () => {
        const { wanted, members } = build('teddy', [`ROOST_NETWORK_${network}`, `ROOST_SOUND_${sound}`]);
        const own = sound === 'MODEL' ? ['teddy_modelled'] : ['esp_duplex_driver', 'esp_led_driver', 'esp_lines_driver'];
        assert.deepEqual(wanted, ['esp_http_driver', 'esp_ws_driver', drivers[network][0], ...own].sort());
        for (const file of ['esp_duplex', 'esp_led', 'esp_gpio']) assert.equal(members.has(file), sound === 'DUPLEX', `${file}: ${[...members]}`);
        for (const file of ['modelled', 'esp_world', 'ear', 'mouth', 'lines']) assert.equal(members.has(file), sound === 'MODEL', `${file}: ${[...members]}`);
        for (const file of ['esp_inmp441', 'esp_dht22', 'esp_servo', 'model', 'house']) assert.ok(!members.has(file), `${file}: ${[...members]}`);
    });

for (const [network, power, meter] of [['WIFI', 'BOARD', false], ['WIFI', 'BOARD', true], ['WIFI', 'MODEL', false], ['OPENETH', 'MODEL', false]])
    test(`a charger's image with ${network}, ${power}${meter ? ', an energy meter' : ''} has these parts and no other`, () => {
        const { wanted, members, names } = build('charger', [`ROOST_NETWORK_${network}`, `ROOST_POWER_${power}`, ...meter ? ['ROOST_DC_METER'] : []]);
        const own = power === 'MODEL' ? ['charger_modelled']
            : ['esp_twai_driver', 'esp_mcp2515_driver', 'esp_lines_driver', 'charger_gun_driver', ...meter ? ['charger_meter_driver'] : []];
        const expected = ['esp_http_driver', 'esp_ws_driver', 'esp_certificates_driver', drivers[network][0], ...own];
        assert.deepEqual(wanted, expected.sort());
        assert.equal(new Set(names).size, expected.length, `each has a name of its own: ${names}`);
        for (const file of ['esp_twai', 'esp_gpio']) assert.equal(members.has(file), power === 'BOARD', `${file}: ${[...members]}`);
        for (const file of ['modelled', 'esp_world', 'circuit', 'lines']) assert.equal(members.has(file), power === 'MODEL', `${file}: ${[...members]}`);
        for (const file of ['esp_inmp441', 'esp_dht22', 'esp_servo', 'esp_duplex', 'house', 'ear']) assert.ok(!members.has(file), `${file}: ${[...members]}`);
    });

test('nothing but a list names a driver', () => {
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'port/esp-idf', 'firmware'], { encoding: 'utf8' })
        .split('\n').filter((f) => f.endsWith('.c') && !f.includes('/test/') && fs.existsSync(f));
    const defined = new Map();
    for (const file of files)
        for (const [, name] of fs.readFileSync(file, 'utf8').matchAll(/^const struct esp_driver (\w+) =/gm)) defined.set(name, file);
    assert.ok(defined.size >= 15);
    for (const file of files)
        for (const [name, home] of defined)
            if (file !== home) assert.doesNotMatch(fs.readFileSync(file, 'utf8'), new RegExp(`\\b${name}\\b`), `${file} names ${name}`);
});

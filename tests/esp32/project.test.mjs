// SPDX-License-Identifier: Apache-2.0
// The ESP-IDF project without ESP-IDF: partition table, sdkconfig fragments, Kconfig, and that the C, the
// build files and these agree.
import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { readKconfig, readPartitions, readSdkconfig } from './kconfig.mjs';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const common = path.join(root, 'firmware/common');
// Of each product with a project its folder: firmware/<product>, or examples/<product>/firmware.
const folders = new Map(execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'firmware/*/CMakeLists.txt', 'examples/*/firmware/CMakeLists.txt'],
    { cwd: root, encoding: 'utf8' }).split('\n').map((f) => f.match(/^(firmware\/(?!common)(\w+)|examples\/(\w+)\/firmware)\/CMakeLists\.txt$/)).filter(Boolean)
    .map((m) => [m[2] ?? m[3], m[1]]));
const products = [...folders.keys()];
const targets = ['esp32', 'esp32c3', 'esp32s3'];
const KIB = 1024, FLASH = 4 * KIB * KIB;

const fragmentsOf = (folder) => Object.fromEntries(fs.readdirSync(folder).filter((f) => f.startsWith('sdkconfig.'))
    .map((f) => [f, readSdkconfig(path.join(folder, f))]));
const folderOf = (product) => path.join(root, folders.get(product));

/** The one that all have, and those of products with their own. */
const tables = [common, ...products.map(folderOf)].filter((folder) => fs.existsSync(path.join(folder, 'partitions.csv')))
    .map((folder) => ({ of: path.relative(root, folder), partitions: readPartitions(path.join(folder, 'partitions.csv')) }));
const { partitions } = tables[0];
const tableOf = (product) => path.join(fs.existsSync(path.join(folderOf(product), 'partitions.csv')) ? folders.get(product) : 'firmware/common', 'partitions.csv');
const fragments = fragmentsOf(common);
const everyFragment = [common, ...products.map(folderOf)].flatMap((folder) =>
    Object.entries(fragmentsOf(folder)).map(([f, values]) => [`${path.relative(root, folder)}/${f}`, values]));
const commonKconfig = readKconfig(path.join(common, 'Kconfig.projbuild'));
const kconfigOf = (product) => {
    const own = path.join(folderOf(product), 'main/Kconfig.projbuild');
    return [...commonKconfig, ...(fs.existsSync(own) ? readKconfig(own) : [])];
};
const everySymbol = [...commonKconfig, ...products.flatMap((product) => kconfigOf(product).slice(commonKconfig.length))];
const production = new Map([...fragments['sdkconfig.defaults'], ...fragments['sdkconfig.production']]);
const part = (name) => partitions.find((p) => p.name === name);

const sources = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'port/esp-idf', 'firmware'], { cwd: root, encoding: 'utf8' })
    .split('\n').filter((f) => /\.[ch]$/.test(f)).map((f) => [f, fs.readFileSync(path.join(root, f), 'utf8')]);

for (const { of, partitions } of tables) {
    const part = (name) => partitions.find((p) => p.name === name);

    test(`${of}: the partitions fit 4 MB, in order, aligned, without overlap`, () => {
        const table = Number(fragments['sdkconfig.defaults'].get('PARTITION_TABLE_OFFSET'));
        let end = table + 4 * KIB;
        for (const p of partitions) {
            const unit = p.type === 'app' ? 64 * KIB : 4 * KIB;
            assert.equal(p.offset % unit, 0, `${p.name} begins at a multiple of ${unit}`);
            assert.equal(p.size % (4 * KIB), 0, `${p.name} has whole sectors`);
            assert.ok(p.offset >= end, `${p.name} begins after what is before it`);
            assert.ok(p.name.length <= 15, `${p.name} is a label of at most 15 characters`);
            end = p.offset + p.size;
        }
        assert.ok(end <= FLASH, 'the last one ends inside the flash');
        assert.equal(fragments['sdkconfig.defaults'].get('ESPTOOLPY_FLASHSIZE_4MB'), 'y');
    });

    test(`${of}: two equal slots, and what an update and the factory need`, () => {
        const slots = partitions.filter((p) => p.type === 'app');
        assert.deepEqual(slots.map((p) => p.subtype), ['ota_0', 'ota_1']);
        assert.equal(slots[0].size, slots[1].size);
        assert.equal(part('otadata').size, 2 * 4 * KIB, 'two sectors, so that a cut leaves one');
        assert.ok(part('nvs').size >= 3 * 4 * KIB, 'NVS needs three pages');
        assert.deepEqual([part('nvs_keys').subtype, part('nvs_keys').size, part('nvs_keys').flags], ['nvs_keys', 4 * KIB, ['encrypted']]);
        assert.deepEqual([part('coredump').subtype, part('coredump').flags], ['coredump', ['encrypted']]);
        const factory = fs.readFileSync(path.join(root, 'proto/fleet/factory.h'), 'utf8');
        const label = factory.match(/ROOST_FACTORY_PARTITION\s+"(\w+)"/)[1];
        assert.equal(part(label).subtype, 'nvs');
    });

    test(`${of}: what the factory writes lies where it does for all`, () => {
        for (const name of ['otadata', 'nvs_keys', 'factory_nvs', 'ota_0'])
            assert.equal(part(name).offset, tables[0].partitions.find((p) => p.name === name).offset, name);
    });
}

test('every partition that the C looks for is in the table', () => {
    for (const [file, text] of sources)
        for (const [, label] of text.matchAll(/PARTITION(?:_LABEL)?\w*\s*=?\s*"(\w+)"/g))
            assert.ok(tables.some((table) => table.partitions.some((p) => p.name === label)), `${file}: ${label}`);
});

test('the production image is locked', () => {
    const wanted = ['SECURE_BOOT', 'SECURE_BOOT_V2_ENABLED', 'SECURE_FLASH_ENC_ENABLED', 'SECURE_FLASH_ENCRYPTION_MODE_RELEASE', 'NVS_ENCRYPTION',
        'BOOTLOADER_APP_ROLLBACK_ENABLE', 'BOOTLOADER_APP_ANTI_ROLLBACK', 'COMPILER_STACK_CHECK_MODE_STRONG', 'ESP_BROWNOUT_DET', 'ESP_TASK_WDT_PANIC',
        'ROOST_PRODUCTION'];
    for (const name of wanted) assert.equal(production.get(name), 'y', name);
    assert.ok(Number(production.get('BOOTLOADER_APP_SECURE_VERSION')) >= 1);
    assert.equal(production.get('SECURE_BOOT_BUILD_SIGNED_BINARIES'), null, 'no signing key in the tree');
    for (const target of targets)
        assert.ok([...fragments[`sdkconfig.production.${target}`].keys()].some((name) => /ROM_DL_MODE$/.test(name)), `${target}: the download mode is closed`);
});

test('a product adds to the common fragments and takes nothing back', () => {
    assert.ok(products.includes('window'));
    for (const [file, values] of everyFragment.filter(([f]) => !f.startsWith('firmware/common/')))
        for (const name of values.keys())
            for (const [other, theirs] of Object.entries(fragments)) assert.ok(!theirs.has(name), `${file}: CONFIG_${name} is in common/${other}`);
});

test('no fragment switches verification off', () => {
    for (const [file, values] of everyFragment)
        for (const [name, value] of values)
            if (/INSECURE|SKIP_SERVER_CERT|ALLOW_JTAG|ALLOW_UNSIGNED|FLASH_ENCRYPTION_MODE_DEVELOPMENT|EFUSE_SECURE_VERSION_EMULATE/.test(name))
                assert.equal(value, null, `${file}: CONFIG_${name}`);
    for (const [file, text] of sources)
        assert.doesNotMatch(text, /skip_cert_common_name_check\s*=\s*true|skip_common_name\s*=\s*true|SSL_VERIFY_NONE/, file);
});

test('the watchdog bites when port.h says', () => {
    assert.equal(fragments['sdkconfig.defaults'].get('ESP_TASK_WDT_TIMEOUT_S'), '15');
    assert.match(fs.readFileSync(path.join(root, 'port/port.h'), 'utf8'), /bites after its time-out \(15 s\)/);
});

for (const product of products) test(`Kconfig of ${product}: prompts, types, ranges, defaults inside them, choices with a default`, () => {
    const kconfig = kconfigOf(product);
    const names = new Set(kconfig.map((s) => s.name));
    assert.equal(names.size, kconfig.length, 'no name twice');
    for (const symbol of kconfig) {
        assert.ok(symbol.prompt && symbol.type, symbol.name);
        assert.match(symbol.name, /^ROOST_/);
        if (symbol.choice) continue;
        assert.ok(symbol.defaults.length > 0, `${symbol.name} has a default`);
        if (symbol.type === 'int' || symbol.type === 'hex') {
            assert.ok(symbol.range, `${symbol.name} has a range`);
            for (const { value } of symbol.defaults)
                assert.ok(Number(value) >= symbol.range[0] && Number(value) <= symbol.range[1], `${symbol.name}: ${value} in ${symbol.range}`);
        }
        for (const condition of symbol.depends.concat(symbol.defaults.map((d) => d.condition ?? '')))
            for (const [name] of condition.matchAll(/ROOST_\w+/g)) assert.ok(names.has(name), `${symbol.name}: ${name}`);
    }
    for (const choice of new Set(kconfig.map((s) => s.choice).filter(Boolean))) {
        assert.ok(choice.prompt && choice.defaults.some((d) => !d.condition), choice.name);
        for (const { value } of choice.defaults) assert.ok(choice.members.some((s) => s.name === value), `${choice.name}: ${value}`);
    }
});

test('pins: what is used together on a window\'s board is on different pins', () => {
    const pins = kconfigOf('window').filter((s) => s.name.startsWith('ROOST_PIN_'));
    assert.ok(pins.length > 10);
    const at = (symbol, target) => {
        const fits = (d) => !d.condition || d.condition === `IDF_TARGET_${target.toUpperCase()}`;
        return Number(symbol.defaults.find(fits).value);
    };
    for (const target of targets)
        for (const climate of ['DHT22', 'BME280'])
            for (const motor of ['SERVO', 'STEPPER']) {
                const parts = [`ROOST_CLIMATE_${climate}`, `ROOST_MOTOR_${motor}`, 'ROOST_AUDIO_INMP441'];
                const used = pins.filter((s) => parts.includes(s.depends[0])).map((s) => at(s, target));
                assert.equal(new Set(used).size, used.length, `${target}, ${parts}: ${used}`);
            }
});

test('pins: what a teddy\'s board has is on different pins, and on the ESP32 where the fielded board has it', () => {
    const pins = kconfigOf('teddy').filter((s) => s.name.startsWith('ROOST_PIN_'));
    const at = (name, target) => {
        const fits = (d) => !d.condition || d.condition === `IDF_TARGET_${target.toUpperCase()}`;
        return Number(pins.find((s) => s.name === `ROOST_PIN_${name}`).defaults.find(fits).value);
    };
    const names = ['BCLK', 'LRC', 'MIC', 'AMPLIFIER', 'BUTTON', 'LED'];
    assert.equal(pins.length, names.length);
    for (const target of targets) assert.equal(new Set(names.map((name) => at(name, target))).size, names.length, target);
    assert.deepEqual(names.map((name) => at(name, 'esp32')), [26, 25, 33, 22, 0, 2]);
});

test('pins: what a charger\'s board has is on different pins, none of the flash\'s or the console\'s', () => {
    // A reader and an energy meter are not on one board: the reader's have their pins from the meter's. -1: there is none.
    const pins = kconfigOf('charger').filter((s) => s.name.startsWith('ROOST_PIN_') && !s.depends.includes('ROOST_CARD_READER'))
        .map((s) => Number(s.defaults[0].value)).filter((pin) => pin >= 0);
    const reader = kconfigOf('charger').filter((s) => s.depends.includes('ROOST_CARD_READER')).map((s) => Number(s.defaults[0].value));
    assert.ok(reader.length === 2 && reader.every((pin) => pins.includes(pin)));
    assert.ok(pins.length > 20);
    assert.equal(new Set(pins).size, pins.length, `${pins}`);
    for (const taken of [1, 3, 6, 7, 8, 9, 10, 11]) assert.ok(!pins.includes(taken), `${taken}`);
});

test('nothing of what a teddy hears is written to its flash', () => {
    const teddy = fragmentsOf(folderOf('teddy'))['sdkconfig.defaults'];
    assert.equal(teddy.get('ESP_COREDUMP_ENABLE_TO_NONE'), 'y');
});

test('the fragments name only what exists in Kconfig, or is ESP-IDF\'s', () => {
    const names = new Set(everySymbol.map((s) => s.name));
    for (const [file, values] of everyFragment)
        for (const name of values.keys())
            if (name.startsWith('ROOST_')) assert.ok(names.has(name), `${file}: CONFIG_${name}`);
});

test('every CONFIG_ name in the C is in a fragment or in Kconfig', () => {
    // ESP-IDF's own, which no fragment needs to set.
    const given = new Set(['IDF_TARGET', 'ESP_WIFI_ENABLED', ...targets.map((t) => `IDF_TARGET_${t.toUpperCase()}`)]);
    const known = new Set([...everySymbol.flatMap((s) => [s.name, ...s.selects]), ...everyFragment.flatMap(([, f]) => [...f.keys()])]);
    for (const [file, text] of sources)
        for (const [, name] of text.matchAll(/\bCONFIG_(\w+)/g))
            assert.ok(known.has(name) || given.has(name), `${file}: CONFIG_${name}`);
});

test('every choice of the Kconfig is used by the C, and the pins are in one header', () => {
    const text = sources.map(([, t]) => t).join('\n');
    for (const symbol of everySymbol.filter((s) => !s.choice || s !== s.choice.members.at(-1)))
        if (!(symbol.choice && /_(WIFI|NONE|MODEL)$/.test(symbol.name)))
            assert.ok(text.includes(`CONFIG_${symbol.name}`), `CONFIG_${symbol.name} is used`);
    for (const [file, t] of sources)
        if (!/^firmware\/\w+\/main\/hardware\.h$/.test(file)) assert.doesNotMatch(t, /CONFIG_ROOST_PIN_/, file);
    for (const [file, t] of sources)
        if (file.startsWith('port/')) assert.doesNotMatch(t, /CONFIG_ROOST_/, `${file}: the port takes its options as values`);
});

test('the manifests pin what they bring', () => {
    for (const file of ['port/esp-idf/idf_component.yml']) {
        const text = fs.readFileSync(path.join(root, file), 'utf8');
        const versions = [...text.matchAll(/version:\s*"(.+)"/g)].map((m) => m[1]);
        assert.ok(versions.length > 0, file);
        for (const version of versions) assert.match(version, /^\d+\.\d+\.\d+$/, file);
    }
    assert.match(fs.readFileSync(path.join(common, 'idf_component.yml'), 'utf8'), /version: ">=5\.3,<5\.6"/);
});

test('every source is compiled, and every component exists', () => {
    const list = fs.readFileSync(path.join(common, 'project.cmake'), 'utf8');
    const components = list.match(/set\(EXTRA_COMPONENT_DIRS ([^)]+)\)/)[1].trim().split(/\s+/).map((folder) => folder.replace('${roost}/', ''));
    assert.ok(components.includes('port/esp-idf') && components.includes('core'));
    for (const folder of ['firmware/common', ...products.map((product) => `${folders.get(product)}/main`)]) {
        const names = fs.readFileSync(path.join(root, folder, 'CMakeLists.txt'), 'utf8').match(/SRCS ([\w. ]+?) INCLUDE_DIRS/)[1].split(' ');
        assert.deepEqual(names.sort(), fs.readdirSync(path.join(root, folder)).filter((f) => f.endsWith('.c')).sort(), folder);
    }
    for (const folder of components.filter((f) => f !== 'firmware/common')) {
        const file = path.join(root, folder, 'CMakeLists.txt');
        assert.ok(fs.existsSync(file), folder);
        const text = fs.readFileSync(file, 'utf8');
        assert.match(text, /ESP_PLATFORM[\s\S]*roost_esp_sources\(sources [\s\S]*idf_component_register\(SRCS \$\{sources\}/, folder);
        const folders = text.match(/roost_esp_sources\(sources ([^)]+)\)/)[1].split(' ');
        for (const name of folders) assert.ok(fs.existsSync(path.join(root, folder, name)), `${folder}/${name}`);
    }
});

test('production flashes the two that are signed, where the chip looks for them', () => {
    const page = fs.readFileSync(path.join(root, 'docs/esp32.md'), 'utf8');
    const hex = (offset) => `0x${offset.toString(16).toUpperCase()}`;
    for (const target of targets) {
        const found = page.match(new RegExp(`esptool\\.py --chip ${target} write_flash (.*)`));
        assert.ok(found, target);
        const words = found[1].split(' ');
        for (const option of ['--flash_mode', '--flash_freq', '--flash_size']) assert.equal(words[words.indexOf(option) + 1], 'keep', `${target}: ${option}: a changed header is not what was signed`);
        assert.deepEqual(words.slice(6), [
            target === 'esp32' ? '0x1000' : '0x0', 'build-production/bootloader-signed.bin',
            hex(Number(fragments['sdkconfig.defaults'].get('PARTITION_TABLE_OFFSET'))), 'build-production/partition_table/partition-table.bin',
            hex(part('otadata').offset), 'build-production/ota_data_initial.bin',
            hex(part('ota_0').offset), 'build-production/roost-window-signed.bin',
        ], target);
    }
    for (const name of ['bootloader-signed.bin', 'roost-window-signed.bin']) assert.match(page, new RegExp(`sign_data .*--output build-production/${name} `));
    assert.match(page, new RegExp(`write_flash 0x${part('nvs_keys').offset.toString(16)} \\S+\\.keys\\.bin 0x${part('factory_nvs').offset.toString(16)} \\S+\\.nvs\\.bin`));
});

/** Configures a copy of a product's project with an ESP-IDF that does no more than write down what it was given. */
function configure(dir, product, ...options) {
    const idf = path.join(dir, 'idf/tools/cmake');
    fs.mkdirSync(idf, { recursive: true });
    fs.writeFileSync(path.join(idf, 'project.cmake'), 'macro(project name)\n  _project(${name} NONE)\n' +
        '  file(WRITE ${CMAKE_BINARY_DIR}/given "${name}\\n${PROJECT_VER}\\n${SDKCONFIG_DEFAULTS}\\n${EXTRA_COMPONENT_DIRS}\\n")\nendmacro()\n');
    for (const folder of ['firmware/common', folders.get(product)])
        fs.cpSync(path.join(root, folder), path.join(dir, folder), { recursive: true });
    const build = path.join(dir, `build-${product}`);
    const env = { ...process.env, IDF_PATH: path.join(dir, 'idf') };
    const run = (...args) => execFileSync('cmake', args, { env, encoding: 'utf8', stdio: 'pipe' });
    if (!fs.existsSync(path.join(dir, 'CMakeLists.txt'))) fs.copyFileSync(path.join(root, 'CMakeLists.txt'), path.join(dir, 'CMakeLists.txt'));
    run('-G', 'Ninja', '-S', path.join(dir, folders.get(product)), '-B', build, ...options);
    return {
        build: () => run('--build', build),
        given: () => {
            const [name, version, defaults, components] = fs.readFileSync(path.join(build, 'given'), 'utf8').split('\n');
            return { name, version, defaults: defaults.split(';').map((f) => path.relative(dir, f)), components: components.split(';') };
        },
    };
}

function waitMs(ms) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function inCopy(work) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-project-'));
    try {
        work(dir);
    } finally {
        fs.rmSync(dir, { recursive: true });
    }
}

for (const product of products) {
    test(`${product}: a raised version is in the next build`, () => inCopy((dir) => {
        const project = configure(dir, product);
        const top = path.join(dir, 'CMakeLists.txt');
        const text = fs.readFileSync(top, 'utf8');
        const [, version] = text.match(/^project\(roost VERSION ([\d.]+)/m);

        assert.deepEqual([project.given().name, project.given().version], [`roost-${product}`, version]);
        waitMs(1100); // to be later than what CMake has written, in a file system of whole seconds too
        fs.writeFileSync(top, text.replace(`VERSION ${version}`, 'VERSION 9.8.7'));
        project.build();
        assert.equal(project.given().version, '9.8.7');
    }));

    test(`${product}: an image is the common fragments and then its own`, () => inCopy((dir) => {
        const has = (folder, f) => fs.existsSync(path.join(root, folder, f));
        for (const image of ['development', 'production', 'emulator']) {
            const { given } = configure(dir, product, `-DROOST_IMAGE=${image}`);
            const wanted = ['firmware/common', folders.get(product)].flatMap((folder) =>
                ['sdkconfig.defaults', `sdkconfig.${image}`].filter((f) => has(folder, f)).map((f) => `${folder}/${f}`));
            assert.deepEqual(given().defaults, [...wanted, `build-${product}/sdkconfig.partitions`]);
            const [, table] = readSdkconfig(path.join(dir, given().defaults.at(-1))).get('PARTITION_TABLE_CUSTOM_FILENAME').split('"');
            assert.equal(path.resolve(dir, folders.get(product), table), path.join(dir, tableOf(product)));
        }
        assert.throws(() => configure(dir, product, '-DROOST_IMAGE=prod'), /ROOST_IMAGE prod: allowed is development, production, emulator/);
    }));
}

test('the port knows no product', () => {
    const words = new RegExp(`\\b(${[...products.filter((p) => folders.get(p).startsWith('firmware')), 'sash', 'house', 'street', 'teddy', 'charger'].join('|')})s?\\b`, 'i');
    for (const file of execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'port'], { cwd: root, encoding: 'utf8' }).split('\n'))
        if (/\.h$/.test(file) && fs.existsSync(path.join(root, file)))
            for (const [index, line] of fs.readFileSync(path.join(root, file), 'utf8').split('\n').entries())
                assert.ok(!words.test(line.replace(/window of messages|congestion window/g, '')), `${file}:${index + 1}: ${line.trim()}`);
});

test('no secret lies in the project', () => {
    for (const file of execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'firmware'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)) {
        const text = fs.readFileSync(path.join(root, file), 'utf8');
        assert.doesNotMatch(text, /BEGIN [A-Z ]*(PRIVATE KEY|CERTIFICATE)/, file);
        assert.doesNotMatch(text, /^CONFIG_\w*(PASSWORD|SECRET|PSK)\w*=/m, file);
    }
});

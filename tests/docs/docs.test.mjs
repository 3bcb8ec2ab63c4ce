// SPDX-License-Identifier: Apache-2.0
// The documents: generated pages are current, links and tests that are named exist, and each command in a ```sh block
// is run here against a running house, or is one that another part of `make test` runs. A block of
// "```sh before" is run before the house starts; one of "```sh board" needs a board and is listed.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = process.cwd();
const build = process.env.ROOST_BUILD;
const pages = ['README.md', 'HACKING.md', ...fs.readdirSync('docs').filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`)];

// Commands that the documents show and that are run elsewhere, or too long for every run: for these
// the target has to exist.
const elsewhere = [/^make (run|test|build|demo|size|sim|bench|fuzz|tidy|clean|help)\b/, /^git clone /, /^cd /, /^sudo /];

/** Commands of each ```sh block, or of those with a word behind it, with continued lines joined. */
function blocksOf(page, kind = '') {
    const found = [];
    for (const [, word, block] of fs.readFileSync(page, 'utf8').matchAll(/^ *```sh ?(.*)\n([\s\S]*?)^ *```/gm)) {
        assert.ok(['', 'before', 'board'].includes(word), `${page}: a block of "sh ${word}"`);
        const lines = block.replaceAll(/\\\n\s*/g, ' ').split('\n').map((line) => line.replace(/\s+#.*$/, '').trim());
        if (word === kind) found.push(lines.filter((command) => command && !command.startsWith('#')));
    }
    return found;
}

const commandsOf = (page, kind) => blocksOf(page, kind).flat();

// What makes a block one for a board: the tools of ESP-IDF, or what they build.
const onBoard = /\b(idf|esptool|espefuse|espsecure)\.py\b|firmware\/\w+\/build/;

test('blocks for a board use the tools of a board', (t) => {
    for (const page of pages)
        for (const block of blocksOf(page, 'board')) {
            assert.ok(block.some((command) => onBoard.test(command)), `${page}: ${block[0]}`);
            for (const command of block) t.diagnostic(`needs a board: ${page}: ${command}`);
        }
});

test('generated pages are what the programs generate', () => {
    const out = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-docs-'));
    execFileSync('tools/docs/generate.sh', [build, out]);
    for (const page of fs.readdirSync(out))
        assert.equal(fs.readFileSync(`docs/${page}`, 'utf8'), fs.readFileSync(path.join(out, page), 'utf8'), `docs/${page}: run tools/docs/generate.sh`);
    fs.rmSync(out, { recursive: true });
});

// The generator ends with a fault where a case has neither (test above); here, that the page has them all.
test('every case of OCPP has a row, with tests or with the reason why there are none', () => {
    const rows = fs.readFileSync('docs/ocpp-conformance.md', 'utf8').split('\n').filter((line) => /^\| [PCT]/.test(line));
    const ids = ['cases', 'alliance'].flatMap((name) => fs.readFileSync(`tests/ocpp/${name}.txt`, 'utf8').split('\n').filter((line) => /^[PCT]/.test(line)).map((line) => line.split(' ')[0]));
    assert.equal(ids.length, 45 + 31 + 107 + 77);
    assert.deepEqual(rows.map((row) => row.split(' ')[1]).sort(), ids.sort());
    for (const row of rows) assert.match(row.split(' | ').at(-1), /^(`tests|`[\w/]+_test\.c|\*[^*]+\*|[PC]-\d\d)/, row);
});

test('links and named files exist', () => {
    for (const page of pages) {
        const text = fs.readFileSync(page, 'utf8');
        for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g))
            assert.ok(fs.existsSync(path.join(path.dirname(page), target)), `${page} links to ${target}`);
        for (const [, file] of text.matchAll(/`((?:core|proto|port|devices|world|hub|ml|web|sim|apps|tools|tests|deploy|bench|fuzz|docs)\/[\w./-]+?)`/g))
            assert.ok(fs.existsSync(file) || file.includes('*'), `${page} names ${file}`);
    }
});

test('settings in the documents are settings', () => {
    const known = fs.readFileSync('docs/settings.md', 'utf8').split('\n');
    for (const page of pages)
        for (const [, block] of fs.readFileSync(page, 'utf8').matchAll(/^```ini\n([\s\S]*?)^```/gm))
            for (const [, name] of block.matchAll(/^(\w+) = /gm)) assert.ok(known.includes(name), `${page}: ${name}`);
});

// The last column of docs/field.md: `file`, `file` (case, case) or `file`: the test's name.
test('what the field does to it: every test that is named is there', () => {
    const rows = fs.readFileSync('docs/field.md', 'utf8').split('\n').filter((line) => line.startsWith('| ')).slice(2);
    assert.ok(rows.length > 50);
    for (const row of rows) {
        const cells = row.split('|').slice(1, -1).map((cell) => cell.trim());
        assert.equal(cells.length, 4, row);
        const named = [...cells[3].matchAll(/`([^`]+)`(?: \(([^)]+)\)|: (.+)$)?/g)];
        assert.ok(named.length > 0, row);
        for (const [, file, cases, title] of named) {
            assert.match(file, /(test|suite|fuzz|conformance)[\w.]*$/, `${cells[0]}: ${file} is no test`);
            const text = fs.readFileSync(file, 'utf8');
            for (const name of title ? [title] : cases?.split(', ') ?? []) assert.ok(text.includes(name), `${cells[0]}: ${file} has no ${name}`);
        }
    }
});

test('alerts in the documents are rules, over metrics that there are', (t) => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-docs-'));
    t.after(() => fs.rmSync(dir, { recursive: true }));
    const file = path.join(dir, 'rules.yml');
    const sources = execFileSync('git', ['grep', '-h', '"roost_', '--', '*.c'], { encoding: 'utf8' });
    for (const page of pages)
        for (const [, rules] of fs.readFileSync(page, 'utf8').matchAll(/^```yaml\n(groups:[\s\S]*?)^```/gm)) {
            fs.writeFileSync(file, rules);
            const checked = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
            assert.equal(checked.status, 0, `${page}: ${checked.stdout}${checked.stderr}`);
            for (const [name] of rules.matchAll(/\broost_\w+/g)) assert.ok(sources.includes(`"${name}"`), `${page}: ${name}`);
        }
});

test('every make target in the documents exists', () => {
    for (const page of pages)
        for (const command of commandsOf(page).filter((c) => c.startsWith('make ')))
            assert.equal(spawnSync('make', ['-n', ...command.split(' ').slice(1)], { cwd: root }).status, 0, `${page}: ${command}`);
});

function freePort() {
    return new Promise((resolve) => {
        const server = createServer();
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

test('every other command in the documents works beside make run', { timeout: 600000 }, async (t) => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-docs-run-'));
    const ports = { ROOST_HTTP_PORT: await freePort(), ROOST_MQTT_PORT: await freePort(), ROOST_MODEL_PORT: await freePort() };
    const run = path.join(dir, '.run');
    const env = { ...process.env, ...ports, ROOST_RUN_DIR: run, ROOST_BIN: path.join(build, 'bin'), ROOST_WINDOW_SPEED: '20', ROOST_SESSION: path.join(dir, 'session.json'), HOME: dir };
    for (const key of Object.keys(ports)) env[key] = String(ports[key]);
    const here = (command) => command
        .replaceAll('127.0.0.1:8080', `127.0.0.1:${ports.ROOST_HTTP_PORT}`).replaceAll('127.0.0.1:1883', `127.0.0.1:${ports.ROOST_MQTT_PORT}`)
        .replaceAll('127.0.0.1:9464', `127.0.0.1:${ports.ROOST_MODEL_PORT}`).replaceAll('-p 1883', `-p ${ports.ROOST_MQTT_PORT}`)
        .replaceAll('build/bin/', `${build}/bin/`).replaceAll('.run/', `${run}/`);
    const shell = (page, command) => {
        const result = spawnSync('bash', ['-euo', 'pipefail', '-c', here(command)], { env, encoding: 'utf8', timeout: 120000, cwd: root });
        assert.equal(result.status, 0, `${page}: ${command}\n${result.stdout}${result.stderr}`);
        return result.stdout;
    };
    for (const page of pages)
        for (const command of commandsOf(page, 'before')) {
            const [, name] = command.match(/^export (\w+)=/) ?? [];
            if (name) env[name] = shell(page, `${command}; printenv ${name}`).trim();
            else shell(page, command);
        }
    const house = spawn('tools/run.sh', { env, stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(async () => {
        house.kill('SIGINT');
        await new Promise((resolve) => house.once('exit', resolve));
        fs.rmSync(dir, { recursive: true, force: true });
    });
    let text = '';
    await new Promise((resolve, reject) => {
        house.stdout.on('data', (part) => (text += part).includes('Ctrl-C') && resolve());
        house.once('exit', (code) => reject(new Error(`make run ended with ${code}`)));
    });
    assert.match(text, /Dashboard: http/);

    // The documents speak of a window that has introduced itself and knows its travel.
    const hub = `http://127.0.0.1:${ports.ROOST_HTTP_PORT}`;
    const roost = (...args) => spawnSync(path.join(build, 'bin/roost'), ['--hub', hub, ...args], { env, encoding: 'utf8' });
    assert.equal(roost('login', '--email', 'operator@roost.local', '--password-file', path.join(run, 'operator-password')).status, 0);
    for (let tries = 0; ; tries++) {
        const answer = roost('--json', 'device', 'window-1');
        if (answer.status === 0 && JSON.parse(answer.stdout).window?.calibrated) break;
        assert.ok(tries < 200, `the window is not there: ${answer.stdout}${answer.stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 300));
    }

    for (const page of pages)
        for (const command of commandsOf(page)) {
            if (elsewhere.some((pattern) => pattern.test(command))) continue;
            shell(page, command);
        }
});

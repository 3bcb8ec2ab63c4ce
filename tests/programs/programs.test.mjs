// SPDX-License-Identifier: Apache-2.0
// Every program names itself, and refuses a command line it does not understand with one sentence
// that names the option, the value and what is allowed, and with status 2, before it does anything.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const bin = process.env.ROOST_BIN;
const programs = process.env.ROOST_PROGRAMS.split(' ');

function run(program, ...args) {
    const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
    return spawnSync(path.join(bin, program), args, { env, encoding: 'utf8', timeout: 20000 });
}

function refused(program, args, sentence, status = 2) {
    const result = run(program, ...args);
    const called = `${program} ${args.join(' ')}`;
    assert.equal(result.status, status, `${called}: ${result.stderr}`);
    assert.equal(result.stdout, '', called);
    assert.equal(result.stderr.split('\n')[0], sentence, called);
}

for (const program of programs)
    test(`${program} names itself and refuses what it does not know`, () => {
        assert.equal(run(program, '--version').stdout, `${program} ${process.env.ROOST_VERSION}\n`);
        const help = run(program, '--help');
        assert.equal(help.status, 0);
        assert.match(help.stdout, new RegExp(`^${program} ${process.env.ROOST_VERSION}: .*\\n`));
        assert.match(help.stdout, /\n {2}--help\n {6}.*\n {2}--version\n/);
        assert.equal(help.stderr, '');
        refused(program, ['--nonsense'], `${program}: --nonsense: no such option; --help lists them`);
        refused(program, ['--nonsense=1'], `${program}: --nonsense: no such option; --help lists them`);
        refused(program, ['--help=1'], `${program}: --help: takes no value`);
    });

// Without what they need they end with 2 as well, and say all there is.
const withCommands = ['roost', 'roost-firmware', 'roost-factory', 'roost-ml'].filter((name) => programs.includes(name));

test('a program of commands lists them when none is given, and knows no others', () => {
    for (const program of withCommands) {
        const result = run(program);
        assert.equal(result.status, 2);
        assert.match(result.stderr, new RegExp(`\\nusage: ${program} COMMAND`));
        assert.equal(result.stdout, '');
        refused(program, ['dance'], `${program}: no command "dance"; ${program} --help lists them`);
    }
});

const cases = {
    roostd: [
        [['--config'], 'roostd: --config: needs a value, FILE'],
        [['--check=yes'], 'roostd: --check: takes no value'],
        [['roost.ini'], 'roostd: unexpected argument "roost.ini"; options begin with --'],
        [['--config', '/nonexistent/roost.ini'], /^roostd: .*\/nonexistent\/roost\.ini/, 1],
    ],
    'roost-gate': [
        [['a', 'b'], 'roost-gate: unexpected argument "b"; options begin with --'],
        [['--country', 'GBR'], 'roost-gate: --country GBR: allowed is 0 to 2 characters'],
        [['--content', '/nonexistent'], 'roost-gate: /nonexistent/safety/files.txt: No such file or directory', 1],
    ],
    'roost-sim': [
        [['--hours', '0'], 'roost-sim: --hours 0: allowed is more than 0, at most 8784'],
        [['--hours', '1h'], 'roost-sim: --hours 1h: allowed is more than 0, at most 8784'],
        [['--seed', '-1'], 'roost-sim: --seed -1: allowed is 0 to 18446744073709551615'],
        [['--devices', '0'], 'roost-sim: --devices 0: allowed is 1 to 100'],
        [['--cut-at', '3:torn'], 'roost-sim: --cut-at 3:torn: allowed is DEVICE:before|torn|after:OPERATION'],
        [Array(17).fill('--cut-at=3:torn:117'), 'roost-sim: --cut-at 3:torn:117: allowed is at most 16 of them'],
        [['7'], 'roost-sim: unexpected argument "7"; options begin with --'],
    ],
    roost: [
        [['--jason', 'devices'], 'roost devices: --jason: no such option; --help lists them'],
        [['login'], 'roost login: --email ADDRESS: is required (the operator)'],
        [['readings', 'w', 'sound', '--hours', '0'], 'roost readings: --hours 0: allowed is more than 0, at most 1000000'],
        [['devices', '--wait'], 'roost devices: --wait: no such option; --help lists them'],
        [['devices', 'attic'], 'roost devices: unexpected argument "attic"; options begin with --'],
        [['devices', 'import'], "roost devices import: FILE: is required (the factory's batch.json)"],
        [['move', 'w'], 'roost move: PERCENT: is required (how far open, 0 to 100)'],
        [['move', 'w', 'wide'], 'roost move: PERCENT wide: allowed is 0 to 100'],
        [['login', '--email', 'a@b.c', '--password-file', '/nonexistent'], 'roost login: --password-file /nonexistent: No such file or directory', 1],
    ],
    'roost-ml': [
        [['versions'], 'roost-ml versions: --models DIR: is required (the folder of versions)'],
        [['versions', '--models', '/x', '--seed', '1'], 'roost-ml versions: --seed: no such option; --help lists them'],
        [['train', '--models', '/x', '--seed', 'x'], 'roost-ml train: --seed x: allowed is 0 to 1000000'],
        [['serve', '--models', '/x', '--learn-every', '1000001'], 'roost-ml serve: --learn-every 1000001: allowed is 0 to 1000000'],
        [['serve', '--models', '/x'], 'roost-ml serve: --broker mqtt[s]://HOST[:PORT] is needed', 1],
        [['learn', '--models', '/x', 'v1'], 'roost-ml learn: unexpected argument "v1"; options begin with --'],
    ],
    'roost-firmware': [
        [['sign'], 'roost-firmware sign: --key FILE: is required (private key, PEM)'],
        [['pack', '--version'], 'roost-firmware pack: --version: needs a value, TEXT'],
        [['show', 'a', 'b'], 'roost-firmware show: unexpected argument "b"; options begin with --'],
    ],
    'roost-factory': [
        [['make', '--count', '0'], 'roost-factory make: --count 0: allowed is 1 to 1000'],
        [['verify'], 'roost-factory verify: IMAGE: is required (ID.nvs.bin)'],
    ],
    'roost-window': [
        [[], "roost-window: --id ID: is required (the device's name, of letters, digits and _.:-)"],
        [['--id', 'w', '--broker', 'tcp://x'], 'roost-window: --broker tcp://x: allowed is mqtt://HOST:PORT or mqtts://HOST:PORT'],
        [['--id', 'w', '--speed', '0'], 'roost-window: --speed 0: allowed is 1 to 100000'],
        [['--id', 'w', '--world', 'moon'], 'roost-window: --world moon: allowed is model, real'],
    ],
    'roost-teddy': [
        [[], 'roost-teddy: --child-id ID or --child-file FILE: is required where there is no .run/teddy/child, which `make run` makes'],
        [['--child-id', 'c', '--child-name', 'N', '--child-age', '7', '--hub', 'http://h'], 'roost-teddy: --hub http://h: allowed is ws://HOST:PORT or wss://HOST:PORT'],
        [['--child-id', 'c', '--child-name', 'N', '--child-age', '7', '--secret-file', '/nonexistent'], 'roost-teddy: --secret-file /nonexistent: not found'],
        [['--child-file', '/nonexistent'], 'roost-teddy: --child-file: /nonexistent: No such file or directory'],
        [['--speed', '0'], 'roost-teddy: --speed 0: allowed is 1 to 100000'],
    ],
    'roost-listen': [
        [[], 'roost-listen: FILE: is required (WAV: PCM, 16 bit, mono, 16 kHz)'],
        [['/nonexistent.wav'], 'roost-listen: /nonexistent.wav: not found; allowed is WAV, PCM, 16 bit, mono, 16000 Hz', 1],
    ],
    'roost-load': [
        [[], 'roost-load: --broker URL: is required (mqtt://HOST:PORT, or mqtts://HOST:PORT with chain and host verified)'],
        [['--devices', '0'], 'roost-load: --devices 0: allowed is 1 to 100000'],
        [['--product', 'charger', '--url', ''], 'roost-load: --url : allowed is 1 to 255 characters'],
        [['--product', 'door'], /^roost-load: --product door: allowed is .*window/, 2],
    ],
};

for (const program of programs)
    test(`${program} says what is wrong with an option`, () => {
        for (const [args, sentence, status] of cases[program]) {
            if (sentence instanceof RegExp) {
                const result = run(program, ...args);
                assert.equal(result.status, status);
                assert.match(result.stderr, sentence);
            } else {
                refused(program, args, sentence, status);
            }
        }
    });

// SPDX-License-Identifier: Apache-2.0
// Prints docs/ocpp-conformance.md: the cases of tests/ocpp with the tests that show them. A test shows a case by its name: in C
// `p_27_…` or `test_P34_…`, in JavaScript the words P-27 and TC_027_CS before its title, or a number that a table has for a title
// with ${number}; where a file is all about cases, by the comment that the file begins with. What is not right (a case that nothing shows and no reason, a number that is none) goes to
// stderr, and the exit is 1.
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const FOLDERS = ['proto/ocpp', 'devices/charger', 'hub/csms', 'hub/store', 'port', 'sim', 'tests/e2e'];
// Elsewhere P- and C- number something else.
const FILES = /(^devices\/charger|^proto\/ocpp|^hub\/csms|csms_\w+|trust|^sim\/charger\w*|charger[\w-]*|ocpp[\w-]*)(\/.*|_)?(_test\.c|\.test\.mjs)$/;
const ID = /\b(?:[PC]-\d\d|TC_\d{3}(?:_\d)?_CS(?:MS)?)\b/g;

const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
function* filesIn(folder) {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
        const file = `${folder}/${entry.name}`;
        if (entry.isDirectory() && entry.name !== 'node_modules') yield* filesIn(file);
        else if (FILES.test(file)) yield file;
    }
}

/** Ids that a C function's name begins with, and what is left of it. */
function ofFunction(name) {
    const ids = [];
    let rest = name.replace(/^test_/, '');
    for (let match; (match = rest.match(/^([pc])_?(\d\d)(?:_|$)/i)); rest = rest.slice(match[0].length)) ids.push(`${match[1].toUpperCase()}-${match[2]}`);
    return { ids, title: name };
}
/** Ids that a title begins with, and the title itself. */
function ofTitle(text) {
    const whole = text.replace(/\$\{[^}]*\}/g, '…').replaceAll("\\'", "'");
    const [head] = whole.match(/^(?:(?:[PC]-\d\d|TC_\d{3}(?:_\d)?_CS(?:MS)?)(?:[:,]? |$))*/);
    return { ids: head.match(ID) ?? [], title: whole.slice(head.length).replace(/^… /, '') };
}
/** Titles of a JavaScript file that begin with ids; ids alone stand in a table, for the next title that has a ${number}. */
function* titlesIn(text) {
    for (const { 0: literal, 1: quote, 2: inside, index } of text.matchAll(/(['`"])((?:\\.|(?!\1).)*)\1/g)) {
        const one = ofTitle(inside);
        if (one.ids.length === 0) continue;
        if (one.title.startsWith('-')) continue; // another's name
        if (one.title) yield one;
        else if (quote !== '`') {
            const [, title] = text.slice(index + literal.length).match(/`(?:[PC]-\d\d )?\$\{number\}:? ?((?:\\.|[^`])*)`/) ?? [];
            if (title) yield { ids: one.ids, title: title.replace(/\$\{[^}]*\}/g, '…') };
        }
    }
}
/** What a file shows: [{file, title, ids}]; without a title the whole of it. */
function testsIn(file) {
    const text = read(file);
    const js = file.endsWith('.mjs');
    const names = js ? [...titlesIn(text)] : [...text.matchAll(/^static void (\w+)\(void \*\*\w+\)/gm)].map((m) => ofFunction(m[1]));
    const named = new Set(names.flatMap((one) => one.ids));
    const [, comment] = text.match(js ? /^((?:\/\/.*\n)+)/ : /^(?:\/\*.*\*\/\n)(\/\*[^]*?\*\/)/) ?? [, ''];
    const headed = new Set(comment.match(ID) ?? []);
    return [...names, { title: '', ids: [...headed].filter((id) => !named.has(id)) }].filter((one) => one.ids.length > 0).map((one) => ({ file, ...one }));
}

const lines = (file) => read(file).split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split('|').map((cell) => cell.trim()));
const cases = lines('tests/ocpp/cases.txt').map(([id, numbers, sources, what, reason = '']) => ({ id, numbers, sources, what, reason }));
const alliance = lines('tests/ocpp/alliance.txt').map(([id, what, reason = '']) => ({ id, what, reason }));

const shown = new Map([...cases, ...alliance].map(({ id }) => [id, []]));
const faults = [];
if (shown.size !== cases.length + alliance.length) faults.push('a number stands twice');
for (const file of FOLDERS.flatMap((folder) => [...filesIn(folder)]).sort())
    for (const one of testsIn(file))
        for (const id of one.ids) {
            if (shown.has(id)) shown.get(id).push(one);
            else faults.push(`${file}: ${id} is no case (${one.title})`);
        }
for (const { id, numbers } of cases) for (const number of numbers.split(' ').filter(Boolean)) if (!shown.has(number)) faults.push(`${id}: ${number} is no number of the alliance's`);
// A number that no title has is shown by the case that cites it.
const cited = (number) => cases.filter((one) => one.numbers.split(' ').includes(number) && shown.get(one.id).length > 0).map(({ id }) => id);
for (const { id, reason } of [...cases, ...alliance]) if (cited(id).length === 0 && shown.get(id).length === 0 && !reason) faults.push(`${id}: no test is named by it, and no reason is stated`);

// Rules: each part after the second is ids of cases, or a file with parts of titles in it.
const rules = lines('tests/ocpp/rules.txt').map(([subject, what, ...by]) => {
    const parts = by.map((part) => {
        if (/^([PC]-\d\d ?)+$/.test(part)) {
            for (const id of part.split(' ')) if (!shown.has(id)) faults.push(`${what}: ${id} is no case`);
            return part.split(' ').join(', ');
        }
        const [, file, titles] = part.match(/^([\w./-]+)(?:: (.*))?$/);
        const text = fs.existsSync(path.join(root, file)) ? read(file) : '';
        if (!text) faults.push(`${what}: ${file} is no file`);
        for (const title of titles?.split('; ') ?? []) if (!text.includes(title)) faults.push(`${what}: ${file} has no ${title}`);
        return `\`${file}\`${titles ? `: ${titles}` : ''}`;
    });
    if (parts.length === 0) faults.push(`${what}: no test`);
    return `| ${subject} | ${what} | ${parts.join('<br>')} |`;
});

const cell = (text) => text.replaceAll('|', '\\|');
/** The tests of a case, by file. */
function shownBy({ id, reason }) {
    const files = new Map();
    for (const { file, title } of shown.get(id)) files.set(file, (files.get(file) ?? new Set()).add(title));
    const parts = [...files].map(([file, titles]) => `\`${file}\`${[...titles].join('') ? `: ${[...titles].filter(Boolean).map(cell).join('; ')}` : ''}`);
    if (files.size === 0 && cited(id).length > 0) parts.push(cited(id).join(', '));
    if (reason) parts.push(`*${reason}*`);
    return parts.join('<br>');
}
const tests = (list) => list.filter(({ id }) => shown.get(id).length > 0 || cited(id).length > 0).length;
const ours = (letter, heading) => {
    const of = cases.filter(({ id }) => id.startsWith(letter));
    return [`## ${heading}`, '', `${of.length} cases, ${tests(of)} with tests.`, '', '| case | alliance | source | what is required | shown by |', '| --- | --- | --- | --- | --- |',
        ...of.map((one) => `| ${one.id} | ${one.numbers.replaceAll(' ', '<br>')} | ${one.sources} | ${cell(one.what)} | ${shownBy(one)} |`), ''];
};
const theirs = (ending, heading) => {
    const of = alliance.filter(({ id }) => id.endsWith(ending));
    return [`## ${heading}`, '', `${of.length} cases, ${tests(of)} with tests.`, '', '| number | what | shown by |', '| --- | --- | --- |', ...of.map((one) => `| ${one.id} | ${cell(one.what)} | ${shownBy(one)} |`), ''];
};

process.stdout.write(`${[
    '# What shows that OCPP is kept', '',
    'Generated from the names of the tests and the lists `tests/ocpp/*.txt` by `tools/docs/generate.sh`. A test',
    'is found by its file and name. Those of `tests/e2e` run the programs against the package ocpp-rpc in strict mode, which checks',
    "every message of either side against the alliance's schemas, or against a bare WebSocket; the others are unit tests.", '',
    'Sources: 16 is OCPP 1.6 edition 2, E its errata sheet of 2025-04, J OCPP-J 1.6, JE its errata sheet, W the security whitepaper.',
    'In *italics*: what no test shows, and why.', '',
    ...ours('P', 'Charge point'), ...ours('C', 'Central system'),
    '## Rules by subject', '', '| subject | rule | shown by |', '| --- | --- | --- |', ...rules, '',
    ...theirs('_CS', "The alliance's cases for a charge point"), ...theirs('_CSMS', "The alliance's cases for a central system"),
].join('\n').trimEnd()}\n`);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

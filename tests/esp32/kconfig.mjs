// SPDX-License-Identifier: Apache-2.0
// As much of Kconfig and sdkconfig as the project's own files use, read strictly: a line that is not
// understood is an error.
import fs from 'node:fs';

/** [{name, type, prompt, defaults: [{value, condition}], range, depends: [], selects: [], choice}] */
export function readKconfig(file) {
    const symbols = [];
    const open = []; // of menu, choice, if: what has to be closed
    let item = null, inHelp = false, helpIndent = 0;

    for (const [index, raw] of fs.readFileSync(file, 'utf8').split('\n').entries()) {
        const at = `${file}:${index + 1}`;
        const indent = raw.search(/\S/);
        if (indent < 0) continue;
        if (inHelp && (helpIndent === 0 || indent >= helpIndent)) {
            helpIndent ||= indent;
            continue;
        }
        inHelp = false;
        const line = raw.trim();
        const choice = open.findLast((block) => block.kind === 'choice');
        let m;
        if (line.startsWith('#')) continue;
        else if ((m = line.match(/^menu "(.+)"$/))) open.push((item = { kind: 'menu', title: m[1], depends: [] }));
        else if (line === 'endmenu' || line === 'endchoice') {
            const block = open.pop();
            if (block?.kind !== line.slice(3)) throw new Error(`${at}: ${line} without its beginning`);
            item = null;
        } else if ((m = line.match(/^choice (\w+)$/))) open.push((item = { kind: 'choice', name: m[1], members: [], defaults: [], depends: [] }));
        else if ((m = line.match(/^config (\w+)$/))) {
            item = { kind: 'config', name: m[1], defaults: [], depends: [], selects: [], choice };
            symbols.push(item);
            choice?.members.push(item);
        } else if ((m = line.match(/^comment "(.+)"$/))) item = { kind: 'comment', depends: [] };
        else if (line === 'help') [inHelp, helpIndent] = [true, 0];
        else if (!item) throw new Error(`${at}: "${line}" belongs to nothing`);
        else if ((m = line.match(/^(bool|int|hex|string) "(.+)"$/))) [item.type, item.prompt] = [m[1], m[2]];
        else if ((m = line.match(/^prompt "(.+)"$/))) item.prompt = m[1];
        else if ((m = line.match(/^default (\S+|".*?")(?: if (.+))?$/))) item.defaults.push({ value: m[1], condition: m[2] });
        else if ((m = line.match(/^range (\S+) (\S+)$/))) item.range = [Number(m[1]), Number(m[2])];
        else if ((m = line.match(/^depends on (.+)$/))) item.depends.push(m[1]);
        else if ((m = line.match(/^visible if (.+)$/)) && item.kind === 'menu') item.visible = m[1];
        else if ((m = line.match(/^select (\w+)$/))) item.selects.push(m[1]);
        else throw new Error(`${at}: "${line}" is not understood`);
    }
    if (open.length) throw new Error(`${file}: a ${open.at(-1).kind} is not closed`);
    return symbols;
}

/** Map of name to value as text, as a build for `target` has them with these members of choices, and switches, chosen. */
export function defaultsFor(symbols, target, chosen) {
    const values = new Map(chosen.map((name) => [name, 'y']));
    const holds = (condition) => condition.split(' && ').every((term) => {
        const name = term.replace(/^!/, '');
        return (name === `IDF_TARGET_${target}` || values.get(name) === 'y') !== term.startsWith('!');
    });

    for (const name of chosen)
        if (!symbols.some((s) => s.name === name && (s.choice || s.type === 'bool') && s.depends.every(holds))) throw new Error(`${name}: no such choice here`);
    for (const symbol of symbols) {
        if (symbol.choice || !symbol.depends.every(holds)) continue;
        const value = symbol.defaults.find((d) => !d.condition || holds(d.condition))?.value;
        if (value !== undefined && value !== 'n') values.set(symbol.name, value);
    }
    return values;
}

/** Map of name to value as text, null for "is not set". */
export function readSdkconfig(file) {
    const values = new Map();
    for (const [index, line] of fs.readFileSync(file, 'utf8').split('\n').entries()) {
        const set = line.match(/^CONFIG_(\w+)=(y|-?\d+|0x[0-9a-fA-F]+|"[^"]*")$/);
        const unset = line.match(/^# CONFIG_(\w+) is not set$/);
        if (!set && !unset && line && !line.startsWith('#')) throw new Error(`${file}:${index + 1}: "${line}" is not understood`);
        const name = (set ?? unset)?.[1];
        if (name && values.has(name)) throw new Error(`${file}:${index + 1}: CONFIG_${name} again`);
        if (name) values.set(name, set ? set[2] : null);
    }
    return values;
}

/** [{name, type, subtype, offset, size, flags: []}] */
export function readPartitions(file) {
    const number = (text) => {
        const m = text.match(/^(0x[0-9a-fA-F]+|\d+)([KM]?)$/);
        if (!m) throw new Error(`${file}: "${text}" is no number`);
        return Number(m[1]) * { '': 1, K: 1024, M: 1024 * 1024 }[m[2]];
    };
    return fs.readFileSync(file, 'utf8').split('\n').filter((line) => line.trim() && !line.startsWith('#')).map((line) => {
        const [name, type, subtype, offset, size, flags] = line.split(',').map((field) => field.trim());
        return { name, type, subtype, offset: number(offset), size: number(size), flags: flags ? flags.split(':') : [] };
    });
}

// SPDX-License-Identifier: Apache-2.0
// The tables of proto/ocpp against the alliance's JSON schemas (security extensions and errata of 2025 included), as
// the package ocpp-rpc has them: every message, field, type, length, word and required flag, both ways.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import test from 'node:test';

const require = createRequire(import.meta.url);
const schemas = require('ocpp-rpc/lib/schemas/ocpp1_6.json');
const {createValidator} = require('ocpp-rpc/lib/validator.js');

const program = join(process.env.ROOST_TESTS, 'roost-ocpp-tables');
const ours = execFileSync(program, {encoding: 'utf8'}).trim().split('\n').map((line) => JSON.parse(line));
const theirs = new Map(schemas.map((schema) => [schema.$id, schema]));

// What the specification says and the schemas do not: chapters 6 and 7 have these lists as 1..*.
const notEmpty = ['meterValue', 'sampledValue', 'chargingSchedulePeriod'];

const byKey = (a, b) => (a[0] < b[0] ? -1 : 1);
const sorted = (object) => Object.fromEntries(Object.entries(object).sort(byKey));

function kindOf(schema) {
    if (schema.enum) return 'word';
    if (schema.format === 'date-time') return 'time';
    if (schema.type === 'number') {
        assert.equal(schema.multipleOf, 0.1);
        return 'tenths';
    }
    return schema.type === 'string' ? 'text' : schema.type;
}

// A property as our program prints one, but for identifiers, which a schema does not tell from texts.
function asOurs(root, name, property, required) {
    const resolve = (schema) => (schema.$ref ? root.definitions[schema.$ref.split('/').pop()] : schema);
    const whole = resolve(property);
    const list = whole.type === 'array';
    const one = list ? resolve(whole.items) : whole;
    const kind = kindOf(one);
    const field = {kind, required, list, max: one.maxLength ?? 0};
    field.min = whole.minItems ?? (list && notEmpty.includes(name) ? 1 : 0);
    if (kind === 'word') field.words = [...one.enum].sort();
    if (kind === 'object') field.fields = fieldsOf(root, one);
    return sorted(field);
}

function fieldsOf(root, schema) {
    assert.equal(schema.additionalProperties, false);
    const required = new Set(schema.required ?? []);
    return sorted(Object.fromEntries(Object.entries(schema.properties ?? {}).map(
        ([name, property]) => [name, asOurs(root, name, property, required.has(name))])));
}

function asTheirs(fields) {
    return sorted(Object.fromEntries(Object.entries(fields).map(([name, field]) => {
        const plain = {...field, kind: field.kind === 'identifier' ? 'text' : field.kind};
        if (field.words) plain.words = [...field.words].sort();
        if (field.fields) plain.fields = asTheirs(field.fields);
        return [name, sorted(plain)];
    })));
}

test('the same messages are there', () => {
    assert.deepEqual(ours.map((message) => message.id).sort(), [...theirs.keys()].sort());
});

for (const message of ours)
    test(`${message.id} is the same, field by field`, () => {
        const schema = theirs.get(message.id);
        assert.deepEqual(asTheirs(message.fields), fieldsOf(schema, schema));
    });

const validator = createValidator('ocpp1.6', schemas);

test('what we write is valid to a strict peer', () => {
    for (const message of ours) assert.ok(validator.validate(message.id, message.sample), message.id);
});

// ---- the same wrong payloads to both: whether one is taken has to be the same

// Each value of a sample, with a function that puts another one (undefined: none) in its place.
function* places(value, put) {
    if (value === null || typeof value !== 'object') return;
    for (const key of Object.keys(value)) {
        const put1 = (other) => {
            const copy = structuredClone(value);
            if (other === undefined && !Array.isArray(copy)) delete copy[key];
            else copy[key] = other;
            return put(copy);
        };
        yield {value: value[key], put: put1};
        yield* places(value[key], put1);
    }
}

function* spoilt(sample) {
    yield {...sample, extra: 1};
    for (const {value, put} of places(sample, (whole) => whole)) {
        for (const other of [null, true, 5.5, {}, [], [null], [[]], 'no such word', undefined]) yield put(other);
        if (typeof value === 'object' && !Array.isArray(value)) yield put({...value, extra: 1});
        if (typeof value === 'string')
            for (const length of [20, 25, 40, 50, 128, 255, 500, 512, 800, 5500, 10000]) {
                yield put('x'.repeat(length));
                yield put('\u{1F600}'.repeat(length + 1));
            }
    }
}

// What we refuse and no schema does, and what we take that the package's check of a format does not.
const stricter = /out of range|is an empty list|one digit of fraction|recurrencyKind: is missing|idTagInfo: is missing/;
const purpose = /chargingProfilePurpose: not one of/;
const byFormat = /must match format "(uri|date-time)"/;

test('both take and refuse the same', () => {
    const cases = ours.flatMap((message) => [...spoilt(message.sample)].map((payload) => ({id: message.id, payload})));
    const input = cases.map(({id, payload}) => `${id} ${JSON.stringify(payload)}\n`).join('');
    const verdicts = execFileSync(program, ['check'], {input, encoding: 'utf8', maxBuffer: 1 << 26}).trim().split('\n');
    assert.equal(verdicts.length, cases.length);
    const count = {taken: 0, refused: 0};
    cases.forEach(({id, payload}, i) => {
        let refusal = 'ok';
        try {
            validator.validate(id, payload);
        } catch (err) {
            refusal = err.message;
        }
        count[verdicts[i] === 'ok' ? 'taken' : 'refused']++;
        if ((verdicts[i] === 'ok') === (refusal === 'ok')) return;
        if (verdicts[i] === 'ok' ? byFormat.test(refusal) : stricter.test(verdicts[i]) || purpose.test(verdicts[i])) return;
        assert.fail(`${id} ${JSON.stringify(payload).slice(0, 400)}: ours "${verdicts[i]}", theirs "${refusal}"`);
    });
    assert.ok(count.taken > 500 && count.refused > 3000, JSON.stringify(count));
});

// SPDX-License-Identifier: Apache-2.0
// C-37, C-14, C-32: what no charger should send. Each message has its own expectation, from the rules of the project's OCPP page
// and from OCPP-J's table 7 with its errata; after each a good Heartbeat is answered on the same socket.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Chargers, Raw, now } from './ocpp.mjs';
import { until } from './support.mjs';

const hub = await Chargers.create(test);
await hub.tag('abc');
const { password } = await hub.add('wrong');
const raw = await Raw.open(`${hub.url}/wrong`, { identity: 'wrong', password });
raw.send(JSON.stringify([2, 'boot', 'BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }]));
assert.equal((await raw.next())[2].status, 'Accepted');

const FORMATION = 'FormationViolation', PROPERTY = 'PropertyConstraintViolation', TYPE = 'TypeConstraintViolation', OCCURENCE = 'OccurenceConstraintViolation';
const id40 = 'i'.repeat(40), deep = (n) => '['.repeat(n) + ']'.repeat(n);
const call = (action, payload, id = 'w') => JSON.stringify([2, id, action, payload]);
const sampled = (more) => ({ connectorId: 1, meterValue: [{ timestamp: now(), sampledValue: [{ value: '1', ...more }] }] });
const begin = (more) => ({ connectorId: 1, idTag: 'abc', meterStart: 0, timestamp: now(), ...more });
const status = (more) => ({ connectorId: 1, errorCode: 'NoError', status: 'Available', ...more });

// Nothing is answered, and each is counted by its reason.
const dropped = [
    ['not JSON', 'hello', 'not_json'], ['empty text', '', 'not_json'], ['cut off', '[2,"w","Heartbeat",{}', 'not_json'], ['two texts', '[2,"w","Heartbeat",{}] x', 'not_json'],
    ['a comma too many', '[2,"w","Heartbeat",{},]', 'not_json'], ['a lone surrogate', '[2,"w","\\ud800",{}]', 'not_json'],
    ['an object', '{}', 'no_array'], ['a number', '2', 'no_array'], ['null', 'null', 'no_array'], ['a text', '"2"', 'no_array'],
    ['an empty array', '[]', 'message_type'], ['type 1', '[1,"w","Heartbeat",{}]', 'message_type'], ['type 5', '[5,"w","Heartbeat",{}]', 'message_type'],
    ['type "2"', '["2","w","Heartbeat",{}]', 'message_type'], ['type 2.5', '[2.5,"w","Heartbeat",{}]', 'message_type'], ['type null', '[null,"w"]', 'message_type'],
    ['id 7', '[2,7,"Heartbeat",{}]', 'no_id'], ['id ""', '[2,"","Heartbeat",{}]', 'no_id'], ['id null', '[2,null,"Heartbeat",{}]', 'no_id'], ['no id', '[2]', 'no_id'],
    ['an answer that nobody asked for', '[3,"nobody",{}]', 'unasked_answer'], ['an error that nobody asked for', '[4,"nobody","GenericError","",{}]', 'unasked_answer'],
    ['an error of four elements', '[4,"nobody","GenericError","x"]', 'unasked_answer'], ['an error about -1', '[4,"-1","RpcFrameworkError","x",{}]', 'id_minus_one'],
    ['20,000 arrays', deep(20000), 'no_array|message_type|not_json'],
];

// Answered by a CALLERROR of five elements with this word; with which words of the description.
const refused = [
    ['id of 40', call('Heartbeat', {}, id40), FORMATION, /id/], ['payload missing', '[2,"w","Heartbeat"]', FORMATION], ['payload null', call('Heartbeat', null), FORMATION],
    ['payload an array', call('Heartbeat', []), FORMATION], ['payload a text', call('Heartbeat', 'x'), FORMATION], ['payload a number', call('Heartbeat', 1), FORMATION],
    ['five elements', '[2,"w","Heartbeat",{},{}]', FORMATION], ['two elements', '[2,"w"]', FORMATION],
    ['nested over 16', `[2,"w","DataTransfer",{"vendorId":"V","data":${deep(20)}}]`, FORMATION],
    ['1,000 arrays', `[2,"w","Heartbeat",${deep(1000)}]`, FORMATION],
    ['unknown action', call('Foo', {}), 'NotImplemented'], ['action in another case', call('heartbeat', {}), 'NotImplemented'], ['action of 2.0.1', call('TransactionEvent', {}), 'NotImplemented'],
    ['Reset to the hub', call('Reset', { type: 'Soft' }), 'NotSupported'], ['GetConfiguration to the hub', call('GetConfiguration', {}), 'NotSupported'],
    ['field missing', call('BootNotification', { chargePointVendor: 'V' }), OCCURENCE, /chargePointModel/], ['field missing in a list', call('MeterValues', { connectorId: 1, meterValue: [{ timestamp: now(), sampledValue: [{}] }] }), OCCURENCE, /value/],
    ['all fields missing', call('StartTransaction', {}), OCCURENCE], ['a field null', call('Authorize', { idTag: null }), TYPE, /idTag/],
    ['extra field', call('Heartbeat', { x: 1 }), FORMATION, /x/], ['extra field in a list', call('MeterValues', sampled({ x: 1 })), FORMATION, /x/],
    ['field in another case', call('Authorize', { idtag: 'abc' }), FORMATION, /idtag/],
    ['wrong type', call('StartTransaction', begin({ meterStart: '0' })), TYPE, /meterStart/], ['a number for a text', call('Authorize', { idTag: 5 }), TYPE, /idTag/], ['an object for a text', call('Authorize', { idTag: {} }), TYPE],
    ['a text for a list', call('MeterValues', { connectorId: 1, meterValue: 'x' }), TYPE], ['an object for a list', call('MeterValues', { connectorId: 1, meterValue: {} }), TYPE], ['a boolean for a number', call('StatusNotification', status({ connectorId: true })), TYPE],
    ['too long', call('Authorize', { idTag: 'i'.repeat(21) }), PROPERTY, /idTag.*20/], ['too long by characters', call('Authorize', { idTag: 'ü'.repeat(21) }), PROPERTY, /idTag/], ['too long info', call('StatusNotification', status({ info: 'i'.repeat(51) })), PROPERTY, /info/],
    ['bad enumeration', call('StatusNotification', status({ status: 'Sleeping' })), PROPERTY, /status/], ['enumeration in another case', call('StatusNotification', status({ status: 'available' })), PROPERTY], ['bad reason', call('StopTransaction', { transactionId: 1, meterStop: 1, timestamp: now(), reason: 'Because' }), PROPERTY, /reason/],
    ['bad unit', call('MeterValues', sampled({ unit: 'Hz' })), PROPERTY, /unit/], ['a measurand of 2.0.1', call('MeterValues', sampled({ measurand: 'Display.PresentSOC' })), PROPERTY],
    ['connector -1', call('StatusNotification', status({ connectorId: -1 })), PROPERTY, /connectorId/], ['connector 0 in a start', call('StartTransaction', begin({ connectorId: 0 })), PROPERTY], ['connector 33', call('StatusNotification', status({ connectorId: 33 })), PROPERTY, /connectorId/],
    ['connector 1.5', call('StatusNotification', status({ connectorId: 1.5 })), TYPE, /connectorId/], ['a number beyond 32 bits', call('StartTransaction', begin({ meterStart: 3e9 })), PROPERTY], ['1e400', '[2,"w","StatusNotification",{"connectorId":1e400,"errorCode":"NoError","status":"Available"}]', PROPERTY],
    ['empty meterValue', call('MeterValues', { connectorId: 1, meterValue: [] }), OCCURENCE, /meterValue/], ['empty sampledValue', call('MeterValues', { connectorId: 1, meterValue: [{ timestamp: now(), sampledValue: [] }] }), OCCURENCE, /sampledValue/],
    ['"yesterday"', call('StartTransaction', begin({ timestamp: 'yesterday' })), TYPE, /timestamp/], ['the 31st of February', call('StartTransaction', begin({ timestamp: '2026-02-31T00:00:00Z' })), TYPE], ['25 o’clock', call('StartTransaction', begin({ timestamp: '2026-02-01T25:00:00Z' })), TYPE], ['a time as a number', call('StartTransaction', begin({ timestamp: 1764500000 })), TYPE], ['a date without a time', call('StartTransaction', begin({ timestamp: '2026-02-01' })), TYPE],
    ['\\u0000', call('Authorize', { idTag: 'a\u0000b' }), PROPERTY, /idTag/],
    ['64 KiB and more', call('DataTransfer', { vendorId: 'V', data: 'd'.repeat(70000) }), FORMATION, /large/], ['MeterValues of 100 KiB', call('MeterValues', { connectorId: 1, meterValue: Array.from({ length: 1200 }, () => sampled().meterValue[0]) }), FORMATION, /large/],
    ['SignCertificate beyond its limit', call('SignCertificate', { csr: 'c'.repeat(5501) }), PROPERTY, /csr/],
];

// Answered as if nothing were wrong.
const taken = [
    ['a key twice: the first counts', '[2,"w","Authorize",{"idTag":"abc","idTag":"nobody"}]', (payload) => payload.idTagInfo.status === 'Accepted'],
    ['an id used before', call('Heartbeat', {}, 'boot'), (payload) => 'currentTime' in payload],
    ['blanks everywhere', ' [ 2 , "w" , "Heartbeat" , { } ] ', (payload) => 'currentTime' in payload],
    ['an id with escapes', '[2,"a\\u0022\\\\b","Heartbeat",{}]', (payload) => 'currentTime' in payload],
    ['an id of 36 characters of four bytes', call('Heartbeat', {}, '🔌'.repeat(36)), (payload) => 'currentTime' in payload],
    ['a tag of 20 characters of two bytes', call('Authorize', { idTag: 'ü'.repeat(20) }), (payload) => payload.idTagInfo.status === 'Invalid'],
    ['a Stop that nobody began', call('StopTransaction', { transactionId: 424242, meterStop: -5, timestamp: now() }), () => true],
    ['300 KiB of StopTransaction', call('StopTransaction', { transactionId: 424243, meterStop: 5, timestamp: now(), transactionData: Array.from({ length: 2000 }, (_, i) => ({ timestamp: new Date(Date.now() - 3e6 + i * 1000).toISOString(), sampledValue: [{ value: `${i}`, measurand: 'Power.Active.Import', unit: 'W' }] })) }), () => true],
];

const drops = async () => {
    const counts = new Map();
    for (const [key, value] of await hub.stack.metrics()) {
        const why = /^roost_csms_dropped_total\{why="(\w+)"\}$/.exec(key)?.[1];
        if (why) counts.set(why, value);
    }
    return counts;
};

/** It is answered by no more than this, and the socket serves on. */
async function serves() {
    const [type, , payload] = await raw.heartbeat();
    assert.equal(type, 3);
    assert.ok(Math.abs(Date.parse(payload.currentTime) - Date.now()) < 2000);
    assert.equal(raw.closed, undefined);
}

for (const [what, text, why] of dropped)
    test(`C-37 dropped: ${what}`, async () => {
        const before = await drops();
        raw.send(text);
        await serves();
        const after = await drops();
        const rose = [...after].filter(([name, value]) => value !== (before.get(name) ?? 0));
        assert.equal(rose.length, 1, JSON.stringify(rose));
        assert.match(rose[0][0], new RegExp(`^(${why})$`));
        assert.equal(rose[0][1], (before.get(rose[0][0]) ?? 0) + 1);
    });

test('C-37 dropped: a binary frame', async () => {
    const before = (await drops()).get('binary_frame') ?? 0;
    raw.socket.send(Buffer.from(call('Heartbeat', {})));
    await serves();
    assert.equal((await drops()).get('binary_frame'), before + 1);
});

for (const [what, text, error, description = /./] of refused)
    test(`C-14 refused: ${what}`, async () => {
        const key = `roost_csms_refused_total{error="${error}"}`;
        const before = (await hub.stack.metrics()).get(key) ?? 0;
        raw.send(text);
        const answer = await raw.next();
        assert.deepEqual([answer.length, answer[0], answer[2]], [5, 4, error], JSON.stringify(answer));
        assert.ok(text.includes(answer[1].slice(0, 36)) && answer[1].length > 0, 'its id');
        assert.match(answer[3], description);
        assert.deepEqual(answer[4], {});
        assert.equal((await hub.stack.metrics()).get(key), before + 1);
        await serves();
    });

for (const [what, text, check] of taken)
    test(`C-37 taken: ${what}`, async () => {
        raw.send(text);
        const answer = await raw.next();
        assert.equal(answer[0], 3, JSON.stringify(answer));
        assert.equal(answer[1], JSON.parse(text)[1]);
        assert.ok(check(answer[2]), JSON.stringify(answer[2]));
        await serves();
    });

test('C-37 wrong messages one after another are answered in their order', async () => {
    const texts = refused.map(([, text]) => text).filter((text) => text.length < 1000);
    for (const text of texts) raw.send(text);
    for (let i = 0; i < texts.length; i++) assert.equal((await raw.next())[0], 4);
    await serves();
});

test('C-32 20 MB close the socket, once, and the charger comes again', async () => {
    const long = await Raw.open(`${hub.url}/wrong`, { identity: 'wrong', password });
    await long.heartbeat();
    long.send(call('DataTransfer', { vendorId: 'V', data: 'd'.repeat(20 << 20) }));
    await until('it is closed', () => long.closed);
    assert.equal(long.closed.code, 1009);
    const again = await Raw.open(`${hub.url}/wrong`, { identity: 'wrong', password });
    assert.equal((await again.heartbeat())[0], 3);
    again.close();
});

test('there are at least 60 of them', () => assert.ok(dropped.length + refused.length + taken.length >= 60));

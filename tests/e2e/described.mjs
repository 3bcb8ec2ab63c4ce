// SPDX-License-Identifier: Apache-2.0
// Answers of the API against its own OpenAPI description: the subset of JSON Schema the description uses.
import assert from 'node:assert/strict';

/** Throws where a value is not as its schema says, or holds a member that is not described. */
function conforms(description, schema, value, where) {
    if (schema.$ref) return conforms(description, description.components.schemas[schema.$ref.split('/').pop()], value, where);
    if (schema.oneOf) {
        const errors = schema.oneOf.map((one) => { try { conforms(description, one, value, where); return null; } catch (e) { return e.message; } });
        assert.ok(errors.includes(null), `${where}: ${errors.join('; ')}`);
        return;
    }
    if (schema.const !== undefined) return assert.equal(value, schema.const, where);
    const types = [schema.type ?? []].flat();
    const type = value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
    if (types.length) assert.ok(types.includes(type) || (type === 'integer' && types.includes('number')), `${where} is ${type}, not ${types}`);
    if (schema.enum) assert.ok(schema.enum.includes(value), `${where}: ${value}`);
    if (type === 'object' && schema.properties) {
        for (const key of schema.required ?? []) assert.ok(key in value, `${where}.${key} is missing`);
        for (const [key, inner] of Object.entries(value)) {
            const known = schema.properties[key] ?? schema.additionalProperties;
            assert.ok(known, `${where}.${key} is not described`);
            conforms(description, known, inner, `${where}.${key}`);
        }
    }
    if (type === 'array') value.forEach((item, i) => conforms(description, schema.prefixItems?.[i] ?? schema.items ?? {}, item, `${where}[${i}]`));
}

/** Throws where an answer's status is not described, or its body not as described. */
export function described(description, method, route, answer) {
    const operation = description.paths[route][method.toLowerCase()];
    let response = operation.responses[answer.status];
    assert.ok(response, `${method} ${route}: ${answer.status} is not described: ${JSON.stringify(answer.body)}`);
    if (response.$ref) response = description.components.responses[response.$ref.split('/').pop()];
    const schema = response.content?.['application/json']?.schema;
    if (schema) conforms(description, schema, answer.body, `${method} ${route}`);
}

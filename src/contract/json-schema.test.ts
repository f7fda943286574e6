import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { GOOD, plugins } from '#contract/fixture.ts';
import { type Schema, siteJsonSchema } from '#contract/json-schema.ts';

const schema = siteJsonSchema(plugins);
const editor = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
const accepts = (text: string): boolean => editor.safeParse(parse(text)).success;
const changed = (from: string, to: string): string => {
  assert.ok(GOOD.includes(from), from);
  return GOOD.replace(from, () => to);
};

/** Follows keys and indices down the schema. */
function inside(...path: readonly (string | number)[]): Schema {
  let at: unknown = schema;
  for (const step of path) at = (at as { readonly [key: string | number]: unknown })[step];
  assert.ok(at, path.join('.'));
  return at as Schema;
}

test('the schema takes a site without mistakes, parameters in the place of numbers included', () => {
  const { error } = editor.safeParse(parse(GOOD));
  assert.equal(error, undefined);
});

test('the schema refuses what the loader refuses by form', () => {
  assert.equal(accepts(changed('site: north', 'sight: north')), false);
  assert.equal(accepts(changed('kind: bus', 'kind: bos')), false);
  assert.equal(accepts(changed('host: 10.0.0.1', 'hots: 10.0.0.1')), false);
  assert.equal(accepts(changed('access: readWrite', 'access: readwrite')), false);
  assert.equal(accepts(changed('holding: 3', 'holding: three')), false);
  assert.equal(accepts(changed('priority: high', 'priority: hi')), false);
  assert.equal(accepts(changed('to: it,', 'too: it,')), false);
  assert.equal(accepts(changed('        do:\n', '        alert: ""\n        do:\n')), false);
  assert.equal(accepts(changed('        do:\n', '        alert: the pump is slow\n        do:\n')), true);
});

test('fields keep their descriptions, defaults and limits, those of plugins too', () => {
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  const tag = inside('properties', 'tags', 'additionalProperties', 'properties');
  assert.match(String((tag.unit as Schema).description), /UCUM/);
  assert.equal((tag.access as Schema).default, 'read');
  assert.equal((tag.address as Schema).$ref, '#/$defs/address');
  const bus = inside('properties', 'sources', 'additionalProperties', 'oneOf', 0);
  assert.deepEqual(bus.required, ['kind', 'host']);
  assert.equal(((bus.properties as Schema).port as Schema).default, 502);
  assert.equal(inside('properties', 'settings', 'properties', 'api', 'properties', 'port').restart, true);
});

test('without any plugin the schema still takes sources of any kind', () => {
  const bare = z.fromJSONSchema(
    siteJsonSchema({ sources: {}, actuators: {}, sinks: {} }) as Parameters<typeof z.fromJSONSchema>[0],
  );
  assert.equal(bare.safeParse({ site: 'a', sources: { x: { kind: 'any', host: 'h' } } }).success, true);
  assert.equal(bare.safeParse({ site: 'a', sources: { x: {} } }).success, false);
});

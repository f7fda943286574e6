import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { siteJsonSchema } from '#contract/json-schema.ts';
import { loadPlugins } from '#edge/plugins.ts';
import { aboutAt, formText, keysAt, type Schema, valuesAt } from '#web/src/pages/decisions/editor/schema.ts';
import { yamlPlace } from '#web/src/pages/decisions/editor/yaml-place.ts';

let schema: Schema;
before(async () => {
  schema = siteJsonSchema(await loadPlugins()) as Schema;
});

/** A text with the cursor at its end. */
const end = (text: string) => {
  const lines = text.split('\n');
  return yamlPlace(lines, { line: lines.length - 1, column: lines.at(-1)?.length ?? 0 });
};
const keys = (text: string) => keysAt(schema, end(text)).map(({ key }) => key);

test('keys come from the schema of the site file, without those that are there', () => {
  assert.ok(keys('').includes('sources'));
  assert.ok(!keys('sources: {}\n').includes('sources'));
  const rule = keys('rules:\n  fill:\n    when: a > 1\n    ');
  assert.ok(rule.includes('onDelayMs') && rule.includes('shadow'));
  assert.ok(!rule.includes('when'));
  assert.deepEqual(keys('rules:\n  fill:\n    do:\n      - ').toSorted(), ['send', 'write']);
  assert.ok(keys('types:\n  pump:\n    alarms:\n      hot:\n        ').includes('consequence'));
});

test('what a source has depends on its kind', () => {
  const modbus = keys('sources:\n  plc:\n    kind: modbus\n    ');
  assert.ok(modbus.includes('blocks') && !modbus.includes('discover'));
  const mqtt = keys('sources:\n  bus: { kind: mqtt, ');
  assert.ok(mqtt.includes('discover') && !mqtt.includes('blocks'));
});

test('needed keys come first', () => {
  const [first] = keysAt(schema, end('alarms:\n  hot:\n    description: a\n    '));
  assert.ok(first?.isRequired);
});

test('values are listed where they can be', () => {
  assert.deepEqual(valuesAt(schema, end('alarms:\n  hot:\n    priority: ')).toSorted(), [
    'critical',
    'high',
    'low',
    'medium',
  ]);
  assert.ok(valuesAt(schema, end('sources:\n  plc:\n    kind: ')).includes('modbus'));
  assert.deepEqual(valuesAt(schema, end('rules:\n  fill:\n    shadow: ')), ['true', 'false']);
});

test('a key is explained by its description and its form', () => {
  const about = aboutAt(
    schema,
    ['alarms', 'hot', 'consequence'],
    end('alarms:\n  hot:\n    consequence').mappings,
  );
  assert.match(about?.description ?? '', /\w/);
  assert.equal(
    formText({ type: 'number', minimum: 0, maximum: 100, default: 5 }),
    'number from 0 to 100, 5 when absent',
  );
});

test('every key of the example site is known where it stands', () => {
  const lines = readFileSync(join(import.meta.dirname, '../../examples/plant/site.yaml'), 'utf8').split('\n');
  const unknown: string[] = [];
  for (const [line, text] of lines.entries()) {
    const key = /^\s*(?:- )?([a-zA-Z]+):(?:\s|$)/.exec(text);
    if (!key || text.trimStart().startsWith('#')) continue;
    const column = text.indexOf(key[1] as string) + (key[1] as string).length;
    const { path, mappings } = yamlPlace(lines, { line, column });
    if (!aboutAt(schema, [...path, key[1] as string], mappings)) unknown.push(`${line + 1}: ${text.trim()}`);
  }
  assert.deepEqual(unknown, []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idsIn, lineOf, yamlPlace } from './yaml-place.ts';

/** A text with the cursor at `|`. */
function at(text: string) {
  const lines = text.split('\n');
  const line = lines.findIndex((one) => one.includes('|'));
  const column = (lines[line] as string).indexOf('|');
  return yamlPlace(
    lines.map((one) => one.replace('|', '')),
    { line, column },
  );
}

test('keys and values know where they stand', () => {
  const cases: readonly (readonly [text: string, path: string, what: 'key' | 'value', word: string])[] = [
    ['si|', '', 'key', 'si'],
    ['site: no|', 'site', 'value', 'no'],
    ['sources:\n  plc:\n    ki|', 'sources/plc', 'key', 'ki'],
    ['sources:\n  plc:\n    |\n', 'sources/plc', 'key', ''],
    ['sources:\n  plc:\n    kind: mod|', 'sources/plc/kind', 'value', 'mod'],
    ['sources:\n  plc:\n    port: 502\n      |', 'sources/plc', 'key', ''],
    ['rules:\n  fill:\n    do:\n      - wr|', 'rules/fill/do/[]', 'key', 'wr'],
    ['rules:\n  fill:\n    do:\n    - write: { ta|', 'rules/fill/do/[]/write', 'key', 'ta'],
    ['rules:\n  fill:\n    do:\n      - write: { tag: a/b|', 'rules/fill/do/[]/write/tag', 'value', 'a/b'],
    ['rules:\n  fill:\n    do:\n      - send:\n          to: no|', 'rules/fill/do/[]/send/to', 'value', 'no'],
    ['assets:\n  hall/line1/pump: { type: pump, with: { un|', 'assets/hall\\/line1\\/pump/with', 'key', 'un'],
    ['tags:\n  "a/b":\n    range: [0, 1|', 'tags/a\\/b/range/[]', 'value', '1'],
    ['alarms:\n  hot:\n    when: tag("a/b|") > 3', 'alarms/hot/when', 'value', 'tag("a/b'],
  ];
  for (const [text, path, what, word] of cases) {
    const place = at(text);
    const shown = place.path.map((step) => step.replaceAll('/', '\\/')).join('/');
    assert.deepEqual([shown, place.what, place.word], [path, what, word], text);
  }
});

test('the mappings on the way tell their fields', () => {
  const { mappings } = at(
    'sources:\n  plc:\n    kind: modbus # a gateway\n    po|\n    host: "10.0.0.1"\n  other:\n    kind: mqtt',
  );
  assert.deepEqual(
    mappings.map((fields) => Object.fromEntries(fields)),
    [{ sources: '' }, { plc: '', other: '' }, { kind: 'modbus', host: '10.0.0.1' }],
  );
});

test('fields of the next item of a list are not those of this one', () => {
  const { mappings } = at('do:\n  - write:\n      tag: a\n  - send:\n      to: x\n      |');
  assert.deepEqual([...(mappings.at(-1)?.keys() ?? [])], ['to']);
});

test('sections list what they declare, and a path leads to its line', () => {
  const lines =
    'site: a\nsources:\n  # one\n  plc:\n    kind: modbus\n  hall/two: { kind: mqtt }\ntags:\n  t: {}'.split(
      '\n',
    );
  assert.deepEqual(idsIn(lines, 'sources'), ['plc', 'hall/two']);
  assert.deepEqual(idsIn(lines, 'sinks'), []);
  assert.equal(lineOf(lines, ['sources', 'plc', 'kind']), 4);
  assert.equal(lineOf(lines, ['sources', 'hall/two', 'kind']), 5, 'as near as it is found');
  assert.equal(lineOf(lines, ['rules']), undefined);
});

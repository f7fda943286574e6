import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { NumberScan } from './number.ts';
import { parsePath, type Step } from './path.ts';
import { JsonPaths, Kind } from './paths.ts';

/** What the reader must agree with: JSON.parse, then a walk along own keys and indices. */
function oracle(bytes: Uint8Array, path: readonly Step[]): { ok: boolean; found?: unknown } {
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return { ok: false };
  }
  for (const step of path) {
    const fits = typeof step === 'number' ? Array.isArray(place) : isPlain(place);
    if (!fits || !Object.hasOwn(place as object, step)) return { ok: true };
    place = (place as Record<Step, unknown>)[step];
  }
  return { ok: true, found: place };
}

const isPlain = (x: unknown): boolean => typeof x === 'object' && x !== null && !Array.isArray(x);

function foundAt(reader: JsonPaths, slot: number): unknown {
  switch (reader.kind[slot]) {
    case Kind.absent:
      return undefined;
    case Kind.number:
      assert.deepEqual(JSON.parse(reader.literal(slot)), reader.number[slot]);
      return reader.number[slot];
    case Kind.true:
      return true;
    case Kind.false:
      return false;
    case Kind.null:
      return null;
    default:
      return reader.parse(slot);
  }
}

function agrees(bytes: Uint8Array, paths: readonly (readonly Step[])[]): void {
  // The document stands inside a larger buffer, as in a socket's chunk, with digits and quotes around it.
  const chunk = Buffer.concat([Buffer.from('"1'), bytes, Buffer.from('2"}]')]);
  const reader = new JsonPaths(paths);
  const ok = reader.read(chunk, 2, 2 + bytes.length);
  for (const path of paths) {
    const expected = oracle(bytes, path);
    assert.equal(ok, expected.ok);
    if (ok) assert.deepEqual(foundAt(reader, reader.slotOf(path)), expected.found);
  }
}

const key = fc.constantFrom('a', 'b', 'value', 'é', '__proto__', 'x.y', '0', '\u0001');
const steps = fc.array(fc.oneof(key, fc.nat(2)), { maxLength: 3 });
const tree = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.double(),
    fc.integer(),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
})).value;
const document = fc.oneof(
  tree.map((value) => JSON.stringify(value)),
  tree.map((value) => JSON.stringify(value, null, 2)),
);
const escapedKeys = (text: string) => text.replaceAll('"a"', '"\\u0061"').replaceAll('é', '\\u00e9');

test('every path of a document has the value that JSON.parse gives', () => {
  fc.assert(
    fc.property(document, fc.array(steps, { minLength: 1, maxLength: 4 }), (text, paths) => {
      agrees(Buffer.from(text), paths);
      agrees(Buffer.from(escapedKeys(text)), paths);
    }),
    { numRuns: 500 },
  );
});

test('a damaged document is refused exactly when JSON.parse refuses it', () => {
  const byte = fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:\\u0e.-+tfn \n\u00a0')), fc.nat(255));
  const hits = fc.array(fc.tuple(fc.nat(), byte), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(document, hits, fc.array(steps, { minLength: 1, maxLength: 3 }), (text, changes, paths) => {
      const bytes = Buffer.from(text);
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      agrees(bytes, paths);
      agrees(bytes.subarray(0, (changes[0]?.[0] ?? 0) % (bytes.length + 1)), paths);
    }),
    { numRuns: 1000 },
  );
});

for (const text of [
  '{"a":1,"a":2}',
  '{"a":{"b":1},"a":3}',
  '{"a":1,"a":{"b":2},"a":{}}',
  '{"a":[1,{"b":4}]}',
  '[]',
  '{}',
  '[1,]',
  '{"a":}',
  '{"a":1,}',
  '01',
  '-',
  '1.',
  '.5',
  '1e',
  '1e999',
  '-0',
  '9007199254740993',
  '0.1234567890123456789',
  'tru',
  'nullx',
  '"a',
  '"\t"',
  '"\\x"',
  '"\\u12g4"',
  '\ufeff{}',
  '',
  ' ',
  '{"a" 1}',
  '{a:1}',
  '[1 2]',
  '[[[[]]]]',
  '[{"b":[{}]},{"b":[}]',
]) {
  test(`agrees with JSON.parse about ${JSON.stringify(text)}`, () => {
    agrees(Buffer.from(text), [[], ['a'], ['a', 'b'], ['a', 1, 'b'], [0], [1, 'b', 0]]);
  });
}

test('nesting of any depth is passed over without using up the stack', () => {
  const deep = `{"x":${'['.repeat(200_000)}${']'.repeat(200_000)},"a":7}`;
  const reader = new JsonPaths([['a']]);
  const bytes = Buffer.from(deep);
  assert.equal(reader.read(bytes, 0, bytes.length), true);
  assert.equal(reader.number[0], 7);
});

test('a number read from bytes is the number that Number reads', () => {
  const scan = new NumberScan();
  const literal = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc
      .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: -400, max: 400 }))
      .map(([digits, power]) => `${digits}e${power}`),
    fc.tuple(fc.integer(), fc.nat({ max: 999_999_999 })).map(([whole, part]) => `${whole}.${part}`),
  );
  fc.assert(
    fc.property(literal, (text) => {
      const bytes = Buffer.from(`${text}7`);
      assert.equal(scan.scan(bytes, 0, text.length), text.length);
      assert.ok(Object.is(scan.value, Number(text)), text);
    }),
    { numRuns: 2000 },
  );
});

test('paths are keys, indices and quoted keys', () => {
  assert.deepEqual(parsePath('a.b[0].c'), ['a', 'b', 0, 'c']);
  assert.deepEqual(parsePath('[2]["x.y"].z-1'), [2, 'x.y', 'z-1']);
  assert.deepEqual(parsePath(''), []);
  for (const bad of ['a..b', 'a[', 'a[x]', '.a.', 'a b', 'a["]']) {
    assert.throws(() => parsePath(bad), { code: 'json.bad-path' }, bad);
  }
});

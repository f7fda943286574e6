import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { compileCondition } from '#decide/condition.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';

const NAMES = ['a', 'b', 'c'] as const;
const tags = new TagTable();
for (const path of NAMES) tags.declare({ path, type: 'boolean', access: 'read' });
const cel = new Environment();
for (const name of NAMES) cel.registerVariable(name, 'bool');

const { text } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...NAMES, 'true', 'a == b', '(c)'),
    fc
      .tuple(tie('text'), fc.constantFrom('&&', '||'), tie('text'))
      .map(([l, op, r]) => `(${l}) ${op} (${r})`),
    tie('text').map((of) => `!(${of})`),
    fc.tuple(tie('text'), tie('text'), tie('text')).map(([w, t, o]) => `((${w}) ? ${t} : (${o}))`),
  ),
}));
const values = fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean() });

function ours(expression: string, known: Record<string, boolean | undefined>): boolean | 'unknown' {
  const compiled = compileCondition(expression, '', tags);
  assert.ok('condition' in compiled, expression);
  const builder = new BatchBuilder();
  for (const [name, value] of Object.entries(known)) {
    const quality = value === undefined ? Quality.badTimeout : Quality.good;
    builder.addValue(tags.number(name), 0, value ?? false, quality);
  }
  compiled.condition.observe(builder.take({ receivedUs: 0 }), 0);
  return compiled.condition.value(0);
}

test('with all inputs known, logic is that of CEL', () => {
  fc.assert(
    fc.property(text, values, (expression, known) => {
      assert.equal(ours(expression, known), cel.evaluate(expression, known), expression);
    }),
  );
});

test('what is known in spite of an unknown input holds for each value that the input could have', () => {
  fc.assert(
    fc.property(text, values, fc.constantFrom(...NAMES), (expression, known, missing) => {
      const value = ours(expression, { ...known, [missing]: undefined });
      if (value === 'unknown') return;
      for (const possible of [true, false]) {
        assert.equal(cel.evaluate(expression, { ...known, [missing]: possible }), value, expression);
      }
    }),
  );
});

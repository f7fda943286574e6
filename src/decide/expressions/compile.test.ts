import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Compiler } from '#decide/expressions/compile.ts';
import { compileTemplate } from '#decide/rules/template.ts';
import { nearest } from '#kernel/nearest.ts';
import { TagTable } from '#kernel/tag-table.ts';

const tags = new TagTable();
tags.declare({ path: 'p/speed', type: 'number', access: 'read' });
tags.declare({ path: 'p/running', type: 'boolean', access: 'read' });
tags.declare({ path: 'p/state', type: 'enum', access: 'read', states: { 0: 'idle', 1: 'running' } });
tags.declare({ path: 'p/report', type: 'structure', access: 'read' });

const TOKENS = [
  ...[
    'speed',
    'running',
    'state',
    'report',
    'tag("p/speed")',
    'mean(',
    'min(',
    'rms(',
    'band(',
    'time_in_state(',
    '"10s"',
    '"idle"',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    '.',
    '?',
    ':',
    '!',
    '-',
    '+',
    '*',
    '/',
    '%',
    '==',
    '!=',
    '<',
    '>=',
    '&&',
  ],
  ...[
    '||',
    'in',
    '1',
    '2.5',
    '0x',
    '1e',
    'true',
    'null',
    'b"',
    "'",
    '\\',
    '.exists(x, x',
    'cel.bind(',
    'has(',
    '{{',
    '}}',
  ],
];

test('no text makes the compiler throw, and every finding lies inside its text', () => {
  const compiler = new Compiler(tags);
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...TOKENS), { maxLength: 25 }).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(text, (one) => {
      const { findings } = compiler.compile(one, 'p');
      const template = compileTemplate(compiler, `${one} {{ ${one} }}`, 'p');
      for (const { offset } of findings)
        assert.ok(offset >= 0 && offset <= one.length, `${offset} in ${one}`);
      for (const { offset } of template.findings) assert.ok(offset >= 0 && offset <= 2 * one.length + 7);
    }),
    { numRuns: 2000 },
  );
});

test('a threshold is recognised in all its forms, and richer conditions are not taken for one', () => {
  const compiler = new Compiler(tags);
  const shape = (text: string) => {
    const threshold = compiler.compile(text, 'p', 'bool').expression?.threshold;
    return threshold && `${tags.get(threshold.tag).path} ${threshold.op} ${threshold.limit}`;
  };
  const cases: readonly [string, string | undefined][] = [
    ['speed > 7.1', 'p/speed > 7.1'],
    ['(speed) >= (-7)', 'p/speed >= -7'],
    ['10 > speed', 'p/speed < 10'],
    ['10.5 <= tag("p/speed")', 'p/speed >= 10.5'],
    ['running', 'p/running != 0'],
    ['!running', 'p/running == 0'],
    ['running == false', 'p/running == 0'],
    ['state == "running"', 'p/state == 1'],
    ['state != 1', 'p/state != 1'],
    ['speed > 1.0 + 2.0', undefined],
    ['speed > speed', undefined],
    ['speed > 1 && speed < 2', undefined],
    ['mean(speed, "10s") > 1', undefined],
    ['report.x > 1', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(shape(text), expected, text);
});

test('windows of one tag and length are kept once, whatever functions use them', () => {
  const compiler = new Compiler(tags);
  compiler.compile('mean(speed, "10s") + max(tag("p/speed"), "10s") > 1', 'p');
  compiler.compile('stddev(speed, "10000ms") > 1 && mean(speed, "20s") > 1', 'p');
  assert.equal(compiler.inputs.windows.length, 2);
  compiler.compile(
    'time_in_state(running, "1m") > time_in_state(running , "1m") + time_in_state(!running, "1m")',
    'p',
  );
  assert.equal(compiler.inputs.windows.length, 4);
});

test('the nearest name is the one with the fewest typing mistakes, if it is near at all', () => {
  const names = ['speed', 'flow', 'vibration', 'temperature'];
  assert.equal(nearest('vibratoin', names), 'vibration');
  assert.equal(nearest('spede', names), 'speed');
  assert.equal(nearest('temprature', names), 'temperature');
  assert.equal(nearest('pressure', names), undefined);
});

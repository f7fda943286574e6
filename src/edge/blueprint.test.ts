import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';

/** A small site, with lines of it replaced. */
const site = (replaced: { readonly [line: string]: string } = {}) =>
  Object.entries(replaced).reduce(
    (text, [from, to]) => text.replace(from, to),
    `site: s
sources:
  plc: { kind: modbus, host: 127.0.0.1 }
tags:
  a/level:
    unit: '%'
    source: plc
    address: { unit: 1, input: 4 }
  a/double:
    unit: '%'
    derive: level * 2.0
alarms:
  high:
    when: tag("a/level") > 90
    priority: high
    consequence: It runs over.
    response: Close the valve.
`,
  );

const said = async (text: string) =>
  (await checkSite(text)).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

test('a sound site has no problem and a blueprint', async () => {
  const { blueprint, problems } = await checkSite(site());
  assert.deepEqual(problems, []);
  assert.equal(blueprint?.model.tags.length, 2);
});

test('wrong fields and wrong expressions are told in one go, each at its place', async () => {
  const problems = await said(
    site({ 'input: 4': 'input: 70000', '> 90': '> "x"', 'level * 2.0': 'levl * 2.0' }),
  );
  assert.equal(problems.length, 3, problems.join('\n'));
  assert.match(problems[0] ?? '', /^8:32 .*70000/);
  assert.match(problems[1] ?? '', /^11:13 .*levl/);
  assert.match(problems[2] ?? '', /^14:\d+ /);
});

test('an expression over a tag that is itself wrong is no second error', async () => {
  const problems = await said(site({ "unit: '%'\n    source": 'nonsense: 1\n    source' }));
  assert.equal(problems.length, 1, problems.join('\n'));
  assert.match(problems[0] ?? '', /nonsense/);
});

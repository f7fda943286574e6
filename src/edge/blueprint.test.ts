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

test('a kind with a slip leads to the right one, also where the file names no other', async () => {
  const { problems } = await checkSite(site({ 'kind: modbus': 'kind: modbsu' }));
  assert.equal(problems[0]?.message, 'there is no source of kind modbsu');
  assert.equal(problems[0]?.hint, 'did you mean modbus?');
});

test('an expression over a tag that is itself wrong is no second error', async () => {
  const problems = await said(site({ "unit: '%'\n    source": 'nonsense: 1\n    source' }));
  assert.equal(problems.length, 1, problems.join('\n'));
  assert.match(problems[0] ?? '', /nonsense/);
});

const HEAD = `site: s
sources:
  plc: { kind: modbus, host: 127.0.0.1 }
tags:
  a/level: { source: plc, address: { unit: 1, input: 4 } }
  a/set: { source: plc, address: { holding: 4 }, access: readWrite, write: { range: [0, 9] } }
`;

test('an alarm with a wrong field has its expressions checked in the same go', async () => {
  const problems = await said(
    `${HEAD}alarms:\n  high: { when: tag("a/z")>1, suppressWhen: 'tag("a/level") >', priority: urgent, response: r }\n`,
  );
  assert.equal(problems.length, 4, problems.join('\n'));
  for (const [i, word] of [/8:3 .*consequence/, /8:21 .*a\/z/, /8:\d+ /, /8:\d+ .*urgent/].entries())
    assert.match(problems[i] ?? '', word);
});

test('a rule with a wrong field has its condition and what its actions say checked in the same go', async () => {
  const problems = await said(`${HEAD}rules:
  r:
    when: level2 > 1
    onDelayMs: soon
    do:
      - { write: { tag: a/set, value: '{{ nowhere * 2 }}', leaseMs: long } }
      - { writ: {} }
      - { write: { tag: a/set, value: '{{ tag("a/level") + }}' } }
`);
  const places = problems.map((text) => Number.parseInt(text, 10));
  assert.deepEqual(places, [9, 10, 12, 12, 13, 14], problems.join('\n'));
});

test('what an alert tells of a value that is not there is found at its place, beside a wrong field', async () => {
  const problems = await said(`${HEAD}rules:
  r: { when: level > 1, onDelayMs: soon, alert: 'tank at {{ level }} of {{ tag("a/level") }}' }
`);
  assert.deepEqual(
    problems.map((text) => text.split(' ')[0]),
    ['8:14', '8:36', '8:61'],
    problems.join('\n'),
  );
});

test('a tag with a wrong field has its formula and its interlock checked in the same go', async () => {
  const problems = await said(`${HEAD}  a/double: { derive: levl * 2.0, deadband: much }
  a/valve:
    source: plc
    address: { holding: 5 }
    access: readWrite
    write: { maxStep: -1, interlock: levl > 3 }
`);
  assert.equal(problems.length, 4, problems.join('\n'));
  assert.match(problems[0] ?? '', /7:23 .*levl/);
  assert.match(problems[1] ?? '', /7:\d+ .*deadband/);
  assert.match(problems[2] ?? '', /12:\d+ .*maxStep/);
  assert.match(problems[3] ?? '', /12:38 .*levl/);
});

test('what stands in for a field that is missing is no error, and what is sound beside it neither', async () => {
  const text = `${HEAD}alarms:\n  high: { priority: low, consequence: c, response: r, deadband: 3 }\nrules:\n  r: { when: 5, do: yes, clear: [7] }\n`;
  const problems = await said(text);
  assert.equal(problems.length, 4, problems.join('\n'));
});

test('an entry of a type that is wrong has its expressions checked with the values of its assets', async () => {
  const problems = await said(`site: s
sources: { plc: { kind: modbus, host: 127.0.0.1 } }
types:
  pump:
    params: [max]
    tags: { speed: { source: plc, address: { input: 1 } } }
    alarms:
      over: { when: 'spead > \${max}', priority: urgent, consequence: c, response: r }
assets:
  a/p1: { type: pump, with: { max: 3 } }
`);
  assert.equal(problems.length, 2, problems.join('\n'));
  assert.match(problems[0] ?? '', /8:22 .*spead.*in asset a\/p1/);
  assert.match(problems[1] ?? '', /8:\d+ .*urgent/);
});

test('a name that leads nowhere is told once', async () => {
  const problems = await said(
    `${HEAD}rules:\n  r: { when: 'true', do: [{ write: { tag: a/nix, value: 1 } }] }\n`,
  );
  assert.equal(problems.length, 1, problems.join('\n'));
});

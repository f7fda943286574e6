import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { checkAside } from '#edge/check-aside.ts';

const warned: string[] = [];
const log = { debug() {}, info() {}, warn: (_: object, text: string) => warned.push(text), error() {} };
const tags = (count: number, when = 'p/t1') =>
  `site: north\nsources: { plc: { kind: modbus, host: 10.0.0.1 } }\ntags:\n${Array.from(
    { length: count },
    (_, i) => `  p/t${i}: { source: plc, address: { holding: ${i} } }\n`,
  ).join('')}alarms: { a: { when: 'tag("${when}") > 1', priority: low, consequence: c, response: r } }\n`;

/** Few words, many tags. */
const ofTypes = (assets: number, tagsEach: number) =>
  `site: north\nsources: { plc: { kind: modbus, host: 10.0.0.1 } }\ntypes:\n  press:\n    tags:\n${Array.from(
    { length: tagsEach },
    (_, i) => `      t${i}: { source: plc, address: { holding: ${i} } }\n`,
  ).join(
    '',
  )}assets:\n${Array.from({ length: assets }, (_, i) => `  line/p${i}: { type: press }\n`).join('')}`;

test('a long file is checked in a thread of its own, with the same result', async () => {
  for (const text of [tags(1000), tags(1000, 'p/none'), ofTypes(50, 100)]) {
    const turns: number[] = [];
    const timer = setInterval(() => turns.push(1), 1);
    const aside = await checkAside(text, log);
    clearInterval(timer);
    const here = await checkSite(text);
    assert.deepEqual(aside.problems, here.problems);
    assert.deepEqual(aside.blueprint?.model, here.blueprint?.model);
    assert.deepEqual(aside.blueprint?.spec, here.blueprint?.spec);
    assert.ok(turns.length > 3, 'this thread had its turns meanwhile');
  }
  assert.deepEqual(warned, []);
});

test('a file that takes more memory to check than the box can spare is refused, and not tried again here', async () => {
  const { blueprint, problems } = await checkAside(ofTypes(400, 400), log, { memoryMb: 24 });
  assert.equal(blueprint, undefined);
  assert.match(problems.map(({ message }) => message).join(), /takes more than 24 MB of memory/);
  assert.deepEqual(warned, []);
});

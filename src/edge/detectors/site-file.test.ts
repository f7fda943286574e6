import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';

/** Two pumps of one type, each with detectors. */
const FILE = `site: s
sources:
  plc: { kind: modbus, host: 127.0.0.1 }
types:
  pump:
    params: [unit, slack]
    tags:
      vibration: { source: plc, address: { unit: "\${unit}", input: 1 } }
      current: { source: plc, address: { unit: "\${unit}", input: 2 } }
      state: { type: enum, source: plc, address: { unit: "\${unit}", input: 3 } }
      label: { type: text, derive: '"pump"' }
    detectors:
      bearing:
        kind: drift
        tags: [vibration, current]
        restWhen: 'state != 2'
        restForMs: 30000
        settings: { limit: "\${slack}" }
        alarm: { priority: medium, consequence: It wears., response: Plan a change. }
    rules:
      watch: { when: bearing > 0.8, alert: "The bearing of this pump is at {{ bearing }}." }
assets:
  line1/pump1: { type: pump, with: { unit: 1, slack: 1.5 } }
  line1/pump2: { type: pump, with: { unit: 2, slack: 2 } }
detectors:
  both:
    kind: relation
    tags: [line1/pump1/current, line1/pump2/current]
    everyMs: 5000
`;

const said = async (from: string, to: string) => {
  assert.ok(FILE.includes(from), from);
  const { problems } = await checkSite(FILE.replace(from, () => to));
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, message, hint }) => `${line}:${column} ${message} (${hint})`);
};

test('each asset gets its detectors, their figures as tags, and alarms where they were promoted', async () => {
  const { blueprint, problems } = await checkSite(FILE);
  assert.deepEqual(problems, []);
  const { model, spec } = blueprint ?? assert.fail();
  const [first, second, both] = [spec.detectors?.[1], spec.detectors?.[2], spec.detectors?.[0]];
  assert.deepEqual(
    [first?.id, first?.tags, first?.settings, first?.alarm?.id],
    [
      'line1/pump1/bearing',
      ['line1/pump1/vibration', 'line1/pump1/current'],
      { limit: 1.5 },
      'line1/pump1/bearing',
    ],
  );
  assert.deepEqual(second?.settings, { limit: 2 });
  assert.deepEqual([both?.id, both?.asset, both?.everyMs, both?.alarm], ['both', '', 5000, undefined]);
  const figure = model.tags.find(({ path }) => path === 'line1/pump2/bearing');
  assert.deepEqual([figure?.unit, figure?.deadband, figure?.access], ['1', 0.02, 'read']);
  assert.deepEqual(
    model.alarms.map(({ id, when, detector }) => [id, when, detector]),
    [
      ['line1/pump1/bearing', 'tag("line1/pump1/bearing") > 1', 'line1/pump1/bearing'],
      ['line1/pump2/bearing', 'tag("line1/pump2/bearing") > 1', 'line1/pump2/bearing'],
    ],
  );
  assert.deepEqual(spec.alarms, [], 'their conditions are what the detectors find, and no expression');
});

test('what is wrong in a detector is told at its place, with what to write', async () => {
  assert.deepEqual(await said('[vibration, current]', '[vibraton, current]'), [
    '15:16 there is no tag vibraton, in asset line1/pump1 (type pump) and 1 other (did you mean vibration?)',
  ]);
  assert.deepEqual(await said('[vibration, current]', '[vibration, label]'), [
    '15:27 label is of type text, in asset line1/pump1 (type pump) and 1 other (a detector looks at numbers, booleans and enums; a text can be the context of one of kind season)',
  ]);
  assert.deepEqual(await said('settings: { limit:', 'settings: { limt:'), [
    '18:28 a detector of kind drift has no setting limt, in asset line1/pump1 (type pump) (did you mean limit?)',
    '18:28 a detector of kind drift has no setting limt, in asset line1/pump2 (type pump) (did you mean limit?)',
  ]);
  assert.deepEqual(await said('state != 2', 'stat != 2'), [
    '16:20 there is no tag line1/pump1/stat, in asset line1/pump1 (type pump) (did you mean state?)',
    '16:20 there is no tag line1/pump2/stat, in asset line1/pump2 (type pump) (did you mean state?)',
  ]);
  assert.deepEqual(await said('kind: relation', 'kind: relations'), [
    '27:11 kind is "relations": expected one of drift, unusual, season, frozen, noise, relation, balance, limit, remaining-life, model (did you mean relation?)',
  ]);
  assert.deepEqual(await said(', line1/pump2/current]', ']'), [
    '28:5 a detector of kind relation needs at least 2 of tags, and has 1 (add `tags: [signal, …]`: signals of the asset, or full paths)',
  ]);
  assert.deepEqual(await said('everyMs: 5000', 'everyMs: 50'), [
    '29:14 everyMs is 50: at least 100 (undefined)',
  ]);
});

test('a limit without its limit is refused, a balance reads what its expression derives', async () => {
  const both = '{ kind: limit, tags: [line1/pump1/current], settings: { side: 2 } }';
  const entry = FILE.slice(FILE.indexOf('  both:'));
  const [no] = await said(entry, `  both: ${both}\n`);
  assert.match(
    no ?? '',
    /limit is missing: what the signal must not reach, in its unit \(settings of limit: limit, side, /,
  );
  const [side] = await said(entry, `  both: ${both.replace('side', 'limit: 7, side')}\n`);
  assert.match(side ?? '', /side is 2; 1 is above the limit, -1 below/);
  const sum = 'tag("line1/pump1/current") - tag("line1/pump2/current")';
  const balance = FILE.replace(
    entry,
    `  both: { kind: balance, expression: '${sum}', unit: A, settings: { least: 0.5 } }\n`,
  );
  const { blueprint, problems } = await checkSite(balance);
  assert.deepEqual(problems, []);
  assert.deepEqual(blueprint?.spec.detectors?.[0]?.tags, ['both-balance']);
  assert.equal(blueprint?.spec.derived.find(({ path }) => path === 'both-balance')?.derive, sum);
  assert.equal(blueprint?.model.tags.find(({ path }) => path === 'both-balance')?.unit, 'A');
  const [strange] = await said(entry, balance.slice(balance.indexOf('  both:')).replace('A', 'ampere'));
  assert.match(strange ?? '', /^\d+:\d+ .*ampere/);
  const [foreign] = await said('kind: relation', 'kind: relation\n    unit: A');
  assert.match(foreign ?? '', /a detector of kind relation has the units of its tags \(remove it\)/);
});

test('a text may be the context of a season, which is the last of its tags', async () => {
  const entry = FILE.slice(FILE.indexOf('  both:'));
  const [current, label] = ['line1/pump1/current', 'line1/pump1/label'];
  const season = (tags: string, settings: string) =>
    `  both: { kind: season, tags: [${tags}], settings: ${settings} }\n`;
  const fits = FILE.replace(entry, season(`${current}, ${label}`, '{ context: 1, hours: 0 }'));
  const { blueprint, problems } = await checkSite(fits);
  assert.deepEqual(problems, []);
  assert.deepEqual(blueprint?.spec.detectors?.[0]?.tags, [current, label]);
  assert.deepEqual(await said(entry, season(`${label}, ${current}`, '{ context: 1 }')), [
    `26:32 ${label} is of type text (the context is the last of tags: name it there)`,
  ]);
  assert.deepEqual(await said(entry, season(`${current}, ${label}`, '{ hours: 8 }')), [
    `26:53 ${label} is of type text (write it as the last of tags, and \`settings: { context: 1 }\`: what the others are is learned for each of its texts)`,
  ]);
  const [alone] = await said(entry, season(label, '{ context: 1 }'));
  assert.match(alone ?? '', /^26:\d+ context 1 needs a signal before the context \(settings of season: /);
  const [odd] = await said(entry, season(current, '{ hours: 5 }'));
  assert.match(odd ?? '', /^26:\d+ hours is 5; it must divide 24, or be 0/);
  const structure = FILE.replace('type: text, derive: \'"pump"\'', "type: int64, derive: '1'");
  const [other] = (
    await checkSite(structure.replace(entry, season(`${current}, ${label}`, '{ context: 1 }')))
  ).problems;
  assert.match(other?.message ?? '', /is of type int64/);
});

test('no tag may have the path of a figure', async () => {
  const [first] = await said('      label: {', '      bearing: {');
  assert.equal(
    first,
    '13:7 there is a tag of this path: the figure of a detector is a tag of its id, in asset line1/pump1 (type pump) and 1 other (rename the detector or the tag)',
  );
});

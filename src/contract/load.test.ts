// Long because it is a table: one bad file a row, each with its exact place.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how site files write parameters
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bus, GOOD, plugins } from '#contract/fixture.ts';
import { formatProblem, loadSite } from '#contract/load.ts';
import type { Plugins } from '#contract/plugins.ts';

const said = (text: string) => loadSite(text, plugins).problems.map((p) => formatProblem('s', p));
const errors = (text: string) =>
  loadSite(text, plugins)
    .problems.filter((p) => p.severity === 'error')
    .map((p) => `${p.line}:${p.column} ${p.message}`);

test('a type becomes assets: full paths, filled parameters of their own type, references resolved', () => {
  const { model, problems } = loadSite(GOOD, plugins);
  assert.deepEqual(problems, []);
  assert.ok(model);
  assert.deepEqual(
    model.tags.map(({ path }) => path),
    [
      'line1/total',
      'line1/pump1/speed',
      'line1/pump1/running_speed',
      'line1/pump2/speed',
      'line1/pump2/running_speed',
    ],
  );
  const speed = model.tags[3];
  assert.deepEqual(speed?.range, [0, 1500]);
  assert.deepEqual(speed?.address, { unit: 2, holding: 3 });
  assert.equal(speed?.asset, 'line1/pump2');
  assert.equal(speed?.write?.feedback?.tag, 'line1/pump2/running_speed');
  assert.equal(model.tags[2]?.description, 'speed of pump 1, up to 3000');
  assert.equal(model.tags[0]?.asset, 'line1');
  const rule = model.rules[1];
  assert.equal(rule?.id, 'line1/pump2/slow-down');
  assert.equal(rule?.when, 'running_speed > 1500 * 0.9');
  assert.deepEqual(rule?.do[0], { write: { tag: 'line1/pump2/speed', value: 100, leaseMs: 5000 } });
  assert.equal(model.alarms[0]?.id, 'line1/pump1/fast');
  assert.deepEqual(model.sources[0]?.config, { host: '10.0.0.1' });
  assert.equal(model.settings.api.port, 7420);
});

/** Replaces one part of the good file; the part must be there. */
function changed(from: string, to: string): string {
  assert.ok(GOOD.includes(from), from);
  return GOOD.replace(from, () => to);
}

const base = 'site: a\nsources:\n  plc: { kind: bus, host: h }\ntags:\n';
const tag = (body: string) =>
  `${base}  x:\n    source: plc\n    address: { unit: 1, holding: 1 }\n${body.replace(/^/gm, '    ')}\n`;

const BAD: readonly (readonly [name: string, text: string, ...problems: string[]])[] = [
  ['an empty file', '', '1:1 the file is empty'],
  ['only a comment', '# nothing\n', '1:1 the file is empty'],
  ['a list', '- a\n- b\n', '1:1 the file is no map of keys and values'],
  ['a text', 'hello', '1:1 the file is no map of keys and values'],
  ['no site', 'tags: {}\n', '1:1 site is missing'],
  [
    'a site with capitals',
    'site: North\n',
    '1:7 site is "North": lower-case letters, digits, _ and -; a letter first',
  ],
  ['two documents', 'site: a\n---\nsite: b\n', '2:1 a second document begins here'],
  ['a tab', 'site: a\ntags:\n\tx: 1\n', '3:1 a tab indents this line'],
  ['a key twice', 'site: a\nsite: b\n', '2:1 the key site is given twice; first in line 1'],
  ['an unknown anchor', 'site: *name\n', '1:7 there is no anchor &name'],
  [
    'a tag of YAML',
    'site: !env SITE\n',
    '1:7 Unresolved tag: !env',
    '1:12 site is "SITE": lower-case letters, digits, _ and -; a letter first',
  ],
  ['an unknown key', 'site: a\nsuorces: {}\n', '2:1 unknown key suorces at the top of the file'],
  ['an empty section', 'site: a\nrules:\n', '2:1 rules is empty: expected a map (key: value)'],
  ['a wrong setting', 'site: a\nsettings:\n  api:\n    port: 70000\n', '4:11 port is 70000: at most 65535'],
  [
    'an unknown kind',
    'site: a\nsources:\n  p: { kind: bsu, host: x }\n',
    '3:14 there is no source of kind bsu',
  ],
  [
    'a wrong field of a source',
    'site: a\nsources:\n  p:\n    kind: bus\n    hots: x\n',
    '5:5 unknown key hots in p',
  ],
  [
    'a wrong name of a tag',
    `${base}  Line1/X: {}\n`,
    '5:3 the name "Line1/X" is not allowed: segments of lower-case letters, digits, _ and -, joined by /',
  ],
  ['a tag from nowhere', `${base}  x: {}\n`, '5:3 the tag x has neither a source nor a derive'],
  ['a source without address', `${base}  x: { source: plc }\n`, '5:3 the tag x has a source but no address'],
  ['an unknown source', `${base}  x: { source: plx, address: {} }\n`, '5:16 there is no source plx'],
  [
    'both derive and source',
    tag('derive: "1"'),
    '6:5 a derived tag is computed here: it has no source',
    '7:5 a derived tag is computed here: it has no address',
  ],
  [
    'a wrong register',
    `${base}  x: { source: plc, address: { unit: 1, holding: 70000 } }\n`,
    '5:50 holding is 70000: at most 65535',
  ],
  [
    'a wrong field of an address',
    `${base}  x: { source: plc, address: { unit: 1, holdin: 7 } }\n`,
    '5:41 unknown key holdin in address',
  ],
  [
    'what the plugin finds',
    `${base}  x: { source: plc, address: { unit: 1, holding: 13 } }\n`,
    '5:30 register 13 is broken',
  ],
  ['a wrong unit', tag('unit: °C'), '8:11 unit: "°C" is no UCUM unit'],
  ['a deadband on a boolean', tag('type: boolean\ndeadband: 1'), '9:5 a tag of type boolean has no deadband'],
  [
    'a deadband as wide as the range',
    tag('range: [0, 5]\ndeadband: 5'),
    '9:15 deadband is 5: as wide as the range [0,5]',
  ],
  ['a scale on text', tag('type: text\nscale: { factor: 2 }'), '9:5 a tag of type text has no scale'],
  ['a factor of 0', tag('scale: { factor: 0 }'), '8:22 factor is 0: a factor of 0 loses the value'],
  ['states without enum', tag('states: { 0: off }'), '8:5 a tag of type number has no states'],
  [
    'a range upside down',
    tag('range: [5, 1]'),
    '8:12 range is [5,1]: the lower end comes first: [low, high]',
  ],
  ['a range with a text', tag('range: [0, "5"]'), '8:16 range[1] is "5": expected a number'],
  ['limits without access', tag('write: {}'), '8:5 limits on writes, yet access is read'],
  [
    'a write to safety',
    tag('safety: true\naccess: readWrite'),
    '9:5 the tag x belongs to a safety function: Holdfast never writes to one',
  ],
  [
    'a range of writes beyond the range',
    tag('range: [0, 5]\naccess: write\nwrite: { range: [0, 6] }'),
    '10:21 values [0,6] may be written, but the range of the tag is [0,5]',
  ],
  [
    'an unsafe safe value',
    tag('range: [1, 5]\naccess: write\nwrite: { lease: { maxMs: 1000, safe: 0 } }'),
    '10:42 safe is 0: outside [1,5]',
  ],
  [
    'an unknown feedback',
    tag('access: write\nwrite: { feedback: { tag: y } }'),
    '9:31 there is no tag y for the feedback',
  ],
  ['a heartbeat on a read tag', tag('heartbeatMs: 1000'), '8:5 a heartbeat is written, yet access is read'],
  ['a boolean of YAML 1.1', tag('safety: yes'), '8:13 safety is "yes": expected true or false'],
  ['a duration with a unit', tag('staleAfterMs: 5s'), '8:19 staleAfterMs is "5s": expected a number'],
  [
    'an access misspelt',
    tag('access: readwrite'),
    '8:13 access is "readwrite": expected one of read, write, readWrite',
  ],
  [
    'a number too long',
    tag('range: [0, 9007199254740993]'),
    '8:16 9007199254740993 has more digits than a number can keep',
  ],
  ['a parameter outside a type', tag('description: for ${x}'), '8:22 ${x} has a value only inside a type'],
  ['a rule without when', `${base}  {}\nrules:\n  r: { do: [] }\n`, '7:3 when is missing'],
  [
    'an alert without a text',
    `${base}  {}\nrules:\n  r: { when: "true", alert: "  " }\n`,
    '7:29 alert is "  ": say what is worth knowing',
  ],
  [
    'an alert with the fields of an alarm',
    `${base}  {}\nrules:\n  r: { when: "true", alert: { text: open } }\n`,
    '7:29 alert is a map (text): expected a text',
  ],
  [
    'an action misspelt',
    `${tag('access: write')}rules:\n  r:\n    when: "true"\n    do:\n      - wirte: { tag: x, value: 1 }\n`,
    '13:9 unknown key wirte in do[0]',
  ],
  [
    'a write to an unknown tag',
    `${tag('access: write')}rules:\n  r:\n    when: "true"\n    do:\n      - write: { tag: y, value: 1 }\n`,
    '13:23 there is no tag y',
  ],
  [
    'a write to a read-only tag',
    `${tag('unit: bar')}rules:\n  r:\n    when: "true"\n    do: [{ write: { tag: x, value: 1 } }]\n`,
    '12:26 x is read-only',
  ],
  [
    'a write out of range',
    `${tag('access: write\nrange: [0, 5]')}rules:\n  r:\n    when: "true"\n    clear: [{ write: { tag: x, value: 6 } }]\n`,
    '13:39 x cannot take 6: outside [0,5]',
  ],
  [
    'a lease that the tag lacks',
    `${tag('access: write')}rules:\n  r:\n    when: "true"\n    do: [{ write: { tag: x, value: 1, leaseMs: 500 } }]\n`,
    '12:48 x has no lease, so nothing says which value is safe',
  ],
  [
    'a message to nobody',
    'site: a\nrules:\n  r:\n    when: "true"\n    do: [{ send: { to: it } }]\n',
    '5:24 there is no actuator it',
  ],
  [
    'a wrong field of a message',
    changed('qos: "{{ 1 }}"', 'qso: 1'),
    '32:52 unknown key qso in send, in asset line1/pump1 (type pump) and 1 other',
  ],
  ['an unknown type', 'site: a\nassets:\n  p: { type: pmp }\n', '3:14 there is no type pmp'],
  [
    'an unknown parameter in the type',
    changed('speed of pump ${unit}', 'speed of ${unti}'),
    '22:31 type pump has no parameter "unti"',
  ],
  [
    'a missing parameter',
    changed('with: { unit: 2, max: 1500 }', 'with: { unit: 2 }'),
    '41:30 asset line1/pump2 gives no value for max, which type pump needs',
  ],
  [
    'a parameter that the type lacks',
    changed('with: { unit: 2, max', 'with: { unit: 2, min: 0, max'),
    '41:47 type pump has no parameter min',
  ],
  [
    'one asset that makes the type fail',
    changed('unit: 2,', 'unit: 300,'),
    '14:26 unit is 300: at most 247, in asset line1/pump2 (type pump)',
    '25:17 unit is 300: at most 247, in asset line1/pump2 (type pump)',
  ],
  [
    'two assets that make the type fail alike',
    changed('tag: speed, value: 100', 'tag: speed, value: -1').replace('1500', '3000'),
    '31:41 line1/pump1/speed cannot take -1: outside [0,3000], in asset line1/pump1 (type pump)',
    '31:41 line1/pump2/speed cannot take -1: outside [0,3000], in asset line1/pump2 (type pump)',
  ],
  [
    'what is wrong in the type itself, once',
    changed('holding: 4', 'holding: no'),
    '26:20 holding is "no": expected a number, in asset line1/pump1 (type pump) and 1 other',
  ],
  [
    'a tag given twice',
    changed('  line1/total:', '  line1/pump1/running_speed:'),
    '20:7 the tag line1/pump1/running_speed is given twice: here and by tags.line1/pump1/running_speed, in asset line1/pump1 (type pump)',
  ],
];

test('every mistake is told at the line and column of the very key or value', () => {
  const found = BAD.map(([name, text]) => [name, ...errors(text)]);
  assert.deepEqual(
    found,
    BAD.map(([name, , ...problems]) => [name, ...problems]),
  );
});

test('all errors of a file are told at once, in its order', () => {
  const text = changed('kind: bus', 'kind: bos')
    .replace('unit: /min', 'unit: rpm')
    .replace('priority: high', 'priority: hi')
    .replace('type: pump, with: { unit: 1', 'type: pmup, with: { unit: 1');
  assert.deepEqual(
    errors(text).map((line) => line.split(' ')[0]),
    ['3:16', '11:15', '36:19', '40:24'],
  );
});

test('a problem reads as file:line:column, what is wrong, and a hint', () => {
  assert.deepEqual(said(tag('deadbnd: 1')), [
    's:8:5 error: unknown key deadbnd in x\n    hint: did you mean deadband?',
  ]);
  assert.match(said(tag('safety: yes')).join(), /hint: write true \(without quotes\)/);
  assert.match(said(tag('staleAfterMs: 5s')).join(), /in ms this is 5000/);
  assert.match(said(tag('unit: m³/h')).join(), /hint: write m3\/h/);
  assert.match(
    said('site: a\ntypes:\n  t:\n    tags:\n      x: {unit: ${u}}\n').join(),
    /put parameters in quotes: "\$\{name\}"/,
  );
});

test('tags of a source whose configuration is wrong are checked too', () => {
  const text = `${base.replace('host: h', 'hots: h')}  x: { source: plc, address: { unit: 1, holding: 70000 } }\n`;
  assert.deepEqual(errors(text), ['3:21 unknown key hots in plc', '5:50 holding is 70000: at most 65535']);
});

test('a choice of values names all of them', () => {
  const text =
    'site: a\nsources:\n  b: { kind: broker, url: "mqtt://h" }\ntags:\n  x: { source: b, address: { topic: t, qos: 3 } }\n';
  assert.deepEqual(errors(text), ['5:45 qos is 3: expected one of 0, 1, 2']);
  assert.deepEqual(
    errors(
      `${tag('access: write')}rules:\n  r:\n    when: "true"\n    do: [{ write: { tag: x, value: [1] } }]\n`,
    ),
    ['12:36 value is [1]: expected a number or true or false or a text'],
  );
});

test('a number that may be written without any limit is a hint, and nothing more', () => {
  const hints = (body: string) =>
    loadSite(tag(body), plugins).problems.map((p) => `${p.severity} ${p.line}:${p.column} ${p.message}`);
  const hint = ['hint 8:13 nothing limits what may be written'];
  assert.deepEqual(hints('access: readWrite'), hint);
  assert.deepEqual(hints('access: write\ntype: int64\nwrite: { maxStep: 5 }'), hint);
  assert.ok(loadSite(tag('access: write'), plugins).model);
  for (const limited of ['range: [0, 5]', 'write: { range: [0, 5] }', 'type: boolean', 'heartbeatMs: 1000'])
    assert.deepEqual(hints(`access: readWrite\n${limited}`), [], limited);
});

test('a parameter that nobody uses is a hint and keeps nothing from running', () => {
  const { model, problems } = loadSite(
    changed('params: [unit, max]', 'params: [unit, max, spare]').replaceAll('max: ', 'spare: 1, max: '),
    plugins,
  );
  assert.deepEqual(
    problems.map(({ severity, line, column }) => [severity, line, column]),
    [['hint', 8, 25]],
  );
  assert.ok(model);
});

test('anchors serve, and aliases that multiply without end are refused', () => {
  const shared = `${base}  x: &x { source: plc, address: { unit: 1, holding: 1 } }\n  y: *x\n`;
  assert.equal(loadSite(shared, plugins).model?.tags.length, 2);
  const lines = ['site: a', 'l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]'];
  for (let i = 1; i < 12; i++)
    lines.push(
      `l${i}: &l${i} [${Array(9)
        .fill(`*l${i - 1}`)
        .join(', ')}]`,
    );
  assert.match(errors(lines.join('\n')).join('\n'), /aliases make this file larger than/);
  assert.match(errors('site: &a [*a]\n').join('\n'), /nested deeper than/);
});

test('a file that is too large is refused before it is read', () => {
  assert.match(errors(`site: a # ${'x'.repeat(5_000_000)}`)[0] ?? '', /the limit is 5000000/);
});

test('a plugin whose check fails is one problem at its source, not the end of the check', () => {
  const broken: Plugins = {
    ...plugins,
    sources: {
      bus: {
        config: Bus,
        check: () => {
          throw new Error('oops');
        },
      },
    },
  };
  const { problems } = loadSite('site: a\nsources:\n  plc: { kind: bus, host: h }\n', broken);
  assert.deepEqual(
    problems.map((p) => formatProblem('s', p)),
    ['s:3:3 error: this source could not be checked: oops'],
  );
});

test('an offset in an expression is found in the file, whichever way the text is written', () => {
  const text = `site: a
tags:
  plain: { derive: a + b }
  single: { derive: 'a + ''x'' + b' }
  double: { derive: "a + \\"x\\" + b" }
  literal:
    derive: |
      a +
        b
  folded:
    derive: >-
      a +
      b
  long: { derive: a
      + b }
`;
  const { located } = loadSite(text, plugins);
  const of = (name: string, offset: number) =>
    Object.values(located.locate(['tags', name, 'derive'], offset)).join(':');
  assert.equal(of('plain', 4), '3:24');
  assert.equal(of('single', 10), '4:34');
  assert.equal(of('double', 10), '5:34');
  assert.equal(of('literal', 0), '8:7');
  assert.equal(of('literal', 6), '9:9');
  assert.equal(of('folded', 4), '13:7');
  assert.equal(of('long', 4), '15:9');
});

test('an offset in a text with parameters is that of the text as written, and names the asset', () => {
  const { model, located } = loadSite(GOOD, plugins);
  const rule = model?.rules[1];
  assert.ok(rule);
  const problem = located.problem(rule, 'when', {
    offset: 'running_speed > 1500 *'.length - 1,
    message: 'bad',
  });
  assert.deepEqual([problem.line, problem.column], [29, 15 + 'running_speed > ${max} *'.length - 1]);
  assert.equal(problem.message, 'bad, in asset line1/pump2 (type pump)');
});

test('no text whatsoever makes it throw', () => {
  const never = (text: string) => {
    const { model, problems } = loadSite(text, plugins);
    assert.ok(model || problems.some(({ severity }) => severity === 'error'));
    for (const { line, column } of problems) assert.ok(line >= 1 && column >= 1);
  };
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), never));
  const pieces = fc.constantFrom(
    '${',
    '}',
    '*a',
    '&a ',
    '- ',
    ': ',
    '\n',
    '{',
    ']',
    '"',
    '\t',
    '__proto__: 1',
    '? ',
    '|\n',
    '!!x ',
    '---',
    'null',
    '.nan',
    '1e999',
    '%YAML 1.1\n',
  );
  const at = fc.nat(GOOD.length);
  const edits = fc.array(fc.record({ at, cut: fc.nat(40), put: pieces }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(edits, (all) => {
      never(all.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), GOOD));
    }),
  );
  for (const text of ['['.repeat(20_000), '{a: '.repeat(5000), '? '.repeat(5000), '- '.repeat(5000)])
    never(text);
});

test('a site of ten thousand tags loads', () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, i) => `  area/t${i}: { unit: bar, source: plc, address: { unit: 1, holding: ${i + 20} } }`,
  );
  const { model, problems } = loadSite(base + lines.join('\n'), plugins);
  assert.deepEqual(problems, []);
  assert.equal(model?.tags.length, 10_000);
});

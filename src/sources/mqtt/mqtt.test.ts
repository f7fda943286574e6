import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { JsonPaths } from '#codec/json/paths.ts';
import { allocBatch, at, BatchBuilder, wideAt } from '#kernel/batch.ts';
import { ManualClock } from '#kernel/clock.ts';
import { qualityName } from '#kernel/quality.ts';
import type { Tag, TagType } from '#kernel/tag-table.ts';
import type { Deps, Point } from '#plugin/api.ts';
import { EventRate } from '#plugin/event-rate.ts';
import { Arrival } from './arrival.ts';
import { Backlog } from './backlog.ts';
import { Address, Config, check } from './config.ts';
import { wantedFilters } from './subscribe.ts';
import { timeAt } from './time.ts';
import { tagPath } from './topic-book.ts';
import { type Reading, TopicReader } from './topic-reader.ts';
import { payloadOf } from './write.ts';

const tag = (type: TagType, more: Partial<Tag> = {}): Tag => ({
  number: 0,
  path: 'a/x',
  type,
  access: 'read',
  ...more,
});

/** The one row that a payload makes: its value and, where it is not good, its quality. */
function rowOf(payload: string, reading: Partial<Reading> & { tag: Tag }): unknown {
  const arrival = Object.assign(new Arrival(), { receivedUs: 5 });
  const bytes = Buffer.from(`{${payload}}`);
  const reader = new TopicReader([{ timeUnit: 'ms', ...reading }], () => {});
  reader.read(bytes, 1, bytes.length - 1, arrival);
  const batch = arrival.rows.take({ receivedUs: 5 });
  if (batch.rows === 0) return undefined;
  assert.equal(batch.rows, 1);
  const quality = qualityName(at(batch.quality, 0));
  if (quality.startsWith('bad')) assert.ok(Number.isNaN(at(batch.value, 0)));
  return quality === 'good' ? (wideAt(batch, 0) ?? at(batch.value, 0)) : quality;
}

const PLAIN: readonly (readonly [TagType, string, unknown])[] = [
  ['number', '12.5', 12.5],
  ['number', ' -3e2\n', -300],
  ['number', '+007.50', 7.5],
  ['number', '0x10', 'badDecoding'],
  ['number', '12,5', 'badDecoding'],
  ['number', '', 'badDecoding'],
  ['number', 'NaN', 'badDecoding'],
  ['number', '1e400', 'badOutOfRange'],
  ['boolean', 'true', 1],
  ['boolean', 'OFF', 0],
  ['boolean', 'On', 1],
  ['boolean', '0', 0],
  ['boolean', '2', 'badTypeMismatch'],
  ['boolean', 'truely', 'badTypeMismatch'],
  ['enum', '3', 3],
  ['enum', 'run', 1],
  ['enum', 'fly', 'badTypeMismatch'],
  ['enum', '-1', 'badTypeMismatch'],
  ['int64', '-9223372036854775808', -9223372036854775808n],
  ['int64', '9223372036854775808', 'badOutOfRange'],
  ['int64', '99999999999999999999999', 'badOutOfRange'],
  ['int64', '1.5', 'badTypeMismatch'],
  ['text', ' as it is ', ' as it is '],
  ['text', '', ''],
  ['structure', '[1,{"a":null}]', [1, { a: null }]],
  ['structure', '7', 'badTypeMismatch'],
  ['structure', '{', 'badDecoding'],
];
for (const [type, payload, expected] of PLAIN) {
  test(`the plain payload '${payload}' for a tag of type ${type} is ${String(expected)}`, () => {
    assert.deepEqual(rowOf(payload, { tag: tag(type, { states: { 1: 'run' } }) }), expected);
  });
}

const JSON_VALUES: readonly (readonly [TagType, string, unknown])[] = [
  ['number', '1.25', 1.25],
  ['number', '"1.25"', 'badTypeMismatch'],
  ['number', 'true', 'badTypeMismatch'],
  ['number', 'null', 'badTypeMismatch'],
  ['boolean', 'false', 0],
  ['boolean', '1', 1],
  ['boolean', '"ON"', 1],
  ['boolean', '0.5', 'badTypeMismatch'],
  ['enum', '"run"', 1],
  ['enum', '2', 2],
  ['enum', '2.5', 'badTypeMismatch'],
  ['int64', '9007199254740993', 9007199254740993n],
  ['int64', '"5"', 'badTypeMismatch'],
  ['text', '"\\u00e9\\n"', 'é\n'],
  ['text', '5', 'badTypeMismatch'],
  ['structure', '{"b":[1]}', { b: [1] }],
  ['structure', '"b"', 'badTypeMismatch'],
];
for (const [type, json, expected] of JSON_VALUES) {
  test(`the JSON value ${json} for a tag of type ${type} is ${String(expected)}`, () => {
    const reading = { tag: tag(type, { states: { 1: 'run' } }), path: 'v' };
    assert.deepEqual(rowOf(`{"v":${json}}`, reading), expected);
  });
}

test('a document without the value is no row, and is told once', () => {
  const missing: number[] = [];
  const reader = new TopicReader([{ tag: tag('number'), path: 'v', timeUnit: 'ms' }], (n) => missing.push(n));
  const arrival = new Arrival();
  for (let i = 0; i < 3; i++) reader.read(Buffer.from('{"w":1}'), 0, 7, arrival);
  assert.deepEqual([arrival.rows.rows, missing], [0, [0]]);
});

test('a value without its source time is uncertain, at the time of arrival', () => {
  const reading = { tag: tag('number'), path: 'v', timePath: 't' };
  assert.equal(rowOf('{"v":1}', reading), 'uncertain');
  assert.equal(rowOf('{"v":1,"t":"noon"}', reading), 'uncertain');
  assert.equal(rowOf('{"v":1,"t":1700000000000}', reading), 1);
});

test('source times are read to the microsecond', () => {
  const json = new JsonPaths([[]]);
  const time = (text: string, unit: 'ms' | 's' | 'us' | 'iso') => {
    assert.ok(json.read(Buffer.from(text), 0, text.length));
    return timeAt(json, 0, unit);
  };
  const wanted = 1_714_557_600_123_456;
  assert.equal(time('1714557600123456', 'us'), wanted);
  assert.equal(time('1714557600123.456', 'ms'), wanted);
  assert.equal(time('1714557600.123456', 's'), wanted);
  for (const iso of [
    '2024-05-01T10:00:00.123456Z',
    '2024-05-01 12:00:00.1234569+02:00',
    '2024-05-01T10:00:00.123456',
  ]) {
    assert.equal(time(`"${iso}"`, 'iso'), wanted, iso);
  }
  assert.equal(time('"2024-05-01T10:00Z"', 'iso'), 1_714_557_600_000_000);
  for (const none of ['"yesterday"', '"2024-13-01T10:00:00Z"', '5'])
    assert.ok(Number.isNaN(time(none, 'iso')), none);
  for (const none of ['-1', '1e300', '"1"', 'null']) assert.ok(Number.isNaN(time(none, 'ms')), none);
});

test('whatever the wildcards matched, the tag has a path of the namespace', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }),
      fc.constantFrom('env/$1/$2', '$1', '$2/x/$3'),
      (found, template) => {
        assert.match(tagPath(template, found), /^[a-z][a-z0-9_-]*(\/[a-z0-9_-]+)*$/);
      },
    ),
  );
  assert.equal(tagPath('env/$1/$2', ['Hall 1', 'Témp']), 'env/hall_1/t_mp');
});

const point = (address: object, more: Partial<Tag> = {}): Point<Address> => ({
  tag: tag('number', more),
  address: Address.parse(address),
});
const config = (more: object = {}): Config => Config.parse({ url: 'mqtt://127.0.0.1', ...more });

test('a topic is subscribed once, with the highest QoS, and not beside a wildcard that brings it', () => {
  const points = [
    point({ topic: 'a', qos: 0 }),
    point({ topic: 'a', path: 'v' }),
    point({ topic: 'p/1/x' }),
    point({ topic: 'q', qos: 0 }),
    point({ write: { topic: 'w' } }, { access: 'write' }),
  ];
  assert.deepEqual(wantedFilters(config({ discover: [{ topic: 'p/+/x', tag: 'p/$1' }] }), { points }), [
    { topic: 'p/+/x', qos: 1 },
    { topic: 'a', qos: 1 },
    { topic: 'q', qos: 0 },
  ]);
});

test('contradictions between tag, address and configuration are told with what to write', () => {
  const messages = (found: ReturnType<typeof check>) => found.map((finding) => finding.message);
  assert.deepEqual(messages(check(config(), [point({ topic: 'a' })])), []);
  assert.deepEqual(
    messages(
      check(config({ discover: [{ topic: 'p/+', tag: 'p/$2' }] }), [
        point({ topic: 'a', timePath: 't' }),
        point({ topic: 'a' }, { access: 'readWrite' }),
        point({ topic: 'a', write: { topic: 'b' } }),
        point({ write: { topic: 'b' } }, { access: 'readWrite' }),
      ]),
    ),
    [
      'timePath without path',
      'the tag is written, but the address has no write',
      'the address has write, but the tag is only read',
      'the tag is read, but has no topic',
      "discover 1: tag 'p/$2' names $2, but 'p/+' has 1 wildcards",
    ],
  );
});

test('addresses that cannot be right are refused', () => {
  for (const bad of [
    {},
    { topic: 'a/+' },
    { topic: '' },
    { topic: 'a', path: 'b..c' },
    { topic: 'a', qos: 2 },
  ]) {
    assert.equal(Address.safeParse(bad).success, false, JSON.stringify(bad));
  }
  assert.equal(Address.safeParse({ write: { topic: 'a', template: 'no value' } }).success, false);
  const retained = Address.safeParse({ write: { topic: 'a', retain: true } });
  assert.match(retained.error?.issues[0]?.message ?? '', /never retained/);
});

test('a url with a password in it is refused: the site file holds no secrets', () => {
  const found = Config.safeParse({ url: 'mqtt://me:much@127.0.0.1' });
  assert.match(found.error?.issues[0]?.message ?? '', /passwordEnv/);
});

test('a flood of events is told at a bounded rate, with the number left out', async () => {
  const told: Parameters<Deps['event']>[0][] = [];
  const clock = new ManualClock();
  const rate = new EventRate({ clock, event: (e) => told.push(e) }, { kind: 'security', name: 'x' });
  for (let i = 0; i < 1000; i++) rate.tell(`topic ${i}`, {});
  assert.equal(told.length, 10);
  await clock.advance(6000);
  rate.tell('later', {});
  assert.deepEqual(told.at(-1)?.detail, { notToldBefore: 990 });
});

test('a written value is text, or JSON inside its template', () => {
  const of = (type: TagType, raw: Parameters<typeof payloadOf>[0], template?: string) =>
    payloadOf(raw, { tag: tag(type) }, template);
  assert.equal(of('number', 12.5), '12.5');
  assert.equal(of('boolean', 0), 'false');
  assert.equal(of('int64', 9007199254740993n, '{"n":{{value}}}'), '{"n":9007199254740993}');
  assert.equal(of('text', 'a "b" $&'), 'a "b" $&');
  assert.equal(of('text', 'a "b" $&', '{"t":{{value}}}'), '{"t":"a \\"b\\" $&"}');
});

/** A broker with a window and a queue, and what we have of it; everything takes one fence. */
function brokerOf(queued: number, window: number) {
  const backlog = new Backlog(true);
  const state = { queued, underWay: 0 };
  const send = () => {
    while (state.queued > 0 && state.underWay < window) {
      state.queued--;
      state.underWay++;
      backlog.received();
    }
  };
  send();
  return {
    backlog,
    state,
    /** Confirms some of what is under way, while some is published anew. */
    round(confirm: number, fresh: number) {
      const confirmed = Math.min(confirm, state.underWay);
      backlog.confirmed(confirmed);
      const answered = backlog.fence();
      state.underWay -= confirmed;
      state.queued += fresh;
      send();
      answered();
    },
  };
}

test('while the broker has a queue nothing is taken for live, whatever its window', () => {
  const window = fc.integer({ min: 1, max: 100 });
  const confirms = fc.array(fc.nat(100), { maxLength: 50 });
  fc.assert(
    fc.property(window, fc.nat(1000), confirms, (most, queued, steps) => {
      const { backlog, state, round } = brokerOf(queued + most + 1, most);
      for (const step of steps) {
        round(step, 0);
        if (state.queued > 0) assert.equal(backlog.draining, true);
      }
    }),
  );
});

test('steady traffic becomes live within a few seconds after the queue', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 100 }), fc.nat(1000), (window, queued) => {
      const { backlog, state, round } = brokerOf(queued, window);
      while (state.queued > 0) round(window, 1);
      // Much under way, and never the same number for long.
      for (let i = 0; i < 45; i++) round(window, window - (i % 5 === 0 ? 1 : 2));
      assert.equal(backlog.draining, false);
    }),
  );
});

test('after the queue each tag gets its last known value, except where it has spoken since', () => {
  const backlog = new Backlog(true);
  const note = (tag: number, value: number, late: boolean) => {
    const batch = allocBatch(1, { receivedUs: 9, late });
    batch.tag[0] = tag;
    batch.value[0] = value;
    batch.timeUs[0] = 7;
    backlog.note(batch);
  };
  note(1, 10, true);
  note(1, 11, true);
  note(2, 20, true);
  note(2, 21, false);
  const rows = new BatchBuilder();
  backlog.tell(rows);
  backlog.tell(rows);
  const batch = rows.take({ receivedUs: 9 });
  assert.deepEqual([batch.rows, at(batch.tag, 0), at(batch.value, 0), at(batch.timeUs, 0)], [1, 1, 11, 7]);
  assert.equal(qualityName(at(batch.quality, 0)), 'uncertainLastUsable');
  assert.equal(backlog.rows, 3);
});

test('a message that is sent again is taken once, where it says of when it is', () => {
  const of = (stored: number) => {
    const reading: Reading = { tag: tag('number'), path: 'v', timePath: 't', timeUnit: 'us' };
    const reader = new TopicReader(
      [reading],
      () => {},
      () => stored,
    );
    const arrival = Object.assign(new Arrival(), { receivedUs: 500, isAgain: true, isLate: true });
    for (const payload of ['{"v":1,"t":100}', '{"v":2,"t":101}', '{"v":3}']) {
      reader.read(Buffer.from(payload), 0, payload.length, arrival);
    }
    return [[...arrival.late.take({ receivedUs: 500 }).value], arrival.duplicates];
  };
  assert.deepEqual(of(100), [[2, 3], 1]);
  assert.deepEqual(of(0), [[1, 2, 3], 0]);
});

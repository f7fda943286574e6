import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openFeed } from '#journal/feed.ts';
import { openJournal } from '#journal/journal.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { anEvent, journalConfig, START_US, series, settled } from '#test/crash/journal-fixture.ts';
import { aFromHub, aFromSite } from '#test/uplink/messages.ts';
import { FrameReader } from './frames.ts';
import { eventsIn, type FromHub, type FromSite, frameOf, readFromHub, readFromSite } from './messages.ts';
import { rowsOf } from './rows.ts';

/** What a reader makes of the bytes when they come in pieces of these lengths, over and over. */
function cut(bytes: Uint8Array, lengths: readonly number[]): [number, number[]][] {
  const frames: [number, number[]][] = [];
  const reader = new FrameReader((type, body) => frames.push([type, [...body]]), 2 ** 20);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const step = lengths[i % lengths.length] ?? 1;
    reader.push(bytes.subarray(at, at + step));
    at += step;
  }
  assert.equal(reader.held, 0);
  return frames;
}

test('frames are the same however the stream is cut', () => {
  const frames = fc.array(aFromSite, { minLength: 1, maxLength: 8 });
  const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(frames, lengths, (messages, pieces) => {
      const bytes = Buffer.concat(messages.map(frameOf));
      assert.deepEqual(cut(bytes, pieces), cut(bytes, [bytes.length]));
      assert.equal(cut(bytes, pieces).length, messages.length);
    }),
  );
});

const plain = (message: FromSite | FromHub) =>
  JSON.parse(
    JSON.stringify(message, (_, value) =>
      value instanceof Map ? [...value] : value instanceof Uint8Array ? [...value] : value,
    ),
  );

test('every message is read as it was written', () => {
  const read = <T>(message: FromSite | FromHub, reader: (type: number, body: Uint8Array) => T): T => {
    const frame = frameOf(message);
    return reader(frame[4] as number, frame.subarray(5));
  };
  fc.assert(
    fc.property(aFromSite, (message) => assert.deepEqual(plain(read(message, readFromSite)), plain(message))),
  );
  fc.assert(
    fc.property(aFromHub, (message) => assert.deepEqual(plain(read(message, readFromHub)), plain(message))),
  );
});

test('a body that is longer or shorter than its message is refused', () => {
  fc.assert(
    fc.property(aFromHub, (message) => {
      const frame = frameOf(message);
      const type = frame[4] as number;
      assert.throws(() => readFromHub(type, Buffer.concat([frame.subarray(5), Buffer.of(0)])), malformed);
      if (frame.length > 5) assert.throws(() => readFromHub(type, frame.subarray(5, -1)), malformed);
    }),
  );
});

const malformed = { code: 'uplink.malformed' };

test('a frame above the limit is refused by its head, and takes no memory', () => {
  const reader = new FrameReader(() => assert.fail('no frame'), 1000);
  assert.throws(() => reader.push(Buffer.of(0xe9, 3, 0, 0, 1)), malformed);
  for (const head of [Buffer.of(0xff, 0xff, 0xff, 0x7f), Buffer.of(0, 0, 0, 0, 1)]) {
    const piecewise = new FrameReader(() => assert.fail('no frame'), 1000);
    assert.throws(() => {
      for (const byte of head) piecewise.push(Buffer.of(byte));
    }, malformed);
  }
  // GET / HTTP/1.1
  assert.throws(() => new FrameReader(() => {}).push(Buffer.from('GET / HTTP/1.1\r\n')), malformed);
});

test('an event outside of its stretch is refused', () => {
  const list = Buffer.of(0, 4, 4, 13, 2, 0x7b, 0x7d); // 13: {}
  const stretch = { kind: 'events', lane: 'others', after: 10, list } as const;
  assert.deepEqual(eventsIn({ ...stretch, upTo: 13 }), [{ seq: 13, body: '{}' }]);
  assert.throws(() => eventsIn({ ...stretch, upTo: 12 }), malformed);
  assert.throws(() => eventsIn({ ...stretch, after: 13, upTo: 14 }), malformed);
});

test('a page that claims to unpack to more than allowed is refused before it is unpacked', () => {
  const body = Buffer.of(0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0);
  assert.throws(() => readFromSite(2, body), /above the limit/);
});

test('what a journal holds comes out of blocks, lists and pages as it went in', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  await using feed = openFeed(config.dir);
  const rows = new BatchBuilder();
  rows.add(1, START_US, 4.5);
  rows.addValue(2, START_US + 1, 2n ** 63n - 1n);
  journal.append(series([1, 2, 3]), { source: 'plc', atUs: START_US });
  journal.event(anEvent('system.x'), START_US);
  journal.event({ ...anEvent('security.y'), kind: 'security' }, START_US);
  journal.event({ ...anEvent('system.z'), detail: { text: '"kind":"security"' } }, START_US);
  journal.append(rows.take({ receivedUs: START_US }), { source: 'plc', atUs: START_US });
  for (let number = 0; number < 70; number++)
    journal.tag({ number, path: `a/b/${number}`, type: 'number', access: 'read' });
  journal.gap({ tags: [1], fromUs: START_US, toUs: START_US, count: 3, reason: 'device-silent' });
  await settled(journal);

  const block = await feed.block('hub', 0, 1e6);
  assert.deepEqual([block.upTo, block.count, block.full, block.receivedUs], [5, 5, false, START_US]);
  const all = rowsOf(5, block.bytes ?? new Uint8Array(0));
  assert.deepEqual([...all.value], [1, 2, 3, 4.5, Number.NaN]);
  assert.deepEqual(all.wide?.value, [2n ** 63n - 1n]);
  assert.throws(() => rowsOf(2, block.bytes ?? new Uint8Array(0)), malformed);
  const rest = await feed.block('hub', 4, 1e6);
  assert.deepEqual([...rowsOf(5, rest.bytes ?? new Uint8Array(0)).tag], [1, 2]);
  assert.equal((await feed.block('hub', 5, 1e6)).bytes, undefined);

  const names = async (lane: 'security' | 'others', limit: number) => {
    const found: string[] = [];
    for (let after = 0, full = true; full; ) {
      const carried = await feed.events(lane, after, limit);
      const { upTo } = carried;
      if (carried.bytes)
        for (const { seq, body } of eventsIn({ kind: 'events', lane, after, upTo, list: carried.bytes }))
          found.push(`${seq} ${JSON.parse(body).name}`);
      after = upTo;
      full = carried.full;
    }
    return found;
  };
  for (const limit of [1, 1e6]) {
    assert.deepEqual(await names('security', limit), ['3 security.y']);
    assert.deepEqual(await names('others', limit), ['2 system.x', '4 system.z']);
  }

  const pages = await feed.pages('tags', new Map());
  assert.deepEqual(
    pages.map(({ page, text }) => [page, JSON.parse(text).length]),
    [
      [0, 64],
      [1, 6],
    ],
  );
  const known = new Map(pages.map(({ page, crc }) => [page, crc]));
  assert.deepEqual(await feed.pages('tags', known), []);
  journal.tag({ number: 69, path: 'a/b/69', type: 'number', access: 'read', unit: 'Cel' });
  await settled(journal);
  assert.deepEqual(
    (await feed.pages('tags', new Map([...known, [9, 1]]))).map(({ page, text }) => [
      page,
      text.includes('Cel'),
    ]),
    [
      [1, true],
      [9, false],
    ],
  );
  assert.deepEqual(JSON.parse((await feed.pages('gaps', new Map()))[0]?.text ?? ''), [
    { id: 1, tags: [1], fromUs: START_US, toUs: START_US, count: 3, reason: 'device-silent' },
  ]);

  const live = await feed.pack(7, series([9, 8]));
  assert.deepEqual([...rowsOf(7, live).value], [9, 8]);
});

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { BlockWriter } from '#journal/block.ts';
import { Gather } from '#journal/gather.ts';
import { noise, series } from '#test/crash/journal-fixture.ts';
import { aFromHub, aFromSite } from '#test/uplink/messages.ts';
import { FRAME_BYTES, FrameReader } from '#uplink/frames.ts';
import { eventsIn, type FromSite, frameOf, readFromHub, readFromSite } from '#uplink/messages.ts';
import { rowsOf } from '#uplink/rows.ts';
import { pieces, refusing, type Target } from '../target.ts';

const EVENTS = Buffer.of(0, 4, 4, 3, 2, 0x7b, 0x7d);

function block(seq: number, seed: number): Uint8Array {
  const gather = new Gather();
  const few = series([seed, 2, Number.NaN], 5);
  gather.append({ ...few, wide: { row: Uint32Array.of(2), value: ['text'] } }, 0, seed);
  gather.append(noise(20, seed), 0, seed);
  return new BlockWriter().write(seq, gather.handOver()).slice();
}

const sound = (seed: number): FromSite[] => [
  { kind: 'history', after: seed, upTo: seed + 9, block: block(seed + 9, seed) },
  { kind: 'live', stamp: seed, block: block(seed, seed) },
  { kind: 'events', lane: 'security', after: seed, upTo: seed + 5, list: EVENTS },
];

function take(message: FromSite): void {
  if (message.kind === 'events')
    for (const { seq } of eventsIn(message)) assert.ok(seq > message.after && seq <= message.upTo);
  if (message.kind !== 'history' && message.kind !== 'live') return;
  const rows = rowsOf(message.kind === 'live' ? message.stamp : message.upTo, message.block);
  assert.equal(rows.tag.length, rows.rows);
  for (const row of rows.wide?.row ?? []) assert.ok(row < rows.rows);
}

/** What a wrong site sends a hub, and a wrong hub a site: refused, or whole. */
export const uplinkFrames: Target = {
  name: 'uplink-frames',
  seeds: (seed) => [
    ...fc
      .sample(fc.array(aFromSite, { minLength: 1, maxLength: 4 }), { seed, numRuns: 100 })
      .map((all) => Buffer.concat(all.map(frameOf))),
    ...fc.sample(aFromHub, { seed, numRuns: 50 }).map((one) => frameOf(one).slice()),
    ...[1, 2, 3].flatMap((n) => sound(n).map((one) => frameOf(one).slice())),
  ],
  read(input, chance) {
    const reader = new FrameReader((type, body) => {
      refusing('uplink.', () => take(readFromSite(type, body)));
      refusing('uplink.', () => readFromHub(type, body));
    }, FRAME_BYTES);
    refusing('uplink.', () => {
      for (const piece of pieces(input, chance)) reader.push(piece);
    });
    assert.ok(reader.held <= input.length);
  },
};

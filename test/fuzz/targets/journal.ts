import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { BlockWriter, readBlock, readBlockTags } from '#journal/block.ts';
import { Gather } from '#journal/gather.ts';
import type { Value } from '#kernel/batch.ts';
import { seededNoise } from '#plant/physics/noise.ts';
import { noise, series } from '#test/crash/journal-fixture.ts';
import { refusing, type Target } from '../target.ts';

const SEQ = 42;
const CRC_AT = 8;
const WIDE: readonly Value[] = [
  2n ** 60n,
  'text',
  new Uint8Array(5),
  [1, [2, 'x']],
  { a: { b: null }, c: true },
];

function seeds(seed: number): Uint8Array[] {
  const chance = seededNoise(seed);
  const writer = new BlockWriter();
  return Array.from({ length: 30 }, (_, i) => {
    const gather = new Gather();
    gather.append(
      series(
        Array.from({ length: 1 + i * 4 }, () => chance.gauss(10)),
        i,
      ),
      1 << 8,
      i,
    );
    gather.append(noise(1 + i, seed + i), 2 << 8, i + 1);
    gather.point(1, i + 2);
    const few = series([Number.NaN, Number.NaN, 3], 5);
    const wide = { row: Uint32Array.of(0, 1), value: [WIDE[i % 5] ?? null, WIDE[(i + 1) % 5] ?? null] };
    gather.append({ ...few, wide }, 1 << 8, i + 3);
    return writer.write(SEQ, gather.handOver()).slice();
  });
}

function read(input: Uint8Array): void {
  const block = readBlock(SEQ, input);
  assert.equal(block.rows.tag.length, block.rows.rows);
  assert.equal(block.markRows.length, block.marks);
  readBlockTags(SEQ, input);
}

/** A block of the journal as a failing disk gives it back: refused, or whole. */
export const blocks: Target = {
  name: 'journal-blocks',
  seeds,
  read: (input) => refusing('journal.', () => read(input)),
};

/** With a checksum that fits, so that the damage gets to the columns: it may be read wrongly, but it comes to an end. */
export const forgedBlocks: Target = {
  name: 'journal-blocks-forged',
  seeds,
  read(input) {
    const sealed = input.slice();
    if (sealed.length > CRC_AT + 4)
      new DataView(sealed.buffer).setUint32(CRC_AT, crc32(sealed.subarray(CRC_AT + 4)), true);
    ending(() => read(sealed));
  },
};

/** Whatever it says: that it ends is what is asked here. */
export function ending(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    assert.ok(error instanceof Error);
  }
}

import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { ChunkWriter, openChunk } from '#historian/format/chunk.ts';
import { sortedRows, wildSamples } from '#test/historian/samples.ts';
import { refusing, type Target } from '../target.ts';
import { ending } from './journal.ts';

const TAG = 7;
const CRC_AT = 8;

function seeds(seed: number): Uint8Array[] {
  const writer = new ChunkWriter();
  return fc
    .sample(wildSamples, { seed, numRuns: 60 })
    .map(sortedRows)
    .filter(({ timeUs }) => timeUs.length > 0)
    .map((rows) => writer.write(TAG, rows).slice());
}

function read(input: Uint8Array): void {
  const chunk = openChunk(TAG, input);
  assert.equal(chunk.read().timeUs.length, chunk.rows);
  for (let block = 0; block < chunk.blocks; block++) {
    chunk.summaryOf(block);
    chunk.timeAt(block, chunk.rowsIn(block) - 1);
  }
}

/** A chunk of the history as a failing disk gives it back: refused, or whole. */
export const chunks: Target = {
  name: 'historian-chunks',
  seeds,
  read: (input) => refusing('historian.', () => read(input)),
};

/** With a checksum that fits: it comes to an end. */
export const forgedChunks: Target = {
  name: 'historian-chunks-forged',
  seeds,
  read(input) {
    const sealed = input.slice();
    if (sealed.length > CRC_AT + 4)
      new DataView(sealed.buffer).setUint32(CRC_AT, crc32(sealed.subarray(CRC_AT + 4)), true);
    ending(() => read(sealed));
  },
};

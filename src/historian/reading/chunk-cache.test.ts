import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readings } from '#test/historian/folders.ts';
import { rowsOf } from '#test/historian/samples.ts';
import { type Chunk, ChunkWriter, openChunk } from '../format/chunk.ts';
import { ChunkCache } from './chunk-cache.ts';

const chunk = (rows: number): Chunk =>
  openChunk(1, new ChunkWriter().write(1, rowsOf(readings(0, rows))).slice());

test('what was asked for longest ago goes first when there is no more room', () => {
  const [a, b, c] = [chunk(1000), chunk(1000), chunk(1000)];
  const cache = new ChunkCache(2.5 * (a.bytes + 180 * a.blocks));
  cache.put(1, a);
  cache.put(2, b);
  assert.equal(cache.get(1), a);
  cache.put(3, c);
  assert.deepEqual(
    [1, 2, 3].map((id) => cache.get(id)),
    [a, undefined, c],
  );
  cache.clear();
  assert.equal(cache.get(3), undefined);
});

test('a chunk larger than all the room there is is not kept', () => {
  const cache = new ChunkCache(1000);
  cache.put(1, chunk(8000));
  assert.equal(cache.get(1), undefined);
});

import type { Chunk } from '../format/chunk.ts';

/** What a block of an open chunk takes beside its bytes: its place, its first time, its summary. */
const BLOCK_BYTES = 180;

/**
 * Large chunks opened last, by id: a trend that is moved or made larger asks for nearly the same ones again. Nothing in
 * here goes stale, because a body is never changed and an id never given again.
 */
export class ChunkCache {
  readonly #limitBytes: number;
  readonly #chunks = new Map<number, Chunk>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get(id: number): Chunk | undefined {
    const chunk = this.#chunks.get(id);
    if (!chunk) return undefined;
    this.#chunks.delete(id);
    this.#chunks.set(id, chunk);
    return chunk;
  }

  put(newId: number, chunk: Chunk): void {
    this.#chunks.set(newId, chunk);
    this.#bytes += sizeOf(chunk);
    for (const [id, oldest] of this.#chunks) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#chunks.delete(id);
      this.#bytes -= sizeOf(oldest);
    }
  }

  clear(): void {
    this.#chunks.clear();
    this.#bytes = 0;
  }
}

const sizeOf = ({ bytes, blocks }: Chunk): number => bytes + blocks * BLOCK_BYTES;

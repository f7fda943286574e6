import type { Item } from '#journal/api.ts';
import type { Comparison } from '#replay/comparison.ts';
import type { Lane } from '#replay/lane.ts';
import { Recorded } from '#replay/recorded.ts';

/** Where entries of the past come from, in the order in which they are decided on. */
export interface Past {
  /** In parts, so that reading may wait between two. */
  parts(): AsyncIterable<Iterable<Item>>;
}

export interface Run {
  readonly past: Past;
  readonly file: Lane;
  /** The same entries by another file; without it, what the site recorded. */
  readonly other: Lane | undefined;
  readonly comparison: Comparison;
  /** Wall clock; what arrived later is left. */
  readonly toUs: number;
  /** Called now and then. @param timeUs how far it has come */
  progress(timeUs: number, rows: number): void;
}

export interface Done {
  readonly rows: number;
  /** Wall clock of the last entry. */
  readonly lastUs: number;
  /** By tag number: whether a row of it came. */
  readonly seen: Uint8Array;
}

/** Looking at the clock costs as much as a small batch. */
const ITEMS_A_LOOK = 512;

/** Replays a past through one or two files at full speed. */
export async function run({ past, file, other, comparison, toUs, progress }: Run): Promise<Done> {
  const recorded = new Recorded();
  const seen = new Seen();
  let rows = 0;
  let lastUs = Number.NEGATIVE_INFINITY;
  let items = 0;
  for await (const part of past.parts()) {
    for (const item of part) {
      if (item.kind === 'batch' && !item.batch.late) {
        if (item.batch.receivedUs > toUs) return { rows, lastUs, seen: seen.tags };
        lastUs = item.batch.receivedUs;
      }
      if (item.kind === 'batch' && !item.mark.derived) {
        rows += item.batch.rows;
        seen.take(item.batch.tag);
      }
      for (const found of file.take(item)) comparison.add('file', found);
      if (other) for (const found of other.take(item)) comparison.add('past', found);
      else {
        const found = recorded.take(item);
        if (found) comparison.add('past', found);
      }
      comparison.pass(item.kind === 'batch' ? item.mark.atUs : item.atUs);
      if (items++ % ITEMS_A_LOOK === 0) progress(lastUs, rows);
    }
  }
  return { rows, lastUs, seen: seen.tags };
}

class Seen {
  tags = new Uint8Array(1024);

  take(tags: Uint32Array): void {
    for (let i = 0; i < tags.length; i++) {
      const tag = tags[i] as number;
      if (tag >= this.tags.length) this.#grow(tag);
      this.tags[tag] = 1;
    }
  }

  #grow(tag: number): void {
    const wider = new Uint8Array(2 * (tag + 1));
    wider.set(this.tags);
    this.tags = wider;
  }
}

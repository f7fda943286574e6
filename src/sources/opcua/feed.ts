import type { Batch } from '#kernel/batch.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import type { Gap, GapReason } from '#kernel/gap.ts';
import { Quality } from '#kernel/quality.ts';
import type { Deps, Inbox } from '#plugin/api.ts';
import type { Columns } from '#wire/opcua/columns.ts';
import type { Items } from './items.ts';
import { rowsOf } from './rows.ts';

/** Bytes that a row takes while it waits; wide values are counted on top by a rough guess. */
const ROW_BYTES = 22;
const WIDE_BYTES = 64;
/** Pause before the inbox is looked at again. */
const ROOM_MS = 50;

/** What has arrived, on its way into the inbox, with the holes that are known of. */
export class Feed {
  readonly inbox: Inbox;
  readonly #deps: Deps;
  readonly #items: Items;
  #lastUs: number;

  constructor(deps: Deps, items: Items, limitBytes: number) {
    this.inbox = deps.inbox(limitBytes);
    this.#deps = deps;
    this.#items = items;
    this.#lastUs = deps.clock.nowUs();
  }

  /** Samples of a notification; undefined: it could not be decoded. */
  columns(columns: Columns | undefined): void {
    const nowUs = this.#deps.clock.nowUs();
    const fromUs = this.#lastUs;
    this.#lastUs = nowUs;
    if (!columns) this.lost('undecodable', fromUs);
    const rows = columns && rowsOf(columns, this.#items, nowUs);
    if (!rows) return;
    const { batch, overflowed } = rows;
    const gaps = overflowed.map(({ tag, fromUs: lostFromUs, toUs }) =>
      this.#gap([tag], 'device-overflow', lostFromUs, toUs),
    );
    this.push(batch, gaps);
  }

  push(batch: Batch, gaps: readonly Gap[] = []): void {
    const bytes = batch.rows * ROW_BYTES + (batch.wide?.row.length ?? 0) * WIDE_BYTES;
    this.inbox.push(gaps.length > 0 ? { batch, gaps } : { batch }, bytes + gaps.length * WIDE_BYTES);
  }

  /** Nobody knows which samples, nor how many. */
  lost(reason: GapReason, fromUs = this.#lastUs): void {
    const tags = this.#items.all.map(({ tag }) => tag);
    this.hole(tags, reason, fromUs, this.#deps.clock.nowUs());
  }

  /** Nobody knows how many samples. */
  hole(tags: readonly number[], reason: GapReason, fromUs: number, toUs: number): void {
    const nothing = new BatchBuilder().take({ receivedUs: this.#deps.clock.nowUs() });
    this.push(nothing, [this.#gap(tags, reason, fromUs, toUs)]);
  }

  /** Resolves while there is room, for what can wait: history. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.inbox.full) await this.#deps.clock.sleep(ROOM_MS, signal);
  }

  /** Tags of which there is nothing but the reason. @param tags number and quality in turn */
  bad(tags: readonly (readonly [tag: number, quality: number])[]): void {
    if (tags.length === 0) return;
    const nowUs = this.#deps.clock.nowUs();
    const rows = new BatchBuilder();
    for (const [tag, quality] of tags) rows.add(tag, nowUs, Number.NaN, quality || Quality.badNodeUnknown);
    this.push(rows.take({ receivedUs: nowUs }));
  }

  #gap(tags: readonly number[], reason: GapReason, fromUs: number, toUs: number): Gap {
    return { source: this.#deps.id, tags, fromUs, toUs, count: undefined, reason };
  }
}

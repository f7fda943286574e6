import { at, type Batch, type BatchBuilder, type Value, wideAt } from '#kernel/batch.ts';
import { Quality, worseQuality } from '#kernel/quality.ts';

interface Last {
  readonly timeUs: number;
  readonly value: number | Value;
  readonly quality: number;
}

/** Fences in a row that must find the queue of the broker empty. */
const QUIET_FENCES = 3;
/**
 * Share of the highest number under way that a broker with a queue does not fall below. Not all of it, for those that
 * fill up a moment later; but after so many fences any less will do, since fast and steady traffic varies little.
 */
const FULL = 0.75;
const STRICT_FENCES = 30;

/**
 * Tells what the broker kept for us from what happens now. MQTT does not mark where a queue ends, so it is measured: a
 * broker that still has a queue keeps as many messages under way to us as it allows at all. At a fence (the answer to
 * a probe, which a broker sends behind what it sent before) we know that number exactly: messages received by then,
 * less those confirmed before the probe. Once it stays below its highest for some fences in a row, the queue is empty,
 * whatever the limits of the broker and however much comes live.
 */
export class Backlog {
  #draining: boolean;
  /** Until the last known values are told. */
  #isNoting: boolean;
  #received = 0;
  #confirmed = 0;
  #most = 0;
  #fences = 0;
  #quiet = 0;
  #late = 0;
  /** The newest row of each tag that came late, of those that have not spoken since. */
  readonly #last = new Map<number, Last>();
  readonly #spoke = new Set<number>();

  /** @param kept whether the broker kept a session for us: without one it has no queue */
  constructor(kept: boolean) {
    this.#draining = kept;
    this.#isNoting = kept;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Rows that came late. */
  get rows(): number {
    return this.#late;
  }

  /** QoS 1 messages received and not confirmed. */
  get unconfirmed(): number {
    return this.#received - this.#confirmed;
  }

  received(): void {
    this.#received++;
  }

  confirmed(messages: number): void {
    this.#confirmed += messages;
  }

  /** Begins a fence. @returns what to call when the answer comes */
  fence(): () => void {
    const confirmed = this.#confirmed;
    return () => {
      const underWay = this.#received - confirmed;
      this.#most = Math.max(this.#most, underWay);
      this.#fences++;
      const limit = this.#fences > STRICT_FENCES ? this.#most - 1 : this.#most * FULL;
      const isQuiet = underWay === 0 || underWay <= limit;
      this.#quiet = isQuiet ? this.#quiet + 1 : 0;
      if (this.#quiet >= QUIET_FENCES) this.#draining = false;
    };
  }

  /** Remembers the newest row of each tag until they are told. */
  note(batch: Batch): void {
    if (batch.late) this.#late += batch.rows;
    if (!this.#isNoting) return;
    for (let i = 0; i < batch.rows; i++) {
      const tag = at(batch.tag, i);
      const quality = at(batch.quality, i);
      if (!batch.late) this.#spoke.add(tag);
      // What was retained is no newer than what stood in the queue.
      else if (quality !== Quality.uncertainLastUsable || !this.#last.has(tag)) {
        const value = wideAt(batch, i) ?? at(batch.value, i);
        this.#last.set(tag, { timeUs: at(batch.timeUs, i), value, quality });
      }
    }
  }

  /**
   * The last known value of each tag that was spoken of in the queue only, once: what speaks on change alone would stay
   * unknown until its next change. It is the first value after the connection, and thereby no edge.
   */
  tell(rows: BatchBuilder): void {
    for (const [tag, { timeUs, value, quality }] of this.#last) {
      if (!this.#spoke.has(tag)) {
        rows.addValue(tag, timeUs, value, worseQuality(quality, Quality.uncertainLastUsable));
      }
    }
    this.#isNoting = false;
    this.#last.clear();
    this.#spoke.clear();
  }
}

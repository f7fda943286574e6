import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { type EventPositions, keepLinked, type Link } from '#trust/hub/linked.ts';

/** A disk bears so many writes; what is not kept is carried once more, and the hub passes over it. */
const PAUSE_MS = 60_000;

/** Keeps how far the link has brought the events, for whoever carries by hand what it has not. */
export class LinkedEvents {
  readonly #trustDir: string;
  readonly #log: Log;
  readonly #pauseMs: number;
  #latest: { readonly link: Link; readonly positions: EventPositions } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(trustDir: string, log: Log, pauseMs = PAUSE_MS) {
    this.#trustDir = trustDir;
    this.#log = log;
    this.#pauseMs = pauseMs;
  }

  note(link: Link, positions: EventPositions): void {
    this.#latest = { link, positions };
    this.#timer ??= setTimeout(() => void this.#keep(), this.#pauseMs).unref();
  }

  async #keep(): Promise<void> {
    this.#timer = undefined;
    const latest = this.#latest;
    if (!latest) return;
    await keepLinked(this.#trustDir, latest.link, latest.positions).catch((error) =>
      this.#log.warn({}, `it was not kept which events the hub has: ${messageOf(error)}`),
    );
  }
}

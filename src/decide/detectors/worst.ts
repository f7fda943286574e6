import { certaintyOf, type Detector } from '#decide/detectors/api.ts';
import { type FoundReason, foundReasons } from '#decide/detectors/saying.ts';
import { objectOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** Words are made anew only where the figure is so much larger: they cost more than a look. */
const WORSE = 1.1;

/** Why something is found, as that was when the figure was at its largest: at the end it no longer tells. */
export class Worst {
  certainty = 0;
  reasons: readonly FoundReason[] = [];
  #ratio = Number.NEGATIVE_INFINITY;

  /** A look while it is found. */
  take(detector: Detector, inputs: readonly Tag[]): void {
    if (!(detector.ratio > this.#ratio * (this.#ratio > 0 ? WORSE : 1))) return;
    this.#ratio = detector.ratio;
    this.certainty = certaintyOf(detector);
    this.reasons = foundReasons(detector, inputs);
  }

  snapshot(): Json {
    const { certainty, reasons } = this;
    return { ratio: this.#ratio, certainty, reasons: reasons.map((one) => ({ ...one })) };
  }

  /** Of a snapshot; anything else is taken as none. */
  static of(kept: Json | undefined): Worst {
    const worst = new Worst();
    const { ratio, certainty, reasons } = objectOf(kept);
    if (typeof ratio !== 'number' || typeof certainty !== 'number' || !Array.isArray(reasons)) return worst;
    worst.#ratio = ratio;
    worst.certainty = certainty;
    worst.reasons = reasons as unknown as readonly FoundReason[];
    return worst;
  }
}

import { objectOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';

/** When something is found: from above the limit until well below it. While the figure is not known all stays as it is. */
export class Episode {
  #found = false;
  #sinceUs = Number.NaN;
  readonly #endsBelow: number;

  /** @param end part of the limit below which a finding ends */
  constructor(end: number) {
    this.#endsBelow = end;
  }

  get found(): boolean {
    return this.#found;
  }

  get sinceUs(): number {
    return this.#sinceUs;
  }

  /** @param figure 1 is the limit */
  take(figure: number, known: boolean, timeUs: number): void {
    if (!known) return;
    if (!this.#found && figure > 1) {
      this.#found = true;
      this.#sinceUs = timeUs;
    } else if (this.#found && figure < this.#endsBelow) this.end();
  }

  end(): void {
    this.#found = false;
    this.#sinceUs = Number.NaN;
  }

  snapshot(): Json {
    return this.#found ? { sinceUs: this.#sinceUs } : null;
  }

  restore(from: Json | undefined): void {
    const { sinceUs } = objectOf(from);
    this.#found = typeof sinceUs === 'number';
    this.#sinceUs = typeof sinceUs === 'number' ? sinceUs : Number.NaN;
  }
}

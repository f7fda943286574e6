import type { SiteEvent } from '#kernel/event.ts';

const AGAIN_AFTER_US = 3_600_000_000;

/** One clock-skew event a device and hour, however many of its rows carry a time from the future. */
export class SkewReport {
  readonly #toldUs = new Map<string, number>();
  readonly #emit: (event: SiteEvent) => void;

  constructor(emit: (event: SiteEvent) => void) {
    this.#emit = emit;
  }

  saw(source: string, tagPath: string, aheadUs: number, nowUs: number, steadyUs: number): void {
    const told = this.#toldUs.get(source);
    if (told !== undefined && steadyUs - told < AGAIN_AFTER_US) return;
    this.#toldUs.set(source, steadyUs);
    this.#emit({
      kind: 'security',
      name: 'security.clock-skew',
      subject: source,
      timeUs: nowUs,
      detail: { tag: tagPath, aheadS: Math.round(aheadUs / 1e6) },
    });
  }
}

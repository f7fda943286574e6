import type { SiteEvent } from '#kernel/event.ts';

const AGAIN_AFTER_US = 3_600_000_000;
/** Devices of a source that are told by their names an hour: behind more of them it is rather the server's clock. */
export const MOST_DEVICES = 16;

/**
 * One clock-skew event a device and hour, however many of its rows carry a time from the future. Behind a broker or a
 * gateway there are many devices, and what sets their rows apart is the asset of the tag. Where more of a source are
 * wrong at a time than can be told one by one, one event says so of the source.
 */
export class SkewReport {
  readonly #toldUs = new Map<string, Map<string, number>>();
  readonly #othersToldUs = new Map<string, number>();
  readonly #emit: (event: SiteEvent) => void;

  constructor(emit: (event: SiteEvent) => void) {
    this.#emit = emit;
  }

  saw(source: string, tagPath: string, aheadUs: number, nowUs: number, steadyUs: number): void {
    const device = deviceOf(tagPath);
    const told = this.#toldUs.get(source) ?? new Map<string, number>();
    this.#toldUs.set(source, told);
    if (isFresh(told.get(device), steadyUs)) return;
    const detail = { source, tag: tagPath, aheadS: Math.round(aheadUs / 1e6) };
    const base = { kind: 'security', name: 'security.clock-skew', timeUs: nowUs } as const;
    if (hasRoom(told, steadyUs)) {
      told.set(device, steadyUs);
      this.#emit({ ...base, subject: device, detail });
    } else if (!isFresh(this.#othersToldUs.get(source), steadyUs)) {
      this.#othersToldUs.set(source, steadyUs);
      this.#emit({ ...base, subject: source, detail: { ...detail, moreThan: MOST_DEVICES } });
    }
  }
}

/** The path without its signal; a path that is nothing else is its own device. */
const deviceOf = (tagPath: string): string => {
  const end = tagPath.lastIndexOf('/');
  return end > 0 ? tagPath.slice(0, end) : tagPath;
};

const isFresh = (toldUs: number | undefined, steadyUs: number): boolean =>
  toldUs !== undefined && steadyUs - toldUs < AGAIN_AFTER_US;

function hasRoom(told: Map<string, number>, steadyUs: number): boolean {
  if (told.size < MOST_DEVICES) return true;
  for (const [device, toldUs] of told) if (!isFresh(toldUs, steadyUs)) told.delete(device);
  return told.size < MOST_DEVICES;
}

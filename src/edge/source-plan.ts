import { isDeepStrictEqual } from 'node:util';
import type { PeerModel, TagModel } from '#contract/model.ts';
import type { PreparedSource } from '#edge/prepare.ts';
import { restartFields } from '#edge/restart-fields.ts';
import type { StaleTag } from '#edge/stale-rows.ts';
import type { Point, SourceDef } from '#plugin/api.ts';

/** A source as a site file wants it. */
export interface PlannedSource extends PreparedSource {
  readonly peer: PeerModel;
  readonly def: SourceDef;
}

export interface SourceDifference {
  readonly config: 'same' | 'changed' | 'needs-opening';
  readonly pointsChanged: boolean;
  readonly stale: readonly StaleTag[];
}

/**
 * What a source must know of a change. What only the site looks at (unit, range, texts, scale) is nothing to it.
 * @param isNamed whether the site still has a tag that the source has no more
 */
export function sourceDifference(
  before: PlannedSource,
  after: PlannedSource,
  isNamed: (path: string) => boolean,
): SourceDifference {
  const next = new Map(after.points.map((point) => [point.tag.number, point]));
  const stale: StaleTag[] = [];
  let same = 0;
  for (const point of before.points) {
    const now = next.get(point.tag.number);
    if (now && samePoint(point, now)) same++;
    else stale.push({ tag: point.tag.number, kept: now !== undefined || isNamed(point.tag.path) });
  }
  return {
    config: configDifference(before, after),
    pointsChanged: stale.length > 0 || same !== after.points.length,
    stale,
  };
}

function samePoint(a: Point, b: Point): boolean {
  return (
    a.tag.type === b.tag.type && a.tag.access === b.tag.access && isDeepStrictEqual(a.address, b.address)
  );
}

function configDifference(before: PlannedSource, after: PlannedSource): SourceDifference['config'] {
  if (isDeepStrictEqual(before.config, after.config)) return 'same';
  for (const path of restartFields(after.def.config)) {
    if (!isDeepStrictEqual(fieldOf(before.config, path), fieldOf(after.config, path))) return 'needs-opening';
  }
  return 'changed';
}

const fieldOf = (config: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((at, key) => (at as { readonly [key: string]: unknown } | undefined)?.[key], config);

/**
 * As the tag says; otherwise five polls without an answer, at least 5 s; otherwise as its source says. Where a source
 * says nothing its protocol tells by itself who is gone: keep-alives of a subscription, certificates of death.
 */
export function staleAfterUs(tag: TagModel, config: unknown): number {
  if (tag.staleAfterMs !== undefined) return silenceUs(tag.staleAfterMs);
  const ofSource = config as { readonly everyMs?: number; readonly staleAfterMs?: number };
  const everyMs = (tag.address as { readonly everyMs?: number } | undefined)?.everyMs ?? ofSource.everyMs;
  return everyMs === undefined ? silenceUs(ofSource.staleAfterMs) : Math.max(everyMs * 5, 5000) * 1000;
}

/** @param staleAfterMs of a configuration; 0 or absent: however long it is silent */
export const silenceUs = (staleAfterMs: number | undefined): number =>
  staleAfterMs ? staleAfterMs * 1000 : Number.POSITIVE_INFINITY;

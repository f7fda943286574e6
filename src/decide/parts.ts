import { isDeepStrictEqual } from 'node:util';
import type { SnapshotPart } from '#decide/api.ts';
import type { Json } from '#kernel/event.ts';

/** The snapshot that these parts make, at most one of each rule, alarm and detector. What is in none of them is as new. */
export function fromParts(parts: Iterable<SnapshotPart>): Json {
  const rules: [string, Json][] = [];
  const alarms: [string, Json][] = [];
  const detectors: [string, Json][] = [];
  let firstOut: Json = null;
  for (const { kind, id, state } of parts) {
    if (state === undefined) continue;
    if (kind === 'rule') rules.push([id, state]);
    else if (kind === 'alarm') alarms.push([id, state]);
    else if (kind === 'detector') detectors.push([id, state]);
    else firstOut = state;
  }
  return {
    rules: Object.fromEntries(rules),
    alarms: Object.fromEntries(alarms),
    detectors: Object.fromEntries(detectors),
    firstOut,
  };
}

/** A rule, an alarm or a detector, as far as it is kept. */
export interface Kept {
  readonly spec: { readonly id: string };
  /** Whether one that is restored from nothing is the same. */
  readonly isAsNew: boolean;
  snapshot(): Json;
}

export const partOf = (kind: 'rule' | 'alarm' | 'detector', one: Kept): SnapshotPart => ({
  kind,
  id: one.spec.id,
  state: one.isAsNew ? undefined : one.snapshot(),
});

/** Whether what was kept is of another condition, or was not taken over as it is: it must not be found once more. */
export const isOutdated = (one: Kept, before: Json | undefined): boolean =>
  before !== undefined && !isDeepStrictEqual(one.snapshot(), before);

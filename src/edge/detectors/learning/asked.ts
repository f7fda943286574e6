import { infoOf } from '#contract/check-peers.ts';
import { learningOf } from '#decide/detectors/learning.ts';
import { type DetectorSpec, signalOf } from '#decide/detectors/spec.ts';
import { compileDecisions } from '#decide/engine.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import type { LearningAsked } from '#edge/detectors/learning/learning.ts';
import { checkLength } from '#edge/detectors/learning/period.ts';
import { Fault } from '#kernel/fault.ts';
import { TagTable } from '#kernel/tag-table.ts';

export interface AskedSpan {
  readonly fromUs: number;
  readonly toUs: number;
}

/** @throws Fault `detector.unknown` */
export function detectorIn({ spec }: Blueprint, id: string): DetectorSpec {
  const found = spec.detectors?.find((one) => one.id === id);
  if (found) return found;
  throw new Fault('detector.unknown', `there is no detector ${id}`, {
    retry: 'never',
    hint: '`holdfast detectors` lists them',
  });
}

/** Refuses at once what would be refused later. @throws Fault `detector.unknown`, `detector.kind`, `detector.period` */
export function checkAsked(blueprint: Blueprint, id: string, span: AskedSpan): void {
  const { kind, tags, everyMs } = detectorIn(blueprint, id);
  learningOf(kind);
  checkLength({ ...span, everyMs, signals: tags.length });
}

/** What a detector of a site file has to learn. @throws Fault `detector.unknown` */
export function askedOf(
  blueprint: Blueprint,
  id: string,
  { journalDir, ...span }: AskedSpan & { readonly journalDir: string },
): LearningAsked {
  const detector = detectorIn(blueprint, id);
  const { kind, asset, tags, everyMs, restWhen, restForMs, settings } = detector;
  return {
    ...{ kind, settings, everyMs, ...span },
    signals: tags.map((path) => ({ name: signalOf(path, asset), path })),
    ...(restWhen !== undefined && { rest: { when: restWhen, asset, forMs: restForMs } }),
    tags: blueprint.model.tags,
    told: { journalDir, detector: id, alarms: alarmsAbout(blueprint, detector) },
  };
}

/** Alarms of the same asset, and those that read one of the tags. */
function alarmsAbout({ model, spec }: Blueprint, { id, asset, tags }: DetectorSpec): string[] {
  const table = new TagTable();
  for (const tag of model.tags) table.declare(infoOf(tag));
  const numbers = new Set(tags.map((path) => table.number(path)));
  const { decisions } = compileDecisions({ derived: [], rules: [], alarms: spec.alarms }, table);
  const reading = new Set<string>();
  for (const one of decisions?.reads() ?? [])
    if (one.kind === 'alarm' && one.tags.some((tag) => numbers.has(tag))) reading.add(one.id);
  const about = spec.alarms.filter(
    (alarm) => (asset !== '' && alarm.asset === asset) || reading.has(alarm.id),
  );
  // What the detector itself raises is judged by people, as its findings are.
  return about.map((alarm) => alarm.id).filter((alarm) => alarm !== id);
}

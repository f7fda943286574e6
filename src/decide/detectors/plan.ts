import { kindOf } from '#decide/detectors/learned.ts';
import { type DetectorSpec, signalsOf } from '#decide/detectors/spec.ts';
import type { Expression } from '#decide/expressions/expression.ts';
import { messageOf } from '#kernel/fault.ts';
import { nearest } from '#kernel/nearest.ts';
import type { Tag, TagTable } from '#kernel/tag-table.ts';

/** A detector that can run, as far as the site file says: what it learned is looked at by whoever runs it. */
export interface PlannedDetector {
  readonly spec: DetectorSpec;
  /** Its figure. */
  readonly figure: Tag;
  readonly inputs: readonly Tag[];
  /** Undefined where it never rests. */
  readonly restWhen: Expression | undefined;
}

type Report = (field: string, message: string, hint: string) => void;

/**
 * Checks what its kind says of an entry, and finds its tags.
 * @param restWhen undefined where there is none, or where it does not compile: the other fields are checked all the same
 * @returns undefined when there was something to report
 */
export function planDetector(
  spec: DetectorSpec,
  restWhen: Expression | undefined,
  tags: TagTable,
  report: Report,
): PlannedDetector | undefined {
  const settings = settingsHold(spec, report);
  const figure = tags.find(spec.id);
  if (!figure) report('tags', `there is no tag ${spec.id} for its figure`, 'name a tag of this path');
  const inputs = spec.tags.map((path, i) => {
    const tag = tags.find(path);
    if (!tag) report(`tags.${i}`, `there is no tag ${path}`, 'name a signal of the asset, or a full path');
    return tag;
  });
  const isComplete = spec.restWhen === undefined || restWhen !== undefined;
  if (!settings || !figure || !isComplete || !inputs.every((tag) => tag !== undefined)) return undefined;
  return { spec, figure, inputs, restWhen };
}

function settingsHold(spec: DetectorSpec, report: Report): boolean {
  const { kind, settings } = spec;
  const known = kindOf(kind);
  if (!known) {
    report('kind', `there is no detector of kind ${kind}`, 'docs/foresight.md says which kinds there are');
    return false;
  }
  const names = Object.keys(known.settings);
  const strange = Object.keys(settings).filter((name) => !names.includes(name));
  for (const name of strange) {
    const guess = nearest(name, names);
    const hint = guess === undefined ? `settings of ${kind}: ${names.join(', ')}` : `did you mean ${guess}?`;
    report(`settings.${name}`, `a detector of kind ${kind} has no setting ${name}`, hint);
  }
  if (strange.length > 0) return false;
  try {
    known.check?.(signalsOf(spec), settings);
    known.fresh?.(signalsOf(spec), settings);
    return true;
  } catch (error) {
    report('settings', messageOf(error), `settings of ${spec.kind}: ${names.join(', ')}`);
    return false;
  }
}

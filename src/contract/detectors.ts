import type { AlarmModel, DetectorModel, TagModel, Where } from '#contract/model.ts';
import { AlarmEntry, type DetectorEntry, TagEntry } from '#contract/site.ts';

/* What follows from an entry of `detectors` without being written down. */

interface Place {
  readonly id: string;
  readonly asset: string;
  readonly where: Where;
}

/** Smallest change of a figure that is worth a row; beyond 1 it is this part of the figure. */
export const FIGURE_DEADBAND = 0.02;

/** Path of the tag that the expression of a balance becomes. */
export const balancePath = (id: string): string => `${id}-balance`;

/** Paths of what a model gives: its score, or the error of each tag. */
const modelPaths = (id: string, { tags, model }: Pick<DetectorEntry, 'tags' | 'model'>): string[] =>
  model?.output === 'reconstruction'
    ? tags.map((tag) => `${id}-error-${tag.replaceAll('/', '-')}`)
    : [`${id}-score`];

/** The figure of a detector, which is 1 at its limit, and what its expression derives or its model gives. */
export function tagsOf(entry: DetectorEntry, place: Place): TagModel[] {
  const { kind, description, expression, unit } = entry;
  const { id, asset, where } = place;
  const figure = TagEntry.parse({
    description: description ?? `What the detector ${id} finds: 1 is at its limit`,
    unit: '1',
    deadband: FIGURE_DEADBAND,
  });
  const tags: TagModel[] = [{ ...figure, path: id, asset, where, detector: id }];
  if (kind === 'model') {
    const given = TagEntry.parse({ description: `What the model of the detector ${id} gives`, unit: '1' });
    const paths = modelPaths(id, entry);
    return [...tags, ...paths.map((path) => ({ ...given, path, asset, where, detector: id }))];
  }
  if (kind !== 'balance' || expression === undefined) return tags;
  const said = `What does not add up, as the detector ${id} sees it`;
  const balance = TagEntry.parse({ description: said, derive: expression, unit });
  return [...tags, { ...balance, path: balancePath(id), asset, where, detector: id }];
}

/** The alarm of a detector that was promoted to one. */
export function alarmOf({ alarm, description }: DetectorEntry, place: Place): AlarmModel | undefined {
  if (!alarm) return undefined;
  const { id, asset, where } = place;
  const when = `tag("${id}") > 1`;
  const entry = AlarmEntry.parse({ ...alarm, when, ...(description !== undefined && { description }) });
  return { ...entry, id, asset, where: [...where, 'alarm'], detector: id };
}

/**
 * Tags by full path, as a detector looks at them: of a balance what its expression derives, of a model what it gives, behind
 * errors the tags that they are of.
 * @param tags those of the entry by full path
 */
export function lookedAt(entry: DetectorModel, tags: readonly string[]): string[] {
  if (entry.kind === 'balance') return [balancePath(entry.id)];
  if (entry.kind !== 'model') return [...tags];
  const given = modelPaths(entry.id, entry);
  return entry.model?.output === 'reconstruction' ? [...given, ...tags] : given;
}

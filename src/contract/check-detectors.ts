import { type Complain, complainOf, resolveTag } from '#contract/check-tags.ts';
import { lookedAt } from '#contract/detectors.ts';
import type { Expanded } from '#contract/expand.ts';
import type { Finding } from '#contract/findings.ts';
import type { DetectorModel, TagModel } from '#contract/model.ts';
import type { DETECTOR_KINDS } from '#contract/site.ts';

/** How many tags a kind needs, and how many it takes; one or more where nothing is said. */
const TAGS: { readonly [kind in (typeof DETECTOR_KINDS)[number]]?: readonly [least: number, most: number] } =
  {
    relation: [2, Number.POSITIVE_INFINITY],
    limit: [1, 1],
  };
const MOST_TAGS = 200;

/** Resolves the tags to full paths, and says what the entry itself has wrong. Settings are judged where their kinds are. */
export function checkDetector(
  detector: DetectorModel,
  site: Expanded,
  add: (finding: Finding) => void,
): DetectorModel {
  const complain = complainOf(detector, add);
  checkOrigin(detector, complain);
  checkModel(detector, complain);
  if (detector.restForMs > 0 && detector.restWhen === undefined)
    complain(['restForMs'], 'it never rests', 'add restWhen, or take restForMs away', { end: 'key' });
  if (detector.shadow && detector.alarm)
    complain(['alarm'], 'a shadow raises no alarm', 'take alarm or shadow away', { end: 'key' });
  if (site.alarms.filter(({ id }) => id === detector.id).length > 1)
    complain(['alarm'], `there is another alarm ${detector.id}`, 'rename the detector or the alarm', {
      end: 'key',
    });
  const tags = detector.tags.map((name, i) => resolved(name, i, detector, site, complain));
  const twice = tags.findIndex((tag, i) => tags.indexOf(tag) < i);
  if (twice >= 0) complain(['tags', twice], `${tags[twice]} is named twice`, 'keep one');
  return { ...detector, tags: lookedAt(detector, tags), ...(detector.model && { reads: tags }) };
}

function checkOrigin({ kind, tags, expression, unit }: DetectorModel, complain: Complain): void {
  const key = { end: 'key' } as const;
  if (kind === 'balance') {
    if (expression === undefined)
      complain([], 'a balance has no expression', 'add `expression: flow_in - flow_out`', key);
    if (tags.length > 0) complain(['tags'], 'a balance names its tags in its expression', 'remove it', key);
    return;
  }
  if (expression !== undefined)
    complain(
      ['expression'],
      `a detector of kind ${kind} has no expression`,
      'name tags, or write `kind: balance`',
      key,
    );
  if (unit !== undefined)
    complain(['unit'], `a detector of kind ${kind} has the units of its tags`, 'remove it', key);
  const [least, most] = TAGS[kind] ?? [1, MOST_TAGS];
  if (tags.length >= least && tags.length <= most) return;
  const wanted = least === most ? `exactly ${least}` : `at least ${least}`;
  const message =
    tags.length < least
      ? `a detector of kind ${kind} needs ${wanted} of tags, and has ${tags.length}`
      : `a detector of kind ${kind} takes ${most} of tags at most, and has ${tags.length}`;
  complain(
    tags.length === 0 ? [] : ['tags'],
    message,
    'add `tags: [signal, …]`: signals of the asset, or full paths',
    key,
  );
}

function checkModel({ kind, tags, model }: DetectorModel, complain: Complain): void {
  const key = { end: 'key' } as const;
  if (kind !== 'model') {
    if (model) complain(['model'], `a detector of kind ${kind} has no model`, 'write `kind: model`', key);
    return;
  }
  if (!model) {
    complain([], 'it names no model', 'add `model: { file: models/name.onnx, sha256: … }`', key);
    return;
  }
  const { means, deviations } = model;
  if ((means === undefined) !== (deviations === undefined))
    complain(['model'], 'means and deviations belong together', 'give both, or none', key);
  for (const [name, list] of Object.entries({ means, deviations }))
    if (list && list.length !== tags.length)
      complain(
        ['model', name],
        `${list.length} numbers for ${tags.length} tags`,
        'give one for each tag',
        key,
      );
}

const WATCHED_HINT = 'a detector looks at numbers, booleans and enums';
const WATCHED: ReadonlySet<TagModel['type']> = new Set(['number', 'boolean', 'enum']);

const textHint = ({ kind, settings }: DetectorModel): string => {
  if (kind !== 'season') return `${WATCHED_HINT}; a text can be the context of one of kind season`;
  return settings.context === 1
    ? 'the context is the last of tags: name it there'
    : 'write it as the last of tags, and `settings: { context: 1 }`: what the others are is learned for each of its texts';
};

/** The last of the tags of a season is its context, where its settings say so: nothing is calculated with that. */
const isContext = (i: number, { kind, tags, settings }: DetectorModel): boolean =>
  kind === 'season' && settings.context === 1 && i === tags.length - 1;

function resolved(
  name: string,
  i: number,
  detector: DetectorModel,
  site: Expanded,
  complain: Complain,
): string {
  const { asset, id } = detector;
  const at = ['tags', i];
  const found = resolveTag(site, asset, name);
  if (!found) return name;
  if ('hint' in found) {
    complain(at, `there is no tag ${name}`, found.hint);
    return name;
  }
  const { path, type, access } = found.tag;
  if (path === id) complain(at, 'a detector cannot look at its own figure', 'name what is measured');
  else if (!WATCHED.has(type) && !(type === 'text' && isContext(i, detector)))
    complain(at, `${name} is of type ${type}`, type === 'text' ? textHint(detector) : WATCHED_HINT);
  else if (access === 'write') complain(at, `${name} cannot be read`, 'give it access read or readWrite');
  return path;
}

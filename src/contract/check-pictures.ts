import { resolveTag } from '#contract/check-tags.ts';
import { among, type Expanded, parentOf } from '#contract/expand.ts';
import { check } from '#contract/explain.ts';
import type { Finding } from '#contract/findings.ts';
import type { PictureModel, TagModel, Where } from '#contract/model.ts';
import { type PictureBinding, PictureEntry, pictureFile } from '#contract/pictures.ts';

type Add = (finding: Finding) => void;

/** All of a picture but its drawing: names lead somewhere, and each part fits what its tag holds. */
export function checkPictures(
  entries: { readonly [name: string]: unknown },
  site: Expanded,
  add: Add,
): PictureModel[] {
  const places = placesOf(site);
  return Object.entries(entries).flatMap(([id, raw]) => {
    const where = ['pictures', id];
    const entry = check(PictureEntry, raw, { where, add });
    if (!entry) return [];
    const { area } = entry;
    if (area !== undefined && !places.has(area) && site.brokenAssets.size === 0)
      add({
        where: [...where, 'area'],
        message: `there is no place ${area}`,
        hint: among(area, places, 'places'),
      });
    const bindings = Object.fromEntries(
      Object.entries(entry.bindings).map(([element, binding]) => [
        element,
        checkBinding(binding, { where: [...where, 'bindings', element], site, places, add }),
      ]),
    );
    return [{ ...entry, file: pictureFile(id, entry.file), bindings, id, where }];
  });
}

interface Context {
  readonly where: Where;
  readonly site: Expanded;
  readonly places: ReadonlySet<string>;
  readonly add: Add;
}

function checkBinding(binding: PictureBinding, context: Context): PictureBinding {
  const { where, site, places, add } = context;
  const { alarm, click } = binding;
  const alarms = site.alarms.map(({ id }) => id);
  if (alarm !== undefined && !alarms.includes(alarm) && !places.has(alarm) && isWhole(site))
    add({
      where: [...where, 'alarm'],
      message: `there is no alarm or asset ${alarm}`,
      hint: among(alarm, [...alarms, ...places], 'alarms and assets'),
    });
  if (click !== undefined && !places.has(click)) {
    const found = resolveTag(site, '', click);
    if (found && 'hint' in found)
      add({ where: [...where, 'click'], message: `there is no tag or asset ${click}`, hint: found.hint });
  }
  const parts = PARTS.filter((part) => binding[part] !== undefined);
  if (binding.tag === undefined) {
    for (const part of parts)
      add({
        where: [...where, part],
        end: 'key',
        message: `${part} shows a tag, and none is named`,
        hint: 'add `tag:` with its path',
      });
    return binding;
  }
  const found = resolveTag(site, '', binding.tag);
  if (!found) return binding; // there, and wrong by itself
  if ('hint' in found) {
    add({ where: [...where, 'tag'], message: `there is no tag ${binding.tag}`, hint: found.hint });
    return binding;
  }
  for (const part of parts) CHECKS[part](found.tag, binding, context);
  return binding;
}

const PARTS = ['value', 'fill', 'level', 'rotation', 'visible'] as const;

const CHECKS: {
  readonly [part in (typeof PARTS)[number]]: (
    tag: TagModel,
    binding: PictureBinding,
    context: Context,
  ) => void;
} = {
  value(tag, _binding, { where, add }) {
    if (tag.type !== 'structure') return;
    const hint = 'take a tag that is one value';
    add({ where: [...where, 'value'], end: 'key', message: `${tag.path} is a structure, and no text`, hint });
  },
  fill: (tag, { fill }, context) =>
    checkStates(tag, Object.keys(fill?.states ?? {}), (state) => ['fill', 'states', state], context),
  visible: (tag, { visible }, context) =>
    checkStates(tag, visible?.states ?? [], (_, i) => ['visible', 'states', i], context),
  level: (tag, { level }, context) => checkRange(tag, 'level', level?.range, context),
  rotation: (tag, { rotation }, context) => checkRange(tag, 'rotation', rotation?.range, context),
};

function checkStates(
  { path, type, states = {} }: TagModel,
  named: readonly string[],
  at: (state: string, i: number) => Where,
  { where, add }: Context,
): void {
  if (type !== 'boolean' && type !== 'enum') {
    const message = `${path} is of type ${type}, and has no states`;
    const hint = 'take a tag that is true or false or an enum, or an alarm';
    add({ where: [...where, ...at('', 0).slice(0, 1)], end: 'key', message, hint });
    return;
  }
  const known = type === 'boolean' ? ['true', 'false'] : Object.values(states);
  named.forEach((state, i) => {
    if (known.includes(state)) return;
    const hint = among(state, known, 'states');
    const place = at(state, i);
    const end = place[0] === 'fill' ? ({ end: 'key' } as const) : {};
    add({ where: [...where, ...place], ...end, message: `${path} has no state ${state}`, hint });
  });
}

function checkRange(
  { path, type, range }: TagModel,
  part: 'level' | 'rotation',
  given: readonly [number, number] | undefined,
  { where, add }: Context,
): void {
  const place = { where: [...where, part], end: 'key' } as const;
  if (type !== 'number' && type !== 'int64') {
    add({ ...place, message: `${path} is of type ${type}, and has no ${part}`, hint: 'take a number' });
  } else if (given === undefined && range === undefined) {
    add({ ...place, message: `${path} has no range`, hint: 'say `range: [low, high]` here or at the tag' });
  }
}

/** Whether every alarm could be read: a name that leads nowhere may lead to one that could not. */
const isWhole = ({ brokenAssets, broken, halves }: Expanded): boolean =>
  brokenAssets.size === 0 && broken.size === 0 && halves.alarms.length === 0;

/** Areas, lines and assets: everything above a tag. */
function placesOf({ tags, alarms }: Expanded): ReadonlySet<string> {
  const places = new Set<string>();
  const above = [...[...tags.keys()].map(parentOf), ...alarms.map(({ asset }) => asset)];
  for (const one of above)
    for (let place = one; place !== '' && !places.has(place); place = parentOf(place)) places.add(place);
  return places;
}

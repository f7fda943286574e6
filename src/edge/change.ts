import { isDeepStrictEqual } from 'node:util';
import type { PeerModel, SiteModel, TagModel } from '#contract/model.ts';
import { Settings } from '#contract/settings.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { markedAbove, restartFields } from '#edge/restart-fields.ts';
import type { Json } from '#kernel/event.ts';

/** One entry of the site file that is not what it was. */
export interface Change {
  readonly section: Section;
  /** Path of a tag, id of everything else; the section itself for `settings` and `site`. */
  readonly id: string;
  readonly what: 'added' | 'removed' | 'changed';
  /** What is different, leaf by leaf. Secrets are left out of it. */
  readonly fields: readonly FieldChange[];
}

export interface FieldChange {
  /** Below the entry, by dots. */
  readonly path: string;
  /** Absent where the field was not there. */
  readonly before?: Json;
  /** Absent where the field is gone. */
  readonly after?: Json;
}

export const SECTIONS = [
  'site',
  'settings',
  'sources',
  'actuators',
  'sinks',
  'shifts',
  'notices',
  'pictures',
  'tags',
  'rules',
  'alarms',
  'detectors',
] as const;
export type Section = (typeof SECTIONS)[number];

/** A site file with the kinds that it uses: defaults that are written out are no change. */
export type SiteView = Pick<Blueprint, 'model' | 'plugins'>;

/** What an editor would call the difference of two files, by meaning: order, comments and defaults do not count. */
export function siteChanges(before: SiteView, after: SiteView): readonly Change[] {
  const [was, is] = [before.model, after.model];
  const changes: Change[] = [];
  if (was.site !== is.site) changes.push(changed('site', 'site', { name: was.site }, { name: is.site }));
  if (!isDeepStrictEqual(was.settings, is.settings))
    changes.push(changed('settings', 'settings', was.settings, is.settings));
  for (const section of ['sources', 'actuators', 'sinks'] as const) {
    const written = (view: SiteView) => (peer: PeerModel) => ({
      kind: peer.kind,
      ...(view.plugins[section][peer.kind]?.config.parse(peer.config) as object),
    });
    changes.push(
      ...entries(section, peersOf(was, section), peersOf(is, section), written(before), written(after)),
    );
  }
  const tag = (view: SiteView) => (one: TagModel) => tagFields(one, view);
  changes.push(...entries('tags', tagsOf(was), tagsOf(is), tag(before), tag(after)));
  for (const section of ['shifts', 'notices', 'pictures', 'rules', 'alarms', 'detectors'] as const) {
    const byId = (model: SiteModel) => new Map(model[section].map((one) => [one.id, one as object]));
    changes.push(...entries<object>(section, byId(was), byId(is), plain, plain));
  }
  return changes.filter(({ what, fields }) => what !== 'changed' || fields.length > 0);
}

/** Fields that cannot change while the site runs, as the site file names them: `settings.api.port`, `site`. */
export function needRestart(changes: readonly Change[]): readonly string[] {
  const settings = restartFields(Settings);
  return changes.flatMap(({ section, fields }) => {
    if (section === 'site') return ['site'];
    if (section !== 'settings') return [];
    return fields.flatMap(({ path }) => (markedAbove(path, settings) ? [`settings.${path}`] : []));
  });
}

const peersOf = (model: SiteModel, section: 'sources' | 'actuators' | 'sinks') =>
  new Map(model[section].map((peer) => [peer.id, peer]));
const tagsOf = (model: SiteModel) => new Map(model.tags.map((one) => [one.path, one]));

/** Where it stands in the file, and what follows from its name, is no field of an entry. */
function plain(entry: object): object {
  const { where: _, id: __, asset: ___, ...fields } = entry as { readonly [key: string]: unknown };
  return fields;
}

function tagFields({ where: _, asset: __, path: ___, address, ...fields }: TagModel, view: SiteView): object {
  const kind = view.model.sources.find(({ id }) => id === fields.source)?.kind;
  const schema = kind === undefined ? undefined : view.plugins.sources[kind]?.address;
  return { ...fields, ...(address !== undefined && { address: schema?.parse(address) ?? address }) };
}

function* entries<T extends object>(
  section: Section,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  fieldsBefore: (entry: T) => object,
  fieldsAfter: (entry: T) => object,
): Iterable<Change> {
  for (const [id, entry] of before) {
    const next = after.get(id);
    if (!next)
      yield { section, id, what: 'removed', fields: [...leaves(fieldsBefore(entry), undefined, [])] };
    else if (!sameEntry(entry, next)) yield changed(section, id, fieldsBefore(entry), fieldsAfter(next));
  }
  for (const [id, entry] of after) {
    if (!before.has(id))
      yield { section, id, what: 'added', fields: [...leaves(undefined, fieldsAfter(entry), [])] };
  }
}

/** As written: most entries are, and need no closer look. */
function sameEntry(a: object, b: object): boolean {
  const { where: _, ...was } = a as { where?: unknown };
  const { where: __, ...is } = b as { where?: unknown };
  return isDeepStrictEqual(was, is);
}

const changed = (section: Section, id: string, before: object, after: object): Change => ({
  section,
  id,
  what: 'changed',
  fields: [...leaves(before, after, [])],
});

/** Lists count as one value: which of its items moved says less than both lists. */
function* leaves(before: unknown, after: unknown, path: readonly string[]): Iterable<FieldChange> {
  if (isDeepStrictEqual(before, after)) return;
  if (isMap(before) || isMap(after)) {
    const was = isMap(before) ? before : {};
    const is = isMap(after) ? after : {};
    for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
      yield* leaves(was[key], is[key], [...path, key]);
    }
    return;
  }
  yield {
    path: path.join('.'),
    ...(before !== undefined && { before: shown(path, before) }),
    ...(after !== undefined && { after: shown(path, after) }),
  };
}

const isMap = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of variables and files that hold a secret may be shown; the secret itself belongs into no record. */
const SECRET = /(password|passphrase|secret|token|credential|authorization|cookie|apikey|privatekey)$/i;
/** Stands where a secret was. */
export const HIDDEN = '(hidden)';
/** Whether what has this name is a secret. */
export const hidesValue = (name: string): boolean => SECRET.test(name.replaceAll(/[-_]/g, ''));

/** A value without its secrets. @param path names of the fields above it */
export function shown(path: readonly string[], value: unknown): Json {
  if (path.some(hidesValue)) return HIDDEN;
  if (typeof value === 'string') return urlWithout(value);
  if (Array.isArray(value)) return value.map((item) => shown([], item));
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown([key], inner)]));
  return value as Json;
}

/** A URL without what signs in: before its host, a password may hold an `@` too, or as a parameter. */
export const urlWithout = (text: string): string =>
  text
    .replace(/^(\w[\w+.-]*:\/\/)[^/?#\s]*@/, `$1${HIDDEN}@`)
    .replaceAll(/([?&])([^=&#\s]+)=[^&#\s]*/g, (all, mark, name) =>
      hidesValue(name) ? `${mark}${name}=${HIDDEN}` : all,
    );

import { among, type Expanded, parentOf } from '#contract/expand.ts';
import { show } from '#contract/explain.ts';
import type { Finding } from '#contract/findings.ts';
import type { SiteModel, TagModel } from '#contract/model.ts';
import { unitProblem } from '#kernel/units.ts';

/** Takes a finding about one field of an entry: its path below the entry, what is wrong, what to write. */
export type Complain = (
  field: Finding['where'],
  message: string,
  hint: string,
  more?: Partial<Finding>,
) => void;

export function complainOf(
  item: { readonly where: Finding['where']; readonly asset: string },
  add: (finding: Finding) => void,
): Complain {
  return (field, message, hint, more) =>
    add({ where: [...item.where, ...field], message, hint, asset: item.asset, ...more });
}

type Resolved = { readonly tag: TagModel } | { readonly hint: string } | undefined;

/** A signal of the same asset, or a full path; undefined when it exists but is wrong itself. */
export function resolveTag(site: Expanded, asset: string, name: string): Resolved {
  const sibling = asset === '' ? name : `${asset}/${name}`;
  for (const path of [sibling, name]) {
    const tag = site.tags.get(path);
    if (tag) return { tag };
    if (site.broken.has(path)) return undefined;
    for (let holder = parentOf(path); holder !== ''; holder = parentOf(holder)) {
      if (site.brokenAssets.has(holder)) return undefined;
    }
  }
  const near = [...site.tags.keys()];
  const inside = near
    .filter((path) => path.startsWith(`${asset}/`))
    .map((path) => path.slice(asset.length + 1));
  return { hint: among(name, asset === '' ? near : [...inside, ...near], 'tags') };
}

/** All that one tag's own fields say; references are resolved in place, feedback to a full path. */
export function checkTag(
  tag: TagModel,
  site: Expanded,
  settings: SiteModel['settings'],
  complain: Complain,
): TagModel {
  checkOrigin(tag, complain);
  checkValue(tag, complain);
  checkAccess(tag, settings, complain);
  checkLimits(tag, complain);
  return withFeedback(tag, site, complain);
}

function checkOrigin(tag: TagModel, complain: Complain): void {
  const { source, address, derive, detector } = tag;
  if (detector !== undefined) return; // nobody wrote it
  const key = { end: 'key' } as const;
  if (derive === undefined && source === undefined) {
    complain(
      [],
      `the tag ${tag.path} has neither a source nor a derive`,
      'add `source:` and `address:`, or `derive:`',
      key,
    );
  }
  if (derive === undefined) return;
  const derived = 'a derived tag is computed here';
  if (source !== undefined)
    complain(['source'], `${derived}: it has no source`, 'remove source and address, or remove derive', key);
  if (address !== undefined)
    complain(
      ['address'],
      `${derived}: it has no address`,
      'remove source and address, or remove derive',
      key,
    );
  if (tag.scale)
    complain(
      ['scale'],
      `${derived}: it has no raw value to scale`,
      'put the factor into the expression',
      key,
    );
  if (tag.access !== 'read')
    complain(['access'], `${derived}: access is ${tag.access}`, 'write `access: read`, or leave it out');
  if (tag.heartbeatMs !== undefined)
    complain(['heartbeatMs'], `${derived}: nothing is written to it`, 'give it a source instead', key);
}

function checkValue(tag: TagModel, complain: Complain): void {
  const { type, unit, deadband, range } = tag;
  const key = { end: 'key' } as const;
  const numeric = type === 'number' || type === 'int64';
  const not = (field: string, hint: string) =>
    complain([field], `a tag of type ${type} has no ${field}`, hint, key);
  if (unit !== undefined) {
    const problem = unitProblem(unit);
    if (!numeric && type !== 'structure') not('unit', 'remove it; the text belongs in description');
    else if (problem) complain(['unit'], `unit: ${problem.message}`, problem.hint);
  }
  if (range && !numeric) not('range', 'only number and int64 have one');
  if (tag.scale && type !== 'number')
    not('scale', type === 'int64' ? 'write `type: number` to scale it' : 'remove it');
  if (deadband !== undefined && type !== 'number')
    not('deadband', 'every change of such a tag is kept: remove it');
  if (deadband !== undefined && range && deadband >= range[1] - range[0]) {
    complain(
      ['deadband'],
      `deadband is ${deadband}: as wide as the range ${show(range)}`,
      'write the smallest change that matters',
    );
  }
  if (tag.states && type !== 'enum') not('states', 'write `type: enum`, or remove them');
}

function checkAccess(tag: TagModel, settings: SiteModel['settings'], complain: Complain): void {
  const { access, write, safety, heartbeatMs, type } = tag;
  const writes =
    access !== 'read' ? 'access' : write ? 'write' : heartbeatMs !== undefined ? 'heartbeatMs' : undefined;
  if (safety && writes) {
    const message = `the tag ${tag.path} belongs to a safety function: Holdfast never writes to one`;
    const hint =
      'write `access: read` without `write:`; safety functions stay in the safety system (IEC 61511)';
    complain([writes], message, hint, { end: 'key' });
    return;
  }
  if (write && access === 'read')
    complain(['write'], 'limits on writes, yet access is read', 'write `access: readWrite` (or write)', {
      end: 'key',
    });
  if (heartbeatMs !== undefined && tag.derive === undefined) {
    if (access === 'read')
      complain(['heartbeatMs'], 'a heartbeat is written, yet access is read', 'write `access: write`', {
        end: 'key',
      });
    if (type !== 'number' && type !== 'int64')
      complain(
        ['heartbeatMs'],
        `a heartbeat is a rising count, yet the type is ${type}`,
        'write `type: number`',
        { end: 'key' },
      );
  }
  if (write?.remote && !settings.remoteWrites) {
    complain(
      ['write', 'remote'],
      'remote has no effect: the site allows no writes from outside',
      'set settings.remoteWrites, or remove it',
      { severity: 'hint' },
    );
  }
}

function checkLimits(tag: TagModel, complain: Complain): void {
  const { write, range, type } = tag;
  const numeric = type === 'number' || type === 'int64';
  // A heartbeat is a count that only rises.
  const isFree = tag.access !== 'read' && numeric && tag.heartbeatMs === undefined;
  if (isFree && !write?.range && !range) {
    const hint =
      'give it `write.range` (and maxStep, ratePerS), or a `range`; `access: read` if nobody writes it';
    complain(['access'], 'nothing limits what may be written', hint, { severity: 'hint' });
  }
  if (!write) return;
  for (const field of ['range', 'maxStep', 'ratePerS'] as const) {
    if (write[field] === undefined || numeric) continue;
    complain(['write', field], `a tag of type ${type} has no ${field}`, 'remove it; use an interlock', {
      end: 'key',
    });
  }
  if (write.range && range && (write.range[0] < range[0] || write.range[1] > range[1])) {
    const message = `values ${show(write.range)} may be written, but the range of the tag is ${show(range)}`;
    complain(['write', 'range'], message, 'stay within the range of the tag');
  }
  if (!write.lease) return;
  const problem = valueProblem(tag, write.lease.safe);
  if (problem)
    complain(
      ['write', 'lease', 'safe'],
      `safe is ${show(write.lease.safe)}: ${problem}`,
      'write a value that may be written',
    );
}

/** Why the value cannot be written to the tag, by type and range. */
export function valueProblem(tag: TagModel, value: number | boolean | string): string | undefined {
  const { type, states } = tag;
  if (type === 'text') return typeof value === 'string' ? undefined : 'the tag holds text';
  if (type === 'boolean') {
    return typeof value === 'boolean' || value === 0 || value === 1
      ? undefined
      : 'the tag holds true or false';
  }
  if (type === 'structure') return 'structures cannot be written';
  if (type === 'int64' && typeof value === 'string' && /^-?\d+$/.test(value)) return undefined;
  if (typeof value !== 'number') return `the tag holds ${type === 'enum' ? 'a code' : 'a number'}`;
  if (type !== 'number' && !Number.isInteger(value)) return 'the tag holds whole numbers';
  if (type === 'enum' && states && !Object.hasOwn(states, String(value)))
    return `its states are ${Object.keys(states).join(', ')}`;
  const range = tag.write?.range ?? tag.range;
  if (range && (value < range[0] || value > range[1])) return `outside ${show(range)}`;
  return undefined;
}

function withFeedback(tag: TagModel, site: Expanded, complain: Complain): TagModel {
  const feedback = tag.write?.feedback;
  if (!feedback || !tag.write) return tag;
  const field = ['write', 'feedback', 'tag'];
  const found = resolveTag(site, tag.asset, feedback.tag);
  if (!found) return tag;
  if ('hint' in found) {
    complain(field, `there is no tag ${feedback.tag} for the feedback`, found.hint);
    return tag;
  }
  const shown = found.tag;
  if (shown.access === 'write')
    complain(field, `the feedback ${shown.path} cannot be read`, 'give it access read or readWrite');
  if (shown.type === 'text' || shown.type === 'structure')
    complain(field, `the feedback ${shown.path} is of type ${shown.type}`, 'take a number, boolean or enum');
  if (shown.path === tag.path)
    complain(
      field,
      'the tag is its own feedback: an echo is not an effect',
      'take a tag that shows what the machine does',
      { severity: 'hint' },
    );
  return { ...tag, write: { ...tag.write, feedback: { ...feedback, tag: shown.path } } };
}

import type * as z from 'zod';
import { alarmOf, balancePath, tagsOf } from '#contract/detectors.ts';
import { type CheckOptions, check } from '#contract/explain.ts';
import type { Finding } from '#contract/findings.ts';
import { halfAlarm, halfRule, halfTag } from '#contract/halves.ts';
import type { AlarmModel, DetectorModel, RuleModel, TagModel, Where } from '#contract/model.ts';
import { fill, hasParam, paramsIn, type Values } from '#contract/params.ts';
import {
  AlarmEntry,
  AssetEntry,
  DetectorEntry,
  RuleEntry,
  type Sections,
  TagEntry,
  TypeHead,
} from '#contract/site.ts';
import { nearest } from '#kernel/nearest.ts';

type Add = (finding: Finding) => void;

/** Every entry of the site under its full name; those that could not be read are in `broken`. */
export interface Expanded {
  readonly tags: Map<string, TagModel>;
  readonly rules: RuleModel[];
  readonly alarms: AlarmModel[];
  readonly detectors: DetectorModel[];
  /** Those that are there but wrong, as far as they can be read. */
  readonly halves: { readonly tags: TagModel[]; readonly rules: RuleModel[]; readonly alarms: AlarmModel[] };
  /** Full paths of tags that are there but wrong: a reference to one is no second error. */
  readonly broken: Set<string>;
  /** Assets none of whose tags could be made. */
  readonly brokenAssets: Set<string>;
  /** Values of the parameters by asset, to find the place of an expression again. */
  readonly params: Map<string, Values>;
}

const SECTIONS = [
  ['tags', TagEntry],
  ['rules', RuleEntry],
  ['alarms', AlarmEntry],
  ['detectors', DetectorEntry],
] as const;
type Section = (typeof SECTIONS)[number][0];

/** One entry of a type, read once for all of its assets. */
interface Template {
  readonly section: Section;
  readonly schema: z.ZodType;
  readonly name: string;
  readonly raw: unknown;
  readonly where: Where;
  readonly open: boolean;
  /** Set when there is nothing to fill in and the schema takes it. */
  readonly parsed: unknown;
}

interface TypeBody {
  readonly params: readonly string[];
  readonly templates: readonly Template[];
}

/** Makes the entries of types into entries of assets, and adds those of the site itself. */
export function expand(sections: Sections, add: Add): Expanded {
  const out: Expanded = {
    tags: new Map(),
    rules: [],
    alarms: [],
    detectors: [],
    halves: { tags: [], rules: [], alarms: [] },
    broken: new Set(),
    brokenAssets: new Set(),
    params: new Map(),
  };
  for (const [section, schema] of SECTIONS) {
    for (const [name, raw] of Object.entries(sections[section])) {
      const where = [section, name];
      strayParams(raw, where, add);
      const parsed = check(schema, raw, { where, add });
      keep(out, { section, name, asset: section === 'tags' ? parentOf(name) : '', where, parsed, raw, add });
    }
  }
  const types = new Map<string, TypeBody | undefined>();
  for (const [name, raw] of Object.entries(sections.types)) types.set(name, typeBody(name, raw, add));
  for (const [path, raw] of Object.entries(sections.assets)) instantiate(out, path, raw, types, add);
  return out;
}

/** What stands before the last slash; empty for a name of one segment. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

function typeBody(name: string, raw: unknown, add: Add): TypeBody | undefined {
  const where = ['types', name];
  const head = check(TypeHead, raw, { where, add });
  if (!head) return undefined;
  const templates = SECTIONS.flatMap(([section, schema]) =>
    Object.entries(head[section]).map(([entry, body]): Template => {
      const at = [...where, section, entry];
      // What holds a parameter is judged once its value is known.
      const parsed = check(schema, body, { where: at, add, open: hasParam });
      return { section, schema, name: entry, raw: body, where: at, open: hasTemplate(body), parsed };
    }),
  );
  const used = new Set<string>();
  for (const { raw: body, where: at } of templates) usedParams(body, at, name, head.params, used, add);
  head.params.forEach((param, i) => {
    const at = [...where, 'params', i];
    if (head.params.indexOf(param) < i)
      add({ where: at, message: `the parameter ${param} is named twice`, hint: 'keep one' });
    else if (!used.has(param)) {
      const message = `the parameter ${param} is not used in type ${name}`;
      add({
        where: at,
        message,
        hint: `remove it, or write \${${param}} where its value belongs`,
        severity: 'hint',
      });
    }
  });
  return { params: head.params, templates };
}

/** Every `${name}` in the body, with its own place when the type has no such parameter. */
function usedParams(
  value: unknown,
  where: Where,
  type: string,
  params: readonly string[],
  used: Set<string>,
  add: Add,
): void {
  eachText(value, where, (text, at) => {
    for (const { name, offset } of paramsIn(text)) {
      used.add(name);
      if (params.includes(name)) continue;
      const guess = nearest(name, params);
      const hint = guess ? `did you mean \${${guess}}?` : `add ${name || 'a name'} to params of type ${type}`;
      add({ where: at, offset, message: `type ${type} has no parameter ${JSON.stringify(name)}`, hint });
    }
  });
}

function strayParams(value: unknown, where: Where, add: Add): void {
  eachText(value, where, (text, at) => {
    for (const { name, offset } of paramsIn(text)) {
      const message = `\${${name}} has a value only inside a type`;
      add({ where: at, offset, message, hint: 'write the value itself' });
    }
  });
}

function eachText(value: unknown, where: Where, visit: (text: string, at: Where) => void): void {
  if (typeof value === 'string') visit(value, where);
  else if (Array.isArray(value))
    for (const [i, inner] of value.entries()) eachText(inner, [...where, i], visit);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) eachText(inner, [...where, key], visit);
  }
}

function hasTemplate(value: unknown): boolean {
  let found = false;
  eachText(value, [], (text) => {
    found ||= hasParam(text);
  });
  return found;
}

function instantiate(
  out: Expanded,
  path: string,
  raw: unknown,
  types: ReadonlyMap<string, TypeBody | undefined>,
  add: Add,
): void {
  const where = ['assets', path];
  const asset = check(AssetEntry, raw, { where, add });
  const type = asset && types.get(asset.type);
  if (!type) out.brokenAssets.add(path);
  if (!asset) return;
  if (!types.has(asset.type)) {
    add({
      where: [...where, 'type'],
      message: `there is no type ${asset.type}`,
      hint: among(asset.type, types.keys(), 'types'),
    });
    return;
  }
  if (!type) return;
  const complete = matchParams(path, asset, type, add);
  out.params.set(path, asset.with);
  for (const template of type.templates) {
    const options = { where: template.where, add, asset: path };
    const parsed = complete ? filled(template, asset.with, options) : undefined;
    const raw = complete ? fill(template.raw, asset.with) : undefined;
    keep(out, { ...template, asset: path, name: `${path}/${template.name}`, parsed, raw, add });
  }
}

/** False when a value is missing: then the entries of the asset cannot be judged. */
function matchParams(path: string, asset: AssetEntry, type: TypeBody, add: Add): boolean {
  const where = ['assets', path, 'with'];
  for (const given of Object.keys(asset.with)) {
    if (type.params.includes(given)) continue;
    const hint = among(given, type.params, `parameters of type ${asset.type}`);
    add({
      where: [...where, given],
      end: 'key',
      message: `type ${asset.type} has no parameter ${given}`,
      hint,
    });
  }
  const missing = type.params.filter((param) => !Object.hasOwn(asset.with, param));
  if (missing.length === 0) return true;
  const message = `asset ${path} gives no value for ${missing.join(', ')}, which type ${asset.type} needs`;
  add({
    where,
    end: 'key',
    message,
    hint: `add under with: ${missing.map((name) => `${name}: …`).join(', ')}`,
  });
  return false;
}

function filled(template: Template, values: Values, options: CheckOptions): unknown {
  if (!template.open) return template.parsed;
  return check(template.schema, fill(template.raw, values), options);
}

interface Kept {
  readonly section: Section;
  readonly name: string;
  readonly asset: string;
  readonly where: Where;
  /** Undefined where the schema does not take it. */
  readonly parsed: unknown;
  /** As written, parameters filled in; undefined where one has no value. */
  readonly raw: unknown;
  readonly add: Add;
}

function keep(out: Expanded, { section, name, asset, where, parsed, raw, add }: Kept): void {
  const placed = { asset, where };
  if (section === 'detectors') {
    keepDetector(out, { ...placed, id: name }, parsed as DetectorEntry | undefined, add);
    return;
  }
  if (section === 'tags' && (out.tags.has(name) || out.broken.has(name))) {
    // Tags of the site come first, so the second of the two is the asset's: both must be named.
    const message = `the tag ${name} is given twice: here and by ${where[0] === 'types' ? `tags.${name}` : 'another'}`;
    add({
      where,
      end: 'key',
      message,
      hint: 'rename one of them; a tag of a type cannot be overridden',
      asset,
    });
    return;
  }
  if (parsed === undefined) {
    if (section === 'tags') out.broken.add(name);
    keepHalf(out.halves, section, { path: name, ...placed }, raw);
  } else if (section === 'tags') out.tags.set(name, { ...(parsed as TagEntry), path: name, ...placed });
  else if (section === 'rules') out.rules.push({ ...(parsed as RuleEntry), id: name, ...placed });
  else out.alarms.push({ ...(parsed as AlarmEntry), id: name, ...placed });
}

/** A detector with what follows from it: tags that nobody else may have, and an alarm where it was promoted to one. */
function keepDetector(
  out: Expanded,
  placed: { readonly id: string; readonly asset: string; readonly where: Where },
  entry: DetectorEntry | undefined,
  add: Add,
): void {
  const { id, asset, where } = placed;
  if (!entry) {
    for (const path of [id, balancePath(id)]) if (!out.tags.has(path)) out.broken.add(path);
    return;
  }
  const tags = tagsOf(entry, placed);
  const taken = tags.some(({ path }) => out.tags.has(path) || out.broken.has(path));
  if (taken) {
    const message = 'there is a tag of this path: the figure of a detector is a tag of its id';
    add({ where, end: 'key', message, hint: 'rename the detector or the tag', asset });
    return;
  }
  for (const tag of tags) out.tags.set(tag.path, tag);
  const alarm = alarmOf(entry, placed);
  if (alarm) out.alarms.push(alarm);
  out.detectors.push({ ...entry, ...placed });
}

function keepHalf(
  halves: Expanded['halves'],
  section: Exclude<Section, 'detectors'>,
  { path, ...placed }: { readonly path: string; readonly asset: string; readonly where: Where },
  raw: unknown,
): void {
  if (section === 'tags') {
    const half = halfTag(raw);
    if (half) halves.tags.push({ ...half, path, ...placed });
  } else if (section === 'rules') {
    const half = halfRule(raw);
    if (half) halves.rules.push({ ...half, id: path, ...placed });
  } else {
    const half = halfAlarm(raw);
    if (half) halves.alarms.push({ ...half, id: path, ...placed });
  }
}

/** The nearest of what there is, or all of it. */
export function among(name: string, known: Iterable<string>, what: string): string {
  const all = [...known];
  const guess = nearest(name, all);
  if (guess) return `did you mean ${guess}?`;
  if (all.length === 0) return `there are no ${what} yet`;
  return `${what}: ${all.slice(0, 8).join(', ')}${all.length > 8 ? ', …' : ''}`;
}

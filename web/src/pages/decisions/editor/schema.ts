import type { Fields, YamlPlace } from './yaml-place.ts';

/** A JSON Schema (draft 2020-12) as far as the schema of a site file uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: { readonly [name: string]: Schema };
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly properties?: { readonly [key: string]: Schema };
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly items?: Schema | boolean;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** A key that may stand somewhere. */
export interface KeyOption {
  readonly key: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

const DEFS = '#/$defs/';

/** References and choices resolved: every form that a value may have; of forms told apart by a constant those that fit. */
function formsOf(root: Schema, schema: Schema, fields: Fields | undefined, depth = 0): readonly Schema[] {
  if (depth > 20) return [];
  const { $ref, anyOf, oneOf, allOf, ...own } = schema;
  const referred = $ref?.startsWith(DEFS) ? root.$defs?.[$ref.slice(DEFS.length)] : undefined;
  const inner = [...(referred ? [referred] : []), ...(anyOf ?? []), ...(oneOf ?? []), ...(allOf ?? [])];
  if (inner.length === 0) return fits(own, fields) ? [own] : [];
  return inner.flatMap((one) => formsOf(root, { ...about(own), ...one }, fields, depth + 1));
}

/** What is said of a choice as a whole holds for each of its forms. */
const about = ({ description, default: preset }: Schema): Schema => ({
  ...(description !== undefined && { description }),
  ...(preset !== undefined && { default: preset }),
});

function fits({ properties = {} }: Schema, fields: Fields | undefined): boolean {
  if (!fields) return true;
  return Object.entries(properties).every(([key, { const: only }]) => {
    const given = fields.get(key);
    return only === undefined || given === undefined || given === '' || given === String(only);
  });
}

/** Every form of the value at a path. @param mappings of the place, which tell forms apart: `kind: modbus` */
function formsAt(root: Schema, path: readonly string[], mappings: readonly Fields[]): readonly Schema[] {
  let now: readonly Schema[] = [root];
  let passed = 0;
  for (const step of path) {
    const isItem = step === '[]';
    const fields = isItem ? undefined : mappings[passed];
    if (!isItem) passed++;
    now = now.flatMap((schema) => formsOf(root, schema, fields)).flatMap((form) => below(form, step));
  }
  return now.flatMap((schema) => formsOf(root, schema, mappings[passed]));
}

function below(
  { properties, additionalProperties, items, prefixItems }: Schema,
  step: string,
): readonly Schema[] {
  if (step === '[]') return [...(typeof items === 'object' ? [items] : []), ...(prefixItems ?? [])];
  const own = properties?.[step];
  if (own) return [own];
  return typeof additionalProperties === 'object' ? [additionalProperties] : [];
}

/** Keys that may be written at this place and are not there yet, those that must be there first. */
export function keysAt(root: Schema, { path, mappings, word }: YamlPlace): readonly KeyOption[] {
  const here = mappings.at(-1);
  const found = new Map<string, KeyOption>();
  for (const { properties = {}, required = [] } of formsAt(root, path, mappings)) {
    for (const [key, schema] of Object.entries(properties)) {
      if (found.has(key) || (here?.has(key) && key !== word)) continue;
      found.set(key, { key, schema: first(root, schema), isRequired: required.includes(key) });
    }
  }
  return [...found.values()].toSorted((a, b) => Number(b.isRequired) - Number(a.isRequired));
}

/** Values that may be written at this place, as far as they can be listed. */
export function valuesAt(root: Schema, { path, mappings }: YamlPlace): readonly string[] {
  const values = formsAt(root, path, mappings).flatMap((form) => {
    if (form.const !== undefined) return [form.const];
    if (form.enum) return form.enum;
    return form.type === 'boolean' ? [true, false] : [];
  });
  return [...new Set(values.map(String))];
}

/** What is known of the value at a path: its description and form. */
export const aboutAt = (
  root: Schema,
  path: readonly string[],
  mappings: readonly Fields[],
): Schema | undefined => {
  const forms = formsAt(root, path, mappings);
  return forms.find(({ description }) => description !== undefined) ?? forms[0];
};

const first = (root: Schema, schema: Schema): Schema => ({
  ...(formsOf(root, schema, undefined)[0] ?? {}),
  ...schema,
});

/** What may be written, in a few words: `number from 0 to 65535, 1000 when absent`. */
export function formText({
  type,
  enum: values,
  const: only,
  minimum,
  maximum,
  default: preset,
}: Schema): string {
  const kind =
    only !== undefined ? String(only) : values ? values.join(' | ') : [type ?? []].flat().join(' or ');
  const range = [
    minimum !== undefined && minimum > -1e9 ? `from ${minimum}` : '',
    maximum !== undefined && maximum < 1e9 ? `to ${maximum}` : '',
  ].filter((part) => part !== '');
  const said = [kind, ...range].filter((part) => part !== '').join(' ');
  const isPlain = ['string', 'number', 'boolean'].includes(typeof preset) && preset !== '';
  return isPlain ? `${said === '' ? '' : `${said}, `}${preset} when absent` : said;
}

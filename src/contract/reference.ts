import * as z from 'zod';
import type { Schema } from '#contract/json-schema.ts';
import {
  ActuatorEntry,
  AlarmEntry,
  AssetEntry,
  RuleEntry,
  Settings,
  SinkEntry,
  SiteFile,
  SourceEntry,
  TagEntry,
  TypeEntry,
  WriteLimits,
} from '#contract/site.ts';

const PARTS: readonly (readonly [title: string, schema: z.ZodType])[] = [
  ['Top of the file', SiteFile],
  ['`settings`', Settings],
  ['An entry of `sources`', SourceEntry],
  ['An entry of `actuators`', ActuatorEntry],
  ['An entry of `sinks`', SinkEntry],
  ['An entry of `tags`', TagEntry],
  ['`write` of a tag', WriteLimits],
  ['An entry of `rules`', RuleEntry],
  ['An entry of `alarms`', AlarmEntry],
  ['An entry of `types`', TypeEntry],
  ['An entry of `assets`', AssetEntry],
];

/** Fields whose own table stands elsewhere on the page. */
const ELSEWHERE = new Set([
  'settings',
  'sources',
  'actuators',
  'sinks',
  'tags',
  'rules',
  'alarms',
  'types',
  'assets',
  'write',
]);

/** The reference page of the site file, made from the schemas that check it. */
export function siteReference(): string {
  const parts = PARTS.map(
    ([title, schema]) => `## ${title}\n\n${HEAD}\n${rows(toJson(schema), '').join('\n')}\n`,
  );
  return `${INTRO}\n${parts.join('\n')}`;
}

const INTRO = `# Site file: every field

Made from the schemas by \`node tools/reference.ts\`; do not edit. [Site file](../site-file.md) explains
by task. A field without a default is optional unless it says **required**; ↻ marks fields that take effect at the
next start. The fields of a source, of an address and of a message depend on their kind.
`;
const HEAD = '| field | type | default | meaning |\n|---|---|---|---|';

const toJson = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' });

function rows(schema: Schema, prefix: string): string[] {
  const required = new Set((schema.required as string[] | undefined) ?? []);
  return Object.entries((schema.properties as { [key: string]: Schema } | undefined) ?? {}).flatMap(
    ([key, field]) => {
      const path = prefix + key;
      const preset = required.has(key)
        ? '**required**'
        : field.default === undefined
          ? ''
          : code(JSON.stringify(field.default));
      const mark = field.restart === true ? ' ↻' : '';
      const row = `| \`${path}\`${mark} | ${cell(typeText(field))} | ${ELSEWHERE.has(path) ? '' : preset} | ${cell(String(field.description ?? ''))} |`;
      return ELSEWHERE.has(path) && prefix === '' ? [row] : [row, ...inside(field, path)];
    },
  );
}

/** Rows of the objects that a field holds, itself or in a list; of several kinds of entries none is required. */
function inside(field: Schema, path: string): string[] {
  if (field.properties) return rows(field, `${path}.`);
  const items = field.items as Schema | undefined;
  const branches = (items?.anyOf as Schema[] | undefined) ?? [];
  return branches.flatMap((branch) => rows({ ...branch, required: [] }, `${path}[].`));
}

function typeText(field: Schema): string {
  if (Array.isArray(field.enum)) return field.enum.map((value) => code(String(value))).join(', ');
  if (Array.isArray(field.anyOf))
    return [...new Set(field.anyOf.map((branch) => typeText(branch)))].join(' or ');
  if (Array.isArray(field.prefixItems)) return '[low, high]';
  if (field.type === 'array') return `list of ${typeText((field.items as Schema | undefined) ?? {})}`;
  if (field.type === 'object')
    return field.additionalProperties && field.propertyNames ? 'map by name' : 'map';
  if (Array.isArray(field.type)) return field.type.map((type) => typeText({ type })).join(' or ');
  const base = TYPES[String(field.type)] ?? 'any';
  return base + limits(field);
}

const TYPES: { readonly [type: string]: string } = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true, false',
};

function limits({ minimum, maximum, exclusiveMinimum }: Schema): string {
  const huge = (value: unknown) => typeof value !== 'number' || Math.abs(value) >= Number.MAX_SAFE_INTEGER;
  const low = huge(minimum) ? undefined : `≥ ${minimum}`;
  const above = huge(exclusiveMinimum) ? undefined : `> ${exclusiveMinimum}`;
  const high = huge(maximum) ? undefined : `≤ ${maximum}`;
  const all = [low, above, high].filter((text) => text !== undefined);
  return all.length === 0 ? '' : `, ${all.join(', ')}`;
}

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

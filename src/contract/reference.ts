import * as z from 'zod';
import type { Schema } from '#contract/json-schema.ts';
import { PictureBinding, PictureEntry } from '#contract/pictures.ts';
import type { Plugins } from '#contract/plugins.ts';
import { Settings } from '#contract/settings.ts';
import {
  ActuatorEntry,
  AlarmEntry,
  AssetEntry,
  DetectorEntry,
  NoticeEntry,
  RuleEntry,
  ShiftEntry,
  SinkEntry,
  SiteFile,
  SourceEntry,
  TagEntry,
  TypeEntry,
  WriteLimits,
} from '#contract/site.ts';

type Part = readonly [title: string, schema: z.ZodType];

const PARTS: readonly Part[] = [
  ['Top of the file', SiteFile],
  ['`settings`', Settings],
  ['An entry of `sources`', SourceEntry],
  ['An entry of `actuators`', ActuatorEntry],
  ['An entry of `sinks`', SinkEntry],
  ['An entry of `tags`', TagEntry],
  ['`write` of a tag', WriteLimits],
  ['An entry of `rules`', RuleEntry],
  ['An entry of `alarms`', AlarmEntry],
  ['An entry of `detectors`', DetectorEntry],
  ['An entry of `shifts`', ShiftEntry],
  ['An entry of `notices`', NoticeEntry],
  ['An entry of `pictures`', PictureEntry],
  ['An entry of `bindings` of a picture', PictureBinding],
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
  'detectors',
  'shifts',
  'notices',
  'pictures',
  'bindings',
  'types',
  'assets',
  'write',
]);

/** How the rows of a part are written. */
interface How {
  /** Behind fields marked `restart`. */
  readonly mark: string;
  /** Fields whose own table stands elsewhere on the page. */
  readonly elsewhere: ReadonlySet<string>;
}

/** Behind a field whose change waits for the next start of the site. */
const NEXT_START = '↻';
/** Behind a field whose change opens the session of the source anew. */
const OPENS_ANEW = '⇄';

/** The reference page of the site file, made from the schemas that check it. */
export function siteReference(plugins: Plugins): string {
  const part = ([title, schema]: Part, how: How) =>
    `## ${title}\n\n${HEAD}\n${rows(toJson(schema), '', how).join('\n')}\n`;
  const none = new Set<string>();
  const parts = [
    ...PARTS.map((one) => part(one, { mark: NEXT_START, elsewhere: ELSEWHERE })),
    ...sourceParts(plugins).map((one) => part(one, { mark: OPENS_ANEW, elsewhere: none })),
    // A change of anything of these opens them anew, so nothing is marked.
    ...otherParts(plugins).map((one) => part(one, { mark: '', elsewhere: none })),
  ];
  return `${INTRO}\n${parts.join('\n')}`;
}

const sourceParts = ({ sources }: Plugins): Part[] =>
  Object.entries(sources).flatMap(([kind, { config, address }]): Part[] => [
    [`Source \`${kind}\``, config],
    ...(address ? [[`\`address\` of a tag of a source \`${kind}\``, address] as const] : []),
  ]);

const otherParts = ({ actuators, sinks }: Plugins): Part[] => [
  ...Object.entries(actuators).flatMap(([kind, { config, action, notice }]): Part[] => [
    [`Actuator \`${kind}\``, config],
    ...(action ? [[`\`send\` to an actuator \`${kind}\``, action] as const] : []),
    ...(notice && hasFields(notice.fields)
      ? [[`A notice's step to an actuator \`${kind}\``, notice.fields] as const]
      : []),
  ]),
  ...Object.entries(sinks).map(([kind, { config }]): Part => [`Sink \`${kind}\``, config]),
];

const hasFields = (schema: z.ZodType): boolean =>
  Object.keys((toJson(schema).properties as object | undefined) ?? {}).length > 0;

const INTRO = `# Site file: every field

Made from the schemas by \`node tools/reference.ts\`; do not edit. [Site file](../site-file.md) explains
by task. A field without a default is optional unless it says **required**. Everything may change
[while the site runs](../site-file.md#changing-a-site-while-it-runs), except what is marked ${NEXT_START}: that needs a restart of the site.
A change of what is marked ${OPENS_ANEW}, or lies below it, opens the session of its source anew, and so does any change of an actuator or a sink.
`;
const HEAD = '| field | type | default | meaning |\n|---|---|---|---|';

const toJson = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' });

function rows(schema: Schema, prefix: string, how: How): string[] {
  const required = new Set((schema.required as string[] | undefined) ?? []);
  return Object.entries((schema.properties as { [key: string]: Schema } | undefined) ?? {}).flatMap(
    ([key, field]) => {
      const path = prefix + key;
      const isElsewhere = how.elsewhere.has(path);
      const preset = required.has(key)
        ? '**required**'
        : field.default === undefined
          ? ''
          : code(JSON.stringify(field.default));
      const mark = field.restart === true && how.mark !== '' ? ` ${how.mark}` : '';
      const row = `| \`${path}\`${mark} | ${cell(typeText(field))} | ${isElsewhere ? '' : preset} | ${cell(String(field.description ?? ''))} |`;
      return isElsewhere ? [row] : [row, ...inside(field, path, how)];
    },
  );
}

/** Rows of the objects that a field holds, itself or in a list; of several kinds of them no field is required. */
function inside(field: Schema, path: string, how: How): string[] {
  if (field.properties) return rows(field, `${path}.`, how);
  const items = field.items as Schema | undefined;
  const below = items ? `${path}[].` : `${path}.`;
  if (items?.properties) return rows(items, below, how);
  const branches = ((items ?? field).anyOf as Schema[] | undefined) ?? [];
  return branches.flatMap((branch) => rows({ ...branch, required: [] }, below, how));
}

function typeText(field: Schema): string {
  if (Array.isArray(field.enum)) return field.enum.map((value) => code(String(value))).join(', ');
  if (field.const !== undefined) return code(String(field.const));
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

import * as z from 'zod';
import type { PluginSection, Plugins } from '#contract/plugins.ts';
import { ActuatorEntry, SinkEntry, SiteFile, SourceEntry } from '#contract/site.ts';

/** A JSON Schema as plain data. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/**
 * The JSON Schema (draft 2020-12) of a site file for editors, with the fields of every kind of source, actuator and
 * sink.
 * Editors see what may be written; what hangs together across entries is told by `loadSite`.
 */
export function siteJsonSchema(plugins: Plugins): Schema & { readonly $schema: string } {
  const site = toJson(SiteFile) as { readonly properties: { readonly [key: string]: Schema } };
  const { sources, actuators, sinks, types, ...properties } = site.properties;
  const addresses = Object.values(plugins.sources).flatMap(({ address }) =>
    address ? [toJson(address)] : [],
  );
  const schema = hoisted({
    title: 'Holdfast site file',
    ...site,
    properties: {
      ...properties,
      sources: { ...sources, additionalProperties: peers(plugins.sources, SourceEntry) },
      actuators: { ...actuators, additionalProperties: peers(plugins.actuators, ActuatorEntry) },
      sinks: { ...sinks, additionalProperties: peers(plugins.sinks, SinkEntry) },
      types: templated(types) as Schema,
    },
    $defs: {
      address: anyOf(addresses),
      addressOfType: templated(anyOf(addresses)),
      send: anyOf(sends(plugins)),
      sendOfType: templated(anyOf(sends(plugins))),
    },
  });
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema };
}

/**
 * Brings definitions of schemas inside this one (of recursive types, such as any JSON) to its top, where a reference
 * looks for them.
 */
function hoisted({
  $defs,
  ...root
}: {
  readonly $defs: Schema;
  readonly [keyword: string]: unknown;
}): Schema {
  const defs: { [name: string]: unknown } = {};
  let lifts = 0;
  const lift = (schema: unknown, names: ReadonlyMap<string, string>): unknown => {
    if (Array.isArray(schema)) return schema.map((inner) => lift(inner, names));
    if (typeof schema !== 'object' || schema === null) return schema;
    const { $defs: own, ...rest } = schema as Schema;
    const known = new Map(names);
    const lifted = Object.entries((own ?? {}) as Schema);
    for (const [name] of lifted) known.set(`#/$defs/${name}`, `inner${lifts++}`);
    for (const [name, inner] of lifted) defs[known.get(`#/$defs/${name}`) as string] = lift(inner, known);
    return Object.fromEntries(
      Object.entries(rest).map(([keyword, value]) => {
        const name = keyword === '$ref' ? known.get(String(value)) : undefined;
        return [keyword, name === undefined ? lift(value, known) : `#/$defs/${name}`];
      }),
    );
  };
  const none = new Map<string, string>();
  const top = lift(root, none) as Schema;
  const named = Object.entries($defs).map(([name, inner]) => [name, lift(inner, none)]);
  return { ...top, $defs: { ...Object.fromEntries(named), ...defs } };
}

const ADDRESS = '#/$defs/address';
const SEND = '#/$defs/send';

function toJson(schema: z.ZodType): Schema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => refer(zodSchema, jsonSchema),
  });
  return json;
}

/** Where the site file leaves a field to the plugins, their schemas stand in `$defs`. */
function refer(schema: z.core.$ZodTypes, json: { [keyword: string]: unknown }): void {
  const shape = schema._zod.def.type === 'object' ? Object.keys(schema._zod.def.shape) : [];
  const properties = json.properties as { [key: string]: Schema } | undefined;
  if (!properties) return;
  if (shape.includes('address') && shape.includes('derive')) {
    properties.address = { ...properties.address, $ref: ADDRESS };
  }
  if (shape.length === 1 && shape[0] === 'send') properties.send = { $ref: SEND };
}

const anyOf = (schemas: readonly Schema[]): Schema => (schemas.length === 0 ? {} : { anyOf: schemas });

/** One entry per kind, told apart by `kind`. */
function peers(kinds: Plugins[PluginSection], entry: z.ZodType): Schema {
  const all = Object.entries(kinds).map(([kind, { config }]) =>
    withField(toJson(config), 'kind', { const: kind }),
  );
  return all.length === 0 ? toJson(entry) : { oneOf: all };
}

function sends({ actuators }: Plugins): Schema[] {
  const to = { type: 'string', description: 'Id of an actuator.' };
  return Object.values(actuators).map(
    ({ action }) => open(withField(action ? toJson(action) : OBJECT, 'to', to)) as Schema,
  );
}

const OBJECT = { type: 'object', properties: {}, additionalProperties: false };

/** Adds a required field to an object schema, in every branch of a choice. */
function withField(schema: Schema, name: string, field: Schema): Schema {
  for (const choice of ['anyOf', 'oneOf'] as const) {
    const branches = schema[choice];
    if (Array.isArray(branches))
      return { ...schema, [choice]: branches.map((branch) => withField(branch, name, field)) };
  }
  const required = Array.isArray(schema.required) ? schema.required : [];
  return {
    ...schema,
    type: 'object',
    properties: { [name]: field, ...(schema.properties as object | undefined) },
    required: [name, ...required],
  };
}

/** Inside a type any value may be a parameter. */
const templated = (schema: unknown): unknown => loosened(schema, { type: 'string', pattern: '\\$\\{[a-z]' });

/** In an action a text may hold expressions. */
const open = (schema: unknown): unknown => loosened(schema, { type: 'string', pattern: '\\{\\{' });

/** Lets a text of the given form stand wherever the schema asks for a plain value. */
function loosened(schema: unknown, text: Schema): unknown {
  if (Array.isArray(schema)) return schema.map((inner) => loosened(inner, text));
  if (typeof schema !== 'object' || schema === null) return schema;
  const out: { [keyword: string]: unknown } = {};
  for (const [keyword, value] of Object.entries(schema)) out[keyword] = loosenedAt(keyword, value, text);
  return isPlain(out) ? plainOr(out, text) : out;
}

function loosenedAt(keyword: string, value: unknown, text: Schema): unknown {
  if (keyword === '$ref' && (value === ADDRESS || value === SEND)) return `${value}OfType`;
  if (keyword === 'properties' && typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, loosened(inner, text)]));
  }
  return INNER.has(keyword) ? loosened(value, text) : value;
}

/** Keywords that hold schemas of values; `propertyNames` holds one of keys, which are never parameters. */
const INNER = new Set(['items', 'prefixItems', 'additionalProperties', 'anyOf', 'oneOf', 'allOf']);
const PLAIN_TYPES = new Set(['number', 'integer', 'boolean']);

function isPlain({ type, enum: values, const: value, pattern, format }: Schema): boolean {
  if ([type].flat().some((each) => PLAIN_TYPES.has(String(each)))) return true;
  return values !== undefined || value !== undefined || pattern !== undefined || format !== undefined;
}

function plainOr(
  { description, default: preset, ...plain }: { [keyword: string]: unknown },
  text: Schema,
): Schema {
  const about = {
    ...(description !== undefined && { description }),
    ...(preset !== undefined && { default: preset }),
  };
  return { ...about, anyOf: [plain, text] };
}

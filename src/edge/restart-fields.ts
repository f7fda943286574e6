import * as z from 'zod';

interface Schema {
  readonly restart?: boolean;
  readonly properties?: { readonly [key: string]: Schema };
}

/** Paths of the fields that a schema marks with `.meta({ restart: true })`, by dots: `api.port`. */
export function restartFields(schema: z.ZodType): ReadonlySet<string> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  return new Set(marked(json, ''));
}

function* marked({ restart, properties = {} }: Schema, path: string): Iterable<string> {
  if (restart) yield path;
  for (const [key, inner] of Object.entries(properties))
    yield* marked(inner, path === '' ? key : `${path}.${key}`);
}

/** The path itself, or one above it, that is marked. */
export function markedAbove(path: string, fields: ReadonlySet<string>): string | undefined {
  const parts = path.split('.');
  for (let n = 1; n <= parts.length; n++) {
    const above = parts.slice(0, n).join('.');
    if (fields.has(above)) return above;
  }
  return undefined;
}

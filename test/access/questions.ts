/* Questions made from the OpenAPI document and from nothing else, as a stranger would make them. */

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly default?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Schema } } };
  readonly 'x-role': string;
  readonly 'x-role-for'?: { readonly [field: string]: { readonly [value: string]: string } };
  readonly 'x-area'?: 'any' | 'filtered' | 'refused' | { readonly in: string; readonly field: string };
  readonly 'x-panel'?: true | { readonly [field: string]: readonly string[] };
}

export interface Described {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly role: string;
  readonly roleFor: NonNullable<Operation['x-role-for']>;
  readonly area: NonNullable<Operation['x-area']>;
  readonly panel: Operation['x-panel'];
  readonly operation: Operation;
}

export interface Question {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
  /** Media type of the body; JSON when absent. */
  readonly type?: string;
}

export function describedIn(document: {
  readonly paths: { readonly [path: string]: { readonly [method: string]: object } };
}): readonly Described[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => {
      const operation = one as Operation;
      return {
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        role: operation['x-role'],
        roleFor: operation['x-role-for'] ?? {},
        area: operation['x-area'] ?? 'refused',
        panel: operation['x-panel'],
        operation,
      };
    }),
  );
}

/** Texts that have a form of their own. */
const EXAMPLES: { readonly [name: string]: unknown } = {
  from: '2026-01-01',
  to: '2026-01-02',
  time: '2026-01-01',
  bucketUs: 60e6,
  stepUs: 60e6,
  forMin: 1,
};

/** @param place what stands where the route names one; @param set values of fields of the body */
export function questionFor(
  { method, path, area, operation }: Described,
  place: string,
  set: { readonly [field: string]: string } = {},
): Question {
  const field = typeof area === 'object' ? area.field : undefined;
  const query = new URLSearchParams();
  let url = path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    name === field ? encodeURIComponent(place) : 'nobody',
  );
  for (const one of operation.parameters ?? []) {
    if (one.in !== 'query' || !one.required) continue;
    query.set(one.name, String(one.name === field ? place : exampleOf(one.name, one.schema)));
  }
  if (query.size > 0) url += `?${query}`;
  const content = operation.requestBody?.content ?? {};
  // A file for what the place names: nonsense, which is read only after the right to send it is clear.
  const upload = Object.keys(content).find((type) => type !== 'application/json');
  if (upload !== undefined && field !== undefined) return { method, url, body: '{}', type: upload };
  const schema = content['application/json']?.schema;
  if (!schema) return { method, url, body: undefined };
  const body: { [name: string]: unknown } = {};
  for (const name of schema.required ?? []) body[name] = exampleOf(name, schema.properties?.[name] ?? {});
  if (field !== undefined && field in (schema.properties ?? {})) body[field] = place;
  return { method, url, body: JSON.stringify({ ...body, ...set }) };
}

function exampleOf(name: string, schema: Schema): unknown {
  const { type, enum: values, const: only, anyOf, items } = schema;
  if (name in EXAMPLES) return EXAMPLES[name];
  if (values) return values[0];
  if (only !== undefined) return only;
  if (anyOf) return exampleOf(name, anyOf[0] ?? {});
  if (type === 'number' || type === 'integer') return 1;
  if (type === 'boolean') return true;
  if (type === 'array') return [exampleOf(name, items ?? {})];
  return 'x';
}

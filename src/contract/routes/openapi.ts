import * as z from 'zod';
import type { Schema } from '#contract/json-schema.ts';
import { FAULT_STATUS, type FaultCode } from './faults.ts';
import * as replies from './replies.ts';
import { type AnyRoute, GROUPS, paramsOf, type Reply, SLASHED } from './route.ts';
import { routeEntries } from './table.ts';

/** What a document is made from. */
export interface Api {
  readonly title: string;
  readonly about: string;
  readonly groups: { readonly [group: string]: string };
  readonly table: readonly (readonly [string, AnyRoute])[];
  /** Schemas of answers by name. */
  readonly replies: object;
  /** How the token and the cookie of a session are described. */
  readonly token: string;
  readonly session: string;
}

/**
 * The API of a site as an OpenAPI 3.1 document. Loads the schemas of all answers: made when somebody asks, so that a
 * site whom nobody asks does not hold them.
 */
export const openApi = (version: string): OpenApiDocument =>
  documentOf(
    {
      title: 'Holdfast site',
      about: ABOUT,
      groups: GROUPS,
      table: routeEntries(),
      replies,
      token: 'An API token, or the one in api.json in the data folder of the site.',
      session: 'PORT is the one that the site listens on.',
    },
    version,
  );

type OpenApiDocument = Schema & { readonly openapi: '3.1.0' };

/** An API as an OpenAPI 3.1 document, made from its table of routes. */
export function documentOf(
  { title, about, groups, table, replies, token, session }: Api,
  version: string,
): OpenApiDocument {
  const paths: { [path: string]: { [method: string]: Schema } } = {};
  for (const [id, route] of table) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(id, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title, version, license: { name: 'Apache-2.0' }, description: about },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    tags: Object.entries(groups).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: schemas(replies),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: token },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'holdfast-PORT',
          description: `Set by signing in; \`__Host-holdfast-PORT\` under TLS. ${session}`,
        },
      },
    },
  };
}

const ABOUT =
  'What one site says and takes. Times are µs since 1970 on the wall clock of the site. Anything that goes wrong is ' +
  'answered as problem details (RFC 9457) whose `title` is a code that never changes.';

function operation(id: string, route: AnyRoute): Schema {
  const { group, summary, about, body, upload, role } = route;
  const parameters = [
    ...paramsOf(route.path).map((name) => pathParameter(name, route)),
    ...queryParameters(route),
  ];
  if (route.tagged) parameters.push(IF_NONE_MATCH);
  return {
    operationId: id,
    tags: [group],
    summary,
    ...(about !== undefined && { description: about }),
    ...(role === 'anyone' && { security: [] }),
    ...rightsOf(route),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: input(body) } } },
    }),
    ...(upload && { requestBody: { required: true, content: binary(upload) } }),
    responses: { ...answers(id, route), ...problems(route) },
  };
}

const binary = (types: readonly string[]): Schema =>
  Object.fromEntries(types.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]));

/** What a caller must be, as extensions of ours: OpenAPI has no word for roles outside OAuth. */
const rightsOf = ({ role, roleFor, area, panel }: AnyRoute): Schema => ({
  'x-role': role,
  ...(roleFor && { 'x-role-for': roleFor }),
  ...(role !== 'anyone' && { 'x-area': area ?? 'refused' }),
  ...(panel && { 'x-panel': panel }),
});

const pathParameter = (name: string, { path }: AnyRoute): Schema => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', minLength: 1 },
  ...(SLASHED.has(name) && { description: 'Its slashes may stand as they are, or as %2F.' }),
  ...(path.includes(`{${name}}/`) && { description: 'Its slashes are written as %2F.' }),
});

function queryParameters({ query }: AnyRoute): Schema[] {
  if (!query) return [];
  const { properties = {}, required = [] } = input(query) as {
    readonly properties?: { readonly [name: string]: Schema };
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
}

const IF_NONE_MATCH: Schema = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'ETag of an earlier answer: 304 while it still holds.',
  schema: { type: 'string' },
};

function answers(id: string, route: AnyRoute): { [status: string]: Schema } {
  const ok = {
    description: 'Done.',
    ...headers(route),
    content: content(route.reply),
  };
  return {
    200: ok,
    ...(route.tagged && { 304: { description: 'As before.' } }),
    // The only answer with another status than 200 that is no problem of the one who asks.
    ...(id === 'health' && { 503: { ...ok, description: 'The journal cannot be written.' } }),
  };
}

function headers({ tagged, paged }: AnyRoute): { headers?: Schema } {
  if (!tagged && !paged) return {};
  const text = (description: string) => ({ description, schema: { type: 'string' } });
  return {
    headers: {
      ...(tagged && { ETag: text('Changes with the answer.') }),
      ...(paged && { Link: text('The next page, as <…>; rel="next"; absent on the last one.') }),
    },
  };
}

function content(reply: Reply<string>): Schema {
  if ('json' in reply) return { 'application/json': { schema: ref(reply.json) } };
  if ('list' in reply) return { 'application/json': { schema: { type: 'array', items: ref(reply.list) } } };
  if ('lines' in reply)
    return { 'application/x-ndjson': { schema: { anyOf: [ref(reply.lines), ref('Ended')] } } };
  if ('stream' in reply) return { 'text/event-stream': { schema: ref(reply.stream) } };
  if ('file' in reply) return binary(reply.file);
  return { [reply.text]: { schema: { type: 'string' } } };
}

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDetails' } } };

function problems({ role, query, body, upload, faults = [] }: AnyRoute): { [status: string]: Schema } {
  const codes: FaultCode[] = [...faults];
  if (query || body) codes.push('api.bad-request');
  if (role !== 'anyone') codes.push('api.unauthorized', 'api.forbidden');
  if (body) codes.push('api.too-large', 'api.unsupported-type');
  if (upload) codes.push('api.unsupported-type');
  codes.push('api.internal');
  const byStatus = Object.groupBy(codes, (code) => FAULT_STATUS[code]);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, some = []]) => [
      status,
      { description: some.map((code) => `\`${code}\``).join(', '), content: PROBLEM },
    ]),
  );
}

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

function schemas(replies: object): Schema {
  const registry = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries(replies)) registry.add(schema as z.ZodType, { id });
  const made = z.toJSONSchema(registry, {
    target: 'draft-2020-12',
    unrepresentable: 'any',
    uri: (id) => `#/components/schemas/${id}`,
    // A later site may say more: whoever reads must not stumble over it.
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      withoutLimits(jsonSchema);
    },
  });
  return Object.fromEntries(Object.entries(made.schemas).map(([id, one]) => [id, bare(one as Schema)]));
}

/** That whole numbers end where doubles lose them goes without saying. */
function withoutLimits(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

const bare = ({ $schema: _, $id: __, ...schema }: Schema): Schema => schema;

function input(schema: z.ZodType): Schema {
  return bare(
    z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io: 'input',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        withoutLimits(jsonSchema);
        const { def } = zodSchema._zod;
        // What may be given once or several times is a list to OpenAPI: once is a list of one.
        const [, list] = def.type === 'union' ? (jsonSchema.anyOf ?? []) : [];
        if (typeof list !== 'object' || list.type !== 'array') return;
        delete jsonSchema.anyOf;
        Object.assign(jsonSchema, list);
      },
    }) as Schema,
  );
}

import type { Schema } from '#contract/json-schema.ts';
import { declaration, typeText } from './types.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: {
    readonly [status: string]: { readonly content?: Content; readonly headers?: Schema };
  };
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

type Content = { readonly [type: string]: { readonly schema: Schema } };

interface Document {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: Schema } };
}

export interface ClientAsked {
  /** Name of its class. */
  readonly name: string;
  readonly about: string;
  /** Module of the client that has the types which all clients share; absent: this one declares them. */
  readonly shared?: string;
}

/**
 * A TypeScript client of an API, from its OpenAPI document and from nothing else: anybody could make it. Not formatted
 * yet.
 */
export function clientOf(document: Schema, { name, about, shared }: ClientAsked): string {
  const { paths, components } = document as unknown as Document;
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  const types = Object.entries(components.schemas).map(([name, schema]) => declaration(name, schema));
  const inputs = all.flatMap(inputTypes);
  const methods = all.map(methodText);
  const head = shared === undefined ? SHARED : sharedFrom(shared, [...types, ...inputs, ...methods].join(''));
  return `${[MADE, head, ...types, ...inputs, `${classHead(name, about)}\n${methods.join('\n')}}`].join('\n')}\n`;
}

const MADE =
  '// Long because it is made: by tools/client.ts, from the OpenAPI document. Change the table of routes instead.\n';

/** Of what all clients share: what this one names. */
function sharedFrom(module: string, text: string): string {
  const names = ['Json', 'Page', 'Upload'].filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return `import type { ${[...names, 'Transport'].join(', ')} } from '${module}';\n`;
}

const SHARED = `export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One question to a site. */
export interface Call {
  readonly method: 'GET' | 'POST';
  /** With its parameters, without its query. */
  readonly path: string;
  readonly query?: object | undefined;
  readonly body?: object | undefined;
  readonly upload?: Upload | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file that is sent, of the type that its question names. */
export interface Upload {
  readonly type: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A list, or a part of it with the way to the next one. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Path and query of the next page; absent on the last one. */
  readonly next?: string | undefined;
}

/** How questions reach a site: whoever carries them adds the token, and throws what the site answers as a problem. */
export interface Transport {
  json<T>(call: Call): Promise<T>;
  text(call: Call): Promise<string>;
  /** @param next path and query as the page before gave them, in place of those of the call */
  page<T>(call: Call, next?: string): Promise<Page<T>>;
  /** A line of JSON each; a last line that tells of a fault is thrown. */
  lines<T>(call: Call): AsyncIterable<T>;
  /** A file, as it comes. */
  bytes(call: Call): AsyncIterable<Uint8Array>;
  /** Server-Sent Events, each as its name and its data. */
  stream<T>(call: Call): AsyncIterable<T>;
}
`;

const classHead = (
  name: string,
  about: string,
) => `const part = (value: string): string => encodeURIComponent(value);

/** ${about} */
export class ${name} {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }
`;

type Asked = Operation & { readonly path: string; readonly method: string };

const queryOf = ({ parameters = [] }: Asked): readonly Parameter[] =>
  parameters.filter((one) => one.in === 'query');
const pathOf = ({ parameters = [] }: Asked): readonly Parameter[] =>
  parameters.filter((one) => one.in === 'path');
const capital = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}`;

/** Types of what is given: the query, and the body. */
function inputTypes(asked: Asked): string[] {
  const query = queryOf(asked);
  const body = asked.requestBody?.content['application/json']?.schema;
  const name = capital(asked.operationId);
  const types: string[] = [];
  if (query.length > 0) {
    const properties = Object.fromEntries(
      query.map(({ name, schema, description }) => [name, { ...oneOrMany(schema), description }]),
    );
    const required = query.filter((one) => one.required).map((one) => one.name);
    types.push(declaration(`${name}Query`, { type: 'object', properties, required }, true));
  }
  if (body) types.push(declaration(`${name}Body`, body, true));
  return types;
}

/** What may be given several times may be given once. */
const oneOrMany = (schema: Schema): Schema =>
  schema.type === 'array' ? { anyOf: [schema.items as Schema, schema] } : schema;

function methodText(asked: Asked): string {
  const { operationId: id, method, path, summary, description } = asked;
  const query = queryOf(asked);
  const hasUpload = asked.requestBody !== undefined && !('application/json' in asked.requestBody.content);
  const hasBody = asked.requestBody !== undefined && !hasUpload;
  const params = [
    ...pathOf(asked).map(({ name }) => `${name}: string`),
    ...(hasUpload ? ['upload: Upload'] : []),
    ...(hasBody ? [`body: ${capital(id)}Body`] : []),
    ...(query.length > 0
      ? [`query: ${capital(id)}Query${query.some((one) => one.required) ? '' : ' = {}'}`]
      : []),
    'signal?: AbortSignal',
  ];
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name) => `\${part(${name})}`);
  const call = [
    `method: '${method.toUpperCase()}'`,
    `path: ${url.includes('${') ? `\`${url}\`` : `'${url}'`}`,
    ...(query.length > 0 ? ['query'] : []),
    ...(hasBody ? ['body'] : []),
    ...(hasUpload ? ['upload'] : []),
    'signal',
  ];
  const [result, way, type] = resultOf(asked);
  const about = [summary, description].filter((text) => text !== undefined).join('. ');
  return [
    `  /** ${about}${about.endsWith('.') ? '' : '.'} */`,
    `  ${id}(${params.join(', ')}): ${result} {`,
    `    return this.#transport.${way}${type}({ ${call.join(', ')} });`,
    '  }',
    ...(way === 'page' ? everyPage(id, params, call, type) : []),
    '',
  ].join('\n');
}

/** A second method that goes on to the last page by itself. */
function everyPage(id: string, params: readonly string[], call: readonly string[], type: string): string[] {
  return [
    '',
    `  /** As {@link ${id}}, from page to page until the last one. */`,
    `  async *every${capital(id)}(${params.join(', ')}): AsyncIterable${type} {`,
    '    let next: string | undefined;',
    '    do {',
    `      const page: Page${type} = await this.#transport.page${type}({ ${call.join(', ')} }, next);`,
    '      yield* page.items;',
    '      next = page.next;',
    '    } while (next !== undefined);',
    '  }',
  ];
}

type Result = readonly [result: string, way: keyof typeof WAYS | 'page' | 'bytes', type: string];
const WAYS = {
  json: 'application/json',
  lines: 'application/x-ndjson',
  stream: 'text/event-stream',
  text: '',
} as const;

function resultOf({ responses }: Asked): Result {
  const { content = {}, headers } = responses[200] ?? {};
  const [[type, { schema }] = ['', { schema: {} as Schema }]] = Object.entries(content);
  const text = typeText(schema);
  if (type === WAYS.lines) {
    // What ends an answer early is thrown by the transport.
    const one = typeText((schema.anyOf as readonly Schema[])[0] ?? schema);
    return [`AsyncIterable<${one}>`, 'lines', `<${one}>`];
  }
  if (type === WAYS.stream) return [`AsyncIterable<${text}>`, 'stream', `<${text}>`];
  if (schema.format === 'binary') return ['AsyncIterable<Uint8Array>', 'bytes', ''];
  if (type !== WAYS.json) return ['Promise<string>', 'text', ''];
  if (headers && 'Link' in headers) {
    const one = typeText(schema.items as Schema);
    return [`Promise<Page<${one}>>`, 'page', `<${one}>`];
  }
  return [`Promise<${text}>`, 'json', `<${text}>`];
}

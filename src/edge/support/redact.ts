import { readFile } from 'node:fs/promises';
import { HIDDEN, hidesValue, shown, urlWithout } from '#edge/change.ts';
import type { Json } from '#kernel/event.ts';

/** What is shorter cannot be told from ordinary words; it is still hidden where a name says what it is. */
const LEAST_CHARS = 4;
const MOST_SECRET_BYTES = 64 * 1024;

/** Fields with names of places where secrets are, and with tables of them. */
const ENVIRONMENT = /Env$/;
const FILE = /(password|passphrase|secret|token|key)File$/i;
const TABLE = /^headers/i;

/** Text as it stands in places that nobody structured: messages of errors, logs, metrics. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s"'/?#]*@/gi, `$1${HIDDEN}@`],
  // API tokens, and codes that sign in once.
  [/\bhf_[\w-]{20,}/g, HIDDEN],
  [/\b(?:[0-9A-HJKMNP-TV-Z]{4}-){3,5}[0-9A-HJKMNP-TV-Z]{4}\b/g, HIDDEN],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
  [
    /\b([\w-]*(?:password|passphrase|secret|token|api[-_]?key|authorization))(["']?\s*[=:]\s*["']?)(?!\(hidden\))[^\s"',;&}]+/gi,
    `$1$2${HIDDEN}`,
  ],
];

/**
 * Takes secrets out of whatever leaves the site. Twice: by the names of fields and the form of texts, and by the
 * values themselves, wherever they come up. Values are collected from site files, from what they point to, and from
 * the environment.
 */
export class Redaction {
  readonly #values = new Set<string>();
  #longestFirst: readonly string[] | undefined;

  add(secret: unknown): void {
    if (typeof secret !== 'string' && typeof secret !== 'number') return;
    const text = String(secret).trim();
    if (text.length < LEAST_CHARS || text === HIDDEN) return;
    // As it stands in JSON, in a URL, and in a header of basic authentication.
    for (const form of [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)])
      this.#values.add(form);
    this.#longestFirst = undefined;
  }

  /** Everything in a site file that is a secret, and the names of what it points to. @param root as YAML gives it */
  async addSite(root: unknown, environment: NodeJS.ProcessEnv): Promise<void> {
    for (const { name, value, above } of fieldsOf(root)) {
      if (typeof value !== 'string') {
        if (hidesValue(name)) this.add(value);
        continue;
      }
      const isTable = above.some((one) => TABLE.test(one));
      if (ENVIRONMENT.test(name) || above.some((one) => ENVIRONMENT.test(one))) this.add(environment[value]);
      else if (FILE.test(name)) this.add(await contentOf(value));
      else if (hidesValue(name) || isTable || above.some(hidesValue)) this.add(value);
      this.#addUrl(value);
    }
  }

  /** Variables whose names say that they hold a secret. */
  addEnvironment(environment: NodeJS.ProcessEnv): void {
    for (const [name, value] of Object.entries(environment)) if (hidesValue(name)) this.add(value);
  }

  /** Any text. */
  text(text: string): string {
    this.#longestFirst ??= [...this.#values].sort((a, b) => b.length - a.length);
    let clean = text;
    for (const value of this.#longestFirst) clean = clean.replaceAll(value, HIDDEN);
    for (const [pattern, instead] of PATTERNS) clean = clean.replaceAll(pattern, instead);
    return clean;
  }

  /** Any value that JSON can say. */
  json(value: unknown): Json {
    return this.#leaves(shown([], value));
  }

  #leaves(value: Json): Json {
    if (typeof value === 'string') return this.text(urlWithout(value));
    if (typeof value === 'number') return this.#values.has(String(value)) ? HIDDEN : value;
    if (Array.isArray(value)) return value.map((one) => this.#leaves(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        this.text(name),
        TABLE.test(name) && !ENVIRONMENT.test(name) ? hiddenTable(inner) : this.#leaves(inner),
      ]),
    );
  }

  #addUrl(value: string): void {
    if (!URL.canParse(value)) return;
    const { password, searchParams } = new URL(value);
    this.add(decoded(password));
    this.add(password);
    for (const [name, inner] of searchParams) if (hidesValue(name)) this.add(inner);
  }
}

const hiddenTable = (value: Json): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.keys(value).map((name) => [name, HIDDEN]))
    : HIDDEN;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

interface Field {
  readonly name: string;
  readonly value: unknown;
  readonly above: readonly string[];
}

/** The leaves of a tree with their names; items of a list go by the name of the list. */
function* fieldsOf(tree: unknown, above: readonly string[] = []): Iterable<Field> {
  if (Array.isArray(tree)) {
    for (const item of tree) yield* fieldsOf(item, above);
  } else if (typeof tree === 'object' && tree !== null) {
    for (const [name, inner] of Object.entries(tree)) yield* fieldsOf(inner, [...above, name]);
  } else yield { name: above.at(-1) ?? '', value: tree, above: above.slice(0, -1) };
}

async function contentOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined || text.length > MOST_SECRET_BYTES ? undefined : text;
}

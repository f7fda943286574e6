import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml';
import type { Problem } from '#contract/model.ts';
import { Places } from '#contract/places.ts';
import { messageOf } from '#kernel/fault.ts';

/** Plain values of a text, and where each stands. */
export interface Tree {
  /** Undefined when the text holds nothing that can be read. */
  readonly root: unknown;
  readonly places: Places;
  readonly problems: readonly Problem[];
}

const LIMIT_BYTES = 5_000_000;
/** Entries that aliases may add up to: `&a` and `*a` save typing, they do not multiply without end. */
const LIMIT_ALIASED = 200_000;
const LIMIT_DEPTH = 50;

/** Reads YAML 1.2 (core schema). Never throws; reports all that is wrong with the text itself. */
export function readYaml(text: string): Tree {
  const bytes = new TextEncoder().encode(text).length; // a browser reads it, too
  if (bytes > LIMIT_BYTES) {
    const message = `the file has ${bytes} bytes; the limit is ${LIMIT_BYTES}`;
    return unreadable(message, 'describe equal assets by one type under `types:`');
  }
  try {
    const document = parseDocument(text, { version: '1.2', prettyErrors: false, uniqueKeys: false });
    return new Reader(text, document).tree();
  } catch (error) {
    return unreadable(
      `this is no readable YAML: ${messageOf(error)}`,
      'start from the smallest file of docs/site-file.md',
    );
  }
}

function unreadable(message: string, hint: string): Tree {
  const places = new Places('');
  return { root: undefined, places, problems: [{ line: 1, column: 1, message, hint, severity: 'error' }] };
}

class Reader {
  readonly #text: string;
  readonly #document: Document;
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new WeakMap<Node, Node>();
  readonly #places: Places;
  readonly #problems: Problem[] = [];
  #aliased = 0;
  #overflow = false;
  #misread = false;

  constructor(text: string, document: Document) {
    this.#text = text;
    this.#document = document;
    this.#places = new Places(text, (document.contents ?? undefined) as Node | undefined, this.#targets);
  }

  tree(): Tree {
    this.#syntax();
    // After a slip in the syntax the rest is a guess of the parser: what it says of keys would mislead.
    this.#misread = this.#document.errors.some(({ code }) => code !== 'MULTIPLE_DOCS');
    const contents = this.#misread ? null : (this.#document.contents as Node | null);
    const root = contents === null ? undefined : this.#value(contents, 0, false);
    return {
      root: this.#misread || this.#overflow ? undefined : root,
      places: this.#places,
      problems: this.#problems,
    };
  }

  #report(position: number, message: string, hint: string): void {
    this.#problems.push({ ...this.#places.at(position), message, hint, severity: 'error' });
  }

  #syntax(): void {
    // One slip makes many follow-ups in its own line: the first one of a line is the one to read.
    const lines = new Set<number>();
    for (const { code, message, pos } of [...this.#document.errors, ...this.#document.warnings]) {
      const { line } = this.#places.at(pos[0]);
      if (lines.has(line)) continue;
      lines.add(line);
      const [text, hint] = this.#explain(code, message, line);
      this.#report(code === 'MULTIPLE_DOCS' ? this.#separator(pos[0]) : pos[0], text, hint);
    }
    const version = this.#document.directives?.yaml.version;
    if (version !== undefined && version !== '1.2') {
      this.#report(0, `YAML ${version} is not read here`, 'remove the %YAML line: site files are YAML 1.2');
    }
  }

  /** The yaml library points at the end of the first document. */
  #separator(from: number): number {
    const found = this.#text.indexOf('---', from);
    return found < 0 ? from : found;
  }

  #explain(code: string, message: string, line: number): readonly [message: string, hint: string] {
    const written = this.#text.split('\n', line)[line - 1] ?? '';
    if (/[[{].*\$\{/.test(written) && code !== 'DUPLICATE_KEY') {
      return [
        `${message} (line: ${written.trim()})`,
        `inside { } and [ ] put parameters in quotes: "\${name}"`,
      ];
    }
    const known = SYNTAX[code];
    return known
      ? [known[0] === '' ? message : known[0], known[1]]
      : [message, 'look at this line and the one above it'];
  }

  #value(node: Node, depth: number, aliased: boolean): unknown {
    if (aliased && ++this.#aliased > LIMIT_ALIASED) return this.#overflowed(node);
    if (depth > LIMIT_DEPTH) {
      this.#report(
        node.range?.[0] ?? 0,
        `nested deeper than ${LIMIT_DEPTH} levels`,
        'does an alias contain itself?',
      );
      this.#overflow = true;
      return undefined;
    }
    if (this.#overflow) return undefined;
    if (isAlias(node)) {
      const target = this.#resolve(node);
      if (target) return this.#value(target, depth + 1, true);
      this.#misread = true;
      this.#report(
        node.range?.[0] ?? 0,
        `there is no anchor &${node.source}`,
        `define it above: key: &${node.source} value; for a text that starts with * use quotes`,
      );
      return undefined;
    }
    if (!aliased && 'anchor' in node && node.anchor) this.#anchors.set(node.anchor, node);
    if (isSeq(node)) return node.items.map((item) => this.#value(item as Node, depth + 1, aliased));
    if (isMap(node))
      return this.#map(node.items as readonly { key: Node; value: Node | null }[], depth, aliased);
    return isScalar(node) ? this.#scalar(node) : undefined;
  }

  /** The anchor before the alias, the latest of that name (YAML 1.2.2, 7.1). */
  #resolve(alias: Alias): Node | undefined {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (target) this.#targets.set(alias, target);
    return target;
  }

  #overflowed(node: Node): undefined {
    if (!this.#overflow) {
      const message = `aliases make this file larger than ${LIMIT_ALIASED} entries`;
      this.#report(node.range?.[0] ?? 0, message, 'use a type under `types:` instead of nested aliases');
    }
    this.#overflow = true;
    return undefined;
  }

  #map(pairs: readonly { key: Node; value: Node | null }[], depth: number, aliased: boolean): object {
    const out: { [key: string]: unknown } = {};
    const seen = new Map<string, number>();
    for (const { key, value } of pairs) {
      const position = key?.range?.[0] ?? 0;
      const scalar = isAlias(key) ? this.#resolve(key) : key;
      const name = isScalar(scalar) && scalar.value !== null ? String(scalar.value) : undefined;
      if (name === undefined || name === '__proto__') {
        this.#report(position, 'this cannot be a key', 'write a plain word before the colon');
        continue;
      }
      const first = seen.get(name);
      if (first !== undefined) {
        const { line } = this.#places.at(first);
        this.#report(
          position,
          `the key ${name} is given twice; first in line ${line}`,
          'keep one of them, or rename one',
        );
        continue;
      }
      seen.set(name, position);
      out[name] = value === null ? null : this.#value(value, depth + 1, aliased);
    }
    return out;
  }

  #scalar(node: Scalar): unknown {
    const { value, source } = node;
    if (
      typeof value === 'number' &&
      Number.isInteger(value) &&
      !Number.isSafeInteger(value) &&
      /^[-+]?\d+$/.test(source ?? '')
    ) {
      this.#report(
        node.range?.[0] ?? 0,
        `${source} has more digits than a number can keep`,
        `put it in quotes: "${source}"`,
      );
    }
    return value;
  }
}

/** What the codes of the yaml library mean to the one who writes the file; an empty text keeps the library's. */
const SYNTAX: { readonly [code: string]: readonly [message: string, hint: string] } = {
  TAB_AS_INDENT: ['a tab indents this line', 'YAML indents by spaces only: use two for each level'],
  MULTIPLE_DOCS: ['a second document begins here', 'a site is one document: remove the --- line'],
  TAG_RESOLVE_FAILED: ['', 'tags with ! have no meaning here: write the plain value'],
  BAD_INDENT: ['', 'indent the entries of one map equally, two spaces a level, and close every [ and {'],
  BAD_SCALAR_START: ['', 'put texts that start with @, `, %, & or * in quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['a second ": " in one line', 'put a text that contains ": " in quotes'],
  MULTILINE_IMPLICIT_KEY: ['a key goes on over several lines', 'is a colon missing at the end of this line?'],
  MISSING_CHAR: ['', 'is a quote, a bracket or a colon missing?'],
  BAD_DQ_ESCAPE: ['', 'in double quotes write \\\\ for one backslash, or use single quotes'],
  UNEXPECTED_TOKEN: ['', 'is a quote or a bracket missing here or in the line above?'],
  RESOURCE_EXHAUSTION: ['', 'nest less deeply'],
};

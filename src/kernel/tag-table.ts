import { Fault } from '#kernel/fault.ts';

/** What a tag holds. `number`, `boolean` and `enum` travel in the double column, the others in the wide one. */
export const TAG_TYPES = ['number', 'boolean', 'enum', 'int64', 'text', 'structure'] as const;
export type TagType = (typeof TAG_TYPES)[number];

export const ACCESS = ['read', 'write', 'readWrite'] as const;
export type Access = (typeof ACCESS)[number];

/** Everything about a tag that does not depend on where it is read. */
export interface TagInfo {
  /** Path in the unified namespace below the site, `area/line/asset/signal` (ISA-95 style). */
  readonly path: string;
  readonly type: TagType;
  readonly access: Access;
  readonly description?: string;
  /** UCUM code, such as `Cel`, `m3/h`, `/min`. */
  readonly unit?: string;
  /** Engineering range, inclusive; values outside are kept as uncertain. */
  readonly range?: readonly [low: number, high: number];
  /** Names of enum codes. */
  readonly states?: { readonly [code: number]: string };
}

/** A tag with its number: small, persisted, never reused for another path. */
export interface Tag extends TagInfo {
  readonly number: number;
}

/** Path ↔ number. Numbers ascend from 0 in the order of declaration; what was given once is kept for good. */
export class TagTable {
  readonly #byPath = new Map<string, Tag>();
  readonly #byNumber: Tag[] = [];
  readonly #onDeclare: (tag: Tag) => void;
  #version = 0;

  /**
   * @param known tags of earlier runs, any order; their numbers are kept. Tags that the site no longer names stay.
   * @param onDeclare told of every new or changed tag, before anything may use its number: it must become durable
   *   no later than the first row that carries the number.
   */
  constructor(known: Iterable<Tag> = [], onDeclare: (tag: Tag) => void = () => {}) {
    this.#onDeclare = onDeclare;
    for (const tag of known) this.#put(tag);
  }

  /** One more than the highest number given: the length that an array indexed by tag number needs. */
  get size(): number {
    return this.#byNumber.length;
  }

  /** Rises with every tag that is declared or changed. */
  get version(): number {
    return this.#version;
  }

  /** Gives the tag its number: the old one when the path was known, also when the rest of its definition changed. */
  declare(info: TagInfo): Tag {
    const known = this.#byPath.get(info.path);
    if (known && same(known, info)) return known;
    const tag: Tag = { ...info, number: known?.number ?? this.#byNumber.length };
    this.#onDeclare(tag);
    this.#put(tag);
    return tag;
  }

  find(path: string): Tag | undefined {
    return this.#byPath.get(path);
  }

  /** @throws Fault `tag.unknown` */
  number(path: string): number {
    const tag = this.#byPath.get(path);
    if (tag) return tag.number;
    throw new Fault('tag.unknown', `there is no tag ${path}`, { retry: 'never' });
  }

  has(number: number): boolean {
    return this.#byNumber[number] !== undefined;
  }

  /** @throws Fault `tag.unknown` */
  get(number: number): Tag {
    const tag = this.#byNumber[number];
    if (tag) return tag;
    throw new Fault('tag.unknown', `there is no tag number ${number}`, { retry: 'never' });
  }

  *[Symbol.iterator](): IterableIterator<Tag> {
    for (const tag of this.#byNumber) if (tag) yield tag;
  }

  #put(tag: Tag): void {
    this.#byPath.set(tag.path, tag);
    this.#byNumber[tag.number] = tag;
    this.#version++;
  }
}

function same(known: Tag, info: TagInfo): boolean {
  const { number: _, ...rest } = known;
  return canonical(rest) === canonical(info);
}

const canonical = (info: TagInfo): string =>
  JSON.stringify(Object.entries(info).sort(([a], [b]) => (a < b ? -1 : 1)));

import type { ClientSession } from 'node-opcua-client';
import type { Value } from '#kernel/batch.ts';
import type { TagType } from '#kernel/tag-table.ts';
import { plain } from './node-text.ts';
import { type Browser, HAS_PROPERTY, HAS_SUBTYPE, referencesOf } from './references.ts';
import type { Slices } from './slices.ts';
import { statesOf } from './states.ts';

const DATA_TYPE_DEFINITION = 23;
const VALUE = 13;
const NULL = 'ns=0;i=0';
/** Numbers of built-in types; those above 23 are abstract. */
const BOOLEAN = 1;
const INT32 = 6;
const INT64 = 8;
const DOUBLE = 11;
const STRING = 12;
const LAST_CONCRETE = 22;
const ENUMERATION = 29;
/** Deeper than any type is derived; ends a circle that a server may have made. */
const DEEPEST = 30;

/** Built-in and abstract types (OPC UA Part 6, 5.1.2 and A.1) as what a tag holds; types below them are the same. */
const ROOTS: ReadonlyMap<string, TagType> = new Map([
  ...[2, 3, 4, 5, 6, 7, 10, 11, 26, 27, 28].map((id) => [`ns=0;i=${id}`, 'number'] as const),
  ...[8, 9].map((id) => [`ns=0;i=${id}`, 'int64'] as const),
  ...[12, 13, 14, 15, 16, 17, 18, 19, 20, 21].map((id) => [`ns=0;i=${id}`, 'text'] as const),
  ['ns=0;i=1', 'boolean'],
  ['ns=0;i=22', 'structure'],
  ['ns=0;i=29', 'enum'],
]);

export interface KnownType {
  /** Absent for a type that may hold anything. */
  readonly type?: TagType;
  readonly states?: { readonly [code: number]: string };
}

/** What a server's types derive from. Each type is asked for once in a walk. */
export class TypeTree {
  readonly #session: Browser & Pick<ClientSession, 'read'>;
  readonly #slices: Slices;
  readonly #signal: AbortSignal;
  readonly #parents = new Map<string, string>();
  readonly #known = new Map<string, KnownType>();

  constructor(session: Browser & Pick<ClientSession, 'read'>, slices: Slices, signal: AbortSignal) {
    this.#session = session;
    this.#slices = slices;
    this.#signal = signal;
  }

  /** What a variable of this data type holds, and the names of its codes where it is an enumeration. */
  async dataType(node: string): Promise<KnownType> {
    const known = this.#known.get(node);
    if (known) return known;
    const type = await this.#tagType(node);
    const states = type === 'enum' ? await this.#states(node) : undefined;
    const found: KnownType = { ...(type && { type }), ...(states && { states }) };
    this.#known.set(node, found);
    return found;
  }

  /**
   * The built-in type that a value of this data type travels as (OPC UA Part 6, 5.1.2).
   * @param value decides for a type that may hold several, such as Number
   */
  async builtIn(node: string, value: Value): Promise<number> {
    for await (const type of this.#line(node)) {
      const id = Number(/^ns=0;i=(\d+)$/.exec(type)?.[1] ?? 0);
      if (id === ENUMERATION) return INT32;
      if (id >= 1 && id <= LAST_CONCRETE) return id;
    }
    if (typeof value === 'boolean') return BOOLEAN;
    if (typeof value === 'bigint') return INT64;
    return typeof value === 'string' ? STRING : DOUBLE;
  }

  /** Whether a type is one of these, or derived from one. */
  async isAny(node: string, roots: readonly string[]): Promise<boolean> {
    for await (const type of this.#line(node)) if (roots.includes(type)) return true;
    return false;
  }

  async #tagType(node: string): Promise<TagType | undefined> {
    for await (const type of this.#line(node)) {
      const found = ROOTS.get(type);
      if (found) return found;
    }
    return undefined;
  }

  /** The type itself, then what it derives from, up to the root. */
  async *#line(node: string): AsyncIterable<string> {
    let type = node;
    for (let depth = 0; depth < DEEPEST && type !== NULL; depth++) {
      yield type;
      type = await this.#parent(type);
    }
  }

  async #parent(node: string): Promise<string> {
    const known = this.#parents.get(node);
    if (known !== undefined) return known;
    const which = { type: HAS_SUBTYPE, inverse: true };
    const [references] = await referencesOf(this.#session, [node], which, this.#slices, this.#signal);
    const above = references?.[0];
    const parent = above ? plain(above.nodeId) : NULL;
    this.#parents.set(node, parent);
    return parent;
  }

  /** From the definition (OPC UA Part 3, 8.48), on older servers from the property of the type (Part 3, 5.8.3). */
  async #states(node: string): Promise<KnownType['states']> {
    const definition = await this.#session.read({ nodeId: node, attributeId: DATA_TYPE_DEFINITION });
    const defined = statesOf(definition.value.value);
    if (defined) return defined;
    const which = { type: HAS_PROPERTY };
    const [references] = await referencesOf(this.#session, [node], which, this.#slices, this.#signal);
    for (const { browseName, nodeId } of references ?? []) {
      if (browseName.name !== 'EnumStrings' && browseName.name !== 'EnumValues') continue;
      const property = await this.#session.read({ nodeId: plain(nodeId), attributeId: VALUE });
      const named = statesOf(property.value.value);
      if (named) return named;
    }
    return undefined;
  }
}

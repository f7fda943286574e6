import type { Value } from '#kernel/batch.ts';
import { asciiText, NumberScan, utf8Text } from './number.ts';
import type { Step } from './path.ts';
import { findKey, makeTree, type PathNode } from './tree.ts';

/** What was found at a path. `absent`: the document has no such place, or the place is of the wrong shape. */
export const Kind = { absent: 0, number: 1, true: 2, false: 3, null: 4, string: 5, container: 6 } as const;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NOTHING = -1;

/**
 * Finds the values of several paths in one pass over the bytes of a JSON document, without building it.
 *
 * The pass checks the whole document, so that it accepts and refuses exactly what `JSON.parse` does with the bytes
 * decoded as UTF-8; where a key comes twice the last one counts, as there. Numbers are read in place; strings with
 * escapes and structures are handed to `JSON.parse`, only when asked for.
 */
export class JsonPaths {
  /** One entry a path, see {@link Kind}; as all results valid until the next `read`, while the bytes are unchanged. */
  readonly kind: Uint8Array;
  /** The value where `kind` is number. */
  readonly number: Float64Array;
  readonly #start: Uint32Array;
  readonly #end: Uint32Array;
  readonly #root: PathNode;
  readonly #scan = new NumberScan();
  #bytes: Uint8Array = new Uint8Array(0);
  #limit = 0;
  #escaped = false;

  constructor(paths: readonly (readonly Step[])[]) {
    this.#root = makeTree(paths);
    this.kind = new Uint8Array(this.#root.below.length);
    this.number = new Float64Array(this.kind.length);
    this.#start = new Uint32Array(this.kind.length);
    this.#end = new Uint32Array(this.kind.length);
  }

  /** Slot of a path in the columns of this reader; equal paths share one. */
  slotOf(path: readonly Step[]): number {
    let node: PathNode | undefined = this.#root;
    for (const step of path) {
      node = typeof step === 'number' ? node?.items.get(step) : node?.keys.find((k) => k.name === step)?.node;
    }
    return node?.slot ?? NOTHING;
  }

  /** @returns false where `JSON.parse` would throw; the columns mean nothing then */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#limit = end;
    this.kind.fill(Kind.absent);
    const behind = this.#value(this.#space(start), this.#root);
    return behind >= 0 && this.#space(behind) === end;
  }

  /** The literal as it is written in the document, such as `-12e3`; for numbers. */
  literal(slot: number): string {
    return asciiText(this.#bytes, this.#start[slot] as number, this.#end[slot] as number);
  }

  /** What `JSON.parse` makes of the value; for strings and structures. */
  parse(slot: number): Value {
    return JSON.parse(utf8Text(this.#bytes, this.#start[slot] as number, this.#end[slot] as number)) as Value;
  }

  #peek(at: number): number {
    return at < this.#limit ? (this.#bytes[at] as number) : NOTHING;
  }

  #space(from: number): number {
    let at = from;
    for (let byte = this.#peek(at); isSpace(byte); byte = this.#peek(++at));
    return at;
  }

  #value(at: number, node: PathNode): number {
    const first = this.#peek(at);
    if (first === OPEN_OBJECT) return this.#found(node, Kind.container, at, this.#object(at + 1, node));
    if (first === OPEN_ARRAY) return this.#found(node, Kind.container, at, this.#array(at + 1, node));
    const behind = this.#scalar(at);
    if (node.slot >= 0 && behind >= 0) {
      const kind = kindOf(first);
      if (kind === Kind.number) this.number[node.slot] = this.#scan.value;
      this.#found(node, kind, at, behind);
    }
    return behind;
  }

  #found(node: PathNode, kind: number, start: number, behind: number): number {
    if (node.slot >= 0 && behind >= 0) {
      this.kind[node.slot] = kind;
      this.#start[node.slot] = start;
      this.#end[node.slot] = behind;
    }
    return behind;
  }

  #object(from: number, node: PathNode): number {
    let at = this.#space(from);
    if (this.#peek(at) === CLOSE_OBJECT) return at + 1;
    for (;;) {
      const key = at;
      at = this.#string(at);
      if (at < 0) return NOTHING;
      const child = findKey(node, this.#bytes, key, at, this.#escaped);
      at = this.#space(at);
      if (this.#peek(at) !== COLON) return NOTHING;
      at = this.#member(this.#space(at + 1), child);
      const next = this.#peek(at);
      if (next === CLOSE_OBJECT) return at + 1;
      if (next !== COMMA) return NOTHING;
      at = this.#space(at + 1);
    }
  }

  #array(from: number, node: PathNode): number {
    let at = this.#space(from);
    if (this.#peek(at) === CLOSE_ARRAY) return at + 1;
    for (let index = 0; ; index++) {
      at = this.#member(at, node.items.get(index));
      const next = this.#peek(at);
      if (next === CLOSE_ARRAY) return at + 1;
      if (next !== COMMA) return NOTHING;
      at = this.#space(at + 1);
    }
  }

  /** A value inside a container and the space behind it; past the end when it is malformed. */
  #member(at: number, child: PathNode | undefined): number {
    let behind: number;
    if (child) {
      // The key may have come before: what was found below it then does not count any more.
      for (const slot of child.below) this.kind[slot] = Kind.absent;
      behind = this.#value(at, child);
    } else {
      behind = this.#skip(at);
    }
    return behind < 0 ? this.#limit : this.#space(behind);
  }

  /** Passes a value that nobody asked for. Not recursive: its depth is up to the sender. */
  #skip(from: number): number {
    const open: number[] = [];
    let at = from;
    for (;;) {
      at = this.#skipStart(at, open);
      if (at < 0) return NOTHING;
      // A value ended here (or a container was opened, and `at` is at its first value).
      while (open.length > 0) {
        if (this.#opened) break;
        at = this.#space(at);
        const next = this.#peek(at);
        const inner = open[open.length - 1];
        if (next === COMMA) {
          at = this.#space(at + 1);
          if (inner === OPEN_OBJECT) at = this.#skipKey(at);
          if (at < 0) return NOTHING;
          break;
        }
        if (next !== (inner === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) return NOTHING;
        open.pop();
        at++;
      }
      if (open.length === 0) return at;
    }
  }

  #opened = false;

  /** Passes a scalar or an empty container, or enters a container up to its first value. */
  #skipStart(from: number, open: number[]): number {
    const first = this.#peek(from);
    this.#opened = false;
    if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return this.#scalar(from);
    const at = this.#space(from + 1);
    if (this.#peek(at) === (first === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) return at + 1;
    open.push(first);
    this.#opened = true;
    return first === OPEN_OBJECT ? this.#skipKey(at) : at;
  }

  #skipKey(from: number): number {
    let at = this.#string(from);
    if (at < 0) return NOTHING;
    at = this.#space(at);
    return this.#peek(at) === COLON ? this.#space(at + 1) : NOTHING;
  }

  #scalar(at: number): number {
    switch (this.#peek(at)) {
      case QUOTE:
        return this.#string(at);
      case 0x74:
        return this.#word(at, TRUE);
      case 0x66:
        return this.#word(at, FALSE);
      case 0x6e:
        return this.#word(at, NULL);
      default:
        return this.#scan.scan(this.#bytes, at, this.#limit);
    }
  }

  #word(at: number, word: Uint8Array): number {
    for (let i = 0; i < word.length; i++) if (this.#peek(at + i) !== word[i]) return NOTHING;
    return at + word.length;
  }

  /** RFC 8259, section 7. Sets `#escaped` when the text is not just what stands between the quotes. */
  #string(from: number): number {
    if (this.#peek(from) !== QUOTE) return NOTHING;
    this.#escaped = false;
    const bytes = this.#bytes;
    const limit = this.#limit;
    for (let at = from + 1; at < limit; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) return at + 1;
      if (byte < 0x20) return NOTHING;
      if (byte !== BACKSLASH) continue;
      this.#escaped = true;
      at++;
      const sign = this.#peek(at);
      if (sign === 0x75) {
        for (let i = 1; i <= 4; i++) if (!isHex(this.#peek(at + i))) return NOTHING;
        at += 4;
      } else if (!ESCAPES.has(sign)) return NOTHING;
    }
    return NOTHING;
  }
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const TRUE = ascii('true');
const FALSE = ascii('false');
const NULL = ascii('null');
const ESCAPES = new Set(ascii('"\\/bfnrt'));

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const isHex = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

function kindOf(first: number): number {
  if (first === QUOTE) return Kind.string;
  if (first === 0x74) return Kind.true;
  if (first === 0x66) return Kind.false;
  return first === 0x6e ? Kind.null : Kind.number;
}

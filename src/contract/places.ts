import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Where } from '#contract/model.ts';
import { positionInScalar } from '#contract/scalar.ts';

/** Both count from 1; a column is a UTF-16 unit, as editors count. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Which end of an entry: its key (for what is missing or unknown) or its value. */
export type End = 'key' | 'value';

interface Found {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
  readonly complete: boolean;
}

/** Finds the place of every key and value of one parsed text. */
export class Places {
  readonly #text: string;
  readonly #root: Node | undefined;
  readonly #targets: WeakMap<Node, Node>;
  readonly #lineStarts: number[] = [0];
  readonly #pairs = new WeakMap<YAMLMap, Map<string, Pair>>();

  /** @param targets what each alias stands for; may be filled later */
  constructor(text: string, root?: Node, targets: WeakMap<Node, Node> = new WeakMap()) {
    this.#text = text;
    this.#root = root;
    this.#targets = targets;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  /** @param position index into the text */
  at(position: number): Place {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if ((this.#lineStarts[mid] ?? 0) <= position) low = mid;
      else high = mid - 1;
    }
    return { line: low + 1, column: position - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** Of a key or value; where the path leads nowhere, of the deepest entry that exists. */
  of(where: Where, end: End = 'value', offset?: number): Place {
    const { key, value, complete } = this.#find(where);
    if (offset !== undefined && complete) {
      const scalar = this.#target(value);
      if (isScalar(scalar) && scalar.range) {
        const [start, stop] = scalar.range;
        return this.at(positionInScalar(this.#text, { type: scalar.type, start, end: stop }, offset));
      }
    }
    const useValue = complete && end === 'value' && value?.range && value.range[1] > value.range[0];
    const node = useValue ? value : (key ?? value);
    return this.at(node?.range?.[0] ?? 0);
  }

  /** The text of a scalar as written, before any parameter was filled in. */
  textOf(where: Where): string | undefined {
    const { value, complete } = this.#find(where);
    const scalar = this.#target(value);
    return complete && isScalar(scalar) && typeof scalar.value === 'string' ? scalar.value : undefined;
  }

  #target(node: Node | undefined): Node | undefined {
    return isAlias(node) ? this.#targets.get(node) : node;
  }

  #find(where: Where): Found {
    let key: Node | undefined;
    let value = this.#root;
    for (const step of where) {
      const holder = this.#target(value);
      if (isMap(holder)) {
        const pair = this.#pair(holder, String(step));
        if (!pair) return { key, value, complete: false };
        key = pair.key as Node;
        value = (pair.value ?? undefined) as Node | undefined;
      } else if (isSeq(holder) && holder.items[Number(step)] !== undefined) {
        key = undefined;
        value = holder.items[Number(step)] as Node;
      } else return { key, value, complete: false };
    }
    return { key, value, complete: true };
  }

  #pair(map: YAMLMap, key: string): Pair | undefined {
    let pairs = this.#pairs.get(map);
    if (!pairs) {
      pairs = new Map();
      for (const pair of map.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : '';
        if (!pairs.has(name)) pairs.set(name, pair);
      }
      this.#pairs.set(map, pairs);
    }
    return pairs.get(key);
  }
}

import { utf8Text } from './number.ts';
import type { Step } from './path.ts';

/** Several paths as a tree: what they share is looked at once. */
export interface PathNode {
  /** Place in the result columns; -1 where no path ends here. */
  slot: number;
  readonly keys: { readonly name: string; readonly bytes: Uint8Array; readonly node: PathNode }[];
  readonly items: Map<number, PathNode>;
  /** Slots of this node and of all below it. */
  readonly below: number[];
}

const newNode = (): PathNode => ({ slot: -1, keys: [], items: new Map(), below: [] });

/** Slots are given in the order in which new paths come. */
export function makeTree(paths: readonly (readonly Step[])[]): PathNode {
  const root = newNode();
  let slots = 0;
  for (const path of paths) {
    const way = [root];
    for (const step of path) way.push(childOf(way[way.length - 1] as PathNode, step));
    const end = way[way.length - 1] as PathNode;
    if (end.slot >= 0) continue;
    end.slot = slots++;
    for (const node of way) node.below.push(end.slot);
  }
  return root;
}

function childOf(node: PathNode, step: Step): PathNode {
  const known =
    typeof step === 'number' ? node.items.get(step) : node.keys.find((k) => k.name === step)?.node;
  if (known) return known;
  const child = newNode();
  if (typeof step === 'number') node.items.set(step, child);
  else node.keys.push({ name: step, bytes: new TextEncoder().encode(step), node: child });
  return child;
}

/**
 * The child that a key of the document leads to.
 * @param start of the opening quote
 * @param end behind the closing quote
 * @param escaped whether the key must be decoded before it can be compared
 */
export function findKey(
  node: PathNode,
  bytes: Uint8Array,
  start: number,
  end: number,
  escaped: boolean,
): PathNode | undefined {
  if (node.keys.length === 0) return undefined;
  if (escaped) {
    const name: string = JSON.parse(utf8Text(bytes, start, end));
    return node.keys.find((key) => key.name === name)?.node;
  }
  for (const key of node.keys) if (same(key.bytes, bytes, start + 1, end - 1)) return key.node;
  return undefined;
}

function same(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false;
  return true;
}

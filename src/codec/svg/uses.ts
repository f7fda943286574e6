import { Fault } from '#kernel/fault.ts';

/** An element as it is written again. */
export interface Element {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: (Element | string)[];
  /** Ids that it refers to. */
  readonly refers: string[];
  readonly line: number;
}

/** Elements that a browser has to draw once every `use` is one: a few of them can make billions. */
const MOST_DRAWN = 50_000;
const MOST_NESTED = 16;

/** @throws Fault `svg.too-much`, `svg.circle` */
export function checkUses(root: Element, byId: ReadonlyMap<string, Element>): void {
  const known = new Map<Element, number>();
  const open = new Set<Element>();
  const drawn = (element: Element, nested: number): number => {
    const before = known.get(element);
    if (before !== undefined) return before;
    if (open.has(element)) throw circle(element);
    if (nested > MOST_NESTED) throw tooMuch(element, `references are nested more than ${MOST_NESTED} deep`);
    open.add(element);
    let count = 1;
    for (const child of element.children) if (typeof child !== 'string') count += drawn(child, nested);
    for (const id of element.refers) {
      const target = byId.get(id);
      if (target) count += drawn(target, nested + 1);
    }
    open.delete(element);
    if (count > MOST_DRAWN) throw tooMuch(element, `it would draw more than ${MOST_DRAWN} elements`);
    known.set(element, count);
    return count;
  };
  drawn(root, 0);
}

const circle = ({ name, line }: Element): Fault =>
  new Fault('svg.circle', `the ${name} of line ${line} contains itself by a reference`, {
    retry: 'never',
    hint: 'let `use` refer to something that it does not stand in',
  });

const tooMuch = ({ name, line }: Element, why: string): Fault =>
  new Fault('svg.too-much', `the ${name} of line ${line}: ${why}`, {
    retry: 'never',
    hint: 'draw with fewer copies of copies',
  });

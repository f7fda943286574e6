import type { CelValue, Expression } from '#decide/expressions/expression.ts';
import type { Inputs } from '#decide/expressions/inputs.ts';
import { type Derived, Levels } from '#decide/graph.ts';
import type { OutcomeBuilder } from '#decide/outcome.ts';
import type { ConditionSink, Unknown } from '#decide/sink.ts';
import type { Timers } from '#decide/timers.ts';
import { at, type Batch, type Value } from '#kernel/batch.ts';
import { isBad, isLost, Quality } from '#kernel/quality.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** A condition that is richer than a threshold. */
export interface RichCondition {
  /** Unique; the same for the same condition of another compilation. */
  readonly name: string;
  readonly expression: Expression;
  readonly sink: ConditionSink;
}

/** What a derived row is told to. @param wide its value where that is no double */
export type OnDerived = (
  tag: number,
  value: number,
  quality: number,
  atUs: number,
  wide: Value | undefined,
) => void;

type Node =
  | { readonly kind: 'derived'; readonly derived: Derived; readonly place: number }
  | { readonly kind: 'state'; readonly window: number }
  | { readonly kind: 'condition'; readonly condition: RichCondition; told: Told };

/** What a condition was last found to be. */
type Told = boolean | Unknown;

/**
 * Everything that is computed from other things: derived tags, states that windows watch, rich conditions. Rows mark
 * what rests on them; `settle` computes what is marked, level by level, so that each is computed once, after all that
 * it reads.
 */
export class Network {
  /** Conditions evaluated so far. */
  decided = 0;
  readonly #inputs: Inputs;
  readonly #outcome: OutcomeBuilder;
  readonly #timers: Timers;
  readonly #onDerived: OnDerived;
  readonly #nodes: Node[] = [];
  readonly #levelOf: number[] = [];
  readonly #marked: Uint8Array;
  readonly #due: number[][];
  /** Nodes to mark, by place of a tag and by window. */
  readonly #readersOfPlace: number[][];
  readonly #readersOfWindow: number[][];
  readonly #windowsOfPlace: number[][];
  readonly #windowTimers: readonly number[];
  readonly #moved = new Set<number>();
  #any = false;

  constructor(
    parts: { readonly inputs: Inputs; readonly outcome: OutcomeBuilder; readonly timers: Timers },
    derived: ReadonlyMap<number, Derived>,
    conditions: readonly RichCondition[],
    onDerived: OnDerived,
  ) {
    this.#inputs = parts.inputs;
    this.#outcome = parts.outcome;
    this.#timers = parts.timers;
    this.#onDerived = onDerived;
    const { present, windows } = this.#inputs;
    // Before anything is sized by places: every derived tag has a place of its own, also where nobody reads it.
    for (const { tag } of derived.values()) present.want(tag.number);
    this.#readersOfPlace = Array.from({ length: present.count }, () => []);
    this.#windowsOfPlace = Array.from({ length: present.count }, () => []);
    this.#readersOfWindow = windows.map(() => []);
    this.#windowTimers = windows.map((_, w) => this.#timers.add(() => this.#look(w)));
    this.#build(derived, conditions);
    this.#marked = new Uint8Array(this.#nodes.length);
    this.#due = Array.from({ length: Math.max(0, ...this.#levelOf) + 1 }, () => []);
    for (const [id, node] of this.#nodes.entries())
      if (this.#expressionOf(node).tags.length === 0) this.#mark(id);
  }

  /** Whether rows of the tag at this place mean anything here. */
  reads(place: number): boolean {
    return (this.#readersOfPlace[place] ?? []).length + (this.#windowsOfPlace[place] ?? []).length > 0;
  }

  /** Takes a row. @param rowUs steady time of the row, for windows */
  take(place: number, batch: Batch, row: number, rowUs: number): void {
    this.#inputs.take(place, batch, row, rowUs);
    this.#changed(place);
  }

  /**
   * Computes all that is marked.
   * @param nowUs steady time of the newest row, for windows
   * @param atUs steady time of the step, for rules and alarms
   * @param notBeforeUs source time of derived rows that it is time that changes, not a row; 0 otherwise
   */
  settle(nowUs: number, atUs: number, notBeforeUs = 0): void {
    if (!this.#any) return;
    for (const due of this.#due) {
      for (const id of due) {
        this.#marked[id] = 0;
        this.#compute(this.#nodes[id] as Node, nowUs, atUs, notBeforeUs);
      }
      due.length = 0;
    }
    this.#any = false;
  }

  /** Takes a value that is computed elsewhere, as that of a derived tag. @param timeUs its source time */
  put(tag: number, timeUs: number, value: number, quality: number, nowUs: number, atUs: number): void {
    this.#outcome.derived.addValue(tag, timeUs, value, quality);
    const place = this.#inputs.present.placeOf[tag] ?? -1;
    if (place >= 0) {
      this.#inputs.put(tag, place, timeUs, { value, wide: undefined, quality }, nowUs);
      this.#changed(place);
    }
    this.#onDerived(tag, value, quality, atUs, undefined);
  }

  /** Sets the moments at which windows that moved are looked at again. */
  schedule(nowUs: number): void {
    if (this.#moved.size === 0) return;
    for (const window of this.#moved) {
      if ((this.#readersOfWindow[window] as number[]).length === 0) continue;
      this.#timers.set(this.#windowTimers[window] as number, this.#inputs.nextLookUs(window, nowUs));
    }
    this.#moved.clear();
  }

  /**
   * Goes on where an earlier one is with what is the same: derived tags, windows, conditions. All else is computed with
   * its next row.
   * @param same whether this derived tag, or the condition of this name, is as it was
   * @param windows places of the windows that are the same, here and there
   */
  adopt(
    earlier: Network,
    same: (what: number | string) => boolean,
    windows: readonly (readonly [place: number, before: number])[],
  ): void {
    const before = new Map(earlier.#nodes.map((node, id) => [nameOf(node), id]));
    const windowBefore = new Map(windows);
    for (const [id, node] of this.#nodes.entries()) {
      const name = node.kind === 'state' ? windowName(windowBefore.get(node.window)) : nameOf(node);
      const from = name === undefined ? undefined : before.get(name);
      if (from === undefined || (node.kind !== 'state' && !same(name as number | string))) continue;
      const was = earlier.#nodes[from] as Node;
      if (node.kind === 'condition' && was.kind === 'condition') node.told = was.told;
      if (earlier.#marked[from] === 0) this.#unmark(id);
    }
    for (const [place, from] of windows) {
      const timer = earlier.#windowTimers[from] as number;
      this.#timers.adopt(this.#windowTimers[place] as number, earlier.#timers, timer);
    }
    this.decided = earlier.decided;
  }

  #build(derived: ReadonlyMap<number, Derived>, conditions: readonly RichCondition[]): void {
    const levels = new Levels(derived, this.#inputs);
    for (const one of derived.values()) {
      const place = this.#inputs.present.want(one.tag.number);
      this.#add({ kind: 'derived', derived: one, place }, levels.ofExpression(one.expression));
    }
    for (const [window, entry] of this.#inputs.windows.entries()) {
      if (entry.kind === 'state') this.#add({ kind: 'state', window }, levels.ofWindow(window));
      else (this.#windowsOfPlace[this.#placeOf(entry.tag)] as number[]).push(window);
    }
    // Conditions come last: they see every derived value of the step.
    const last = Math.max(0, ...this.#levelOf) + 1;
    for (const condition of conditions) this.#add({ kind: 'condition', condition, told: 'start' }, last);
  }

  #add(node: Node, level: number): void {
    const id = this.#nodes.push(node) - 1;
    this.#levelOf.push(level);
    const expression = this.#expressionOf(node);
    for (const tag of expression.tags) (this.#readersOfPlace[this.#placeOf(tag)] as number[]).push(id);
    for (const slot of expression.slots) {
      if (slot.kind === 'window') (this.#readersOfWindow[slot.window] as number[]).push(id);
    }
  }

  #expressionOf(node: Node): Expression {
    if (node.kind === 'derived') return node.derived.expression;
    if (node.kind === 'condition') return node.condition.expression;
    const entry = this.#inputs.windows[node.window];
    if (entry?.kind !== 'state') throw new TypeError('only state windows are nodes');
    return entry.condition;
  }

  #placeOf(tag: number): number {
    return at(this.#inputs.present.placeOf, tag);
  }

  #look(window: number): void {
    for (const id of this.#readersOfWindow[window] as number[]) this.#mark(id);
    this.#moved.add(window);
  }

  #changed(place: number): void {
    for (const id of this.#readersOfPlace[place] as number[]) this.#mark(id);
    for (const window of this.#windowsOfPlace[place] as number[]) this.#moved.add(window);
  }

  #mark(id: number): void {
    if (this.#marked[id] === 1) return;
    this.#marked[id] = 1;
    this.#any = true;
    (this.#due[this.#levelOf[id] as number] as number[]).push(id);
  }

  #unmark(id: number): void {
    if (this.#marked[id] === 0) return;
    this.#marked[id] = 0;
    const level = this.#levelOf[id] as number;
    this.#due[level] = (this.#due[level] as number[]).filter((due) => due !== id);
  }

  #compute(node: Node, nowUs: number, atUs: number, notBeforeUs: number): void {
    if (node.kind === 'condition') this.#decide(node, nowUs, atUs);
    else if (node.kind === 'derived') this.#derive(node.derived, node.place, nowUs, atUs, notBeforeUs);
    else {
      this.#inputs.updateState(node.window, nowUs);
      this.#moved.add(node.window);
      for (const id of this.#readersOfWindow[node.window] as number[]) this.#mark(id);
    }
  }

  #decide(node: Node & { kind: 'condition' }, nowUs: number, atUs: number): void {
    const { expression, sink } = node.condition;
    this.decided++;
    const value = expression.evaluate(this.#inputs, nowUs);
    const told = typeof value === 'boolean' ? value : expression.unknown(this.#inputs);
    if (told === node.told) return;
    node.told = told;
    if (typeof told === 'boolean')
      sink.decide(told, isLost(expression.quality(this.#inputs)) ? 'lost' : undefined, atUs);
    else sink.decide(undefined, told, atUs);
  }

  /** Worst quality and newest time of the inputs; nothing as long as one that matters has not arrived. */
  #derive(
    { tag, expression }: Derived,
    place: number,
    nowUs: number,
    atUs: number,
    notBeforeUs: number,
  ): void {
    const inputs = this.#inputs;
    const result = expression.evaluate(inputs, nowUs);
    if (result === undefined && expression.waiting(inputs)) return;
    const { value, wide } = columns(tag, result);
    const known = wide !== undefined || Number.isFinite(value);
    const worst = expression.quality(inputs);
    const quality = known || isBad(worst) ? worst : Quality.badOutOfRange;
    const timeUs = Math.max(expression.timeUs(inputs), notBeforeUs);
    this.#outcome.derived.addValue(tag.number, timeUs, wide ?? value, quality);
    inputs.put(tag.number, place, timeUs, { value, wide, quality }, nowUs);
    this.#changed(place);
    this.#onDerived(tag.number, value, quality, atUs, wide);
  }
}

/** Names a node in its network: derived tags by number, conditions by name, windows by place. */
function nameOf(node: Node): number | string | undefined {
  if (node.kind === 'derived') return node.derived.tag.number;
  return node.kind === 'condition' ? node.condition.name : windowName(node.window);
}

const windowName = (place: number | undefined): string | undefined =>
  place === undefined ? undefined : `window ${place}`;

/** A value of CEL as a row of the tag holds it. */
function columns(tag: Tag, value: CelValue): { readonly value: number; readonly wide: Value | undefined } {
  const narrow = tag.type === 'number' || tag.type === 'boolean' || tag.type === 'enum';
  if (narrow) return { value: value === undefined ? Number.NaN : Number(value), wide: undefined };
  return { value: Number.NaN, wide: value };
}

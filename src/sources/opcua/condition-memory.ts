import type { Json } from '#kernel/event.ts';

/** What an event of a condition says (OPC UA Part 9, 5.5 to 5.8). Absent where the condition has no such state. */
export interface ConditionEvent {
  /** Of the condition, its branch included. */
  readonly key: string;
  /** Key of the condition, where this is a past state of it that still asks to be acknowledged: a branch (Part 9, 5.5.2). */
  readonly trunk?: string;
  /** Hex. */
  readonly eventId: string;
  readonly condition: string;
  readonly source: string;
  readonly severity: number;
  readonly message: string;
  readonly retain: boolean;
  readonly active?: boolean;
  readonly acknowledged?: boolean;
  readonly confirmed?: boolean;
  readonly enabled?: boolean;
  /** Whatever else is worth telling. */
  readonly more: { readonly [key: string]: Json };
}

/** Something that people should know of a condition. */
export interface Told {
  readonly name: 'active' | 'inactive' | 'acknowledged' | 'confirmed' | 'disabled' | 'changed';
  readonly event: ConditionEvent;
  /** Found out by asking for the present state: it may have happened at any time since we last heard. */
  readonly refreshed: boolean;
}

/** Ids of events that are known as having come, and conditions that are known: so many at most. */
const MOST_IDS = 5000;
const MOST_CONDITIONS = 10_000;

/**
 * The last known state of each condition of a server that is not back to normal. It outlives the session, so that a
 * reconnect tells what has changed and nothing else.
 */
export class ConditionMemory {
  readonly #known = new Map<string, ConditionEvent>();
  readonly #ids = new Set<string>();
  /** Met since the refresh began; undefined while there is none under way. */
  #refresh: Set<string> | undefined;

  refreshBegins(): void {
    this.#refresh = new Set();
  }

  /** What a refresh did not mention has come back to normal meanwhile (OPC UA Part 9, 5.5.7). */
  refreshEnds(): Told[] {
    const met = this.#refresh;
    this.#refresh = undefined;
    if (!met) return [];
    // Some servers no longer retain what is acknowledged and still active: nothing follows from its absence.
    const gone = [...this.#known.values()].filter(({ key, retain }) => retain && !met.has(key));
    for (const { key } of gone) this.#known.delete(key);
    return gone
      .filter((event) => isActive(event))
      .map((event) => ({ name: 'inactive', event: { ...event, retain: false }, refreshed: true }));
  }

  /** A refresh that breaks off says nothing of what it did not mention. */
  refreshBreaksOff(): void {
    this.#refresh = undefined;
  }

  take(event: ConditionEvent): Told[] {
    this.#refresh?.add(event.key);
    if (this.#isRepeated(event.eventId)) return [];
    const before = this.#known.get(event.key);
    this.#known.delete(event.key);
    if (event.retain || isActive(event)) {
      this.#known.set(event.key, event);
      if (this.#known.size > MOST_CONDITIONS) this.#known.delete(first(this.#known.keys()));
    }
    const refreshed = this.#refresh !== undefined;
    // What the branch repeats was told as it happened.
    if (!before && event.trunk !== undefined && this.#known.has(event.trunk)) return [];
    return namesOf(before, event).map((name) => ({ name, event, refreshed }));
  }

  #isRepeated(eventId: string): boolean {
    if (eventId === '') return false;
    if (this.#ids.has(eventId)) return true;
    this.#ids.add(eventId);
    if (this.#ids.size > MOST_IDS) this.#ids.delete(first(this.#ids));
    return false;
  }
}

const first = <T>(all: Iterable<T>): T => all[Symbol.iterator]().next().value as T;

/** A condition that is no alarm has no active state: it asks for attention while it is retained. A branch is of the past. */
const isActive = (event: ConditionEvent): boolean =>
  event.trunk === undefined && (event.active ?? event.retain);

/** What is new in an event, the most important first. */
function namesOf(before: ConditionEvent | undefined, event: ConditionEvent): Told['name'][] {
  if (event.enabled === false) return before && before.enabled !== false ? ['disabled'] : [];
  const names: Told['name'][] = [];
  const was = before !== undefined && isActive(before);
  if (isActive(event) !== was) names.push(was ? 'inactive' : 'active');
  // Back to normal before we came, and nobody has acknowledged it yet.
  else if (!before && event.retain && event.acknowledged === false) names.push('inactive');
  if (event.acknowledged === true && before?.acknowledged === false) names.push('acknowledged');
  if (event.confirmed === true && before?.confirmed === false) names.push('confirmed');
  if (
    names.length === 0 &&
    before &&
    (before.severity !== event.severity || before.message !== event.message)
  )
    names.push('changed');
  return names;
}

const memories = new WeakMap<object, ConditionMemory>();

/** The memory of a source. @param owner what is the same in each of its sessions: its load */
export function memoryOf(owner: object): ConditionMemory {
  const known = memories.get(owner) ?? new ConditionMemory();
  memories.set(owner, known);
  return known;
}

/**
 * Moments at which something is due: a heap over fixed slots, so that setting and moving one costs no allocation.
 * What is due at the same moment comes in the order of the slots, so that a replay meets the same order.
 */
export class Timers {
  readonly #handlers: ((atUs: number) => void)[] = [];
  #dueUs = new Float64Array(0);
  /** Slots, as a binary heap by moment and slot. */
  #heap = new Int32Array(0);
  /** Place of a slot in the heap; −1 while it is not set. */
  #placeOf = new Int32Array(0);
  #size = 0;
  /** While `run` is at work, the earliest moment that can still be asked for. */
  #notBeforeUs = Number.NEGATIVE_INFINITY;

  /** A slot of its own, at any time. */
  add(handler: (atUs: number) => void): number {
    this.#handlers.push(handler);
    return this.#handlers.length - 1;
  }

  /** Moment of the next one; Infinity when none waits. */
  get nextUs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#due(0);
  }

  isSet(slot: number): boolean {
    return slot < this.#placeOf.length && (this.#placeOf[slot] as number) >= 0;
  }

  /** Moment of this one; undefined while it is not set. */
  dueUs(slot: number): number | undefined {
    return this.isSet(slot) ? this.#dueUs[slot] : undefined;
  }

  /** @param dueUs Infinity clears it, and so does what is no moment */
  set(slot: number, dueUs: number): void {
    if (!(dueUs < Number.POSITIVE_INFINITY)) {
      this.clear(slot);
      return;
    }
    this.#reserve();
    this.#dueUs[slot] = Math.max(dueUs, this.#notBeforeUs);
    if (!this.isSet(slot)) this.#put(this.#size++, slot);
    this.#settle(this.#placeOf[slot] as number);
  }

  /** Sets a slot as the one of an earlier machine is, or clears it. */
  adopt(slot: number, earlier: Timers, before: number): void {
    this.set(slot, earlier.dueUs(before) ?? Number.POSITIVE_INFINITY);
  }

  clear(slot: number): void {
    if (!this.isSet(slot)) return;
    const place = this.#placeOf[slot] as number;
    this.#placeOf[slot] = -1;
    const last = this.#heap[--this.#size] as number;
    if (place === this.#size) return;
    this.#put(place, last);
    this.#settle(place);
  }

  /**
   * Runs what is due; each handler is told the moment of the call. What a handler sets comes due after this moment at
   * the earliest: each turn of the loop leaves one less, so that it ends whatever handlers do.
   */
  run(atUs: number): void {
    this.#notBeforeUs = atUs + 1;
    try {
      while (this.runOne(atUs));
    } finally {
      this.#notBeforeUs = Number.NEGATIVE_INFINITY;
    }
  }

  /** Runs the earliest that is due, and no other. @returns whether there was one */
  runOne(atUs: number): boolean {
    if (this.nextUs > atUs) return false;
    const slot = this.#heap[0] as number;
    this.clear(slot);
    (this.#handlers[slot] as (atUs: number) => void)(atUs);
    return true;
  }

  #due(place: number): number {
    return this.#dueUs[this.#heap[place] as number] as number;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#due(a) - this.#due(b);
    return difference < 0 || (difference === 0 && (this.#heap[a] as number) < (this.#heap[b] as number));
  }

  #settle(from: number): void {
    let place = from;
    for (let up = (place - 1) >> 1; place > 0 && this.#before(place, up); up = (place - 1) >> 1) {
      this.#swap(place, up);
      place = up;
    }
    for (;;) {
      let least = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#size && this.#before(child, least)) least = child;
      }
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #swap(a: number, b: number): void {
    const slot = this.#heap[a] as number;
    this.#put(a, this.#heap[b] as number);
    this.#put(b, slot);
  }

  #put(place: number, slot: number): void {
    this.#heap[place] = slot;
    this.#placeOf[slot] = place;
  }

  /** Room for every slot. What is set already stays: a restored alarm is set before the slots of the next one exist. */
  #reserve(): void {
    const known = this.#dueUs.length;
    const slots = this.#handlers.length;
    if (known >= slots) return;
    const size = Math.max(slots, 2 * known);
    const dueUs = new Float64Array(size);
    const heap = new Int32Array(size);
    const placeOf = new Int32Array(size).fill(-1);
    dueUs.set(this.#dueUs);
    heap.set(this.#heap);
    placeOf.set(this.#placeOf);
    this.#dueUs = dueUs;
    this.#heap = heap;
    this.#placeOf = placeOf;
  }
}

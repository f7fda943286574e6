/**
 * Moments at which something is due: a heap over fixed slots, so that setting and moving one costs no allocation.
 * What is due at the same moment comes in the order of the slots, so that a replay meets the same order.
 */
export class Timers {
  readonly #handlers: ((atUs: number) => void)[] = [];
  #dueUs = new Float64Array(0);
  /** Slots, as a binary heap by moment and slot. */
  #heap = new Int32Array(0);
  #placeOf = new Int32Array(0);
  #size = 0;

  /** A slot of its own; all are added before the first is set. */
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

  /** @param dueUs Infinity clears it */
  set(slot: number, dueUs: number): void {
    if (dueUs === Number.POSITIVE_INFINITY) {
      this.clear(slot);
      return;
    }
    this.#reserve();
    this.#dueUs[slot] = dueUs;
    if (!this.isSet(slot)) this.#put(this.#size++, slot);
    this.#settle(this.#placeOf[slot] as number);
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

  /** Runs what is due; each handler is told the moment of the call. A handler may set timers again. */
  run(atUs: number): void {
    while (this.#size > 0 && this.#due(0) <= atUs) {
      const slot = this.#heap[0] as number;
      this.clear(slot);
      (this.#handlers[slot] as (atUs: number) => void)(atUs);
    }
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

  #reserve(): void {
    if (this.#dueUs.length === this.#handlers.length) return;
    this.#dueUs = new Float64Array(this.#handlers.length);
    this.#heap = new Int32Array(this.#handlers.length);
    this.#placeOf = new Int32Array(this.#handlers.length).fill(-1);
  }
}

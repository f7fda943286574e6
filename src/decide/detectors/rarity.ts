import { numbersOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';

/** Classes of magnitude: eight to an octave, from LEAST on; what is less is in the first one. A power of two. */
const CLASSES = 256;
const PER_OCTAVE = 8;
const LEAST = 2 ** -8;
/** Values before anything is said. */
const ENOUGH = 100;
/** The part of all values that makes the tail. */
const TAIL = 0.02;

/**
 * How rare a magnitude is among all that came before: the negative logarithm of the part that is as large. Beyond what
 * has ever been seen the tail is continued as an exponential one. Counts by classes of magnitude, so that memory does not
 * grow.
 */
export class Rarity {
  readonly #count = new Float64Array(CLASSES);
  readonly #sum = new Float64Array(CLASSES);
  /** Binary indexed tree (Fenwick 1994) over the counts, the largest magnitude first: how many are as large, in eight steps. */
  readonly #tree = new Float64Array(CLASSES + 1);
  #total = 0;
  /** Least class of the tail, how many values it holds and what they sum to; asked anew only where they change. */
  #tail = CLASSES;
  #tailCount = 0;
  #tailSum = 0;

  /** Rarity of a value, which counts for the next ones. @param most what is returned at most */
  take(value: number, most: number): number {
    const place = classOf(value);
    const rarity = this.#total < ENOUGH ? 0 : Math.min(most, this.#rarity(value, place));
    this.#count[place] = (this.#count[place] as number) + 1;
    this.#sum[place] = (this.#sum[place] as number) + value;
    this.#plant(place, 1);
    this.#total++;
    if (place >= this.#tail || this.#tailCount < TAIL * this.#total) this.#findTail();
    return rarity;
  }

  #rarity(value: number, place: number): number {
    if (place < this.#tail) return -Math.log((this.#asLarge(place) + 1) / (this.#total + 2));
    const from = lowerEnd(this.#tail);
    const beyond = Math.max(this.#tailSum / this.#tailCount - from, from / (2 * PER_OCTAVE), LEAST);
    return -Math.log(this.#tailCount / this.#total) + Math.max(0, value - from) / beyond;
  }

  #findTail(): void {
    const wanted = TAIL * this.#total;
    let [tail, count, sum] = [CLASSES, 0, 0];
    while (tail > 0 && count < wanted) {
      tail--;
      count += this.#count[tail] as number;
      sum += this.#sum[tail] as number;
    }
    this.#tail = tail;
    this.#tailCount = count;
    this.#tailSum = sum;
  }

  #plant(place: number, count: number): void {
    for (let i = CLASSES - place; i <= CLASSES; i += i & -i)
      this.#tree[i] = (this.#tree[i] as number) + count;
  }

  #asLarge(place: number): number {
    let count = 0;
    for (let i = CLASSES - place; i > 0; i -= i & -i) count += this.#tree[i] as number;
    return count;
  }

  snapshot(): Json {
    return { count: [...this.#count], sum: [...this.#sum] };
  }

  restore(count: Json | undefined, sum: Json | undefined): void {
    const counts = numbersOf(count, CLASSES);
    const sums = numbersOf(sum, CLASSES);
    if (!counts || !sums) return;
    this.#count.set(counts);
    this.#sum.set(sums);
    this.#total = 0;
    this.#tree.fill(0);
    for (const [place, one] of counts.entries()) {
      this.#total += one;
      this.#plant(place, one);
    }
    this.#findTail();
  }
}

const lowerEnd = (place: number): number => (place === 0 ? 0 : LEAST * 2 ** (place / PER_OCTAVE));

function classOf(value: number): number {
  if (!(value > LEAST)) return 0;
  const place = Math.floor(Math.log2(value / LEAST) * PER_OCTAVE);
  return place < CLASSES ? place : CLASSES - 1;
}

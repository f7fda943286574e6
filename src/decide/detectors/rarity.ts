import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';

/** Classes of magnitude: eight to an octave, from LEAST on; what is less is in the first one. */
const CLASSES = 256;
const PER_OCTAVE = 8;
const LEAST = 2 ** -8;
/** Classes are counted by blocks too: how many values are less is then two short sums. */
const BLOCK_BITS = 4;
const BLOCK = 1 << BLOCK_BITS;
const IN_BLOCK = BLOCK - 1;
const BLOCKS = CLASSES / BLOCK;
/** Values before anything is said. */
const ENOUGH = 100;
/** The part of all values that makes the tail. */
const TAIL = 0.02;

/** Of a look: values in all; how many classes its tail holds, how many values, and what they sum to. */
const [TOTAL, TAIL_CLASSES, TAIL_COUNT, TAIL_SUM] = [0, 1, 2, 3];
const LOOK_FIELDS = 4;
/** Of a block: the counts of its classes, then their sums. */
const BLOCK_FIELDS = 2 * BLOCK;

/**
 * How rare a magnitude is among all that came before: the negative logarithm of the part that is as large. Beyond what
 * has ever been seen the tail is continued as an exponential one. Counts by classes of magnitude, so that memory does not
 * grow.
 *
 * Several looks lie side by side in a memory that is shared with others: what there is of each, then the counts of their
 * blocks, then the classes block by block. Most magnitudes are small, so that most of it is hardly ever touched.
 */
export class Rarity {
  readonly #looks: number;
  readonly #memory: Float64Array;

  /** Numbers that so many looks take up. */
  static fields(looks: number): number {
    return looks * (LOOK_FIELDS + BLOCKS * (1 + BLOCK_FIELDS));
  }

  constructor(memory: Float64Array, looks: number) {
    this.#memory = memory;
    this.#looks = looks;
  }

  /**
   * Rarity of a value, which counts for the next ones.
   * @param at where the numbers of the looks begin, at first all 0. @param most what is returned at most
   */
  take(at: number, look: number, value: number, most: number): number {
    const memory = this.#memory;
    const own = at + look * LOOK_FIELDS;
    const place = classOf(value);
    const inClass = this.#classAt(at, look, place);
    const inBlock = this.#blockAt(at, look, place >> BLOCK_BITS);
    const total = memory[own + TOTAL] as number;
    const isTail = place >= CLASSES - (memory[own + TAIL_CLASSES] as number);
    let rarity = 0;
    if (total >= ENOUGH) {
      if (isTail) rarity = this.#beyond(own, value);
      else {
        const less = this.#less(this.#blockAt(at, look, 0), inBlock, inClass, place & IN_BLOCK);
        rarity = -Math.log((total - less + 1) / (total + 2));
      }
      if (rarity > most) rarity = most;
    }
    memory[inClass] = (memory[inClass] as number) + 1;
    memory[inClass + BLOCK] = (memory[inClass + BLOCK] as number) + value;
    memory[inBlock] = (memory[inBlock] as number) + 1;
    memory[own + TOTAL] = total + 1;
    // Asked anew only where it changes.
    if (isTail || (memory[own + TAIL_COUNT] as number) < TAIL * (total + 1)) this.#findTail(at, look);
    return rarity;
  }

  #blockAt(at: number, look: number, block: number): number {
    return at + this.#looks * (LOOK_FIELDS + block) + look;
  }

  #classAt(at: number, look: number, place: number): number {
    const blocks = at + this.#looks * (LOOK_FIELDS + BLOCKS);
    return blocks + ((place >> BLOCK_BITS) * this.#looks + look) * BLOCK_FIELDS + (place & IN_BLOCK);
  }

  /** How many values are in lower blocks, and in lower classes of this one. */
  #less(firstBlock: number, inBlock: number, inClass: number, before: number): number {
    const memory = this.#memory;
    let less = 0;
    for (let i = inClass - before; i < inClass; i++) less += memory[i] as number;
    for (let i = firstBlock; i < inBlock; i += this.#looks) less += memory[i] as number;
    return less;
  }

  #beyond(own: number, value: number): number {
    const memory = this.#memory;
    const from = lowerEnd(CLASSES - (memory[own + TAIL_CLASSES] as number));
    const count = memory[own + TAIL_COUNT] as number;
    const usual = (memory[own + TAIL_SUM] as number) / count - from;
    const scale = Math.max(usual, from / (2 * PER_OCTAVE), LEAST);
    return -Math.log(count / (memory[own + TOTAL] as number)) + Math.max(0, value - from) / scale;
  }

  #findTail(at: number, look: number): void {
    const memory = this.#memory;
    const own = at + look * LOOK_FIELDS;
    const wanted = TAIL * (memory[own + TOTAL] as number);
    let [tail, count, sum] = [CLASSES, 0, 0];
    while (tail > 0 && count < wanted) {
      if (tail % BLOCK === 0 && memory[this.#blockAt(at, look, tail / BLOCK - 1)] === 0) {
        tail -= BLOCK;
        continue;
      }
      tail--;
      const inClass = this.#classAt(at, look, tail);
      count += memory[inClass] as number;
      sum += memory[inClass + BLOCK] as number;
    }
    memory[own + TAIL_CLASSES] = CLASSES - tail;
    memory[own + TAIL_COUNT] = count;
    memory[own + TAIL_SUM] = sum;
  }

  snapshot(at: number, look: number): Json {
    const all = (field: number): number[] =>
      Array.from(
        { length: CLASSES },
        (_, place) => this.#memory[this.#classAt(at, look, place) + field] as number,
      );
    return { count: all(0), sum: all(BLOCK) };
  }

  restore(at: number, look: number, from: Json | undefined): void {
    const kept = objectOf(from);
    const counts = numbersOf(kept.count, CLASSES);
    const sums = numbersOf(kept.sum, CLASSES);
    if (!counts || !sums) return;
    const memory = this.#memory;
    for (let block = 0; block < BLOCKS; block++) {
      const first = this.#classAt(at, look, block * BLOCK);
      const own = counts.slice(block * BLOCK, (block + 1) * BLOCK);
      memory.set(own, first);
      memory.set(sums.slice(block * BLOCK, (block + 1) * BLOCK), first + BLOCK);
      memory[this.#blockAt(at, look, block)] = sumOf(own);
    }
    memory[at + look * LOOK_FIELDS + TOTAL] = sumOf(counts);
    this.#findTail(at, look);
  }
}

const sumOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);
const lowerEnd = (place: number): number => (place === 0 ? 0 : LEAST * 2 ** (place / PER_OCTAVE));

function classOf(value: number): number {
  if (!(value > LEAST)) return 0;
  const place = Math.log2(value / LEAST) * PER_OCTAVE;
  return place < CLASSES ? place | 0 : CLASSES - 1;
}

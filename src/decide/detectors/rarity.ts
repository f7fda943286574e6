import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';

/*
 * How rare a magnitude is among all that came before, as a chance: the part that is as large. Beyond what has ever been
 * seen the tail is continued as an exponential one. Counts by classes of magnitude, so that memory does not grow.
 *
 * Several looks lie side by side in a memory that is shared with others: what there is of each, then the counts of their
 * blocks, then the classes block by block. Most magnitudes are small, so that most of it is hardly ever touched.
 */

/** Looks that lie side by side. */
export const LOOKS = 3;

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

/**
 * Of a look: values in all; how many classes its tail holds, how many values, and what they sum to; class of the newest
 * magnitude, and how many values were in it.
 */
const [TOTAL, TAIL_CLASSES, TAIL_COUNT, TAIL_SUM, PLACE, IN_CLASS] = [0, 1, 2, 3, 4, 5];
const LOOK_FIELDS = 6;
/** Of a block: the counts of its classes, then their sums. */
const BLOCK_FIELDS = 2 * BLOCK;

/** Numbers that all looks take up in a memory. */
export const RARITY_FIELDS = LOOKS * (LOOK_FIELDS + BLOCKS * (1 + BLOCK_FIELDS));

/**
 * Chances of the newest magnitudes of all looks, which count for the next ones.
 * @param at where the {@link RARITY_FIELDS} numbers of the looks begin, at first all 0
 * @param far where the magnitudes are, side by side, with any sign. @param chances where their chances go
 * @param least no chance is less @returns their product
 */
export function chancesOf(
  memory: Float64Array,
  at: number,
  far: number,
  chances: number,
  least: number,
): number {
  // All classes are asked for before one is counted with, so that the processor fetches them from memory at once.
  for (let look = 0; look < LOOKS; look++) {
    const own = at + look * LOOK_FIELDS;
    const place = classOf(Math.abs(memory[far + look] as number));
    memory[own + PLACE] = place;
    memory[own + IN_CLASS] = memory[classAt(at, look, place)] as number;
  }
  let product = 1;
  for (let look = 0; look < LOOKS; look++) {
    const chance = Math.max(least, chanceOf(memory, at, look, Math.abs(memory[far + look] as number)));
    memory[chances + look] = chance;
    product *= chance;
  }
  return product;
}

function chanceOf(memory: Float64Array, at: number, look: number, value: number): number {
  const own = at + look * LOOK_FIELDS;
  const place = memory[own + PLACE] as number;
  const inClass = classAt(at, look, place);
  const inBlock = blockAt(at, look, place >> BLOCK_BITS);
  const total = memory[own + TOTAL] as number;
  const isTail = place >= CLASSES - (memory[own + TAIL_CLASSES] as number);
  let chance = 1;
  if (total >= ENOUGH) {
    if (isTail) chance = beyond(memory, own, value);
    else {
      const less = lessThan(memory, blockAt(at, look, 0), inBlock, inClass, place & IN_BLOCK);
      chance = (total - less + 1) / (total + 2);
    }
  }
  memory[inClass] = (memory[own + IN_CLASS] as number) + 1;
  memory[inClass + BLOCK] = (memory[inClass + BLOCK] as number) + value;
  memory[inBlock] = (memory[inBlock] as number) + 1;
  memory[own + TOTAL] = total + 1;
  // Asked anew only where it changes.
  if (isTail || (memory[own + TAIL_COUNT] as number) < TAIL * (total + 1)) findTail(memory, at, look);
  return chance;
}

const blockAt = (at: number, look: number, block: number): number =>
  at + LOOKS * (LOOK_FIELDS + block) + look;

function classAt(at: number, look: number, place: number): number {
  const blocks = at + LOOKS * (LOOK_FIELDS + BLOCKS);
  return blocks + ((place >> BLOCK_BITS) * LOOKS + look) * BLOCK_FIELDS + (place & IN_BLOCK);
}

/** How many values are in lower blocks, and in lower classes of this one. */
function lessThan(
  memory: Float64Array,
  firstBlock: number,
  inBlock: number,
  inClass: number,
  before: number,
): number {
  let less = 0;
  for (let i = inClass - before; i < inClass; i++) less += memory[i] as number;
  for (let i = firstBlock; i < inBlock; i += LOOKS) less += memory[i] as number;
  return less;
}

function beyond(memory: Float64Array, own: number, value: number): number {
  const from = lowerEnd(CLASSES - (memory[own + TAIL_CLASSES] as number));
  const count = memory[own + TAIL_COUNT] as number;
  const usual = (memory[own + TAIL_SUM] as number) / count - from;
  const scale = Math.max(usual, from / (2 * PER_OCTAVE), LEAST);
  return (count / (memory[own + TOTAL] as number)) * Math.exp(-Math.max(0, value - from) / scale);
}

function findTail(memory: Float64Array, at: number, look: number): void {
  const own = at + look * LOOK_FIELDS;
  const wanted = TAIL * (memory[own + TOTAL] as number);
  let [tail, count, sum] = [CLASSES, 0, 0];
  while (tail > 0 && count < wanted) {
    if (tail % BLOCK === 0 && memory[blockAt(at, look, tail / BLOCK - 1)] === 0) {
      tail -= BLOCK;
      continue;
    }
    tail--;
    const inClass = classAt(at, look, tail);
    count += memory[inClass] as number;
    sum += memory[inClass + BLOCK] as number;
  }
  memory[own + TAIL_CLASSES] = CLASSES - tail;
  memory[own + TAIL_COUNT] = count;
  memory[own + TAIL_SUM] = sum;
}

export function raritySnapshot(memory: Float64Array, at: number, look: number): Json {
  const all = (field: number): number[] =>
    Array.from({ length: CLASSES }, (_, place) => memory[classAt(at, look, place) + field] as number);
  return { count: all(0), sum: all(BLOCK) };
}

export function restoreRarity(memory: Float64Array, at: number, look: number, from: Json | undefined): void {
  const kept = objectOf(from);
  const counts = numbersOf(kept.count, CLASSES);
  const sums = numbersOf(kept.sum, CLASSES);
  if (!counts || !sums) return;
  for (let block = 0; block < BLOCKS; block++) {
    const first = classAt(at, look, block * BLOCK);
    const own = counts.slice(block * BLOCK, (block + 1) * BLOCK);
    memory.set(own, first);
    memory.set(sums.slice(block * BLOCK, (block + 1) * BLOCK), first + BLOCK);
    memory[blockAt(at, look, block)] = sumOf(own);
  }
  memory[at + look * LOOK_FIELDS + TOTAL] = sumOf(counts);
  findTail(memory, at, look);
}

const sumOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);
const lowerEnd = (place: number): number => (place === 0 ? 0 : LEAST * 2 ** (place / PER_OCTAVE));

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const high = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const FRACTION_BITS = 20;
const FRACTION = (1 << FRACTION_BITS) - 1;
/** Exponent of LEAST, as a double has it. */
const LEAST_EXPONENT = highOf(LEAST) >>> FRACTION_BITS;
/** Fractions at which the classes of an octave begin, behind the first one. */
const [F1, F2, F3, F4, F5, F6, F7] = Array.from(
  { length: PER_OCTAVE - 1 },
  (_, i) => highOf(2 ** ((i + 1) / PER_OCTAVE)) & FRACTION,
) as [number, number, number, number, number, number, number];

/** The upper half of a double: sign, exponent, the first bits of the fraction. */
function highOf(value: number): number {
  double[0] = value;
  return words[high] as number;
}

/** From the bits of the number: a logarithm for each look is a good part of what a sample costs. */
function classOf(value: number): number {
  if (!(value > LEAST)) return 0;
  const bits = highOf(value);
  const octave = (bits >>> FRACTION_BITS) - LEAST_EXPONENT;
  return octave < CLASSES / PER_OCTAVE ? octave * PER_OCTAVE + inOctave(bits & FRACTION) : CLASSES - 1;
}

function inOctave(fraction: number): number {
  if (fraction < F4) return fraction < F2 ? (fraction < F1 ? 0 : 1) : fraction < F3 ? 2 : 3;
  return fraction < F6 ? (fraction < F5 ? 4 : 5) : fraction < F7 ? 6 : 7;
}

import type { Noise } from '#plant/physics/noise.ts';

/** Inputs never grow beyond this. */
export const LONGEST_INPUT = 256 * 1024;
/** Lengths, counts and signs that readers stumble over. */
const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const MOST_AT_ONCE = 6;

type Mutation = (input: Uint8Array, chance: Noise, others: readonly Uint8Array[]) => Uint8Array;

const below = (chance: Noise, n: number): number => Math.floor(chance.uniform() * n);
const pick = <T>(chance: Noise, from: readonly T[]): T => from[below(chance, from.length)] as T;

function overwritten(input: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const out = input.slice();
  out.set(bytes.subarray(0, Math.max(0, out.length - at)), at);
  return out;
}

function spliced(input: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array {
  const out = new Uint8Array(from + middle.length + input.length - to);
  out.set(input.subarray(0, from));
  out.set(middle, from);
  out.set(input.subarray(to), from + middle.length);
  return out;
}

function range(chance: Noise, length: number): readonly [from: number, to: number] {
  const from = below(chance, length + 1);
  return [from, from + Math.floor(chance.uniform() ** 3 * (length - from + 1))];
}

function number(chance: Noise): Uint8Array {
  const bytes = new Uint8Array(pick(chance, [1, 2, 4]));
  const view = new DataView(bytes.buffer);
  const value = pick(chance, INTERESTING);
  const little = chance.uniform() < 0.5;
  if (bytes.length === 1) view.setUint8(0, value);
  else if (bytes.length === 2) view.setUint16(0, value, little);
  else view.setUint32(0, value, little);
  return bytes;
}

const BYTES: readonly Mutation[] = [
  (input, chance) => {
    const at = below(chance, input.length);
    return overwritten(input, at, Uint8Array.of((input[at] ?? 0) ^ (1 << below(chance, 8))));
  },
  (input, chance) => overwritten(input, below(chance, input.length), Uint8Array.of(below(chance, 256))),
  (input, chance) => overwritten(input, below(chance, input.length), number(chance)),
  (input, chance) => input.subarray(0, below(chance, input.length + 1)),
  (input, chance) => spliced(input, ...range(chance, input.length), new Uint8Array(0)),
  (input, chance) => {
    const [from, to] = range(chance, input.length);
    return spliced(input, to, to, input.subarray(from, to));
  },
  (input, chance, others) => {
    const other = pick(chance, others);
    return spliced(input, ...range(chance, input.length), other.subarray(...range(chance, other.length)));
  },
  (input, chance) => {
    const noise = Uint8Array.from({ length: 1 + below(chance, 12) }, () => below(chance, 256));
    const at = below(chance, input.length + 1);
    return spliced(input, at, at, noise);
  },
];

const WORDS = [
  'null',
  'true',
  '-1',
  '1e999',
  '0x7fffffff',
  "''",
  '{}',
  '[]',
  '*a',
  '&a',
  '<<',
  '!!binary x',
  '~',
]
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how site files write parameters
  .concat(['${x}', '${', 'tag("a/b")', '__proto__', 'constructor', '..', '\u0000', '\ufeff', '9'.repeat(400)])
  .map((word) => new TextEncoder().encode(word));
const NEWLINE = 0x0a;

function lineAt(input: Uint8Array, at: number): readonly [from: number, to: number] {
  const end = input.indexOf(NEWLINE, at);
  return [at === 0 ? 0 : input.lastIndexOf(NEWLINE, at - 1) + 1, end < 0 ? input.length : end + 1];
}

const aLine = (input: Uint8Array, chance: Noise) => lineAt(input, below(chance, input.length));

const TEXT: readonly Mutation[] = [
  (input, chance) => spliced(input, ...aLine(input, chance), new Uint8Array(0)),
  (input, chance) => {
    const [from, to] = aLine(input, chance);
    return spliced(input, to, to, input.subarray(from, to));
  },
  (input, chance, others) => {
    const other = pick(chance, others);
    const [at] = aLine(input, chance);
    return spliced(input, at, at, other.subarray(...aLine(other, chance)));
  },
  (input, chance) => {
    const [at] = aLine(input, chance);
    return spliced(
      input,
      at,
      at,
      Uint8Array.from({ length: 1 + below(chance, 4) }, () => 0x20),
    );
  },
  (input, chance) => spliced(input, ...range(chance, input.length), pick(chance, WORDS)),
  (input, chance) => spliced(input, ...range(chance, Math.min(input.length, 40)), pick(chance, WORDS)),
];

/** One of the seeds with some mutations; the same chance gives the same input. */
export function mutated(seeds: readonly Uint8Array[], chance: Noise, isText = false): Uint8Array {
  let input = pick(chance, seeds);
  const mutations = isText ? [...BYTES, ...TEXT, ...TEXT] : BYTES;
  for (let left = below(chance, MOST_AT_ONCE + 1); left > 0; left--) {
    if (input.length === 0) break;
    input = pick(chance, mutations)(input, chance, seeds);
    if (input.length > LONGEST_INPUT) input = input.subarray(0, LONGEST_INPUT);
  }
  return input;
}

import { Fault } from '#kernel/fault.ts';
import type { Noise } from '#plant/physics/noise.ts';

/** A reader of something that others send or that a disk may have damaged. */
export interface Target {
  readonly name: string;
  /** Whether inputs are lines of text; they are mutated by line and by word too. */
  readonly isText?: boolean;
  /** Sound inputs to begin from, most of them generated. */
  seeds(seed: number): readonly Uint8Array[];
  /**
   * Reads one input as the product does. Throws when the product would be wrong: on any error that the reader does not
   * announce, and on a result that cannot be.
   * @param chance for what the input leaves open, such as how it is cut into pieces
   */
  read(input: Uint8Array, chance: Noise): void;
}

/** Lets a reader refuse an input with a fault of this area; every other error is a finding. */
export function refusing(area: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Fault && error.code.startsWith(area))) throw error;
  }
}

/** Cuts an input into pieces of any length, as a socket hands them over. */
export function* pieces(input: Uint8Array, chance: Noise): Iterable<Uint8Array> {
  for (let at = 0; at < input.length; ) {
    const end = at + 1 + Math.floor(chance.uniform() ** 2 * (input.length - at));
    yield input.subarray(at, end);
    at = end;
  }
}

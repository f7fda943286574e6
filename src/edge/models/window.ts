import type { ModelEntry } from '#contract/model-entry.ts';

/** The last moments of some tags, as a model sees them: scaled, the oldest first. */
export class ModelWindow {
  readonly #columns: number;
  readonly #rows: number;
  readonly #means: readonly number[] | undefined;
  readonly #deviations: readonly number[] | undefined;
  readonly #values: Float32Array;
  /** Moments in a row in which all values were there. */
  #whole = 0;

  constructor({ window, means, deviations }: ModelEntry, columns: number) {
    this.#columns = columns;
    this.#rows = window;
    this.#means = means;
    this.#deviations = deviations;
    this.#values = new Float32Array(window * columns);
  }

  /** @param values NaN where one is missing: the window then begins anew */
  take(values: Float64Array): void {
    if (values.some(Number.isNaN)) {
      this.#whole = 0;
      return;
    }
    this.#values.copyWithin(0, this.#columns);
    const from = (this.#rows - 1) * this.#columns;
    for (let i = 0; i < this.#columns; i++) {
      const away = (values[i] as number) - (this.#means?.[i] ?? 0);
      this.#values[from + i] = away / (this.#deviations?.[i] ?? 1);
    }
    this.#whole = Math.min(this.#rows, this.#whole + 1);
  }

  /** A copy; undefined before the window is full. */
  input(): Float32Array | undefined {
    return this.#whole < this.#rows ? undefined : this.#values.slice();
  }
}

/**
 * What comes out of a model for a window.
 * @returns its score, or the root of the mean square of the errors of each tag; undefined where it is of another shape
 */
export function figuresOf(
  output: Float32Array,
  input: Float32Array,
  columns: number,
  kind: ModelEntry['output'],
): number[] | undefined {
  if (kind === 'score') return output.length === 1 ? [output[0] as number] : undefined;
  if (output.length !== input.length) return undefined;
  const squares = new Float64Array(columns);
  for (let i = 0; i < input.length; i++)
    squares[i % columns] =
      (squares[i % columns] as number) + ((input[i] as number) - (output[i] as number)) ** 2;
  return [...squares].map((sum) => Math.sqrt((sum * columns) / input.length));
}

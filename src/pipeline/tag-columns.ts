interface Growable {
  readonly length: number;
  fill(value: number): this;
  set(from: ArrayLike<number>): void;
}

/**
 * Columns indexed by tag number that grow as tags are declared at run time. Subclasses hold the typed arrays and
 * widen them in `resize`; stages index them on the hot path without a look-up.
 */
export abstract class TagColumns<Config> {
  #capacity = 0;

  /** Gives or changes the settings of one tag; takes effect with the next batch. */
  set(tag: number, config: Config): void {
    if (tag >= this.#capacity) {
      this.#capacity = Math.max(64, this.#capacity * 2, tag + 1);
      this.resize(this.#capacity);
    }
    this.put(tag, config);
  }

  /** Takes the settings of one tag away: from the next batch on it is one that nobody configured. */
  clear(tag: number): void {
    if (tag < this.#capacity) this.erase(tag);
  }

  protected abstract resize(capacity: number): void;
  protected abstract put(tag: number, config: Config): void;
  protected abstract erase(tag: number): void;
}

/** The column copied into a longer one whose new places hold `initial`. */
export function widened<T extends Growable>(longer: T, column: T, initial: number): T {
  longer.fill(initial);
  longer.set(column as unknown as ArrayLike<number>);
  return longer;
}

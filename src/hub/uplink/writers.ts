import type { Work } from './api.ts';
import { NewestWriter } from './newest.ts';
import { Writer, type WriterPorts } from './writer.ts';

/** While one transaction waits for the disk, the rows of the other are written. */
const AT_ONCE = 2;

/** Writers that work beside each other, each for journals of its own: what has an order has one writer. Newest values follow them. */
export class Writers implements AsyncDisposable {
  readonly #all: readonly Writer[];
  readonly #newest: NewestWriter;

  /** @param stored told whenever there is room again */
  constructor(ports: WriterPorts, stored: () => void = () => {}) {
    this.#newest = new NewestWriter(ports, stored);
    this.#all = Array.from({ length: AT_ONCE }, () => new Writer(ports, this.#newest, stored));
  }

  /** Waiting or under way. */
  get bytes(): number {
    return this.#all.reduce((sum, { bytes }) => sum + bytes, this.#newest.bytes);
  }

  add(work: Work): void {
    if (work.lane === 'live') this.#newest.add(work);
    else this.#all[work.journal % AT_ONCE]?.add(work);
  }

  /** Ends after the transactions under way; what waits is dropped, never confirmed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((writer) => writer[Symbol.asyncDispose]()));
    await this.#newest[Symbol.asyncDispose]();
  }
}

const EMPTY = -1;

/** Topic bytes → small number, without making a string. Numbers ascend from 0 in the order of adding. */
export class TopicTable {
  readonly #topics: Buffer[] = [];
  readonly #hashes: number[] = [];
  /** Open addressing with linear probing; at most half full. */
  #slots = new Int32Array(64).fill(EMPTY);

  get size(): number {
    return this.#topics.length;
  }

  /** The number of a topic, the old one when it is known. */
  add(topic: string): number {
    const bytes = Buffer.from(topic);
    const known = this.find(bytes, 0, bytes.length);
    if (known >= 0) return known;
    const number = this.#topics.push(bytes) - 1;
    this.#hashes.push(hash(bytes, 0, bytes.length));
    if (this.#topics.length * 2 > this.#slots.length) this.#grow();
    else this.#place(number);
    return number;
  }

  /** @returns -1 for a topic that was not added */
  find(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    const wanted = hash(bytes, start, end);
    for (let slot = wanted & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] as number;
      if (number === EMPTY) return -1;
      if (this.#hashes[number] === wanted && same(this.#topics[number] as Buffer, bytes, start, end)) {
        return number;
      }
    }
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[number] as number) & mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#slots[slot] = number;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(EMPTY);
    for (let number = 0; number < this.#topics.length; number++) this.#place(number);
  }
}

/** FNV-1a with a last mix, because the table uses the low bits. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0x811c9dc5;
  for (let i = start; i < end; i++) sum = Math.imul(sum ^ (bytes[i] as number), 0x01000193);
  return sum ^ (sum >>> 15);
}

function same(topic: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (topic.length !== end - start) return false;
  // Topics of one plant begin alike and end differently.
  for (let i = topic.length - 1; i >= 0; i--) if (topic[i] !== bytes[start + i]) return false;
  return true;
}

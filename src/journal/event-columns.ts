import { ByteSink } from './bytes.ts';

/** Events as the worker is handed them: a few pieces of memory to copy, however many there are. */
export interface EventColumns {
  readonly seq: Float64Array;
  /** Steady time, µs. */
  readonly atUs: Float64Array;
  /** Where the bytes of each one end. */
  readonly end: Uint32Array;
  /** Canonical JSON, one after the other. */
  readonly body: Uint8Array;
}

/** Events in the order of the calls. */
export class EventGather {
  readonly #seq: number[] = [];
  readonly #atUs: number[] = [];
  readonly #end: number[] = [];
  readonly #body = new ByteSink(0);

  /** Bytes of content, as they count against the window. */
  get bytes(): number {
    return this.#body.length * 2;
  }

  /** @param body canonical JSON */
  add(seq: number, atUs: number, body: string): void {
    this.#seq.push(seq);
    this.#atUs.push(atUs);
    this.#body.utf8(body);
    this.#end.push(this.#body.length);
  }

  handOver(): EventColumns {
    return {
      seq: Float64Array.from(this.#seq),
      atUs: Float64Array.from(this.#atUs),
      end: Uint32Array.from(this.#end),
      body: this.#body.bytes.slice(),
    };
  }
}

/** One after the other; the bytes are a window on the columns. */
export function* eachEvent({ seq, atUs, end, body }: EventColumns) {
  for (let i = 0; i < seq.length; i++) {
    const from = i === 0 ? 0 : (end[i - 1] as number);
    yield { seq: seq[i] as number, atUs: atUs[i] as number, body: body.subarray(from, end[i] as number) };
  }
}

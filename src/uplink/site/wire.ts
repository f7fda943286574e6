import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { Fault } from '#kernel/fault.ts';
import { FRAME_BYTES, FrameReader } from '../frames.ts';
import { type FromHub, type FromSite, frameOf, readFromHub } from '../messages.ts';

/** Messages over a stream, as a site sees it. */
export class Wire {
  /** Resolves when the stream has ended, or when the hub sent what cannot be read. */
  readonly lost: Promise<Fault>;
  readonly #stream: Duplex;
  readonly #lose: (fault: Fault) => void;

  /** @param heard told of each message, in order */
  constructor(stream: Duplex, heard: (message: FromHub) => void) {
    const { promise, resolve } = Promise.withResolvers<Fault>();
    this.lost = promise;
    this.#stream = stream;
    this.#lose = (fault) => {
      resolve(fault);
      stream.destroy();
    };
    const reader = new FrameReader((type, body) => heard(readFromHub(type, body)), FRAME_BYTES);
    stream.on('data', (chunk: Uint8Array) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#lose(Fault.from(error, 'uplink.failed', 'the uplink'));
      }
    });
    stream.on('error', (error) => this.#lose(Fault.from(error, 'uplink.lost', 'the link to the hub')));
    stream.on('close', () => this.#lose(new Fault('uplink.lost', 'the hub closed the connection')));
    stream.on('end', () => this.#lose(new Fault('uplink.lost', 'the hub ended the connection')));
  }

  /** @param before told of the size before anything can be answered */
  send(message: FromSite, before: (bytes: number) => void = () => {}): void {
    const frame = frameOf(message);
    before(frame.length);
    this.#stream.write(frame);
  }

  /** Undefined where it takes more; otherwise resolves once it does, or is lost. */
  drained(): Promise<unknown> | undefined {
    if (!this.#stream.writableNeedDrain) return undefined;
    return Promise.race([once(this.#stream, 'drain').catch(() => {}), this.lost]);
  }

  close(fault: Fault): void {
    this.#lose(fault);
  }
}

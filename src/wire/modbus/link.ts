import type { Identify } from '#codec/modbus/identification.ts';
import { encodeMbap, type MbapFrame, MbapParser } from '#codec/modbus/mbap.ts';
import { decodeReply, encodeRequest, type Reply, type Request } from '#codec/modbus/pdu.ts';
import { encodeRtu, RtuReader } from '#codec/modbus/rtu.ts';
import type { Clock } from '#kernel/clock.ts';
import { within } from '#kernel/within.ts';
import type { Socket } from '#platform/tcp.ts';

/** How one request ended once its bytes had left. */
export type Exchange =
  | Reply
  | { readonly kind: 'timeout' }
  | { readonly kind: 'lost'; readonly reason: string };

/** What a link saw besides answers; counters only rise. */
export interface LinkCounts {
  /** Answers that came after their request had been given up. */
  late: number;
  garbage: number;
}

/** One connection to a device or gateway. Never throws; after the first damage or loss it is `dead` for good. */
export interface Link extends Disposable {
  /** Why it can carry nothing any more. */
  readonly dead: string | undefined;
  exchange(unit: number, request: Request, timeoutMs: number): Promise<Exchange>;
}

interface Open {
  readonly unit: number;
  readonly request: Request | Identify;
  end(how: Exchange): void;
}

const TIMEOUT = { kind: 'timeout' } as const;

/** Identifiers of requests given up that are remembered, so that their late answers are known as such. */
const REMEMBERED = 256;

/** Modbus TCP: answers are matched by transaction id, so several requests may be open. */
export class TcpLink implements Link {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #counts: LinkCounts;
  readonly #parser = new MbapParser();
  readonly #open = new Map<number, Open>();
  readonly #givenUp = new Set<number>();
  #transaction = 0;
  #dead: string | undefined;

  constructor(socket: Socket, clock: Clock, counts: LinkCounts) {
    this.#socket = socket;
    this.#clock = clock;
    this.#counts = counts;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    onEnd(socket, (reason) => this.#die({ kind: 'lost', reason }));
  }

  get dead(): string | undefined {
    return this.#dead;
  }

  async exchange(unit: number, request: Request | Identify, timeoutMs: number): Promise<Exchange> {
    if (this.#dead !== undefined) return { kind: 'lost', reason: this.#dead };
    const id = this.#nextId();
    const answer = new Promise<Exchange>((end) => {
      this.#open.set(id, { unit, request, end });
    });
    this.#socket.write(encodeMbap(id, unit, encodeRequest(request)));
    const how = await within(answer, timeoutMs, TIMEOUT, this.#clock);
    this.#open.delete(id);
    if (how.kind === 'timeout') this.#remember(id);
    return how;
  }

  [Symbol.dispose](): void {
    this.#die({ kind: 'lost', reason: 'closed' });
  }

  #nextId(): number {
    do this.#transaction = (this.#transaction + 1) & 0xffff;
    while (this.#open.has(this.#transaction));
    this.#givenUp.delete(this.#transaction);
    return this.#transaction;
  }

  #remember(id: number): void {
    this.#givenUp.add(id);
    if (this.#givenUp.size <= REMEMBERED) return;
    for (const oldest of this.#givenUp) {
      this.#givenUp.delete(oldest);
      break;
    }
  }

  #take(bytes: Uint8Array): void {
    if (this.#dead !== undefined) return;
    this.#parser.push(bytes, (frame) => this.#answer(frame));
    if (this.#parser.damage !== undefined) this.#spoil(this.#parser.damage);
  }

  #answer(frame: MbapFrame): void {
    const open = this.#open.get(frame.transaction);
    if (!open) {
      if (this.#givenUp.delete(frame.transaction)) this.#counts.late++;
      else this.#spoil(`transaction ${frame.transaction} was never asked`);
      return;
    }
    const reply =
      frame.unit === open.unit
        ? decodeReply(open.request, frame.pdu)
        : ({ kind: 'garbage', reason: `unit ${frame.unit} answered for ${open.unit}` } as const);
    if (reply.kind === 'garbage') this.#spoil(reply.reason);
    else open.end(reply);
  }

  /** A peer that sends nonsense cannot be trusted with the next answer either: the stream ends here. */
  #spoil(reason: string): void {
    if (this.#dead !== undefined) return;
    this.#counts.garbage++;
    this.#die({ kind: 'garbage', reason });
  }

  #die(how: Exchange & { readonly reason: string }): void {
    if (this.#dead !== undefined) return;
    this.#dead = how.reason;
    for (const open of this.#open.values()) open.end(how);
    this.#open.clear();
    this.#socket.destroy();
  }
}

/** Longest drain, in settle times; a line that never falls silent is given up. */
const MOST_SETTLES = 10;

/**
 * RTU frames over TCP: no transaction id, so one request at a time. After a time-out the line is drained until it has
 * been silent for `settleMs`: an answer that comes later than that could be taken for the next one, so the time must
 * be longer than the slowest device behind the gateway.
 */
export class RtuLink implements Link {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #counts: LinkCounts;
  readonly #settleMs: number;
  readonly #ended = new AbortController();
  #open: (Open & { readonly reader: RtuReader }) | undefined;
  #stray = 0;
  #dead: string | undefined;

  constructor(socket: Socket, clock: Clock, counts: LinkCounts, settleMs: number) {
    this.#socket = socket;
    this.#clock = clock;
    this.#counts = counts;
    this.#settleMs = settleMs;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    onEnd(socket, (reason) => this.#die(reason));
  }

  get dead(): string | undefined {
    return this.#dead;
  }

  async exchange(unit: number, request: Request, timeoutMs: number): Promise<Exchange> {
    if (this.#dead !== undefined) return { kind: 'lost', reason: this.#dead };
    const reader = new RtuReader(unit, request);
    const answer = new Promise<Exchange>((end) => {
      this.#open = { unit, request, reader, end };
    });
    this.#socket.write(encodeRtu(unit, encodeRequest(request)));
    const how = await within(answer, timeoutMs, TIMEOUT, this.#clock);
    this.#open = undefined;
    if (reader.noise > 0) this.#counts.garbage++;
    if (how.kind !== 'timeout' && how.kind !== 'garbage') return how;
    await this.#settle();
    return reader.noise > 0 ? { kind: 'garbage', reason: `${reader.noise} bytes that are no answer` } : how;
  }

  [Symbol.dispose](): void {
    this.#die('closed');
  }

  async #settle(): Promise<void> {
    for (let round = 0; round < MOST_SETTLES && this.#dead === undefined; round++) {
      this.#stray = 0;
      await this.#clock.sleep(this.#settleMs, this.#ended.signal).catch(() => {});
      if (this.#stray === 0) return;
      this.#counts.late++;
    }
    this.#die('the line does not fall silent');
  }

  #take(bytes: Uint8Array): void {
    const open = this.#open;
    if (!open) {
      this.#stray += bytes.length;
      return;
    }
    const pdu = open.reader.push(bytes);
    if (!pdu) return;
    this.#open = undefined;
    open.end(decodeReply(open.request, pdu));
  }

  #die(reason: string): void {
    if (this.#dead !== undefined) return;
    this.#dead = reason;
    this.#ended.abort();
    this.#open?.end({ kind: 'lost', reason });
    this.#open = undefined;
    this.#socket.destroy();
  }
}

function onEnd(socket: Socket, tell: (reason: string) => void): void {
  socket.on('error', (error) => tell(error.message));
  socket.on('end', () => tell('the peer closed the connection'));
  socket.on('close', () => tell('the connection was closed'));
}

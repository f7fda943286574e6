import { Exception, exceptionText, type Request } from '#codec/modbus/pdu.ts';
import { readWord } from '#codec/modbus/registers.ts';
import type { Value } from '#kernel/batch.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { messageOf } from '#kernel/fault.ts';
import { type Cell, nameOf } from '#sources/modbus/address.ts';
import { readOf, single } from '#sources/modbus/plan.ts';
import { encodeValue } from '#sources/modbus/rows.ts';
import type { Answer, Bus } from '#wire/modbus/bus.ts';

const failed = (reason: string): WriteResult => ({ state: 'failed', reason });

/** Carries out commands: once, before their deadline, or not at all. */
export class Writer {
  readonly #bus: Bus;
  #cells: ReadonlyMap<number, Cell> = new Map();
  readonly #written: (cell: Cell) => void;
  /**
   * The last write waiting for each holding register. What is written to one between the reading and the writing back of
   * another write would be undone, and yet reported as sent.
   */
  readonly #turns = new Map<number, Promise<unknown>>();

  /** @param written told of each write that the device has taken */
  constructor(bus: Bus, cells: readonly Cell[], written: (cell: Cell) => void) {
    this.#bus = bus;
    this.#written = written;
    this.take(cells);
  }

  /** Other points; commands under way keep theirs. */
  take(cells: readonly Cell[]): void {
    this.#cells = new Map(cells.map((cell) => [cell.tag.number, cell]));
  }

  async write(command: Command, signal: AbortSignal): Promise<WriteResult> {
    const cell = this.#cells.get(command.tag);
    if (!cell) return failed(`tag ${command.tag} is none of this source`);
    if (cell.table === 'input' || cell.table === 'discrete')
      return failed(`${nameOf(cell)} can only be read`);
    const send = (request: Request) =>
      this.#bus.ask({
        unit: cell.unit,
        request,
        priority: 'write',
        deadlineUs: command.deadlineUs,
        signal,
      });
    try {
      const readFirst = cell.table === 'holding' && cell.as === 'bool' && cell.address.soleWriter;
      const answer = await this.#inTurn(cell, () =>
        readFirst
          ? this.#readModifyWrite(cell, asBit(command.raw), send)
          : send(requestOf(cell, command.raw)),
      );
      if (answer.kind === 'written') this.#written(cell);
      return resultOf(answer);
    } catch (error) {
      return failed(messageOf(error));
    }
  }

  /** Once the writes before it to any of its registers have ended. The bus looks at deadlines when it sends. */
  async #inTurn(cell: Cell, work: () => Promise<Answer>): Promise<Answer> {
    const keys = registersIn(cell);
    const before = keys.map((key) => this.#turns.get(key));
    const turn = Promise.all(before).then(work);
    const quiet = turn.then(
      () => {},
      () => {},
    );
    for (const key of keys) this.#turns.set(key, quiet);
    try {
      return await turn;
    } finally {
      for (const key of keys) if (this.#turns.get(key) === quiet) this.#turns.delete(key);
    }
  }

  /** Only with a declared sole writer: what somebody else writes between the two would be undone. */
  async #readModifyWrite(
    cell: Cell,
    on: boolean,
    send: (request: Request) => Promise<Answer>,
  ): Promise<Answer> {
    const read = await send(readOf(single(cell)));
    if (read.kind === 'exception') return read;
    if (read.kind !== 'data')
      throw new Error(`the register could not be read first: ${read.kind}; not written`);
    const mask = 1 << (cell.address.bit ?? 0);
    const word = on ? readWord(read.data, 0) | mask : readWord(read.data, 0) & ~mask;
    return send(registersOf(cell, Uint8Array.of((word >>> 8) & 0xff, word & 0xff)));
  }
}

/** Numbers of the holding registers that a write changes, those of all units together; coils need no turns. */
function registersIn({ table, unit, at, count }: Cell): number[] {
  if (table !== 'holding') return [];
  return Array.from({ length: count }, (_, i) => unit * 0x1_0000 + at + i);
}

/** What the answer means. That the device echoes a write says that it has taken it, not that it had an effect. */
function resultOf(answer: Answer): WriteResult {
  switch (answer.kind) {
    case 'written':
      return { state: 'sent' };
    case 'exception':
      // 5 means that the device has taken it and is still at work (section 7 of the specification).
      if (answer.code === Exception.acknowledge) return { state: 'sent', reason: exceptionText(answer.code) };
      // A gateway that got no answer cannot know whether its target has acted.
      if (answer.code === Exception.gatewayTarget)
        return { state: 'unknown', reason: exceptionText(answer.code) };
      return { state: 'refused', reason: exceptionText(answer.code) };
    case 'notSent':
      return failed(NOT_SENT[answer.why]);
    case 'timeout':
      return { state: 'unknown', reason: 'sent, but not answered in time' };
    case 'data':
      return { state: 'unknown', reason: 'answered as a read' };
    default:
      return { state: 'unknown', reason: `sent, then ${answer.reason}` };
  }
}

const NOT_SENT = {
  silent: 'the unit does not answer; not sent',
  expired: 'its time to live ran out before it could be sent',
  aborted: 'withdrawn before it was sent',
  closed: 'the connection is down; not sent',
} as const;

function requestOf(cell: Cell, raw: number | Value): Request {
  if (cell.table === 'coil') {
    const on = asBit(raw);
    return cell.address.multiple
      ? { code: 15, address: cell.at, bits: [on] }
      : { code: 5, address: cell.at, on };
  }
  if (cell.as !== 'bool') return registersOf(cell, encodeValue(cell, raw));
  const mask = 1 << (cell.address.bit ?? 0);
  // Result = (register AND and) OR (or AND NOT and): 6.16 of the specification.
  return { code: 22, address: cell.at, and: ~mask & 0xffff, or: asBit(raw) ? mask : 0 };
}

const registersOf = (cell: Cell, data: Uint8Array): Request => ({
  code: data.length === 2 && !cell.address.multiple ? 6 : 16,
  address: cell.at,
  data,
});

function asBit(raw: number | Value): boolean {
  if (typeof raw === 'boolean') return raw;
  if (raw === 0 || raw === 1) return raw === 1;
  throw new Error(`${String(raw)} is neither 0 nor 1`);
}

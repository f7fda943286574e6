import { Exception } from '#codec/modbus/pdu.ts';
import { readBit, readWord } from '#codec/modbus/registers.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Found } from '#plugin/api.ts';
import { TABLES, type Table } from '#sources/modbus/address.ts';
import type { Config } from '#sources/modbus/config.ts';
import { declaredRanges, mostOf, readOf } from '#sources/modbus/plan.ts';
import type { Answer, Bus } from '#wire/modbus/bus.ts';

interface Reach {
  readonly unit: number;
  readonly table: Table;
  readonly at: number;
  readonly count: number;
}

/** Looked at in a unit of which nothing is declared. */
const UNDECLARED = 100;

/**
 * What a device holds. Without `from` the declared ranges; with a unit (`3`) or a range (`3/holding/0-99`) just that,
 * one address at a time, because nobody has declared that they may be read together. Takes half of the request cap.
 * @throws Fault `modbus.browse` when `from` is neither, or absent with nothing declared
 */
export async function* browse(
  config: Config,
  units: readonly number[],
  bus: Bus,
  clock: Clock,
  from: string | undefined,
  signal: AbortSignal,
): AsyncIterable<Found> {
  const together = from === undefined;
  const reaches = together ? [...declaredRanges(config, units)] : parse(from);
  if (reaches.length === 0) throw nothingNamed();
  for (const reach of reaches) {
    const step = together ? mostOf(reach.table, config) : 1;
    for (let done = 0; done < reach.count; done += step) {
      await clock.sleep(1000 / config.requestsPerS, signal);
      const part = { ...reach, at: reach.at + done, count: Math.min(step, reach.count - done) };
      const answer = await bus.ask({ unit: part.unit, request: readOf(part), priority: 'browse', signal });
      if (answer.kind === 'data') yield* foundIn(part, answer.data);
      else if (ends(answer)) break;
    }
  }
}

const nothingNamed = (): Fault =>
  new Fault('modbus.browse', 'no range is declared that may be read', {
    retry: 'never',
    hint: 'Name a unit or a range, such as 1 or 1/holding/0-99, or declare `blocks` of the source.',
  });

/** The table is not there, or nobody is: no use in asking for the rest of it. */
const ends = (answer: Answer): boolean =>
  answer.kind !== 'exception' ||
  answer.code === Exception.illegalFunction ||
  answer.code >= Exception.gatewayPath;

function* foundIn(part: Reach, data: Uint8Array): Iterable<Found> {
  const bits = part.table === 'coil' || part.table === 'discrete';
  for (let i = 0; i < part.count; i++) {
    const at = part.at + i;
    yield {
      name: `${part.table} ${at}`,
      place: [`unit ${part.unit}`],
      address: { unit: part.unit, [part.table]: at },
      // What a register holds, alone or with its neighbours, only the manual tells: it is offered as it is.
      ...(bits && { type: 'boolean' as const }),
      value: bits ? readBit(data, i) : readWord(data, i * 2),
    };
  }
}

function parse(from: string): Reach[] {
  const match = /^(\d{1,3})(?:\/(holding|input|coil|discrete)\/(\d{1,5})(?:-(\d{1,5}))?)?$/.exec(from);
  const unit = Number(match?.[1]);
  const first = Number(match?.[3] ?? 0);
  const last = Number(match?.[4] ?? match?.[3] ?? UNDECLARED - 1);
  if (!match || unit > 255 || last > 65_535 || first > last) {
    throw new Fault('modbus.browse', `${from} names neither a unit nor a range`, {
      retry: 'never',
      hint: 'Write a unit, such as 3, or a range, such as 3/holding/0-99.',
    });
  }
  const tables = match[2] ? [match[2] as Table] : TABLES;
  return tables.map((table) => ({ unit, table, at: first, count: last - first + 1 }));
}

import type { ClientSession, DataValue, Variant } from 'node-opcua-client';
import type { Value } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { messageOf } from '#kernel/fault.ts';
import { Asking } from '#wire/opcua/asking.ts';
import type { Library } from '#wire/opcua/library.ts';
import { variantValue } from '#wire/opcua/values.ts';
import { within } from '#wire/opcua/within.ts';
import { requestEnded, writeEnded } from './outcome.ts';

const VALUE = 13;
const DATA_TYPE = 14;
const VALUE_RANK = 15;
const ARRAY = 1;
const MATRIX = 2;
/** Of ValueRank (OPC UA Part 3, 5.6.2); -2 is any, and from 1 on it is the number of dimensions. */
const Rank = { scalarOrOneDimension: -3, scalar: -1, oneOrMoreDimensions: 0 } as const;
/** Longest wait for the value read back: the tag takes no other write meanwhile. */
const READ_BACK_MS = 1000;

interface Kind {
  readonly type: number;
  /** ValueRank. */
  readonly rank: number;
}

/** One element of an array, or all of the value. */
export interface WriteTarget {
  readonly node: string;
  readonly index: number | undefined;
}

const failed = (reason: string): WriteResult => ({ state: 'failed', reason });

/** Carries out writes: once, before their deadline, or not at all. */
export class Writer {
  readonly #session: ClientSession;
  readonly #library: Library;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #kinds = new Map<string, Kind>();

  constructor(session: ClientSession, library: Library, clock: Clock, timeoutMs: number) {
    this.#session = session;
    this.#library = library;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Never rejects for what the server does. */
  async write(target: WriteTarget, command: Command, signal: AbortSignal): Promise<WriteResult> {
    if (this.#leftMs(command) <= 0) return failed(tooLate().message);
    let value: object;
    try {
      const kind = await within(this.#kind(target.node), this.#leftMs(command), tooLate, signal);
      value = this.#variant(kind, target, command.raw);
    } catch (error) {
      return failed(messageOf(error)); // nothing has left
    }
    if (this.#leftMs(command) <= 0 || signal.aborted) return failed(tooLate().message);
    const request = {
      nodeId: target.node,
      attributeId: VALUE,
      value: { value },
      ...(target.index !== undefined && { indexRange: `${target.index}` }),
    };
    const asking = new Asking('write', { deadlineUs: command.deadlineUs, signal });
    try {
      const work = () =>
        this.#session.write(request as never) as unknown as Promise<{ value: number; name: string }>;
      const status = await asking.within(work, this.#timeoutMs, noAnswer);
      if (status.value >>> 30 !== 0) return writeEnded(status.name);
      // Good with a reason: the server has taken it (Part 4, 5.10.4: GoodClamped, GoodCompletesAsynchronously).
      const reason = status.value === 0 ? {} : { reason: status.name };
      return { state: 'sent', ...reason, ...(await this.#readBack(target, command, signal)) };
    } catch (error) {
      return asking.held ? failed(messageOf(error)) : requestEnded(error);
    }
  }

  /** What the server has now. The write has been taken, whatever comes of this: nothing, where it does not say. */
  async #readBack(
    { node, index }: WriteTarget,
    command: Command,
    signal: AbortSignal,
  ): Promise<Pick<WriteResult, 'readBack'>> {
    const leftMs = Math.min(READ_BACK_MS, this.#leftMs(command));
    if (leftMs <= 0) return {};
    const asked = {
      nodeId: node,
      attributeId: VALUE,
      ...(index !== undefined && { indexRange: `${index}` }),
    };
    try {
      const work = this.#session.read(asked as never) as unknown as Promise<DataValue>;
      const { statusCode, value } = await within(work, leftMs, noAnswer, signal);
      if (statusCode.value >>> 30 !== 0) return {};
      const held = variantValue(value);
      const one = index !== undefined && Array.isArray(held) ? (held[0] as Value | undefined) : held;
      return one === null || one === undefined ? {} : { readBack: alike(one, command.raw) };
    } catch {
      return {};
    }
  }

  #leftMs(command: Command): number {
    return (command.deadlineUs - this.#clock.steadyUs()) / 1000;
  }

  /** Of a node, asked for once. @throws when the server does not say */
  async #kind(node: string): Promise<Kind> {
    const known = this.#kinds.get(node);
    if (known) return known;
    const [type, rank] = await this.#session.read([
      { nodeId: node, attributeId: DATA_TYPE },
      { nodeId: node, attributeId: VALUE_RANK },
    ]);
    if (!type || type.statusCode.isNotGood()) throw new Error(type?.statusCode.name ?? 'no data type');
    const kind = {
      type: (await this.#session.getBuiltInDataType(this.#library.coerceNodeId(node))) as number,
      rank: Number(rank?.value.value ?? Rank.scalar),
    };
    this.#kinds.set(node, kind);
    return kind;
  }

  #variant({ type, rank }: Kind, { index }: WriteTarget, raw: number | Value): object {
    if (index !== undefined && rank > ARRAY) throw new Error('the node holds a matrix: write all of it');
    const value = index === undefined ? raw : [raw];
    const dimensions = dimensionsOf(value);
    if (index === undefined) demandRank(rank, dimensions.length);
    const { Variant: VariantOf } = this.#library;
    const isArray = Array.isArray(value);
    return new VariantOf({
      dataType: type,
      arrayType: Math.min(dimensions.length, MATRIX),
      value: isArray
        ? flat(value, dimensions.length).map((one) => encodable(one, type))
        : encodable(value, type),
      ...(dimensions.length > 1 && { dimensions }),
    } as ConstructorParameters<typeof Variant>[0]);
  }
}

/** Lengths of arrays in arrays, from the outer one in. @throws Error where rows differ in length */
function dimensionsOf(value: number | Value): number[] {
  if (!Array.isArray(value)) return [];
  const [first = [], ...others] = (value as Value[]).map(dimensionsOf);
  if (others.some((one) => one.join() !== first.join()))
    throw new Error('the rows of the matrix differ in length');
  return [value.length, ...first];
}

const flat = (value: readonly Value[], depth: number): Value[] =>
  depth > 1 ? value.flatMap((row) => flat(row as readonly Value[], depth - 1)) : [...value];

/** @throws Error that says what to write instead */
function demandRank(rank: number, dimensions: number): void {
  if (rank > ARRAY && dimensions !== rank)
    throw new Error(`the node holds a matrix of ${rank} dimensions: give all of it, as arrays of rows`);
  if ((rank === ARRAY && dimensions !== 1) || (rank === Rank.oneOrMoreDimensions && dimensions === 0))
    throw new Error('the node holds an array: give one');
  if (rank === Rank.scalar && dimensions > 0) throw new Error('the node holds one value, not an array');
  if (rank === Rank.scalarOrOneDimension && dimensions > 1)
    throw new Error('the node holds one value or an array, not a matrix');
}

/** In the form of what was written: booleans as 0 and 1, and doubles where the tag holds doubles. */
function alike(held: number | Value, raw: number | Value): number | Value {
  if (typeof held === 'boolean') return Number(held);
  if (typeof held === 'bigint' && typeof raw === 'number') return Number(held);
  return typeof held === 'number' && typeof raw === 'bigint' && Number.isInteger(held) ? BigInt(held) : held;
}

const tooLate = (): Error => new Error('too late: its time to live was over');
const noAnswer = (): Error => new Error('sent, but the server did not answer in time');

/** Least and most of the whole numbers, by built-in type (Part 6, 5.1.2). */
const RANGES: Readonly<Record<number, readonly [bigint, bigint]>> = {
  2: [-128n, 127n],
  3: [0n, 255n],
  4: [-32_768n, 32_767n],
  5: [0n, 65_535n],
  6: [-2_147_483_648n, 2_147_483_647n],
  7: [0n, 4_294_967_295n],
  8: [-(2n ** 63n), 2n ** 63n - 1n],
  9: [0n, 2n ** 64n - 1n],
};
const BOOLEAN = 1;
const INT64 = 8;
const FLOAT = 10;
const DOUBLE = 11;
const STRING = 12;
const TIME = 13;
const BYTES = 15;
const LOCALIZED_TEXT = 21;

/** A value as the library wants it for a built-in type. @throws Error when it does not fit */
export function encodable(value: number | Value, type: number): unknown {
  const range = RANGES[type];
  if (range) return whole(value, type, range);
  if (type === BOOLEAN && (typeof value === 'boolean' || value === 0 || value === 1)) return Boolean(value);
  if ((type === FLOAT || type === DOUBLE) && (typeof value === 'number' || typeof value === 'bigint'))
    return Number(value);
  if (type === STRING && typeof value === 'string') return value;
  if (type === LOCALIZED_TEXT && typeof value === 'string') return { text: value };
  if (type === TIME && typeof value === 'string' && !Number.isNaN(Date.parse(value))) return new Date(value);
  if (type === BYTES && value instanceof Uint8Array) return Buffer.from(value);
  throw new Error(`${typeof value} does not fit the type of the node`);
}

function whole(value: number | Value, type: number, [least, most]: readonly [bigint, bigint]): unknown {
  // Scaling leaves dust behind the point.
  const rounded = typeof value === 'number' ? Math.round(value) : value;
  const isNear =
    typeof value !== 'number' || Math.abs(value - (rounded as number)) < 1e-6 * Math.max(1, Math.abs(value));
  if (typeof rounded === 'boolean' || !isNear || (typeof rounded !== 'number' && typeof rounded !== 'bigint'))
    throw new Error(`${String(value)} is no whole number`);
  if (typeof rounded === 'number' && !Number.isFinite(rounded)) throw new Error(`${rounded} is no number`);
  const big = BigInt(rounded);
  if (big < least || big > most) throw new Error(`${big} is out of the range of the node's type`);
  if (type < INT64) return Number(big);
  const bits = BigInt.asUintN(64, big);
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
}

import type { ClientSession, DataValue, HistoryReadResult } from 'node-opcua-client';
import { type Batch, BatchBuilder } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Library } from '#wire/opcua/library.ts';
import type { Item } from './items.ts';
import type { OperationLimits } from './limits.ts';
import { settle } from './rows.ts';
import { Slices } from './slices.ts';

/** A tag with a hole that the server may be able to fill. */
export interface HistoryPoint extends Pick<Item, 'tag' | 'type' | 'field'> {
  /** Node id of this session. */
  readonly node: string;
  /** Source times of what is kept on both sides of the hole, µs since 1970; both are left out. */
  readonly fromUs: number;
  readonly toUs: number;
}

/** Rows; then, for every point once, either that its hole is filled or what is left of it and why. */
export type HistoryStep =
  | { readonly kind: 'rows'; readonly batch: Batch }
  | { readonly kind: 'filled'; readonly tags: readonly number[] }
  | {
      readonly kind: 'left';
      readonly tag: number;
      readonly fromUs: number;
      readonly toUs: number;
      readonly why: string;
    };

export interface HistoryPorts {
  readonly session: Pick<ClientSession, 'read' | 'historyRead'>;
  readonly library: Library;
  readonly limits: Pick<OperationLimits, 'read' | 'historyRead'>;
  readonly clock: Clock;
}

/** Values of one node in one answer, and nodes in one request: an answer stays small, and so does what we hold. */
const MOST_VALUES = 1000;
const MOST_NODES = 10;
/** Answers without a value that a server may give one after the other before it is believed to give none. */
const MOST_EMPTY = 50;
const ACCESS_LEVEL = 17;
const USER_ACCESS_LEVEL = 18;
/** Bit of both (OPC UA Part 3, 8.57). */
const HISTORY_READ = 4;
const SOURCE_TIME = 0;
const BAD = 0x8000_0000;
const NO_POINT_LEFT = 'BadNoContinuationPoints';

/**
 * Reads the raw history (OPC UA Part 11, 6.5.3) of the holes, one request at a time, as late batches. Ends quietly with
 * what is left whatever the server refuses; rejects only with the signal's reason. Leaves no continuation point behind.
 */
export async function* readHistory(
  ports: HistoryPorts,
  points: readonly HistoryPoint[],
  signal: AbortSignal,
): AsyncGenerator<HistoryStep, void, undefined> {
  let open = [...points];
  try {
    const kept = await keepHistory(ports, open, signal);
    for (const point of open.filter((one) => !kept.has(one.tag)))
      yield leftOf(point, 'the server keeps no history of it');
    open = open.filter(({ tag }) => kept.has(tag));
    const slices = new Slices(Math.min(ports.limits.historyRead || MOST_NODES, MOST_NODES));
    while (open.length > 0) {
      const reading = new Reading(ports, open.slice(0, slices.most), slices, signal);
      open = open.slice(slices.most);
      yield* reading.steps();
    }
  } catch (error) {
    signal.throwIfAborted();
    for (const point of open) yield leftOf(point, messageOf(error));
  }
}

const leftOf = ({ tag, fromUs, toUs }: HistoryPoint, why: string): HistoryStep => ({
  kind: 'left',
  tag,
  fromUs,
  toUs,
  why,
});

/** Tags whose node has a history that this user may read. */
async function keepHistory(
  { session, limits }: HistoryPorts,
  points: readonly HistoryPoint[],
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const asked = points.flatMap(({ node }) =>
    [ACCESS_LEVEL, USER_ACCESS_LEVEL].map((attributeId) => ({ nodeId: node, attributeId })),
  );
  const answers = await new Slices(limits.read).all(asked, (slice) => session.read(slice), signal);
  const bits = answers.map((answer) => Number(answer.value.value ?? 0));
  const kept = points.filter((_, i) => ((bits[2 * i] ?? 0) & (bits[2 * i + 1] ?? 0) & HISTORY_READ) !== 0);
  return new Set(kept.map(({ tag }) => tag));
}

interface Course {
  readonly point: HistoryPoint;
  /** Up to where it is filled. */
  reachedUs: number;
  continuation: Buffer | undefined;
  empty: number;
}

/** The reading of a few nodes to their end. */
class Reading {
  readonly #ports: HistoryPorts;
  readonly #slices: Slices;
  readonly #signal: AbortSignal;
  #courses: Course[];
  readonly #alone: Course[] = [];
  readonly #builder = new BatchBuilder();

  constructor(ports: HistoryPorts, points: readonly HistoryPoint[], slices: Slices, signal: AbortSignal) {
    this.#ports = ports;
    this.#slices = slices;
    this.#signal = signal;
    this.#courses = points.map((point) => ({
      point,
      reachedUs: point.fromUs,
      continuation: undefined,
      empty: 0,
    }));
  }

  async *steps(): AsyncGenerator<HistoryStep, void, undefined> {
    try {
      while (this.#courses.length > 0) yield* this.#round(this.#courses, true);
      // A server has few continuation points: who got none is asked for alone, once the others have given theirs back.
      for (let course = this.#alone.shift(); course; course = this.#alone.shift()) {
        this.#courses = [course];
        while (this.#courses.length > 0) yield* this.#round(this.#courses, false);
      }
    } catch (error) {
      this.#signal.throwIfAborted();
      for (const course of [...this.#courses, ...this.#alone]) yield this.#left(course, messageOf(error));
      this.#courses = [];
    } finally {
      await this.#release();
    }
  }

  /** One request for each slice of the nodes that are not at their end. */
  async *#round(courses: readonly Course[], mayWait: boolean): AsyncGenerator<HistoryStep, void, undefined> {
    const results = await this.#slices.all(courses, (slice) => this.#ask(slice, false), this.#signal);
    const filled: number[] = [];
    const left: HistoryStep[] = [];
    const going: Course[] = [];
    for (const [i, course] of courses.entries()) {
      const result = results[i] as HistoryReadResult;
      this.#take(course, result);
      const { name, value } = result.statusCode;
      if (name === NO_POINT_LEFT && mayWait) this.#alone.push(course);
      else if (value >= BAD) left.push(this.#left(course, name));
      else if (course.continuation === undefined) filled.push(course.point.tag);
      else if (course.empty < MOST_EMPTY) going.push(course);
      else left.push(this.#left(course, 'the server promises more and gives nothing'));
    }
    this.#courses = going;
    const receivedUs = this.#ports.clock.nowUs();
    if (this.#builder.rows > 0) yield { kind: 'rows', batch: this.#builder.take({ receivedUs, late: true }) };
    yield* left;
    if (filled.length > 0) yield { kind: 'filled', tags: filled };
  }

  #take(course: Course, { historyData, continuationPoint }: HistoryReadResult): void {
    course.continuation = continuationPoint?.length ? continuationPoint : undefined;
    const values = ((historyData as { dataValues?: DataValue[] | null } | null)?.dataValues ??
      []) as DataValue[];
    const { tag, fromUs, toUs } = course.point;
    for (const value of values) {
      const timeUs = timeOf(value);
      if (timeUs <= fromUs || timeUs >= toUs) continue;
      const settled = settle(course.point, value.value, value.statusCode.value >>> 16);
      this.#builder.addValue(tag, timeUs, settled.wide ?? settled.value, settled.quality);
      course.reachedUs = Math.max(course.reachedUs, timeUs);
    }
    course.empty = values.length > 0 ? 0 : course.empty + 1;
  }

  #left({ point, reachedUs }: Course, why: string): HistoryStep {
    return leftOf({ ...point, fromUs: reachedUs }, why);
  }

  async #ask(courses: readonly Course[], release: boolean): Promise<HistoryReadResult[]> {
    const { library, session } = this.#ports;
    const points = courses.map(({ point }) => point);
    const request = new library.HistoryReadRequest({
      historyReadDetails: new library.ReadRawModifiedDetails({
        isReadModified: false,
        startTime: new Date(Math.floor(Math.min(...points.map(({ fromUs }) => fromUs)) / 1000)),
        endTime: new Date(Math.ceil(Math.max(...points.map(({ toUs }) => toUs)) / 1000)),
        numValuesPerNode: MOST_VALUES,
        returnBounds: false,
      }),
      timestampsToReturn: SOURCE_TIME,
      releaseContinuationPoints: release,
      nodesToRead: courses.map(({ point, continuation }) => ({
        nodeId: point.node,
        ...(continuation && { continuationPoint: continuation }),
      })),
    });
    return (await session.historyRead(request)).results ?? [];
  }

  async #release(): Promise<void> {
    const held = this.#courses.filter(({ continuation }) => continuation !== undefined);
    // A session that is gone has taken them along.
    if (held.length > 0) await this.#ask(held, true).catch(() => {});
  }
}

/** µs since 1970. */
function timeOf({ sourceTimestamp, sourcePicoseconds }: DataValue): number {
  if (!sourceTimestamp) return 0;
  return sourceTimestamp.getTime() * 1000 + Math.floor((sourcePicoseconds ?? 0) / 1e6);
}

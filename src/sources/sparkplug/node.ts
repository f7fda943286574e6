import { decodePayload } from '#codec/sparkplug/decode.ts';
import { malformed } from '#codec/sparkplug/message-reader.ts';
import { copy } from '#codec/sparkplug/metric-reader.ts';
import type { Metric, Payload } from '#codec/sparkplug/payload.ts';
import { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import { type BornMetric, bdSeqOf, bornMetric, deathSeq, memoryOf } from './born.ts';
import { dataInOrder, Held, type HeldMessage, isBehind, isPast, mayMissBirth, nextSeq } from './held.ts';
import type { NodePorts } from './node-ports.ts';
import { addMetric } from './rows.ts';
import type { MessageType } from './topic.ts';
import { Unit } from './unit.ts';

export type NodeState = 'unborn' | 'born' | 'dead';

/** Most messages of one node that wait for others. */
const MOST_HELD = 128;
/** A straggler is history for so long; later its number means another message. */
const STRAGGLER_US = 10e6;
/** However long they have waited. */
const AT_ONCE = Number.MAX_VALUE;
const EXACT = 'A number holds integers up to 2^53. Give the tag the type int64.';

/** An edge node as the host sees it (Sparkplug 3.0, 5.4 to 5.9, and 6.4.3 for the order). */
export class EdgeNode {
  readonly own: Unit;
  readonly devices = new Map<string, Unit>();
  state: NodeState = 'unborn';
  #hasSpoken = false;
  readonly #ports: NodePorts;
  #bdSeq: bigint | undefined;
  #next = 0;
  readonly #held = new Held();
  /** ms since 1970, by the node's clock; NaN without one. */
  #birthTime = Number.NaN;
  /** Devices that were there before the last birth of the node, and until when theirs is waited for. */
  #awaited = new Map<Unit, number>();
  /** Numbers given up as lost, and until when one that comes after all is taken for one of them. */
  readonly #lost = new Map<number, number>();

  constructor(group: string, node: string, ports: NodePorts) {
    this.own = new Unit(group, node, undefined);
    this.#ports = ports;
  }

  /** Bytes of messages that wait. */
  get heldBytes(): number {
    return this.#held.bytes;
  }

  /** A birth may be among what is missing: nobody knows just now what an alias means. */
  get mayBeReborn(): boolean {
    return (
      this.state === 'born' && this.#held.count > 0 && mayMissBirth(this.#next, this.#held.first(this.#next))
    );
  }

  *units(): Iterable<Unit> {
    yield this.own;
    yield* this.devices.values();
  }

  get tags(): readonly number[] {
    return [...this.units()].flatMap((unit) => unit.tags);
  }

  /** A message of this node; the bytes hold until the call returns. */
  message(
    type: MessageType,
    device: string | undefined,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (!this.#hasSpoken) this.#ports.heard(this);
    this.#hasSpoken = true;
    if (type === 'NBIRTH') this.#guarded(type, device, () => this.#birth(copy(bytes, start, end)));
    else if (type === 'NDEATH') this.#death(bytes.subarray(start, end));
    else this.#guarded(type, device, () => this.#sequenced(type, device, bytes, start, end));
  }

  /** A message above the limit: it is not known what was in it. */
  oversized(type: MessageType, device: string | undefined): void {
    this.#ports.told('sparkplug.too-large', this.#unitOf(device), { type });
    this.#undecodable(type);
  }

  /** A deadline is there. */
  due(nowUs: number): void {
    this.#giveUp(nowUs);
    for (const [unit, untilUs] of this.#awaited) {
      if (nowUs < untilUs) continue;
      this.#awaited.delete(unit);
      this.#stale(unit);
    }
    this.#rearm();
  }

  /** Points changed: what was born is bound anew. */
  rebind(): void {
    for (const unit of this.units()) this.#bind(unit);
  }

  /** The bytes of a node may be anything: they end no session. */
  #guarded(type: MessageType, device: string | undefined, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'sparkplug.malformed')) throw error;
      this.#ports.told('sparkplug.malformed', this.own, { reason: error.message });
      const unit = type === 'DBIRTH' ? this.devices.get(device as string) : undefined;
      if (unit?.isBorn) this.#stale(unit); // its aliases may mean something else now
      this.#undecodable('NDATA');
    }
  }

  #undecodable(type: MessageType): void {
    this.#ports.gap(this, undefined, 'undecodable');
    if (type === 'NDEATH') return;
    // Had it been a birth, aliases may mean something else now; its number is missed in any case.
    if (type === 'NBIRTH' || type === 'DBIRTH') this.#unborn();
    this.#ports.wantRebirth(this, 'a message could not be read');
  }

  #sequenced(type: MessageType, device: string | undefined, bytes: Uint8Array, start: number, end: number) {
    const { reader } = this.#ports;
    reader.open(bytes, start, end);
    // Encoders of proto3 leave a 0 out.
    const seq = Math.max(0, reader.seq);
    if (seq > 255) throw malformed(`a sequence number of ${seq}`);
    if (this.state === 'born' && seq === this.#next && this.#held.count === 0) {
      this.#next = nextSeq(seq);
      this.#apply(type, device);
      return;
    }
    if (this.state === 'born' && seq !== this.#next && this.#isStraggler(seq)) {
      if (type === 'NDATA' || type === 'DDATA') this.#apply(type, device, true);
      return;
    }
    this.#hold(type, device, seq, bytes, start, end);
  }

  #hold(
    type: MessageType,
    device: string | undefined,
    seq: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ) {
    const { reader, steadyUs, receivedUs, reorderUs, mayHold } = this.#ports;
    const { payloadTime: time, metrics } = reader;
    const isRoom = mayHold(end - start);
    const payload = isRoom ? copy(bytes, start, end) : EMPTY;
    const [sinceUs, untilUs] = [receivedUs(), steadyUs() + reorderUs()];
    const message = { type, device, seq, time, metrics, payload, expected: this.#next, sinceUs, untilUs };
    if (isRoom) this.#held.add(message);
    this.#drain();
    if (!isRoom || this.#held.count > MOST_HELD) this.#giveUp(AT_ONCE);
    if (!isRoom) this.#drop([message]);
    this.#rearm();
  }

  #isStraggler(seq: number): boolean {
    // Ahead, it is the message of the next time round.
    if (!isBehind(this.#next, seq)) return false;
    const untilUs = this.#lost.get(seq);
    this.#lost.delete(seq);
    return untilUs !== undefined && this.#ports.steadyUs() <= untilUs;
  }

  /** Works off what waited and is next now. */
  #drain(): void {
    if (this.state !== 'born') return;
    for (;;) {
      const message = this.#held.take(this.#next);
      if (!message) return;
      this.#next = nextSeq(this.#next);
      this.#applyHeld(message);
    }
  }

  #applyHeld({ type, device, payload }: HeldMessage): void {
    this.#guarded(type, device, () => {
      this.#ports.reader.open(payload, 0, payload.length);
      this.#apply(type, device);
    });
  }

  /** What is missing before messages that have waited long enough does not come any more. */
  #giveUp(nowUs: number): void {
    const isOver = ({ untilUs }: HeldMessage) => untilUs <= nowUs;
    if (this.#held.untilUs > nowUs) return;
    if (this.state !== 'born') {
      this.#drop(this.#held.takeAll(isOver));
      this.#ports.wantRebirth(this, 'data before its birth');
      return;
    }
    this.#drop(
      this.#held.takeAll((message) => isOver(message) && isPast(message, this.#next, this.#birthTime)),
    );
    if (this.#held.untilUs > nowUs) return;
    this.#release(nowUs);
    this.#ports.wantRebirth(this, 'messages were lost');
  }

  /** Goes on behind what is missing; where that may have been a birth, aliases are not trusted any more. */
  #release(nowUs: number): void {
    while (this.#held.untilUs <= nowUs) {
      const first = this.#held.first(this.#next);
      this.#ports.gap(this, undefined, 'device-overflow', this.#held.sinceUs);
      if (mayMissBirth(this.#next, first)) {
        this.#unborn();
        this.#drop(this.#held.clear());
        return;
      }
      const untilUs = this.#ports.steadyUs() + STRAGGLER_US;
      for (let seq = this.#next; seq !== first; seq = nextSeq(seq)) this.#lost.set(seq, untilUs);
      this.#next = first;
      this.#drain();
    }
  }

  /** Messages that nobody can read without their birth. */
  #drop(messages: readonly HeldMessage[]): void {
    const count = messages.reduce((sum, { metrics }) => sum + metrics, 0);
    if (count > 0) this.#ports.gap(this, count, 'undecodable', messages[0]?.sinceUs);
  }

  /** The message that the reader has open, in its turn. */
  #apply(type: MessageType, device: string | undefined, isLate = false): void {
    if (type === 'NDATA') this.#rows(this.own, isLate);
    else if (type === 'DDATA') this.#deviceData(device as string, isLate);
    else if (type === 'DBIRTH') this.#deviceBirth(device as string);
    else if (type === 'DDEATH') this.#deviceDeath(device as string);
  }

  #deviceData(device: string, isLate: boolean): void {
    const unit = this.devices.get(device);
    if (unit?.isBorn) return void this.#rows(unit, isLate);
    this.#ports.gap(unit ?? this, this.#ports.reader.metrics, 'undecodable');
    this.#ports.wantRebirth(this, `data of device ${device} before its birth`);
  }

  #rows(unit: Unit, isLate: boolean): void {
    const { rows, late, reader } = this.#ports;
    const payloadTime = reader.payloadTime;
    let unknown = 0;
    while (reader.next()) {
      const slot = unit.find(reader);
      if (!slot) {
        unknown++;
        continue;
      }
      if (!slot.to) continue;
      const timeUs = Math.round((Number.isNaN(reader.time) ? payloadTime : reader.time) * 1000);
      const isTime = timeUs > 0 && timeUs <= Number.MAX_SAFE_INTEGER;
      const isNow = !isLate && !reader.isHistorical;
      const isInexact = addMetric(
        isNow ? rows : late,
        slot.to,
        slot,
        isTime ? timeUs : this.#ports.receivedUs(),
        isTime || Number.isNaN(timeUs) ? Quality.good : Quality.uncertain,
        reader,
        isNow,
      );
      if (isInexact) this.#ports.told('sparkplug.not-exact', unit, { metric: slot.metric.name, hint: EXACT });
    }
    if (unknown === 0) return;
    this.#ports.gap(unit, unknown, 'undecodable');
    this.#ports.wantRebirth(this, `${unknown} metrics that no birth named`);
  }

  #birth(bytes: Uint8Array): void {
    let payload: Payload;
    try {
      payload = decodePayload(bytes);
    } catch (error) {
      this.#unborn();
      throw error;
    }
    const { seq = 0, timestamp = Number.NaN } = payload;
    this.#before(this.#held.notAfter(seq & 0xff, timestamp), timestamp);
    const wasThere = [...this.devices.values()].filter((unit) => unit.isBorn);
    this.state = 'born';
    this.#bdSeq = bdSeqOf(payload.metrics);
    this.#next = nextSeq(seq & 0xff);
    this.#birthTime = timestamp;
    this.#lost.clear();
    // Devices are born after their node, each time (5.9); one that was there is not called away before that is due.
    for (const unit of this.devices.values()) unit.dead();
    for (const unit of wasThere) this.#awaited.set(unit, this.#ports.steadyUs() + this.#ports.reorderUs());
    this.#ports.born(this);
    this.#born(this.own, payload.metrics, bytes);
    this.#drain();
    this.#rearm();
  }

  /** Reads what waited and was sent before a birth or death; what may be of after it is not read with old aliases. */
  #before(waited: readonly HeldMessage[], endTime: number): void {
    const isOld = ({ time }: HeldMessage) => this.state === 'born' && !(time > endTime);
    const old = waited.filter(isOld);
    if (old.length > 0) this.#ports.gap(this, undefined, 'device-overflow', old[0]?.sinceUs);
    for (const message of dataInOrder(old, this.#next)) this.#applyHeld(message);
    this.#drop(waited.filter((message) => !isOld(message)));
  }

  #deviceBirth(device: string): void {
    const known = this.devices.get(device);
    if (!known && !this.#ports.mayGrow()) {
      this.#ports.told('sparkplug.too-many', this.own, { device });
      return;
    }
    const unit = known ?? new Unit(this.own.group, this.own.node, device);
    this.devices.set(device, unit);
    this.#awaited.delete(unit);
    const { reader } = this.#ports;
    const bytes = copy(reader.bytes, reader.from, reader.to);
    try {
      this.#born(unit, decodePayload(bytes).metrics, bytes);
    } catch (error) {
      this.#stale(unit);
      throw error;
    }
  }

  /** @param bytes of the birth, which is also the first message with values */
  #born(unit: Unit, metrics: readonly Metric[], bytes: Uint8Array): void {
    unit.bornBytes = 0;
    const needed = memoryOf(metrics, bytes);
    if (!this.#ports.mayKnow(unit, needed)) {
      this.#ports.told('sparkplug.too-many', unit, { metrics: metrics.length });
      return void this.#stale(unit);
    }
    unit.bornBytes = needed;
    const ambiguous = unit.born(metrics.map(bornMetric).filter((metric): metric is BornMetric => !!metric));
    if (ambiguous.length > 0) {
      this.#ports.told('sparkplug.alias-twice', unit, { metrics: ambiguous.slice(0, 10).join(', ') });
    }
    this.#bind(unit);
    this.#ports.reader.open(bytes, 0, bytes.length);
    this.#rows(unit, false);
  }

  #bind(unit: Unit): void {
    const missing = this.#ports.bind(unit);
    if (!unit.isBorn) return;
    for (const tag of missing) {
      this.#ports.rows.add(tag, this.#ports.receivedUs(), Number.NaN, Quality.badNodeUnknown);
    }
  }

  #deviceDeath(device: string): void {
    const unit = this.devices.get(device);
    if (unit && (unit.isBorn || this.#awaited.delete(unit))) this.#stale(unit);
  }

  /** The broker tells the will of a node. A late one of a session before names another `bdSeq` (6.4.21). */
  #death(bytes: Uint8Array): void {
    const bdSeq = deathSeq(bytes);
    const isOld = this.state === 'born' && bdSeq !== undefined && bdSeq !== this.#bdSeq;
    if (isOld && this.#bdSeq !== undefined) return;
    this.#before(this.#held.clear(), Number.NaN); // the time in a will is that of its connection
    if (this.state === 'dead') return;
    if (this.state === 'born') this.#ports.told('sparkplug.node-died', this.own, {});
    this.#leave('dead');
    this.#ports.settled(this);
    this.#rearm();
  }

  #unborn(): void {
    if (this.state === 'born') this.#leave('unborn');
  }

  /** Nothing is known of the node until its next birth. */
  #leave(state: 'unborn' | 'dead'): void {
    this.state = state;
    this.#awaited.clear();
    for (const unit of this.units()) this.#stale(unit);
  }

  #stale(unit: Unit): void {
    unit.dead();
    const { rows, receivedUs } = this.#ports;
    for (const tag of unit.tags) rows.add(tag, receivedUs(), Number.NaN, Quality.badNoCommunication);
  }

  #unitOf(device: string | undefined): Unit {
    return (device === undefined ? undefined : this.devices.get(device)) ?? this.own;
  }

  #rearm(): void {
    const atUs = [...this.#awaited.values()].reduce((a, b) => Math.min(a, b), this.#held.untilUs);
    this.#ports.deadline(this, atUs);
  }
}

const EMPTY = new Uint8Array(0);

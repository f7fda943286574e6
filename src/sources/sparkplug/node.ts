import { decodePayload } from '#codec/sparkplug/decode.ts';
import { copy } from '#codec/sparkplug/metric-reader.ts';
import type { Metric, Payload } from '#codec/sparkplug/payload.ts';
import { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import { type BornMetric, bdSeqOf, bornMetric, deathSeq } from './born.ts';
import { Held, type HeldMessage, nextSeq } from './held.ts';
import type { NodePorts } from './node-ports.ts';
import { addMetric } from './rows.ts';
import type { MessageType } from './topic.ts';
import { Unit } from './unit.ts';

export type NodeState = 'unborn' | 'born' | 'dead';

/** Most messages of one node that wait for others. */
const MOST_HELD = 128;
/** A straggler is history for so long; later its number means another message. */
const STRAGGLER_US = 10e6;

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
  /** Wall clock at the arrival of the first message that waits, or waited last. */
  #heldSinceUs = 0;
  /** Steady time at which the wait for what is missing ends. */
  #giveUpUs = Number.POSITIVE_INFINITY;
  /** Devices that were there before the last birth of the node, and until when theirs is waited for. */
  #awaited = new Set<Unit>();
  #awaitedUs = Number.POSITIVE_INFINITY;
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
    if (type === 'NBIRTH') this.#guarded(() => this.#birth(copy(bytes, start, end)));
    else if (type === 'NDEATH') this.#death(bytes.subarray(start, end));
    else this.#guarded(() => this.#sequenced(type, device, bytes, start, end));
  }

  /** A message above the limit: it is not known what was in it. */
  oversized(type: MessageType, device: string | undefined): void {
    this.#ports.told('sparkplug.too-large', this.#unitOf(device), { type });
    this.#undecodable(type);
  }

  /** A deadline is there. */
  due(nowUs: number): void {
    if (nowUs >= this.#giveUpUs) this.#giveUp();
    if (nowUs >= this.#awaitedUs) {
      this.#awaitedUs = Number.POSITIVE_INFINITY;
      for (const unit of this.#awaited) this.#stale(unit);
      this.#awaited = new Set();
    }
    this.#rearm();
  }

  /** Points changed: what was born is bound anew. */
  rebind(): void {
    for (const unit of this.units()) this.#bind(unit);
  }

  /** The bytes of a node may be anything: they end no session. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'sparkplug.malformed')) throw error;
      this.#ports.told('sparkplug.malformed', this.own, { reason: error.message });
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
    if (this.state === 'born' && seq === this.#next && this.#held.count === 0) {
      this.#next = nextSeq(seq);
      this.#apply(type, device);
      return;
    }
    const { payloadTime: time, metrics } = reader;
    if (this.state === 'born' && seq !== this.#next && this.#isStraggler(seq)) {
      if (type === 'NDATA' || type === 'DDATA') this.#apply(type, device, true);
      return;
    }
    if (!this.#ports.mayHold(end - start)) {
      this.#giveUp();
      this.#drop([{ type, device, seq, time, metrics, payload: EMPTY }]);
      return;
    }
    if (this.#held.count === 0) this.#heldSinceUs = this.#ports.receivedUs();
    this.#held.add({ type, device, seq, time, metrics, payload: copy(bytes, start, end) });
    this.#drain();
    if (this.#held.count > MOST_HELD) this.#giveUp();
    this.#rearm();
  }

  #isStraggler(seq: number): boolean {
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
    this.#guarded(() => {
      this.#ports.reader.open(payload, 0, payload.length);
      this.#apply(type, device);
    });
  }

  /** What is missing does not come any more. */
  #giveUp(): void {
    this.#giveUpUs = Number.POSITIVE_INFINITY;
    if (this.#held.count === 0) return;
    if (this.state !== 'born') {
      this.#drop(this.#held.clear());
      this.#ports.wantRebirth(this, 'data before its birth');
      return;
    }
    this.#release();
    this.#ports.wantRebirth(this, 'messages were lost');
  }

  /** Goes on behind what is missing; where that may have been a birth, aliases are not trusted any more. */
  #release(): void {
    while (this.#held.count > 0) {
      const first = this.#held.first(this.#next);
      this.#ports.gap(this, undefined, 'device-overflow', this.#heldSinceUs);
      // A birth has the number 0 (6.4.3): is that among the missing?
      if (first < this.#next || this.#next === 0) {
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
    if (count > 0) this.#ports.gap(this, count, 'undecodable', this.#heldSinceUs);
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
    if (unit?.isBorn) {
      this.#rows(unit, isLate);
      return;
    }
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
      addMetric(
        isNow ? rows : late,
        slot.to,
        slot,
        isTime ? timeUs : this.#ports.receivedUs(),
        isTime || Number.isNaN(timeUs) ? Quality.good : Quality.uncertain,
        reader,
        isNow,
      );
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
    const seq = payload.seq ?? 0;
    const old = this.#held.before(seq, payload.timestamp ?? Number.NaN);
    if (this.state === 'born') for (const message of this.#inOrder(old)) this.#applyHeld(message);
    else this.#drop(old);
    const wasThere = [...this.devices.values()].filter((unit) => unit.isBorn);
    this.state = 'born';
    this.#bdSeq = bdSeqOf(payload.metrics);
    this.#next = nextSeq(seq);
    this.#lost.clear();
    // Devices are born after their node, each time (5.9); one that was there is not called away before that is due.
    for (const unit of this.devices.values()) unit.dead();
    for (const unit of wasThere) this.#awaited.add(unit);
    if (wasThere.length > 0) this.#awaitedUs = this.#ports.steadyUs() + this.#ports.reorderUs();
    this.#ports.settled(this);
    this.#born(this.own, payload.metrics, bytes);
    this.#drain();
    this.#rearm();
  }

  /** Old messages in the order of their numbers, so far as they can be told. */
  #inOrder(old: readonly HeldMessage[]): readonly HeldMessage[] {
    if (old.length > 0) this.#ports.gap(this, undefined, 'device-overflow', this.#heldSinceUs);
    const place = ({ seq }: HeldMessage) => (seq - this.#next) & 0xff;
    return old.filter(({ type }) => type === 'NDATA' || type === 'DDATA').sort((a, b) => place(a) - place(b));
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
    if (this.state === 'born')
      for (const message of this.#inOrder(this.#held.clear())) this.#applyHeld(message);
    else this.#drop(this.#held.clear());
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
    this.#awaited = new Set();
    this.#awaitedUs = Number.POSITIVE_INFINITY;
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
    if (this.#held.count === 0) this.#giveUpUs = Number.POSITIVE_INFINITY;
    else if (this.#giveUpUs === Number.POSITIVE_INFINITY) {
      this.#giveUpUs = this.#ports.steadyUs() + this.#ports.reorderUs();
    }
    const atUs = Math.min(this.#giveUpUs, this.#awaitedUs);
    this.#ports.deadline(this, atUs);
  }
}

const EMPTY = new Uint8Array(0);

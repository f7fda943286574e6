// Long because one state machine is easier to hold whole; its parts are split off beside it.
import type { CompileCondition } from '#decide/api.ts';
import type {
  AssetMode,
  Guard,
  GuardedTag,
  GuardPorts,
  PresentOf,
  WriteOutcome,
  WriteRequest,
  WriteState,
} from '#guard/api.ts';
import { Assets, type AssetsSnapshot } from '#guard/assets.ts';
import { forgottenTags, hasChanged } from '#guard/change.ts';
import { CHECKS, firstNo, type No, REPEAT_CHECKS, SAFE_VALUE_CHECKS } from '#guard/checks.ts';
import {
  type Answer,
  effectSeen,
  type Flight,
  graver,
  isUnanswered,
  mayHelp,
  newFlight,
  noEffect,
  pauseUs,
} from '#guard/flight.ts';
import { Interlocks } from '#guard/interlocks.ts';
import { isLeasable, type Lease, type LeaseSnapshot, Leases, sameAsker } from '#guard/leases.ts';
import { concerning, fromRejection, pathOf, readBackOf, takeOver } from '#guard/outcome.ts';
import { type Ask, Plant, rights, type Situation } from '#guard/situation.ts';
import { rawValue, sameValue, typedValue } from '#guard/values.ts';
import type { Batch, Value } from '#kernel/batch.ts';
import type { Asker } from '#kernel/command.ts';
import type { Json } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** Writes on their way at once; what is asked beyond them is refused as busy, so memory stays bounded. */
const MOST_FLIGHTS = 1000;
/** After the deadline a source gets this long to say whether the aborted command had left. */
const ABORT_GRACE_US = 100_000;

/**
 * The way to the machines: every write of the site passes here. The checks and their order are in checks.ts.
 *
 * - One unanswered write a tag; another one of a person is busy. A rule asks at its edges and never again: its newest
 *   write waits for the answer, passes all checks once more and leaves within its time to live, or else the machine
 *   would go on as the edge before had left it. A rule that asks again for what is on its way joins it. While only the
 *   effect is awaited a newer write takes over, and the older one ends as unknown.
 * - A rule may write again what is confirmed already: the device may have been restarted or set by hand.
 * - A tag that declares a lease is held by whoever writes it, for `leaseMs` or the longest time allowed. The safe
 *   value follows when the time is over or the lease is given back. It is a level and no pulse: when it does not get
 *   through it is owed, and tried again as a new command, until it is sent, somebody else writes, or nobody may.
 * - Tag-out and out of service end the leases below them at once, without a safe value: hands off means all hands.
 * - An idempotent write that failed, or of which nobody knows, or whose source was down, is sent again with growing
 *   pauses as long as it lives and every check but the rate still lets it pass. A newer write takes over in a pause.
 *   Nothing else is ever sent twice; safe values are owed, as said above, over a restart too.
 * - A command that a source does not answer within its time to live is aborted; no answer then means unknown.
 *
 * Batches are to be observed before the writes that were decided on them are asked for.
 *
 * @param tags all tags that may be asked for, with their limits
 * @param snapshot of an earlier run: modes, tag-outs, leases. Leases whose time has passed end with the first `advance`
 * @throws Fault `guard.interlock` when an interlock does not compile; the site file was to be checked before
 */
export function createGuard(
  tags: readonly GuardedTag[],
  ports: GuardPorts,
  compile: CompileCondition,
  table: TagTable,
  snapshot?: Json,
): Guard {
  return new SiteGuard(tags, ports, new Interlocks(tags, compile, table), table, snapshot);
}

interface GuardSnapshot extends AssetsSnapshot {
  readonly leases: readonly LeaseSnapshot[];
}

class SiteGuard implements Guard {
  #tags: ReadonlyMap<number, GuardedTag>;
  readonly #ports: GuardPorts;
  readonly #table: TagTable;
  readonly #plant: Plant;
  readonly #assets: Assets;
  readonly #leases = new Leases();
  /** The newest write of each tag that has not ended. */
  readonly #flights = new Map<number, Flight>();
  /** By tag: the newest write of a rule, while the one before it has not been answered. None where nothing is. */
  readonly #waiting = new Map<number, { readonly flight: Flight; readonly ask: Ask }>();
  #lastId: number;

  constructor(
    tags: readonly GuardedTag[],
    ports: GuardPorts,
    interlocks: Interlocks,
    table: TagTable,
    snapshot: Json | undefined,
  ) {
    const kept = (snapshot ?? undefined) as GuardSnapshot | undefined;
    this.#tags = new Map(tags.map((tag) => [tag.tag, tag]));
    this.#ports = ports;
    this.#table = table;
    this.#plant = new Plant(tags, interlocks);
    this.#assets = new Assets(
      tags.map((tag) => tag.asset),
      kept,
    );
    this.#leases.restore(kept?.leases ?? [], tags);
    // The steady clock never runs backwards across restarts, so ids ascend without being kept anywhere.
    this.#lastId = ports.steadyUs();
  }

  observe(batch: Batch, atUs: number): void {
    if (batch.late) return;
    this.#plant.observe(batch, atUs);
    for (const flight of [...this.#flights.values()]) this.#lookForEffect(flight);
  }

  write(request: WriteRequest): Promise<WriteOutcome> {
    const tag = this.#tags.get(request.tag);
    if (!tag) return this.#unknownTag(request);
    const ask = asksFor(tag, request);
    const { no, repeats, waitsFor } = this.#judge(tag, ask);
    if (no || ask.value === undefined) return this.#refuse(ask, no);
    if (waitsFor !== undefined) return this.#wait(ask, ask.value, waitsFor);
    if (!repeats) return this.#launch(ask, ask.value);
    this.#overtake(tag.tag, `write ${repeats.command.id}, which is on its way, was asked for again`);
    repeats.lease = this.#takeLease(ask);
    return repeats.promise;
  }

  check(request: WriteRequest): No | undefined {
    const tag = this.#tags.get(request.tag);
    if (!tag) return unknownTag(this.#table, request.tag).no;
    return this.#judge(tag, asksFor(tag, request)).no;
  }

  /** What is said of a write now: refused, the same as one on its way, to wait for that, or neither. */
  #judge(tag: GuardedTag, ask: Ask) {
    const running = this.#flights.get(tag.tag);
    const repeats = running !== undefined && isRepeat(running, ask) ? running : undefined;
    const busy = repeats ? undefined : this.#busyReason(tag);
    const waits = ask.by.kind === 'rule' && busy !== undefined && this.#isUnanswered(tag);
    const no = firstNo(CHECKS, this.#situation(ask, waits ? undefined : busy));
    return { no, repeats, waitsFor: waits ? busy : undefined };
  }

  release(by: Asker): void {
    const nowUs = this.#ports.steadyUs();
    for (const { flight } of [...this.#waiting.values()]) {
      const { tag, command } = flight;
      if (isLeasable(tag) && sameAsker(command.by, by)) this.#overtake(tag.tag, 'its lease was given back');
    }
    for (const lease of this.#leases) {
      if (lease.attempts === 0 && sameAsker(lease.by, by)) this.#leases.end(lease, nowUs, 'given back');
    }
    this.#runLeases(nowUs);
  }

  advance(atUs: number): void {
    for (const flight of [...this.#flights.values()]) {
      if (atUs >= flight.timerUs) this.#timeUp(flight, atUs);
    }
    this.#goOn(atUs);
  }

  get nextUs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const flight of this.#flights.values()) next = Math.min(next, flight.timerUs);
    for (const { flight } of this.#waiting.values()) next = Math.min(next, flight.timerUs);
    if (this.#ports.shadow) return next;
    for (const lease of this.#leases)
      if (!this.#isUnanswered(lease.tag)) next = Math.min(next, lease.untilUs);
    return next;
  }

  setMode(asset: string, mode: AssetMode, by: string): void {
    this.#assets.setMode(asset, mode);
    this.#handsOff(`out of service by ${by}`);
  }

  tagOut(asset: string, by: string, why: string): void {
    this.#assets.hang(asset, by, why);
    this.#handsOff(`tagged out by ${by}`);
  }

  removeTagOut(asset: string, by: string): void {
    this.#assets.remove(asset, by);
    this.#save();
  }

  reconfigure(
    tags: readonly GuardedTag[],
    present: PresentOf = () => undefined,
    changed: ReadonlySet<number> = new Set(),
  ): Promise<void> {
    const next = new Map(tags.map((tag) => [tag.tag, tag]));
    const forgotten = forgottenTags(this.#tags, next, changed);
    const safeValues: Promise<WriteOutcome>[] = [];
    this.#plant.reconfigure(tags, present, forgotten, () => {
      const old = [...this.#tags.values()].filter((tag) => hasChanged(tag, next.get(tag.tag), forgotten));
      for (const tag of old) safeValues.push(...this.#letGo(tag, next.get(tag.tag)));
      return old.map((tag) => tag.tag);
    });
    this.#tags = next;
    this.#assets.reconfigure(tags.map((tag) => tag.asset));
    this.#save();
    return Promise.all(safeValues).then(() => {});
  }

  assets(): ReturnType<Guard['assets']> {
    return this.#assets.list();
  }

  snapshot(): Json {
    return { ...this.#assets.snapshot(), leases: this.#leases.snapshot() };
  }

  #save(): void {
    this.#ports.save(this.snapshot());
  }

  #situation(ask: Ask, busy: string | undefined): Situation {
    const plant = this.#plant.look(ask.tag, this.#ports.steadyUs());
    return { ...ask, ...rights(ask.tag, this.#ports, this.#assets, this.#leases), ...plant, busy };
  }

  #isUnanswered(tag: GuardedTag): boolean {
    const flight = this.#flights.get(tag.tag);
    return flight !== undefined && isUnanswered(flight);
  }

  #busyReason(tag: GuardedTag): string | undefined {
    const running = this.#flights.get(tag.tag);
    if (running && isUnanswered(running)) {
      const { id, by } = running.command;
      return `write ${id} to ${tag.path} by ${by.kind} ${by.name} has not been answered yet`;
    }
    if (running || this.#flights.size < MOST_FLIGHTS) return undefined;
    return `${MOST_FLIGHTS} writes are on their way, the most at once`;
  }

  #unknownTag({ tag, value, by, why }: WriteRequest): Promise<WriteOutcome> {
    const id = ++this.#lastId;
    const { path, no } = unknownTag(this.#table, tag);
    const outcome = { id, tag, path: path ?? '', value, by, why, ...no } as const;
    this.#ports.record('refused', outcome);
    return Promise.resolve({ ...outcome, state: 'refused', tookMs: 0 });
  }

  #refuse({ tag, asked, by, why }: Ask, no: No | undefined): Promise<WriteOutcome> {
    const id = ++this.#lastId;
    const outcome = { id, tag: tag.tag, path: tag.path, value: asked, by, why, ...no };
    this.#ports.record('refused', outcome);
    return Promise.resolve({ ...outcome, state: 'refused', tookMs: 0 });
  }

  /** The write has passed: its intent is recorded, and it leaves now or as soon as the intent is durable. */
  #launch(ask: Ask, value: number | Value): Promise<WriteOutcome> {
    const flight = this.#flightOf(ask, value);
    this.#depart(flight, ask);
    this.#ports.record('intent', { ...concerning(flight), ...takeOver(flight.leaseBefore, ask.by) });
    void (ask.by.kind === 'operator' || ask.by.kind === 'remote'
      ? this.#sendOnceDurable(flight)
      : this.#send(flight));
    return flight.promise;
  }

  #flightOf({ tag, by, why }: Ask, value: number | Value): Flight {
    const nowUs = this.#ports.steadyUs();
    const id = ++this.#lastId;
    const deadlineUs = nowUs + tag.ttlMs * 1000;
    const raw = rawValue(tag, value);
    return newFlight({ id, tag: tag.tag, value, raw, by, why, deadlineUs }, tag, nowUs);
  }

  /** From here on it is the one write of its tag that is on its way. */
  #depart(flight: Flight, ask: Ask): void {
    const { tag, command } = flight;
    this.#supersede(tag.tag, command.id);
    flight.leaseBefore = this.#leases.get(tag.tag);
    flight.lease = this.#takeLease(ask);
    flight.stage = 'intent';
    this.#flights.set(tag.tag, flight);
  }

  /** The write has passed, but one to its tag has not been answered. What waited until now was older. */
  #wait(ask: Ask, value: number | Value, busy: string): Promise<WriteOutcome> {
    const flight = this.#flightOf(ask, value);
    this.#overtake(ask.tag.tag, `write ${flight.command.id} came`);
    this.#waiting.set(ask.tag.tag, { flight, ask });
    this.#ports.record('intent', { ...concerning(flight), reason: `waits: ${busy}` });
    return flight.promise;
  }

  #overtake(tag: number, by: string): void {
    const waiting = this.#waiting.get(tag);
    if (!waiting) return;
    this.#end(waiting.flight, 'refused', { refusal: 'overtaken', reason: `not sent: ${by} first` });
  }

  /** Sends what has waited where nothing is in its way any more; never later than its time to live allows. */
  #runWaiting(nowUs: number): void {
    for (const { flight, ask } of [...this.#waiting.values()]) {
      const isBlocked = this.#isUnanswered(flight.tag);
      const { deadlineUs } = flight.command;
      if (nowUs > deadlineUs || (isBlocked && nowUs === deadlineUs)) this.#expire(flight);
      else if (!isBlocked) this.#sendAtLast(flight, ask);
    }
  }

  #sendAtLast(flight: Flight, ask: Ask): void {
    // The plant went on meanwhile: what held when it was asked for need not hold now.
    const no = firstNo(CHECKS, this.#situation(ask, this.#busyReason(flight.tag)));
    if (no) {
      this.#end(flight, 'refused', no);
      return;
    }
    this.#waiting.delete(flight.tag.tag);
    this.#depart(flight, ask);
    void this.#send(flight);
  }

  /** After the end or the answer of a write: the safe values that it kept from leaving, then what waited for it. */
  #goOn(nowUs: number): void {
    this.#runLeases(nowUs);
    this.#runWaiting(nowUs);
  }

  /** A tag with a lease is held by whoever writes it; without a time of his own, for the longest one allowed. */
  #takeLease({ tag, by, leaseMs }: Ask): Lease | undefined {
    if (!isLeasable(tag)) return undefined;
    if (by.kind === 'lease') {
      this.#leases.delete(tag.tag);
      this.#save();
      return undefined;
    }
    const untilUs = this.#ports.steadyUs() + (leaseMs ?? tag.lease.maxMs) * 1000;
    const lease: Lease = { tag, by, untilUs, attempts: 0 };
    this.#leases.put(lease);
    this.#save();
    return lease;
  }

  async #sendOnceDurable(flight: Flight): Promise<void> {
    const no = await this.#untilDurable();
    if (flight.stage !== 'intent') return;
    // The plant went on while the disk was busy: what held then need not hold now.
    const { tag, command } = flight;
    const ask: Ask = { ...command, tag, asked: command.value, leaseMs: undefined };
    const refused = no ?? firstNo(CHECKS, this.#situation(ask, undefined));
    if (!refused) return this.#send(flight);
    this.#end(flight, 'refused', refused);
    this.#goOn(this.#ports.steadyUs());
  }

  async #untilDurable(): Promise<No | undefined> {
    try {
      await this.#ports.durable();
      return undefined;
    } catch (error) {
      return { refusal: 'not-durable', reason: `the intent is not on disk: ${messageOf(error)}` };
    }
  }

  async #send(flight: Flight): Promise<void> {
    const { command, tag } = flight;
    const nowUs = this.#ports.steadyUs();
    if (nowUs > command.deadlineUs) {
      this.#expire(flight);
      this.#goOn(nowUs);
      return;
    }
    flight.stage = 'sending';
    flight.attempts++;
    if (tag.feedback) flight.feedbackRows = this.#plant.present.rowsOf(tag.feedback.tag);
    this.#plant.written.left(tag, command.value, nowUs);
    const sent = Promise.try(() => this.#ports.send(command, flight.abort.signal));
    const { result, sourceDown } = await sent.then(
      (result) => ({ result, sourceDown: false }),
      fromRejection,
    );
    this.#answered(flight, sourceDown ? { ...result, refusal: 'source-down' } : result);
  }

  #answered(flight: Flight, answer: Answer): void {
    if (flight.stage !== 'sending') return;
    const { tag, command } = flight;
    const nowUs = this.#ports.steadyUs();
    this.#plant.written.answered(tag, this.#plant.present);
    if (answer.state === 'refused' || answer.state === 'failed') this.#plant.written.neverTook(tag.tag);
    flight.answer = graver(flight.answer, answer);
    const againUs = nowUs + pauseUs(flight.attempts);
    if (tag.idempotent && command.by.kind !== 'lease' && mayHelp(answer) && againUs < command.deadlineUs) {
      flight.stage = 'pausing';
      flight.timerUs = againUs;
      this.#lookForEffect(flight);
    } else this.#conclude(flight, flight.answer);
    this.#goOn(nowUs);
  }

  /** No further attempt: what is known by now is the result, unless the effect can still show. */
  #conclude(flight: Flight, answer: Answer): void {
    const { state, reason, refusal } = answer;
    const { feedback } = flight.tag;
    if (state === 'refused' || state === 'failed') {
      const more = { reason: reason ?? 'the source gave no reason', ...(refusal && { refusal }) };
      this.#end(flight, state, more);
    } else if (!feedback) this.#end(flight, state, reason === undefined ? {} : { reason });
    else {
      flight.stage = 'watching';
      flight.answer = answer;
      flight.timerUs = this.#ports.steadyUs() + feedback.withinMs * 1000;
      this.#lookForEffect(flight);
    }
  }

  /** The pause of an idempotent write is over: sent once more, if it would still be let through. */
  #repeat(flight: Flight, answer: Answer): void {
    const { tag, command } = flight;
    const ask: Ask = { ...command, tag, asked: command.value, leaseMs: undefined };
    const late = this.#ports.steadyUs() > command.deadlineUs;
    const no = late ? undefined : firstNo(REPEAT_CHECKS, this.#situation(ask, undefined));
    if (!late && !no) {
      flight.timerUs = command.deadlineUs;
      void this.#send(flight);
      return;
    }
    const reason = [answer.reason, no && `not sent again: ${no.reason}`].filter(Boolean).join('; ');
    if (no && answer.state === 'refused') this.#end(flight, 'refused', { refusal: no.refusal, reason });
    else this.#conclude(flight, reason ? { ...answer, reason } : answer);
    this.#runLeases(this.#ports.steadyUs());
  }

  #lookForEffect(flight: Flight): void {
    const { stage, answer } = flight;
    if (stage !== 'watching' && (stage !== 'pausing' || answer?.state !== 'unknown')) return;
    const seen = effectSeen(flight, this.#plant.present);
    if (seen) this.#end(flight, 'confirmed', { feedback: Number(seen.value) });
  }

  #timeUp(flight: Flight, atUs: number): void {
    const { command, abort, stage, answer } = flight;
    if (stage === 'intent') this.#expire(flight);
    else if (stage === 'pausing' && answer) this.#repeat(flight, answer);
    else if (stage === 'watching')
      this.#end(flight, 'unknown', { reason: noEffect(flight, this.#plant.present) });
    else if (abort.signal.aborted) {
      const reason = `the source did not answer within ${flight.tag.ttlMs} ms`;
      this.#answered(flight, { state: 'unknown', reason });
    } else {
      flight.timerUs = Math.max(atUs, command.deadlineUs) + ABORT_GRACE_US;
      abort.abort(new Fault('guard.expired', `write ${command.id} has outlived its ttl`, { retry: 'never' }));
    }
  }

  #expire(flight: Flight): void {
    const reason = `not sent within its time to live of ${flight.tag.ttlMs} ms`;
    this.#end(flight, 'refused', { refusal: 'expired', reason });
  }

  #supersede(tag: number, by: number): void {
    const running = this.#flights.get(tag);
    if (!running || this.#endPause(running, `write ${by} came first`)) return;
    this.#end(running, 'unknown', { reason: `write ${by} came before its effect had shown` });
  }

  /** Ends a write that waits to be sent once more, as far as it got. @returns whether it was one */
  #endPause(flight: Flight | undefined, why: string): boolean {
    if (flight?.stage !== 'pausing' || !flight.answer) return false;
    const { state, reason, refusal } = flight.answer;
    const more = { reason: [reason, `not sent again: ${why}`].filter(Boolean).join('; ') };
    this.#end(flight, state, { ...more, ...(refusal && { refusal }) });
    return true;
  }

  #end(flight: Flight, state: WriteState, more: Partial<WriteOutcome>): void {
    if (flight.stage === 'ended') return;
    const ours = flight.stage === 'waiting' ? this.#waiting : this.#flights;
    ours.delete(flight.tag.tag);
    flight.stage = 'ended';
    const nowUs = this.#ports.steadyUs();
    const feedback =
      flight.tag.feedback && this.#plant.present.goodAfter(flight.tag.feedback.tag, flight.feedbackRows);
    const tookMs = (nowUs - flight.startUs) / 1000;
    const outcome = {
      ...concerning(flight),
      ...(feedback && { feedback: Number(feedback.value) }),
      ...readBackOf(flight),
      ...(flight.attempts > 1 && { attempts: flight.attempts }),
      ...more,
      tookMs,
    };
    this.#ports.record(state, outcome);
    this.#settleLease(flight, state, nowUs);
    flight.resolve({ ...outcome, state });
  }

  /** A value that never got there is not held; a safe value that may not have got there is owed. */
  #settleLease(flight: Flight, state: WriteState, nowUs: number): void {
    const { tag, command, lease, leaseBefore } = flight;
    if (command.by.kind === 'lease') {
      if (state === 'sent' || state === 'confirmed' || !leaseBefore) return;
      this.#leases.owe(leaseBefore, nowUs);
      // The tag may have got other limits meanwhile.
      const owed = this.#leases.get(tag.tag);
      if (owed) this.#leases.move(owed, this.#tags.get(tag.tag));
    } else if (!lease || this.#leases.get(tag.tag) !== lease || (state !== 'refused' && state !== 'failed'))
      return;
    else if (leaseBefore) this.#leases.put(leaseBefore);
    else this.#leases.delete(tag.tag);
    this.#save();
  }

  /** Safe values of leases whose time has come, except where an unanswered write must be waited for. */
  #runLeases(nowUs: number): void {
    if (this.#ports.shadow) return;
    for (const lease of this.#leases) {
      if (nowUs < lease.untilUs || this.#isUnanswered(lease.tag)) continue;
      // What never got to the device is not held any more once it is given up.
      this.#endPause(this.#flights.get(lease.tag.tag), 'its lease is over');
      if (this.#leases.get(lease.tag.tag) === lease) this.#writeSafe(lease);
    }
  }

  /**
   * Ends what is under way on a tag that is gone or changed, and its lease.
   * @returns the safe value on its way
   */
  #letGo(tag: GuardedTag, to: GuardedTag | undefined): Promise<WriteOutcome>[] {
    const reason = `${tag.path} ${to ? 'has changed in' : 'is gone from'} the site file`;
    const refused = { refusal: to ? 'changed' : 'unknown-tag', reason } as const;
    const waiting = this.#waiting.get(tag.tag);
    if (waiting) this.#end(waiting.flight, 'refused', refused);
    const flight = this.#flights.get(tag.tag);
    if (flight?.stage === 'intent') this.#end(flight, 'refused', refused);
    else if (flight && !this.#endPause(flight, reason)) {
      flight.abort.abort(new Fault('guard.changed', reason, { retry: 'never' }));
      this.#end(flight, 'unknown', { reason });
    }
    const lease = this.#leases.get(tag.tag);
    if (!lease) return [];
    if (this.#ports.shadow) {
      this.#leases.move(lease, to);
      return [];
    }
    this.#writeSafe({ ...lease, ending: `ends: ${reason}` });
    const safe = this.#flights.get(tag.tag);
    return safe ? [safe.promise] : [];
  }

  #writeSafe(lease: Lease): void {
    const { tag, by } = lease;
    const ending = lease.ending ?? 'ran out';
    const why = `lease of ${by.kind} ${by.name} ${lease.attempts > 0 ? 'is over, safe value still owed' : ending}`;
    const asker: Asker = { kind: 'lease', name: by.name };
    const value = typedValue(tag, tag.lease.safe);
    const ask: Ask = { tag, asked: tag.lease.safe, value, by: asker, why, leaseMs: undefined };
    const no = firstNo(SAFE_VALUE_CHECKS, this.#situation(ask, undefined));
    if (!no && value !== undefined) {
      void this.#launch(ask, value);
      return;
    }
    this.#leases.delete(tag.tag);
    this.#save();
    void this.#refuse(ask, no);
  }

  /** Where nobody may write any more nobody holds anything: those leases end now, and the record says so. */
  #handsOff(ending: string): void {
    const nowUs = this.#ports.steadyUs();
    for (const lease of this.#leases) {
      const { asset } = lease.tag;
      const off =
        this.#assets.modeOf(asset).mode === 'outOfService' || this.#assets.tagOutOf(asset) !== undefined;
      if (off) this.#leases.end(lease, nowUs, ending);
    }
    this.#runLeases(nowUs);
    this.#save();
  }
}

const asksFor = (tag: GuardedTag, { value: asked, by, why, leaseMs }: WriteRequest): Ask => ({
  tag,
  asked,
  value: typedValue(tag, asked),
  by,
  why,
  leaseMs,
});

function unknownTag(table: TagTable, tag: number): { readonly path: string | undefined; readonly no: No } {
  const path = pathOf(table, tag);
  if (path === undefined)
    return { path, no: { refusal: 'unknown-tag', reason: `there is no tag number ${tag}` } };
  return { path, no: { refusal: 'not-writable', reason: `${path} takes no writes` } };
}

/** A rule asking again for what it has just asked; two pulses of a person are two pulses. */
function isRepeat({ command }: Flight, { by, value }: Ask): boolean {
  if (by.kind !== 'rule' || value === undefined || !sameAsker(by, command.by)) return false;
  return sameValue(value, command.value);
}

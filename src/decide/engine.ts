// Long because one step joins everything that decides: kernels, the network, rules, alarms, detectors.
import {
  actsAlike,
  alarmName,
  behavesAlike,
  type Compilation,
  compilationOf,
  freshTags,
  readingsOf,
  restName,
  ruleName,
  sameCondition,
  suppressionName,
} from '#decide/adoption.ts';
import { Alarm } from '#decide/alarms/alarm.ts';
import { FirstOut } from '#decide/alarms/first-out.ts';
import type { AlarmAct, AlarmSpec, CompileDecisions, Decisions, Outcome, SnapshotPart } from '#decide/api.ts';
import type { LearnedFile } from '#decide/detectors/spec.ts';
import { Watch } from '#decide/detectors/watch.ts';
import type { Expression } from '#decide/expressions/expression.ts';
import type { Inputs } from '#decide/expressions/inputs.ts';
import { type ThresholdEntry, Thresholds } from '#decide/kernels/thresholds.ts';
import { Network, type RichCondition } from '#decide/network.ts';
import { OutcomeBuilder } from '#decide/outcome.ts';
import { isOutdated, partOf } from '#decide/parts.ts';
import {
  inputAlarmId,
  inputAlarmSpec,
  type Plan,
  type PlannedAlarm,
  type PlannedRule,
  plan,
} from '#decide/plan.ts';
import { Alert } from '#decide/rules/alert.ts';
import { LostAlerts } from '#decide/rules/lost-alerts.ts';
import { Rule } from '#decide/rules/rule.ts';
import type { ConditionSink } from '#decide/sink.ts';
import { Timers } from '#decide/timers.ts';
import { newestTimeUs, WindowTime } from '#decide/windows/window-time.ts';
import { type Batch, wideAt } from '#kernel/batch.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

/**
 * Compiles rules, alarms and derived tags into one machine.
 *
 * Conditions that compare one tag with a constant look at every row. Richer ones are evaluated once for each moment:
 * consecutive rows of one source time are one moment, so that values which a device read together are judged
 * together; a second row of the same tag begins a new moment, so that no edge inside a batch is missed.
 */
export const compileDecisions: CompileDecisions = (spec, tags, snapshot) => {
  const planned = plan(spec, tags);
  const { problems } = planned;
  if (problems.some(({ severity }) => severity === 'error')) return { decisions: undefined, problems };
  return { decisions: new Engine(planned.plan, tags.size, snapshot), problems };
};

type Fields = { readonly [key: string]: Json };

class Engine implements Decisions {
  readonly #inputs: Inputs;
  readonly #timers = new Timers();
  readonly #outcome = new OutcomeBuilder();
  readonly #firstOut = new FirstOut();
  readonly #fired: (() => void)[] = [];
  readonly #compilation: Compilation;
  readonly #rules: readonly Rule[];
  readonly #alarms = new Map<string, Alarm>();
  readonly #changedRules = new Set<Rule>();
  readonly #changedAlarms = new Set<Alarm>();
  readonly #lostAlerts = new LostAlerts('rule');
  readonly #thresholds: Thresholds;
  readonly #network: Network;
  readonly #watch: Watch;
  /** Tags that kernels know. Rows of tags declared later concern nobody. */
  readonly #tags: number;
  /** Place of tags that more than kernels read; −1 for all others. */
  readonly #placeOf: Int32Array;
  readonly #rowTime: WindowTime;
  /** Number of the moment in which a tag was last seen, by place. */
  readonly #seenIn: Float64Array;
  #moment = 0;
  #momentTimeUs = Number.NaN;
  #momentUs = Number.NEGATIVE_INFINITY;
  #decidedByKernels = 0;
  #lastAtUs = 0;
  #lastReceivedUs = 0;

  constructor(planned: Plan, tags: number, snapshot: Json | undefined) {
    this.#inputs = planned.compiler.inputs;
    this.#compilation = compilationOf(planned);
    this.#tags = tags;
    const kept = fields(snapshot);
    const thresholds: ThresholdEntry[] = [];
    const conditions: RichCondition[] = [];
    const connect: Connect = (name, expression, sink, deadband = 0, held = false) => {
      const { threshold } = expression;
      if (threshold) thresholds.push({ name, threshold, sink, deadband, held });
      else conditions.push({ name, expression, sink });
    };
    this.#rules = planned.rules.map((one) => this.#rule(one, kept, connect));
    this.#lostAlerts.find(fields(kept.rules), this.#rules);
    for (const one of planned.alarms) this.#plannedAlarm(one, kept, connect);
    this.#watch = new Watch(planned.detectors, tags, {
      outcome: this.#outcome,
      kept: fields(kept.detectors),
      tell: (tag, ratio, quality) => this.#figure(tag, ratio, quality),
      alarmOf: ({ spec: { alarm } }) => alarm && this.#alarm(alarm, kept),
    });
    for (const one of this.#watch.resting())
      connect(restName(one.spec.id), one.planned.restWhen as Expression, one);
    const { lastUs, count } = fields(kept.firstOut);
    if (typeof lastUs === 'number' && typeof count === 'number') this.#firstOut.restore(lastUs, count);

    this.#thresholds = new Thresholds(thresholds, tags);
    const parts = { inputs: this.#inputs, outcome: this.#outcome, timers: this.#timers };
    this.#network = new Network(parts, planned.derived, conditions, (tag, value, quality, atUs, wide) => {
      this.#decidedByKernels += this.#thresholds.row(tag, value, quality, atUs);
      this.#watch.row(tag, value, quality, wide);
    });
    this.#placeOf = this.#readPlaces(planned);
    this.#rowTime = new WindowTime(this.#inputs.present.count);
    this.#seenIn = new Float64Array(this.#inputs.present.count);
  }

  step(batch: Batch, atUs: number): Outcome {
    if (batch.late) return this.#outcome.take(batch.receivedUs);
    if (this.#timers.nextUs <= atUs) this.#pass(atUs);
    this.#lastAtUs = atUs;
    this.#lastReceivedUs = batch.receivedUs;
    this.#momentTimeUs = Number.NaN;
    this.#endLost(atUs);
    this.#rows(batch, atUs);
    this.#settle(atUs);
    if (this.#watch.any) {
      this.#watch.step(batch.rows, atUs, batch.receivedUs);
      this.#settle(atUs);
    }
    return this.#outcome.take(batch.receivedUs);
  }

  advance(atUs: number): Outcome {
    this.#endLost(atUs);
    this.#pass(atUs);
    return this.#outcome.take(this.#wallUs(atUs));
  }

  get nextUs(): number {
    return this.#lostAlerts.any || this.#watch.isDue ? 0 : this.#timers.nextUs;
  }

  operate(id: string, act: AlarmAct, by: string, atUs: number, comment?: string): Outcome {
    const alarm = this.#alarms.get(id);
    if (!alarm) throw new Fault('alarm.unknown', `there is no alarm ${id}`, { retry: 'never' });
    alarm.operate(act, by, atUs, comment);
    return this.#outcome.take(this.#wallUs(atUs));
  }

  alarms(): ReturnType<Decisions['alarms']> {
    return [...this.#alarms.values()].map((alarm) => alarm.view());
  }

  rules(): ReturnType<Decisions['rules']> {
    return this.#rules.map(({ spec, state }) => ({ id: spec.id, state }));
  }

  alerts(): ReturnType<Decisions['alerts']> {
    return [...this.#rules.flatMap(({ alert }) => (alert ? [alert] : [])), ...this.#watch.alerts()];
  }

  detectors(id?: string): ReturnType<Decisions['detectors']> {
    return this.#watch.views(id);
  }

  get hasSeen(): boolean {
    return this.#watch.hasChanged;
  }

  learn(detector: string, file: LearnedFile): void {
    this.#watch.learn(detector, file);
  }

  *reads(): ReturnType<Decisions['reads']> {
    yield* this.#watch.reads();
    yield* readingsOf(this.#compilation);
  }

  get decided(): number {
    return this.#decidedByKernels + this.#network.decided;
  }

  snapshot(): Json {
    return {
      rules: this.#lostAlerts.over(this.#ruleStates()),
      alarms: Object.fromEntries([...this.#alarms].map(([id, alarm]) => [id, alarm.snapshot()])),
      detectors: this.#watch.snapshot(),
      firstOut: this.#firstOut.snapshot(),
    };
  }

  takeChanged(): readonly SnapshotPart[] {
    const parts: SnapshotPart[] = [
      { kind: 'firstOut', id: '', state: this.#firstOut.snapshot() ?? undefined },
    ];
    parts.push(...this.#lostAlerts.takeChanged(this.#changedRules, this.#rules));
    for (const alarm of this.#changedAlarms) parts.push(partOf('alarm', alarm));
    parts.push(...this.#watch.takeChanged());
    this.#changedRules.clear();
    this.#changedAlarms.clear();
    return parts;
  }

  adopt(earlier: Decisions, changed: ReadonlySet<number> = new Set()): void {
    if (!(earlier instanceof Engine))
      throw new TypeError('only a machine of compileDecisions can be adopted');
    const [now, before] = [this.#compilation, earlier.#compilation];
    const fresh = freshTags(now, before, changed);
    const same = (name: string): boolean => sameCondition(name, now, before, fresh);
    this.#lastAtUs = earlier.#lastAtUs;
    this.#lastReceivedUs = earlier.#lastReceivedUs;
    this.#momentUs = earlier.#momentUs;

    const rulesBefore = earlier.#lostAlerts.over(earlier.#ruleStates());
    const goOn = new Set(this.#adoptRules(earlier, rulesBefore, same));
    this.#lostAlerts.find(rulesBefore, this.#rules);
    for (const name of this.#adoptDetectors(earlier, fresh, same)) goOn.add(name);
    const held = this.#adoptAlarms(earlier, same, goOn);
    this.#thresholds.adopt(earlier.#thresholds, (name) =>
      goOn.has(name) ? 'same' : held.has(name) ? 'held' : 'new',
    );
    const windows = this.#inputs.adopt(
      earlier.#inputs,
      (tag) => !fresh.has(tag) && earlier.#follows(tag),
      fresh,
    );
    const isSame = (what: number | string) => (typeof what === 'number' ? !fresh.has(what) : goOn.has(what));
    this.#network.adopt(earlier.#network, isSame, windows);
    this.#adoptRowTimes(earlier, fresh);
    this.#decidedByKernels = earlier.#decidedByKernels;
    for (const rule of this.#rules) this.#changedRules.add(rule);
    for (const alarm of this.#alarms.values()) this.#changedAlarms.add(alarm);
  }

  #ruleStates(): Fields {
    return Object.fromEntries(this.#rules.map((rule) => [rule.spec.id, rule.snapshot()]));
  }

  /** @returns names of conditions of rules that go on */
  #adoptRules(earlier: Engine, states: Fields, same: (name: string) => boolean): string[] {
    const before = new Map(earlier.#rules.map((rule) => [rule.spec.id, rule]));
    return this.#rules.flatMap((rule) => {
      const name = ruleName(rule.spec.id);
      const was = before.get(rule.spec.id);
      if (!was) return [];
      if (!same(name) || !actsAlike(rule.spec, was.spec)) {
        rule.restore(fields(states[rule.spec.id]));
        return [];
      }
      rule.adopt(was);
      return [name, alarmName(inputAlarmId(rule.spec.id))];
    });
  }

  /** @returns names of conditions of detectors that go on */
  #adoptDetectors(earlier: Engine, fresh: ReadonlySet<number>, same: (name: string) => boolean): string[] {
    const rests = (id: string): boolean => same(restName(id));
    const goOn = this.#watch.adopt(earlier.#watch, this.#lastAtUs, fresh, rests);
    const resting = this.#watch
      .ids()
      .map(restName)
      .filter((name) => this.#compilation.conditions.has(name));
    return [...goOn.map(alarmName), ...resting.filter(same)];
  }

  /**
   * @param goOn names of conditions that go on; those of alarms are added
   * @returns names of conditions of alarms that are raised now
   */
  #adoptAlarms(earlier: Engine, same: (name: string) => boolean, goOn: Set<string>): ReadonlySet<string> {
    const held = new Set<string>();
    const nowUs = Math.max(this.#lastAtUs, this.#momentUs);
    for (const [id, alarm] of this.#alarms) {
      const name = alarmName(id);
      const suppression = suppressionName(id);
      const was = earlier.#alarms.get(id);
      const ofRule = !this.#compilation.conditions.has(name);
      const goesOn = ofRule
        ? goOn.has(name)
        : was && behavesAlike(alarm.spec, was.spec) && same(name) && same(suppression);
      if (was && goesOn) {
        alarm.adopt(was);
        goOn.add(name).add(suppression);
      } else if (was) alarm.adoptChanged(was, nowUs);
      if (alarm.raised) held.add(name);
    }
    return held;
  }

  /** Whether the present value of the tag is kept up to date here. */
  #follows(tag: number): boolean {
    return this.#compilation.derived.has(tag) || (tag < this.#tags && (this.#placeOf[tag] as number) >= 0);
  }

  #adoptRowTimes(earlier: Engine, fresh: ReadonlySet<number>): void {
    for (let tag = 0; tag < Math.min(this.#tags, earlier.#tags); tag++) {
      const place = this.#placeOf[tag] as number;
      const before = earlier.#placeOf[tag] as number;
      if (place >= 0 && before >= 0 && !fresh.has(tag)) this.#rowTime.adopt(place, earlier.#rowTime, before);
    }
  }

  #endLost(atUs: number): void {
    this.#lostAlerts.end(this.#outcome, atUs);
    this.#watch.endLost(this.#outcome, atUs);
  }

  /** What a detector tells, as the value of a derived tag. */
  #figure(tag: number, ratio: number, quality: number): void {
    const { timeUs } = this.#watch;
    this.#network.put(tag, timeUs, ratio, quality, Math.max(this.#momentUs, this.#lastAtUs), this.#lastAtUs);
  }

  #rows(batch: Batch, atUs: number): void {
    const { tag: tags, value, quality } = batch;
    const watch = this.#watch.any ? this.#watch : undefined;
    const placeOf = this.#placeOf;
    const thresholds = this.#thresholds;
    let newestUs = Number.NaN;
    let decided = 0;
    for (let i = 0; i < batch.rows; i++) {
      const tag = tags[i] as number;
      if (tag >= this.#tags) continue;
      const place = placeOf[tag] as number;
      if (place >= 0) {
        if (Number.isNaN(newestUs)) newestUs = newestTimeUs(batch);
        this.#take(place, batch, i, atUs, newestUs);
      }
      decided += thresholds.row(tag, value[i] as number, quality[i] as number, atUs);
      if (!watch) continue;
      const wide = Number.isNaN(value[i]) ? wideAt(batch, i) : undefined;
      watch.row(tag, value[i] as number, quality[i] as number, wide);
    }
    this.#decidedByKernels += decided;
  }

  /** A row that more than kernels read. */
  #take(place: number, batch: Batch, row: number, atUs: number, newestUs: number): void {
    const timeUs = batch.timeUs[row] as number;
    if (timeUs !== this.#momentTimeUs || this.#seenIn[place] === this.#moment) {
      if (!Number.isNaN(this.#momentTimeUs)) this.#settle(atUs);
      this.#moment++;
      this.#momentTimeUs = timeUs;
    }
    this.#seenIn[place] = this.#moment;
    const rowUs = this.#rowTime.of(place, atUs, newestUs - timeUs);
    this.#momentUs = Math.max(this.#momentUs, rowUs);
    this.#network.take(place, batch, row, rowUs);
  }

  /** Ends a moment: what rests on its rows is computed, then what fired is carried out. */
  #settle(atUs: number, notBeforeUs = 0): void {
    this.#network.settle(this.#momentUs, atUs, notBeforeUs);
    this.#carryOut();
    this.#network.schedule(atUs);
  }

  #carryOut(): void {
    if (this.#fired.length === 0) return;
    for (const fire of this.#fired) fire();
    this.#fired.length = 0;
  }

  /** Time passing: whatever is due by now. */
  #pass(atUs: number): void {
    this.#momentUs = Math.max(this.#momentUs, atUs);
    this.#timers.run(atUs);
    this.#settle(atUs, this.#wallUs(atUs));
  }

  /** Wall clock as the last batch told it, moved on by the steady clock: the engine has no clock of its own. */
  #wallUs(atUs: number): number {
    return this.#lastReceivedUs + Math.max(0, atUs - this.#lastAtUs);
  }

  #rule({ spec, when, actions, clear, alert }: PlannedRule, kept: Fields, connect: Connect): Rule {
    const inputAlarm = spec.onBad === 'alarm' ? this.#alarm(inputAlarmSpec(spec), kept) : undefined;
    const shared = { outcome: this.#outcome, fired: this.#fired, inputs: this.#inputs };
    const rule = new Rule(spec, actions, clear, {
      ...shared,
      timers: this.#timers,
      changed: this.#changedRules,
      inputAlarm,
      alert: alert && new Alert(spec.id, alert, shared),
    });
    const before = fields(kept.rules)[spec.id];
    rule.restore(fields(before));
    if (isOutdated(rule, before)) this.#changedRules.add(rule);
    connect(ruleName(spec.id), when, rule);
    return rule;
  }

  #plannedAlarm({ spec, when, suppressWhen }: PlannedAlarm, kept: Fields, connect: Connect): void {
    const alarm = this.#alarm(spec, kept);
    if (!suppressWhen) {
      connect(alarmName(spec.id), when, alarm, spec.deadband, alarm.raised);
      return;
    }
    // An alarm that comes in the same moment as its suppression is not announced: it hears of it at the end.
    const suppression: ConditionSink = { decide: (truth, _, atUs) => alarm.suppress(truth, atUs) };
    connect(suppressionName(spec.id), suppressWhen, suppression);
    const decide: ConditionSink['decide'] = (...what) => this.#fired.push(() => alarm.decide(...what));
    connect(alarmName(spec.id), when, { decide }, spec.deadband, alarm.raised);
  }

  #alarm(spec: AlarmSpec, kept: Fields): Alarm {
    const alarm = new Alarm(spec, {
      timers: this.#timers,
      outcome: this.#outcome,
      firstOut: this.#firstOut,
      changed: this.#changedAlarms,
    });
    const before = fields(kept.alarms)[spec.id];
    alarm.restore(fields(before));
    if (isOutdated(alarm, before)) this.#changedAlarms.add(alarm);
    this.#alarms.set(spec.id, alarm);
    return alarm;
  }

  /** Kernels alone need neither present values nor moments: rows of their tags take the short way. */
  #readPlaces({ rules, alarms }: Plan): Int32Array {
    const placeOf = new Int32Array(this.#tags).fill(-1);
    const { present } = this.#inputs;
    const templates = rules.flatMap(({ actions, clear }) =>
      [...actions, ...clear].flatMap(({ reads }) => reads),
    );
    const suppressed = alarms.flatMap(({ when, suppressWhen }) => (suppressWhen ? [when, suppressWhen] : []));
    const told = rules.flatMap(({ alert }) => alert?.reads ?? []);
    const alsoRead = new Set([...[...templates, ...suppressed].flatMap(({ tags }) => tags), ...told]);
    for (let tag = 0; tag < Math.min(this.#tags, present.placeOf.length); tag++) {
      const place = present.placeOf[tag] as number;
      if (place >= 0 && (this.#network.reads(place) || alsoRead.has(tag))) placeOf[tag] = place;
    }
    return placeOf;
  }
}

/** @param name of the condition, by which an earlier machine's one is found */
type Connect = (
  name: string,
  expression: Expression,
  sink: ConditionSink,
  deadband?: number,
  held?: boolean,
) => void;

/** The fields of a JSON object; none where it is something else. */
function fields(json: Json | undefined): Fields {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Fields) : {};
}

import { infoOf } from '#contract/check-peers.ts';
import type { TagModel } from '#contract/model.ts';
import type { Outcome } from '#decide/api.ts';
import { compileDecisions } from '#decide/engine.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { StillClock } from '#edge/replay/fixture.ts';
import { SkewReport } from '#edge/skew.ts';
import { siteStages } from '#edge/stages.ts';
import { type Batch, BatchBuilder } from '#kernel/batch.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { DEVICE_MAPS, type ModbusDeviceName } from '#plant/modbus/map.ts';
import { createUnit, type Unit } from '#plant/modbus/unit.ts';
import { fromWords, toWords, WORDS, type WordType } from '#plant/modbus/words.ts';
import { TOPICS } from '#plant/mqtt/topics.ts';
import { NODES } from '#plant/opcua/nodes.ts';
import { command } from '#plant/physics/line.ts';
import type { Signals } from '#plant/physics/measure.ts';
import { createWorld, type World } from '#plant/physics/world.ts';
import { NODE_METRICS, PACKER, PACKER_METRICS, PALLETIZER_METRICS } from '#plant/sparkplug/metrics.ts';

/*
 * The demo's site over the plant's physics without sockets and without waiting: half an hour of the plant in a second.
 * Values take the way of the wire (registers and payloads as the devices make them) but no network.
 */

export interface OfflineSite {
  readonly world: World;
  /** Ids of the alarms raised and of the rules switched on so far, in their order. */
  readonly raised: readonly string[];
  readonly switchedOn: readonly string[];
  /** What detectors began to find. */
  readonly found: readonly {
    readonly id: string;
    readonly atS: number;
    readonly reasons: readonly string[];
  }[];
  /** Seconds that have passed. */
  readonly nowS: number;
  /** Writes done, as `path = value`. */
  readonly writes: readonly string[];
  run(seconds: number): void;
}

/** Seconds between two readings. */
const STEP_S = 0.5;

interface ModbusAddress {
  readonly unit: number;
  readonly holding?: number;
  readonly input?: number;
  readonly coil?: number;
  readonly discrete?: number;
  readonly as?: WordType;
  readonly order?: string;
  readonly bit?: number;
}

interface MqttAddress {
  readonly topic: string;
  readonly path?: string;
}

interface OfflineOptions {
  readonly seed?: number;
  /** What is read of all that the devices offer: the fewer tags, the faster. */
  readonly reads?: (tag: TagModel) => boolean;
  /** Is shown all rows, derived ones behind those that they come from. */
  readonly shown?: (batch: Batch, atUs: number) => void;
}

export function offlineSite(blueprint: Blueprint, options: OfflineOptions = {}): OfflineSite {
  const { seed = 1, reads = () => true, shown = () => {} } = options;
  const table = new TagTable();
  const { model } = blueprint;
  for (const tag of model.tags) table.declare(infoOf(tag));
  const { decisions, problems } = compileDecisions(blueprint.spec, table);
  if (!decisions) throw new Error(problems.map(({ message }) => message).join('; '));
  const world = createWorld(seed);
  const plant = wired(world);
  const byNumber = new Map(model.tags.map((tag) => [table.number(tag.path), tag]));
  const readable = model.tags.filter(
    (tag) => tag.source !== undefined && tag.access !== 'write' && reads(tag),
  );
  const raised: string[] = [];
  const switchedOn: string[] = [];
  const writes: string[] = [];
  const found: OfflineSite['found'][number][] = [];
  const clock = new StillClock();
  const beganUs = clock.atUs;
  const nowS = () => (clock.atUs - beganUs) / 1e6;
  const stages = siteStages(model.tags, table, clock, Number.POSITIVE_INFINITY, new SkewReport(() => {}));

  const act = (outcome: Outcome) => {
    if (outcome.derived) shown(outcome.derived, clock.atUs);
    for (const { id, to } of outcome.alarms) if (to === 'unacknowledged') raised.push(id);
    for (const { id, to } of outcome.rules) if (to === 'on') switchedOn.push(id);
    for (const { rule: id, to, found: by } of outcome.alerts ?? []) {
      if (to !== 'began' || !by) continue;
      found.push({ id, atS: nowS(), reasons: by.reasons.map(({ tag }) => tag) });
    }
    for (const { action } of outcome.intents) {
      if (action.kind !== 'write') continue;
      const tag = byNumber.get(action.tag) as TagModel;
      writes.push(`${tag.path} = ${action.value}`);
      plant.write(tag, Number(action.value));
    }
  };
  const step = () => {
    world.step(STEP_S);
    plant.refresh();
    clock.atUs += STEP_S * 1e6;
    const nowUs = clock.atUs;
    const rows = new BatchBuilder();
    for (const tag of readable) {
      const value = plant.read(tag) ?? plant.waveform(tag, nowUs / 1000);
      if (value !== undefined) rows.addValue(table.number(tag.path), nowUs, raw(tag, value));
    }
    const batch = stages.thin(stages.clean(rows.take({ receivedUs: nowUs }), ''));
    if (batch.rows > 0) {
      shown(batch, nowUs);
      act(decisions.step(batch, nowUs));
    }
    act(decisions.advance(nowUs));
  };
  return {
    world,
    raised,
    switchedOn,
    found,
    get nowS() {
      return nowS();
    },
    writes,
    run(seconds) {
      for (let i = 0; i < seconds / STEP_S; i++) step();
    },
  };
}

/** The plant's values and set-points by the tags of the site, as its devices give and take them. */
export function wired(world: World) {
  let lines: readonly Signals[] = world.measure();
  let utilities = world.measureUtilities();
  let packaging = world.measurePackaging();
  const units = new Map<string, Unit>();
  for (const [device, { units: map }] of Object.entries(DEVICE_MAPS)) {
    for (const [id, { map: registers, line }] of Object.entries(map)) {
      const give = (name: Parameters<typeof command>[1], value: number | boolean) =>
        command(world.lines[line - 1] as World['lines'][number], name, value);
      units.set(
        `${device} ${id}`,
        createUnit(registers, () => lines[line - 1] as Signals, give),
      );
    }
  }
  const unitOf = (tag: TagModel): Unit => {
    const found = units.get(`${tag.source as ModbusDeviceName} ${(tag.address as ModbusAddress).unit}`);
    if (!found) throw new Error(`${tag.path}: there is no such unit`);
    return found;
  };
  const pieces = new Map<TagModel, number>();
  const readers = new Map<TagModel, () => number | boolean | bigint | undefined>();
  const readerOf = (tag: TagModel): (() => number | boolean | bigint | undefined) => {
    if (tag.type === 'structure') return () => undefined;
    if (tag.source === 'sensors') return () => fromPayload(tag, lines);
    if (tag.source === 'utilities') {
      const node = nodeOf(tag);
      return () => plain(node(utilities));
    }
    if (tag.source === 'packaging') {
      const metric = metricOf(tag);
      return () => plain(metric(packaging));
    }
    const unit = unitOf(tag);
    return () => scaled(tag, fromRegisters(tag, unit));
  };
  return {
    refresh: () => {
      lines = world.measure();
      utilities = world.measureUtilities();
      packaging = world.measurePackaging();
    },
    /** Undefined for what no condition can ask for: texts, arrays, structures. */
    read: (tag: TagModel): number | boolean | bigint | undefined => {
      const known = readers.get(tag) ?? readerOf(tag);
      readers.set(tag, known);
      return known();
    },
    /** Undefined of other tags, and until the next piece is due. */
    waveform(tag: TagModel, timeMs: number): readonly number[] | undefined {
      if (tag.type !== 'structure' || tag.source !== 'sensors') return undefined;
      const { source, signals } = toldBy(tag, lines);
      const piece = Math.floor(timeMs / source.everyMs);
      if (piece === pieces.get(tag)) return undefined;
      pieces.set(tag, piece);
      return JSON.parse(source.payload(signals, timeMs)).samples;
    },
    write: (tag: TagModel, value: number) => toRegisters(tag, unitOf(tag), value),
  };
}

/** What detectors look at, and the rules beside them. */
export const isOfLines = ({ path }: TagModel): boolean =>
  /^hall\/line\d\/(tank|pump|filler|utilities)\//.test(path);

/** What the device says: the site scales it. */
export function raw<V>(tag: TagModel, value: V): V | number {
  if (typeof value !== 'number' || !tag.scale) return value;
  return (value - tag.scale.offset) / tag.scale.factor;
}

interface NodeAddress {
  readonly path?: string;
  readonly node?: string;
}

function nodeOf({ path, address }: TagModel): (signals: Signals) => unknown {
  const { path: names, node } = address as NodeAddress;
  const wanted = names?.replace(/^Utilities\//, '') ?? node?.replace(/^.*;s=/, '').replaceAll('.', '/');
  const spec = NODES.find((one) => one.path === wanted);
  if (!spec) throw new Error(`${path}: the utilities have no such node`);
  return spec.read;
}

interface MetricAddress {
  readonly device?: string;
  readonly metric: string;
}

function metricOf({ path, address }: TagModel): (signals: Signals) => unknown {
  const { device, metric } = address as MetricAddress;
  const specs = device === undefined ? NODE_METRICS : device === PACKER ? PACKER_METRICS : PALLETIZER_METRICS;
  const spec = specs.find(({ name }) => name === metric);
  if (!spec) throw new Error(`${path}: the packaging has no such metric`);
  return (signals) => spec.read(signals, 0);
}

const plain = (value: unknown): number | boolean | bigint | undefined =>
  typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? value : undefined;

function fromRegisters(tag: TagModel, unit: Unit): number | boolean {
  const { coil, discrete, input, holding = 0, as = 'uint16', order, bit } = tag.address as ModbusAddress;
  if (coil !== undefined) return unit.readCoil(coil);
  if (discrete !== undefined) return unit.readDiscrete(discrete);
  const words = input === undefined ? unit.readHolding(holding, WORDS[as]) : unit.readInput(input, WORDS[as]);
  if (bit !== undefined) return (((words[0] as number) >> bit) & 1) === 1;
  return fromWords(words, as, wordOrder(order));
}

function toRegisters(tag: TagModel, unit: Unit, value: number): void {
  const { coil, holding = 0, as = 'uint16', order, bit } = tag.address as ModbusAddress;
  const { factor, offset } = tag.scale ?? { factor: 1, offset: 0 };
  if (coil !== undefined) unit.writeCoil(coil, value !== 0);
  else if (bit !== undefined) unit.maskWrite(holding, 0xffff & ~(1 << bit), value === 0 ? 0 : 1 << bit);
  else unit.writeHolding(holding, toWords((value - offset) / factor, as, wordOrder(order)));
}

/** The example uses the specification's order and those with the least significant word first. */
const wordOrder = (order: string | undefined) =>
  order === undefined || order.startsWith('AB') ? 'big' : 'little';

function scaled(tag: TagModel, raw: number | boolean): number | boolean | bigint {
  if (tag.type === 'int64') return BigInt(raw);
  if (typeof raw === 'boolean' || !tag.scale) return raw;
  return raw * tag.scale.factor + tag.scale.offset;
}

function toldBy({ path, address }: TagModel, lines: readonly Signals[]) {
  const { topic } = address as MqttAddress;
  const [, line = '', ...rest] = topic.split('/');
  const source = TOPICS.find(({ name }) => name === rest.join('/'));
  if (!source) throw new Error(`${path}: nobody speaks on ${topic}`);
  return { source, signals: lines[Number(line.slice(-1)) - 1] as Signals };
}

function fromPayload(tag: TagModel, lines: readonly Signals[]): number {
  const { path } = tag.address as MqttAddress;
  const { source, signals } = toldBy(tag, lines);
  const payload = source.payload(signals, 0);
  if (path === undefined) return Number(payload);
  const value: unknown = path.split('.').reduce((node, key) => node[key], JSON.parse(payload));
  const code = Object.entries(tag.states ?? {}).find(([, name]) => name === value)?.[0];
  return Number(code ?? value);
}

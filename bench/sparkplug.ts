/*
 * Metrics a second from the bytes of NDATA messages to the end of decisions, on one core: topic, order, aliases, values
 * into columns, intake, a threshold on every tag. Beside it sparkplug-payload with a map from alias to closures.
 */
import { decodePayload } from 'sparkplug-payload/lib/sparkplugbpayload.js';
import { PUBLISH, PublishView, publishBytes, writePublish } from '#codec/mqtt/publish.ts';
import { DataType } from '#codec/sparkplug/datatype.ts';
import { encodePayload } from '#codec/sparkplug/encode.ts';
import type { AlarmSpec } from '#decide/api.ts';
import { compileDecisions } from '#decide/engine.ts';
import type { Batch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { DeadbandColumns, deadband } from '#pipeline/deadband.ts';
import { normalise } from '#pipeline/normalise.ts';
import { NormaliseColumns } from '#pipeline/normalise-columns.ts';
import { pipeline } from '#pipeline/stage.ts';
import type { Deps, Inbox } from '#plugin/api.ts';
import { Config } from '#sources/sparkplug/config.ts';
import { Host } from '#sources/sparkplug/host.ts';
import { type Row, report } from './table.ts';

const NODES = 20;
const METRICS = 500;
const LIMIT = 100;
/** Of data messages that are played again and again, a multiple of 256 for each node, so that the numbers go on. */
const ROUNDS = 256;
/** Messages that a socket hands over at once. */
const PER_CHUNK = 8;

/** A PUBLISH as it stands on the wire, and the payload in it. */
interface Packet {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly payload: Uint8Array;
}

function packet(topic: string, payload: Uint8Array): Packet {
  const message = { topic: Buffer.from(topic), payload, qos: 0, retain: false } as const;
  const room = Buffer.alloc(publishBytes(message));
  const bytes = room.subarray(0, writePublish(room, 0, message, 0, 4));
  const start = bytes.length - (2 + message.topic.length + payload.length);
  return { bytes, start, payload };
}

const birth = (node: number): Packet =>
  packet(
    `spBv1.0/plant/NBIRTH/cell${node}`,
    encodePayload({
      timestamp: 1_700_000_000_000,
      seq: 255,
      metrics: Array.from({ length: METRICS }, (_, m) => ({
        name: `pump${m}/vibration`,
        alias: BigInt(node * METRICS + m),
        datatype: DataType.Double,
        value: 1,
      })),
    }),
  );

/** Data of all nodes in turn; values stay below the limits. */
function data(perMessage: number): Packet[] {
  let seed = 1;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  return Array.from({ length: ROUNDS * NODES }, (_, i) => {
    const node = i % NODES;
    const round = Math.floor(i / NODES);
    const timestamp = 1_700_000_000_001 + i;
    const metrics = Array.from({ length: perMessage }, (_, m) => ({
      alias: BigInt(node * METRICS + ((round * perMessage + m) % METRICS)),
      timestamp,
      datatype: DataType.Double,
      value: random() * LIMIT,
    }));
    // With data types, which the peer cannot do without.
    const payload = encodePayload({ timestamp, seq: round & 0xff, metrics });
    return packet(`spBv1.0/plant/NDATA/cell${node}`, payload);
  });
}

/** The host with the decision path behind it, instead of the supervisor. */
function ours(): { readonly feed: (packets: readonly Packet[]) => void; readonly rows: () => number } {
  const tags = new TagTable();
  let decide: (batch: Batch) => void = () => {};
  let rows = 0;
  const inbox: Inbox = {
    push({ batch }) {
      rows += batch.rows;
      decide(batch);
      return true;
    },
    full: false,
    onDrain() {},
    take: () => new Promise(() => {}),
    fail(fault) {
      throw fault;
    },
  };
  const deps = {
    id: 'cells',
    clock: systemClock(),
    points: [],
    tags,
    mode: 'shadow',
    inbox: () => inbox,
    event() {},
    load: { request() {}, caps() {} },
  } as unknown as Deps;
  const config = Config.parse({ url: 'mqtt://h', hostId: 'h', discover: [{ limit: NODES * METRICS }] });
  const host = new Host(config, deps, { askRebirth() {}, sayOnline() {} });
  const view = new PublishView();
  const feed = (packets: readonly Packet[]) => {
    host.chunk();
    for (const { bytes, start } of packets) {
      const problem = view.read(PUBLISH, bytes, start, bytes.length, 4);
      if (problem !== undefined) throw new Error(problem);
      host.message(view);
    }
    host.chunkDone(0);
  };
  for (let node = 0; node < NODES; node++) feed([birth(node)]);
  decide = decisions(tags);
  return { feed, rows: () => rows };
}

function decisions(tags: TagTable): (batch: Batch) => void {
  const limits = new NormaliseColumns();
  const bands = new DeadbandColumns();
  const alarms: AlarmSpec[] = [...tags].map(({ path, number }, i) => {
    limits.set(number, { type: 'number', scale: { factor: 1, offset: 0 }, range: [0, 2 * LIMIT] });
    bands.set(number, { band: 0.1, maxGapUs: 60e6 });
    const asset = path.slice(0, path.lastIndexOf('/'));
    return {
      id: `${asset}/high`,
      asset,
      when: `vibration > ${LIMIT + (i % 7)}.5`,
      priority: 'high',
      consequence: 'wear',
      response: 'look',
      deadband: 0.5,
      onDelayMs: 0,
      offDelayMs: 0,
      latched: false,
      shelveMaxMin: 60,
    };
  });
  const { decisions: engine, problems } = compileDecisions({ derived: [], rules: [], alarms }, tags);
  if (!engine) throw new Error(problems[0]?.message ?? 'does not compile');
  const stage = pipeline(normalise(limits, { maxAheadUs: 60e6 }), deadband(bands));
  let atUs = 0;
  return (batch) => {
    atUs += 1000;
    engine.step(stage(batch), atUs);
  };
}

/** The plain way: objects from sparkplug-payload, a closure for each alias. */
function peer(): (packets: readonly Packet[]) => void {
  const rules = new Map<number, (value: number) => boolean>();
  for (let alias = 0; alias < NODES * METRICS; alias++) {
    const limit = LIMIT + (alias % 7) + 0.5;
    let state = false;
    rules.set(alias, (value) => {
      const next = value > (state ? limit - 0.5 : limit);
      const changed = next !== state;
      state = next;
      return changed;
    });
  }
  return (packets) => {
    for (const { payload } of packets) {
      for (const metric of decodePayload(payload).metrics ?? []) {
        rules.get(Number(metric.alias))?.(metric.value as number);
      }
    }
  };
}

/** Million metrics for a second of processor time, after a warm-up. */
function measure(
  feed: (packets: readonly Packet[]) => void,
  chunks: readonly (readonly Packet[])[],
  perMessage: number,
  runMs: number,
): number {
  const run = (ms: number): number => {
    const startMs = performance.now();
    const before = process.cpuUsage();
    let metrics = 0;
    while (performance.now() - startMs < ms) {
      // All of them each time: the numbers of the messages go on from the last to the first.
      for (const chunk of chunks) {
        feed(chunk);
        metrics += chunk.length * perMessage;
      }
    }
    const { user, system } = process.cpuUsage(before);
    return metrics / (user + system);
  };
  run(runMs / 2);
  return run(runMs);
}

function bench(quick: boolean): Row[] {
  const runMs = quick ? 300 : 2000;
  return [100, 10].map((perMessage): Row => {
    const packets = data(perMessage);
    const chunks = Array.from({ length: packets.length / PER_CHUNK }, (_, i) =>
      packets.slice(i * PER_CHUNK, (i + 1) * PER_CHUNK),
    );
    const host = ours();
    const before = host.rows();
    for (const chunk of chunks) host.feed(chunk);
    const read = host.rows() - before;
    if (read !== packets.length * perMessage)
      throw new Error(`${read} rows of ${packets.length * perMessage}`);
    return {
      what: `Sparkplug: decoded and decided, ${perMessage} metrics a message`,
      unit: 'million metrics/s',
      ours: measure(host.feed, chunks, perMessage, runMs),
      peer: { name: 'sparkplug-payload, map of closures', value: measure(peer(), chunks, perMessage, runMs) },
      goal: { least: 0.5 },
      note: `aliases, source times, ${(NODES * METRICS).toLocaleString('en')} tags with a threshold each`,
    };
  });
}

await report(bench);

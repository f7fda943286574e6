/*
 * MQTT in → value by JSON path → decision → MQTT out, along two roads. Rule: every message crosses a limit, so that each is
 * an edge. Telemetry: each reading goes on in another unit, which is what most flows do. Beside the whole edge (from the
 * bundle, with journal, events and audit) run Node-RED and a hand-written mqtt.js script that do the same and keep nothing.
 * This process plays the broker for all of them, so that no broker is the limit; one contender runs at a time.
 */
import { join } from 'node:path';
import type { SiteStatus } from '#contract/api.ts';
import type { BrokerSide } from './broker-side.ts';
import { benchFolder, EdgeProcess } from './edge-process.ts';
import { type Contender, forked, type Pace, type Times, through } from './mqtt-load.ts';
import { ruleFlow, ruleSite, telemetryFlow, telemetrySite } from './mqtt-sites.ts';
import { NodeRed } from './node-red.ts';
import { type Row, report } from './table.ts';

/** Messages sent and not yet answered at most: enough to keep the other side busy, too few to pile up. */
const MOST_OPEN = 20_000;
/** A rule's actuator holds a thousand messages; above that they are refused, and counted. */
const MOST_OPEN_ACTIONS = 1000;
const PER_S = 1000;

async function bench(quick: boolean): Promise<Row[]> {
  using folder = await benchFolder();
  const times = quick ? { warmUpMs: 500, runMs: 1000 } : { warmUpMs: 3000, runMs: 6000 };
  return [...(await rule(folder.dir, times)), ...(await telemetry(folder.dir, times))];
}

async function rule(dir: string, times: Times): Promise<Row[]> {
  let inside: SiteStatus['decisions'] | undefined;
  const edge: Contender = (broker) =>
    EdgeProcess.start(dir, ruleSite(broker.port), join(dir, `data${broker.port}`));
  const asked = async (running: EdgeProcess) => {
    inside = (await running.status<SiteStatus>()).decisions;
  };
  const script = await through(forked('rule'), MOST_OPEN, PER_S, times);
  const ours = await through(edge, MOST_OPEN_ACTIONS, PER_S, times, (running) =>
    asked(running as EdgeProcess),
  );
  const nodeRed = await beside(dir, (broker) => ruleFlow(broker.port), times);
  const parts = await through(forked('parts'), MOST_OPEN, PER_S, times);
  const rate = { unit: 'messages/s of processor time', goal: { least: 150_000 } };
  const journaled = 'each message an edge of a rule: event, audit, action and its result are journaled';
  return [
    {
      what: 'rule: the whole edge',
      ...rate,
      ours: ours.perCpuS,
      ...besideScript(script),
      goalRatio: 2,
      note: journaled,
    },
    { what: 'rule, beside Node-RED', ...rate, ours: ours.perCpuS, ...besideNodeRed(nodeRed), goalRatio: 8 },
    {
      what: 'rule: reader, threshold and writer alone',
      ...rate,
      ours: parts.perCpuS,
      ...besideScript(script),
      goalRatio: 2,
    },
    {
      what: 'the same, beside Node-RED',
      ...rate,
      ours: parts.perCpuS,
      ...besideNodeRed(nodeRed),
      goalRatio: 8,
    },
    ...delays('rule', ours, script, nodeRed),
    {
      what: `from arrival to the end of decisions, ${PER_S} messages/s, p99`,
      unit: 'ms',
      ours: inside?.p99Ms ?? Number.NaN,
      goal: { most: 1 },
      note: `p50 ${inside?.p50Ms.toFixed(2)} ms, from the first message on`,
    },
  ];
}

async function telemetry(dir: string, times: Times): Promise<Row[]> {
  const edge: Contender = (broker) =>
    EdgeProcess.start(dir, telemetrySite(broker.port), join(dir, `data${broker.port}`));
  const script = await through(forked('telemetry'), MOST_OPEN, PER_S, times);
  const ours = await through(edge, MOST_OPEN, PER_S, times);
  const nodeRed = await beside(dir, (broker) => telemetryFlow(broker.port), times);
  const unit = 'messages/s of processor time';
  const note = 'reading and derived tag durable in the journal before it is sent; the peers keep nothing';
  return [
    { what: 'telemetry: the whole edge', unit, ours: ours.perCpuS, ...besideScript(script), note },
    { what: 'telemetry, beside Node-RED', unit, ours: ours.perCpuS, ...besideNodeRed(nodeRed), goalRatio: 8 },
    ...delays('telemetry', ours, script, nodeRed),
  ];
}

/** Node-RED on the same load; undefined, and said why, where it cannot be had. */
async function beside(
  dir: string,
  flow: (broker: BrokerSide) => Parameters<typeof NodeRed.start>[1],
  times: Times,
): Promise<Pace | undefined> {
  try {
    const contender: Contender = (broker) => NodeRed.start(join(dir, `node-red${broker.port}`), flow(broker));
    return await through(contender, MOST_OPEN, PER_S, times);
  } catch (error) {
    process.stderr.write(`without Node-RED: ${(error as Error).message}\n`);
    return undefined;
  }
}

function delays(road: string, ours: Pace, script: Pace, nodeRed: Pace | undefined): Row[] {
  return [0.5, 0.99].flatMap((q): Row[] => {
    const row = (pace: Pace, name: string) => ({
      unit: 'ms',
      less: true,
      ours: ours.latency.quantileMs(q),
      peer: { name, value: pace.latency.quantileMs(q) },
    });
    const what = `${road}: round trip at ${PER_S} messages/s, p${q * 100}`;
    const note =
      road === 'rule' ? 'with both sockets' : 'sent once it is durable: commits every 500 ms by default';
    return [
      { what, ...row(script, SCRIPT), ...(road === 'rule' && q === 0.99 && { goalRatio: 1 }), note },
      ...(nodeRed ? [{ what: `${what}, beside Node-RED`, ...row(nodeRed, NODE_RED) }] : []),
    ];
  });
}

const SCRIPT = 'mqtt.js script';
const NODE_RED = 'Node-RED';
const besideScript = ({ perCpuS }: Pace) => ({ peer: { name: SCRIPT, value: perCpuS } });
const besideNodeRed = (pace: Pace | undefined) =>
  pace ? { peer: { name: NODE_RED, value: pace.perCpuS } } : {};

await report(bench);

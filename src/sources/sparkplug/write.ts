import { DataType, dataTypeName, isArrayType, Kind, kindOf } from '#codec/sparkplug/datatype.ts';
import { encodePayload } from '#codec/sparkplug/encode.ts';
import type { Metric, MetricValue, Plain } from '#codec/sparkplug/payload.ts';
import type { Value } from '#kernel/batch.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Deps, Point } from '#plugin/api.ts';
import { expiryS } from '#wire/mqtt/command.ts';
import type { Session } from '#wire/mqtt/session.ts';
import { type BornMetric, REBIRTH } from './born.ts';
import type { Address } from './config.ts';
import type { Host } from './host.ts';
import type { EdgeNode } from './node.ts';
import { commandTopic } from './topic.ts';
import type { Unit } from './unit.ts';

type Sender = Pick<Deps, 'clock' | 'load'> & { readonly session: Session };

/**
 * Sends the value of a command as NCMD or DCMD: QoS 0, not retained (Sparkplug 3.0, 6.4.22 and 6.4.23). Nothing ever
 * confirms it; whether the node acted on it, only a feedback tag tells. Never sent twice, never after the deadline.
 */
export function writePoint(
  command: Command,
  points: readonly Point<Address>[],
  host: Host,
  sender: Sender,
): WriteResult {
  const address = points.find(({ tag }) => tag.number === command.tag)?.address;
  if (!address) return { state: 'failed', reason: 'the tag has no metric to write to' };
  const nowUs = sender.clock.steadyUs();
  if (nowUs >= command.deadlineUs) return { state: 'failed', reason: 'too late: its time to live was over' };
  const unit = host.find(address);
  const what = address.device === undefined ? `node ${address.node}` : `device ${address.device}`;
  if (!unit?.isBorn) return { state: 'refused', reason: `${what} is not born` };
  if (host.isUnsure(address)) {
    return { state: 'refused', reason: `messages of node ${address.node} are missing, perhaps its birth` };
  }
  const metric = unit.named(address.metric)?.metric;
  if (!metric) return { state: 'refused', reason: `the birth of ${what} has no metric ${address.metric}` };
  const sent = commandMetric(metric, command.raw, sender.clock.nowUs() / 1000);
  if (sent instanceof Error) return { state: 'refused', reason: sent.message };
  return send(sender, unit, sent, expiryS(command.deadlineUs, nowUs));
}

/** Asks a node for all of its births (6.4.20). */
export function askRebirth(node: EdgeNode, sender: Sender): WriteResult {
  const timestamp = Math.floor(sender.clock.nowUs() / 1000);
  // By its name, always: nothing may be known of the node, and its alias least of all.
  const metric: Metric = { name: REBIRTH, timestamp, datatype: DataType.Boolean, value: true };
  return send(sender, node.own, metric, REBIRTH_EXPIRY_S);
}

/** A request that a broker kept for a node that is away has no use: it is born when it comes. */
const REBIRTH_EXPIRY_S = 30;

function send(sender: Sender, unit: Unit, metric: Metric, expiresS: number): WriteResult {
  try {
    const { group, node, device } = unit;
    sender.session.publish({
      topic: Buffer.from(commandTopic(group, node, device)),
      payload: encodePayload({ timestamp: metric.timestamp ?? 0, metrics: [metric] }),
      qos: 0,
      retain: false,
      expiryS: expiresS,
    });
  } catch (error) {
    return { state: 'failed', reason: messageOf(error) };
  }
  sender.load.request(0, 'ok');
  return { state: 'sent', reason: 'QoS 0: nobody confirms it' };
}

/** By its alias where the birth gave one, by its name otherwise; an error says why not. */
function commandMetric(metric: BornMetric, raw: number | Value, nowMs: number): Metric | Error {
  const { name, alias, datatype } = metric;
  const value = valueFor(datatype, raw);
  const wrong = new Error(`${name} is ${dataTypeName(datatype)}, which the value is not`);
  if (value === undefined) return wrong;
  const sent: Metric = {
    ...(alias === undefined ? { name } : { alias }),
    timestamp: Math.floor(nowMs),
    datatype,
    ...(metric.isLong && { isLong: true }),
    value,
  };
  try {
    encodePayload({ metrics: [sent] });
    return sent;
  } catch (error) {
    return new Error(`${wrong.message}: ${messageOf(error)}`);
  }
}

/** The value in the data type of the birth; undefined where it is none. */
function valueFor(datatype: number, raw: number | Value): MetricValue | undefined {
  if (isArrayType(datatype)) return Array.isArray(raw) ? (raw as Plain[]) : undefined;
  switch (kindOf(datatype)) {
    case Kind.int:
      return typeof raw === 'number' || typeof raw === 'bigint' ? Number(raw) : undefined;
    case Kind.long:
      if (typeof raw === 'number') return Number.isInteger(raw) ? BigInt(raw) : undefined;
      return typeof raw === 'bigint' ? raw : undefined;
    case Kind.float:
    case Kind.double:
      return typeof raw === 'number' ? raw : undefined;
    case Kind.boolean:
      if (typeof raw === 'boolean') return raw;
      return raw === 0 || raw === 1 ? raw === 1 : undefined;
    case Kind.string:
      return typeof raw === 'string' ? raw : undefined;
    case Kind.bytes:
      return raw instanceof Uint8Array ? raw : undefined;
    default:
      return undefined; // templates and data sets: what a node does with a part of one is its own affair
  }
}

import mqtt, { type MqttClient } from 'mqtt';
import { DataType } from '#codec/sparkplug/datatype.ts';
import { decodePayload } from '#codec/sparkplug/decode.ts';
import { encodePayload } from '#codec/sparkplug/encode.ts';
import type { Metric } from '#codec/sparkplug/payload.ts';
import type { Signals } from '#plant/physics/measure.ts';
import { PACKAGING_LIMITS, type PackagingCommand } from '#plant/physics/packaging.ts';
import { birthMetrics, changedMetrics, REBIRTH, type Station, stations } from '#plant/sparkplug/births.ts';
import { hostGate, stateTopic } from '#plant/sparkplug/host.ts';
import { GROUP, NODE } from '#plant/sparkplug/metrics.ts';
import { createOutbox, type Outbox, type OutboxFaults } from '#plant/sparkplug/outbox.ts';

export interface NodeOptions {
  readonly broker: string;
  readonly slowMs: number;
  readonly signals: () => Signals;
  readonly give: (name: PackagingCommand, value: number | boolean) => void;
  /** Host that must be online for the node to be born (Sparkplug 3.0, 5.4); absent: it speaks to whoever listens. */
  readonly primaryHost?: string | undefined;
  /** Next birth and death number, kept over restarts (Sparkplug 3.0, 6.4.18). @returns 0 to 255 */
  readonly nextBdSeq: () => number;
}

/** A running edge node. */
export interface EdgeNode {
  readonly faults: NodeFaults;
  /** Sends what has changed. */
  report(): void;
  /** Goes without saying so and comes back with other aliases: what a broken edge node does. */
  reborn(generation: number): void;
}

export interface NodeFaults extends OutboxFaults {
  clockAheadMs: number;
}

const RECONNECT_MS = 500;
const topic = (type: string, device?: string): string =>
  `spBv1.0/${GROUP}/${type}/${NODE}${device === undefined ? '' : `/${device}`}`;

/** An edge node of Sparkplug B 3.0. It starts with its broker away as well, and comes back when that does. */
export function startEdgeNode(options: NodeOptions): EdgeNode {
  const faults: NodeFaults = {
    silent: false,
    slow: false,
    garbage: false,
    outOfOrder: false,
    clockAheadMs: 0,
  };
  const now = () => Date.now() + faults.clockAheadMs;
  let all = stations(0);
  let session: Session | undefined;
  const connect = () => {
    session = openSession({ ...options, now, stations: () => all, faults }, () => {
      session = undefined;
      setTimeout(connect, RECONNECT_MS);
    });
  };
  connect();
  return {
    faults,
    report: () => session?.report(),
    reborn(generation) {
      all = stations(generation);
      session?.leave();
    },
  };
}

interface Session {
  report(): void;
  leave(): void;
}

interface SessionOptions extends NodeOptions {
  readonly now: () => number;
  readonly stations: () => readonly Station[];
  readonly faults: NodeFaults;
}

/** One MQTT connection: its will, its birth, and data until it ends. @param onEnd called once, however it ends */
function openSession(options: SessionOptions, onEnd: () => void): Session {
  const { broker, now, signals } = options;
  const bdSeq: Metric = { name: 'bdSeq', datatype: DataType.UInt64, value: BigInt(options.nextBdSeq()) };
  const client = mqtt.connect(broker, {
    clientId: `plant-packaging-${process.pid}`,
    clean: true,
    // Each connection has a birth and death number of its own, which its will carries: never the library's retry.
    reconnectPeriod: 0,
    connectTimeout: 5000,
    queueQoSZero: false,
    will: {
      topic: topic('NDEATH'),
      payload: Buffer.from(encodePayload({ timestamp: now(), metrics: [bdSeq] })),
      qos: 1,
      retain: false,
    },
  });
  const outbox = createOutbox(client, options);
  const host = hostGate(options.primaryHost);
  let born = false;
  const birth = () => {
    if (!host.online || Object.keys(signals()).length === 0) return;
    publishBirths(outbox, options, bdSeq);
    born = true;
  };
  // Without its host the node has nobody to speak to: it says so, goes, and waits connected for it to come back.
  const depart = () => {
    const death = encodePayload({ timestamp: now(), metrics: [bdSeq] });
    client.publish(topic('NDEATH'), Buffer.from(death), { qos: 1 }, () => leave(client));
  };
  client.on('error', () => {});
  client.once('close', onEnd);
  client.on('connect', () => {
    // Commands first: a host may answer a birth at once (Sparkplug 3.0, 5.4).
    const wanted = [topic('NCMD'), topic('DCMD', '+'), ...stateTopic(options.primaryHost)];
    client.subscribe(wanted, { qos: 1 }, (error) => {
      if (error) client.end(true);
      else birth();
    });
  });
  client.on('message', (name, bytes) => {
    if (host.heard(name, bytes)) {
      if (host.online && !born) birth();
      if (!host.online && born) depart();
    } else if (carryOut(name, bytes, options)) birth();
  });
  return {
    report() {
      if (!client.connected || options.faults.silent) return;
      if (!born) return birth();
      for (const station of options.stations()) {
        const metrics = changedMetrics(station, signals(), now());
        if (metrics.length > 0) outbox.send(dataTopic(station), { timestamp: now(), metrics }, false);
      }
    },
    leave: () => leave(client),
  };
}

/** A DISCONNECT without an NDEATH before it: the broker drops the will, and nobody learns of it. */
const leave = (client: MqttClient): void => void client.end();

const dataTopic = ({ device }: Station): string =>
  device === undefined ? topic('NDATA') : topic('DDATA', device);

/** NBIRTH with sequence number 0, then the births of the devices. */
function publishBirths(outbox: Outbox, { stations, signals, now }: SessionOptions, bdSeq: Metric): void {
  outbox.restart();
  for (const station of stations()) {
    const metrics = birthMetrics(station, signals(), now());
    if (station.device === undefined) {
      const control = { name: REBIRTH, timestamp: now(), datatype: DataType.Boolean, value: false };
      metrics.unshift({ ...bdSeq, timestamp: now() }, control);
      outbox.send(topic('NBIRTH'), { timestamp: now(), metrics }, true);
    } else outbox.send(topic('DBIRTH', station.device), { timestamp: now(), metrics }, true);
  }
}

/** Does what a host wants. @returns whether it wants a rebirth */
function carryOut(name: string, bytes: Uint8Array, options: SessionOptions): boolean {
  const [, , type, , device] = name.split('/');
  const station = options.stations().find((one) => one.device === (type === 'DCMD' ? device : undefined));
  const metrics = metricsIn(bytes, station);
  if (type === 'NCMD') return metrics.some((metric) => metric.name === REBIRTH && metric.value === true);
  for (const metric of metrics) {
    const command = specOf(station, metric)?.command;
    if (command !== undefined) give(options, command, metric.value);
  }
  return false;
}

/** Metrics of a command; none when it cannot be read: what a host sends must not end an edge node. */
function metricsIn(bytes: Uint8Array, station: Station | undefined): readonly Metric[] {
  try {
    const datatypeOf = (name: string | undefined, alias: bigint | undefined) => {
      const spec = specOf(station, {
        ...(name !== undefined && { name }),
        ...(alias !== undefined && { alias }),
      });
      return spec ? DataType[spec.type] : name === REBIRTH ? DataType.Boolean : undefined;
    };
    return decodePayload(bytes, { datatypeOf }).metrics;
  } catch {
    return [];
  }
}

const specOf = (station: Station | undefined, { name, alias }: Metric) =>
  station?.metrics.find((one) => (alias === undefined ? one.spec.name === name : one.alias === alias))?.spec;

function give({ give }: SessionOptions, command: PackagingCommand, value: Metric['value']): void {
  const limits = PACKAGING_LIMITS[command];
  if (limits === undefined && typeof value === 'boolean') give(command, value);
  if (limits && typeof value === 'number' && value >= limits[0] && value <= limits[1]) give(command, value);
}

import { connectAsync, type MqttClient } from 'mqtt';
import { decodePayload, encodePayload, type UMetric } from 'sparkplug-payload/lib/sparkplugbpayload.js';
import { until } from '#test/until.ts';

/** An edge node of other people's parts: mqtt.js and sparkplug-payload. */
export interface PeerNode extends AsyncDisposable {
  readonly client: MqttClient;
  /** Number that the next message carries. */
  seq: number;
  /** Commands that came: topic, and the names or aliases of their metrics. */
  readonly commands: { readonly topic: string; readonly metrics: readonly UMetric[] }[];
  birth(metrics: readonly UMetric[], more?: { timestamp?: number; bdSeq?: number }): Promise<void>;
  data(metrics: readonly UMetric[], more?: { seq?: number; timestamp?: number }): Promise<void>;
  deviceBirth(device: string, metrics: readonly UMetric[]): Promise<void>;
  deviceData(device: string, metrics: readonly UMetric[]): Promise<void>;
  deviceDeath(device: string): Promise<void>;
  /** Publishes a will by hand, as a broker does that tells it late. */
  death(bdSeq: number): Promise<void>;
  /** The connection breaks: the broker tells the will. */
  cut(): void;
  /** Waits for requests of a birth. */
  rebirthAsked(times: number): Promise<void>;
}

export async function startNode(url: string, node = 'cell', bdSeq = 0, group = 'plant'): Promise<PeerNode> {
  const topic = (type: string, device?: string) =>
    `spBv1.0/${group}/${type}/${node}${device === undefined ? '' : `/${device}`}`;
  const will = (number: number) =>
    Buffer.from(
      encodePayload({
        timestamp: Date.now(),
        metrics: [{ name: 'bdSeq', type: 'UInt64', value: number }],
      }),
    );
  const client = await connectAsync(url, {
    reconnectPeriod: 0,
    will: { topic: topic('NDEATH'), payload: will(bdSeq), qos: 1, retain: false },
  });
  const commands: PeerNode['commands'][number][] = [];
  client.on('message', (at, payload) =>
    commands.push({ topic: at, metrics: decodePayload(payload).metrics ?? [] }),
  );
  await client.subscribeAsync([topic('NCMD'), topic('DCMD', '+')]);
  const rebirths = () => commands.filter(({ metrics }) => metrics[0]?.name === 'Node Control/Rebirth').length;

  const send = async (
    type: string,
    device: string | undefined,
    metrics: readonly UMetric[],
    more: { seq?: number; timestamp?: number } = {},
  ) => {
    const seq = more.seq ?? peer.seq;
    peer.seq = (seq + 1) % 256;
    const payload = encodePayload({ timestamp: more.timestamp ?? Date.now(), metrics: [...metrics], seq });
    await client.publishAsync(topic(type, device), Buffer.from(payload), { qos: 0 });
  };

  const peer: PeerNode = {
    client,
    seq: 0,
    commands,
    birth: (metrics, more = {}) =>
      send(
        'NBIRTH',
        undefined,
        [
          { name: 'bdSeq', type: 'UInt64', value: more.bdSeq ?? bdSeq },
          { name: 'Node Control/Rebirth', type: 'Boolean', value: false },
          ...metrics,
        ],
        { seq: 0, ...(more.timestamp !== undefined && { timestamp: more.timestamp }) },
      ),
    data: (metrics, more) => send('NDATA', undefined, metrics, more),
    deviceBirth: (device, metrics) => send('DBIRTH', device, metrics),
    deviceData: (device, metrics) => send('DDATA', device, metrics),
    deviceDeath: (device) => send('DDEATH', device, []),
    async death(number) {
      await client.publishAsync(topic('NDEATH'), will(number), { qos: 1 });
    },
    cut: () => client.stream.destroy(),
    rebirthAsked: (times) => until('a birth is asked for', () => rebirths() >= times),
    async [Symbol.asyncDispose]() {
      await client.endAsync(true);
    },
  };
  return peer;
}

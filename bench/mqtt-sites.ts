import { DEVICES, LIMIT } from './broker-side.ts';
import { brokerNode, type FlowNode, functionNode, mqttIn, mqttOut } from './node-red.ts';

/* The two roads of the benches of MQTT, as a site file and as a flow of Node-RED. */

// biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the site file
const address = { topic: 'plant/line1/device${n}/temperature', path: 'value', timePath: 'ts' };

/** A tag, a rule and two messages for each device. */
export function ruleSite(port: number): string {
  const url = `mqtt://127.0.0.1:${port}`;
  return siteFile({
    sources: { load: { kind: 'mqtt', url, version: 4, qos: 0 } },
    actuators: { out: { kind: 'mqtt', url, version: 4 } },
    types: {
      device: {
        params: ['n'],
        tags: { temperature: { source: 'load', address } },
        rules: {
          hot: {
            when: `temperature > ${LIMIT}.0`,
            firstIsEdge: true,
            do: [send(true)],
            clear: [send(false)],
          },
        },
      },
    },
    assets: devices(),
  });
}

const send = (hot: boolean) => ({
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the site file
  send: { to: 'out', topic: 'alarm/line1/device${n}', payload: { hot, limit: LIMIT }, qos: 0 },
});

export const ruleFlow = (port: number): FlowNode[] => [
  brokerNode(port),
  mqttIn('plant/#', 'work'),
  functionNode(`
    let above = context.get('above');
    if (!above) context.set('above', above = new Map());
    const { value } = msg.payload;
    if ((value > ${LIMIT}) === above.get(msg.topic)) return null;
    above.set(msg.topic, value > ${LIMIT});
    return { topic: msg.topic.replace('plant', 'alarm'), payload: { value, limit: ${LIMIT} } };`),
  mqttOut(0),
];

/** A tag and one derived from it for each device; only the derived ones are delivered. */
export function telemetrySite(port: number): string {
  const url = `mqtt://127.0.0.1:${port}`;
  const derived = Array.from({ length: DEVICES }, (_, n) => [
    `norm/line1/device${n}/temperature`,
    { derive: `tag("line1/device${n}/temperature") * 1.8 + 32.0`, unit: '[degF]' },
  ]);
  return siteFile({
    sources: { load: { kind: 'mqtt', url, version: 4, qos: 0 } },
    sinks: { out: { kind: 'mqtt', url, version: 4, topic: '{path}', tags: 'norm/' } },
    types: { device: { params: ['n'], tags: { temperature: { source: 'load', address } } } },
    assets: devices(),
    tags: Object.fromEntries(derived),
  });
}

export const telemetryFlow = (port: number): FlowNode[] => [
  brokerNode(port),
  mqttIn('plant/#', 'work'),
  functionNode(`
    const { value, ts } = msg.payload;
    msg.payload = { value: value * 1.8 + 32, time: new Date(ts).toISOString() };
    msg.topic = msg.topic.replace('plant', 'norm');
    return msg;`),
  mqttOut(1),
];

const devices = () =>
  Object.fromEntries(
    Array.from({ length: DEVICES }, (_, n) => [`line1/device${n}`, { type: 'device', with: { n } }]),
  );

/** JSON is YAML. */
const siteFile = (site: object): string =>
  JSON.stringify({ site: 'bench', settings: { api: { port: 0 } }, ...site });

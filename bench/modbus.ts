/*
 * Modbus → threshold → MQTT: a thousand registers ten times a second, in ten requests; who crosses a limit is told of by
 * MQTT. Beside the whole edge (from the bundle; every reading is journaled as well) Node-RED with node-red-contrib-modbus does
 * the same and keeps nothing. This process plays the device and the broker for both; one contender runs at a time.
 */
import { join } from 'node:path';
import { libraryServer } from '#test/modbus-rig.ts';
import { BrokerSide } from './broker-side.ts';
import { benchFolder, cpuS, EdgeProcess, passed } from './edge-process.ts';
import type { Running, Times } from './mqtt-load.ts';
import { brokerNode, type FlowNode, functionNode, mqttOut, NodeRed } from './node-red.ts';
import { type Row, report } from './table.ts';

const REGISTERS = 1000;
const OF_REQUEST = 100;
const EVERY_MS = 100;
const LIMIT = 500;

type Start = (devicePort: number, brokerPort: number) => Promise<Running>;

interface Polled {
  readonly registersPerS: number;
  /** For a second of processor time, all threads counted. */
  readonly perCpuS: number;
  readonly told: number;
}

async function bench(quick: boolean): Promise<Row[]> {
  using folder = await benchFolder();
  const { dir } = folder;
  const times = quick ? { warmUpMs: 1000, runMs: 2000 } : { warmUpMs: 5000, runMs: 15_000 };
  const nodeRed = await optional(() =>
    polled((device, broker) => NodeRed.start(join(dir, 'node-red'), flow(device, broker)), times),
  );
  const ours = await polled(
    (device, broker) => EdgeProcess.start(dir, site(device, broker), join(dir, 'data')),
    times,
  );
  return [
    {
      what: 'Modbus → threshold → MQTT: the whole edge',
      unit: 'registers/s of processor time',
      ours: ours.perCpuS,
      ...(nodeRed && { peer: { name: 'Node-RED', value: nodeRed.perCpuS } }),
      note: noteOf(ours, nodeRed),
    },
  ];
}

const noteOf = (ours: Polled, nodeRed: Polled | undefined): string =>
  `${REGISTERS} registers every ${EVERY_MS} ms, ${OF_REQUEST} a request: polled ${Math.round(ours.registersPerS)} registers/s, ${ours.told} edges told` +
  (nodeRed ? `; Node-RED ${Math.round(nodeRed.registersPerS)} registers/s, ${nodeRed.told} edges` : '');

/** Undefined, and said why, where the peer cannot be had. */
async function optional<T>(measure: () => Promise<T>): Promise<T | undefined> {
  try {
    return await measure();
  } catch (error) {
    process.stderr.write(`without Node-RED: ${(error as Error).message}\n`);
    return undefined;
  }
}

async function polled(start: Start, { warmUpMs, runMs }: Times): Promise<Polled> {
  let registers = 0;
  let requests = 0;
  // Rises with each round of requests: each register crosses the limit twice in a thousand rounds, all at other times.
  const reading = (address: number) => (address * 7 + Math.floor(requests / (REGISTERS / OF_REQUEST))) % 1000;
  await using device = await libraryServer({
    getMultipleHoldingRegisters(address: number, count: number) {
      requests++;
      registers += count;
      return Array.from({ length: count }, (_, i) => reading(address + i));
    },
  });
  await using broker = await BrokerSide.start();
  await using running = await start(device.port, broker.port);
  await passed(warmUpMs);
  const [from, fromTold, fromS, fromMs] = [
    registers,
    broker.load.answered,
    cpuS(running.pid),
    performance.now(),
  ];
  await passed(runMs);
  const polledNow = registers - from;
  const told = broker.load.answered - fromTold;
  if (polledNow === 0 || told === 0) throw new Error(`${polledNow} registers polled, ${told} edges told`);
  return {
    registersPerS: (polledNow * 1000) / (performance.now() - fromMs),
    perCpuS: polledNow / (cpuS(running.pid) - fromS),
    told,
  };
}

function site(devicePort: number, brokerPort: number): string {
  const send = (above: boolean) => ({
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the site file
    send: { to: 'out', topic: 'alarm/register${n}', payload: { above, limit: LIMIT }, qos: 0 },
  });
  return JSON.stringify({
    site: 'bench',
    settings: { api: { port: 0 } },
    sources: {
      plc: {
        kind: 'modbus',
        host: '127.0.0.1',
        port: devicePort,
        everyMs: EVERY_MS,
        requestsPerS: 1000,
        maxRegisters: OF_REQUEST,
      },
    },
    actuators: { out: { kind: 'mqtt', url: `mqtt://127.0.0.1:${brokerPort}`, version: 4 } },
    types: {
      register: {
        params: ['n'],
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the site file
        tags: { value: { source: 'plc', address: { unit: 1, holding: '${n}' } } },
        rules: { high: { when: `value > ${LIMIT}`, do: [send(true)], clear: [send(false)] } },
      },
    },
    assets: Object.fromEntries(
      Array.from({ length: REGISTERS }, (_, n) => [`line/register${n}`, { type: 'register', with: { n } }]),
    ),
  });
}

function flow(devicePort: number, brokerPort: number): FlowNode[] {
  const reads = Array.from(
    { length: REGISTERS / OF_REQUEST },
    (_, i): FlowNode => ({
      id: `read${i}`,
      type: 'modbus-read',
      z: 'tab',
      topic: String(i * OF_REQUEST),
      dataType: 'HoldingRegister',
      adr: String(i * OF_REQUEST),
      quantity: String(OF_REQUEST),
      rate: String(EVERY_MS),
      rateUnit: 'ms',
      server: 'device',
      showStatusActivities: false,
      logIOActivities: false,
      showErrors: false,
      showWarnings: false,
      useIOFile: false,
      useIOForPayload: false,
      emptyMsgOnFail: false,
      wires: [['work'], []],
    }),
  );
  return [brokerNode(brokerPort), deviceNode(devicePort), ...reads, functionNode(EDGES), mqttOut(0)];
}

/** A message for each register that crossed the limit. */
const EDGES = `
  let above = context.get('above');
  if (!above) context.set('above', above = new Map());
  const first = Number(msg.topic);
  const edges = [];
  msg.payload.forEach((value, i) => {
    const was = above.get(first + i);
    const now = value > ${LIMIT};
    if (was === now) return;
    above.set(first + i, now);
    if (was !== undefined) edges.push({ topic: 'alarm/register' + (first + i), payload: { above: now, limit: ${LIMIT} } });
  });
  return [edges];`;

const deviceNode = (port: number): FlowNode => ({
  id: 'device',
  type: 'modbus-client',
  clienttype: 'tcp',
  bufferCommands: true,
  stateLogEnabled: false,
  queueLogEnabled: false,
  failureLogEnabled: false,
  tcpHost: '127.0.0.1',
  tcpPort: String(port),
  tcpType: 'DEFAULT',
  unit_id: '1',
  commandDelay: '1',
  clientTimeout: '1000',
  reconnectOnTimeout: true,
  reconnectTimeout: '2000',
  parallelUnitIdsAllowed: true,
  showErrors: false,
  showWarnings: false,
});

await report(bench);

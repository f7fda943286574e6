import type { SiteStatus } from '#contract/api.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { startNode } from '#test/interop/sparkplug-peer.ts';
import { libraryServer } from '#test/modbus-rig.ts';
import { ServerProcess } from '#test/opcua/peer.ts';
import { until } from '#test/until.ts';
import { BrokerSide } from './broker-side.ts';
import type { EdgeProcess } from './edge-process.ts';

/* Two devices for each pair of protocols: at one a value changes, the other takes writes and shows their effect. */

export const HIGH = 30;
export const LOW = 10;
const POLL_MS = 50;
const PUBLISH_MS = 100;

/** A tag of the site file, without its limits. */
type TagAt = { readonly source: string; readonly address: object };

export interface Rig extends AsyncDisposable {
  readonly sources: object;
  readonly input: TagAt;
  readonly target: TagAt;
  /** Where the device shows the effect of a write. */
  readonly actual: TagAt;
  /** What the time between two looks is, for people. */
  readonly rhythm: string;
  /** That time; between two changes passes at least as much. */
  readonly everyMs: number;
  /** Whether the device tells when a write arrives. */
  readonly observes: boolean;
  /** Called by the next write that arrives. */
  onWrite(call: () => void): void;
  change(value: number): void | Promise<void>;
  /** Once the site runs. */
  begin?(edge: EdgeProcess): Promise<void>;
}

/** Who is told of the next write. */
class Arrivals {
  #call: (() => void) | undefined;

  readonly onWrite = (call: () => void): void => {
    this.#call = call;
  };

  tell(): void {
    const call = this.#call;
    this.#call = undefined;
    call?.();
  }
}

const modbusSource = (port: number) => ({
  kind: 'modbus',
  host: '127.0.0.1',
  port,
  everyMs: POLL_MS,
  requestsPerS: 200,
});

/** A drive: what is written to its first register shows in its second. */
async function drive() {
  const arrivals = new Arrivals();
  const registers = [LOW, LOW];
  const server = await libraryServer({
    getHoldingRegister: (address: number) => registers[address] ?? 0,
    setRegister(address: number, value: number) {
      registers[address] = value;
      registers[1] = value;
      arrivals.tell();
    },
  });
  return {
    server,
    source: modbusSource(server.port),
    onWrite: arrivals.onWrite,
    target: { source: 'drive', address: { unit: 1, holding: 0 } },
    actual: { source: 'drive', address: { unit: 1, holding: 1 } },
  };
}

async function modbusToModbus(): Promise<Rig> {
  let level = LOW;
  const sensor = await libraryServer({ getHoldingRegister: () => level });
  const { server, source, ...rest } = await drive();
  return {
    ...rest,
    sources: { sensor: modbusSource(sensor.port), drive: source },
    input: { source: 'sensor', address: { unit: 1, holding: 0 } },
    rhythm: `both polled every ${POLL_MS} ms`,
    everyMs: POLL_MS,
    observes: true,
    change: (value) => {
      level = value;
    },
    async [Symbol.asyncDispose]() {
      await sensor[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function mqttToModbus(): Promise<Rig> {
  const broker = await BrokerSide.start();
  const { server, source, ...rest } = await drive();
  const send = async (value: number) => broker.send(await broker.subscribed(), 'sensor/level', value);
  return {
    ...rest,
    sources: {
      sensor: { kind: 'mqtt', url: `mqtt://127.0.0.1:${broker.port}`, version: 4, qos: 0 },
      drive: source,
    },
    input: { source: 'sensor', address: { topic: 'sensor/level' } },
    rhythm: `sent at once; the drive polled every ${POLL_MS} ms`,
    everyMs: POLL_MS,
    observes: true,
    change: send,
    begin: () => send(LOW),
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function opcuaToOpcua(): Promise<Rig> {
  const sensor = await ServerProcess.start({ variables: 1 });
  const driven = await ServerProcess.start({ variables: 1 });
  const source = ({ url }: ServerProcess) => ({
    kind: 'opcua',
    url,
    security: { mode: 'none' },
    publishMs: PUBLISH_MS,
    sampleMs: 0,
  });
  return {
    sources: { sensor: source(sensor), drive: source(driven) },
    input: { source: 'sensor', address: { node: 'ns=1;s=Float' } },
    target: { source: 'drive', address: { node: 'ns=1;s=WDouble' } },
    actual: { source: 'drive', address: { node: 'ns=1;s=WDouble' } },
    rhythm: `both servers publish every ${PUBLISH_MS} ms`,
    everyMs: PUBLISH_MS,
    observes: false,
    onWrite() {},
    change: async (value) => void (await sensor.ask({ set: { name: 'Float', value } })),
    async [Symbol.asyncDispose]() {
      await sensor[Symbol.asyncDispose]();
      await driven[Symbol.asyncDispose]();
    },
  };
}

/** Two edge nodes of other people's libraries, at a real broker. */
async function sparkplugToSparkplug(): Promise<Rig> {
  const broker = await startMosquitto();
  const arrivals = new Arrivals();
  const double = (name: string, value: number) => ({ name, type: 'Double' as const, value });
  const sensor = await startNode(broker.url, 'sensor');
  const driven = await startNode(broker.url, 'drive');
  driven.client.on('message', () => {
    const metric = driven.commands.at(-1)?.metrics.find(({ name }) => name === 'Target');
    if (!metric) return; // a birth is asked for
    arrivals.tell();
    void driven.data([double('Actual', Number(metric.value))]);
  });
  const at = (node: string, metric: string) => ({
    source: 'cells',
    address: { group: 'plant', node, metric },
  });
  return {
    sources: { cells: { kind: 'sparkplug', url: broker.url, hostId: 'bench', rebirthEveryMs: 300 } },
    input: at('sensor', 'Level'),
    target: at('drive', 'Target'),
    actual: at('drive', 'Actual'),
    rhythm: 'sent at once, through mosquitto',
    everyMs: 20,
    observes: true,
    onWrite: arrivals.onWrite,
    change: (value) => sensor.data([double('Level', value)]),
    async begin(edge) {
      await until('the host is connected', async () => {
        const { sources } = await edge.status<SiteStatus>();
        return sources.cells?.state === 'running';
      });
      await sensor.birth([double('Level', LOW)]);
      await driven.birth([double('Target', LOW), double('Actual', LOW)]);
    },
    async [Symbol.asyncDispose]() {
      await sensor[Symbol.asyncDispose]();
      await driven[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
    },
  };
}

export const RIGS: Readonly<Record<string, () => Promise<Rig>>> = {
  'Modbus → Modbus': modbusToModbus,
  'MQTT → Modbus': mqttToModbus,
  'OPC UA → OPC UA': opcuaToOpcua,
  'Sparkplug → Sparkplug': sparkplugToSparkplug,
};

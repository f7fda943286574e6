import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import mqtt, { type MqttClient } from 'mqtt';
import { type Device, listen, runDevice, type Wiring } from '#plant/devices/process.ts';
import { brokenPayload, TOPICS, type Topic } from '#plant/mqtt/topics.ts';
import { LINES } from '#plant/physics/world.ts';

/* Main program of the process with the sensors that speak MQTT, and their broker unless there is one outside. */
runDevice(start);

/** How far the sensors' clock is wrong when it is. */
const CLOCK_AHEAD_MS = 5 * 3_600_000;

interface SensorFaults {
  silent: boolean;
  slow: boolean;
  garbage: boolean;
  clockAheadMs: number;
}

async function start(wiring: Wiring): Promise<Device> {
  const { options } = wiring;
  const port = options.broker === undefined ? await startBroker(options.port, options.orFree) : 0;
  const faults: SensorFaults = { silent: false, slow: false, garbage: false, clockAheadMs: 0 };
  const client = mqtt.connect(options.broker ?? `mqtt://127.0.0.1:${port}`, {
    clientId: `plant-sensors-${process.pid}`,
    reconnectPeriod: 500,
    queueQoSZero: false,
  });
  // A broker that is away is no failure of the sensors: the client goes on trying.
  client.on('error', () => {});
  for (let line = 1; line <= LINES; line++) {
    for (const topic of TOPICS) publishOften(client, topic, line, wiring, faults);
  }
  return {
    port,
    fault(fault, on) {
      if (fault === 'device-silent') faults.silent = on;
      if (fault === 'slow-device') faults.slow = on;
      if (fault === 'garbage-replies') faults.garbage = on;
      if (fault === 'clock-wrong') faults.clockAheadMs = on ? CLOCK_AHEAD_MS : 0;
    },
  };
}

async function startBroker(port: number, orFree: boolean): Promise<number> {
  const broker = await Aedes.createBroker();
  const server = createServer({ noDelay: true }, broker.handle);
  return listen(server, port, orFree);
}

function publishOften(
  client: MqttClient,
  topic: Topic,
  line: number,
  { signals, options }: Wiring,
  faults: SensorFaults,
): void {
  let turn = 0;
  const publish = () => {
    const now = signals(line);
    if (faults.silent || !client.connected || Object.keys(now).length === 0) return;
    const good = topic.payload(now, Date.now() + faults.clockAheadMs);
    const payload = faults.garbage ? brokenPayload(good, turn++) : good;
    // The callback swallows what a lost connection makes of a message on its way.
    const send = () =>
      client.publish(`plant/line${line}/${topic.name}`, payload, { qos: topic.qos }, () => {});
    if (faults.slow) setTimeout(send, options.slowMs);
    else send();
  };
  setInterval(publish, topic.everyMs);
}

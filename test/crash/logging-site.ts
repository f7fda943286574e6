import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { freePort, startMosquitto } from '#test/interop/mosquitto.ts';
import type { Scope } from '#test/scope.ts';
import { until } from '#test/until.ts';
import { EdgeProcess } from './edge-process.ts';
import { SmallDisk } from './small-disk.ts';

/** A pump that speaks MQTT, and a log beside it whose lines no coding makes small. */
export const loggingSite = (url: string, quotaMb: number) => ({
  site: 'plant',
  settings: { api: { port: 0 }, journal: { quotaMb, commitMs: 50 } },
  sources: { broker: { kind: 'mqtt', url, clientId: 'site', maxPacketBytes: 65_536 } },
  tags: {
    'a/n': { source: 'broker', address: { topic: 'log', path: 'n' } },
    'a/text': { type: 'text', source: 'broker', address: { topic: 'log', path: 'text' } },
    'a/pump/level': { source: 'broker', address: { topic: 'level' } },
    'a/pump/actual': { source: 'broker', address: { topic: 'actual' } },
    'a/pump/speed': {
      access: 'write',
      source: 'broker',
      address: { write: { topic: 'speed' } },
      write: { range: [0, 3000], feedback: { tag: 'actual', withinMs: 5000 } },
    },
  },
  rules: { slow: { when: 'tag("a/pump/level") > 90', do: [{ write: { tag: 'a/pump/speed', value: 700 } }] } },
  alarms: {
    high: {
      when: 'tag("a/pump/level") > 90',
      priority: 'high',
      consequence: 'spill',
      response: 'stop the pump',
    },
  },
});

/** The machines: they answer a written speed with the actual one, and log on and on. */
export class Machines implements AsyncDisposable {
  /** As written by the site. */
  readonly speeds: string[] = [];
  readonly #client: MqttClient;
  #seq = 0;
  #stop = false;
  #loop: Promise<void>;

  static async start(url: string): Promise<Machines> {
    const client = await connectAsync(url);
    const machines = new Machines(client);
    client.on('message', (_topic, payload) => {
      machines.speeds.push(payload.toString());
      client.publish('actual', payload, { qos: 1 });
    });
    await client.subscribeAsync('speed');
    return machines;
  }

  private constructor(client: MqttClient) {
    this.#client = client;
    this.#loop = this.#log();
  }

  get logged(): number {
    return this.#seq;
  }

  async level(value: number): Promise<void> {
    await this.#client.publishAsync('level', `${value}`, { qos: 1 });
  }

  async quiet(): Promise<void> {
    this.#stop = true;
    await this.#loop;
  }

  /** Logs on after {@link Machines.quiet}. */
  again(): void {
    this.#stop = false;
    this.#loop = this.#log();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.quiet();
    await this.#client.endAsync(true);
  }

  async #log(): Promise<void> {
    while (!this.#stop) {
      const line = JSON.stringify({ n: this.#seq++, text: randomBytes(6000).toString('base64') });
      await this.#client.publishAsync('log', line, { qos: 1 });
    }
  }
}

/** A low level that has arrived: what is said before the site has subscribed it never hears, and its next value is no edge. */
export async function levelKnown(edge: EdgeProcess, machines: Machines): Promise<void> {
  await until('the level is known', async () => {
    await machines.level(1);
    return (await edge.tag('a/pump/level')).value === 1;
  });
}

/** What every sink has passed goes without a word; one that is away makes each removal a loss to be counted. */
export const awaySink = async () => ({ kind: 'mqtt', url: `mqtt://127.0.0.1:${await freePort()}` });

/** The logging site on a file system of its own. */
export async function startOnDisk(t: Scope, megabytes: number, quotaMb: number) {
  const disk = await SmallDisk.open(megabytes);
  const broker = await startMosquitto(['max_queued_messages 0']);
  const machines = await Machines.start(broker.url);
  const dir = join(disk.mount, 'data');
  const seenDir = join(disk.seen, 'data');
  const start = (site: object | undefined) => new EdgeProcess(site, dir, { wrap: disk.wrap, seenDir });
  const sinks = { away: await awaySink() };
  const edge = await start({ ...loggingSite(broker.url, quotaMb), sinks }).up();
  t.after(async () => {
    await edge.kill();
    await machines[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    await disk[Symbol.asyncDispose]();
  });
  await levelKnown(edge, machines);
  await until('rows are on disk', async () => (await edge.status()).journal.durableRows > 200);
  return { disk, machines, edge, seenDir, again: () => start(undefined) };
}

import { cpSync } from 'node:fs';
import { connectAsync, type MqttClient } from 'mqtt';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { EdgeProcess } from '../crash/edge-process.ts';
import { startMosquitto } from '../interop/mosquitto.ts';
import { until } from '../until.ts';
import type { Sandbox } from './sandbox.ts';

const siteOf = (url: string) => ({
  site: 'plant',
  settings: { api: { port: 0 }, journal: { quotaMb: 64, commitMs: 20 } },
  sources: { broker: { kind: 'mqtt', url } },
  tags: {
    'a/log/n': { source: 'broker', address: { topic: 'log' } },
    'a/pump/level': { source: 'broker', address: { topic: 'level' } },
    'a/pump/speed': {
      access: 'write',
      source: 'broker',
      address: { write: { topic: 'speed' } },
      write: { range: [0, 3000], lease: { maxMs: 600_000, safe: 100 } },
    },
    'b/fan/speed': {
      access: 'write',
      source: 'broker',
      address: { write: { topic: 'fan' } },
      write: { range: [0, 3000] },
    },
  },
  alarms: {
    high: { when: 'tag("a/pump/level") > 90', priority: 'high', consequence: 'spill', response: 'stop' },
  },
});

/** A site that somebody has worked with, and machines that do not stop talking. */
export class WorkedSite implements AsyncDisposable {
  readonly dir: string;
  readonly edge: EdgeProcess;
  /** What was written to the pump, in order. */
  readonly speeds: string[] = [];
  readonly #owned: AsyncDisposableStack;
  readonly #client: MqttClient;
  #stopped = false;
  readonly #load: Promise<void>;

  /** An alarm is shelved, an asset tagged out, a tag held by a lease; the samples go on. */
  static async start(box: Sandbox): Promise<WorkedSite> {
    await using stack = new AsyncDisposableStack();
    const broker = stack.use(await startMosquitto(['max_queued_messages 0']));
    const client = await connectAsync(broker.url);
    const dir = box.path('data');
    const edge = stack.use(new EdgeProcess(siteOf(broker.url), dir));
    await edge.up();
    const site = new WorkedSite(dir, edge, client, stack.move());
    try {
      await site.#work();
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
    return site;
  }

  private constructor(dir: string, edge: EdgeProcess, client: MqttClient, owned: AsyncDisposableStack) {
    this.dir = dir;
    this.edge = edge;
    this.#client = client;
    this.#owned = owned;
    client.on('message', (_topic, payload) => this.speeds.push(payload.toString()));
    this.#load = this.#talk();
  }

  /** A restored folder as a site that runs. */
  async goOn(dir: string): Promise<EdgeProcess> {
    cpSync(`${dir}/site.yaml`, `${dir}.site.json`);
    return await new EdgeProcess(undefined, dir).up();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#load;
    await this.#client.endAsync(true);
    await this.#owned[Symbol.asyncDispose]();
  }

  async #work(): Promise<void> {
    const { edge } = this;
    await this.#client.subscribeAsync('speed');
    await until('rows arrive', async () => (await edge.status()).samples > 100);
    await this.#client.publishAsync('level', '95', { qos: 1 });
    await until('the alarm is raised', async () => (await edge.alarm('high')).state === 'unacknowledged');
    await edge.post('/api/alarms', { id: 'high', act: 'shelve', forMin: 400, by: 'eva' });
    await edge.post('/api/assets', { asset: 'b/fan', tagOut: true, why: 'the belt is off', by: 'eva' });
    const asked = { tag: 'a/pump/speed', value: 700, why: 'a test', leaseMs: 500_000, by: 'eva' };
    await edge.post('/api/writes', asked);
    await until('the write has come', () => this.speeds.includes('700'));
  }

  async #talk(): Promise<void> {
    for (let n = 0; !this.#stopped; n++) await this.#client.publishAsync('log', `${n}`, { qos: 1 });
  }
}

/** Number of each tag, by its path. */
export function numbersOf(dataDir: string): { readonly [path: string]: number } {
  using reader = openReader(journalDir(dataDir));
  return Object.fromEntries(reader.tags().map(({ path, number }) => [path, number]));
}

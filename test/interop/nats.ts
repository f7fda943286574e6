import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JetStreamManager, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsSettings } from '#contract/hub-file.ts';
import { freePort } from '#test/e2e/free-port.ts';
import type { Scope } from '#test/scope.ts';
import { until } from '#test/until.ts';

const PROGRAM = '/usr/sbin/nats-server';

/** A real nats-server with JetStream on a free port of loopback, which writes what it acknowledges. */
export class Nats {
  readonly settings: NatsSettings;
  readonly #dir: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.#port = port;
    const servers = [`nats://127.0.0.1:${port}`];
    this.settings = {
      servers,
      stream: 'holdfast',
      subject: 'holdfast.samples',
      replicas: 1,
      keep: true,
      waitingBytes: 2 ** 40,
    };
  }

  /** @param extra lines of its configuration */
  static async start(t: Scope, extra = ''): Promise<Nats> {
    const dir = mkdtempSync(join(tmpdir(), 'holdfast-nats-'));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    const nats = new Nats(dir, await freePort());
    writeFileSync(join(dir, 'nats.conf'), `jetstream { store_dir: "${dir}/data" }\n${extra}\n`);
    await nats.restart();
    t.after(() => nats.kill());
    return nats;
  }

  /** Where its streams are. */
  get dataDir(): string {
    return join(this.#dir, 'data');
  }

  async restart(): Promise<void> {
    const args = ['-c', join(this.#dir, 'nats.conf'), '-a', '127.0.0.1', '-p', String(this.#port)];
    const child = spawn(PROGRAM, args, { stdio: 'ignore' });
    this.#child = child;
    await until('nats-server answers', async () => {
      if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`);
      return await connect({ servers: this.settings.servers as string[], reconnect: false }).then(
        async (session) => {
          await session.close();
          return true;
        },
        () => false,
      );
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** That the stream takes. */
  async bytes(): Promise<number> {
    return await this.#asking(async (streams) => (await streams.info(this.settings.stream)).state.bytes);
  }

  async #asking<T>(work: (streams: JetStreamManager['streams']) => Promise<T>): Promise<T> {
    const session = await connect({ servers: this.settings.servers as string[] });
    try {
      return await work((await jetstreamManager(session)).streams);
    } finally {
      await session.close();
    }
  }

  /** All messages of the stream, in their order. */
  async messages(): Promise<StoredMsg[]> {
    return await this.#asking(async (streams) => {
      const { state } = await streams.info(this.settings.stream);
      const found: StoredMsg[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
        const message = await streams.getMessage(this.settings.stream, { seq });
        if (message) found.push(message);
      }
      return found;
    });
  }

  /** Samples in all messages, in their order. */
  async samples(): Promise<StreamSample[]> {
    const all = await this.messages();
    return all.flatMap((message) =>
      message
        .string()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  }
}

export interface StreamSample {
  readonly site: string;
  readonly tag?: string;
  readonly number?: number;
  readonly timeUs: number;
  readonly value: unknown;
  readonly quality: string;
  readonly omittedBytes?: number;
}

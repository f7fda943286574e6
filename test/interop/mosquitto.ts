import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const BROKER = '/usr/sbin/mosquitto';
const READY_MS = 5000;

/** A real broker on a free port of loopback, stopped at the end of its scope. */
export interface Mosquitto extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Folder of its configuration, for certificates and the like. */
  readonly dir: string;
  /** As a power cut: no goodbye to anybody. */
  kill(): Promise<void>;
  /** Starts it again, same port and same configuration. */
  restart(): Promise<void>;
  /** Publishes with mosquitto_pub. */
  pub(...args: readonly string[]): Promise<void>;
  /** What mosquitto_sub prints; it ends by itself after `-C` messages. */
  sub(...args: readonly string[]): Promise<string>;
}

/**
 * @param extra lines of mosquitto.conf; `DIR` stands for its folder
 * @param files beside it, by name
 */
export async function startMosquitto(
  extra: readonly string[] = [],
  scheme = 'mqtt',
  files: { readonly [name: string]: string } = {},
): Promise<Mosquitto> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-mosquitto-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text, { mode: 0o600 });
  return startMosquittoIn(dir, extra, scheme);
}

export async function startMosquittoIn(
  dir: string,
  extra: readonly string[],
  scheme = 'mqtt',
): Promise<Mosquitto> {
  const port = await freePort();
  const config = join(dir, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    ...(extra.some((line) => line.startsWith('allow_anonymous')) ? [] : ['allow_anonymous true']),
    ...extra.map((line) => line.replaceAll('DIR', dir)),
    // Started as root it would give its rights away and could not write to the folder.
    `user ${process.getuid?.() === 0 ? 'root' : (process.env.USER ?? 'nobody')}`,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  let child = await run(config, port);
  const client = async (program: string, args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(program, ['-h', '127.0.0.1', '-p', String(port), ...args], {
      timeout: 10_000,
    });
    return stdout;
  };
  return {
    port,
    dir,
    url: `${scheme}://127.0.0.1:${port}`,
    kill: () => stop(child, 'SIGKILL'),
    async restart() {
      child = await run(config, port);
    },
    async pub(...args) {
      await client('mosquitto_pub', args);
    },
    sub: (...args) => client('mosquitto_sub', args),
    async [Symbol.asyncDispose]() {
      await stop(child, 'SIGTERM');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function run(config: string, port: number): Promise<ChildProcess> {
  const child = spawn(BROKER, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (text) => {
    said += text;
  });
  await reachable(port, () => child.exitCode !== null && `mosquitto ended: ${said}`);
  return child;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

async function reachable(port: number, failed: () => string | false): Promise<void> {
  const until = performance.now() + READY_MS;
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const ok = await new Promise((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false));
    });
    socket.destroy();
    if (ok) return;
    const reason = failed();
    if (reason) throw new Error(reason);
    if (performance.now() > until) throw new Error(`nothing listens on port ${port}`);
    await new Promise((again) => setTimeout(again, 10));
  }
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

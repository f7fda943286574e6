import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '#tools/check/child.ts';

/* Node-RED, as a peer: its flows do what a site file of ours says. */

const WANTED = join(import.meta.dirname, 'peers/node-red');
/** Apart from the sources, so that nothing that looks through them meets a peer. */
const FOLDER = join(import.meta.dirname, '../.holdfast/peers/node-red');
const INSTALL_MS = 600_000;
const START_MS = 60_000;

/** A node of a flow, as Node-RED keeps it. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Installs Node-RED when it is not there or its lock file has changed. @throws with what npm said */
export async function installNodeRed(): Promise<void> {
  const lock = readFileSync(join(WANTED, 'package-lock.json'), 'utf8');
  const stamp = join(FOLDER, 'node_modules/.holdfast-lock.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('installing Node-RED, a peer of the benches …\n');
  mkdirSync(FOLDER, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(WANTED, file), join(FOLDER, file));
  // No scripts: the only one builds a serial port, which nothing here uses.
  const args = ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, output } = await runChild('npm', args, INSTALL_MS);
  if (status !== 0) throw new Error(`npm ci of bench/peers/node-red failed: ${output}`);
  writeFileSync(stamp, lock);
}

/** Versions of what is installed, by package. */
export function nodeRedVersions(): Record<string, string> {
  const packages = Object.keys(JSON.parse(readFileSync(join(WANTED, 'package.json'), 'utf8')).dependencies);
  const versionOf = (name: string): string =>
    JSON.parse(readFileSync(join(FOLDER, 'node_modules', name, 'package.json'), 'utf8')).version;
  return existsSync(join(FOLDER, 'node_modules/.holdfast-lock.json'))
    ? Object.fromEntries(packages.map((name) => [name, versionOf(name)]))
    : {};
}

/** A running Node-RED without editor or HTTP API, its context in memory. */
export class NodeRed implements AsyncDisposable {
  readonly #child: ChildProcess;

  /** @param dir folder that it may use @throws what it said when its flows do not start */
  static async start(dir: string, flow: readonly FlowNode[]): Promise<NodeRed> {
    await installNodeRed();
    mkdirSync(dir, { recursive: true });
    writeFileSync(
      join(dir, 'flows.json'),
      JSON.stringify([{ id: 'tab', type: 'tab', label: 'bench' }, ...flow]),
    );
    writeFileSync(join(dir, 'settings.cjs'), `module.exports = ${JSON.stringify(SETTINGS)};`);
    const nodeRed = new NodeRed(dir);
    await nodeRed.#started();
    return nodeRed;
  }

  private constructor(dir: string) {
    const program = join(FOLDER, 'node_modules/node-red/red.js');
    this.#child = spawn(process.execPath, [program, '-u', dir, '-s', join(dir, 'settings.cjs')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async #started(): Promise<void> {
    let said = '';
    const started = Promise.withResolvers<void>();
    const fail = (why: string) => started.reject(new Error(`Node-RED ${why}: ${said}`));
    const timer = setTimeout(() => fail('did not start its flows in time'), START_MS);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-8000);
        if (said.includes('missing-types')) fail('does not know a node of the flow');
        if (said.includes('Started flows')) started.resolve();
      });
    }
    this.#child.once('exit', () => fail('ended'));
    try {
      await started.promise;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL'); // it takes seconds to say goodbye, and has nothing to keep
    await gone;
  }
}

const SETTINGS = {
  flowFile: 'flows.json',
  uiPort: 0,
  uiHost: '127.0.0.1',
  disableEditor: true,
  httpAdminRoot: false,
  httpNodeRoot: false,
  credentialSecret: false,
  telemetry: { enabled: false },
  externalModules: { autoInstall: false, palette: { allowInstall: false }, modules: { allowInstall: false } },
  logging: { console: { level: 'info', metrics: false, audit: false } },
};

/** A broker, as nodes of MQTT name it. */
export const brokerNode = (port: number): FlowNode => ({
  id: 'broker',
  type: 'mqtt-broker',
  broker: '127.0.0.1',
  port: String(port),
  clientid: 'bench',
  autoConnect: true,
  usetls: false,
  protocolVersion: '4',
  keepalive: '60',
  cleansession: true,
});

/** Subscribes and parses JSON; goes on to `to`. */
export const mqttIn = (topic: string, to: string): FlowNode => ({
  id: 'in',
  type: 'mqtt in',
  z: 'tab',
  topic,
  qos: '0',
  datatype: 'json',
  broker: 'broker',
  inputs: 0,
  wires: [[to]],
});

/** Publishes to the topic that the message names. */
export const mqttOut = (qos: 0 | 1): FlowNode => ({
  id: 'out',
  type: 'mqtt out',
  z: 'tab',
  topic: '',
  qos: String(qos),
  retain: 'false',
  broker: 'broker',
  wires: [],
});

/** @param code its body; what it returns goes on to `out` */
export const functionNode = (code: string): FlowNode => ({
  id: 'work',
  type: 'function',
  z: 'tab',
  func: code,
  outputs: 1,
  timeout: 0,
  noerr: 0,
  initialize: '',
  finalize: '',
  libs: [],
  wires: [['out']],
});

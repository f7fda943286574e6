import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { AlertStatus, DetectorStatus } from '#contract/client.ts';
import { Api, Sandbox } from '#test/e2e/sandbox.ts';
import { startMosquitto } from '../interop/mosquitto.ts';
import { Chromium, type View, type Window } from './browser.ts';
import { addUser, signedIn } from './people.ts';

const EVERY_MS = 100;
const PAST_MIN = 20;
const SIGNALS = ['vibration', 'current', 'bearing_temperature'] as const;
const UNITS = ['mm/s', 'A', 'Cel'];
export const PUMP = 'hall/pump';
export const BEARING = `${PUMP}/bearing`;

const file = (mqtt: string) => `site: north
settings: { api: { port: 0 } }
sources: { plc: { kind: mqtt, url: '${mqtt}' } }
types:
  pump:
    tags:
${SIGNALS.map((name, i) => `      ${name}: { source: plc, unit: ${UNITS[i]}, address: { topic: pump, path: ${name} } }`).join('\n')}
      state: { source: plc, address: { topic: pump, path: state } }
    detectors:
      bearing:
        description: Vibration, current and temperature of this pump leave their usual company
        kind: drift
        tags: [${SIGNALS.join(', ')}]
        everyMs: ${EVERY_MS}
        restWhen: state != 2.0
        restForMs: 0
      strict: { kind: drift, tags: [${SIGNALS.join(', ')}], everyMs: ${EVERY_MS}, shadow: true }
      stuck: { kind: frozen, tags: [current], everyMs: ${EVERY_MS} }
      heat: { kind: limit, tags: [bearing_temperature], settings: { limit: 90 } }
assets: { ${PUMP}: { type: pump } }
`;

/** A real site with detectors of a pump that a real broker tells of, twenty minutes of good running before, and a browser. */
export class DetectorSite implements AsyncDisposable {
  readonly box: Sandbox;
  readonly api: Api;
  readonly chromium: Chromium;
  readonly #stack: AsyncDisposableStack;
  readonly #teller: ChildProcess;
  /** How much the vibration stands above good running, as a part of it. */
  worn = 0;
  /** 2 is running. */
  state = 2;
  #n = 0;

  private constructor(stack: AsyncDisposableStack, box: Sandbox, chromium: Chromium, teller: ChildProcess) {
    this.#stack = stack;
    this.box = box;
    this.chromium = chromium;
    this.#teller = teller;
    this.api = new Api(box.path('data'));
    const timer = setInterval(() => this.#tell(), EVERY_MS);
    stack.defer(() => clearInterval(timer));
  }

  static async start(): Promise<DetectorSite> {
    await using stack = new AsyncDisposableStack();
    const broker = stack.use(await startMosquitto());
    const box = stack.use(new Sandbox());
    writeFileSync(box.path('site.yaml'), file(broker.url));
    const startedMs = Date.now();
    await box.startEdge(box.path('site.yaml'), box.path('data'));
    writeFileSync(box.path('past.csv'), pastUntil(startedMs - 1000));
    const { status, stderr } = await box.run('import', box.path('past.csv'), '--data', box.path('data'));
    assert.equal(status, 0, stderr);
    const chromium = stack.use(await Chromium.start());
    const { port } = new URL(broker.url);
    const teller = spawn('mosquitto_pub', ['-p', port, '-t', 'pump', '-l'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    stack.defer(() => void teller.kill());
    return new DetectorSite(stack.move(), box, chromium, teller);
  }

  async signedIn(name: string, role: string, view: View = {}): Promise<Window> {
    const password = await addUser(this.api, name, role);
    return await signedIn(this.chromium, this.api.address.url, { name, password }, view);
  }

  async detector(id: string): Promise<DetectorStatus> {
    const all = await this.api.get<readonly DetectorStatus[]>('/api/detectors');
    const found = all.find((one) => one.id === id);
    assert.ok(found, `there is a detector ${id}`);
    return found;
  }

  async alerts(): Promise<readonly AlertStatus[]> {
    return await this.api.get('/api/alerts');
  }

  #tell(): void {
    const values = { ...runningAt(this.#n++, this.worn), state: this.state };
    this.#teller.stdin?.write(`${JSON.stringify(values)}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Values of a pump whose load changes from moment to moment, and all that follows it. */
function runningAt(n: number, worn: number): { readonly [signal in (typeof SIGNALS)[number]]: number } {
  // No good luck is needed: the same numbers each time.
  const noise = (i: number) => {
    const some = Math.sin(n * 12.9898 + i * 78.233) * 43_758.5453;
    return some - Math.floor(some) - 0.5;
  };
  const load = 2 * noise(3);
  return {
    vibration: round((2 + 0.2 * load + 0.2 * noise(0)) * (1 + worn)),
    current: round(12 + 0.8 * load + 0.3 * noise(1)),
    bearing_temperature: round(55 + 0.5 * load + 0.5 * noise(2) + 4 * worn),
  };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

function pastUntil(endMs: number): string {
  const rows = (PAST_MIN * 60_000) / EVERY_MS;
  const lines = [`time,${[...SIGNALS, 'state'].map((name) => `${PUMP}/${name}`).join(',')}`];
  for (let n = 0; n < rows; n++) {
    const values = runningAt(n, 0);
    const time = new Date(endMs - (rows - n) * EVERY_MS).toISOString();
    lines.push([time, ...SIGNALS.map((name) => values[name]), 2].join(','));
  }
  return `${lines.join('\n')}\n`;
}

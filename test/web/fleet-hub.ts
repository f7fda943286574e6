import { rmSync } from 'node:fs';
import { checkSite } from '#edge/blueprint.ts';
import { followMembership } from '#edge/hub-membership.ts';
import { type Site, startSite } from '#edge/site.ts';
import { allocBatch } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import { joinHub } from '#trust/hub/enrol.ts';
import { reports } from '../hub/reported-site.ts';
import { HubRig, patience } from '../hub/rig.ts';
import { until } from '../until.ts';
import { Chromium, type View, type Window } from './browser.ts';
import { signedIn } from './people.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const SLOW_MS = 60_000;
const EVERY_MS = 250;
const PASSWORD = 'seven green valves hum';

const TAGS = ['flow', 'pressure', 'level'] as const;
const fileOf = (name: string) => `site: ${name}
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags:
  hall/pump/flow: { source: plc, address: { holding: 0 }, unit: L/min, description: what the pump moves }
  hall/pump/pressure: { source: plc, address: { holding: 1 }, unit: bar }
  hall/tank/level: { source: plc, address: { holding: 2 }, unit: '%' }
settings: { hub: { everyMs: 200 } }
`;

interface Running {
  readonly site: Site;
  /** Signals of which its device says nothing more. */
  readonly silent: Set<string>;
  readonly stack: AsyncDisposableStack;
}

/** A real hub with its own PostgreSQL, real sites that have joined it over TLS, and a browser before it. */
export class FleetHub implements AsyncDisposable {
  readonly rig: HubRig;
  readonly chromium: Chromium;
  readonly #stack: AsyncDisposableStack;
  readonly #sites = new Map<string, Running>();

  private constructor(stack: AsyncDisposableStack, rig: HubRig, chromium: Chromium) {
    this.#stack = stack;
    this.rig = rig;
    this.chromium = chromium;
  }

  static async start(): Promise<FleetHub> {
    await using stack = new AsyncDisposableStack();
    const rig = stack.use(await HubRig.start({ stores: true }));
    const chromium = stack.use(await Chromium.start());
    return new FleetHub(stack.move(), rig, chromium);
  }

  get origin(): string {
    return this.rig.url;
  }

  /** A site joins and runs; its values rise and fall. */
  async run(name: string, labels: { readonly [label: string]: string }): Promise<void> {
    await this.join(name, labels);
    const stack = new AsyncDisposableStack();
    const { blueprint, problems } = await checkSite(fileOf(name));
    if (!blueprint) throw new Error(JSON.stringify(problems));
    const dataDir = this.rig.dataDir(name);
    const site = stack.use(await startSite({ blueprint, dataDir, log: quiet, version: '1' }));
    stack.use(followMembership(site, this.rig.trustDir(name), quiet, () => {}));
    let n = 0;
    const silent = new Set<string>();
    const timer = setInterval(() => read(site, n++, silent), EVERY_MS);
    stack.defer(() => clearInterval(timer));
    this.#sites.set(name, { site, silent, stack });
    this.#stack.defer(() => this.stop(name));
    await until(`values of ${name} at the hub`, () => this.#hasValues(name), SLOW_MS);
  }

  /** It goes away; what it has sent stays. */
  async stop(name: string): Promise<void> {
    const running = this.#sites.get(name);
    this.#sites.delete(name);
    await running?.stack.disposeAsync();
  }

  /** Its device tells that it has lost samples of the last seconds, and says nothing more of the level. */
  async lose(name: string, samples: number): Promise<void> {
    const running = this.#sites.get(name);
    if (!running) throw new Error(`${name} does not run`);
    running.silent.add('level');
    const { clock, path, table } = running.site.core;
    const nowUs = clock.nowUs();
    const level = table.number('hall/tank/level');
    const batch = allocBatch(1, { receivedUs: nowUs });
    batch.tag[0] = level;
    batch.timeUs[0] = nowUs;
    batch.value[0] = Number.NaN;
    batch.quality[0] = Quality.bad;
    const flow = table.number('hall/pump/flow');
    const gap = { tags: [flow], fromUs: nowUs - 3e6, toUs: nowUs - 1e6, count: samples } as const;
    path.accept('plc', { batch, gaps: [{ ...gap, reason: 'device-overflow' }] });
  }

  async join(name: string, labels: { readonly [label: string]: string }): Promise<void> {
    await this.joinWith(name, await this.rig.token(name, labels));
  }

  async joinWith(name: string, token: string): Promise<void> {
    await joinHub({ trustDir: this.rig.trustDir(name), hub: this.origin, token }, patience());
  }

  /** Three sites that run, one that has gone, one that never came. */
  async furnish(): Promise<void> {
    await this.run('north-1', { region: 'north', line: '1' });
    await this.run('north-2', { region: 'north', line: '2' });
    await this.run('south-1', { region: 'south', line: '1' });
    await this.run('south-2', { region: 'south', line: '2' });
    await this.stop('south-2');
    await this.join('east-1', { region: 'east', line: '1' });
  }

  /** As two sites would have told it that no box speaks for now. */
  async alarm(): Promise<void> {
    const { pool } = this.rig.hub.database;
    await this.join('west-1', { region: 'west', line: '1' });
    await this.join('west-2', { region: 'west', line: '2' });
    await reports(pool, 'west-1', [
      { id: 'hall/pump/pressure-high', priority: 'critical' },
      { id: 'hall/pump/flow-low', priority: 'low', isAcknowledged: true },
    ]);
    await reports(pool, 'west-2', [{ id: 'hall/tank/level-high', priority: 'high' }]);
  }

  /** Somebody who may all. @returns his password */
  async administrator(name: string): Promise<string> {
    const user = { name, password: PASSWORD, grants: [{ role: 'administrator' as const }] };
    await this.rig.hub.people.people.add(user, 'test');
    return PASSWORD;
  }

  /** A window in which this user has signed in as people do. */
  async signedIn(name: string, password: string, view: View = {}): Promise<Window> {
    return await signedIn(this.chromium, this.origin, { name, password }, view);
  }

  async #hasValues(site: string): Promise<boolean> {
    const { rows } = await this.rig.hub.database.pool.query(
      // What a tag is called may come behind its value.
      `SELECT 1 FROM journals j WHERE site = $1
         AND EXISTS (SELECT FROM newest_values WHERE journal = j.id)
         AND EXISTS (SELECT FROM site_tags WHERE journal = j.id)`,
      [site],
    );
    return rows.length > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    rmSync(this.rig.dir, { recursive: true, force: true });
  }
}

/** As if its device had answered. */
function read(site: Site, n: number, silent: ReadonlySet<string>): void {
  const { clock, path, table } = site.core;
  const told = TAGS.filter((tag) => !silent.has(tag));
  const batch = allocBatch(told.length, { receivedUs: clock.nowUs() });
  told.forEach((tag, i) => {
    batch.tag[i] = table.number(tag === 'level' ? `hall/tank/${tag}` : `hall/pump/${tag}`);
    batch.timeUs[i] = batch.receivedUs;
    batch.value[i] = Math.round(1000 + 100 * (i + 1) * Math.sin(n / 20 + i)) / 10;
  });
  path.accept('plc', { batch });
}

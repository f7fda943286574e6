import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { journalDir } from '#edge/data-folder.ts';
import { type Exported, type ExportOptions, exportParcels } from '#edge/parcel/export.ts';
import { type Fleet, openFleet } from '#hub/fleet.ts';
import { EdgeProcess, folder } from '#test/crash/edge-process.ts';
import type { Scope } from '#test/scope.ts';
import { countingDevice, type Plan, readRegisters } from '#test/torture/counting-devices.ts';
import { joinHub } from '#trust/hub/enrol.ts';
import { databaseUrl, type HubLaunch, HubProcess } from './hub-process.ts';

export const SITE = 'north';
const LONG_MS = 240_000;
const FOREVER_MS = 3_600_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A hub that comes back where it was. */
interface KeptHub extends HubLaunch {
  readonly dir: string;
  readonly port: number;
  /** Its folder as we see it, where it has a view of its own. */
  readonly seenDir?: string;
  /** Of the site's processes, such as another clock. */
  readonly siteEnv?: NodeJS.ProcessEnv;
  /** Of its link. */
  readonly link?: { readonly bytesPerS: number };
}

/** A whole site that reads a device, and the whole hub that it has joined, in processes of their own. */
export class Scene {
  readonly dataDir: string;
  edge: EdgeProcess | undefined;
  readonly #launch: KeptHub;
  readonly #stick: string;
  #hub: HubProcess | undefined;
  #plan: Plan = { sources: {}, tags: {} };

  /** @param launch with a folder that stays, and a port that is free */
  static async open(scope: Scope, launch: KeptHub): Promise<Scene> {
    const scene = new Scene(launch, await folder(scope), join(await folder(scope), 'stick'));
    scope.after(() => scene.#close());
    const { url } = await scene.hub();
    await using fleet = await scene.fleet();
    const token = await fleet.joinToken({ site: SITE, labels: {}, ttlMs: FOREVER_MS, by: 'test' });
    await joinHub({ trustDir: scene.#trustDir, hub: url, token }, AbortSignal.timeout(LONG_MS));
    readRegisters(scene.#plan, 'plc', (await countingDevice(scope)).port, 20, { everyMs: 100 });
    await scene.site();
    return scene;
  }

  private constructor(launch: KeptHub, dataDir: string, stick: string) {
    this.#launch = launch;
    this.dataDir = dataDir;
    this.#stick = stick;
  }

  get #trustDir(): string {
    return join(this.dataDir, 'trust');
  }

  get databaseUrl(): string {
    return databaseUrl(this.#launch.seenDir ?? this.#launch.dir);
  }

  /** Runs from here on, if it did not. */
  async hub(): Promise<HubProcess> {
    if (!this.#hub || this.#hub.hasEnded) this.#hub = await HubProcess.start(this.#launch);
    return this.#hub;
  }

  /** An orderly end, that of its PostgreSQL too; {@link hub} starts both again. */
  async stopHub(): Promise<void> {
    await this.#hub?.[Symbol.asyncDispose]();
  }

  async site(): Promise<EdgeProcess> {
    if (!this.edge || this.edge.ended) {
      const { link, siteEnv: env = {} } = this.#launch;
      const hub = { everyMs: 200, ...link };
      const settings = { api: { port: 0 }, journal: { quotaMb: 512, commitMs: 50 }, hub };
      this.edge = await new EdgeProcess({ site: SITE, settings, ...this.#plan }, this.dataDir, { env }).up();
    }
    return this.edge;
  }

  /** Writes to a stick what the hub has not confirmed. @param over as to a way without receipts, say */
  async export(over: Pick<ExportOptions, 'repeatUs'> = {}): Promise<Exported> {
    return await exportParcels({
      ...{
        journalDir: journalDir(this.dataDir),
        trustDir: this.#trustDir,
        to: this.#stick,
        software: 'test',
      },
      ...{ parcelBytes: 200_000, next: false, nowUs: () => Date.now() * 1000, ...over },
      signal: AbortSignal.timeout(LONG_MS),
    });
  }

  async import(oneWay = false): Promise<void> {
    await using fleet = await this.fleet();
    await fleet.importStick(this.#stick, { signal: AbortSignal.timeout(LONG_MS), oneWay });
  }

  fleet(): Promise<Fleet> {
    return openFleet({ dir: join(this.dataDir, '../aside'), url: this.databaseUrl, log: quiet });
  }

  async #close(): Promise<void> {
    await this.edge?.kill();
    // It ends its PostgreSQL as well.
    const hub = await this.hub();
    await hub[Symbol.asyncDispose]();
    rmSync(this.#launch.seenDir ?? this.#launch.dir, { recursive: true, force: true });
  }
}

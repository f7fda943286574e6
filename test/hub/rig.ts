import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { makeToken } from '#hub/identity/tokens.ts';
import { type Admission, type Hub, type HubOptions, startHub } from '#hub/main.ts';
import { openUplinks } from '#hub/uplink/open.ts';
import type { UplinkIdentity } from '#hub/uplink.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Log } from '#kernel/log.ts';
import { joinHub } from '#trust/hub/enrol.ts';
import type { Membership } from '#trust/hub/membership.ts';
import { joinTokenText } from '#trust/hub/token.ts';

const HOUR_MS = 3_600_000;
const retention = { samplesDays: 730, eventsDays: 3650 };

/** A folder that PostgreSQL's user may reach, too. */
export function hubFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-hub-'));
  chmodSync(dir, 0o711);
  return dir;
}

export interface RigOptions {
  /** Another hub's database. */
  readonly databaseUrl?: string;
  /** Its real uplink, that stores what comes. */
  readonly stores?: boolean;
  readonly admission?: Admission;
  /** A free one when absent. */
  readonly port?: number;
  /** Program that has the key which issues. */
  readonly signer?: string;
  /** File with what seals the keys in the database. */
  readonly keyFile?: string;
  /** Settings of its file. */
  readonly settings?: Pick<HubOptions, 'oidc' | 'webhooks'>;
}

/** A real hub with its own PostgreSQL; its uplink gives back what comes, unless it is to store it. */
export class HubRig implements AsyncDisposable {
  readonly dir = hubFolder();
  readonly #sites = mkdtempSync(join(tmpdir(), 'holdfast-sites-'));
  /** What the hub logged. */
  readonly said: string[] = [];
  /** Sites whose uplink was taken. */
  readonly accepted: UplinkIdentity[] = [];
  /** How far the wall clock of the hub runs ahead of ours. */
  aheadMs = 0;
  #hub: Hub | undefined;

  static async start(options: RigOptions = {}): Promise<HubRig> {
    const rig = new HubRig();
    await rig.startAgain(options);
    return rig;
  }

  async stop(): Promise<void> {
    await this.#hub?.[Symbol.asyncDispose]();
    this.#hub = undefined;
  }

  /** On the same folder, after {@link stop}. */
  async startAgain(options: RigOptions = {}): Promise<void> {
    const { stores, port = 0, settings, ...rest } = options;
    this.#hub = await startHub({
      ...rest,
      ...settings,
      port,
      dir: this.dir,
      host: '127.0.0.1',
      names: [],
      log: this.#log,
      version: '1',
      nowMs: () => Date.now() + this.aheadMs,
      uplink: stores
        ? (database) => openUplinks(database, { clock: systemClock(), log: this.#log, retention })
        : this.#echo,
    });
  }

  get hub(): Hub {
    if (!this.#hub) throw new Error('the hub does not run');
    return this.#hub;
  }

  get url(): string {
    return `https://127.0.0.1:${this.hub.port}`;
  }

  /** For a second hub on the same database. */
  get databaseUrl(): string {
    return `postgresql://holdfast@localhost/postgres?host=${encodeURIComponent(join(this.dir, 'postgres/run'))}`;
  }

  /** Where a site keeps what the hub gave it. */
  trustDir(site: string): string {
    return join(this.#sites, site, 'trust');
  }

  /** Its data folder, where its trust store is the usual one. */
  dataDir(site: string): string {
    return join(this.#sites, site);
  }

  async token(site: string, labels = {}): Promise<string> {
    const { database, authority } = this.hub;
    const asked = { site, labels, ttlMs: HOUR_MS, by: 'test' };
    const secret = await makeToken(database.queries, asked, new Date(Date.now() + this.aheadMs));
    return joinTokenText({ secret, pin: authority.pin });
  }

  async join(site: string, trustDir = this.trustDir(site)): Promise<Membership> {
    const token = await this.token(site);
    return await joinHub({ trustDir, hub: this.url, token }, AbortSignal.timeout(HOUR_MS));
  }

  /** Names of the hub's own events about a site, the oldest first. */
  async events(site: string): Promise<string[]> {
    const { rows } = await this.hub.database.pool.query(
      'SELECT name FROM hub_events WHERE subject = $1 ORDER BY id',
      [site],
    );
    return rows.map(({ name }) => name);
  }

  readonly #echo = () => ({
    accept: (socket: Duplex, head: Buffer, identity: UplinkIdentity) => this.#accept(socket, head, identity),
    asked: () => {},
    async [Symbol.asyncDispose]() {},
  });

  readonly #log: Log = {
    debug: () => {},
    info: (_detail, message) => void this.said.push(message),
    warn: (_detail, message) => void this.said.push(message),
    error: (_detail, message) => void this.said.push(message),
  };

  #accept(socket: Duplex, head: Buffer, identity: UplinkIdentity): void {
    this.accepted.push(identity);
    socket.write(head);
    socket.pipe(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const dir of [this.dir, this.#sites]) rmSync(dir, { recursive: true, force: true });
  }
}

/** Never reached by a test that passes. */
export const patience = (): AbortSignal => AbortSignal.timeout(HOUR_MS);

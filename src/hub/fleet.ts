import { systemClock } from '#kernel/clock.ts';
import type { Log } from '#kernel/log.ts';
import { joinTokenText } from '#trust/hub/token.ts';
import { openAuthority } from './authority/authority.ts';
import { readRootKey, replaceIssuing, reseal } from './authority/kept-keys.ts';
import { Sealing } from './authority/sealing.ts';
import { openDatabase } from './database/database.ts';
import { type KeptHubEvent, lastEvents } from './events.ts';
import { Gate } from './identity/gate.ts';
import { Identities } from './identity/identities.ts';
import { listSites, type SiteIdentity } from './identity/listing.ts';
import { makeToken, type TokenAsked } from './identity/tokens.ts';
import { type ImportedStick, type ImportPorts, importStick } from './parcel/import.ts';
import { People } from './people/people.ts';
import { FleetTokens } from './people/tokens.ts';
import { addChoice, type Choice, choices, type KeptChoice, removeChoice } from './rows/choice.ts';
import { lastAddress } from './state/presence.ts';
import { endPassing } from './telemetry/passing.ts';
import { Writers } from './uplink/writers.ts';
import { Webhooks } from './webhooks/hooks.ts';

export type { SiteIdentity } from './identity/listing.ts';

export interface FleetOptions {
  /** Folder of the hub. */
  readonly dir: string;
  readonly url?: string | undefined;
  /** As a hub has it; needed only where something is issued or opened. */
  readonly keyFile?: string | undefined;
  /** The same; needed only where something is issued. */
  readonly signer?: string | undefined;
  readonly log: Log;
}

export interface ImportStickOptions extends Pick<ImportPorts, 'progress' | 'oneWay'> {
  readonly signal: AbortSignal;
}

/** What people do to the fleet, beside a running hub or without one. */
export interface Fleet extends AsyncDisposable {
  readonly people: People;
  readonly tokens: FleetTokens;
  /** @throws Fault `hub.usage` */
  joinToken(asked: TokenAsked): Promise<string>;
  /** Where the hub that runs is reached; undefined where none has run for a day. */
  address(): Promise<string | undefined>;
  sites(): Promise<readonly SiteIdentity[]>;
  /** What happened at the hub, the newest last. @param site about it only */
  events(asked: { readonly most: number; readonly site?: string | undefined }): Promise<KeptHubEvent[]>;
  /** @returns until when @throws Fault `hub.usage` */
  adopt(...how: Parameters<Identities['adopt']>): Promise<Date>;
  /**
   * Takes parcels that were carried by hand, a folder of them or one, and writes the receipts beside them.
   * @throws Fault `parcel.stick`, `parcel.receipt`
   */
  importStick(path: string, options: ImportStickOptions): Promise<ImportedStick>;
  /** Tags that are kept as plain rows as well. */
  readonly rows: {
    list(): Promise<KeptChoice[]>;
    /** @param how.forMs what came in this time before is copied, too @throws Fault `hub.usage` */
    add(choice: Choice, how: { readonly by: string; readonly forMs?: number | undefined }): Promise<void>;
    /** @throws Fault `hub.usage` */
    remove(name: string): Promise<void>;
  };
  /** Receivers of events. */
  readonly webhooks: Webhooks;
  /** @returns since when samples were passed on to NATS; undefined: they were not */
  endPassing(): Promise<Date | undefined>;
  /** Seals the keys with what is in another file. @returns how many @throws Fault `hub.running`, `hub.key-file` */
  reseal(path: string, by: string): Promise<number>;
  /** @param rootKey file with the key of the root @throws Fault `hub.running`, `hub.root-key`, `hub.signer` */
  replaceIssuing(rootKey: string, by: string): Promise<string>;
  /** @returns how many identities ended @throws Fault `hub.unknown-site` */
  end(...how: Parameters<Identities['end']>): Promise<number>;
}

/** @throws Fault as `openDatabase` does */
export async function openFleet({ dir, url, keyFile, signer, log }: FleetOptions): Promise<Fleet> {
  const clock = systemClock();
  const nowMs = () => clock.nowUs() / 1000;
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await openDatabase({ dir, url, log, clock, as: 'command' }));
  const authority = await openAuthority(database, { dir, log, nowMs, keyFile, signer });
  const identities = new Identities(database, authority, { nowMs });
  const { queries } = database;
  const owned = stack.move();
  const ports = { nowMs };
  return {
    people: new People(queries, ports),
    tokens: new FleetTokens(queries, authority.pin, ports),
    async joinToken(asked) {
      const secret = await makeToken(queries, asked, new Date(nowMs()));
      return joinTokenText({ secret, pin: authority.pin });
    },
    events: (asked) => lastEvents(queries, asked),
    address: () => lastAddress(database.pool),
    sites: () => listSites(queries, nowMs()),
    adopt: (...how) => identities.adopt(...how),
    async importStick(path, { signal, ...how }) {
      const { pool } = database;
      await using writer = new Writers({ pool, clock, log });
      const gate = new Gate(database, authority, { nowMs });
      const ports = { pool, queries, authority, gate, writer, nowMs, ...how };
      return await importStick(path, ports, signal);
    },
    rows: {
      list: () => choices(database.pool),
      add: (choice, { by, forMs }) =>
        addChoice(database.pool, choice, {
          by,
          fillFrom: forMs === undefined ? undefined : new Date(nowMs() - forMs),
        }),
      remove: (name) => removeChoice(database.pool, name),
    },
    webhooks: new Webhooks(database.pool),
    endPassing: () => endPassing(database.pool),
    async reseal(path, by) {
      const to = await Sealing.open(path, '--to');
      return await reseal(queries, { from: authority.sealing, to }, { by, nowMs: nowMs() });
    },
    async replaceIssuing(path, by) {
      const keys = { ...authority, rootKey: await readRootKey(path) };
      return await replaceIssuing(queries, keys, { by, nowMs: nowMs() });
    },
    end: (...how) => identities.end(...how),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

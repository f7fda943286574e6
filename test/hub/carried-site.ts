import { join } from 'node:path';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import { type Exported, type ExportOptions, exportParcels } from '#edge/parcel/export.ts';
import { openFleet } from '#hub/fleet.ts';
import type { ImportedStick } from '#hub/parcel/import.ts';
import { samplesOf } from '#hub/telemetry/samples.ts';
import type { Journal } from '#journal/api.ts';
import { openFeed } from '#journal/feed.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Membership } from '#trust/hub/membership.ts';
import { newInstance, openUplink } from '#trust/hub/uplink.ts';
import { openSession } from '#uplink/site/session.ts';
import { anEvent, itemsOf, settled } from '../crash/journal-fixture.ts';
import { type HubRig, hubFolder, patience } from './rig.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const TAGS = 3;

/** In order: values of samples, sequences of events. */
interface Kept {
  readonly values: readonly number[];
  readonly events: readonly number[];
}

/** A journal of a box that has joined a hub, whose samples are numbered: each value is its own number. */
export class CarriedSite implements AsyncDisposable {
  readonly name: string;
  readonly dataDir: string;
  readonly membership: Membership;
  /** Samples and events so far. */
  samples = 0;
  events = 0;
  readonly #rig: HubRig;
  readonly #instance = newInstance();
  readonly #journal: Journal;

  private constructor(rig: HubRig, name: string, membership: Membership, journal: Journal) {
    this.#rig = rig;
    this.name = name;
    this.dataDir = rig.dataDir(name);
    this.membership = membership;
    this.#journal = journal;
  }

  static async join(rig: HubRig, name: string, quotaBytes = 512 * 2 ** 20): Promise<CarriedSite> {
    const membership = await rig.join(name);
    const journal = await openJournal({
      dir: join(rig.dataDir(name), 'journal'),
      quotaBytes,
      maxAgeUs: Number.POSITIVE_INFINITY,
      commitMs: 5,
    });
    const site = new CarriedSite(rig, name, membership, journal);
    for (let number = 0; number < TAGS; number++)
      journal.tag({ number, path: `a/b/${number}`, type: 'number', access: 'read' });
    return site;
  }

  /** Batches of some rows with an event and a tick now and then, on disk when it returns. */
  async write(batches: number, rows = 20, { noise = false } = {}): Promise<void> {
    const journal = this.#journal;
    for (let b = 0; b < batches; b++) {
      const atUs = Date.now() * 1000;
      const batch = allocBatch(rows, { receivedUs: atUs });
      for (let i = 0; i < rows; i++) {
        batch.tag[i] = this.samples % TAGS;
        batch.timeUs[i] = ++this.samples;
        // Nothing packs it smaller.
        batch.value[i] = noise ? Math.random() : this.samples;
      }
      journal.append(batch, { source: 'plc', atUs });
      if (b % 4 === 0) journal.event({ ...anEvent(`system.e${++this.events}`) }, atUs);
      if (b % 6 === 0) journal.event({ ...anEvent(`security.e${++this.events}`), kind: 'security' }, atUs);
      if (b % 5 === 0) journal.tick(atUs);
    }
    await settled(journal);
  }

  /** Over the real link until at least so many frames of history are confirmed; then it is cut. */
  async link(frames: number, bytesPerS?: number): Promise<void> {
    const feed = openFeed(join(this.dataDir, 'journal'));
    const over = new AbortController();
    let heard = 0;
    const journal = this.#journal;
    const { socket } = await openUplink(this.membership, this.#instance, patience());
    const ports = {
      site: this.name,
      software: 'test',
      clock: systemClock(),
      journal,
      feed,
      tagsVersion: () => 1,
      newest: () => ({ version: 1, batch: allocBatch(0, { receivedUs: 0 }) }),
      welcomed: (_: string, { history }: { readonly history: number }) => {
        if (history >= journal.seq - 1) over.abort();
      },
      stored: (lane: string, upTo: number) => {
        if (lane === 'history' && (++heard >= frames || upTo >= journal.durableSeq - 1)) over.abort();
      },
      gap: () => {},
      damage: () => {},
      counted: () => {},
      ledger: async () => undefined,
      lost: () => {},
    };
    try {
      const budget = bytesPerS === undefined ? {} : { bytesPerS };
      await using session = await openSession(socket, { budget, everyMs: 5 }, ports, patience());
      await session.run(over.signal);
    } finally {
      socket.destroy();
      await feed[Symbol.asyncDispose]();
    }
  }

  /** As a site that runs takes note of a receipt. */
  async noteReceipt(history: number): Promise<void> {
    this.#journal.setCursor(HUB_CURSOR, history);
    await settled(this.#journal);
  }

  async export(
    to: string,
    over: Partial<
      Pick<ExportOptions, 'next' | 'parcelBytes' | 'repeatUs' | 'nowUs' | 'signal' | 'progress'>
    > = {},
  ): Promise<Exported> {
    return await exportParcels({
      journalDir: join(this.dataDir, 'journal'),
      trustDir: this.#rig.trustDir(this.name),
      ...{ to, software: 'test', parcelBytes: 16e6, next: false, signal: patience() },
      nowUs: () => Date.now() * 1000,
      ...over,
    });
  }

  /** Name of its journal. */
  journal(): string {
    const { id } = this.#journal.opened;
    if (id === undefined) throw new Error('the journal has no name');
    return id;
  }

  /** Values that the hub has, and those of its journal, in order; the same is what is wanted. */
  async compared(): Promise<{ readonly hub: Kept; readonly site: Kept }> {
    const { pool } = this.#rig.hub.database;
    const { rows } = await pool.query<{ id: number }>('SELECT id FROM journals WHERE site = $1', [this.name]);
    const id = rows[0]?.id ?? 0;
    const hub: number[] = [];
    for (let number = 0; number < TAGS; number++)
      hub.push(...(await samplesOf(pool, id, number, -(2 ** 53), 2 ** 53)).value);
    const events = await pool.query<{ seq: string }>(
      'SELECT seq FROM site_events WHERE journal = $1 ORDER BY seq',
      [id],
    );
    const items = itemsOf(join(this.dataDir, 'journal'));
    return {
      hub: { values: hub.sort((a, b) => a - b), events: events.rows.map(({ seq }) => Number(seq)) },
      site: {
        values: items.flatMap((item) => (item.kind === 'batch' ? [...item.batch.value] : [])),
        events: items.flatMap((item) => (item.kind === 'event' ? [item.seq] : [])),
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal[Symbol.asyncDispose]();
  }
}

/** As `holdfast hub import` does, beside the hub that runs. */
export async function importStick(rig: HubRig, stick: string, oneWay = false): Promise<ImportedStick> {
  await using fleet = await openFleet({ dir: hubFolder(), url: rig.databaseUrl, log: quiet });
  return await fleet.importStick(stick, { signal: patience(), oneWay });
}

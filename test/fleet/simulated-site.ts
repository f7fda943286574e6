import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { Backoff } from '#kernel/backoff.ts';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import { newInstance, openUplink } from '#trust/hub/uplink.ts';
import { FRAME_BYTES, FrameReader } from '#uplink/frames.ts';
import { readFromHub } from '#uplink/messages.ts';
import { openSession } from '#uplink/site/session.ts';
import type { CrowdConfig, Identity } from './api.ts';
import { plant } from './plant-mix.ts';
import type { SimulatedJournal } from './simulated-journal.ts';

const clock = systemClock();

/** What all sites of a process count together. */
export interface Tally {
  connected: number;
  lost: number;
  /** Codes of why, with how often. */
  readonly why: Map<string, number>;
  samples: number;
  historyMs: number[];
  liveMs: number[];
}

/**
 * A site as its hub sees it: its own certificate, its own connection by TLS, the real end of the uplink; only what it has
 * to send is simulated. Connects again, with growing pauses, until the signal.
 */
export async function runSite(
  { hub, pin, tags, backlogS }: CrowdConfig,
  { site, certificate, key }: Identity,
  journal: SimulatedJournal,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const membership = {
    ...{ hub, pin, site, certificate: new X509Certificate(certificate), key: createPrivateKey(key) },
  };
  const instance = newInstance();
  const backoff = new Backoff();
  const sentAt = new Map<number, number>();
  let liveAt = 0;
  const feed = {
    events: journal.events.bind(journal),
    pages: journal.pages.bind(journal),
    async block(lane: string, after: number) {
      const carried = await journal.block(lane, after);
      if (carried.bytes) sentAt.set(carried.upTo, performance.now());
      return carried;
    },
    async pack(seq: number, batch: Batch) {
      liveAt = performance.now();
      return await journal.pack(seq, batch);
    },
  };
  const ports = {
    ...{ site, software: 'bench', clock, journal: journal as never, feed: feed as never },
    tagsVersion: () => 0,
    newest: (since: number) => newestOf(since, journal.seq, tags),
    welcomed: () => backoff.reset(),
    stored(lane: string, upTo: number, count: number) {
      if (lane !== 'history') return;
      tally.samples += count;
      for (const [seq, at] of sentAt) {
        if (seq > upTo) break;
        tally.historyMs.push(performance.now() - at);
        sentAt.delete(seq);
      }
    },
    gap: () => {},
    damage: () => {},
    counted: () => {},
    ledger: async () => undefined,
    lost: () => {},
  };
  while (!signal.aborted) {
    try {
      const { socket, head } = await openUplink(membership, instance, signal);
      if (head.length > 0) socket.unshift(head);
      if (backlogS > 0) hearLive(socket, () => tally.liveMs.push(performance.now() - liveAt));
      await using session = await openSession(socket, { budget: {}, everyMs: 1000 }, ports, signal);
      tally.connected++;
      try {
        await session.run(signal);
      } finally {
        tally.connected--;
      }
    } catch (error) {
      if (signal.aborted) return;
      tally.lost++;
      const { code, afterMs = 0 } = Fault.from(error, 'uplink.failed', site);
      tally.why.set(code, (tally.why.get(code) ?? 0) + 1);
      sentAt.clear();
      await clock.sleep(Math.max(backoff.nextMs(), afterMs), signal).catch(() => {});
    }
  }
}

/** The site's end has no use for what says that live values are stored: read a second time here. */
function hearLive(socket: Duplex, stored: () => void): void {
  const reader = new FrameReader((type, body) => {
    const message = readFromHub(type, body);
    if (message.kind === 'stored' && message.lane === 'live') stored();
  }, FRAME_BYTES);
  socket.on('data', (chunk: Uint8Array) => reader.push(chunk));
}

let newest: { readonly version: number; readonly batch: Batch } | undefined;

/** Every tag has changed since the second before. */
function newestOf(since: number, version: number, tags: number) {
  if (since >= version) return { version: since, batch: allocBatch(0, { receivedUs: 0 }) };
  if (newest?.version !== version) {
    const [batch] = plant(1, tags, { tags, fromUs: Date.now() * 1000 });
    newest = { version, batch: batch ?? allocBatch(0, { receivedUs: 0 }) };
  }
  return newest;
}

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import { openFeed } from '#journal/feed.ts';
import { readLedger } from '#journal/ledger.ts';
import { FILES } from '#journal/schema.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { takeLock } from '#platform/sqlite.ts';
import { type CarriedState, keepCarried, type Receipt, readCarried } from '#trust/hub/carried.ts';
import { readLinked } from '#trust/hub/linked.ts';
import { type Membership, readMembership } from '#trust/hub/membership.ts';
import { parcelKeyFor } from '#trust/hub/parcel-key.ts';
import type { Lane, Positions } from '#uplink/messages.ts';
import { furthest, reaches } from '#uplink/parcel/trailer.ts';
import { contents } from './contents.ts';
import { accountsOf, givenSoFar } from './given.ts';
import { repeatFrom, type Sent, withEnd } from './one-way.ts';
import { findReceipt } from './receipts.ts';
import { type Counted, Run } from './run.ts';
import { clear, coveredFrom, ownParcels, removeOlder } from './stick.ts';

export interface ExportOptions {
  readonly journalDir: string;
  readonly trustDir: string;
  /** Folder on the stick; made where it is not there. */
  readonly to: string;
  /** Version of the program. */
  readonly software: string;
  /** A parcel ends and another one begins after so many bytes: as much is lost with a stick that is full. */
  readonly parcelBytes: number;
  /** Goes on where the parcels before ended, wherever they are: for one more stick. */
  readonly next: boolean;
  /** For a way without receipts: what was sent for the first time within this time is sent again. */
  readonly repeatUs?: number | undefined;
  readonly nowUs: () => number;
  readonly signal: AbortSignal;
  readonly progress?: (done: Counted) => void;
}

export interface Exported extends Counted {
  readonly site: string;
  readonly hub: string;
  /** Files that were written. */
  readonly parcels: readonly string[];
  /** Up to there everything is at the hub, as far as is known here. */
  readonly confirmed: Positions;
  /** A receipt that was taken from the stick just now. */
  readonly receipt: Receipt | undefined;
  /** Parcels that were removed: the hub has all that was in them, or they were to be repeated no longer. */
  readonly removed: number;
  /** All that was given away and is not confirmed, with that of this time. */
  readonly unconfirmed: CarriedState['sent'];
  readonly warnings: readonly string[];
}

/**
 * Takes from the stick what the hub has confirmed, and writes to it what it has not; beside a site that runs, or without.
 * With `repeatUs` the folder is one that a diode empties: each time with all that was sent in the last hours.
 * @throws Fault `parcel.not-joined`, `parcel.running`, `parcel.no-journal`, `parcel.no-key`, `parcel.stick`, `parcel.state`; the signal's
 *   reason. Parcels that were whole before stay, and the next time goes on after them.
 */
export async function exportParcels(options: ExportOptions): Promise<Exported> {
  const { trustDir, journalDir, to, software, signal } = options;
  const membership = await readMembership(trustDir);
  if (!membership) throw notJoined();
  const { id: journal, epoch } = readLedger(join(journalDir, FILES.ledger));
  if (journal === undefined) throw noJournal(journalDir);
  const { site, pin, hub } = membership;
  await using stack = new AsyncDisposableStack();
  stack.defer(holdTurn(trustDir));
  await onStick(to, () => mkdir(to, { recursive: true }));
  await using feed = openFeed(journalDir);
  const cursor = await feed.cursor(HUB_CURSOR);
  const linked = { ...(await readLinked(trustDir, { pin, journal })), history: cursor };
  const { state, receipt, warnings } = await takeReceipt(options, { site, journal, pin }, linked);
  const confirmed = confirmedIn(state, linked);
  const start = { membership, journal, state, confirmed };
  const { removed, begin, after: sentBefore } = await onStick(to, () => startOf(options, start));
  const parcelKey = await parcelKeyFor(trustDir, membership, signal);
  // What begins again at what is confirmed holds all that was sent before: it counts once, however often it is carried.
  const { sent: _, ...fresh } = state;
  const before = reaches(confirmed, begin) || !sentBefore ? fresh : { ...state, sent: sentBefore };
  const speaker = { site, journal, epoch, software };
  const oneWay = options.repeatUs !== undefined;
  const ledger = await accountsOf(feed);
  const given = ledger && givenSoFar(state, ledger);
  const ports = { ...options, oneWay, membership, parcelKey, speaker, feed };
  await using run = new Run(ports, { kept: state, state: before, begin, given });
  for await (const content of contents(feed, begin, { damage: (what) => void warnings.push(what) })) {
    signal.throwIfAborted();
    await run.put(content);
  }
  await run.end();
  const { parcels, counted, state: after } = run;
  const unconfirmed = parcels.length > 0 ? after.sent : state.sent;
  if (options.repeatUs !== undefined && unconfirmed)
    await keepRepeated(
      trustDir,
      { ...state, ...(after.given && { given: after.given }) },
      { end: unconfirmed, repeatUs: options.repeatUs },
    );
  return { site, hub, confirmed, receipt, removed, warnings, ...counted, parcels, unconfirmed };
}

interface Start {
  readonly removed: number;
  readonly begin: Positions;
  /** What was sent that ends there. */
  readonly after: Sent | undefined;
}

interface StartPorts {
  readonly membership: Membership;
  readonly journal: string;
  readonly state: CarriedState;
  readonly confirmed: Positions;
}

/** Makes room in the folder, and tells where to begin. @throws errors of the file system */
async function startOf(
  { to, next, repeatUs, nowUs }: ExportOptions,
  { membership, journal, state, confirmed }: StartPorts,
): Promise<Start> {
  if (repeatUs !== undefined) {
    const sinceUs = nowUs() - repeatUs;
    const after = repeatFrom(state, sinceUs);
    const removed = await removeOlder(to, membership, { journal, beforeUs: sinceUs });
    return { removed, begin: after ? furthest(confirmed, after.upTo) : confirmed, after };
  }
  const own = await ownParcels(to, membership, journal);
  const removed = await clear(own, confirmed);
  const begin = next && state.sent ? state.sent.upTo : coveredFrom(confirmed, own);
  return { removed, begin, after: state.sent };
}

/** At its end, once: an export that was broken off begins where it began, and counts nothing twice. */
async function keepRepeated(
  trustDir: string,
  state: CarriedState,
  { end, repeatUs }: { readonly end: Sent; readonly repeatUs: number },
): Promise<void> {
  const oneWay = withEnd(state.oneWay ?? [], end, repeatUs);
  await keepCarried(trustDir, { ...state, sent: end, oneWay });
}

/** @param linked what the link has confirmed */
function confirmedIn({ confirmed }: CarriedState, linked: Positions): Positions {
  if (!confirmed) return linked;
  const { positions, cursor, linked: { security, others } = { security: 0, others: 0 } } = confirmed;
  const then: Positions = { security, others, history: cursor };
  // A hub that came from a backup stands further back than what the link has confirmed before.
  const at = (lane: Lane) =>
    linked[lane] > then[lane] ? Math.max(linked[lane], positions[lane]) : positions[lane];
  return { security: at('security'), others: at('others'), history: at('history') };
}

interface Taken {
  readonly state: CarriedState;
  readonly receipt: Receipt | undefined;
  readonly warnings: string[];
}

async function takeReceipt(
  { trustDir, to }: ExportOptions,
  of: { readonly site: string; readonly journal: string; readonly pin: string },
  { history: cursor, security, others }: Positions,
): Promise<Taken> {
  const state = await readCarried(trustDir, of);
  const { receipt, refused } = await onStick(to, () => findReceipt(to, of));
  const warnings = refused.map(({ message }) => message);
  if (!receipt || receipt.atUs <= (state.confirmed?.atUs ?? -1))
    return { state, receipt: undefined, warnings };
  const { hub, atUs, positions } = receipt;
  const linked = { security, others };
  const { sent, ...rest } = { ...state, confirmed: { hub, atUs, positions, cursor, linked } };
  const isOpen = sent !== undefined && !reaches(positions, sent.upTo);
  const next = isOpen ? { ...rest, sent } : rest;
  await keepCarried(trustDir, next);
  return { state: next, receipt, warnings };
}

async function onStick<T>(to: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Fault('parcel.stick', `${to} cannot be used: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'Is the stick there, and may it be written?',
      cause,
    });
  }
}

/** One export of a site at a time: two would not know what the other one gives away. @returns what ends the turn */
function holdTurn(trustDir: string): () => void {
  const done = takeLock(join(trustDir, 'hub', 'carried.lock'));
  if (done) return done;
  throw new Fault('parcel.running', 'another export of this site is under way', {
    retry: 'never',
    hint: 'Wait for its end. A timer should not start one more often than it takes.',
  });
}

const notJoined = (): Fault =>
  new Fault('parcel.not-joined', 'this box has joined no hub, so there is nobody to encrypt for', {
    retry: 'never',
    hint: 'holdfast edge join URL TOKEN, once, where the hub can be reached',
  });

const noJournal = (dir: string): Fault =>
  new Fault('parcel.no-journal', `there is no journal in ${dir}`, {
    retry: 'never',
    hint: 'Name with --data the data folder of a site that has run.',
  });

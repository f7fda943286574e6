import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Lane } from '#uplink/messages.ts';
import { damaged, HEAD_BYTES, type ReadHeader, readHeader } from '#uplink/parcel/header.ts';
import { ephemeralKey, type Packed, SectionReader, sectionKey } from '#uplink/parcel/sections.ts';
import type { Authority } from '../authority/authority.ts';
import type { Tables } from '../database/tables.ts';
import { addEvent } from '../events.ts';
import type { Gate } from '../identity/gate.ts';
import { Intake, type IntakePorts } from './intake.ts';
import { keyOf } from './keys.ts';
import { tidy } from './one-way.ts';
import { writeReceipt } from './receipt.ts';
import { checkName, signerOf } from './signer.ts';

export interface ImportPorts extends IntakePorts {
  readonly pool: Pool;
  readonly queries: Kysely<Tables>;
  readonly authority: Authority;
  readonly gate: Gate;
  /** The folder is filled by a link that carries nothing back: no receipts, and what was taken goes. */
  readonly oneWay?: boolean;
  nowMs(): number;
  /** Told after each piece. */
  progress?(done: { readonly file: string; readonly bytes: number; readonly of: number }): void;
}

/** What became of one parcel. */
export interface Imported {
  readonly file: string;
  /** Absent where it cannot be read so far. */
  readonly site?: string;
  /** `known`: the hub had all of it; `waits`: one before it is missing; `partly`: up to where it is damaged. */
  readonly result: 'taken' | 'known' | 'waits' | 'partly' | 'refused' | 'passed-over';
  readonly samples: number;
  readonly events: number;
  readonly why?: { readonly code: string; readonly message: string; readonly hint?: string };
}

export interface ImportedStick {
  readonly parcels: readonly Imported[];
  /** Receipts that were written. */
  readonly receipts: readonly string[];
}

const PARCEL = '.parcel';
const CHUNK_BYTES = 256 * 1024;
/** The link may move a lane while it is read; each time it begins again where the lane stands. */
const MOST_TRIES = 20;
/** As against what may happen to anybody. */
const SECURITY: ReadonlySet<string> = new Set([
  'parcel.signature',
  'parcel.damaged',
  'parcel.wrong-site',
  'parcel.unknown-key',
  'hub.foreign-certificate',
  'hub.identity-ended',
  'uplink.malformed',
  'uplink.too-much',
  'uplink.not-stored',
]);

interface Candidate {
  readonly path: string;
  readonly head: ReadHeader;
}

/**
 * Takes all parcels of a folder, or one, and writes a receipt for each journal beside them.
 * @throws Fault `parcel.stick`; errors of the database: what was stored before stays, and is passed over the next time
 */
export async function importStick(
  path: string,
  ports: ImportPorts,
  signal: AbortSignal,
): Promise<ImportedStick> {
  const { folder, files } = await filesOf(path);
  const parcels: Imported[] = [];
  const candidates: Candidate[] = [];
  for (const file of files) {
    try {
      candidates.push({ path: file, head: await headOf(file) });
    } catch (error) {
      parcels.push(await refused(file, undefined, error, ports));
    }
  }
  const journals = new Map<string, { readonly site: string; readonly journal: string }>();
  for (const candidate of candidates.sort(byPosition)) {
    signal.throwIfAborted();
    const imported = await importOne(candidate, ports, signal);
    parcels.push(imported);
    const { site, journal } = candidate.head.header;
    if (imported.result !== 'refused' && imported.result !== 'passed-over')
      journals.set(journal, { site, journal });
  }
  const receipts: string[] = [];
  if (ports.oneWay) {
    await onLink(folder, () => tidy(parcels, Date.now()));
    return { parcels, receipts };
  }
  for (const of of journals.values()) {
    const written = await writeReceipt(folder, of, ports);
    if (written !== undefined) receipts.push(written);
  }
  return { parcels, receipts };
}

async function onLink(folder: string, work: () => Promise<void>): Promise<void> {
  await work().catch((cause) => {
    throw new Fault('parcel.stick', `what was taken stays in ${folder}: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'May the folder be written? What was stored stays, and is passed over the next time.',
      cause,
    });
  });
}

const sum = ({ security, others, history }: { readonly [lane in Lane]: number }) =>
  security + others + history;

/** Of one journal those that others follow come first. */
const byPosition = ({ head: { header: a } }: Candidate, { head: { header: b } }: Candidate): number =>
  a.site === b.site && a.journal === b.journal ? sum(a.after) - sum(b.after) : a.site < b.site ? -1 : 1;

async function filesOf(
  path: string,
): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  try {
    if ((await stat(path)).isFile()) return { folder: join(path, '..'), files: [path] };
    const names = (await readdir(path)).filter((name) => name.endsWith(PARCEL)).sort();
    return { folder: path, files: names.map((name) => join(path, name)) };
  } catch (cause) {
    throw new Fault('parcel.stick', `${path} cannot be read: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'Name the folder on the stick that `holdfast edge export --to` has written, or one parcel.',
      cause,
    });
  }
}

async function headOf(path: string): Promise<ReadHeader> {
  await using file = await open(path, 'r');
  const start = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(start, 0, HEAD_BYTES, 0);
  return readHeader(start.subarray(0, bytesRead));
}

async function importOne(
  { path, head }: Candidate,
  ports: ImportPorts,
  signal: AbortSignal,
): Promise<Imported> {
  const { header, certificate } = head;
  let site: string | undefined;
  try {
    if (header.hub !== ports.authority.pin) throw otherHub();
    site = await signerOf(ports, certificate);
    checkName(site, header.site, certificate);
    const key = await keyOf(ports, header.key);
    if (!key) throw unknownKey();
    const sections = sectionKey(key, ephemeralKey(header.ephemeral), head.digest);
    return await intoDatabase({ path, head }, sections, ports, signal);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'hub.database') throw error;
    return await refused(path, site ?? header.site, error, ports);
  }
}

async function intoDatabase(
  { path, head }: Candidate,
  key: Buffer,
  ports: ImportPorts,
  signal: AbortSignal,
): Promise<Imported> {
  for (let tries = 1; ; tries++) {
    const intake = new Intake(ports, head.header);
    try {
      const fault = await readInto(intake, path, head, key, ports, signal);
      return await resultOf(path, head.header.site, intake, fault, ports);
    } catch (error) {
      await intake.settle().catch(() => {});
      const isMoved = error instanceof Fault && error.code === 'uplink.out-of-place';
      if (!isMoved || tries === MOST_TRIES) throw error;
    }
  }
}

/** @returns why it could not be read to its end; what was whole before that is stored */
async function readInto(
  intake: Intake,
  path: string,
  head: ReadHeader,
  key: Buffer,
  ports: ImportPorts,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  await using file = await open(path, 'r');
  let found: Packed[] = [];
  const reader = new SectionReader(key, (packed) => void found.push(packed));
  let fault: Fault | undefined;
  for await (const chunk of chunksOf(file, head.bytes, path, ports)) {
    signal.throwIfAborted();
    try {
      reader.push(chunk);
    } catch (error) {
      fault = Fault.from(error, 'parcel.damaged', path);
    }
    for (const packed of found) await intake.take(packed);
    found = [];
    if (fault || reader.isWhole) break;
  }
  await intake.finish();
  return fault ?? (reader.isWhole ? undefined : damaged('it is cut off'));
}

async function* chunksOf(
  file: FileHandle,
  from: number,
  path: string,
  ports: ImportPorts,
): AsyncGenerator<Uint8Array> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (let at = from; ; ) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
    ports.progress?.({ file: path, bytes: at, of: size });
  }
}

async function resultOf(
  file: string,
  site: string,
  { taken }: Intake,
  fault: Fault | undefined,
  ports: ImportPorts,
): Promise<Imported> {
  const { samples, events, missing } = taken;
  if (fault) return { ...(await refused(file, site, fault, ports)), result: 'partly', samples, events };
  if (missing.size > 0) {
    const lanes = [...missing].join(', ');
    const why = {
      code: 'parcel.one-before',
      message: `a parcel that goes before it is missing (${lanes})`,
      hint: 'Bring that one first, or give the site the receipt: it makes what is missing anew.',
    };
    return { file, site, result: 'waits', samples, events, why };
  }
  return { file, site, result: samples + events > 0 ? 'taken' : 'known', samples, events };
}

async function refused(
  file: string,
  site: string | undefined,
  error: unknown,
  { queries, nowMs }: ImportPorts,
): Promise<Imported> {
  const { code, message, hint } = Fault.from(error, 'parcel.unreadable', file);
  if (SECURITY.has(code))
    await addEvent(queries, new Date(nowMs()), {
      kind: 'security',
      name: 'security.parcel-refused',
      subject: site ?? 'hub',
      detail: { code, why: message, file },
    });
  const why = { code, message, ...(hint !== undefined && { hint }) };
  const result = code === 'parcel.other-hub' ? 'passed-over' : 'refused';
  return { file, ...(site !== undefined && { site }), result, samples: 0, events: 0, why };
}

const otherHub = (): Fault =>
  new Fault('parcel.other-hub', 'it is for another hub', {
    retry: 'never',
    hint: 'Take it to the hub that its site has joined.',
  });

const unknownKey = (): Fault =>
  new Fault('parcel.unknown-key', 'it is encrypted to a key that this hub has not got', {
    retry: 'never',
    hint: 'Does the database come from an older backup? Let the site reach the hub once, and make the parcel anew.',
  });

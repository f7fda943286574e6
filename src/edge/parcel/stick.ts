import { createHash } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Membership } from '#trust/hub/membership.ts';
import type { Positions } from '#uplink/messages.ts';
import { HEAD_BYTES, type ParcelHeader, type ReadHeader, readHeader } from '#uplink/parcel/header.ts';
import { furthest, type ParcelTrailer, reaches, readTrailer, trailerStart } from '#uplink/parcel/trailer.ts';

export const PARCEL = '.parcel';
const CHUNK_BYTES = 2 ** 20;
const END_BYTES = 8192;

/** A whole parcel of this site that lies on the stick. */
export interface OwnParcel extends ParcelTrailer {
  readonly path: string;
  readonly after: Positions;
}

/** Parcels of this site and journal that are whole and not changed, checked to the last byte. @throws errors of the file system */
export async function ownParcels(
  folder: string,
  { certificate, pin }: Membership,
  journal: string,
): Promise<OwnParcel[]> {
  const found: OwnParcel[] = [];
  for (const name of (await readdir(folder)).filter((one) => one.endsWith(PARCEL))) {
    const path = join(folder, name);
    const isOwn = (header: ParcelHeader) =>
      header.journal === journal && header.hub === pin && certificate.raw.equals(header.certificate);
    const read = await readOwn(path, isOwn).catch(() => undefined);
    if (read) found.push({ path, ...read });
  }
  return found;
}

async function readOwn(
  path: string,
  isOwn: (header: ParcelHeader) => boolean,
): Promise<Omit<OwnParcel, 'path'> | undefined> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const part = async (from: number, bytes: number) => {
    const buffer = Buffer.alloc(Math.min(bytes, size - from));
    await file.read(buffer, 0, buffer.length, from);
    return buffer;
  };
  const { header, certificate } = readHeader(await part(0, HEAD_BYTES));
  if (!isOwn(header)) return undefined;
  const start = trailerStart(await part(Math.max(0, size - END_BYTES), END_BYTES), size);
  if (start === undefined) return undefined;
  const hash = createHash('sha256');
  for (let at = 0; at < start; at += CHUNK_BYTES)
    hash.update(await part(at, Math.min(CHUNK_BYTES, start - at)));
  const trailer = readTrailer(await part(start, size - start), hash.digest(), certificate.publicKey);
  return trailer && { ...trailer, after: header.after };
}

/** Parcels of this site and journal that were made before a time go, finished or not. @throws errors of the file system */
export async function removeOlder(
  folder: string,
  { pin }: Membership,
  { journal, beforeUs }: { readonly journal: string; readonly beforeUs: number },
): Promise<number> {
  let removed = 0;
  for (const name of (await readdir(folder)).filter((one) => isParcel.test(one))) {
    const path = join(folder, name);
    const { header } = (await headOf(path).catch(() => undefined)) ?? {};
    if (header?.journal !== journal || header.hub !== pin || header.madeUs >= beforeUs) continue;
    await rm(path, { force: true });
    removed++;
  }
  return removed;
}

const isParcel = /\.parcel(\.part)?$/;

async function headOf(path: string): Promise<ReadHeader> {
  await using file = await open(path, 'r');
  const start = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(start, 0, HEAD_BYTES, 0);
  return readHeader(start.subarray(0, bytesRead));
}

/** How far one gets from a position with parcels that follow each other. */
export function coveredFrom(from: Positions, parcels: readonly OwnParcel[]): Positions {
  let at = from;
  for (let before: Positions | undefined; before !== at; ) {
    before = at;
    const next = parcels.find(({ after, upTo }) => reaches(at, after) && !reaches(at, upTo));
    if (next) at = furthest(at, next.upTo);
  }
  return at;
}

/** @returns how many parcels went: the hub has all that is in them */
export async function clear(parcels: readonly OwnParcel[], confirmed: Positions): Promise<number> {
  const done = parcels.filter(({ upTo }) => reaches(confirmed, upTo));
  for (const { path } of done) await rm(path, { force: true });
  return done.length;
}

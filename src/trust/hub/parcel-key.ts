import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurablyAside } from '#platform/files.ts';
import { spkiOf } from '../issue.ts';
import { askHub } from './ask.ts';
import { dialHub, type HubTarget } from './dial.ts';
import { readStatement } from './statement.ts';

/** Key of a hub that parcels are encrypted to. */
export interface ParcelKey {
  /** See {@link parcelKeyId}. */
  readonly id: string;
  /** Public half, P-256. */
  readonly key: KeyObject;
}

const Body = z.strictObject({ key: z.base64() });
const KIND = 'holdfast-parcel-key/1';
export const PARCEL_KEY_PATH = '/parcel-key';

/** SHA-256 of its SubjectPublicKeyInfo, base64url. */
export const parcelKeyId = (key: KeyObject): string =>
  createHash('sha256').update(spkiOf(key)).digest('base64url');

const file = (trustDir: string): string => join(trustDir, 'hub', 'parcel-key.json');

/**
 * The key that was kept when the box joined; asked for where that is not so.
 * @throws Fault `parcel.no-key`
 */
export async function parcelKeyFor(
  trustDir: string,
  target: HubTarget,
  signal: AbortSignal,
): Promise<ParcelKey> {
  const path = file(trustDir);
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== undefined) {
    try {
      return keyIn(known, target.pin, path);
    } catch {
      // That of another hub, or damaged.
    }
  }
  try {
    return await fetchParcelKey(trustDir, target, signal);
  } catch (cause) {
    throw new Fault('parcel.no-key', `the hub's key for parcels is not here: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'A box gets it when it joins, or here while the hub can be reached: once is enough.',
      cause,
    });
  }
}

/** Asks for it and keeps it. @throws Fault as {@link dialHub}, `hub.statement`; errors of the file system */
export async function fetchParcelKey(
  trustDir: string,
  target: HubTarget,
  signal: AbortSignal,
): Promise<ParcelKey> {
  const dialled = await dialHub({ hub: target.hub, proxy: target.proxy, pin: target.pin }, signal);
  const text = await askHub(dialled, { method: 'GET', path: PARCEL_KEY_PATH }, signal);
  const key = keyIn(text, target.pin, `the key for parcels of ${target.hub}`);
  await replaceDurablyAside(file(trustDir), text, 0o600);
  return key;
}

function keyIn(text: string, pin: string, where: string): ParcelKey {
  const { key: spki } = readStatement(KIND, text, { pin, where, schema: Body });
  const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
  return { id: parcelKeyId(key), key };
}

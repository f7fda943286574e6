import type { KeyObject } from 'node:crypto';
import { LANES, type Positions } from '../messages.ts';
import { isSigned, positionsIn, SIGNATURE_BYTES, signed } from './header.ts';

/* The end of a parcel, by which its site knows its own ones again: docs/formats/parcel.md. */

const DOMAIN = 'holdfast-parcel-end/1\n';
const LENGTH_BYTES = 4;
const MOST_BYTES = 4096;

export interface ParcelTrailer {
  /** Its lanes end here. */
  readonly upTo: Positions;
  readonly samples: number;
  readonly events: number;
}

/** @param digest SHA-256 of everything before it */
export function trailerBytes(
  { upTo, samples, events }: ParcelTrailer,
  digest: Uint8Array,
  key: KeyObject,
): Buffer {
  const { security, others, history } = upTo;
  const json = Buffer.from(JSON.stringify({ upTo: { security, others, history }, samples, events }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(json.length + SIGNATURE_BYTES);
  return Buffer.concat([json, signed(DOMAIN, Buffer.concat([digest, json]), key), length]);
}

/** Where the trailer begins in a file that ends with these bytes; undefined where there is none. */
export function trailerStart(end: Uint8Array, fileBytes: number): number | undefined {
  if (end.length < LENGTH_BYTES) return undefined;
  const length = Buffer.from(end.subarray(-LENGTH_BYTES)).readUInt32LE(0);
  const all = length + LENGTH_BYTES;
  return length > SIGNATURE_BYTES && length <= MOST_BYTES && all <= fileBytes ? fileBytes - all : undefined;
}

/** Undefined where it is not what the owner of the key has written at the end of these bytes. */
export function readTrailer(
  bytes: Uint8Array,
  digest: Uint8Array,
  key: KeyObject,
): ParcelTrailer | undefined {
  const json = bytes.subarray(0, bytes.length - SIGNATURE_BYTES - LENGTH_BYTES);
  const signature = bytes.subarray(json.length, json.length + SIGNATURE_BYTES);
  if (!isSigned(DOMAIN, Buffer.concat([digest, json]), key, signature)) return undefined;
  const { upTo, samples, events } = JSON.parse(Buffer.from(json).toString());
  return { upTo: positionsIn(upTo), samples, events };
}

/** Whether all lanes of one are as far as those of the other. */
export const reaches = (one: Positions, other: Positions): boolean =>
  LANES.every((lane) => one[lane] >= other[lane]);

export function furthest(one: Positions, other: Positions): Positions {
  return {
    security: Math.max(one.security, other.security),
    others: Math.max(one.others, other.others),
    history: Math.max(one.history, other.history),
  };
}

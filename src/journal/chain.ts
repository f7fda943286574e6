import { hash } from 'node:crypto';
import type { Json, SiteEvent } from '#kernel/event.ts';

/** Hash before the first event of a new journal. */
export const GENESIS = hash('sha256', 'holdfast journal events 1', 'buffer');

/** Sequence and time. */
const PLACE_BYTES = 16;
const HIGH_WORD = 2 ** 32;

/** What is hashed, one event after the other in the same memory: to get it anew costs more than to hash it. */
let whole = new Uint8Array(1024);
let view = new DataView(whole.buffer);

/** Hash of an event: it covers the one before, so nothing can be changed, added or left out without showing. */
export function link(before: Uint8Array, seq: number, atUs: number, body: Uint8Array): Buffer {
  const place = before.length;
  const bytes = place + PLACE_BYTES + body.length;
  if (bytes > whole.length) {
    whole = new Uint8Array(bytes * 2);
    view = new DataView(whole.buffer);
  }
  whole.set(before);
  view.setUint32(place, seq % HIGH_WORD, true);
  view.setUint32(place + 4, Math.floor(seq / HIGH_WORD), true);
  view.setFloat64(place + 8, atUs, true);
  whole.set(body, place + PLACE_BYTES);
  // By way of a text: a buffer straight from the hash takes longer to make than the hash.
  return Buffer.from(hash('sha256', whole.subarray(0, bytes), 'latin1'), 'latin1');
}

/** The one text of an event that is hashed and stored. Never throws: what JSON cannot say becomes null or text. */
export function canonicalEvent(event: SiteEvent): string {
  const { kind, name, subject, timeUs, by, detail } = event;
  // Most are in their order already, and JSON says all of it: then its own writer is twice as fast as the one below.
  if (isCanonical(detail, 1)) return JSON.stringify({ by, detail, kind, name, subject, timeUs });
  // Names in their order, as below, without sorting them each time.
  const who = by === undefined ? '' : `"by":${canonical(by, 1)},`;
  const what = detail === undefined ? '' : `"detail":${canonical(detail, 1)},`;
  const rest = `"kind":${canonical(kind, 1)},"name":${canonical(name, 1)},"subject":${canonical(subject, 1)}`;
  return `{${who}${what}${rest},"timeUs":${canonical(timeUs, 1)}}`;
}

const MAX_DEPTH = 64;

/** Whether `JSON.stringify` writes the same as {@link canonical}: names ascending, and nothing but JSON. */
function isCanonical(value: Json | undefined, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return JSON_TYPES.has(typeof value);
  if (depth > MAX_DEPTH || 'toJSON' in value) return false;
  if (Array.isArray(value)) return value.every((inner) => isCanonical(inner, depth + 1));
  const fields = value as { readonly [name: string]: Json };
  let before = '';
  for (const name in fields) {
    if (name < before || !isCanonical(fields[name], depth + 1)) return false;
    before = name;
  }
  return true;
}

const JSON_TYPES = new Set(['string', 'number', 'boolean', 'object', 'undefined']);

function canonical(value: Json | bigint | undefined, depth: number): string {
  if (typeof value === 'bigint') return JSON.stringify(value.toString());
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth > MAX_DEPTH) return 'null';
  if (Array.isArray(value)) return `[${value.map((inner) => canonical(inner, depth + 1)).join(',')}]`;
  let text = '';
  for (const name of Object.keys(value).sort()) {
    const inner = (value as { readonly [name: string]: Json | undefined })[name];
    if (inner === undefined) continue;
    text += `${text === '' ? '{' : ','}${JSON.stringify(name)}:${canonical(inner, depth + 1)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

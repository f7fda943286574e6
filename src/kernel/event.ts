import type { Value } from '#kernel/batch.ts';

/** JSON as it is kept in events and snapshots. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export const EVENT_KINDS = ['alarm', 'alert', 'write', 'rule', 'security', 'config', 'system'] as const;
/** The streams of events. All of them are in the journal's hash chain. */
export type EventKind = (typeof EVENT_KINDS)[number];

/** Something that happened, as against something that was measured. */
export interface SiteEvent {
  readonly kind: EventKind;
  /** What happened, dotted: `alarm.raised`, `write.confirmed`, `security.write-refused`, `system.clock-jump`. */
  readonly name: string;
  /** Wall clock at the site, µs since 1970. */
  readonly timeUs: number;
  /** What it concerns: tag path, alarm id, source id. */
  readonly subject: string;
  /** Who or what did it; the site itself when absent. */
  readonly by?: string;
  readonly detail?: { readonly [key: string]: Json };
}

/** A value as JSON: 64-bit integers as decimal text, bytes as base64. Only for borders, never for storage. */
export function valueToJson(value: Value): Json {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return value.toBase64();
  if (Array.isArray(value)) return value.map(valueToJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, valueToJson(inner)]));
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  return value as Json;
}

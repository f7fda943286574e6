import type { Json } from '#kernel/event.ts';

/* What a site says of itself, and what is asked of it from the hub: docs/formats/uplink.md. */

/** One thing that a site says of itself, by kind and key; null: it is no more. What came last holds. */
export type ReportRow = readonly [kind: string, key: string, body: Json];

export interface ReportMessage {
  readonly kind: 'report';
  /** Rises over all connections of one start of the site. */
  readonly revision: number;
  /** All that was said before this revision and not since then holds no more; 0: it does. */
  readonly since: number;
  readonly rows: readonly ReportRow[];
}

/** What a site did with something that was asked of it. */
export interface AnswerMessage {
  readonly kind: 'answer';
  readonly id: number;
  /** Absent: it was done. */
  readonly fault?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** An alarm that somebody wants to acknowledge from the hub. */
export interface AskedAcknowledgement {
  readonly id: number;
  readonly alarm: string;
  /** Of the alarm as he saw it: one that was raised anew since is not meant. */
  readonly occurrence: number;
  readonly by: string;
  readonly comment?: string;
}

/** All that waits for an answer. What was answered and is not in it, the hub has in its database. */
export interface AskedMessage {
  readonly kind: 'asked';
  readonly asked: readonly AskedAcknowledgement[];
}

export function reportRows(json: Json): ReportRow[] {
  if (!Array.isArray(json)) throw new Error('a report is no list');
  return json.map((row) => {
    const [kind, key, body] = Array.isArray(row) && row.length === 3 ? row : [];
    if (typeof kind === 'string' && typeof key === 'string' && body !== undefined) return [kind, key, body];
    throw new Error('a row of a report is not kind, key and body');
  });
}

type Fields = { readonly [field: string]: Json };
const isObject = (json: Json | undefined): json is Fields =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

export function faultIn(json: Json): AnswerMessage['fault'] {
  if (json === null) return undefined;
  const { code, message, hint } = isObject(json) ? json : {};
  if (typeof code !== 'string' || typeof message !== 'string') throw new Error('an answer does not say why');
  return { code, message, ...(typeof hint === 'string' && { hint }) };
}

export function askedIn(json: Json): AskedAcknowledgement[] {
  if (!Array.isArray(json)) throw new Error('what is asked is no list');
  return json.map((one) => {
    const { id, alarm, occurrence, by, comment } = isObject(one) ? one : {};
    if (typeof id !== 'number' || typeof alarm !== 'string' || typeof occurrence !== 'number')
      throw new Error('what is asked does not say of which alarm');
    if (typeof by !== 'string') throw new Error('it is not said who asks');
    return { id, alarm, occurrence, by, ...(typeof comment === 'string' && { comment }) };
  });
}

import type { AlarmState, Priority } from '#decide/api.ts';
import type { Json } from '#kernel/event.ts';

/** The time from when an alarm begins to ask for somebody until it does so no more. */
export interface Episode {
  readonly alarm: string;
  readonly priority: Priority;
  readonly sinceUs: number;
  /** Steps that were due, as `plan/index`: each is told once. */
  readonly told: Set<string>;
  /** Held back by maintenance, which was recorded. */
  silenced: boolean;
}

const ASKING: ReadonlySet<AlarmState> = new Set([
  'unacknowledged',
  'returnedUnacknowledged',
  'latchedUnacknowledged',
]);

/**
 * An alarm asks until somebody acknowledged it, though its condition has gone: nobody may have seen it. One that comes
 * and goes meanwhile is one episode, so that chatter is no flood of messages.
 */
export const asks = (state: AlarmState): boolean => ASKING.has(state);

/** What only returned begins no episode: it was told when it was raised. */
export const begins = (state: AlarmState): boolean => state === 'unacknowledged';

export const episodeJson = ({ alarm, priority, sinceUs, told, silenced }: Episode): Json => ({
  alarm,
  priority,
  sinceUs,
  told: [...told],
  silenced,
});

export function episodeOf(json: Json): Episode | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const { alarm, priority, sinceUs, told, silenced } = json as { readonly [key: string]: Json };
  if (typeof alarm !== 'string' || typeof sinceUs !== 'number' || !Array.isArray(told)) return undefined;
  return {
    alarm,
    priority: priority as Priority,
    sinceUs,
    told: new Set(told.map(String)),
    silenced: silenced === true,
  };
}

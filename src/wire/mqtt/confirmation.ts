import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import { within } from '#kernel/within.ts';
import { reasonName } from './reasons.ts';

export type Confirmed =
  | { readonly state: 'done' }
  | { readonly state: 'refused' | 'failed' | 'unknown'; readonly reason: string };

/** MQTT 5.0, table 2.6: the broker took the message, and nobody subscribes to its topic. */
const NO_SUBSCRIBERS = 0x10;
const NO_ANSWER = Symbol('no answer');

/**
 * Waits for the PUBACK of a message that was sent.
 * @param answer of `Session.publish`
 * @param kept whether the message is retained, so that a later subscriber gets it too
 */
export async function confirmation(
  answer: Promise<number>,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
  kept: boolean,
): Promise<Confirmed> {
  try {
    const code = await within(answer, timeoutMs, NO_ANSWER, clock, signal);
    if (code === NO_ANSWER) {
      return { state: 'unknown', reason: `the broker did not confirm within ${timeoutMs} ms` };
    }
    if (typeof code === 'number' && code >= 0x80) return { state: 'refused', reason: reasonName(code) };
    if (code === NO_SUBSCRIBERS && !kept)
      return { state: 'failed', reason: 'nobody subscribes to the topic' };
    return { state: 'done' };
  } catch (error) {
    return { state: 'unknown', reason: messageOf(error) };
  }
}

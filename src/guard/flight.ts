import type { GuardedTag, WriteOutcome } from '#guard/api.ts';
import type { Lease } from '#guard/leases.ts';
import type { Present, Seen } from '#guard/present.ts';
import { distance, shown } from '#guard/values.ts';
import type { Command, WriteResult } from '#kernel/command.ts';

/**
 * Where a write is: it waits for the answer to another one of its tag; its intent waits for the disk; the source has it and has not answered; the source has answered
 * and an idempotent write is about to be sent once more; the effect is awaited on the feedback tag; it has ended.
 */
export type Stage = 'waiting' | 'intent' | 'sending' | 'pausing' | 'watching' | 'ended';

/** What came of handing a command to its source; `source-down` where nothing left. */
export interface Answer extends WriteResult {
  readonly refusal?: 'source-down';
}

/** One write on its way. */
export interface Flight {
  readonly command: Command;
  readonly tag: GuardedTag;
  readonly startUs: number;
  readonly abort: AbortController;
  stage: Stage;
  /** Steady time at which something must happen if nothing has by then. */
  timerUs: number;
  /** Rows of the feedback tag before the send: only later ones show an effect. */
  feedbackRows: number;
  /** What is known of it from all attempts together. */
  answer: Answer | undefined;
  /** How often it was handed to the source. */
  attempts: number;
  /** The lease taken with this write or renewed since, and the one that comes back should it never reach the device. */
  lease: Lease | undefined;
  leaseBefore: Lease | undefined;
  readonly promise: Promise<WriteOutcome>;
  readonly resolve: (outcome: WriteOutcome) => void;
}

/** A write of which nothing has been done yet. */
export function newFlight(command: Command, tag: GuardedTag, startUs: number): Flight {
  return {
    command,
    tag,
    startUs,
    abort: new AbortController(),
    stage: 'waiting',
    timerUs: command.deadlineUs,
    feedbackRows: 0,
    answer: undefined,
    attempts: 0,
    lease: undefined,
    leaseBefore: undefined,
    ...Promise.withResolvers<WriteOutcome>(),
  };
}

/** The source has not answered yet: one more command to the same tag could overtake this one. */
export const isUnanswered = (flight: Flight): boolean =>
  flight.stage === 'intent' || flight.stage === 'sending';

const FIRST_PAUSE_US = 250_000;

/** Before an idempotent write is sent once more: a quarter of a second, doubling. */
export const pauseUs = (attempts: number): number => FIRST_PAUSE_US * 2 ** (attempts - 1);

/** Whether the answer to the last attempt leaves open that one more would help. A refusal of the device does not. */
export const mayHelp = ({ state, refusal }: Answer): boolean =>
  state === 'unknown' || state === 'failed' || refusal === 'source-down';

const GRAVITY: { readonly [state in Answer['state']]: number } = {
  refused: 0,
  failed: 1,
  unknown: 2,
  sent: 3,
};

/** Of two attempts the one that says more of what the device may have done: a later failure unmakes no unknown. */
export const graver = (before: Answer | undefined, now: Answer): Answer =>
  before && GRAVITY[before.state] > GRAVITY[now.state] ? before : now;

/** The row that shows the effect: good, after the send, within the tolerance. An echo of the source is none. */
export function effectSeen(flight: Flight, present: Present): Seen | undefined {
  const feedback = flight.tag.feedback;
  if (!feedback) return undefined;
  const seen = present.goodAfter(feedback.tag, flight.feedbackRows);
  return seen && distance(seen.value, flight.command.value) <= feedback.tolerance ? seen : undefined;
}

/** Why a write whose effect did not show is unknown: what was seen instead. */
export function noEffect(flight: Flight, present: Present): string {
  const { tag, command, answer } = flight;
  if (!tag.feedback) return answer?.reason ?? 'the source does not know';
  const seen = present.goodAfter(tag.feedback.tag, flight.feedbackRows);
  const saw = seen ? `the last good feedback was ${shown(seen.value)}` : 'no good feedback came';
  const said = answer?.state === 'unknown' ? `; the source said: ${answer.reason ?? 'unknown'}` : '';
  return `${shown(command.value)} did not show within ${tag.feedback.withinMs} ms: ${saw}${said}`;
}

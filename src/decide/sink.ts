/** True, false, or undefined for unknown. */
export type Truth = boolean | undefined;

/**
 * Why a condition is unknown:
 * - `start`: an input has not arrived yet since start
 * - `short`: all inputs are good, but a window has not got enough rows
 * - `bad`: an input is bad though its device answers, or the computation has no result
 * - `lost`: an input cannot be reached; see `isLost`
 */
export type Unknown = 'start' | 'short' | 'bad' | 'lost';

/** Who is told when a condition changes: a rule, an alarm, the suppression of an alarm. */
export interface ConditionSink {
  /**
   * Told of every change of truth, and of every change of the reason while unknown.
   * @param why set while unknown; `lost` beside a truth: it is known although an input cannot be reached
   * @param atUs steady time of the step
   */
  decide(truth: Truth, why: Unknown | undefined, atUs: number): void;
}

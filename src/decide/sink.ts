/** True, false, or undefined for unknown. */
export type Truth = boolean | undefined;

/** Who is told when a condition changes: a rule, an alarm, the suppression of an alarm. */
export interface ConditionSink {
  /**
   * @param waiting unknown merely because an input has not arrived yet since start
   * @param atUs steady time of the step
   */
  decide(truth: Truth, waiting: boolean, atUs: number): void;
}

import type { Step } from './steps.ts';
import type { Result } from './test-run.ts';

/** More files than these are no bad luck. */
const MOST = 3;

/**
 * Whole sites and plants wait for each other on a loaded machine, and what fails by that alone must not hide what really
 * fails: such files run once more, by themselves. Nothing runs again where anything else failed, or more than a few.
 * @param results of all steps; a second one that passes takes the place of the first, and counts what was unsteady
 */
export async function runUnsteadyAgain(
  results: Map<Step, Result>,
  show: (step: Step, result: Result) => void,
): Promise<void> {
  const failed = [...results].filter(([, { failed }]) => failed > 0);
  if (failed.length > MOST || !failed.every(([step]) => step.wholeProcesses)) return;
  for (const [step, first] of failed) {
    const second = await step.run();
    show({ ...step, title: `once more, by itself: ${step.title}` }, second);
    if (second.failed === 0) results.set(step, { ...second, unsteady: first.failed });
  }
}

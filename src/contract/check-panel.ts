import { resolveTag, valueProblem } from '#contract/check-tags.ts';
import type { Expanded } from '#contract/expand.ts';
import type { Finding } from '#contract/findings.ts';
import type { TagModel } from '#contract/model.ts';
import type { Settings } from '#contract/settings.ts';

/** A stop that the guard would refuse is found when the file is written, not when somebody needs it. */
export function checkPanel(panel: Settings['panel'], site: Expanded, add: (finding: Finding) => void): void {
  for (const [path, value] of Object.entries(panel?.stop ?? {})) {
    const where = ['settings', 'panel', 'stop', path];
    const found = resolveTag(site, '', path);
    if (!found) continue; // there, and wrong by itself
    if ('hint' in found) {
      add({ where, message: `there is no tag ${path}`, hint: found.hint });
      continue;
    }
    const refusal = refusalOf(found.tag, value);
    if (refusal) add({ where, ...refusal });
    const { maxStep, ratePerS } = found.tag.write ?? {};
    if (refusal || (maxStep === undefined && ratePerS === undefined)) continue;
    add({
      where,
      message: `${path} changes in steps only: its maxStep or ratePerS holds for the stop too`,
      hint: 'better name a tag that stops at once, such as a run command',
      severity: 'hint',
    });
  }
}

function refusalOf(
  tag: TagModel,
  value: number | boolean | string,
): { readonly message: string; readonly hint: string } | undefined {
  const { path, safety, access } = tag;
  if (safety)
    return {
      message: `${path} belongs to a safety function and is never written`,
      hint: 'leave it away: the safety system has a stop of its own',
    };
  if (access === 'read')
    return { message: `${path} has no write access`, hint: 'add `access: readWrite` to it' };
  const problem = valueProblem(tag, value);
  return problem === undefined
    ? undefined
    : { message: `${path} = ${String(value)}: ${problem}`, hint: 'write a value that may be written' };
}

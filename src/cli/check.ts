import { Exit } from '#cli/fail.ts';
import { formatProblem } from '#contract/load.ts';
import type { Problem } from '#contract/model.ts';

/** `holdfast check`: every problem at once; exit status 2 when one of them is an error. */
export async function check(file: string, options: { readonly json?: boolean }): Promise<void> {
  const { readBlueprint } = await import('#edge/main.ts');
  const { blueprint, problems } = await readBlueprint(file);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ ok: blueprint !== undefined, problems }, null, 2)}\n`);
  else printProblems(file, problems, process.stdout);
  if (!blueprint) {
    process.exitCode = Exit.invalid;
    return;
  }
  const { tags, rules, alarms, sources } = blueprint.model;
  if (options.json) return;
  const counts = Object.entries({ source: sources, tag: tags, rule: rules, alarm: alarms }).map(
    ([what, { length }]) => `${length} ${what}${length === 1 ? '' : 's'}`,
  );
  process.stdout.write(`${file}: ${counts.join(', ')}: no error\n`);
}

export function printProblems(file: string, problems: readonly Problem[], out: NodeJS.WritableStream): void {
  for (const problem of problems) out.write(`${formatProblem(file, problem)}\n`);
}

/** `holdfast schema`: for the `# yaml-language-server: $schema=` line of a site file. */
export async function schema(): Promise<void> {
  const [{ loadPlugins }, { siteJsonSchema }] = await Promise.all([
    import('#edge/main.ts'),
    import('#contract/json-schema.ts'),
  ]);
  process.stdout.write(`${JSON.stringify(siteJsonSchema(await loadPlugins()), null, 2)}\n`);
}

import { validSite } from '#cli/commission/site.ts';
import { hubConfig } from '#cli/hub/config.ts';
import type { Say } from '#cli/install/apply.ts';
import { type InstallOptions, install, uninstall } from '#cli/install/install.ts';
import type { Step } from '#cli/install/plan.ts';

interface Printed {
  readonly json?: boolean;
}

/** `holdfast install`. */
export async function runInstall(options: InstallOptions & Printed): Promise<void> {
  const { part, config } = options;
  if (config !== undefined && part === 'hub') await hubConfig(config);
  if (config !== undefined && part === 'edge' && !(await validSite(config, options.json))) return;
  print(options, install(options, sayOf(options)));
}

/** `holdfast uninstall`: removes service and program, keeps what it has kept. */
export function runUninstall(options: InstallOptions & Printed): void {
  print(options, uninstall(options, sayOf(options)));
}

const sayOf = ({ json }: Printed): Say =>
  json ? () => {} : (line) => void process.stdout.write(`${line}\n`);

function print({ json, dryRun }: InstallOptions & Printed, steps: readonly Step[]): void {
  if (json) process.stdout.write(`${JSON.stringify({ dryRun, steps: steps.map(written) }, null, 2)}\n`);
}

/** Modes as `chmod` takes them: nobody reads 416. */
const written = (step: Step): object =>
  'mode' in step ? { ...step, mode: step.mode.toString(8).padStart(4, '0') } : step;

import { isAbsolute, join, relative, resolve } from 'node:path';
import { applyPlan, type Say, showPlan } from '#cli/install/apply.ts';
import { findFacts, readSiteText, systemdVersion } from '#cli/install/facts.ts';
import { type Init, installPlan, type Step, uninstallPlan } from '#cli/install/plan.ts';
import { checkSettings, type ServiceSettings } from '#cli/install/settings.ts';
import { Fault } from '#kernel/fault.ts';

export interface InstallOptions {
  /** Site file to start from; the one that is installed already is never overwritten. */
  readonly site?: string;
  readonly data: string;
  readonly program: string;
  readonly user: string;
  readonly memoryMax?: string;
  /** Folder of an image to install into; `/` is this machine. */
  readonly root: string;
  readonly init?: Init;
  readonly dryRun: boolean;
  readonly start: boolean;
}

const sitePath = '/etc/holdfast/site.yaml';
const source = resolve(import.meta.dirname, '../../..');

/** Installs the service. @returns what changed something; of a dry run, all that would be done @throws Fault `install.usage`, `install.no-site`, `install.not-root`, `install.failed` */
export function install(options: InstallOptions, say: Say): readonly Step[] {
  const settings = settingsOf(options);
  checkSettings(settings);
  const root = resolve(options.root);
  const facts = findFacts(settings, root, options.init);
  if (!facts.siteExists && options.site === undefined)
    throw new Fault('install.no-site', `there is no ${sitePath} yet`, {
      retry: 'never',
      hint: 'Name the site file to start from: holdfast install --site site.yaml',
    });
  const siteText = readSiteText(options.site);
  const wanted = {
    settings,
    from: source,
    start: options.start,
    ...(siteText === undefined ? {} : { siteText }),
  };
  const plan = installPlan(wanted, facts);
  if (facts.siteExists && siteText !== undefined)
    plan.push({ kind: 'say', text: `${sitePath} was there before and stays as it is.` });
  return carryOut(plan, root, options.dryRun, say);
}

/**
 * Removes service and program, and keeps the site's data. @returns as {@link install}
 * @throws Fault `install.usage`, `install.not-root`, `install.failed`
 */
export function uninstall(
  options: Omit<InstallOptions, 'site' | 'start' | 'memoryMax'>,
  say: Say,
): readonly Step[] {
  const settings = settingsOf(options);
  checkSettings(settings);
  const root = resolve(options.root);
  return carryOut(
    uninstallPlan(settings, findFacts(settings, root, options.init)),
    root,
    options.dryRun,
    say,
  );
}

function settingsOf(options: Omit<InstallOptions, 'site' | 'start'>): ServiceSettings {
  const { user, program, data, memoryMax } = options;
  const version = systemdVersion();
  return {
    user,
    program,
    node: nodeWithin(program),
    site: sitePath,
    data,
    ...(memoryMax === undefined ? {} : { memoryMax }),
    ...(version === undefined ? {} : { systemdVersion: version }),
  };
}

/** The Node that runs this, at the place where it will lie: packaged ones are copied along. */
function nodeWithin(program: string): string {
  const inside = relative(source, process.execPath);
  return inside.startsWith('..') || isAbsolute(inside) ? process.execPath : join(program, inside);
}

function carryOut(plan: readonly Step[], root: string, dryRun: boolean, say: Say): readonly Step[] {
  if (dryRun) {
    showPlan(plan, say);
    return plan;
  }
  if (root === '/' && process.getuid?.() !== 0)
    throw new Fault('install.not-root', 'only root may install a service', {
      retry: 'never',
      hint: 'Run it with sudo, or look first with --dry-run.',
    });
  return applyPlan(plan, root, say);
}

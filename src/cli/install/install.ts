import { isAbsolute, join, relative, resolve } from 'node:path';
import { applyPlan, type Say, showPlan } from '#cli/install/apply.ts';
import { findFacts, hubFiles, readConfigText, systemdVersion } from '#cli/install/facts.ts';
import { type Init, installPlan, type Step, uninstallPlan } from '#cli/install/plan.ts';
import {
  checkSettings,
  configOf,
  type Part,
  type ServiceSettings,
  serviceName,
} from '#cli/install/settings.ts';
import { Fault } from '#kernel/fault.ts';

export interface InstallOptions {
  readonly part: Part;
  /** Site file, or file of the hub, to start from; the one that is installed already is never overwritten. */
  readonly config?: string;
  /** Folder and user are named as the service when absent. */
  readonly data?: string;
  readonly user?: string;
  readonly program: string;
  /** Of a hub. */
  readonly name?: readonly string[];
  readonly port?: string;
  readonly memoryMax?: string;
  /** Folder of an image to install into; `/` is this machine. */
  readonly root: string;
  readonly init?: Init;
  readonly dryRun: boolean;
  readonly start: boolean;
}

const source = resolve(import.meta.dirname, '../../..');

/** Installs the service. @returns what changed something; of a dry run, all that would be done @throws Fault `install.usage`, `install.no-site`, `install.not-root`, `install.failed` */
export function install(options: InstallOptions, say: Say): readonly Step[] {
  const root = resolve(options.root);
  const settings = settingsOf(options, root);
  checkSettings(settings);
  const facts = findFacts(settings, root, options.init);
  const config = configOf(settings);
  if (options.part === 'edge' && !facts.configExists && options.config === undefined)
    throw new Fault('install.no-site', `there is no ${config} yet`, {
      retry: 'never',
      hint: 'Name the site file to start from: holdfast install --site site.yaml',
    });
  const configText = readConfigText(options.config);
  const wanted = {
    settings,
    from: source,
    start: options.start,
    ...(configText === undefined ? {} : { configText }),
  };
  const plan = installPlan(wanted, facts);
  if (facts.configExists && configText !== undefined)
    plan.push({ kind: 'say', text: `${config} was there before and stays as it is.` });
  return carryOut(plan, root, options.dryRun, say);
}

/**
 * Removes service and program, and keeps the data. @returns as {@link install}
 * @throws Fault `install.usage`, `install.not-root`, `install.failed`
 */
export function uninstall(
  options: Omit<InstallOptions, 'config' | 'start' | 'memoryMax' | 'name' | 'port'>,
  say: Say,
): readonly Step[] {
  const root = resolve(options.root);
  const settings = settingsOf(options, root);
  checkSettings(settings);
  return carryOut(
    uninstallPlan(settings, findFacts(settings, root, options.init)),
    root,
    options.dryRun,
    say,
  );
}

const HUB_PORT = '8443';

function settingsOf(options: Omit<InstallOptions, 'start'>, root: string): ServiceSettings {
  const { part, program, memoryMax, name: names = [], port = HUB_PORT } = options;
  const { user = serviceName(part), data = `/var/lib/${serviceName(part)}` } = options;
  const hub = { names, port: Number(port), files: hubFiles(root, options.config) };
  const version = systemdVersion();
  return {
    part,
    user,
    program,
    node: nodeWithin(program),
    data,
    ...(part === 'hub' ? { hub } : {}),
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

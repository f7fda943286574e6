import { posix } from 'node:path';
import { Fault } from '#kernel/fault.ts';

/** Where the service's parts lie on the machine that runs it; all paths absolute. */
export interface ServiceSettings {
  /** System user and group of the service. */
  readonly user: string;
  /** The program: `src/`, `package.json`, packages. */
  readonly program: string;
  /** Node.js that runs it. */
  readonly node: string;
  readonly site: string;
  readonly data: string;
  /** Hard limit on memory, such as `256M`; absent: none. */
  readonly memoryMax?: string;
  /** Version of the machine's systemd; decides what the unit may say. Absent: unknown, say only what all know. */
  readonly systemdVersion?: number;
}

const hidden = /^\/(?:home|root|tmp|run\/user)(?:\/|$)/;
const plainPath = /^\/[\w./@+-]*$/;

/**
 * Refuses what would need quoting in a unit or a shell script: nobody installs a service at such a place by intent.
 * @throws Fault `install.usage`
 */
export function checkSettings(settings: ServiceSettings): void {
  for (const key of ['program', 'node', 'site', 'data'] as const) {
    const path = settings[key];
    if (hidden.test(path))
      throw new Fault(
        'install.usage',
        `${key}: ${path} is hidden from services, which see no home and no /tmp`,
        {
          retry: 'never',
          hint: 'Choose a place such as /opt, /etc or /var/lib.',
        },
      );
    if (plainPath.test(path) && path === posix.normalize(path)) continue;
    throw new Fault('install.usage', `${key}: ${JSON.stringify(path)} cannot be used for a service`, {
      retry: 'never',
      hint: 'Give an absolute path of letters, digits and - _ . / @ +, without .. in it.',
    });
  }
  if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(settings.user))
    throw new Fault('install.usage', `${JSON.stringify(settings.user)} is no name of a system user`, {
      retry: 'never',
      hint: 'Small letters, digits, - and _, beginning with a letter.',
    });
  if (settings.memoryMax !== undefined && !/^\d+[KMG]?$/.test(settings.memoryMax))
    throw new Fault('install.usage', `memory limit ${JSON.stringify(settings.memoryMax)}`, {
      retry: 'never',
      hint: 'A number with K, M or G, such as 256M.',
    });
}

/**
 * What a site is started with. The C library gives each thread a heap of its own and never takes back what is free in
 * them: with two for all a site is 7 MB smaller.
 */
export const environment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };

/**
 * What Node is started with. V8 widens the room for new objects of each thread to 32 MB within minutes and never gives it
 * back; with 8 MB collections are shorter and a few more.
 */
export const nodeFlags: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=4',
];

/** A hub makes new objects for thousands of sites at once: with the room of a site it would spend a quarter of its time collecting. */
export const hubFlags: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=32',
];

/** What the service executes, as separate words. */
export const commandOf = ({ node, program, site, data }: ServiceSettings): readonly string[] => [
  node,
  ...nodeFlags,
  `${program}/src/cli/main.ts`,
  'edge',
  '--site',
  site,
  '--data',
  data,
];

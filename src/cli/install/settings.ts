import { posix } from 'node:path';
import { Fault } from '#kernel/fault.ts';

/** What a machine runs as a service: a site, or the hub that looks after sites. */
export type Part = 'edge' | 'hub';

/** Where the parts of a service lie on the machine that runs it; all paths absolute. */
export interface ServiceSettings {
  readonly part: Part;
  /** System user and group of the service. */
  readonly user: string;
  /** The program: `src/`, `package.json`, packages. */
  readonly program: string;
  /** Node.js that runs it. */
  readonly node: string;
  readonly data: string;
  /** Of a hub: what it is started with beside its folders. */
  readonly hub?: HubService;
  /** Hard limit on memory, such as `256M`; absent: none. */
  readonly memoryMax?: string;
  /** Version of the machine's systemd; decides what the unit may say. Absent: unknown, say only what all know. */
  readonly systemdVersion?: number;
}

export interface HubService {
  readonly names: readonly string[];
  readonly port: number;
  /** Files of {@link HUB_FILES} that are there: the hub is told of these. */
  readonly files: readonly string[];
}

/** The site file, or that of the hub. */
const CONFIGS: Readonly<Record<Part, string>> = {
  edge: '/etc/holdfast/site.yaml',
  hub: '/etc/holdfast-hub/hub.yaml',
};
export const configOf = ({ part }: Pick<ServiceSettings, 'part'>): string => CONFIGS[part];

/** Of the unit, and of whatever else belongs to the service. */
export const serviceName = (part: Part): string => (part === 'edge' ? 'holdfast' : 'holdfast-hub');

/**
 * What the hub is told of by variables that name files beside its configuration. Secrets are in the files: a unit can be read by
 * everybody, the environment of a process by all that it starts.
 */
export const HUB_FILES: Readonly<Record<string, string>> = {
  'hub.key': 'HOLDFAST_HUB_KEY_FILE',
  'database-url': 'DATABASE_URL_FILE',
  signer: 'HOLDFAST_HUB_SIGNER',
};

const hidden = /^\/(?:home|root|tmp|run\/user)(?:\/|$)/;
const plainPath = /^\/[\w./@+-]*$/;

/**
 * Refuses what would need quoting in a unit or a shell script: nobody installs a service at such a place by intent.
 * @throws Fault `install.usage`
 */
export function checkSettings(settings: ServiceSettings): void {
  for (const key of ['program', 'node', 'data'] as const) {
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
  if (settings.hub) checkHub(settings.hub);
}

function checkHub({ names, port }: HubService): void {
  const wrong = names.find((name) => !/^[\w.:-]+$/.test(name));
  if (wrong !== undefined)
    throw new Fault('install.usage', `--name ${JSON.stringify(wrong)}: not a name or an address`, {
      retry: 'never',
      hint: 'Such as hub.example or 10.0.0.7.',
    });
  if (!(Number.isInteger(port) && port > 1023 && port < 65_536))
    throw new Fault(
      'install.usage',
      `--port ${port}: not a port that a service without privileges may have`,
      {
        retry: 'never',
        hint: '1024 to 65535; what spreads connections, or the firewall, can lead another one there.',
      },
    );
}

/**
 * What each is started with. The C library gives each thread a heap of its own and never takes back what is free in
 * them: with two for all a site is 7 MB smaller.
 */
export const environment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };

export const environmentOf = ({ hub, part }: ServiceSettings): readonly (readonly [string, string])[] => {
  const folder = posix.dirname(configOf({ part }));
  const files = (hub?.files ?? []).flatMap((file) => {
    const name = HUB_FILES[file];
    return name === undefined ? [] : [[name, `${folder}/${file}`] as const];
  });
  return [...Object.entries(environment), ...files];
};

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
export function commandOf(settings: ServiceSettings): readonly string[] {
  const { node, program, data, hub } = settings;
  const main = `${program}/src/cli/main.ts`;
  const config = configOf(settings);
  if (!hub) return [node, ...nodeFlags, main, 'edge', '--site', config, '--data', data];
  const file = hub.files.includes(posix.basename(config)) ? ['--config', config] : [];
  const names = hub.names.length > 0 ? ['--name', ...hub.names] : [];
  return [node, ...hubFlags, main, 'hub', '--data', data, '--port', String(hub.port), ...file, ...names];
}

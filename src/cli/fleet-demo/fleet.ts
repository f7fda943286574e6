import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAddress, SiteClient } from '#cli/client.ts';
import { bringLearned } from '#cli/demo-learned.ts';
import { hubTransport } from '#cli/fleet/client.ts';
import { type Link, openLink } from '#cli/fleet-demo/link.ts';
import { type Program, startProgram } from '#cli/fleet-demo/processes.ts';
import { FleetApi } from '#contract/fleet-client.ts';
import { openFleet } from '#hub/fleet.ts';
import { Fault } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import type { PlantInfo } from '#plant/main.ts';
import { replaceDurably } from '#platform/files.ts';
import { joinHub } from '#trust/hub/enrol.ts';
import { trustDir } from '#trust/store.ts';

export const SITES = ['north', 'east', 'south'] as const;
export type SiteName = (typeof SITES)[number];

export interface DemoSite {
  readonly id: SiteName;
  readonly client: SiteClient;
  /** The only way from it to the hub. */
  readonly link: Link;
}

/** A hub and three sites, each with its own plant, all in processes of their own. */
export interface DemoFleet extends AsyncDisposable {
  readonly dir: string;
  readonly sites: readonly DemoSite[];
  readonly hub: FleetApi;
  readonly url: string;
  /** Of a user who may do everything in the console. */
  readonly password: string;
  /** File that holds an API token of the hub. */
  readonly tokenFile: string;
  /** Where faults are asked of the plant of a site. */
  plantDir(site: SiteName): string;
  /** Rejects when one of the processes ends. */
  readonly failed: Promise<never>;
}

/** On a small box that is busy a dozen programs take their time. */
const START_MS = 180_000;

const NOTHING: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** @param named keeps the data there; a folder of its own, removed at the end, when absent */
export async function startFleet(named: string | undefined, say: (text: string) => void): Promise<DemoFleet> {
  await using stack = new AsyncDisposableStack();
  const dir = await folderOf(named);
  if (named === undefined) stack.defer(() => rm(dir, { recursive: true, force: true }));
  const programs: Program[] = [];
  const start = (name: string, args: readonly string[]): Program => {
    const program = stack.use(startProgram(args, join(dir, `${name}.log`)));
    programs.push(program);
    return program;
  };
  say('starting the hub with its PostgreSQL, and three plants …');
  const hubDir = join(dir, 'hub');
  await mkdir(hubDir, { mode: 0o711 });
  const hub = start('hub', ['hub', '--data', hubDir, '--port', '0', '--host', '127.0.0.1', '--log-json']);
  const plantDir = (id: SiteName) => join(dir, id, 'plant');
  const plants = SITES.map((id, i) => startPlant(start, id, plantDir(id), i + 1));
  const port = await portOf(hub);
  const { tokens, apiToken, password } = await letIn(hubDir);
  const tokenFile = join(dir, 'hub.token');
  replaceDurably(tokenFile, `${apiToken}\n`);
  const sites = await Promise.all(
    SITES.map(async (id, i): Promise<DemoSite> => {
      const link = stack.use(await openLink(port));
      const plant = await (plants[i] as Promise<PlantInfo>);
      const data = join(dir, id);
      await (await import('#edge/main.ts')).makeDataFolder(data);
      const { pumpingSiteFile } = await import('#plant/main.ts');
      const file = join(data, 'site.yaml');
      replaceDurably(file, await pumpingSiteFile(id, plant));
      say(`${id} joins the hub with its own key …`);
      const asked = {
        trustDir: trustDir(data),
        hub: `https://127.0.0.1:${link.port}`,
        token: tokens[i] ?? '',
      };
      await joinHub(asked, AbortSignal.timeout(START_MS));
      const program = start(id, ['edge', '--site', file, '--data', data, '--log', 'warn', '--log-json']);
      const client = await clientOf(data, program);
      await bringLearned(client);
      return { id, link, client };
    }),
  );
  const url = `https://127.0.0.1:${port}`;
  const failed = Promise.race(programs.map((one) => one.failed));
  failed.catch(() => {});
  const owned = stack.move();
  return {
    dir,
    sites,
    url,
    password,
    tokenFile,
    plantDir,
    failed,
    hub: new FleetApi(hubTransport(url, apiToken)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** One that the user of PostgreSQL may enter: that need not be the one who runs the demo. */
async function folderOf(named: string | undefined): Promise<string> {
  if (named === undefined) {
    const dir = await mkdtemp(join(tmpdir(), 'holdfast-fleet-'));
    await chmod(dir, 0o711);
    return dir;
  }
  await mkdir(named, { recursive: true, mode: 0o711 });
  for (const part of ['hub', ...SITES]) {
    const path = join(named, part);
    // Plants and sites of one run fit together; those of another one have joined another hub.
    await rm(path, { recursive: true, force: true });
  }
  return named;
}

async function startPlant(
  start: (name: string, args: readonly string[]) => Program,
  id: SiteName,
  dir: string,
  seed: number,
): Promise<PlantInfo> {
  const free = ['--modbus-a', '0', '--modbus-b', '0', '--mqtt', '0', '--opcua', '0'];
  const args = ['plant', '--only', 'pumps,sensors', ...free, '--seed', `${seed}`, '--dir', dir];
  await mkdir(dir, { recursive: true });
  const { child, failed } = start(`${id}-plant`, args);
  const told = new Promise<PlantInfo>((resolve) => {
    child.on('message', (message) => {
      const { kind, info } = message as { readonly kind: string; readonly info: PlantInfo };
      if (kind === 'plant') resolve(info);
    });
  });
  const info = Promise.race([told, failed]);
  info.catch(() => {}); // waited for later
  return info;
}

/** As the hub says it in its log. */
async function portOf({ child, failed }: Program): Promise<number> {
  let text = '';
  const told = new Promise<number>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        text += chunk;
        const [, port] = /"port":(\d+)[^\n]*"hub runs"/.exec(text) ?? [];
        if (port !== undefined) resolve(Number(port));
      });
  });
  return await inTime('the hub', Promise.race([told, failed]));
}

/** Who signs in at the console. */
export const DEMO_USER = 'demo';

/** What an administrator does beside the hub: a token for each box, a user, and a token for programs. */
async function letIn(dir: string) {
  await using fleet = await openFleet({ dir, log: NOTHING });
  const tokens: string[] = [];
  for (const [i, site] of SITES.entries())
    tokens.push(
      await fleet.joinToken({
        site,
        labels: { region: site, line: `${i + 1}` },
        ttlMs: START_MS,
        by: DEMO_USER,
      }),
    );
  const grants = [{ role: 'administrator' }] as const;
  const password = randomBytes(12).toString('base64url');
  await fleet.people.add({ name: DEMO_USER, grants, password }, DEMO_USER);
  const apiToken = await fleet.tokens.create({ name: DEMO_USER, grants }, DEMO_USER);
  return { tokens, apiToken, password };
}

async function clientOf(dir: string, { failed }: Program): Promise<SiteClient> {
  const found = async () => {
    for (;;) {
      const address = await readAddress(dir);
      if (address) return new SiteClient(address, dir);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  return await inTime(dir, Promise.race([found(), failed]));
}

async function inTime<T>(what: string, wanted: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Fault('demo.slow', `${what} has not started within ${START_MS / 1000} s`)),
      START_MS,
    );
  });
  try {
    return await Promise.race([wanted, late]);
  } finally {
    clearTimeout(timer);
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { printProblems } from '#cli/check.ts';
import { demoDir, readAddress, SiteClient } from '#cli/client.ts';
import { bringLearned } from '#cli/demo-learned.ts';
import { duration } from '#cli/duration.ts';
import { toldToStop } from '#cli/stop.ts';
import { demoSummary } from '#cli/summary.ts';
import { dim } from '#cli/text.ts';
import { version } from '#cli/version.ts';
import { watch } from '#cli/watch.ts';
import type { Edge } from '#edge/main.ts';
import { Fault } from '#kernel/fault.ts';
import type { PlantInfo } from '#plant/main.ts';
import { replaceDurably } from '#platform/files.ts';

export interface DemoOptions {
  readonly for?: string;
  readonly json?: boolean;
  readonly data?: string;
}

/**
 * Starts the plant in processes of its own and a site that reads it, shows both, and leaves nothing running.
 * @throws Fault `demo.running` when one runs already
 */
export async function demo(options: DemoOptions): Promise<void> {
  const forMs = options.for === undefined ? undefined : duration(options.for, '--for');
  const stopped = toldToStop();
  const dir = await prepareDir(options.data);
  say(options, 'starting the plant …');
  await using plant = await startPlantProcess(options.data && join(dir, 'plant'));
  say(options, 'starting the site …');
  await using edge = await startSite(dir, plant.info);
  const client = new SiteClient(edge.address, dir);
  await bringLearned(client);
  say(options, `the site runs: ${edge.address.url}, data in ${dir}`);
  const link = `${edge.address.url}/sign-in#${edge.access.linkCode('demo', 'administrator')}`;
  say(options, `sign in, once and within 15 minutes: ${link}`);
  const ended = new AbortController();
  const timer = forMs === undefined ? undefined : setTimeout(() => ended.abort(), forMs);
  void stopped.then(() => ended.abort());
  await show(client, options, link, ended.signal);
  clearTimeout(timer);
  if (options.json) process.stdout.write(`${JSON.stringify(demoSummary(edge.site.status()))}\n`);
}

const FOOTER = [
  dim('Ctrl-C ends. In another terminal:'),
  '  ./holdfast plant fault worn-bearing      ./holdfast alarms      ./holdfast watch hall/line1',
];

async function show(
  client: SiteClient,
  { json }: DemoOptions,
  link: string,
  signal: AbortSignal,
): Promise<void> {
  if (json) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return;
  }
  await watch(client, { prefix: '', footer: [...FOOTER, dim(`  sign in, once: ${link}`)] }, signal);
}

/** A demo starts from nothing, so that two of them show the same; a folder that the user named is kept. */
async function prepareDir(named: string | undefined): Promise<string> {
  const dir = named ?? demoDir();
  const other = await readAddress(dir);
  if (other) {
    throw new Fault('demo.running', `a site runs in ${dir} already, process ${other.pid}`, {
      retry: 'never',
      hint: 'end it with Ctrl-C, or name another folder with --data',
    });
  }
  if (named === undefined) await rm(dir, { recursive: true, force: true });
  await (await import('#edge/main.ts')).makeDataFolder(dir);
  return dir;
}

async function startSite(dir: string, info: PlantInfo): Promise<Edge> {
  const [{ checkSite, startEdge }, { siteFileFor, SITE_FILE }] = await Promise.all([
    import('#edge/main.ts'),
    import('#plant/site-file.ts'),
  ]);
  const text = await siteFileFor(info);
  const file = join(dir, 'site.yaml');
  replaceDurably(file, text);
  await cp(new URL('pictures', SITE_FILE), join(dir, 'pictures'), { recursive: true });
  const { blueprint, problems } = await checkSite(text, dir);
  printProblems(file, problems, process.stderr);
  if (!blueprint) throw new Fault('site.invalid', `${file} has errors`, { retry: 'never' });
  const log = pino({ level: 'warn' }, pino.destination(join(dir, 'site.log')));
  return await startEdge({ blueprint, dataDir: dir, log, version, apiPort: 0, siteFile: file, watch: true });
}

interface PlantProcess extends AsyncDisposable {
  readonly info: PlantInfo;
}

/** The plant ends with us, however we end: it watches the channel that forking gave it. */
async function startPlantProcess(dir: string | undefined): Promise<PlantProcess> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  // The packaging is born when its host is there, so that not even its first words are missed.
  const host = ['--primary-host', 'riverside'];
  const args = dir === undefined ? ['plant', ...host] : ['plant', ...host, '--dir', dir];
  const child = fork(main, args, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Ctrl-C goes to the whole group: the plant must outlive the site by a moment, or its sources would see it die.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const info = await plantInfo(child);
  return {
    info,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      // Closing the channel is what tells it to end; it would hold the plant's process open otherwise.
      // A plant that was told to end by somebody else has closed it already.
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

function plantInfo(child: ChildProcess): Promise<PlantInfo> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said = (said + chunk).slice(-2000);
    });
    child.on('message', (message) => {
      const { kind, info } = message as { readonly kind: string; readonly info: PlantInfo };
      if (kind === 'plant') resolve(info);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(
        new Fault('demo.plant-failed', `the plant ended with status ${code}: ${said.trim()}`, {
          retry: 'never',
        }),
      );
    });
  });
}

function say({ json }: DemoOptions, text: string): void {
  if (!json) process.stderr.write(`${dim(text)}\n`);
}

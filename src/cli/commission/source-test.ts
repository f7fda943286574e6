import type { SiteClient } from '#cli/client.ts';
import { certificatesDir, FORGOTTEN, runningSite, validSite } from '#cli/commission/site.ts';
import { duration } from '#cli/duration.ts';
import { Exit } from '#cli/fail.ts';
import { toldToStop } from '#cli/stop.ts';
import { age, dim, red, valueText, yellow } from '#cli/text.ts';
import type { SiteStatus } from '#contract/client.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { knownSource } from '#edge/single-source.ts';
import { testSource as stepsOf, type TestStep } from '#edge/source-test.ts';

export interface SourceTestOptions {
  readonly site: string;
  readonly data?: string;
  readonly within?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Exit status 0 only when no step failed. */
export async function testSource(id: string, options: SourceTestOptions): Promise<void> {
  const withinMs = options.within === undefined ? undefined : duration(options.within, '--within');
  const blueprint = await validSite(options.site);
  if (!blueprint) return;
  const peer = knownSource(new Map(blueprint.model.sources.map((one) => [one.id, one])), id);
  const running = await runningSite(options.data, id, blueprint);
  const isAlone = options.force || blueprint.plugins.sources[peer.kind]?.secondSession || !running;
  const stop = new AbortController();
  void toldToStop().then(() => stop.abort());
  const dataDir = certificatesDir(options.data, running);
  const steps = isAlone
    ? stepsOf(blueprint, id, { dataDir, withinMs, signal: stop.signal })
    : viewOf(id, running.client, running.status.sources[id], blueprint);
  const all: TestStep[] = [];
  for await (const step of steps) {
    all.push(step);
    if (!options.json) show(step, all);
  }
  const failed = all.filter(({ state }) => state === 'failed').length;
  const ok = failed === 0 && !stop.signal.aborted;
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, steps: all }, null, 2)}\n`);
  else process.stdout.write(`${sumOf(all, failed)}\n`);
  const isForgotten =
    dataDir === undefined && all.some((one) => one.step === 'certificate' && one.state === 'failed');
  if (isForgotten) process.stderr.write(`${FORGOTTEN}\n`);
  if (!ok) process.exitCode = Exit.failed;
}

/** What the site itself sees, where the device bears no second session beside its own. */
async function* viewOf(
  id: string,
  client: SiteClient,
  status: SiteStatus['sources'][string] | undefined,
  { model }: Blueprint,
): AsyncIterable<TestStep> {
  const said = `the device bears one session, and the running site ${model.site} has it: this is what it sees`;
  const hint = 'End the site, or give --force to ask for a session all the same: it may throw the site out.';
  yield { step: 'site', state: 'ok', said, hint };
  if (!status) return;
  const { state, fault, ageMs } = status;
  yield {
    step: 'session',
    state: state === 'running' ? (fault ? 'warning' : 'ok') : 'failed',
    said: fault ? `${state}: ${fault.message}` : `${state}, newest row ${age(ageMs)} old`,
    ...(fault?.hint !== undefined && { hint: fault.hint }),
  };
  const own = new Set(
    model.tags.filter((tag) => tag.source === id && tag.access !== 'write').map(({ path }) => path),
  );
  for await (const tag of client.api.everyTags()) {
    if (!own.has(tag.path)) continue;
    const isBad = tag.quality.startsWith('bad');
    const value = isBad
      ? 'no value'
      : `${tag.state ?? valueText(tag.value)}${tag.unit ? ` ${tag.unit}` : ''}`;
    yield {
      step: 'value',
      state: isBad ? 'failed' : tag.quality.startsWith('good') ? 'ok' : 'warning',
      said: `${tag.path}: ${value}, ${tag.quality}, ${age(tag.ageMs)} old`,
    };
  }
}

/** Values that are fine need not all be seen. */
const SHOWN = 20;

function show(step: TestStep, all: readonly TestStep[]): void {
  const isFine = step.step === 'value' && step.state === 'ok';
  const fine = all.filter((one) => one.step === 'value' && one.state === 'ok').length;
  if (isFine && fine > SHOWN) return;
  const isSaid = all.some((one) => one !== step && one.state === 'failed' && one.said.endsWith(step.said));
  const said = isSaid ? 'for the reason above' : plain(step.said);
  process.stdout.write(`${MARKS[step.state]} ${step.step.padEnd(8)} ${said}\n`);
  if (step.hint !== undefined && !isSaid) process.stdout.write(`${' '.repeat(18)}${dim(plain(step.hint))}\n`);
}

/** Devices have their say in it: one line, and nothing that moves a cursor. */
const plain = (text: string): string => text.replaceAll(/\p{C}+/gu, ' ').slice(0, 600);

const MARKS = { ok: 'ok      ', warning: yellow('warning '), failed: red('failed  ') } as const;

function sumOf(all: readonly TestStep[], failed: number): string {
  const values = all.filter(({ step }) => step === 'value');
  const come = values.filter(({ state }) => state !== 'failed').length;
  const parts = values.length === 0 ? [] : [`${come} of ${values.length} tags have a value`];
  return [...parts, failed === 0 ? 'no step failed' : red(`${failed} failed`)].join(', ');
}

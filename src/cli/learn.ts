import { createReadStream } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { SiteClient } from '#cli/client.ts';
import { Exit, notWritten } from '#cli/fail.ts';
import { learningText } from '#cli/learn-text.ts';
import { moment } from '#cli/moment.ts';
import { ProgressBar } from '#cli/progress-bar.ts';
import type { LearningStatus, SiteApi, TakenLearned } from '#contract/client.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

export interface LearnArguments {
  readonly from?: string;
  readonly to: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly why?: string;
  readonly file?: string;
  readonly save?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** `holdfast learn`: exit status 0 once it has learned, 2 where the period is unfit. */
export async function learn(id: string, options: LearnArguments): Promise<void> {
  checkUsage(options);
  const { api } = await SiteClient.find(options.data);
  if (options.file !== undefined) print(await take(api, id, options.file, options), options.json);
  if (options.from !== undefined) {
    const status = await learned(api, id, options.from, options);
    print(status, options.json);
    if (status.state !== 'done') process.exitCode = status.state === 'refused' ? Exit.invalid : Exit.failed;
    if (status.state !== 'done' || status.dryRun) return;
  }
  if (options.save !== undefined) await save(api, id, options.save, options.json);
}

/** @throws Fault `cli.usage` */
function checkUsage({ from, file, save, force, why, dryRun }: LearnArguments): void {
  const usage = (what: string, hint: string): Fault => new Fault('cli.usage', what, { retry: 'never', hint });
  if (from !== undefined && file !== undefined)
    throw usage('--from and --file say two things to learn from', 'give one of them');
  if (from === undefined && file === undefined && save === undefined)
    throw usage('nothing is said to learn from', 'name a period of good running with --from and --to');
  if (force && why === undefined) throw usage('--force needs a reason', 'add --why');
  if (dryRun && save !== undefined) throw usage('a dry run learns nothing to save', 'take --save away');
}

function print(what: LearningStatus | TakenLearned, json: boolean | undefined): void {
  if (json) process.stdout.write(`${JSON.stringify(what)}\n`);
  else if ('report' in what || 'state' in what) process.stdout.write(`${learningText(what)}\n`);
  else process.stdout.write(`${what.id} goes on with what was learned as ${what.digest.slice(0, 12)}\n`);
}

const LOOK_EVERY_MS = 200;

/** Ctrl-C ends the learning too. @throws Fault that it ended with */
async function learned(
  api: SiteApi,
  id: string,
  from: string,
  options: LearnArguments,
): Promise<LearningStatus> {
  const { to, dryRun = false, force = false, why } = options;
  const nowUs = Date.now() * 1000;
  const [fromUs, toUs] = [moment(from, '--from', nowUs), moment(to, '--to', nowUs)];
  const by = userInfo().username;
  const told = { dryRun, force, by, ...(why !== undefined && { why }) };
  let status = await api.learn(id, {
    from: String(Math.round(fromUs)),
    to: String(Math.round(toUs)),
    ...told,
  });
  const end = () => void api.endLearning(id).catch(() => {}); // it has just ended by itself
  process.once('SIGINT', end);
  const bar = new ProgressBar(process.stderr);
  const startMs = performance.now();
  try {
    while (status.state === 'running') {
      const seconds = (performance.now() - startMs) / 1000;
      const days = (status.done * (toUs - fromUs)) / 86_400e6;
      bar.show(status.done, Math.round(days * 24), (days * 24) / Math.max(seconds, 0.1), 'hours');
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      status = await api.learning(id);
    }
  } finally {
    bar.clear();
    process.off('SIGINT', end);
  }
  const { fault, state } = status;
  if (fault) throw new Fault(fault.code, fault.message, fault.hint === undefined ? {} : { hint: fault.hint });
  if (state === 'ended')
    throw new Fault('detector.learning-ended', `the learning of ${id} was ended`, {
      hint: 'nothing of it is kept',
    });
  return status;
}

async function take(api: SiteApi, id: string, file: string, { why }: LearnArguments): Promise<TakenLearned> {
  await access(file).catch((error) => {
    throw new Fault('cli.usage', `cannot read ${file}: ${messageOf(error)}`, { retry: 'never' });
  });
  const upload = { type: 'application/vnd.holdfast.learned+json', bytes: createReadStream(file) } as const;
  const told = { name: basename(file), by: userInfo().username, ...(why !== undefined && { why }) };
  return await api.takeLearned(id, upload, told);
}

async function save(api: SiteApi, id: string, file: string, json: boolean | undefined): Promise<void> {
  try {
    const bytes = Buffer.concat(await Array.fromAsync(api.learnedFile(id)));
    await writeFile(file, bytes);
    if (!json) process.stdout.write(`written to ${file}, ${bytes.length} bytes\n`);
  } catch (error) {
    throw notWritten(file, error);
  }
}

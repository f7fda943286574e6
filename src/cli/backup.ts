import { findKeptDir } from '#cli/client.ts';
import { needPassphrase } from '#cli/passphrase.ts';
import { toldToStop } from '#cli/stop.ts';
import { bytes, dim, yellow } from '#cli/text.ts';
import { version } from '#cli/version.ts';
import type { MadeBackup } from '#edge/backup/make.ts';
import { Fault } from '#kernel/fault.ts';

export interface BackupCommand {
  readonly data?: string;
  readonly site?: string;
  readonly out: string;
  readonly withKeys?: boolean;
  readonly withSamples?: boolean;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

const TELL_EVERY_MS = 500;

/** `holdfast backup`: reads the data folder itself, of a site that runs or is stopped, and changes nothing in it. */
export async function backup(command: BackupCommand): Promise<void> {
  const { data, site, out, withKeys, withSamples, passphraseFile, json } = command;
  const passphrase = withKeys ? await needPassphrase(passphraseFile) : undefined;
  const { makeBackup } = await import('#edge/backup/make.ts');
  const stop = new AbortController();
  void toldToStop().then((reason) =>
    stop.abort(
      new Fault('backup.stopped', `stopped by ${reason}: there is no new backup`, { retry: 'never' }),
    ),
  );
  const made = await makeBackup({
    dataDir: await findKeptDir(data, 'journal'),
    siteFile: site,
    out,
    samples: withSamples ?? false,
    passphrase,
    version,
    nowUs: Date.now() * 1000,
    signal: stop.signal,
    progress: progressLine(),
  });
  if (json) process.stdout.write(`${JSON.stringify({ ...made, manifest: made.manifest }, null, 2)}\n`);
  else tell(made);
}

/** One line that grows, for whoever sits before it; long ones only. */
function progressLine(): (done: number, of: number) => void {
  let lastMs = performance.now();
  return (done, of) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < TELL_EVERY_MS) return;
    lastMs = nowMs;
    const text = of > done ? `${bytes(done)} of ${bytes(of)}` : bytes(done);
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${dim(text)}` : `${text}\n`);
  };
}

function tell({ file, bytes: size, manifest, warnings }: MadeBackup): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  for (const warning of warnings) process.stderr.write(`${yellow('warning')}: ${warning}\n`);
  const { site, samples, head, members } = manifest;
  const keys = members.some(({ name }) => name === 'keys.json') ? 'sealed keys' : 'no keys';
  process.stdout.write(
    `${file}: ${bytes(size)}, site ${site}, ${head.eventCount} events, ` +
      `${samples ? 'samples' : 'no samples'}, ${keys}, head ${head.eventHash.slice(0, 16)}…\n`,
  );
}

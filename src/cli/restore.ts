import { userInfo } from 'node:os';
import { SiteClient } from '#cli/client.ts';
import { readPassphrase } from '#cli/passphrase.ts';
import { yellow } from '#cli/text.ts';
import type { RestoredSite } from '#edge/backup/restore.ts';
import { Fault } from '#kernel/fault.ts';

export interface RestoreCommand {
  readonly data?: string;
  readonly asReplacement?: boolean;
  readonly checked?: boolean;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

/** `holdfast restore FILE --data DIR`, and `holdfast restore --checked` once somebody has looked at the site. */
export async function restore(file: string | undefined, command: RestoreCommand): Promise<void> {
  if (command.checked) return await checked(command);
  const { data, asReplacement, passphraseFile, json } = command;
  // The folder is not looked for: nobody restores into one that he did not name.
  if (file === undefined || data === undefined)
    throw new Fault('restore.usage', 'name the backup, and with --data the folder for the site', {
      retry: 'never',
      hint: '`holdfast restore site.backup --data DIR`',
    });
  const { restoreSite } = await import('#edge/backup/restore.ts');
  const passphrase =
    asReplacement && passphraseFile === undefined ? undefined : await readPassphrase(passphraseFile);
  const restored = await restoreSite({
    file,
    dataDir: data,
    asReplacement,
    passphrase,
    nowUs: Date.now() * 1000,
  });
  if (json) process.stdout.write(`${JSON.stringify(restored, null, 2)}\n`);
  else tell(restored);
}

async function checked({ data }: RestoreCommand): Promise<void> {
  const site = await SiteClient.find(data);
  await site.api.restoreChecked({ by: userInfo().username });
  process.stdout.write('noted: somebody has looked at what the backup brought back\n');
}

function tell({ dataDir, siteFile, manifest, replaced, skipped, keysLeft }: RestoredSite): void {
  const print = (text: string) => process.stdout.write(`${text}\n`);
  const madeAt = new Date(manifest.madeAtUs / 1000).toISOString();
  print(`${dataDir}: site ${manifest.site} as it was at ${madeAt}`);
  for (const { protocol, oldFingerprint, newFingerprint } of replaced)
    print(
      `${yellow(protocol)}: new certificate ${newFingerprint.slice(0, 16)}; at the machines trust it, and remove ` +
        `${oldFingerprint.slice(0, 16)}`,
    );
  if (keysLeft) print('the private keys of the backup were left out');
  for (const { sink, rows } of skipped)
    print(`${yellow(sink)}: ${rows} rows that waited are not sent again: the other side may have them`);
  print(
    'alarms, shelvings, modes and tag-outs are those of the backup, leases have run out: look at the plant',
  );
  const how = manifest.mode === 'shadow' ? ' --shadow' : '';
  print(`start it:  holdfast edge --site ${siteFile} --data ${dataDir}${how}`);
  print('and say that somebody has looked:  holdfast restore --checked');
}

import { findKeptDir } from '#cli/client.ts';
import { Exit } from '#cli/fail.ts';
import { red } from '#cli/text.ts';

/** Reads the journal itself, so that it works on a stopped site too, and trusts nothing that the site says. */
export async function verify(options: { readonly data?: string; readonly json?: boolean }): Promise<void> {
  const [{ journalDir }, { openReader }] = await Promise.all([
    import('#edge/main.ts'),
    import('#journal/reader.ts'),
  ]);
  using reader = openReader(journalDir(await findKeptDir(options.data, 'journal')));
  const result = reader.verify();
  if (result.broken) process.exitCode = Exit.failed;
  if (options.json) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } else if (result.broken) {
    process.stdout.write(`${red('broken')} at event ${result.broken.seq}: ${result.broken.reason}\n`);
  } else {
    const from = result.fromSeq > 1 ? ` from event ${result.fromSeq} on` : '';
    const torn = result.torn
      ? `, but for ${result.torn} places where a damaged file took events along (see gaps)`
      : '';
    process.stdout.write(
      `${result.events} events${from}: the chain holds${torn}, head ${result.head.slice(0, 16)}…\n`,
    );
  }
}

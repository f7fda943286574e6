import { findKeptDir, readAddress, SiteClient } from '#cli/client.ts';
import { bytes } from '#cli/text.ts';
import { version } from '#cli/version.ts';

export interface SupportCommand {
  readonly data?: string;
  readonly out: string;
  readonly site?: string;
  readonly log?: string;
  readonly json?: boolean;
}

/** `holdfast support`: of a running site or of one that does not start, which is when it is needed. */
export async function support({ data, out, site, log, json }: SupportCommand): Promise<void> {
  const dataDir = await findKeptDir(data, 'journal');
  const address = await readAddress(dataDir).catch(() => undefined);
  const client = address && new SiteClient(address, dataDir);
  const { makeBundle } = await import('#edge/support/bundle.ts');
  const made = await makeBundle({
    dataDir,
    siteFile: site,
    logFile: log,
    ask:
      client &&
      (async (path) => {
        const text = await client.text(path);
        return path === '/metrics' ? text : JSON.parse(text);
      }),
    version,
    environment: process.env,
    nowUs: Date.now() * 1000,
    out,
  });
  if (json) {
    process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${made.file}: ${bytes(made.bytes)}: ${made.parts.join(', ')}\n`);
  process.stdout.write(
    'secrets are hidden; tag names, addresses and messages are in it: look before you send it\n',
  );
}

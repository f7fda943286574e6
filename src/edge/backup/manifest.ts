import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Fault } from '#kernel/fault.ts';

/* What an archive is: docs/formats/backup.md. */

export const BACKUP_FORMAT = 1;

export const MEMBERS = {
  manifest: 'manifest.json',
  manifestDigest: 'manifest.sha256',
  site: 'site.yaml',
  index: 'trust/index.json',
  keys: 'keys.json',
  ledger: 'journal.ledger',
  journal: 'journal.db',
} as const;

const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Count = z.int().min(0);

export const Manifest = z.object({
  format: z.literal(BACKUP_FORMAT),
  kind: z.literal('holdfast-backup'),
  site: z.string(),
  mode: z.enum(['live', 'shadow']),
  version: z.string(),
  madeAtUs: z.number(),
  journalFormat: Count,
  config: Digest,
  samples: z.boolean(),
  head: z.object({
    epoch: Count,
    seq: Count,
    steadyUs: z.number(),
    wallUs: z.number(),
    eventSeq: Count,
    eventHash: Digest,
    eventCount: Count,
  }),
  own: z.array(z.object({ protocol: z.string(), fingerprint: Digest, subject: z.string() })),
  members: z.array(z.object({ name: z.string(), bytes: Count, digest: Digest })),
});
export type Manifest = z.output<typeof Manifest>;

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Names of members that an archive may have beside the two first. Nothing of a name reaches a path unchecked. */
const KNOWN = [
  /^(site\.yaml|keys\.json|journal\.ledger|journal\.db|trust\/index\.json)$/,
  /^pictures\/[a-z0-9][a-z0-9_-]{0,80}\.svg$/,
  /^learned\/[0-9a-f]{64}\.json$/,
  /^trust\/certificates\/[0-9a-f]{64}\.pem$/,
  /^trust\/own\/[a-z0-9-]{1,40}\.pem$/,
];
const REQUIRED = [MEMBERS.site, MEMBERS.ledger, MEMBERS.journal];

export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 1)}\n`;

export const digestLine = (text: string): string => `${sha256(text)}  ${MEMBERS.manifest}\n`;

/**
 * @param line content of `manifest.sha256`
 * @throws Fault `backup.damaged`, `backup.newer-format`, `backup.not-one`
 */
export function readManifest(file: string, text: string, line: string): Manifest {
  const raw = parsed(text);
  // The format comes first: what is newer may be digested in another way.
  const { kind, format } = (raw ?? {}) as { readonly kind?: unknown; readonly format?: unknown };
  if (kind !== 'holdfast-backup') throw notOne(file);
  if (typeof format === 'number' && format > BACKUP_FORMAT)
    throw new Fault(
      'backup.newer-format',
      `${file} has format ${format}, this program knows ${BACKUP_FORMAT}`,
      {
        retry: 'never',
        hint: `restore it with the release that made it or a later one (${String((raw as { version?: unknown }).version)})`,
      },
    );
  if (line !== digestLine(text)) throw damaged(file, 'its manifest is not the one that was written');
  const { data, error } = Manifest.safeParse(raw);
  if (!data) throw damaged(file, `its manifest cannot be read: ${z.prettifyError(error)}`);
  const names = data.members.map(({ name }) => name);
  const strange = names.find((name) => !KNOWN.some((known) => known.test(name)));
  if (strange !== undefined) throw damaged(file, `there is no member ${JSON.stringify(strange)} in a backup`);
  const missing = REQUIRED.find((name) => !names.includes(name));
  if (missing !== undefined) throw damaged(file, `${missing} is missing`);
  if (new Set(names).size !== names.length) throw damaged(file, 'a member comes twice');
  return data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const damaged = (file: string, why: string): Fault =>
  new Fault('backup.damaged', `${file} is damaged: ${why}. Nothing was written`, {
    retry: 'never',
    hint: 'copy it again from where it was kept, or take an earlier one',
  });

export const notOne = (file: string): Fault =>
  new Fault('backup.not-one', `${file} is no backup of a site. Nothing was written`, {
    retry: 'never',
    hint: 'name a file that `holdfast backup` has made',
  });

import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { collectSupport, type SupportOptions } from '#edge/support/collect.ts';
import { Redaction } from '#edge/support/redact.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { putEnd, putMember } from '#platform/tar.ts';

export interface Bundle {
  readonly file: string;
  readonly bytes: number;
  readonly parts: readonly string[];
}

/** One file that can be mailed; small enough to be made in memory. @throws Fault `support.out` */
export async function makeBundle(options: SupportOptions & { readonly out: string }): Promise<Bundle> {
  const out = resolve(options.out);
  const pieces: Uint8Array[] = [];
  const put = async (piece: Uint8Array) => {
    pieces.push(Uint8Array.from(piece));
  };
  const parts: string[] = [];
  for await (const [name, text] of collectSupport(options, new Redaction())) {
    await putMember(put, `support/${name}`, Buffer.from(text), options.nowUs / 1e6);
    parts.push(name);
  }
  await putEnd(put);
  const packed = gzipSync(Buffer.concat(pieces));
  try {
    await writeWhole(out, packed);
  } catch (cause) {
    throw new Fault('support.out', `cannot write ${out}: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'name with --out a file where there is room',
      cause,
    });
  }
  return { file: out, bytes: packed.length, parts };
}

async function writeWhole(out: string, bytes: Uint8Array): Promise<void> {
  const draft = `${out}.new`;
  await mkdir(dirname(out), { recursive: true });
  try {
    {
      await using file = await open(draft, 'w', 0o600);
      await file.writeFile(bytes);
      await file.sync();
    }
    await rename(draft, out);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MOST_SVG_BYTES } from '#codec/svg/allowed.ts';
import { PictureEntry, pictureFile } from '#contract/pictures.ts';
import { readYaml } from '#contract/yaml.ts';
import { messageOf } from '#kernel/fault.ts';

export interface CopiedPictures {
  /** Bytes by path beside the site file. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Drawings that the backup does not hold, and why. */
  readonly warnings: readonly string[];
}

/** The drawings that a site file names. @param folder of the site file; undefined where nobody knows it */
export async function copyPictures(text: string, folder: string | undefined): Promise<CopiedPictures> {
  const files = new Map<string, Uint8Array>();
  const warnings: string[] = [];
  for (const file of filesOf(text)) {
    try {
      if (folder === undefined) throw new Error('name the site file with --site');
      const bytes = await readFile(join(folder, file));
      if (bytes.length > MOST_SVG_BYTES) throw new Error(`it has more than ${MOST_SVG_BYTES} bytes`);
      files.set(file, bytes);
    } catch (error) {
      warnings.push(`the drawing ${file} is not in the backup: ${messageOf(error)}`);
    }
  }
  return { files, warnings };
}

/** Nothing of a path reaches a folder that the schema of the site file does not let through. */
function filesOf(text: string): ReadonlySet<string> {
  const { pictures } = (readYaml(text).root ?? {}) as { readonly pictures?: unknown };
  const entries = typeof pictures === 'object' && pictures !== null ? Object.entries(pictures) : [];
  const named = entries.map(([name, entry]) =>
    pictureFile(name, (entry as { readonly file?: string } | null)?.file),
  );
  return new Set(named.filter((file) => PictureEntry.shape.file.safeParse(file).success));
}

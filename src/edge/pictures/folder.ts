import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MOST_SVG_BYTES } from '#codec/svg/allowed.ts';
import type { CleanSvg } from '#codec/svg/clean.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

/** Folder that a site's pictures are in: that of its site file, to which their paths are relative. */
export const folderOf = (siteFile: string): string => dirname(siteFile);

/**
 * A drawing as it lies there now, cleaned.
 * @param folder of the site file @param file `pictures/name.svg`, as the site file's schema lets it through
 * @throws Fault `picture.unreadable`, those of `cleanSvg`
 */
export async function readPicture(folder: string, file: string): Promise<CleanSvg> {
  const path = join(folder, file);
  const bytes = await readBytes(path).catch((error) => {
    throw new Fault('picture.unreadable', `the drawing ${file} cannot be read: ${messageOf(error)}`, {
      retry: 'never',
      hint: `put it beside the site file, as ${file}`,
      cause: error,
    });
  });
  return await clean(bytes);
}

/** The reader of XML is loaded where there are pictures. @throws Fault as `cleanSvg` */
export async function clean(bytes: Uint8Array): Promise<CleanSvg> {
  return (await import('#codec/svg/clean.ts')).cleanSvg(bytes);
}

/** Of a larger file only so much that it is known to be too large. */
async function readBytes(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  return size > MOST_SVG_BYTES ? new Uint8Array(MOST_SVG_BYTES + 1) : await readFile(path);
}

/** Drawings that were read last: cleaned again only once the file is another one. */
export class PictureFolder {
  readonly path: string;
  readonly #known = new Map<string, { readonly mark: string; readonly svg: CleanSvg }>();

  constructor(path: string) {
    this.path = path;
  }

  /** @throws Fault as {@link readPicture} */
  async read(file: string): Promise<CleanSvg> {
    const {
      mtimeMs = 0,
      size = 0,
      ino = 0,
    } = (await stat(join(this.path, file)).catch(() => undefined)) ?? {};
    const mark = `${mtimeMs} ${size} ${ino}`;
    const known = this.#known.get(file);
    if (known?.mark === mark) return known.svg;
    const svg = await readPicture(this.path, file);
    this.#known.set(file, { mark, svg });
    return svg;
  }
}

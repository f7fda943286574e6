import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MOST_SVG_BYTES } from '#codec/svg/allowed.ts';
import type { PictureModel } from '#contract/model.ts';
import { pictureFile } from '#contract/pictures.ts';
import type { PICTURE_ROUTES } from '#contract/routes/pictures.ts';
import type { Upload } from '#contract/routes/shapes.ts';
import type { Answered } from '#contract/routes/table.ts';
import { editEntries, entriesAsWritten } from '#contract/site-edit.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { digestOf } from '#edge/config-record.ts';
import type { Configuration } from '#edge/configuration.ts';
import { misfits } from '#edge/pictures/check.ts';
import { clean, PictureFolder } from '#edge/pictures/folder.ts';
import type { Site } from '#edge/site.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { nearest } from '#kernel/nearest.ts';
import { type Caller, isWithin } from '#kernel/rights.ts';
import { replaceDurablyAside } from '#platform/files.ts';

/** Process pictures: drawings beside the site file, and what their elements show. */
export function pictureHandlers(
  site: Site,
  configuration: Configuration,
): Pick<Handlers, keyof typeof PICTURE_ROUTES> {
  const folder = configuration.folder === undefined ? undefined : new PictureFolder(configuration.folder);
  const seen = ({ areas }: Caller) =>
    site.blueprint.model.pictures.filter(({ area = '' }) => isWithin(areas, area));
  const found = (name: string, caller: Caller): PictureModel => {
    const all = seen(caller);
    const picture = all.find(({ id }) => id === name);
    if (picture) return picture;
    throw unknownPicture(name, all);
  };
  /** One upload at a time: two for one picture would meet in its draft. */
  let turn: Promise<unknown> = Promise.resolve();
  return {
    pictures: (_asked, _signal, { caller }) =>
      seen(caller).map(({ id, title, area, file, bindings }) => ({
        name: id,
        title,
        area,
        file,
        bindings: Object.keys(bindings).length,
      })),
    async picture({ params: { name } }, _signal, { caller }) {
      return await viewOf(found(name, caller), folder);
    },
    async savePicture({ params: { name }, body }, _signal, { caller }) {
      const { text } = site.blueprint;
      const present = site.blueprint.model.pictures.find(({ id }) => id === name);
      if (present) found(name, caller);
      const { title, area, file, bindings, by, why } = body;
      if (!isWithin(caller.areas, area ?? present?.area ?? '')) throw outside(caller);
      const before = entriesAsWritten(text, 'pictures')[name] ?? {};
      const given = { title, area, file, bindings };
      const written = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const entry = { title: name, ...before, ...written };
      const next = editEntries(text, 'pictures', { put: new Map([[name, entry]]) });
      const applied = await configuration.applyText(next, { by: `api:${by}`, why });
      await site.durable();
      return applied;
    },
    async uploadPicture({ params: { name }, body }, _signal, { caller }) {
      const picture = site.blueprint.model.pictures.find(({ id }) => id === name);
      if (picture) found(name, caller);
      else if (caller.areas) throw outside(caller);
      if (!folder) throw noFolder();
      const svg = await clean(await bytesOf(body));
      const missing = misfits(picture?.bindings ?? {}, svg.elements);
      const [first] = missing;
      if (first)
        throw new Fault('picture.lacks', `${first.message}, which the picture ${name} binds`, {
          retry: 'never',
          hint: `keep the ids in the drawing, or take the bindings away first: ${missing.map(({ element }) => element).join(', ')}`,
        });
      const file = picture?.file ?? pictureFile(name, undefined);
      const saved = turn.then(() => save(folder.path, file, svg.text));
      turn = saved.catch(() => {});
      await saved;
      const digest = digestOf(svg.text);
      const removed = svg.removed.map(({ what, count }) => `${count} × ${what}`);
      site.configEvent('config.picture-saved', name, { file, digest, removed }, caller.name);
      await site.durable();
      return { name, file, digest, bytes: Buffer.byteLength(svg.text), removed: svg.removed };
    },
  };
}

/** What lies there is shown as far as it fits: a drawing that was changed by hand is no reason to show nothing. */
async function viewOf(
  { id, title, area, file, bindings }: PictureModel,
  folder: PictureFolder | undefined,
): Promise<Answered<'picture'>> {
  if (!folder) throw noFolder();
  const { text, elements, removed } = await folder.read(file);
  const problems = misfits(bindings, elements);
  const digest = digestOf(text);
  return { name: id, title, area, file, digest, svg: text, bindings, removed, problems };
}

async function save(folder: string, file: string, text: string): Promise<void> {
  try {
    const path = join(folder, file);
    await stat(folder);
    await mkdir(join(path, '..'), { recursive: true });
    await replaceDurablyAside(path, text, 0o644);
  } catch (error) {
    throw new Fault('picture.not-saved', `cannot write ${file}: ${messageOf(error)}`, {
      retry: 'never',
      hint: 'make the folder of the site file writable for the site, or put the drawing there by hand',
      cause: error,
    });
  }
}

async function bytesOf({ bytes }: Upload): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of bytes) {
    length += part.length;
    if (length > MOST_SVG_BYTES)
      throw new Fault('api.too-large', `a drawing has ${MOST_SVG_BYTES} bytes at most`, {
        retry: 'never',
        hint: 'leave photographs out of it',
      });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function unknownPicture(name: string, all: readonly PictureModel[]): Fault {
  const near = nearest(
    name,
    all.map(({ id }) => id),
  );
  return new Fault('picture.unknown', `there is no picture ${name}`, {
    retry: 'never',
    hint: near === undefined ? '/api/pictures lists them' : `is ${near} meant?`,
  });
}

const outside = ({ areas }: Caller): Fault =>
  new Fault('api.forbidden', 'this picture would not lie in your areas', {
    retry: 'never',
    hint: `name an area within ${(areas ?? []).join(', ')}`,
  });

const noFolder = (): Fault =>
  new Fault('picture.no-folder', 'this site runs without a site file: there is no folder for its pictures', {
    retry: 'never',
    hint: 'start it with --site FILE',
  });

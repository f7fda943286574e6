import * as z from 'zod';
import { ELEMENT_ID, PictureBinding, PictureEntry } from '#contract/pictures.ts';
import type { Route } from './route.ts';

const { title, area, file } = PictureEntry.shape;

const SavePicture = z.strictObject({
  title: title.optional().describe('Its name when absent at a new one.'),
  area,
  file,
  bindings: z.record(ELEMENT_ID, PictureBinding).optional().describe('All of them; those of before go.'),
  why: z.string().trim().min(1).max(500).optional().describe('Kept in the history.'),
  by: z.string().min(1).max(100).default('local'),
});

const OF_DRAWING = [
  'svg.circle',
  'svg.dtd',
  'svg.encoding',
  'svg.not-svg',
  'svg.not-xml',
  'svg.too-large',
  'svg.too-much',
] as const;

export const PICTURE_ROUTES = {
  pictures: {
    method: 'GET',
    path: '/api/pictures',
    group: 'pictures',
    role: 'viewer',
    area: 'filtered',
    summary: 'Process pictures, without their drawings',
    reply: { list: 'PictureHead' },
    tagged: true,
  },
  picture: {
    method: 'GET',
    path: '/api/pictures/{name}',
    group: 'pictures',
    role: 'viewer',
    area: 'filtered',
    summary: 'One picture: its drawing, cleaned, and what its elements show',
    about:
      'Scripts, handlers, links, styles, foreign content and whatever refers outside are taken out, and told. The ' +
      'drawing is read anew once its file has changed.',
    reply: { json: 'Picture' },
    faults: ['picture.unknown', 'picture.unreadable', 'picture.no-folder', ...OF_DRAWING],
    tagged: true,
  },
  savePicture: {
    method: 'POST',
    path: '/api/pictures/{name}',
    group: 'pictures',
    role: 'engineer',
    area: 'filtered',
    summary: 'What a picture shows: edits the site file and lets it take effect',
    about:
      'Makes the entry where there is none; the drawing must be there by then. Undone as any change of the site file. ' +
      'With errors it is refused as a whole, with all of them, and with status 200.',
    body: SavePicture,
    bodyLimitBytes: 1024 * 1024,
    reply: { json: 'AppliedConfig' },
    faults: ['picture.unknown', 'config.no-file', 'config.not-saved', 'site.not-editable'],
  },
  uploadPicture: {
    method: 'POST',
    path: '/api/pictures/{name}/drawing',
    group: 'pictures',
    role: 'engineer',
    area: 'filtered',
    summary: 'The drawing of a picture, as SVG of a megabyte at most; kept cleaned',
    upload: ['image/svg+xml'],
    reply: { json: 'PictureSaved' },
    faults: ['picture.unknown', 'picture.lacks', 'picture.no-folder', 'picture.not-saved', ...OF_DRAWING],
  },
} as const satisfies { readonly [id: string]: Route };

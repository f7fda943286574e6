import * as z from 'zod';
import { ELEMENT_ID, PictureBinding } from '#contract/pictures.ts';
import { count } from './common.ts';

const head = {
  name: z.string(),
  title: z.string(),
  area: z.string().exactOptional().describe('Absent: the whole site.'),
  file: z.string().describe('Beside the site file.'),
};

export const PictureHead = z.strictObject({
  ...head,
  bindings: count.describe('Elements that show something.'),
});

const removed = z
  .array(
    z.strictObject({
      what: z.string().describe('element script, attribute onclick, value of fill, …'),
      count,
      line: count.describe('Of the first of them.'),
    }),
  )
  .describe('What was taken out of the file as it lies there.');

const digest = z.string().describe('SHA-256 of the cleaned drawing.');

export const Picture = z.strictObject({
  ...head,
  digest,
  svg: z.string().describe('SVG without anything that acts or fetches.'),
  bindings: z.record(ELEMENT_ID, PictureBinding),
  removed,
  problems: z
    .array(z.strictObject({ element: z.string(), message: z.string(), hint: z.string() }))
    .describe('Bindings that the drawing no longer fits.'),
});

export const PictureSaved = z.strictObject({
  name: z.string(),
  file: z.string(),
  digest,
  bytes: count,
  removed,
});

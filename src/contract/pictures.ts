import * as z from 'zod';
import { COLOUR_ROLES } from '#contract/colour-roles.ts';

/* Process pictures: a drawing beside the site file, and what its elements show. */

const Colour = z
  .union([z.enum(COLOUR_ROLES), z.string().regex(/^#[0-9a-f]{6}$/, '#rrggbb in lower case')])
  .describe(`${COLOUR_ROLES.join(', ')}, or #rrggbb.`);

const range = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low < high, 'the lower end comes first: [low, high]');
const scale = range.optional().describe('Values at both ends; the range of the tag when absent.');

export const PictureBinding = z
  .strictObject({
    tag: z.string().min(1).optional().describe('What the element shows: path of a tag.'),
    value: z
      .strictObject({
        decimals: z.int().min(0).max(6).default(1).describe('Digits behind the point.'),
        unit: z.boolean().default(false).describe('Whether the unit stands behind it.'),
      })
      .optional()
      .describe('The value of the tag as text; for a text element.'),
    fill: z
      .strictObject({
        states: z.record(z.string(), Colour).describe('Colour by state of an enum, or by true and false.'),
        otherwise: Colour.default('inactive').describe('For all others.'),
      })
      .optional()
      .describe('The colour inside the element.'),
    level: z
      .strictObject({
        range: scale,
        from: z.enum(['bottom', 'top', 'left', 'right']).default('bottom').describe('Where it begins.'),
      })
      .optional()
      .describe('How far the element is filled; for a rect.'),
    rotation: z
      .strictObject({
        range: scale,
        degrees: z
          .tuple([z.number().min(-360).max(360), z.number().min(-360).max(360)])
          .default([0, 90])
          .describe('Angles at both ends, clockwise, about the middle of the element.'),
      })
      .optional()
      .describe('How far the element is turned: valves, pointers.'),
    visible: z
      .strictObject({
        states: z
          .array(z.string())
          .min(1)
          .describe('States of an enum, or true or false, in which it shows.'),
      })
      .optional()
      .describe('When the element is there at all.'),
    alarm: z
      .string()
      .min(1)
      .optional()
      .describe('Id of an alarm, or an asset: marked while one of its alarms is active, by priority.'),
    click: z.string().min(1).optional().describe('Tag or asset whose faceplate opens.'),
  })
  .refine(
    ({ value, fill, level, rotation, visible, alarm, click }) =>
      [value, fill, level, rotation, visible, alarm, click].some((one) => one !== undefined),
    {
      message: 'it shows nothing: say value, fill, level, rotation, visible, alarm or click',
    },
  );

export const ELEMENT_ID = z
  .string()
  .regex(/^[A-Za-z_][\w.-]{0,99}$/, 'an id as in the drawing: letters, digits, _ . and -; a letter first');

const FILE = /^pictures\/[a-z0-9][a-z0-9_-]{0,80}\.svg$/;

export const PictureEntry = z.strictObject({
  title: z.string().min(1).max(100).describe('What people call it.'),
  area: z
    .string()
    .optional()
    .describe(
      'Area, line or asset that it shows: whoever is limited to areas sees those of his. Absent: the site.',
    ),
  file: z
    .string()
    .regex(FILE, 'a file in the folder pictures beside the site file: pictures/name.svg')
    .optional()
    .describe('The drawing, beside the site file; pictures/<name>.svg when absent.'),
  bindings: z
    .record(ELEMENT_ID, PictureBinding)
    .default({})
    .describe('What its elements show, by their ids.'),
});

export type PictureEntry = z.output<typeof PictureEntry>;
export type PictureBinding = z.output<typeof PictureBinding>;

export const pictureFile = (name: string, file: string | undefined): string => file ?? `pictures/${name}.svg`;

import * as z from 'zod';

const numbers = z.array(z.number()).optional();

export const ModelEntry = z.strictObject({
  file: z
    .string()
    .regex(
      /^models\/[A-Za-z0-9][A-Za-z0-9._-]{0,80}\.onnx$/,
      'a file in the folder models beside the site file: models/name.onnx',
    )
    .describe('ONNX file beside the site file. It takes float32 [1, window, tags], and gives one tensor.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'the digest of the file: 64 hexadecimal digits')
    .describe('Of the file; another one is not run.'),
  window: z.int().min(1).max(4096).default(32).describe('Moments that the model looks at, the newest last.'),
  output: z
    .enum(['score', 'reconstruction'])
    .default('score')
    .describe(
      'One number; or the input as the model makes it again, whose errors are the score and the reasons.',
    ),
  means: numbers.describe('Of each tag: taken away before the model sees it. With deviations.'),
  deviations: z
    .array(z.number().positive())
    .optional()
    .describe('Of each tag: divided by before the model sees it. With means.'),
  deadlineMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(1000)
    .describe('A model that has not answered by then hangs: its process is ended and begun again.'),
});

export type ModelEntry = z.output<typeof ModelEntry>;

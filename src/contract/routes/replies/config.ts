import * as z from 'zod';
import { ACCESS, TAG_TYPES } from '#kernel/tag-table.ts';
import { count, json, us } from './common.ts';

export const Problem = z
  .strictObject({
    line: count,
    column: count,
    message: z.string(),
    hint: z.string().exactOptional().describe('What to write instead.'),
    severity: z.enum(['error', 'hint']),
  })
  .describe('One thing wrong in a site file.');

/** RFC 9457. */
export const ProblemDetails = z
  .strictObject({
    type: z.string().describe('urn:holdfast: and the code.'),
    title: z.string().describe('The code.'),
    status: z.int(),
    detail: z.string(),
    hint: z.string().exactOptional().describe('What to do about it.'),
    fields: z
      .array(
        z.strictObject({
          in: z.enum(['query', 'body']),
          name: z.string().describe('By dots; empty for the whole.'),
          message: z.string(),
        }),
      )
      .exactOptional()
      .describe('What is wrong with the input, field by field.'),
  })
  .describe('What went wrong (RFC 9457).');

export const CertificateView = z.strictObject({
  fingerprint: z.string().describe('SHA-256 of the DER, 64 hex digits.'),
  peer: z.string(),
  state: z
    .enum(['trusted', 'waiting', 'changed', 'rejected'])
    .describe('changed: waits beside one that is trusted for the same peer.'),
  pinned: z.boolean().describe('Trusted because the site file names it.'),
  subject: z.string(),
  issuer: z.string(),
  validFromUs: us,
  validToUs: us,
  firstSeenUs: us,
  sinceUs: us.describe('Of the state.'),
  by: z.string().exactOptional(),
  warnings: z.array(z.string()),
  sources: z
    .array(z.string())
    .exactOptional()
    .describe('Sources that met this peer since the site started; absent before any did.'),
});

export const CertificateDetail = z.strictObject({ seen: z.array(CertificateView), pem: z.string() });

const digest = z.string().describe('SHA-256 of the text, as hex.');

export const RunningConfig = z.strictObject({
  digest,
  sinceUs: us,
  file: z.string().exactOptional(),
  watched: z.boolean(),
  refused: z.strictObject({ digest, sinceUs: us, problems: z.array(Problem) }).exactOptional(),
  text: z.string(),
});

export const ConfigEntry = z.strictObject({
  seq: count.describe('Position of its event in the journal.'),
  timeUs: us,
  by: z.string().describe('file, hangup, start, or api: and a name.'),
  digest,
  before: z.string().nullable().describe('Digest of the text before; null for the first one.'),
  why: z.string().exactOptional(),
  summary: z.string().exactOptional().describe('Absent where the site was started with another file.'),
  undoes: z.string().exactOptional().describe('Digest that an undo went back to.'),
});

export const ConfigVersion = z.strictObject({ ...ConfigEntry.shape, text: z.string() });

const Change = z.strictObject({
  section: z.string(),
  id: z.string(),
  what: z.enum(['added', 'removed', 'changed']),
  fields: z.array(
    z.strictObject({ path: z.string(), before: json.exactOptional(), after: json.exactOptional() }),
  ),
});

export const ConfigDiff = z.strictObject({
  before: digest,
  after: digest,
  changes: z.array(Change).exactOptional().describe('By meaning; absent where one of them has errors.'),
  unified: z.array(z.string()).describe('Lines of a unified diff of the texts.'),
});

export const CheckedConfig = z.strictObject({
  digest,
  problems: z.array(Problem),
  changes: z
    .array(Change)
    .exactOptional()
    .describe('Against the file that runs; absent where one of the problems is an error.'),
  lines: z.array(z.string()).exactOptional().describe('The same for people, a line each.'),
});

export const AppliedConfig = z.strictObject({
  state: z
    .enum(['applied', 'unchanged', 'refused'])
    .describe('refused: nothing has changed, see the problems. unchanged: this text runs already.'),
  digest,
  before: digest,
  summary: z.string(),
  changes: z.array(z.string()).describe('One line a change.'),
  problems: z.array(Problem),
});

export const JsonSchema = z.looseObject({ $schema: z.string() }).describe('A JSON Schema, draft 2020-12.');

export const Found = z
  .strictObject({
    name: z.string(),
    place: z.array(z.string()).exactOptional(),
    address: json,
    type: z.enum(TAG_TYPES).exactOptional(),
    access: z.enum(ACCESS).exactOptional(),
    description: z.string().exactOptional(),
    unit: z.string().exactOptional(),
    range: z.tuple([z.number(), z.number()]).exactOptional(),
    states: z.record(z.string(), z.string()).exactOptional(),
    value: json.exactOptional(),
    tag: z.string().exactOptional().describe('Path of the tag that reads this address already.'),
  })
  .describe('One thing found at a device.');

export const OpenApi = z.looseObject({ openapi: z.literal('3.1.0') }).describe('An OpenAPI 3.1 document.');

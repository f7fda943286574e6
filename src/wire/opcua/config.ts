import * as z from 'zod';

const opcUrl = z
  .url({ protocol: /^opc\.tcp$/, hostname: /.+/ })
  .refine((text) => !/^opc\.tcp:\/\/[^/]*@/.test(text), 'no credentials in the url: use user');

const Security = z
  .strictObject({
    mode: z
      .enum(['signAndEncrypt', 'sign', 'none'])
      .default('signAndEncrypt')
      .describe(
        'none sends everything in the clear and trusts whoever answers; only where it is written here.',
      ),
    policy: z
      .enum(['basic256Sha256', 'aes128Sha256RsaOaep', 'aes256Sha256RsaPss'])
      .default('basic256Sha256')
      .describe('Algorithms; not used with mode none.'),
  })
  .prefault({});

const NameUser = z
  .strictObject({
    name: z.string().min(1).describe('User name at the server.'),
    passwordEnv: z.string().optional().describe('Environment variable with the password.'),
    passwordFile: z.string().optional().describe('File with the password.'),
  })
  .refine((user) => (user.passwordEnv === undefined) !== (user.passwordFile === undefined), {
    message: 'a user needs either passwordEnv or passwordFile',
  });

const CertificateUser = z.strictObject({
  certificateFile: z.string().describe("PEM file with the user's certificate."),
  privateKeyFile: z.string().describe('PEM file with its key.'),
});

/** Fields of the site file that say how to reach a server. */
export const connectionFields = {
  url: opcUrl.describe('opc.tcp://host:port/path; 4840 where no port is given.').meta({ restart: true }),
  alternatives: z
    .array(opcUrl)
    .max(8)
    .default([])
    .describe('Addresses of redundant servers with the same nodes, tried in this order after url.')
    .meta({ restart: true }),
  security: Security.describe('How messages are secured.').meta({ restart: true }),
  user: z
    .union([NameUser, CertificateUser])
    .optional()
    .describe('Who signs in; absent: anonymous.')
    .meta({ restart: true }),
  serverFingerprints: z
    .array(z.string().regex(/^(?:[0-9a-fA-F]{2}:?){32}$/, 'a SHA-256 fingerprint has 64 hex digits'))
    .default([])
    .describe('SHA-256 fingerprints of server certificates that are trusted without a command.')
    .meta({ restart: true }),
  clientName: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('Name of our session at the server; default holdfast-<host>-<id>.')
    .meta({ restart: true }),
  connectTimeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(5000)
    .describe('Longest wait for a connection, and for each step of opening a session.')
    .meta({ restart: true }),
  requestTimeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(5000)
    .describe('Longest wait for an answer to a request, writes included.')
    .meta({ restart: true }),
  requestsPerS: z
    .number()
    .min(0.5)
    .max(10_000)
    .default(100)
    .describe(
      'Most requests a second at the server, writes and publishing included; they are spread evenly. Sources of one server share it: the smallest counts.',
    )
    .meta({ restart: true }),
  outstanding: z
    .int()
    .min(1)
    .max(100)
    .default(4)
    .describe(
      'Requests open at the server at a time, but for those to publish, which wait there by nature; shared as requestsPerS is.',
    )
    .meta({ restart: true }),
  sessionTimeoutMs: z
    .int()
    .min(5000)
    .max(3_600_000)
    .default(60_000)
    .describe('How long the server keeps a session that it hears nothing of.')
    .meta({ restart: true }),
};

const Connection = z.strictObject(connectionFields);
export type Connection = z.output<typeof Connection>;

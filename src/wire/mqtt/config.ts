import * as z from 'zod';

const pem = (what: string) => z.string().optional().describe(`Path of a PEM file: ${what}.`);

/** Fields of the site file that say how to reach a broker; source, actuator and sink share them. */
export const connectionFields = {
  url: z
    .url({ protocol: /^mqtts?$/, hostname: /.+/ })
    .refine(
      (text) => !/^mqtts?:\/\/[^/]*@/.test(text),
      'no credentials in the url: use username and passwordEnv or passwordFile',
    )
    .describe('mqtt://host:port (1883) or mqtts://host:port (8883, TLS).')
    .meta({ restart: true }),
  clientId: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe(
      'Stable name of this client at the broker; default holdfast-<host>-<id>, for an actuator with -out behind it, for a sink with -sink.',
    )
    .meta({ restart: true }),
  username: z.string().optional().meta({ restart: true }),
  passwordEnv: z
    .string()
    .optional()
    .describe('Environment variable with the password.')
    .meta({ restart: true }),
  passwordFile: z.string().optional().describe('File with the password.').meta({ restart: true }),
  tls: z
    .strictObject({
      ca: pem('authorities that may have signed the broker; default those of the system'),
      cert: pem('our certificate'),
      key: pem('the key of our certificate'),
    })
    .prefault({})
    .meta({ restart: true }),
  version: z
    .union([z.literal(4), z.literal(5)])
    .default(5)
    .describe('5, or 4 for MQTT 3.1.1; a broker that refuses 5 is asked for 4 by itself.')
    .meta({ restart: true }),
  keepAliveS: z
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe('Silence after which the peer is probed.')
    .meta({ restart: true }),
  connectTimeoutMs: z.int().min(100).max(60_000).default(10_000).meta({ restart: true }),
};

const Connection = z.strictObject(connectionFields);
export type Connection = z.output<typeof Connection>;

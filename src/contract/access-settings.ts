import * as z from 'zod';

/* Where the site is reached, and how people stay signed in. */

export const ApiSettings = z
  .strictObject({
    host: z
      .string()
      .regex(/^[0-9a-zA-Z.:_-]+$/, 'an address or a name of this box, such as 0.0.0.0, :: or 192.168.10.5')
      .default('127.0.0.1')
      .describe('Address that the API listens on. Anything but loopback is encrypted (TLS), always.')
      .meta({ restart: true }),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(7420)
      .describe('0 picks a free one; it is written to the data folder.')
      .meta({ restart: true }),
    names: z
      .array(z.string().regex(/^[0-9a-zA-Z.:-]+$/, 'a name or an address, without port'))
      .max(20)
      .default([])
      .describe("Names and addresses that browsers reach it by, for its own certificate, beside the box's.")
      .meta({ restart: true }),
    tls: z
      .strictObject({
        certificate: z.string().min(1).describe('PEM file: certificate, then those that it was issued by.'),
        key: z.string().min(1).describe('PEM file of its private key, which the site must be able to read.'),
      })
      .optional()
      .describe("Certificate given by you, instead of the site's own. Also encrypts a loopback address.")
      .meta({ restart: true }),
  })
  .prefault({})
  .describe('Where the API and its pages are.');

export const SessionSettings = z
  .strictObject({
    idleMin: z
      .number()
      .positive()
      .max(60 * 24 * 31)
      .default(720)
      .describe('Whoever has not asked anything for this long signs in again.')
      .meta({ restart: true }),
    maxHours: z
      .number()
      .positive()
      .max(24 * 31)
      .default(168)
      .describe('Whoever signed in this long ago signs in again.')
      .meta({ restart: true }),
  })
  .prefault({})
  .describe('How long people stay signed in.');

export const PanelSettings = z
  .strictObject({
    from: z
      .array(z.union([z.literal('local'), z.ipv4(), z.ipv6()]))
      .min(1)
      .max(20)
      .describe('Addresses of the panel; `local` is this box itself, behind no proxy and no tunnel.'),
    stop: z
      .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
      .default({})
      .describe('What its stop writes: tags and their values, in this order, through the guard.'),
  })
  .optional()
  .describe('A panel that acknowledges alarms and stops without a password, and does nothing else.');

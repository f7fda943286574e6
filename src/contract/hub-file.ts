import * as z from 'zod';
import { check } from '#contract/explain.ts';
import { Findings, inOrder } from '#contract/findings.ts';
import { LabelExpression } from '#contract/fleet/labels.ts';
import type { Problem } from '#contract/model.ts';
import { readYaml } from '#contract/yaml.ts';
import { ROLES } from '#kernel/rights.ts';

export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** @returns undefined for what is none */
export function networkOf(text: string): Network | undefined {
  const [address = '', given] = text.split('/');
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const most = family === 'ipv6' ? 128 : 32;
  const prefix = given === undefined ? most : Number(given);
  const parsed = (family === 'ipv6' ? z.ipv6() : z.ipv4()).safeParse(address);
  return parsed.success && prefix <= most ? { address, prefix, family } : undefined;
}

const file = z.string().min(1).describe('Path of a file, from the folder of this one.');
const token = /^[A-Za-z0-9_-]+$/;

const Nats = z
  .strictObject({
    servers: z
      .array(
        z
          .string()
          .regex(
            /^(nats|tls):\/\/[^\s@/]+$/,
            'an address such as nats://host:4222, without user or password',
          ),
      )
      .min(1)
      .describe('Servers of one cluster; any that answers will do.'),
    stream: z
      .string()
      .regex(token, 'letters, digits, _ and -')
      .default('holdfast')
      .describe('Stream that takes the samples; made where there is none.'),
    subject: z
      .string()
      .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'words with dots between')
      .default('holdfast.samples')
      .describe('Begin of the subjects: SUBJECT.SITE.JOURNAL.'),
    replicas: z
      .int()
      .min(1)
      .max(5)
      .default(1)
      .describe('Servers that keep the stream, where the hub makes it.'),
    keepDays: z
      .int()
      .min(1)
      .exactOptional()
      .describe('Days that the stream keeps, where the hub makes it; without an end when absent.'),
    keep: z
      .boolean()
      .default(true)
      .describe(
        'Whether the hub stores samples in its own database as well; without them it answers no history.',
      ),
    waitingBytes: z
      .int()
      .min(2 ** 20)
      .default(10 * 2 ** 30)
      .describe(
        'Of sorted samples that wait in the database while the servers are away, at most; the oldest go then, and are counted as lost.',
      ),
    credentialsFile: file.exactOptional().describe('Credentials as `nsc` writes them (.creds).'),
    user: z.string().min(1).exactOptional(),
    passwordFile: file.exactOptional(),
    tokenFile: file.exactOptional(),
    tls: z
      .strictObject({
        caFile: file.exactOptional(),
        certFile: file.exactOptional(),
        keyFile: file.exactOptional(),
      })
      .exactOptional()
      .describe('For servers whose certificates the system does not know, or that want one of the hub.'),
  })
  .describe('Samples are passed on to NATS JetStream, by site, each once.');

const networks = z
  .array(
    z
      .string()
      .regex(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/, 'an address or a network such as 10.0.0.0/8')
      .refine((text) => networkOf(text) !== undefined, 'an address or a network such as 10.0.0.0/8'),
  )
  .default([]);

export const WebhookSettings = z
  .strictObject({
    allow: networks.describe(
      'Networks where receivers may be that are refused otherwise: this machine, link-local ones; and those reached without TLS.',
    ),
    only: networks.describe('Networks where receivers may be; everywhere when empty.'),
    mostWaiting: z
      .int()
      .min(1)
      .default(100_000)
      .describe(
        'Events that wait for one receiver, at most, and as many that nobody has taken; the oldest go then, and are counted as dropped.',
      ),
    caFile: file
      .exactOptional()
      .describe('Authorities that may have signed receivers, beside those of the system: PEM.'),
  })
  .describe('Where webhooks may go.');

const isHere = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

const Oidc = z
  .strictObject({
    issuer: z
      .url()
      .refine(
        (text) => !URL.canParse(text) || new URL(text).protocol === 'https:' || isHere(new URL(text)),
        'an https address',
      )
      .describe('Of the provider, just as it names itself.'),
    clientId: z.string().min(1),
    clientSecretFile: file.exactOptional().describe('Without one the hub is a public client.'),
    address: z
      .string()
      .regex(/^https:\/\/[^\s/?#@]+$/, 'https://host:port, without a path')
      .describe(
        'Of the hub, as browsers reach it; ADDRESS/api/access/oidc/callback is registered at the provider.',
      ),
    title: z.string().min(1).max(60).default('Company sign-in').describe('Written on the button.'),
    scopes: z.array(z.string().regex(/^\S+$/)).default(['openid', 'profile']),
    nameClaim: z.string().min(1).default('preferred_username'),
    groupsClaim: z
      .string()
      .min(1)
      .default('groups')
      .describe('Claim with the groups of a person; dots lead into others, as in realm_access.roles.'),
    grants: z
      .array(
        z.strictObject({
          group: z.string().min(1),
          role: z.enum(ROLES),
          sites: LabelExpression.exactOptional(),
        }),
      )
      .min(1)
      .describe('What groups may; who is in none of them does not get in.'),
    sessionHours: z
      .number()
      .positive()
      .max(168)
      .default(10)
      .describe('A session ends after so long, and its person is vouched for anew.'),
  })
  .describe('People sign in by OpenID Connect as well.');

/** Settings of one process of the hub that are more than flags. */
export const HubFile = z.strictObject({
  nats: Nats.exactOptional(),
  webhooks: WebhookSettings.exactOptional(),
  oidc: Oidc.exactOptional(),
});
export type HubFile = z.output<typeof HubFile>;
export type OidcSettings = z.output<typeof Oidc>;
export type WebhookSettings = z.output<typeof WebhookSettings>;
export type NatsSettings = NonNullable<HubFile['nats']>;

/** @returns all that is wrong, with line and column; or the settings */
export function readHubFile(text: string): {
  readonly settings?: HubFile;
  readonly problems: readonly Problem[];
} {
  const { root, places, problems } = readYaml(text);
  if (problems.length > 0) return { problems };
  const findings = new Findings(places);
  const settings = check(HubFile, root ?? {}, { where: [], add: (finding) => findings.add(finding) });
  return settings ? { settings, problems: [] } : { problems: findings.problems().toSorted(inOrder) };
}

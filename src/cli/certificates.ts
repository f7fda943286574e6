import { createHash, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { findKeptDir, readAddress, SiteClient } from '#cli/client.ts';
import { dim, red, table, yellow } from '#cli/text.ts';
import type { CertificateDetail, CertificateView } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';
import { oneLine } from '#trust/certificate.ts';
import { openTrust, trustDir } from '#trust/store.ts';

export interface CertificateOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** The certificates of a site: asked of the running one, or read from the data folder of one that is stopped. */
interface Certificates {
  list(): Promise<readonly CertificateView[]>;
  detail(prefix: string): Promise<CertificateDetail>;
  decide(act: 'trust' | 'reject', prefix: string, by: string): Promise<readonly CertificateView[]>;
}

const print = (text: string) => process.stdout.write(`${text}\n`);

export async function certificates({ data, json }: CertificateOptions): Promise<void> {
  const all = await (await open(data)).list();
  if (json) print(JSON.stringify(all, null, 2));
  else if (all.length === 0) print('no certificates: no peer has shown one yet');
  else print(certificateTable(all));
}

export async function decide(
  act: 'trust' | 'reject',
  prefix: string,
  { data, json }: CertificateOptions,
): Promise<void> {
  const after = await (await open(data)).decide(act, prefix, userInfo().username);
  if (json) print(JSON.stringify(after, null, 2));
  else for (const one of after) print(`${one.peer}: ${short(one)} ${one.state}  ${dim(one.subject)}`);
}

export async function show(prefix: string, { data, json }: CertificateOptions): Promise<void> {
  const detail = await (await open(data)).detail(prefix);
  print(json ? JSON.stringify(detail, null, 2) : details(detail));
}

async function open(named: string | undefined): Promise<Certificates> {
  const dir = await findKeptDir(named, 'trust');
  const address = await readAddress(dir);
  if (address) return running(new SiteClient(address, dir));
  if (existsSync(dir)) return stopped(dir);
  throw new Fault('cli.no-site', `there is no data folder ${dir}`, {
    retry: 'never',
    hint: 'name with --data the folder that the site keeps its data in',
  });
}

const running = (site: SiteClient): Certificates => ({
  list: () => site.api.certificates(),
  detail: (prefix) => site.api.certificate(prefix),
  decide: (act, fingerprint, by) => site.api.decideCertificate({ act, fingerprint, by }),
});

function stopped(dir: string): Certificates {
  const trust = openTrust(trustDir(dir), { nowUs: () => Date.now() * 1000 });
  if (trust.damage !== undefined)
    process.stderr.write(`${yellow('warning')}: ${trust.damage}: all certificates wait again\n`);
  return {
    list: async () => trust.list(),
    detail: (prefix) => trust.detail(prefix),
    async decide(act, prefix, by) {
      const decided = await trust[act](prefix, by);
      // A site that started meanwhile may have read the store before: it is told too, and keeps it so.
      const address = await readAddress(dir);
      return address ? await running(new SiteClient(address, dir)).decide(act, prefix, by) : decided;
    },
  };
}

/** Digits that tell certificates apart in a list; all of them are in `certificates show`. */
const SHORT = 16;
const short = ({ fingerprint }: CertificateView): string => fingerprint.slice(0, SHORT);

function certificateTable(all: readonly CertificateView[]): string {
  const rows = all.map((one) => [
    short(one),
    one.peer,
    one.subject,
    `${day(one.validFromUs)} – ${day(one.validToUs)}`,
    stateText(one),
    moment(one.sinceUs),
    moment(one.firstSeenUs),
    yellow(one.warnings.join('; ')),
  ]);
  return table(['fingerprint', 'peer', 'subject', 'valid', 'state', 'since', 'first seen', ''], rows);
}

function stateText({ state, pinned, by }: CertificateView): string {
  if (state === 'changed') return red(state);
  if (state === 'waiting') return yellow(state);
  if (pinned && state === 'trusted') return 'trusted by the site file';
  return by === undefined ? state : `${state} by ${by}`;
}

const day = (us: number): string => new Date(us / 1000).toISOString().slice(0, 10);
/** 0 stands where a damaged index lost it. */
const moment = (us: number): string =>
  us === 0 ? '–' : new Date(us / 1000).toISOString().slice(0, 16).replace('T', ' ');

function details({ seen, pem }: CertificateDetail): string {
  const one = new X509Certificate(pem);
  const { asymmetricKeyType: type, asymmetricKeyDetails: key } = one.publicKey;
  const size = key?.modulusLength ?? key?.namedCurve ?? '';
  const [first] = seen;
  const lines: [string, string][] = [
    ['subject', first?.subject ?? ''],
    ['issuer', one.checkIssued(one) ? 'itself (self-signed)' : (first?.issuer ?? '')],
    ['serial', one.serialNumber],
    ['valid', `${one.validFromDate.toISOString()} – ${one.validToDate.toISOString()}`],
    ['key', `${type} ${size}`],
    ['names', oneLine(one.subjectAltName) || 'none'],
    ['SHA-256', one.fingerprint256],
    // The thumbprint, by which OPC UA names certificates and servers list them.
    ['SHA-1', colons(createHash('sha1').update(one.raw).digest('hex'))],
    ...seen.map((at): [string, string] => [
      'met at',
      `${at.peer}: ${stateText(at)}, since ${moment(at.sinceUs)}, first seen ${moment(at.firstSeenUs)}`,
    ]),
    ...(first?.warnings ?? []).map((warning): [string, string] => ['warning', yellow(warning)]),
  ];
  return lines.map(([name, text]) => `${dim(name.padEnd(9))}${text}`).join('\n');
}

const colons = (hex: string): string => (hex.toUpperCase().match(/../g) ?? []).join(':');

import { X509Certificate } from 'node:crypto';
import type { AccessOptions } from '#cli/access/accounts.ts';
import { readAddress, SiteClient } from '#cli/client.ts';

/** Asks through the door of this box, which nobody else can answer. */
export async function fingerprint({ data, json }: AccessOptions): Promise<void> {
  const site = await SiteClient.find(data);
  const pem = await site.api.trustCertificate();
  const pages = (await readAddress(site.dir))?.pages ?? '';
  const { fingerprint256, subject, validTo } = new X509Certificate(pem);
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  if (json) return print(JSON.stringify({ fingerprint256, subject, validTo, pages }, null, 2));
  print(`${fingerprint256}\n${subject.replaceAll('\n', ', ')}, valid to ${validTo}, at ${pages}`);
}

import { X509Certificate } from 'node:crypto';
import { type Issuer, issue, newKey } from '#trust/issue.ts';
import type { Sealing } from './sealing.ts';
import type { Signer } from './signer.ts';

export const DAY_MS = 86_400_000;
const ISSUING_DAYS = 10 * 365;
/** Clocks of sites run behind. */
const BEFORE_DAYS = 2;

/** Where keys are. */
export interface Keys {
  readonly sealing: Sealing;
  readonly signer: Signer | undefined;
}

/** A key that issues, the signer's where there is one, and its certificate by the root. */
export async function makeIssuing(root: Issuer, { sealing, signer }: Keys, nowMs: number) {
  const key = signer ? await signer.publicKey() : await newKey();
  const issuing = await issue({
    commonName: 'Holdfast issuing',
    key,
    ...spanFrom(nowMs, ISSUING_DAYS),
    purpose: { kind: 'authority', below: 0 },
    by: root,
  });
  return row('issuing', new X509Certificate(issuing), signer ? null : sealing.textOf(key), nowMs);
}

export const row = (
  kind: 'root' | 'issuing',
  certificate: X509Certificate,
  key: string | null,
  madeMs: number,
) => ({
  serial: certificate.serialNumber,
  kind,
  certificate: certificate.raw,
  key,
  made: new Date(madeMs),
});

export const spanFrom = (nowMs: number, days: number) => ({
  fromMs: nowMs - BEFORE_DAYS * DAY_MS,
  toMs: nowMs + days * DAY_MS,
});

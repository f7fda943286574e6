import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import type { Settings } from '#contract/settings.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Log } from '#plugin/api.ts';
import { webCertificate, webDir } from '#trust/web.ts';

/** What the encrypted door shows. */
export interface Shown {
  readonly key: string;
  /** PEM, the site's first. */
  readonly certificate: string;
  /** PEM of what people trust; the certificate itself where nothing else is known. */
  readonly authority: string;
  /** Whether it is the site's own, and not one that somebody gave. */
  readonly isOwn: boolean;
}

export interface TlsOptions {
  readonly settings: Settings['api'];
  readonly site: string;
  /** Folder of the trust store. */
  readonly trustDir: string;
  readonly log: Log;
  nowMs(): number;
  onEvent(name: string, detail: { readonly [key: string]: string }): void;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** Nothing leaves the box in the clear; on loopback it does not leave. */
export const isEncrypted = ({ host, tls }: Settings['api']): boolean =>
  tls !== undefined || !LOOPBACK.test(host);

/**
 * The certificate that somebody gave, or the site's own. One that cannot be read keeps no plant from running: the
 * site's own takes its place, which is logged and is a security event.
 */
export async function certificateFor(options: TlsOptions): Promise<Shown> {
  const { settings, log, onEvent } = options;
  if (settings.tls) {
    try {
      return await given(settings.tls);
    } catch (error) {
      const { message, hint } = Fault.from(error, 'api.tls', 'settings.api.tls');
      log.error({ hint }, `${message}; the site shows its own certificate`);
      onEvent('security.certificate-unusable', { why: message });
    }
  }
  const { site, trustDir, nowMs } = options;
  const made = await webCertificate(
    webDir(trustDir),
    { site, must: settings.names, may: ofThisBox(settings.host) },
    nowMs(),
  );
  if (made.fault) log.error({ hint: made.fault.hint }, made.fault.message);
  return { ...made, isOwn: true };
}

/** @throws Fault `api.tls` that says which file, and what is wrong with it */
async function given(files: NonNullable<Settings['api']['tls']>): Promise<Shown> {
  const certificate = await textOf(files.certificate, 'certificate');
  const key = await textOf(files.key, 'key');
  const chain = certificate.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const first = parsed(
    () => new X509Certificate(chain[0] ?? ''),
    files.certificate,
    'is no certificate in PEM',
  );
  const privateKey = parsed(
    () => createPrivateKey(key),
    files.key,
    'is no private key in PEM, or has a passphrase',
  );
  if (!first.checkPrivateKey(privateKey))
    throw new Fault(
      'api.tls',
      `the key ${files.key} does not belong to the certificate ${files.certificate}`,
      {
        hint: 'name the key that the certificate was requested with; the certificate of the site stands first',
      },
    );
  return { key, certificate, authority: `${chain.at(-1)}\n`, isOwn: false };
}

async function textOf(file: string, what: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause) => {
    throw new Fault('api.tls', `the ${what} of settings.api.tls cannot be read: ${messageOf(cause)}`, {
      hint: `let the user that runs Holdfast read it: chgrp holdfast ${file} && chmod 640 ${file}`,
      cause,
    });
  });
}

function parsed<T>(parse: () => T, file: string, why: string): T {
  try {
    return parse();
  } catch (cause) {
    throw new Fault('api.tls', `${file} ${why}: ${messageOf(cause)}`, {
      hint: 'openssl x509 -in FILE -noout -text, or openssl pkey -in FILE -noout, says more',
      cause,
    });
  }
}

/** Whatever browsers may reach this box by. */
function ofThisBox(host: string): string[] {
  const name = hostname().toLowerCase();
  const addresses = Object.values(networkInterfaces()).flatMap((some = []) =>
    some.map(({ address }) => address),
  );
  // An address of the link is another one on every box that looks at it, and no browser takes its zone.
  const reachable = addresses.filter((one) => !one.startsWith('fe80:'));
  const listened = /^(0\.0\.0\.0|::)$/.test(host) ? [] : [host.toLowerCase()];
  return [
    ...new Set([
      name,
      `${name.split('.')[0]}.local`,
      'localhost',
      ...listened,
      ...reachable,
      '127.0.0.1',
      '::1',
    ]),
  ];
}

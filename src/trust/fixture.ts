import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own, gone with the test. */
export function folder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-trust-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A real certificate of a server, as openssl makes it. @param validity arguments of `openssl req` @returns DER */
export function madeByOpenssl(commonName: string, ...validity: readonly string[]): Uint8Array {
  using dir = folder();
  const file = join(dir.path, 'cert.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null'];
  const rest = ['-subj', `/CN=${commonName}/O=Works`, '-out', file, ...validity];
  // The OPC UA library leaves the text 'undefined' there once it has read a key in this process.
  const { OPENSSL_CONF: _, ...env } = process.env;
  execFileSync('openssl', ['req', '-x509', ...key, ...rest], { stdio: 'pipe', env });
  return new X509Certificate(execFileSync('openssl', ['x509', '-in', file, '-outform', 'DER'], { env })).raw;
}

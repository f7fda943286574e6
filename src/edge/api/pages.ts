import { X509Certificate } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { addOwnWay } from '#edge/api/own-way.ts';
import type { Shown } from '#edge/api/tls.ts';
import { sendText } from '#http/answer.ts';
import { Fault } from '#kernel/fault.ts';

/* The page that needs no trust yet: plain, without a script or a style in it, for whatever browser stands there. */

const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1.5rem}
code,pre{font:14px/1.5 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
pre{background:#8882;padding:.8rem;border-radius:4px}
`;

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/page.css"></head>
<body><h1>${title}</h1>
${body}
</body></html>
`;

/** SHA-256 as people compare it. */
export const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;

function trustText(shown: Shown | undefined): string {
  if (!shown)
    return '<p>This address is not encrypted: it is on this box only, and there is nothing to trust.</p>';
  const { authority, certificate, isOwn } = shown;
  const { subject, validTo } = new X509Certificate(authority);
  const intro = isOwn
    ? 'This site has a certificate of its own, issued by an authority of its own that may vouch for this box and for private addresses only. Trust the authority once on each device; certificates that are renewed are trusted then.'
    : 'The certificate of this site was given to it. Where your browser warns, it does not know who issued it: ask your IT, or trust what stands here.';
  return `<p>${intro}</p>
<h2>1. Compare</h2>
<p>SHA-256 of what is to be trusted (${escaped(subject.replaceAll('\n', ', '))}, valid to ${escaped(validTo)}):</p>
<pre>${fingerprintOf(authority)}</pre>
<p>Compare it with what the box says by itself, at its screen or over SSH, since whoever could forge this page could forge the number on it:</p>
<pre>holdfast fingerprint</pre>
<p>The certificate in front of it now: <code>${fingerprintOf(certificate)}</code></p>
<h2>2. Download</h2>
<p><a href="/trust/authority.crt" download="holdfast-authority.crt">holdfast-authority.crt</a></p>
<h2>3. Trust</h2>
<ul>
<li>Windows (Edge, Chrome), as administrator: <code>certutil -addstore Root holdfast-authority.crt</code></li>
<li>Firefox: Settings, Privacy &amp; Security, Certificates, View Certificates, Authorities, Import; tick “identify websites”.</li>
<li>macOS: <code>sudo security add-trusted-cert -d -k /Library/Keychains/System.keychain holdfast-authority.crt</code></li>
<li>Debian, Ubuntu: copy it to <code>/usr/local/share/ca-certificates/</code>, then <code>sudo update-ca-certificates</code></li>
<li>Chrome on Linux: <code>certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n holdfast -i holdfast-authority.crt</code></li>
<li>Android: Settings, Security, Encryption &amp; credentials, Install a certificate, CA certificate.</li>
<li>iPhone, iPad: open the file, install the profile, then Settings, General, About, Certificate Trust Settings.</li>
<li>Programs: <code>curl --cacert holdfast-authority.crt …</code>, <code>NODE_EXTRA_CA_CERTS=holdfast-authority.crt</code></li>
</ul>`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** @param shown what the encrypted door shows now; undefined where there is none */
export function addPages(app: FastifyInstance, shown: () => Shown | undefined): void {
  const html = 'text/html; charset=utf-8';
  addOwnWay(app, 'trustPage', (_request, reply) =>
    sendText(reply.type(html), page('Trusting this site', trustText(shown())), false),
  );
  addOwnWay(app, 'trustCertificate', (_request, reply) => {
    const now = shown();
    if (now) return sendText(reply.type('application/x-x509-ca-cert'), now.authority, false);
    throw new Fault('access.no-tls', 'this site is not encrypted: there is nothing to trust', {
      retry: 'never',
    });
  });
  addOwnWay(app, 'pageStyle', (_request, reply) =>
    sendText(reply.type('text/css; charset=utf-8'), STYLE, false),
  );
}

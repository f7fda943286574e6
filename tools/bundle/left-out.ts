import type { Plugin } from 'esbuild';

/**
 * Leaves out what the OPC UA client brings along to make certificates, to keep them in folders, to read ten formats of
 * keys and to announce servers: Holdfast does none of that with it. It saves 4 MB of memory and half the time to load.
 * Whoever called it all the same would be told. Without X.509 in it the client also needs no metadata of decorators,
 * which a bundle may load too late.
 */
export const withoutCertificateMaking: Plugin = {
  name: 'without-certificate-making',
  setup({ onLoad }) {
    onLoad({ filter: LEFT_OUT }, async ({ path }) => ({ contents: absent(Object.keys(await import(path))) }));
    onLoad({ filter: CRYPTO }, () => ({ contents: PLAIN_CRYPTO }));
  },
};

const LEFT_OUT = new RegExp(
  `/node_modules/(${[
    'node-opcua-crypto/dist/source_nodejs/pkcs12\\w*',
    'node-opcua-crypto/dist/source/x509/(build|ca|create)_\\w+',
    'node-opcua-pki/dist/lib/index',
    'sshpk/lib/index',
    'sterfive-bonjour-service/dist/index',
  ].join('|')})\\.js$`,
);
const CRYPTO = /\/node-opcua-crypto\/dist\/source\/x509\/_crypto\.js$/;

/** What is left of it without X.509. */
const PLAIN_CRYPTO = `
  import crypto from 'node:crypto';
  export const getCrypto = () => crypto;
  export const x509 = undefined;
  export const ensurePemTrailingNewline = (pem) => (pem.endsWith('\\n') ? pem : pem + '\\n');
`;

/** A module with the same names, all of them functions that throw. */
function absent(names: readonly string[]): string {
  const lines = names
    // What Node calls a CommonJS module as a whole; its default is the same.
    .filter((name) => name !== 'module.exports')
    .map((name) =>
      name === 'default' ? "export default absent('it')" : `export const ${name} = absent('${name}');`,
    );
  const head = `const absent = (name) => function () { throw new Error(name + ' is not in a release'); };`;
  return [head, ...lines].join('\n');
}

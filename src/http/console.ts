import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AnyRoute } from '#contract/routes/route.ts';
import { addOwnRoute, sendText } from '#http/answer.ts';
import { Fault } from '#kernel/fault.ts';

/** Beside the program in a release; `tools/console/` puts it there in the source tree. */
const FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/console/' : './console/', import.meta.url),
);

/**
 * As for every page, and stricter: nothing is loaded but what the build made. The design system puts its styles into
 * shadow roots as objects and sets single properties, which no policy about style forbids; small pictures in its styles are data.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: { readonly [end: string]: string } = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** What the build calls an asset: its name holds a digest of its content, so it may be kept for ever. */
const ASSET = /^[\w-]+-[A-Z0-9]{8}\.(?:js|css)$/;
const FOR_EVER = 'public, max-age=31536000, immutable';

export interface ConsoleRoutes {
  /** Rows that answer the page itself. */
  readonly pages: readonly AnyRoute[];
  readonly asset: AnyRoute;
}

/**
 * The page to whoever asks for it, and what it is made of. Values come through the API alone.
 * @param file which page of the build: that of a site, or of a hub
 */
export function addConsole(
  app: FastifyInstance,
  file: 'index.html' | 'hub.html',
  { pages, asset }: ConsoleRoutes,
): void {
  const page = async (_request: FastifyRequest, reply: FastifyReply) => {
    const text = await readFile(join(FOLDER, file), 'utf8').catch(() => {
      throw new Fault('console.not-built', 'the console has not been built here', {
        retry: 'never',
        hint: 'in the source tree: node tools/console/main.ts; a release carries it',
      });
    });
    reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY);
    // Asked for anew each time, and answered shortly while nothing has changed.
    return sendText(reply.header('cache-control', 'no-cache'), text, true);
  };
  for (const route of pages) addOwnRoute(app, route, page);
  addOwnRoute(app, asset, sendAsset);
}

const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

async function sendAsset(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { name } = request.params as { readonly name: string };
  const file = ASSET.test(name) ? join(FOLDER, 'assets', name) : undefined;
  const found = file && (await chosen(file, String(request.headers['accept-encoding'] ?? '')));
  if (!found) {
    throw new Fault('api.not-found', `there is no ${name} in the console`, {
      hint: 'the program was replaced meanwhile: load the page again',
    });
  }
  reply
    .type(TYPES[extname(name)] ?? 'application/octet-stream')
    .header('cache-control', FOR_EVER)
    .header('vary', 'accept-encoding')
    .header('etag', `"${name}${found.end}"`)
    .header('content-length', found.bytes);
  if (found.encoding) reply.header('content-encoding', found.encoding);
  if (request.method === 'HEAD') return reply.send();
  return reply.send(createReadStream(found.path));
}

/** The smallest form of a file that the browser takes; undefined where there is no such file. */
async function chosen(file: string, accepted: string) {
  const takes = accepted.split(',').map((one) => one.trim());
  const forms = [
    ...ENCODINGS.filter(([encoding]) => takes.some((one) => accepts(one, encoding))),
    [undefined, ''] as const,
  ];
  for (const [encoding, end] of forms) {
    const path = file + end;
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return { path, encoding, end, bytes: found.size };
  }
  return undefined;
}

/** RFC 9110, 12.5.3; a weight of zero forbids. */
const accepts = (one: string, encoding: string): boolean => {
  const [name, weight] = one.split(';');
  return name === encoding && !/^\s*q=0(\.0*)?$/.test(weight ?? '');
};

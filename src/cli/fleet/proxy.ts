const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/**
 * The HTTP proxy on the way to a hub, as the environment names it for programs like ours: `HTTPS_PROXY`, but for the hosts of
 * `NO_PROXY` (names with all below them, addresses, each with or without a port; `*` for all), in capitals or not. None to this
 * machine itself.
 * @param hub `https://host:port`
 */
export function proxyTo(hub: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const proxy = env.HTTPS_PROXY || env.https_proxy;
  if (!proxy || !URL.canParse(hub)) return undefined;
  const { hostname, port } = new URL(hub);
  if (LOOPBACK.test(hostname)) return undefined;
  const exempt = (env.NO_PROXY || env.no_proxy || '').split(/[\s,]+/).filter((one) => one !== '');
  return exempt.some((one) => isMeant(one.toLowerCase(), hostname, port || '443')) ? undefined : proxy;
}

function isMeant(pattern: string, hostname: string, port: string): boolean {
  if (pattern === '*') return true;
  // An address of IPv6 has colons of its own, and brackets where a port follows.
  const [, name = '', only] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(pattern) ?? ['', `[${pattern}]`];
  if (only !== undefined && only !== port) return false;
  const bare = name.replace(/^\*?\./, '');
  return hostname === bare || hostname.endsWith(`.${bare}`);
}

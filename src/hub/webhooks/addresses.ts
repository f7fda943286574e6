import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { type Network, networkOf, type WebhookSettings } from '#contract/hub-file.ts';
import { Fault } from '#kernel/fault.ts';

/**
 * What no receiver is at unless somebody says so: this machine and what listens on it for itself alone, link-local
 * addresses, where clouds tell a machine its secrets, and what is no address of one machine (IANA special-purpose
 * registries, RFC 6890).
 */
const REFUSED = [
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/128', '::1/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::254/128'],
];

/** Where webhooks may go. Judged is the address that is connected to, whatever its name meant a moment ago. */
export class WebhookAddresses {
  readonly #refused = listOf(REFUSED);
  readonly #allowed: BlockList;
  readonly #only: BlockList | undefined;

  constructor({ allow, only }: Pick<WebhookSettings, 'allow' | 'only'>) {
    this.#allowed = listOf(allow);
    this.#only = only.length > 0 ? listOf(only) : undefined;
  }

  /** @throws Fault `webhook.address` for an address that is refused; names are judged by {@link lookup} */
  judge({ hostname, protocol }: URL): void {
    const host = hostname.replace(/^\[|\]$/g, '');
    const why = isIP(host) ? this.#why(host, protocol) : undefined;
    if (why !== undefined) throw refused(host, why);
  }

  /** As `dns.lookup`, without addresses that are refused. @param protocol of the request */
  lookup(protocol: string): LookupFunction {
    return (hostname, options, callback) =>
      systemLookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
        if (error) return callback(error, []);
        const fit = found.filter(({ address }) => this.#why(address, protocol) === undefined);
        const [first] = fit;
        if (first) return options.all ? callback(null, fit) : callback(null, first.address, first.family);
        const address = found[0]?.address ?? hostname;
        callback(refused(address, this.#why(address, protocol) ?? 'it has no address'), []);
      });
  }

  #why(address: string, protocol: string): string | undefined {
    const has = (list: BlockList) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
    if (this.#only && !has(this.#only)) return 'it is in none of the networks of `webhooks: only`';
    if (has(this.#allowed)) return undefined;
    if (protocol !== 'https:') return 'it would be reached without TLS';
    return has(this.#refused) ? 'it is this machine, link-local, or no address of one machine' : undefined;
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const { address, prefix, family } = networkOf(text) as Network;
    list.addSubnet(address, prefix, family);
  }
  return list;
}

const refused = (address: string, why: string): Fault =>
  new Fault('webhook.address', `${address} is no place for a receiver: ${why}`, {
    hint: 'the file of the hub can allow it: `webhooks: { allow: [NETWORK] }`',
  });

import { messageOf } from '#kernel/fault.ts';

/** Why a connection failed, for those who look after the machine; the one place where it is worded. */
export interface Unreached {
  /** Behind the name of the peer: `10.0.0.5:25 refused the connection: …`. */
  readonly why: string;
  /** What the reader can do about it. */
  readonly hint: string;
}

const NO_WAY: Unreached = {
  why: 'cannot be reached from here',
  hint: 'Are address, netmask and gateway of this machine right, is the cable in, is the device on?',
};
const DROPPED: Unreached = {
  why: 'took the connection and dropped it',
  hint: 'A firewall or an access list there may not know this machine.',
};
const FORBIDDEN: Unreached = {
  why: 'cannot be reached: this machine forbids the connection',
  hint: 'Look at its own firewall rules.',
};

/** By the code of the system. */
export const UNREACHED = {
  ECONNREFUSED: {
    why: 'refused the connection: the host is there, and nothing listens on this port',
    hint: 'Is the service on, and is this its port? Some devices refuse when all their connections are taken.',
  },
  ENOTFOUND: {
    why: 'has a name that nobody knows',
    hint: 'Is it spelt as the device is called? Write the IP address, or enter the name in /etc/hosts.',
  },
  EAI_AGAIN: {
    why: 'was not found: the name service does not answer',
    hint: 'Look at /etc/resolv.conf, or write the IP address.',
  },
  ETIMEDOUT: {
    why: 'did not answer in time',
    hint: 'Is it on? A firewall may drop the port, or nobody has this address: ping it, look at the routes, ask for the port to be opened.',
  },
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  EADDRNOTAVAIL: NO_WAY,
  ECONNRESET: DROPPED,
  EPIPE: DROPPED,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
} as const satisfies { readonly [code: string]: Unreached };

const TLS: Unreached = {
  why: 'did not come to terms with this machine over TLS',
  hint: 'Check the certificate of the peer, the trusted CA and the name that it is asked by.',
};

/** @returns undefined for an error that says nothing of a connection */
export function unreached(error: unknown): Unreached | undefined {
  const { code } = error as { readonly code?: unknown };
  // Libraries put a code of their own in its place, and leave that of the system in the words.
  const [, worded] = /\b(E[A-Z_]{3,})\b/.exec(messageOf(error)) ?? [];
  for (const one of [worded, code])
    if (typeof one === 'string' && Object.hasOwn(UNREACHED, one))
      return UNREACHED[one as keyof typeof UNREACHED];
  const isTls = /^ERR_(TLS|SSL)|CERT/.test(String(code)) || /certificate|\b(SSL|TLS)/.test(messageOf(error));
  return isTls ? TLS : undefined;
}

/**
 * The same as one text: what, why, what to do, and behind it what the system said.
 * @param what that could not be reached, such as `the mail server 10.0.0.5:25`
 */
export function unreachedText(what: string, error: unknown): string {
  const known = unreached(error);
  // Of several addresses that were tried the error has a code alone.
  const said = messageOf(error) || String((error as { readonly code?: unknown }).code);
  return known ? `${what} ${known.why}. ${known.hint} (${said})` : `${what}: ${said}`;
}

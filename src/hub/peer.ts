import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Fault } from '#kernel/fault.ts';

/** What the other end of a connection showed, and proved to have the key of. @throws Fault `hub.no-certificate` */
export function peerCertificate(socket: Socket): X509Certificate {
  const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (shown) return shown;
  throw new Fault('hub.no-certificate', 'this is for sites, which show their certificate', {
    retry: 'never',
    hint: 'join first: holdfast edge join URL TOKEN',
  });
}

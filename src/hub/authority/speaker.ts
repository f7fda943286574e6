import { createPrivateKey } from 'node:crypto';
import type { HubSigner } from '#trust/hub/statement.ts';
import type { ServerCertificate } from './authority.ts';

/** A key to say things with, the same for all who ask until half of its life is over; one that could not be made is not kept. */
export function spoken(
  make: (nowMs: number) => Promise<ServerCertificate>,
): (nowMs: number) => Promise<HubSigner> {
  let making: Promise<ServerCertificate> | undefined;
  return async (nowMs) => {
    const seen = making;
    const known = await seen?.catch(() => undefined);
    // One makes it anew for all that have waited.
    if (making === seen && !(known && nowMs < known.renewAtMs)) making = make(nowMs);
    const { key, chain } = await (making ?? make(nowMs));
    return { key: createPrivateKey(key), chain };
  };
}

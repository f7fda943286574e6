import { chown, readdir, stat } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { findKeptDir } from '#cli/client.ts';
import { proxyTo } from '#cli/fleet/proxy.ts';
import { dim, yellow } from '#cli/text.ts';
import { messageOf } from '#kernel/fault.ts';
import { joinHub, showMembership } from '#trust/hub/enrol.ts';
import { fetchParcelKey } from '#trust/hub/parcel-key.ts';
import { trustDir } from '#trust/store.ts';

interface JoinOptions {
  readonly data?: string;
  /** False: none. True, as Commander has it beside `--no-proxy`: as the environment names it. */
  readonly proxy?: string | boolean;
  readonly json?: boolean;
}

/** Makes a box a site of a hub, whether its site runs or not: one that runs takes it up by itself. */
export async function join(hub: string, token: string, { data, proxy, json }: JoinOptions): Promise<void> {
  const dir = await findKeptDir(data, 'trust');
  const asked = { trustDir: trustDir(dir), hub, token, proxy: wayTo(hub, proxy) };
  const signal = AbortSignal.timeout(JOIN_MS);
  const membership = await joinHub(asked, signal);
  // For parcels, which need it when no hub can be asked.
  await fetchParcelKey(asked.trustDir, membership, signal).catch((error) =>
    process.stderr.write(`${yellow('warning')}: no key for parcels yet: ${messageOf(error)}\n`),
  );
  await giveToOwner(dir);
  // What it got works; where the hub is gone again, the site shows it later.
  await showMembership(membership, signal).catch((error) =>
    process.stderr.write(`${yellow('warning')}: it was not shown to the hub yet: ${messageOf(error)}\n`),
  );
  const { site, certificate } = membership;
  const { serialNumber: serial, validTo } = certificate;
  const text = `this box is ${site} of ${hub}\n${dim(`Its certificate is valid to ${validTo} and renews itself.`)}`;
  process.stdout.write(`${json ? JSON.stringify({ site, hub, serial, validTo }, null, 2) : text}\n`);
}

const JOIN_MS = 60_000;

const wayTo = (hub: string, proxy: JoinOptions['proxy']): string | undefined =>
  typeof proxy === 'string' ? proxy : proxy === false ? undefined : proxyTo(hub);

/** Whoever installs is root, and the site runs as a user of its own. */
export async function giveToOwner(dataDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dataDir);
  const trust = trustDir(dataDir);
  const folder = joinPath(trust, 'hub');
  const files = (await readdir(folder)).map((name) => joinPath(folder, name));
  for (const path of [trust, folder, ...files]) await chown(path, uid, gid);
}

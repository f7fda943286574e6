import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurablyAside } from '#platform/files.ts';
import type { Receipt } from '#trust/hub/carried.ts';
import { statementText } from '#trust/hub/statement.ts';
import { LANES } from '#uplink/messages.ts';
import type { Authority } from '../authority/authority.ts';

export interface ReceiptPorts {
  readonly pool: Pool;
  readonly authority: Authority;
  nowMs(): number;
}

/**
 * Writes what the hub has of a journal, signed, for its site.
 * @returns the file; undefined where the hub knows nothing of the journal @throws Fault `parcel.receipt`
 */
export async function writeReceipt(
  folder: string,
  { site, journal }: { readonly site: string; readonly journal: string },
  { pool, authority, nowMs }: ReceiptPorts,
): Promise<string | undefined> {
  // One look at all lanes: a receipt never says more than was there at one moment.
  const { rows } = await pool.query<{ lane: number; position: string; hub: string }>(
    `SELECT p.lane, p.position, h.id AS hub FROM hub h, journals j JOIN lane_positions p ON p.journal = j.id
     WHERE j.site = $1 AND j.uuid = $2`,
    [site, journal],
  );
  const hub = rows[0]?.hub;
  if (hub === undefined) return undefined;
  const at = (lane: number) => Number(rows.find((row) => row.lane === lane)?.position ?? 0);
  const [security = 0, others = 0, history = 0] = LANES.map((_, lane) => at(lane));
  const receipt: Receipt = {
    ...{ site, journal, hub },
    atUs: Math.round(nowMs() * 1000),
    positions: { security, others, history },
  };
  const file = join(folder, `${site.replace(/[^\w.-]/g, '_').slice(0, 64)}-${journal}.receipt`);
  try {
    const text = statementText('holdfast-receipt/1', receipt, await authority.speaker(nowMs()));
    // Of its own: two may take one stick at once.
    await replaceDurablyAside(file, text, 0o644, `${file}.${randomUUID()}`);
  } catch (cause) {
    throw new Fault('parcel.receipt', `${file} cannot be written: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'What was stored stays; import again where the stick may be written, for the receipt.',
      cause,
    });
  }
  return file;
}

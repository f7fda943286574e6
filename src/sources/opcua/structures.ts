import type { Variant } from 'node-opcua-client';
import type { Columns } from '#wire/opcua/columns.ts';
import type { Session } from '#wire/opcua/session.ts';
import type { Item } from './items.ts';

const EXTENSION_OBJECT = 22;

/** Whether any of these may hold a structure of the server's own types. */
export const needsStructures = (items: readonly Item[]): boolean =>
  items.some(({ type, field }) => type === 'structure' || field !== undefined);

/** Reads the server's types once a session; without them structures are bytes. */
export async function loadStructures({ library, session }: Session): Promise<void> {
  // Servers with odd types still have values that can be read.
  await library.getExtraDataTypeManager(session).catch(() => {});
}

/** Variants with structures; those of the server's own types are still to be decoded. */
export const structuresIn = (columns: Columns): readonly Variant[] =>
  columns.wideValue.filter(
    (value): value is Variant => typeof value === 'object' && value.dataType === EXTENSION_OBJECT,
  );

/** Decodes structures of the server's own types in place. */
export const resolveStructures = (
  { library, session }: Session,
  variants: readonly Variant[],
): Promise<void> =>
  library.promoteOpaqueStructure(
    session,
    variants.map((value) => ({ value })),
  );

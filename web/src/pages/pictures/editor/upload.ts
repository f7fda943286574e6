import type { PictureSaved } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { Store } from '../../../data/store.ts';

export type Removed = PictureSaved['removed'];

/** What was taken out of the drawing that was brought last, and of which picture it is. */
export const brought = new Store<{ readonly name: string; readonly removed: Removed } | undefined>(undefined);

/** Brings a drawing to the site, which cleans and keeps it. @throws Problem for what it refuses */
export async function bring(name: string, file: File): Promise<void> {
  const bytes = async function* () {
    yield new Uint8Array(await file.arrayBuffer());
  };
  const { removed } = await api.uploadPicture(name, { type: 'image/svg+xml', bytes: bytes() });
  brought.set({ name, removed });
}

/** Name of a picture for a file of this name: what the site file allows. */
export const nameFor = (file: string): string =>
  file
    .toLowerCase()
    .replace(/\.svg$/, '')
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|-+$/g, '')
    .slice(0, 80) || 'picture';

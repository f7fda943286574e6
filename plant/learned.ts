import { readFile } from 'node:fs/promises';
import { SITE_FILE } from '#plant/site-file.ts';

/**
 * Name of the file with what a detector of the demo's site learned, in the folder beside the site file: equal assets go on
 * with the same one.
 * @param id such as `hall/line2/pump/bearing`
 */
export const learnedFileOf = (id: string): string => `${id.split('/').slice(-2).join('-')}.json`;

/** @returns what it learned; undefined where nothing comes with the demo */
export async function learnedOf(id: string): Promise<string | undefined> {
  return await readFile(new URL(`learned/${learnedFileOf(id)}`, SITE_FILE), 'utf8').catch(() => undefined);
}

/*
 * Builds the console where the edge looks for it, or where it is told to: node tools/console/main.ts [folder]. The
 * launcher runs it when a file has changed since the last build; see scripts/ready.sh.
 */
import { join, resolve } from 'node:path';
import { buildConsole } from './build.ts';

const [named] = process.argv.slice(2);
await buildConsole(named === undefined ? join(import.meta.dirname, '../../dist/console') : resolve(named));

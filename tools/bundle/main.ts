import { resolve } from 'node:path';
import { bundle } from './bundle.ts';

await bundle(resolve(process.argv[2] ?? 'dist'));

import { bundle } from './bundle.ts';

await bundle(process.argv[2] ?? 'dist');

/** Runs the repository's command line without a build; not part of the package. */
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, fileURLToPath(new URL('src/main.ts', import.meta.url)));
await import(new URL('../../tools/bootstrap.mjs', import.meta.url));

/**
 * `npm test`: formatter, linter, types, dependency rules and every spec, on private engines with fresh data.
 * `npm test -- <jest arguments>`: only those specs.
 */
import { main } from './lib/fail.mjs';
import { prepared } from './lib/install.mjs';

await main(async () => {
  if (!(await prepared())) return;
  const { verify } = await import('./lib/verify.mjs');
  process.exitCode = await verify(process.argv.slice(2));
});

/** `npm run migrate`: brings the database of DATABASE_URL up to date. */
import { Failure, main } from './lib/fail.mjs';
import { migrate } from './lib/migrate.mjs';

await main(async () => {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Failure('Set DATABASE_URL to the database that shall be migrated.');
  console.log(`${await migrate(url)} migrations done.`);
});

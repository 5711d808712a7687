/** `npm run migrate`: brings the database of DATABASE_URL up to date. */
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { migrate } from './migrations.ts';

await runProgram(async () => {
  parseOptions({});
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Failure('Set DATABASE_URL to the database that is to be migrated.');
  console.log(`${await migrate(url)} migrations done.`);
}, 'usage: npm run migrate, with DATABASE_URL set');

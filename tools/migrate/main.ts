/** `npm run migrate`: brings the database of DATABASE_URL up to date. */
import { secretOf } from '../../libs/platform/src/config/secrets.ts';
import { directDatabase } from '../shared/address.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { migrate } from './migrations.ts';

await runProgram(async () => {
  parseOptions({});
  if (!secretOf(process.env, 'DATABASE_URL') && !secretOf(process.env, 'DATABASE_DIRECT_URL'))
    throw new Failure('Set DATABASE_URL to the database that is to be migrated.');
  console.log(`${await migrate(directDatabase())} migrations done.`);
}, 'usage: npm run migrate, with DATABASE_URL or DATABASE_DIRECT_URL set');

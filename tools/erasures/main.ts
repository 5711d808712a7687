/** `npm run erasures -- --list | --apply`: whose data was erased; after a restore, erases again what came back. */
import { createLogger, createPool, createRedis, loadRedisConnection, redisReady } from '#platform';
import { applyErasures, ContextStore, knownErasures } from '#read-models';
import { EventStore } from '#sessions';
import { addressOf } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { explained } from '../shared/explained.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';

const usage = `usage: npm run erasures -- --list | --apply

--apply compares the ledger of the key store, the list of erasures in the event store and the receipts with what PostgreSQL, Redis
and the key store have, and erases again what a restored backup brought back. Each process does so when it starts, before it is ready.`;

await runProgram(async () => {
  const { values } = parseOptions({ list: { type: 'boolean' }, apply: { type: 'boolean' } });
  const apply = values.apply === true;
  if (apply === (values.list === true)) throw new Failure(usage);
  const logger = createLogger('erasures', 'silent');
  const redis = createRedis(loadRedisConnection(addressOf('REDIS_URL'), process.env), { logger });
  const pool = createPool(addressOf('DATABASE_URL'), {
    logger,
    max: 1,
    statementTimeoutMs: 600_000,
    applicationName: 'turnstream-erasures',
  });
  const store = new EventStore(addressOf('EVENTSTORE_URL'));
  const opened = openKeys();
  try {
    const ports = { pool, contexts: new ContextStore(redis), store, keys: opened?.keys };
    if (apply) {
      await recordAct({ action: 'apply_erasures' });
      await redisReady(redis);
      const { partners, erased_again, keys_destroyed } = await applyErasures(ports);
      console.log(
        `${partners} erasures; erased again ${erased_again.length} partners, ${keys_destroyed} keys`,
      );
    } else
      for (const { erased_at, partner_id, receipt_id } of await knownErasures(ports))
        console.log(`${erased_at}  ${partner_id}  receipt ${receipt_id}`);
  } catch (error) {
    throw explained(error);
  } finally {
    redis.disconnect();
    await pool.end();
    await opened?.close();
    await store.dispose();
  }
}, usage);

/** `npm run keys -- init | status | rotate | rewrap`: the master keys, and the data keys that they wrap. */
import { join } from 'node:path';
import { createLogger } from '#platform';
import { loadKeysConfig, openKeyStore, openMasterKeys, pathOf, rewrap } from '#privacy';
import { runningSystem } from '../shared/address.ts';
import { explained } from '../shared/explained.ts';
import { Failure, parseWords, runProgram } from '../shared/failure.ts';
import { dataDir } from '../shared/paths.ts';
import { recordAct } from '../shared/record-act.ts';
import { initKeyFile, rotateKeyFile } from './key-file.ts';

const usage = `usage: npm run keys -- init | status | rotate | rewrap
  init    creates the file of master keys that MASTER_KEYS names
  status  says how many data keys each master key wraps
  rotate  adds a master key to the file, which wraps new data keys from now on
  rewrap  rewraps all data keys with the current master key; it can be stopped and run again
Rotate and rewrap are recorded in the access log first.`;

/** The given values, or else those of the system that npm start runs on this data folder. */
const env = {
  ...(!process.env['KEYSTORE_URL_FILE'] && { KEYSTORE_URL: `file:${join(dataDir, 'keys/keys.db')}` }),
  MASTER_KEYS: `file:${join(dataDir, 'keys/master-keys.json')}`,
  ...runningSystem(process.env),
  ...process.env,
};

await runProgram(async () => {
  const [action, ...more] = parseWords();
  const { keys } = loadKeysConfig(env);
  if (more.length > 0 || keys === null) throw new Failure(usage);
  if (action === 'init') return console.log(`${initKeyFile(fileOf(keys.masterKeys))} is the master key.`);
  if (action === 'rotate') return rotate(fileOf(keys.masterKeys));
  if (action !== 'status' && action !== 'rewrap') throw new Failure(usage);
  const store = openKeyStore(keys.storeUrl, createLogger('keys', 'silent'));
  const masters = openMasterKeys(keys.masterKeys);
  try {
    if (action === 'rewrap') {
      await recordAct({ action: 'rewrap_keys' });
      await runRewrap(store, masters);
    }
    await printStatus(store, masters);
  } catch (error) {
    throw explained(error);
  } finally {
    masters.close?.();
    await store.close();
  }
}, usage);

function fileOf(masterKeys: string): string {
  if (masterKeys.startsWith('file:')) return pathOf(masterKeys);
  throw new Failure('Create and rotate keys of AWS KMS there; then name the new one in MASTER_KEYS.');
}

async function rotate(path: string): Promise<void> {
  await recordAct({ action: 'rotate_master_key' });
  console.log(`${rotateKeyFile(path)} wraps new data keys from now on, in running processes too.`);
  console.log('npm run keys -- rewrap, then the older keys can be removed from the file.');
}

async function runRewrap(...[store, masters]: Parameters<typeof rewrap>): Promise<void> {
  const { rewrapped, skipped, broken } = await rewrap(store, masters, (done) =>
    console.log(`${done.rewrapped} data keys are rewrapped.`),
  );
  console.log(
    `Done: ${rewrapped} rewrapped, ${skipped} changed meanwhile, ${broken.length} cannot be unwrapped.`,
  );
  for (const id of broken) console.log(`  ${id} cannot be unwrapped: it was changed in the key store.`);
  if (broken.length > 0) process.exitCode = 1;
}

async function printStatus(...[store, masters]: Parameters<typeof rewrap>): Promise<void> {
  const [{ wrapped_by, destroyed }, current] = await Promise.all([store.counts(), masters.current()]);
  for (const [id, count] of Object.entries({ [current]: 0, ...wrapped_by }))
    console.log(`${String(count).padStart(10)} data keys under ${id}${id === current ? ' (current)' : ''}`);
  console.log(`${String(destroyed).padStart(10)} destroyed`);
}

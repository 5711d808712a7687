/** `npm run history-roots -- seal-now | list | export | proof | init`: signed roots of all histories, and proofs of single events. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { EventStore } from '#sessions';
import { parseStatement, proveEvent, readRoots, Roots, sealHistory } from '#sessions';
import { Failure, runProgram } from '../shared/failure.ts';
import { historyKeys } from '../shared/history-keys.ts';
import { recordAct } from '../shared/record-act.ts';
import { withHistory } from '../shared/stored-history.ts';
import { makeSigningKey } from './key-file.ts';

const usage = `usage: npm run history-roots -- COMMAND

  seal-now                                  sign the changes since the last root (HISTORY_SIGNING_KEY)
  list                                      the roots
  export [--to FILE]                        the roots, one per line, to keep elsewhere: verify-history compares them
  proof --session ID --revision N [--to FILE]  a proof of one event for others; docs/check-proof.mjs checks it
  init --to FILE                            create a signing key, and FILE.pub`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    to: { type: 'string' },
    session: { type: 'string' },
    revision: { type: 'string' },
    help: { type: 'boolean' },
  },
});

const commands: Readonly<Record<string, () => Promise<void>>> = {
  'seal-now': () => withHistory(sealNow),
  list: () => withHistory(list),
  export: () => withHistory(exportRoots),
  proof: () => withHistory(prove),
  init,
};

await runProgram(async () => {
  const command = positionals.length === 1 ? commands[positionals[0] ?? ''] : undefined;
  if (command === undefined) throw new Failure(usage);
  await command();
}, usage);

async function sealNow(store: EventStore): Promise<void> {
  const { signer } = historyKeys();
  if (signer === undefined) throw new Failure('There is no signing key: set HISTORY_SIGNING_KEY.');
  await recordAct({ action: 'seal_history', what: null });
  const sealed = await sealHistory(store, { signer });
  for (const { number, sessions, events, unchained } of sealed)
    console.log(
      `Root ${number}: ${sessions} sessions with ${events} events, ${unchained} of them without a hash.`,
    );
  if (sealed.length === 0) console.log('Nothing has changed since the last root.');
}

async function list(store: EventStore): Promise<void> {
  for await (const root of readRoots(store)) {
    const { number, from, to, sessions, events, unchained } = parseStatement(root);
    const key = root.key_id ?? 'unsigned';
    console.log(
      `${number}  ${from} to ${to}  ${sessions} sessions, ${events} events, ${unchained} without a hash  ${key}`,
    );
  }
}

async function exportRoots(store: EventStore): Promise<void> {
  const roots = await Array.fromAsync(readRoots(store));
  write(
    roots
      .map(({ statement, signature, key_id }) => `${JSON.stringify({ statement, signature, key_id })}\n`)
      .join(''),
  );
}

async function prove(store: EventStore): Promise<void> {
  const { session, revision } = values;
  if (session === undefined || !/^\d+$/.test(revision ?? '')) throw new Failure(usage);
  const id = session.toLowerCase();
  await recordAct({ action: 'prove_event', session_ids: [id], what: `revision ${revision}` });
  const { keys } = historyKeys();
  const proof = await proveEvent(store, id, Number(revision), await Roots.read(store, keys), keys);
  if (typeof proof === 'string') throw new Failure(`There is no proof: ${proof}.`);
  write(`${JSON.stringify(proof, null, 2)}\n`);
}

async function init(): Promise<void> {
  if (values.to === undefined) throw new Failure(usage);
  makeSigningKey(values.to, `${values.to}.pub`);
  console.log(`HISTORY_SIGNING_KEY=file:${values.to} signs; verifiers need ${values.to}.pub.`);
}

function write(text: string): void {
  if (values.to === undefined) process.stdout.write(text);
  else writeFileSync(values.to, text);
}

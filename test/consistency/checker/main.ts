/**
 * `main.ts DIR`: judges a run from DIR/history.jsonl and DIR/stores.json, and writes DIR/verdict.json. A separate
 * process that imports only types of Turnstream.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry, Stores } from '../common/history.ts';
import { judge } from './judge.ts';

const [dir = '.'] = process.argv.slice(2);
const lines = readFileSync(join(dir, 'history.jsonl'), 'utf8').split('\n');
const history = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
const stores = JSON.parse(readFileSync(join(dir, 'stores.json'), 'utf8')) as Stores;
writeFileSync(join(dir, 'verdict.json'), JSON.stringify(judge(history, stores), null, 2));

import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Failure } from '../fail.mjs';
import { cacheDir, folder } from '../paths.mjs';
import { lastLines, run } from '../run.mjs';

const VERSION = '3.9.9';
const ARCHIVE = `https://repo1.maven.org/maven2/org/apache/maven/apache-maven/${VERSION}/apache-maven-${VERSION}-bin.tar.gz`;
const SHA512 =
  'a555254d6b53d267965a3404ecb14e53c3827c09c3b94b5678835887ab404556bfaf78dcfe03ba76fa2508649dca8531c74bca4d5846513522404d48e8c4ac8b';

/** Maven from the PATH, else from Maven Central into the cache. */
export async function maven() {
  if ((await run('mvn', ['--version'])).code === 0) return 'mvn';
  const command = join(cacheDir, `apache-maven-${VERSION}/bin/mvn`);
  if (!existsSync(command)) await download();
  return command;
}

async function download() {
  const file = join(folder(cacheDir), `apache-maven-${VERSION}.tar`);
  try {
    const answer = await fetch(ARCHIVE, { signal: AbortSignal.timeout(120_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (createHash('sha512').update(bytes).digest('hex') !== SHA512) throw new Error('wrong checksum');
    writeFileSync(file, gunzipSync(bytes));
  } catch (error) {
    if (error.code === 'ENOSPC') throw error;
    throw new Failure(
      `Maven cannot be downloaded (${error.cause?.message ?? error.message}): install Maven, or set KAFKA_BROKERS.`,
    );
  }
  const { code, output } = await run('tar', ['-xf', file, '-C', cacheDir]);
  rmSync(file, { force: true });
  if (code !== 0)
    throw new Failure(
      `Maven cannot be unpacked (${lastLines(output)}): install Maven, or set KAFKA_BROKERS.`,
    );
}
